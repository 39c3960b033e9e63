"""What is held of a member of staff, as a file for them."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.once import nothing_done
from apps.exchange.held import as_text, told_of_staff
from apps.staff.acts import ActName
from apps.staff.models import User

MEANS = (
    "Makes a file of what is held of this person, to be handed to them when they ask for it: name, "
    "address, roles, and what was noted of their access. No password is in it. Delete your copy once "
    "they have theirs. That you took it is noted."
)


def _take(request: HttpRequest, member: User, answers: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(as_text(told_of_staff(member)))
    attached(response, f"held-staff-{member.pk}.json", "application/json")
    return nothing_done(response)


# Whoever gives access answers for what is held of those who have it.
TAKE_HELD_OF_STAFF = ButtonAct(
    name="held",
    words="What is held of them",
    permission=ActName.GIVE_ACCESS,
    means=MEANS,
    do=_take,
)
