"""Somebody who may do everything, for tests of pages: no such person exists in the product."""

from django.contrib.auth.models import Permission

from apps.staff.models import User


def give_every_permission(person: User) -> User:
    """Each permission by itself, beside every role: roles that one person must not hold together are
    refused where they are given."""
    person.user_permissions.set(Permission.objects.all())
    return User.objects.get(pk=person.pk)


def make_almighty(email: str, password: str | None = None, *, name: str = "") -> User:
    """A person with every permission there is."""
    person = User.objects.create_user(email, password, name=name, every_company=True)
    return give_every_permission(person)
