"""What a document or money books over there: a table for each set of books."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.steps import MAP, page_of
from apps.billing.models import CreditNote, Document, Invoice
from apps.connections.models import Connection
from apps.staff.acts import ActName
from apps.sync.assemble.came_back import came_back_of
from apps.sync.assemble.foretelling import Foretold
from apps.sync.assemble.foretold import foretold
from apps.sync.assemble.foretold_money import Record, foretold_together
from apps.sync.trial.alone import TrialResult

WHAT_IT_BOOKS = "what-it-books"
LISTED = 20  # of what will be sent, the latest


def foretold_boxes(request: HttpRequest, record: Record) -> SafeString:
    """One box for each set of books of its company; none where there are none."""
    told = foretold(record) if isinstance(record, Document) else foretold_together([record])
    return boxes(request, told)


def boxes(request: HttpRequest, told: Iterable[Foretold], heading: str = "") -> SafeString:
    """`heading` stands in place of “What … will book”, or “has booked” once it stands there."""
    maps = may(request, ActName.CHANGE_MAPPINGS)
    shown = [(each, page_of(each.connection, MAP) if maps else "") for each in told]
    several = len(shown) > 1
    context = {"told": shown, "several": several, "heading": heading}
    return render_to_string("backoffice/ledgers/effect.html", context, request)


def came_back(
    request: HttpRequest, connection: Connection, result: TrialResult | None
) -> SafeString:
    """What they made of what was tried, in debits and credits, to lie beside what was foretold."""
    if result is None or result.theirs is None:
        return SafeString("")
    told = came_back_of(connection, result.theirs)
    heading = f"What {connection.system_name} booked, as it was read back"
    return boxes(request, [told], heading) if told.rows else SafeString("")


def effect_page(screen: Screen, request: HttpRequest, record: Record) -> HttpResponse:
    """The boxes on a page of their own, which lists of what will be sent lead to."""
    context = {
        **screen.admin_site.each_context(request),
        "title": "What it books",
        "trail": screen.trail("What it books", record=record),
        "opts": screen.opts,
        "original": record,
        "boxes": foretold_boxes(request, record),
        "back": screen.page("change", record.pk),
    }
    return TemplateResponse(request, "backoffice/ledgers/effect_page.html", context)


def what_will_be_sent(request: HttpRequest, connection: Connection) -> SafeString:
    """What going live lets through: how many documents, and the latest, each with what it books."""
    context = {
        "connection": connection,
        "lists": [
            _of_kind(connection, Invoice, "Invoices"),
            _of_kind(connection, CreditNote, "Credit notes"),
        ],
        "listed": LISTED,
    }
    return render_to_string("backoffice/ledgers/will_be_sent.html", context, request)


def _of_kind(connection: Connection, model: type[Document], words: str) -> dict[str, Any]:
    rows: QuerySet[Any] = model._base_manager.filter(
        company=connection.company_id, status=Document.Status.ISSUED
    )
    if connection.starts_on:
        rows = rows.filter(issue_date__gte=connection.starts_on)
    rows = rows.exclude(sync_records__connection=connection, sync_records__sent__gt=0)
    return {
        "words": words,
        "count": rows.count(),
        "rows": rows.select_related("customer").order_by("-issue_date", "-pk")[:LISTED],
        "page": f"admin:{model._meta.app_label}_{model._meta.model_name}_{WHAT_IT_BOOKS}",
    }


BOOKS = PageAct(
    name=WHAT_IT_BOOKS,
    words="What it books",
    permission=permissions.SEE_INVOICES,
    page=effect_page,
)
