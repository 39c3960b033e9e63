"""What FreshBooks can hold, why it cannot, and what it books. Pure."""

import dataclasses
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.freshbooks.bodies import Document, as_held, type_of
from apps.connectors.freshbooks.capabilities import CAPABILITIES, NAME
from apps.connectors.freshbooks.rounding import ANY, Way, by_rate
from apps.connectors.freshbooks.taxes import FINEST, MOST, parts_of, projected_code
from apps.connectors.freshbooks.wire import CENT, NIL, Unread, country_code, held_reference
from apps.connectors.port import Posting
from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    Master,
    PaymentSnapshot,
    Snapshot,
    TaxAmount,
    kind_of,
)
from apps.core.money import is_currency, minor_unit, rounded

ONE = Decimal(1)
MOST_DAYS = 3650  # of an offset: what is longer is a mistake


# --- What it holds ----------------------------------------------------------------------------


def project(snapshot: Snapshot) -> Snapshot:
    match snapshot:
        case CustomerSnapshot():
            return dataclasses.replace(
                snapshot,
                name=_line_of(snapshot.name),
                email=snapshot.email.strip(),
                phone=snapshot.phone.strip(),
                address=_held_address(snapshot.address),
                parent_id="",
            )
        case ItemSnapshot():
            code, name = snapshot.code.strip(), _line_of(snapshot.name)
            return dataclasses.replace(
                snapshot,
                code=code or name,
                name=name or code,
                description=snapshot.description.strip(),
                unit_price=snapshot.unit_price or NIL,
                account_id="",
            )
        case InvoiceSnapshot():
            return dataclasses.replace(
                snapshot,
                **_held_document(snapshot),
                due_date=snapshot.due_date or snapshot.issue_date,
                terms_id="",
                purchase_order_number=snapshot.purchase_order_number.strip(),
            )
        case CreditNoteSnapshot():
            return dataclasses.replace(snapshot, **_held_document(snapshot))
        case PaymentSnapshot():
            return dataclasses.replace(
                snapshot,
                account_id="",
                method_id=type_of(snapshot.method_id),
                exchange_rate=ONE,
                reference=held_reference(snapshot.reference),
                memo="",
                allocations=_joined(snapshot),
            )
        case AllocationSnapshot():
            return dataclasses.replace(snapshot, exchange_rate=ONE)
        case AdjustmentSnapshot():
            return dataclasses.replace(
                snapshot,
                account_id="",
                receivable_id="",
                exchange_rate=ONE,
                memo=_line_of(snapshot.memo),
                amount=NIL if snapshot.cancelled else snapshot.amount,
            )
    return snapshot


def listed_as(master: Master) -> str:
    """The name by which their lists show it."""
    held = project(master)
    assert isinstance(held, Master), "what it holds of one is of its kind"
    return held.name


def _held_document(document: Document) -> dict[str, Any]:
    lines = tuple(_held_line(each, void=document.void) for each in document.lines)
    held: dict[str, Any] = {
        "number": document.number.strip(),
        "lines": lines,
        "taxes": _held_taxes(document, lines),
        "exchange_rate": ONE,
        "home_total": None,
        "message": document.message.strip(),
        "memo": "",
    }
    if document.void:
        held |= {"net": NIL, "tax": NIL, "total": NIL, "taxes": ()}
    return held


def _held_line(line: Line, *, void: bool) -> Line:
    """Without its tax in money, which they never tell by line, nor the item that it is of."""
    line = as_held(line)
    return dataclasses.replace(
        line,
        net=NIL if void else line.net,
        unit_price=NIL if void else line.unit_price,
        item_id="",
        account_id="",
        tax_code_id="" if void else projected_code(line.tax_code_id),
        tax=NIL,
    )


def _held_taxes(document: Document, lines: tuple[Line, ...]) -> tuple[TaxAmount, ...]:
    """Those with tax, in the order of their ids: as the sum, which is all that they tell, is read."""
    try:
        found = by_rate(lines, document.tax, document.currency)
    except (Unread, ValueError):  # no line of it says which tax: that is objected to
        found = document.taxes
    return tuple(sorted((each for each in found if each.tax), key=lambda each: each.rate_id))


