"""Which side wins: what staff choose for each field of a connection, and what is fixed and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.once import done
from apps.backoffice.frame.screens import FewRelatedFilter, ReadOnlyAdmin, RecordWithHistoryAdmin
from apps.backoffice.frame.versions import State
from apps.billing.changes import made_by
from apps.billing.models import Synced
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import (
    Address,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Snapshot,
)
from apps.sync.models import Side, SideRule
from apps.sync.rules.choosing import choose, held_beside, held_there
from apps.sync.rules.fields import CHOICES, FIXED, FOLLOWED
from apps.sync.wording import capital, label

KIND_TITLES = {
    Kind.CUSTOMER: "Customers",
    Kind.ITEM: "Items",
    Kind.INVOICE: "Issued invoices",
    Kind.CREDIT_NOTE: "Issued credit notes",
    Kind.PAYMENT: "Payments",
    Kind.ALLOCATION: "Applied amounts",
    Kind.ADJUSTMENT: "Adjustments",
    Kind.REFUND: "Refunds",
    Kind.DEPOSIT: "Bank deposits",
}
NOTES = {
    True: "Tieout wins: what is changed in {name} is put back. {name} wins: what is changed here is "
    "put back as it stands in {name}; who types it here is told before it is saved.",
    False: "They may change after issue on both sides. Without a rule a change in {name} stays there "
    "and is shown. Tieout wins: it is put back. {name} wins: it is taken over here, and what is "
    "changed here is put back; who types it is told before.",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field. `closed`: why nobody chooses on these books."""

    kind: Kind
    field: str
    side: Side
    closed: str = ""
    note: str = ""
    error: str = ""
    history: str = ""
    who: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.field}"

    @property
    def words(self) -> str:
        return capital(label(self.field))


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    note: str
    lines: list[Line]
    options: list[tuple[Side, str]]
    fixed: list[tuple[str, str]]  # what is fixed, and why


def sides_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    errors: dict[str, str] = {}
    saved = 0
    if request.method == "POST":
        saved, errors = _save(connection, request)
        if not errors:
            messages.success(request, f"{saved} saved." if saved else "Nothing was different.")
            return HttpResponseRedirect(request.get_full_path())
    kept = reverse("admin:sync_conflict_changelist")
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Which side wins: {connection.name}",
        "trail": screen.trail("Which side wins", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "back": screen.page("change", connection.pk),
        "groups": groups(connection, errors),
        "fixed_kinds": _fixed_kinds(connection),
        "decided_url": f"{kept}?decided=yes&sync_record__connection__id__exact={connection.pk}",
    }
    shown = TemplateResponse(request, "backoffice/ledgers/sides.html", context)
    return done(shown) if saved else shown


def _save(connection: Connection, request: HttpRequest) -> tuple[int, dict[str, str]]:
    """Save what was chosen, field by field; a refused one says why and the others stand."""
    saved, errors = 0, {}
    for line in _lines(connection):
        picked = request.POST.get(line.name, "")
        if picked not in Side.values or picked == line.side or line.closed:
            continue
        try:
            with made_by(reason="Which side wins"):
                saved += choose(connection, line.kind, line.field, Side(picked))
        except ValidationError as refusal:
            errors[line.name] = " ".join(refusal.messages)
    return saved, errors


def groups(connection: Connection, errors: dict[str, str] | None = None) -> list[Group]:
    """What may be chosen, kind by kind, each with what is fixed of it."""
    name, found = connection.system_name, list(_lines(connection, errors or {}))
    kinds = dict.fromkeys(each.kind for each in found)
    return [
        Group(
            title=KIND_TITLES[kind],
            note=NOTES[kind in FOLLOWED].format(name=name)
            if connection.capabilities.reads_back
            else f"Nothing that is changed in {name} is known here, so nothing gives way to it.",
            lines=[each for each in found if each.kind == kind],
            options=_options(kind, name),
            fixed=_fixed(kind),
        )
        for kind in kinds
    ]


def _options(kind: Kind, name: str) -> list[tuple[Side, str]]:
    ask = (
        "Follow one change, ask about two"
        if kind in FOLLOWED
        else "Leave one change, ask about two"
    )
    return [(Side.ASK, ask), (Side.OURS, "Tieout wins"), (Side.THEIRS, f"{name} wins")]


def _lines(connection: Connection, errors: dict[str, str] | None = None) -> Iterator[Line]:
    can = connection.capabilities
    kinds, name = can.kinds, can.name
    unread = "" if can.reads_back else f"{name} cannot be read, so nothing of it ever wins."
    rules = {
        (each.kind, each.field): each
        for each in SideRule.objects.filter(connection=connection).select_related("changed_by")
    }
    for kind, fields in CHOICES.items():
        if kind not in kinds:
            continue
        held = _held_of(connection, kind)
        beside = {each.field: each for each in held_beside(connection, kind)}
        for field in fields:
            rule, other = rules.get((kind.value, field)), beside.get(field)
            yield Line(
                kind=kind,
                field=field,
                side=Side(rule.side) if rule is not None else Side.ASK,
                closed=unread or ("" if field in held else f"{name} has no room for it."),
                note=_beside_words(rule, other),
                error=(errors or {}).get(f"{kind}-{field}", ""),
                history=reverse("admin:sync_siderule_history", args=[rule.pk]) if rule else "",
                who=str(rule.changed_by or "Tieout") if rule else "",
            )


