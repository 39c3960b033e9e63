"""Who signs in to the demo."""

import io
import secrets
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.management import call_command

from apps.staff.models import User

EMAIL = "fay@harbour-and-pine.example"
NAME = "Fay Moreno"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    password: str
    user_id: int


def hire_fay() -> Person:
    """The roles, and Fay from finance, who has them all in the demo; a new password each time."""
    call_command("roles", verbosity=0, stdout=io.StringIO())
    password = secrets.token_urlsafe(9)
    fay = User.objects.create_user(EMAIL, password, name=NAME, every_company=True)
    fay.groups.set(Group.objects.all())
    EmailAddress.objects.create(user=fay, email=fay.email, verified=True, primary=True)
    return Person(fay.email, password, fay.pk)