def _joined(payment: PaymentSnapshot) -> tuple[AllocationSnapshot, ...]:
    """What stands of it, added up by invoice: a payment keeps no parts."""
    found: dict[tuple[str, str], AllocationSnapshot] = {}
    for each in payment.allocations:
        if each.cancelled or payment.cancelled:
            continue
        key = (str(each.target_kind), each.target_id)
        before = found.get(key)
        amount = each.amount + (before.amount if before else NIL)
        found[key] = dataclasses.replace(before or each, amount=amount, exchange_rate=ONE)
    return tuple(found.values())


def _held_address(address: Address) -> Address:
    lines = tuple(each.strip() for each in address.lines if each.strip())
    return Address(
        lines=(*lines[:1], *((", ".join(lines[1:]),) if len(lines) > 1 else ())),
        city=address.city.strip(),
        region=address.region.strip(),
        postal_code=address.postal_code.strip(),
        country=country_code(address.country),
    )


def _line_of(words: str) -> str:
    return " ".join(words.split())


# --- Objections -------------------------------------------------------------------------------


def objections(snapshot: Snapshot, ways: Sequence[Way] = ANY) -> tuple[str, ...]:
    """`ways`: in which they may round the tax of a document."""
    match snapshot:
        case CustomerSnapshot():
            found: Iterable[str] = _about_name(_line_of(snapshot.name))
        case ItemSnapshot():
            found = _about_item(snapshot)
        case InvoiceSnapshot() | CreditNoteSnapshot():
            found = _about_document(snapshot, ways)
        case PaymentSnapshot():
            found = _about_payment(snapshot)
        case AllocationSnapshot():
            found = _about_allocation(snapshot)
        case AdjustmentSnapshot():
            found = _about_adjustment(snapshot)
        case _:
            found = (CAPABILITIES.cannot[kind_of(snapshot).value],)
    return tuple(found)


def _about_name(name: str) -> Iterable[str]:
    if not name:
        yield f"Its name is empty, and {NAME} would make one up."


def _about_item(item: ItemSnapshot) -> Iterable[str]:
    yield from _about_name(_line_of(item.name) or item.code.strip())
    yield from _amount("Its price", item.unit_price or NIL)


def _about_document(document: Document, ways: Sequence[Way]) -> Iterable[str]:
    number = document.number.strip()
    if not number:
        yield f"It has no number, and {NAME} would make one up."
    if len(number) > CAPABILITIES.number_length:
        yield f"Its number has {len(number)} characters; {NAME} holds {CAPABILITIES.number_length}."
    if not document.customer_id:
        yield f"Its customer is not in {NAME}."
    yield from _about_currency(document.currency)
    if document.void:
        return
    if not document.lines:
        yield f"{NAME} takes no document without a line."
    if document.total < 0:
        yield f"{NAME} takes no document below nil: issue the opposite document instead."
    for place, line in enumerate(document.lines, 1):
        yield from _amount(f"Line {place}", line.net)
        yield from _about_tax_code(place, line)
    if sum((each.net for each in document.lines), NIL) != document.net:
        yield "Its lines do not add up to its net amount."
    if document.net + document.tax != document.total:
        yield "Its net amount and its tax do not add up to its total."
    yield from _about_tax(document, ways)
    if isinstance(document, InvoiceSnapshot):
        due = document.due_date or document.issue_date
        if not 0 <= (due - document.issue_date).days <= MOST_DAYS:
            yield (
                f"{NAME} counts the days from the date of an invoice to its due date, which cannot "
                "be before it: give it a due date on or after its own."
            )


def _about_tax_code(place: int, line: Line) -> Iterable[str]:
    try:
        parts = parts_of(line.tax_code_id)
    except ValueError:
        yield f"Line {place} names a tax that is none of {NAME}: choose another on the mapping page."
        return
    if len(parts) > MOST:
        yield (
            f"Line {place} bears {len(parts)} taxes, and {NAME} takes two on a line: make one tax "
            f"in {NAME} of those that go to one authority, and map the rate to it."
        )
    for name, percent in parts:
        if percent % FINEST:
            yield (
                f"Line {place}: {NAME} holds three decimals of a percentage, and {name} has more."
            )


