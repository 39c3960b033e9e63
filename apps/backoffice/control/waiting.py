"""What of rights, limits and keys waits for a second person, and what the first page says of one who is
alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.control.people_acts import me
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.sight import seen
from apps.billing.models import Erasure, LimitRequest
from apps.core.together import Together
from apps.staff import declaring
from apps.staff.acts import ActName
from apps.staff.models import OnePersonDeclaration, RightsRequest, User
from apps.staff.people import awaiting
from apps.triggers.models import ApiKey

ALONE = "declared alone"
SHOWN = 20  # requests that have a line of their own


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """One line: how many, of what, and where to go."""

    count: int
    what: str
    more: str
    url: str


def ask_people(request: HttpRequest, asked: Together) -> None:
    """Put what `people_today` reads."""
    asked.count(ALONE, OnePersonDeclaration.objects.filter(ended_at=None), most=0)
    for key, rows in _rows(request):
        asked.count(key, rows)


def people_today(request: HttpRequest, asked: Together) -> dict[str, Any]:
    """For the first page."""
    return {
        "to_part": _to_part(request),
        "alone": _alone() if asked.count_of(ALONE) else "",
        "waits": [each for each in _waits(request, asked) if each.count],
    }


def _rows(request: HttpRequest) -> "Iterator[tuple[ActName, QuerySet[Any]]]":
    """What waits, by the right of whom it waits for."""
    if may(request, ActName.GIVE_ACCESS):
        rights = RightsRequest.objects.filter(state=RightsRequest.State.WAITING)
        rights = rights.exclude(asked_by=request.user.pk).exclude(person=request.user.pk)
        yield ActName.GIVE_ACCESS, rights
    if may(request, ActName.SET_LIMITS):
        limits = seen(request, LimitRequest).filter(state=LimitRequest.State.WAITING)
        yield ActName.SET_LIMITS, limits.exclude(asked_by=request.user.pk)
    if may(request, ActName.ERASE_CUSTOMER):
        yield ActName.ERASE_CUSTOMER, _erasures(request)
    if may(request, ActName.RELEASE_KEY):
        keys = seen(request, ApiKey).filter(
            kind=ApiKey.Kind.SERVICE, released_at=None, revoked_at=None
        )
        yield ActName.RELEASE_KEY, keys.exclude(made_by=request.user.pk)


def _erasures(request: HttpRequest) -> "QuerySet[Erasure]":
    asked = seen(request, Erasure).filter(state=Erasure.State.WAITING)
    return asked.exclude(asked_by=request.user.pk)


def _waits(request: HttpRequest, asked: Together) -> Iterator[Waits]:
    if may(request, ActName.GIVE_ACCESS):
        yield Waits(
            # Who else may answer is reckoned only where something waits.
            count=asked.count_of(ActName.GIVE_ACCESS) and len(awaiting(me(request))),
            what="Rights of people",
            more="Another administrator asked for them; you agree or refuse on the page of the person.",
            url=reverse("admin:staff_user_changelist") + "?waits=yes",
        )
    if may(request, ActName.SET_LIMITS):
        yield Waits(
            count=asked.count_of(ActName.SET_LIMITS),
            what="Higher limits",
            more="Another administrator asked for them; you agree or refuse on the page of the limit.",
            url=reverse("admin:billing_actlimit_changelist") + "?waits=yes",
        )
    if may(request, ActName.ERASE_CUSTOMER) and asked.count_of(ActName.ERASE_CUSTOMER):
        for customer in (
            _erasures(request).values_list("customer", flat=True).order_by("pk")[:SHOWN]
        ):
            yield Waits(
                count=1,
                what=f"Erasure of customer {customer}",
                more="An accountant asked for it; you agree or refuse on the page of the customer.",
                url=reverse("admin:billing_customer_change", args=[customer]),
            )
    if may(request, ActName.RELEASE_KEY):
        yield Waits(
            count=asked.count_of(ActName.RELEASE_KEY),
            what="API keys of services",
            more="They open nothing until somebody who works on the books releases them.",
            url=reverse("admin:triggers_apikey_changelist") + "?kind__exact=service",
        )


def _alone() -> str:
    """The declaration that stands, in a sentence; empty where there is none."""
    found = declaring.standing()
    if found is None:
        return ""
    return (
        f"{found.person} gives access and works on the books alone, declared on"
        f" {found.made_at:%-d %B %Y}: {found.reason}"
    )


def _to_part(request: HttpRequest) -> str:
    user = request.user
    return declaring.PART if isinstance(user, User) and user.is_to_part else ""
