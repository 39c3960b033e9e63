"""The address of a person: the row of the person and allauth's row of the address say the same."""

from allauth.account.models import EmailAddress

from apps.staff.models import User


def own_address(person: User) -> None:
    """allauth's row of the address says what the person's row says."""
    EmailAddress.objects.filter(user=person).exclude(email__iexact=person.email).delete()
    EmailAddress.objects.update_or_create(
        user=person,
        email__iexact=person.email,
        defaults={"email": person.email, "primary": True, "verified": True},
    )
