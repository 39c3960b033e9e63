"""Who asks: one person per role, Otto without any right, and somebody who is not signed in."""

from datetime import date

from apps.staff.access import add_member, set_up_roles
from apps.staff.models import User
from apps.staff.roles import RoleName

PASSWORD = "a-long-enough-password-1"

VERA = RoleName.VIEWER
CLEO = RoleName.CLERK
FAY = RoleName.ACCOUNTANT
ADA = RoleName.ADMINISTRATOR
IRIS = RoleName.AUDITOR
LATER = date(2099, 12, 31)
NAMES = {VERA: "Vera", CLEO: "Cleo", FAY: "Fay", ADA: "Ada", IRIS: "Iris"}


def make_people() -> dict[str, User]:
    """By first name: Vera may view, Cleo prepares, Fay posts, Ada gives access, Iris audits,
    Otto nothing."""
    set_up_roles()
    people = {
        name: add_member(
            f"{name.lower()}@example.com",
            role,
            PASSWORD,
            name=name,
            last_day=LATER if role == IRIS else None,
        )
        for role, name in NAMES.items()
    }
    people["Otto"] = User.objects.create_user(
        "otto@example.com", PASSWORD, name="Otto", every_company=True
    )
    return people
