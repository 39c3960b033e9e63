"""What of rights, limits and keys waits for a second person, and what the first page says of one who is
alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.sight import seen
from apps.billing.models import Erasure, LimitRequest
from apps.staff import declaring
from apps.staff.acts import ActName
from apps.staff.models import RightsRequest, User
from apps.triggers.models import ApiKey

SHOWN = 20  # requests that have a line of their own


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """One line: how many, of what, and where to go."""

    count: int
    what: str
    more: str
    url: str


def people_today(request: HttpRequest) -> dict[str, Any]:
    """For the first page."""
    return {
        "to_part": _to_part(request),
        "alone": _alone(),
        "waits": [each for each in _waits(request) if each.count],
        "request": request,
    }


def _waits(request: HttpRequest) -> Iterator[Waits]:
    if may(request, ActName.GIVE_ACCESS):
        rows = RightsRequest.objects.filter(state=RightsRequest.State.WAITING)
        yield Waits(
            count=rows.exclude(asked_by=request.user.pk).exclude(person=request.user.pk).count(),
            what="Rights of people",
            more="Another administrator asked for them; you agree or refuse on the page of the person.",
            url=reverse("admin:staff_user_changelist") + "?waits=yes",
        )
    if may(request, ActName.SET_LIMITS):
        limits = LimitRequest.objects.filter(state=LimitRequest.State.WAITING)
        yield Waits(
            count=limits.exclude(asked_by=request.user.pk).count(),
            what="Higher limits",
            more="Another administrator asked for them; you agree or refuse on the page of the limit.",
            url=reverse("admin:billing_actlimit_changelist") + "?waits=yes",
        )
    if may(request, ActName.ERASE_CUSTOMER):
        asked = seen(request, Erasure).filter(state=Erasure.State.WAITING)
        others = asked.exclude(asked_by=request.user.pk).values_list("customer", flat=True)
        for customer in others.order_by("pk")[:SHOWN]:
            yield Waits(
                count=1,
                what=f"Erasure of customer {customer}",
                more="An accountant asked for it; you agree or refuse on the page of the customer.",
                url=reverse("admin:billing_customer_change", args=[customer]),
            )
    if may(request, ActName.RELEASE_KEY):
        keys = ApiKey.objects.filter(kind=ApiKey.Kind.SERVICE, released_at=None, revoked_at=None)
        yield Waits(
            count=keys.exclude(made_by=request.user.pk).count(),
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
    return declaring.PART if isinstance(user, User) and user.must_part else ""
