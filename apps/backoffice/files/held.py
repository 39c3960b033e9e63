"""What is held of a customer or of a member of staff, as a file for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.once import nothing_done
from apps.exchange.held import as_text, told_of_customer, told_of_staff
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.staff.reach import is_within

OF_CUSTOMER = (
    "Makes a file of what is held of this customer, to be handed to them when they ask for it: the "
    "record as it is and as it was, and each document, payment and entry that names it. Whoever has "
    "the file reads all of that: delete your copy once they have theirs. That you took it is noted."
)
OF_STAFF = (
    "Makes a file of what is held of this person, to be handed to them when they ask for it: name, "
    "address, roles, and what was noted of their access. No password is in it. Delete your copy once "
    "they have theirs. That you took it is noted."
)


def _taken(
    kind: str, told_of: Callable[[Any], dict[str, Any]]
) -> Callable[[HttpRequest, Any, dict[str, Any]], HttpResponse]:
    """`kind` is how the file is named: never after them, since names of files are noted, and stay where
    browsers put them."""

    def take(request: HttpRequest, record: Any, answers: dict[str, Any]) -> HttpResponse:
        response = HttpResponse(as_text(told_of(record)))
        attached(response, f"held-{kind}-{record.pk}.json", "application/json")
        # Pressed again, it is taken again: the first may have broken off on its way.
        return nothing_done(response)

    return take


TAKE_HELD = ButtonAct(
    name="held",
    words="Download what is held",
    permission=ActName.TAKE_HELD,
    means=OF_CUSTOMER,
    do=_taken("customer", told_of_customer),
)


@dataclass(frozen=True, kw_only=True)
class _OfThoseWithin(ButtonAct):
    """Not of somebody who is shown only because a change of their rights waits."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        by = request.user
        reached = isinstance(by, User) and (record.pk == by.pk or is_within(record, by))
        return super().offered(request, record) and reached


# Whoever gives access answers for what is held of those who have it.
TAKE_HELD_OF_STAFF = _OfThoseWithin(
    name="held",
    words="Download what is held",
    permission=ActName.GIVE_ACCESS,
    means=OF_STAFF,
    do=_taken("staff", told_of_staff),
)
