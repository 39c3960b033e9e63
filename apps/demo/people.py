"""Who signs in to the demo."""

import io
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.management import call_command

from apps.staff.access import add_member
from apps.staff.declaring import declare
from apps.staff.roles import RoleName

FIRM = "harbour-and-pine.example"
EMAIL = f"fay@{FIRM}"
NAME = "Fay Moreno"
# Who comes when everything has been shown: one of each other role.
COLLEAGUES = (
    (RoleName.ACCOUNTANT, "Noor Lindqvist"),
    (RoleName.CLERK, "Theo Brandt"),
    (RoleName.VIEWER, "Vera Osei"),
    (RoleName.AUDITOR, "Iris Calloway"),
)


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    password: str
    user_id: int
    role: RoleName


def hire_fay() -> Person:
    """The roles, and Fay from finance, who gives access and posts, declared to be the only person; a new
    password each time."""
    call_command("roles", verbosity=0, stdout=io.StringIO())
    password = secrets.token_urlsafe(9)
    fay = add_member(EMAIL, RoleName.ADMINISTRATOR, password, name=NAME)
    declare(fay, "The demo has one person, who shows everything.", by=None)
    return Person(fay.email, password, fay.pk, RoleName.ADMINISTRATOR)


def hire_colleagues(today: date) -> list[Person]:
    """Each with a new password. From then on Fay gives access and posts nothing: she is no longer alone."""
    hired = []
    for role, name in COLLEAGUES:
        password = secrets.token_urlsafe(9)
        until = today + timedelta(days=90) if role is RoleName.AUDITOR else None
        email = f"{name.split()[0].lower()}@{FIRM}"
        one = add_member(email, role, password, name=name, last_day=until)
        hired.append(Person(one.email, password, one.pk, role))
    return hired
