"""Step four, for documents: invoices and credit notes that both sides have already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.frame.refusals import MOST_SENTENCES
from apps.backoffice.ledgers.status import their_page
from apps.backoffice.ledgers.steps import (
    MATCH,
    OPEN_ITEMS,
    TEST_INVOICE,
    left_to_link,
    page_of,
    steps_of,
)
from apps.billing.models import Customer
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.acts import ActName
from apps.sync.decide import matching
from apps.sync.match.documents import OnBoth, kinds_of, on_both
from apps.sync.match.pairs import MASTERS
from apps.sync.match.standing import Standing, match_standing
from apps.sync.models import RemoteRecord

SHOWN = 50  # on a page
WORDS = {
    Kind.CUSTOMER: "Customers",
    Kind.ITEM: "Items",
    Kind.INVOICE: "Invoices",
    Kind.CREDIT_NOTE: "Credit notes",
}


@dataclass(frozen=True, kw_only=True)
class Tab:
    words: str
    count: int | None
    url: str
    shown: bool


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document of both sides as the page shows it."""

    number: str
    customer: str
    dated: date
    currency: str
    total: Decimal
    url: str
    their_url: str


def kinds_of_match(connection: Connection, standing: Standing, shown: Kind) -> list[Tab]:
    """The kinds that are matched, each with how many wait for a person."""
    kinds = [each for each in MASTERS if each in connection.capabilities.kinds]
    return [
        Tab(
            words=WORDS[each],
            count=standing.waits.get(each) or None,
            url="?" + urlencode({"kind": each}),
            shown=each == shown,
        )
        for each in (*kinds, *kinds_of(connection))
    ]


def documents_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """A kind of document: those that are equal on both sides, and one button that takes all."""
    kind = Kind(request.GET["kind"])
    found = on_both(connection, kind)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    standing = match_standing(connection)
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Match: {connection}",
        "trail": screen.trail("Match", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_of(connection, MATCH),
        "standing": standing,
        "back": screen.page("change", connection.pk),
        "next_url": screen.page(TEST_INVOICE, connection.pk),
        "to_link": left_to_link(connection) if standing.done else 0,
        "open_url": page_of(connection, OPEN_ITEMS),
        "may_decide": may(request, ActName.DECIDE),
        "kind": kind.value,
        "word": WORDS[kind].lower(),
        "kinds": kinds_of_match(connection, standing, kind),
        "page": page,
        "rows": _rows(connection, kind, list(page.object_list)),
        "pages": [
            (number, "?" + urlencode({"kind": kind.value, "page": number}))
            for number in page.paginator.get_elided_page_range(page.number, on_each_side=1)
        ],
        "all": len(found),
        "questions_url": reverse("admin:sync_candidate_changelist"),
    }
    return TemplateResponse(request, "backoffice/ledgers/matching_documents.html", context)


def take_documents(request: HttpRequest, connection: Connection) -> str:
    """Every one of the kind as one; the sentence of what was done."""
    asked = request.POST.get("kind", "")
    if asked not in kinds_of(connection):
        raise ValidationError("Choose what to do.")
    done = matching.take_documents(connection, Kind(asked), user_id=person(request))
    for sentence in done.refused[:MOST_SENTENCES]:
        messages.warning(request, sentence)
    if len(done.refused) > MOST_SENTENCES:
        messages.warning(request, f"And {len(done.refused) - MOST_SENTENCES} more were not linked.")
    later = f" {done.later} more go on in the background: reload the page." if done.later else ""
    return f"{done.count} linked; nothing was sent.{later}"


def _rows(connection: Connection, kind: Kind, shown: Sequence[OnBoth]) -> list[Document]:
    customers: Mapping[int, Any] = Customer._base_manager.in_bulk([each.customer for each in shown])
    theirs = (
        RemoteRecord.objects.filter(pk__in=[each.theirs for each in shown])
        .defer("packed_raw")
        .select_related("connection")
        .in_bulk()
    )
    return [
        Document(
            number=each.number,
            customer=str(customers[each.customer]),
            dated=each.dated,
            currency=each.currency,
            total=each.total,
            url=reverse(f"admin:billing_{_model(kind)}_change", args=[each.ours]),
            their_url=their_page(theirs[each.theirs]),
        )
        for each in shown
    ]


def _model(kind: Kind) -> str:
    return kind.value.replace("_", "")