def _about_tax(document: Document, ways: Sequence[Way]) -> Iterable[str]:
    """They take no tax of ours: what they would work out is told before it is issued."""
    try:
        theirs = [way.tax(document.lines) for way in ways]
    except ValueError:
        return
    if document.tax and not any(each.tax_code_id for each in document.lines):
        yield (
            f"It bears tax, and none of its lines says which of {NAME}: map its tax rate to a tax "
            "of theirs."
        )
    elif document.tax not in theirs:
        told = " or ".join(f"{each:.2f}" for each in sorted(set(theirs)))
        yield (
            f"{NAME} works the tax out itself and would make it {told}, not {document.tax:.2f}: give "
            f"its prices without tax, and let the company round tax {_as_they_do(ways)}."
        )


def _as_they_do(ways: Sequence[Way]) -> str:
    by_line = {way.by_line for way in ways}
    if len(by_line) > 1:
        return f"as {NAME} does"
    return f"per {'line' if by_line.pop() else 'tax rate'}, as {NAME} does"


def _about_payment(payment: PaymentSnapshot) -> Iterable[str]:
    yield from _about_currency(payment.currency)
    yield from _amount("The amount", payment.amount)
    if payment.cancelled:
        return
    if not payment.customer_id:
        yield f"Its customer is not in {NAME}."
    if payment.amount <= 0:
        yield f"{NAME} takes no money that is not above nil."


def _about_allocation(allocation: AllocationSnapshot) -> Iterable[str]:
    yield from _amount("The amount", allocation.amount)
    if allocation.cancelled:
        return
    if allocation.target_kind != Kind.INVOICE:
        yield f"{NAME} sets a credit against an invoice and against nothing else."
    elif allocation.source not in (Kind.CREDIT_NOTE, Kind.ADJUSTMENT):
        yield f"{NAME} sets a credit against an invoice, and this is none."
    elif not (allocation.source_id and allocation.target_id):
        yield f"What is set against what is not in {NAME}."
    elif allocation.amount <= 0:
        yield f"{NAME} sets no amount against an invoice that is not above nil."


def _about_adjustment(adjustment: AdjustmentSnapshot) -> Iterable[str]:
    yield from _about_currency(adjustment.currency)
    yield from _amount("The amount", adjustment.amount)
    if adjustment.cancelled:
        return
    if adjustment.debits:
        yield (
            f"{NAME} has no entry that takes money on account up again: it stays here. Enter it in "
            f"{NAME} as an invoice of your own, or leave the money on account there."
        )
    if not adjustment.customer_id:
        yield f"Its customer is not in {NAME}."
    if adjustment.amount <= 0:
        yield f"{NAME} takes no credit that is not above nil."


def _about_currency(currency: str) -> Iterable[str]:
    if is_currency(currency) and minor_unit(currency) < CENT:
        yield f"{NAME} holds two decimals, and {currency} has three: enter it there by hand."


def _amount(what: str, amount: Decimal) -> Iterable[str]:
    if amount % CENT:
        yield f"{what} has more than two decimals, which is all that {NAME} holds."


# --- Effect -----------------------------------------------------------------------------------


def effect(snapshot: Snapshot, home: str) -> tuple[Posting, ...]:
    """Debits and credits at home. Its lines name no account: "receivable", "sales", "tax:<rate>" and
    "money" are words. A deduction lowers sales there; an allocation books nothing."""

    def at_home(amount: Decimal) -> Decimal:
        rate = getattr(snapshot, "exchange_rate", ONE)
        return amount if rate == 1 else rounded(amount * rate, home)

    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
            sign = -1 if isinstance(snapshot, CreditNoteSnapshot) else 1
            owed = at_home(snapshot.total)
            taxes = {f"tax:{each.rate_id}": at_home(each.tax) for each in snapshot.taxes}
            if not taxes and snapshot.tax:
                taxes = {"tax": at_home(snapshot.tax)}
            sales = sum(taxes.values(), NIL) - owed
            booked = {"receivable": owed, "sales": sales}
            booked |= {name: -tax for name, tax in taxes.items()}
            return _postings({name: sign * amount for name, amount in booked.items()})
        case PaymentSnapshot() if not snapshot.cancelled:
            amount = at_home(snapshot.amount)
            return _postings({"money": amount, "receivable": -amount})
        case AdjustmentSnapshot() if not snapshot.cancelled:
            amount = at_home(snapshot.amount) * (1 if snapshot.debits else -1)
            return _postings({"receivable": amount, "sales": -amount})
    return ()


def _postings(balances: dict[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in balances.items()
        if amount
    )