def _beside_words(rule: SideRule | None, other: SideRule | None) -> str:
    if other is None:
        return ""
    if rule is not None and rule.side == Side.THEIRS:
        return f"{other.connection} wins in it as well, so neither does: it is asked until one gives way."
    return f"{other.connection} wins in it."


def _fixed(kind: Kind) -> list[tuple[str, str]]:
    """Fields that are fixed, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for field, why in FIXED[kind].items():
        words = label(field)
        if words not in by_reason.setdefault(why, []):
            by_reason[why].append(words)
    return [(capital(", ".join(fields)), why) for why, fields in by_reason.items()]


def _fixed_kinds(connection: Connection) -> list[tuple[str, list[tuple[str, str]]]]:
    """Kinds in which nothing is chosen."""
    kinds = connection.capabilities.kinds
    return [
        (KIND_TITLES[kind], _fixed(kind)) for kind in Kind if kind in kinds and kind not in CHOICES
    ]


# Every field that may be chosen, with something in it: what a ledger shows of it is what it holds.
_FULL: dict[Kind, Snapshot] = {
    Kind.CUSTOMER: CustomerSnapshot(
        marker="",
        name="Bell",
        email="bell@example.com",
        phone="0117 496 0000",
        address=Address(lines=("1 Quay",), city="Bristol", postal_code="BS1 1AA", country="GB"),
    ),
    Kind.ITEM: ItemSnapshot(
        marker="", code="LAN-1", name="Lantern", description="Brass", unit_price=Decimal(12)
    ),
    Kind.INVOICE: InvoiceSnapshot(
        marker="",
        number="1",
        customer_id="1",
        issue_date=date(2026, 1, 1),
        due_date=date(2026, 1, 31),
        currency="",
        lines=(),
        net=Decimal(0),
        tax=Decimal(0),
        total=Decimal(0),
        message="Thank you",
        purchase_order_number="PO 1",
    ),
    Kind.CREDIT_NOTE: CreditNoteSnapshot(
        marker="",
        number="1",
        customer_id="1",
        issue_date=date(2026, 1, 1),
        currency="",
        lines=(),
        net=Decimal(0),
        tax=Decimal(0),
        total=Decimal(0),
        message="Thank you",
    ),
}


def _held_of(connection: Connection, kind: Kind) -> set[str]:
    """Of the fields that may be chosen, those that these books have room for."""
    shown = open_connector(connection).project(_FULL[kind])
    return {field for field in CHOICES[kind] if getattr(shown, field)}


def chosen_sides(connection: Connection) -> State:
    """What is chosen now, under the names of the page's fields."""
    return {
        each.name: (
            f"{KIND_TITLES[each.kind]}: {each.words}",
            side_words(each.side, connection),
            str(each.side),
        )
        for each in _lines(connection)
    }


def side_words(side: str, connection: Connection | None = None) -> str:
    """In the words of the page."""
    if side == Side.THEIRS and connection is not None:
        return f"{connection.system_name} wins"
    return str(Side(side).label) if side in Side.values else ""


# --- Told before it is saved ---------------------------------------------------------------------

# Field of our model → field of the snapshot, where both differ.
OF_ADDRESS = dict.fromkeys(("address_lines", "city", "region", "postal_code", "country"), "address")


def told_before_saving(subject: Synced, changed: Iterable[str]) -> Iterator[str]:
    """A sentence for each of these fields of ours in which books win that the record stands in."""
    fields = dict.fromkeys(OF_ADDRESS.get(each, each) for each in changed)
    for rule in held_there(subject, fields):
        yield held_words(rule)


def held_words(rule: SideRule) -> str:
    return (
        f"{rule.connection} wins in the {label(rule.field)}: what you type here is put back as it "
        "stands there, and kept under “What was decided”."
    )


@admin.register(SideRule)
class SideRuleAdmin(ReadOnlyAdmin, RecordWithHistoryAdmin):
    """Read only: sides are chosen on the page of a connection."""

    list_words = "Which side wins"
    list_display = ["field_shown", "who_wins", "connection", "changed_at", "changed_by"]
    list_filter = [("connection", FewRelatedFilter)]
    list_select_related = ["connection", "changed_by"]
    fields = ["field_shown", "who_wins", "connection", "changed_at", "changed_by"]
    readonly_fields = fields
    empty_sentence = "Open a connection and choose “Which side wins”."

    def called(self, record: SideRule) -> str:
        return self.field_shown(record)

    @admin.display(description="Field", ordering="field")
    def field_shown(self, rule: SideRule) -> str:
        return f"{KIND_TITLES[Kind(rule.kind)]}: {label(rule.field)}"

    @admin.display(description="Who wins", ordering="side")
    def who_wins(self, rule: SideRule) -> str:
        return side_words(rule.side, rule.connection)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
