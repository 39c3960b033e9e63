"""Invoices and credit notes as snapshots: net lines, discounts, tax by rate of theirs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q

from apps.billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    Document,
    DocumentLine,
    Invoice,
    InvoiceLine,
    Item,
    TaxRate,
    TaxShare,
)
from apps.billing.rules.tax import tax_date
from apps.connectors.port import LineTax
from apps.connectors.snapshots import (
    Address,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    Snapshot,
    TaxAmount,
)
from apps.core.money import ZERO, rounded, spread
from apps.mappings.taxes import NO_TAXES, Pair, asks_for_tax_codes, paired, said
from apps.sync.assemble.apart import customer_of
from apps.sync.assemble.lookups import Lookups, loaded
from apps.sync.assemble.obstacles import Assembled, Obstacle


@dataclass(frozen=True, slots=True)
class Known:
    """Items and tax rates that a batch of documents bears, by key."""

    items: Mapping[int, Item]
    rates: Mapping[int, TaxRate]


def documents(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    model: type[Document] = Invoice if kind == Kind.INVOICE else CreditNote
    line_model: Any = InvoiceLine if kind == Kind.INVOICE else CreditNoteLine
    related = ["customer", "terms"] if kind == Kind.INVOICE else ["customer", "invoice"]
    found = list(loaded(model, keys, *related))
    lines: dict[int, list[DocumentLine]] = defaultdict(list)
    for line in line_model._base_manager.filter(document_id__in=keys).order_by(
        "document_id", "position", "id"
    ):
        lines[line.document_id].append(line)
    every = [line for some in lines.values() for line in some]
    items = {line.item_id for line in every} | {each.discount_item_id for each in found}
    items.add(lookups.plain_item_id)
    known = Known(
        items=Item._base_manager.in_bulk(items - {None}),
        rates=TaxRate._base_manager.in_bulk({line.tax_rate_id for line in every} - {None}),
    )
    lookups.learn(Kind.CUSTOMER, {each.customer_id for each in found})
    lookups.learn(Kind.ITEM, items)
    return [assembled(lookups, kind, each, lines[each.pk], known) for each in found]


def assembled(
    lookups: Lookups, kind: Kind, document: Document, lines: Sequence[DocumentLine], known: Known
) -> Assembled:
    """One document, stored or not, as it would be sent."""
    obstacles: list[Obstacle] = []
    lookups.refuse_closed(document.issue_date, obstacles)
    void = document.status == Document.Status.VOID or lookups.is_undone(kind, document.pk)
    if void:
        obstacles += lookups.not_before(
            Kind.ALLOCATION, _taken_off(lookups, document), "what was set against it"
        )
        lookups.still_settles(kind, document.pk, obstacles)
    common: dict[str, Any] = {
        "marker": document.public_id.hex,
        "number": document.number or "",
        "customer_id": customer_of(lookups, document, obstacles),
        "issue_date": document.issue_date,
        "currency": document.currency,
        "lines": _lines(lookups, document, lines, known, obstacles),
        "net": document.net,
        "tax": document.tax,
        "total": document.total,
        # A void states no tax, so it never waits for what a code of theirs has become.
        "taxes": () if void else _taxes(lookups, document, lines, known, obstacles),
        "exchange_rate": document.exchange_rate,
        "home_total": document.home_total,
        "message": document.message,
        "address": Address(lines=tuple(document.customer_address.splitlines())),
        "void": void,
    }
    snapshot: Snapshot
    if isinstance(document, Invoice):
        term = lookups.mappings.term(document.terms) if document.terms else None
        snapshot = InvoiceSnapshot(
            **common,
            due_date=document.due_date,
            terms_id=term.remote_id if term else "",
            purchase_order_number=document.purchase_order_number,
        )
    else:
        snapshot = CreditNoteSnapshot(**common)
    made = lookups.checked(kind, document, snapshot, obstacles)
    if not void and _loses_its_tax(lookups, snapshot):
        made.left_out = lookups.connector.capabilities.cannot.get(
            "line_tax", f"{lookups.name} holds no tax: what bears some stays here."
        )
    if not document.total and not lookups.connector.capabilities.nil_documents:
        made.left_out = lookups.connector.capabilities.cannot.get(
            "nil_documents", f"{lookups.name} takes no document that comes to nothing."
        )
    return made


def _taken_off(lookups: Lookups, document: Document) -> list[int]:
    """Allocations of it that were reversed here, or are taken back with their run."""
    field = "invoice" if isinstance(document, Invoice) else "credit_note"
    undone = lookups.undone_here(Kind.ALLOCATION).values("allocation_id")
    gone = Allocation._base_manager.filter(
        ~Q(reversed_on=None) | Q(pk__in=undone), **{field: document.pk}
    )
    return list(gone.values_list("pk", flat=True))


# --- Lines ------------------------------------------------------------------------------------


def _lines(
    lookups: Lookups,
    document: Document,
    lines: Sequence[DocumentLine],
    known: Known,
    obstacles: list[Obstacle],
) -> tuple[Line, ...]:
    """Each line at its net. Where discounts are booked apart, at its net before them, and then the
    discounts as lines below nil, one per tax rate: each under the tax code of what it lowers."""
    if document.discount_item_id is None or not _books_discounts_apart(lookups):
        return tuple(_line(lookups, each, each.net, known, obstacles) for each in lines)
    item = known.items[document.discount_item_id]
    taken_off: dict[int | None, list[DocumentLine]] = defaultdict(list)
    for each in lines:
        if each.discount_net:
            taken_off[each.tax_rate_id].append(each)
    return (
        *(_line(lookups, each, each.net + each.discount_net, known, obstacles) for each in lines),
        *(
            Line(
                key=f"discount:{rate_id or ''}",
                net=-amount,
                description=item.name,
                unit_price=-amount,
                item_id=lookups.needed(Kind.ITEM, item.pk, f"item {item.code}", obstacles),
                account_id=lookups.income(item, f"item {item.code}", obstacles),
                tax_code_id=_taxed_by(lookups, lowered[0], known, obstacles),
                tax=-sum((_tax_taken_off(lookups, each) for each in lowered), ZERO),
            )
            for rate_id, lowered in taken_off.items()
            if (amount := sum((each.discount_net for each in lowered), ZERO))
        ),
    )


def _books_discounts_apart(lookups: Lookups) -> bool:
    """Books that have no account for them, and round the tax of each line in a way of their own,
    would only make other cents of a line more."""
    can = lookups.connector.capabilities
    return can.accounts or can.tax_rounding_told


def _line(
    lookups: Lookups, line: DocumentLine, net: Decimal, known: Known, obstacles: list[Obstacle]
) -> Line:
    only_words = line.item_id is None and not net
    through = line.item_id if line.item_id or only_words else lookups.plain_item_id
    item = known.items.get(through) if through else None
    item_id = ""
    if item is not None:
        item_id = lookups.needed(Kind.ITEM, item.pk, f"item {item.code}", obstacles)
    what = f"item {item.code}" if item else f"line {line.position}, which has no item"
    return Line(
        key=str(line.position),
        net=net,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        item_id=item_id,
        account_id=lookups.income(item, what, obstacles),
        tax_code_id="" if only_words else _taxed_by(lookups, line, known, obstacles),
        tax=line.tax if net == line.net else line.tax + _tax_taken_off(lookups, line),
    )


# --- Tax --------------------------------------------------------------------------------------


def _taxed_by(lookups: Lookups, line: DocumentLine, known: Known, obstacles: list[Obstacle]) -> str:
    """What says over there how a line is taxed: a code of theirs, or the percentage itself."""
    if _bears_percent(lookups):
        return "" if line.tax_percent is None else f"{line.tax_percent.normalize():f}"
    if not asks_for_tax_codes(lookups.connection):
        return ""
    rate = known.rates[line.tax_rate_id] if line.tax_rate_id else None
    code = lookups.mappings.tax_code(rate)
    if code is not None:
        return code.remote_id
    if rate is not None:
        sentence = f"no {lookups.name} tax code is chosen for tax rate {rate.code}"
        obstacles.append(lookups.unmapped(f"tax:{rate.pk}", sentence))
    elif lookups.connection.tax_code_on_every_line:
        sentence = f"no {lookups.name} tax code is chosen for lines without tax"
        obstacles.append(lookups.unmapped("no_tax", sentence))
    return ""


def _bears_percent(lookups: Lookups) -> bool:
    by_percent = lookups.connector.capabilities.line_tax is LineTax.PERCENT
    return by_percent and lookups.connection.tax_regime not in NO_TAXES


def _tax_taken_off(lookups: Lookups, line: DocumentLine) -> Decimal:
    """By how much a discount booked apart lowers the tax of its line. Where a line bears its
    percentage its tax is what that makes of its net; codes have the tax of the whole beside them."""
    if not _bears_percent(lookups) or line.tax_percent is None:
        return ZERO
    return rounded(line.discount_net * line.tax_percent / 100, line.document.currency)


def _loses_its_tax(lookups: Lookups, snapshot: InvoiceSnapshot | CreditNoteSnapshot) -> bool:
    """Whether books in which no document bears tax, or nothing says how a line is taxed, would hold
    another total of it."""
    line_tax = lookups.connector.capabilities.line_tax
    if not snapshot.tax or line_tax not in (LineTax.AMOUNT, LineTax.UNTAXED):
        return False
    if line_tax is LineTax.UNTAXED:
        return True
    there = lookups.connector.project(snapshot)
    assert isinstance(there, InvoiceSnapshot | CreditNoteSnapshot)
    return (there.tax, there.total) != (snapshot.tax, snapshot.total)


def _taxes(
    lookups: Lookups,
    document: Document,
    lines: Sequence[DocumentLine],
    known: Known,
    obstacles: list[Obstacle],
) -> tuple[TaxAmount, ...]:
    """Our tax by rate of theirs; by percentage, where a line bears that; nothing where they work it
    out themselves, and only the sum of ours is held against theirs."""
    if _bears_percent(lookups):
        return _by_percent(lines)
    if not asks_for_tax_codes(lookups.connection) or lookups.connection.works_out_tax:
        return ()
    shares: dict[int, list[TaxShare]] = defaultdict(list)
    for share in document.shares:
        shares[share.rate_id].append(share)
    bases: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.tax_rate_id:
            bases[line.tax_rate_id] += line.net
    amounts: dict[str, TaxAmount] = {}
    for rate_id, base in bases.items():
        rate, borne = known.rates[rate_id], shares[rate_id]
        code = lookups.mappings.tax_code(rate)
        if code is None:
            continue  # an obstacle of its lines already
        parts = code.parts_on(tax_date(document))
        pairs = paired([each.percent for each in borne], parts)
        if pairs is None:
            ours = said(each.percent for each in borne)
            theirs = said(each.percent for each in parts)
            obstacles.append(
                lookups.unmapped(
                    f"tax:{rate.pk}",
                    f"tax rate {rate.code} is {ours} and {lookups.name}'s tax code {code} is {theirs}",
                )
            )
            continue
        for pair in pairs:
            for amount in _shared_out(pair, borne, base, document.currency):
                before = amounts.get(amount.rate_id, TaxAmount(rate_id=amount.rate_id))
                amounts[amount.rate_id] = TaxAmount(
                    rate_id=amount.rate_id,
                    net=before.net + amount.net,
                    tax=before.tax + amount.tax,
                )
    return tuple(sorted(amounts.values(), key=lambda each: (len(each.rate_id), each.rate_id)))


def _by_percent(lines: Sequence[DocumentLine]) -> tuple[TaxAmount, ...]:
    found: dict[str, TaxAmount] = {}
    for line in lines:
        if line.tax_percent is not None:
            percent = f"{line.tax_percent.normalize():f}"
            before = found.get(percent, TaxAmount(rate_id=percent))
            found[percent] = TaxAmount(
                rate_id=percent, net=before.net + line.net, tax=before.tax + line.tax
            )
    return tuple(found[percent] for percent in sorted(found))


def _shared_out(
    pair: Pair, borne: Sequence[TaxShare], base: Decimal, currency: str
) -> list[TaxAmount]:
    """The tax of these components of ours on their parts: several of ours are one of theirs, and
    one of ours is spread over several of theirs by their percentages."""
    ours = [borne[place] for place in pair.ours]
    base = ours[0].base if ours else base
    tax = sum((each.tax for each in ours), ZERO)
    weights = [part.percent for part in pair.theirs]
    parts = spread(tax, weights, currency) if len(weights) > 1 else [tax] * len(weights)
    return [
        TaxAmount(rate_id=part.remote_id, net=base, tax=amount)
        for part, amount in zip(pair.theirs, parts, strict=True)
    ]
