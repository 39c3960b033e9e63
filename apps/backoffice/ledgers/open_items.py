"""What was open at the cut-off on both sides: listed by customer, and linked from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.refusals import MOST_SENTENCES
from apps.backoffice.ledgers.status import KIND_WORDS, their_page
from apps.billing.models import CreditNote, Invoice, Payment
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.numbers import whole
from apps.staff.acts import ActName
from apps.sync.models import OpeningItem, RemoteRecord
from apps.sync.opening.items import SIGN, OnlyHere, Pair, open_items
from apps.sync.opening.linking import AT_ONCE, link_all_that_agree, link_open_item, unlink_open_item
from apps.sync.opening.open_then import MODELS, Ours, Theirs, folded

SHOWN = 100  # lines of each table; more are found by name or number


@dataclass(frozen=True, kw_only=True)
class Line:
    """A record of either side, as the page shows it. `open` is signed: credits are below nil."""

    what: str
    customer: str
    dated: object
    open: Decimal
    currency: str
    key: str
    url: str = ""

    @property
    def choice(self) -> str:
        return f"{self.what}, {self.customer}"


def open_items_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET lists; POST links a pair, all pairs that agree, or takes one apart."""
    refused: list[str] = []
    if request.method == "POST":
        if not permissions.may(request, ActName.DECIDE):
            raise PermissionDenied
        try:
            messages.success(request, _do(request, connection))
            return HttpResponseRedirect(request.get_full_path())
        except ValidationError as refusal:
            refused = refusal.messages
    found = open_items(connection)
    search = request.GET.get("q", "").strip()
    here = [each for each in found.only_here if _fits(search, _ours(each.ours))]
    there = [each for each in found.only_there if _fits(search, _theirs(each))]
    linked = [each for each in found.linked if _fits(search, _ours(each.ours))]
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Open at the cut-off: {connection}",
        "trail": screen.trail("Open at the cut-off", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "back": screen.page("change", connection.pk),
        "found": found,
        "search": search,
        "refused": refused,
        "may_link": permissions.may(request, ActName.DECIDE),
        "sums": [
            each for each in found.sums if not search or folded(search) in folded(each.customer)
        ],
        "agreeing": min(len(found.proposed), AT_ONCE),
        "only_here": [(_ours(each.ours), _candidates(each)) for each in here[:SHOWN]],
        "only_there": [_theirs(each) for each in there[:SHOWN]],
        "linked": [_linked(each) for each in linked[:SHOWN]],
        "more": [
            (words, len(rows) - SHOWN)
            for words, rows in (
                ("in Tieout, not linked", here),
                (f"in {connection.system_name}, not linked", there),
                ("linked", linked),
            )
            if len(rows) > SHOWN
        ],
        "posted": request.POST if refused else {},
    }
    return TemplateResponse(request, "backoffice/ledgers/open_items.html", context)


# --- What a form asks for -------------------------------------------------------------------------


def _do(request: HttpRequest, connection: Connection) -> str:
    reason, user_id = request.POST.get("reason", ""), person(request)
    act = request.POST.get("act", "")
    if act == "link-all":
        done, refused = link_all_that_agree(connection, user_id=user_id)
        for sentence in refused[:MOST_SENTENCES]:
            messages.warning(request, sentence)
        return f"{done} linked: neither side is written, and what happens to them since goes over."
    if act == "unlink":
        item = OpeningItem.objects.filter(
            pk=_key(request.POST.get("item", "")), sync_record__connection=connection
        ).first()
        if item is None:
            raise ValidationError("It is not linked any more.")
        unlink_open_item(item, user_id=user_id, reason=reason)
        return "Taken apart: each stands alone again."
    ours, theirs = _chosen(request, connection)
    link_open_item(connection, ours, theirs, user_id=user_id, reason=reason)
    return f"{ours} is linked. What is paid or set against it since the cut-off goes over."


def _chosen(
    request: HttpRequest, connection: Connection
) -> tuple[Invoice | CreditNote | Payment, RemoteRecord]:
    kind, _, key = request.POST.get("ours", "").partition(":")
    model = MODELS.get(Kind(kind)) if kind in set(Kind) else None
    ours: Invoice | CreditNote | Payment | None = None
    if model is not None:
        ours = model.objects.filter(company=connection.company_id, pk=_key(key)).first()
    theirs = RemoteRecord.objects.filter(
        connection=connection, pk=_key(request.POST.get("theirs", ""))
    ).first()
    if ours is None or theirs is None:
        raise ValidationError(f"Choose one of ours and one of {connection.system_name}.")
    return ours, theirs


def _key(text: str) -> int:
    """Nil, which is no row's, for what is no key."""
    return whole(text) or 0


# --- What the page shows --------------------------------------------------------------------------


def _ours(each: Ours) -> Line:
    return Line(
        what=f"{KIND_WORDS[each.kind]} {each.number}".strip(),
        customer=str(each.subject.customer),
        dated=each.dated,
        open=SIGN[each.kind] * each.open,
        currency=each.currency,
        key=each.key,
        url=reverse(
            f"admin:billing_{each.subject._meta.model_name}_change", args=[each.subject.pk]
        ),
    )


def _theirs(each: Theirs) -> Line:
    return Line(
        what=f"{KIND_WORDS[each.kind]} {each.number}".strip(),
        customer=each.customer,
        dated=each.dated,
        open=SIGN[each.kind] * each.open,
        currency=each.currency,
        key=str(each.row.pk),
        url=their_page(each.row),
    )


def _candidates(each: OnlyHere) -> Sequence[tuple[Line, Pair]]:
    return [(_theirs(both.theirs), both) for both in each.candidates]


def _linked(both: Pair) -> tuple[Line, Line, OpeningItem | None]:
    return _ours(both.ours), _theirs(both.theirs), both.item


def _fits(search: str, line: Line) -> bool:
    return not search or folded(search) in folded(f"{line.what} {line.customer}")
