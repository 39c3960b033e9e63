"""Who signs in to the demo."""

import io
import secrets
from dataclasses import dataclass

from django.core.management import call_command

from apps.staff.access import add_member
from apps.staff.declaring import declare
from apps.staff.roles import RoleName

EMAIL = "fay@harbour-and-pine.example"
NAME = "Fay Moreno"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    password: str
    user_id: int


def hire_fay() -> Person:
    """The roles, and Fay from finance, who gives access and posts, declared to be the only person; a new
    password each time."""
    call_command("roles", verbosity=0, stdout=io.StringIO())
    password = secrets.token_urlsafe(9)
    fay = add_member(EMAIL, RoleName.ADMINISTRATOR, password, name=NAME)
    declare(fay, "The demo has one person, who shows everything.", by=None)
    return Person(fay.email, password, fay.pk)
