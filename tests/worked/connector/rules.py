"""What the worked ledger can hold, why it cannot, and what it books. Pure."""

import dataclasses
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from apps.connectors.port import Posting
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    Master,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.core.money import rounded
from tests.worked.connector.capabilities import CAPABILITIES, MOST_OBJECTS, NAME
from tests.worked.connector.objects import taxes_of
from tests.worked.connector.wire import CENT, NIL, RATE, held_memo, plain

NAME_LENGTH, CODE_LENGTH, LINE_TEXT, TEXT = 80, 30, 200, 200
FINEST = Decimal("0.000001")  # of a quantity, a price and a percentage
METHOD, REFERENCE = 40, 12
LARGEST_RECEIPT = Decimal("9999.99")

Document = InvoiceSnapshot | CreditNoteSnapshot


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
                currency="",
            )
        case ItemSnapshot():
            code, name = snapshot.code.strip(), _line_of(snapshot.name)
            return dataclasses.replace(
                snapshot, code=code or name, name=name or code, description="", account_id=""
            )
        case InvoiceSnapshot():
            return dataclasses.replace(
                snapshot,
                **_held_document(snapshot),
                due_date=snapshot.due_date or snapshot.issue_date,
                terms_id="",
                purchase_order_number="",
            )
        case CreditNoteSnapshot():
            return dataclasses.replace(snapshot, **_held_document(snapshot))
        case PaymentSnapshot():
            return dataclasses.replace(
                snapshot,
                account_id="",
                method_id=snapshot.method_id.strip()[:METHOD],
                exchange_rate=_held_rate(snapshot.exchange_rate),
                reference=snapshot.reference.strip()[:REFERENCE].strip(),
                memo=held_memo(snapshot.memo),
                allocations=(),
            )
        case RefundSnapshot():
            return dataclasses.replace(
                snapshot,
                account_id="",
                method_id="",
                receivable_id="",
                fee=NIL,
                fee_account_id="",
                fee_tax=NIL,
                fee_tax_account_id="",
                exchange_rate=_held_rate(snapshot.exchange_rate),
                reference="",
                memo=held_memo(snapshot.memo),
            )
    return snapshot


def listed_as(master: Master) -> str:
    """The name by which their lists show it."""
    held = project(master)
    assert isinstance(held, Master), "what it holds of one is of its kind"
    return held.name


def _held_document(document: Document) -> dict[str, Any]:
    lines = tuple(
        dataclasses.replace(
            each,
            description=each.description.strip()[:LINE_TEXT].strip(),
            quantity=_held_number(each.quantity),
            unit_price=_held_number(each.unit_price),
            account_id="",
            tax_code_id=_held_percent(each.tax_code_id),
        )
        for each in document.lines
    )
    return {
        "number": document.number.strip(),
        "lines": lines,
        "taxes": taxes_of(lines),
        "exchange_rate": _held_rate(document.exchange_rate),
        "home_total": None,
        "address": Address(),
        "message": "",
        "memo": held_memo(document.memo),
    }


def _held_address(address: Address) -> Address:
    street = ", ".join(filter(None, (_line_of(each) for each in address.lines)))
    return Address(
        lines=(street,) if street else (),
        city=address.city.strip(),
        postal_code=address.postal_code.strip(),
        country=address.country.strip(),
    )


def _held_rate(rate: Decimal) -> Decimal:
    return rate.quantize(RATE, rounding=ROUND_HALF_UP)


def _held_number(number: Decimal) -> Decimal:
    """To six decimals: a quantity and a price explain a line's net, which is believed without."""
    return number.quantize(FINEST, rounding=ROUND_HALF_UP) if number % FINEST else number


def _held_percent(code: str) -> str:
    """A percentage as it comes back; anything else stays, and is objected to."""
    return plain(_held_number(Decimal(code))) if _is_percent(code) else code


def _is_percent(code: str) -> bool:
    try:
        return Decimal(code).is_finite()
    except InvalidOperation:
        return False


def _line_of(words: str) -> str:
    return " ".join(words.split())


# --- Objections -------------------------------------------------------------------------------


def objections(snapshot: Snapshot) -> tuple[str, ...]:
    match snapshot:
        case CustomerSnapshot():
            found = _about_customer(snapshot)
        case ItemSnapshot():
            found = _about_item(snapshot)
        case InvoiceSnapshot() | CreditNoteSnapshot():
            found = _about_document(snapshot)
        case PaymentSnapshot():
            found = _about_payment(snapshot)
        case AllocationSnapshot():
            found = _about_allocation(snapshot)
        case RefundSnapshot():
            found = _about_refund(snapshot)
        case _:
            found = iter((CAPABILITIES.cannot[_KIND_OF[type(snapshot).__name__]],))
    return tuple(found)


_KIND_OF = {"AdjustmentSnapshot": "adjustment", "DepositSnapshot": "deposit"}


def _about_customer(customer: CustomerSnapshot) -> Iterable[str]:
    yield from _length("The name", _line_of(customer.name), NAME_LENGTH)
    address = _held_address(customer.address)
    for what, words in (
        ("The e-mail address", customer.email.strip()),
        ("The telephone number", customer.phone.strip()),
        ("The street", ", ".join(address.lines)),
        ("The city", address.city),
    ):
        if words:
            yield from _length(what, words, TEXT)


def _about_item(item: ItemSnapshot) -> Iterable[str]:
    held = project(item)
    assert isinstance(held, ItemSnapshot)
    yield from _length("The code", held.code, CODE_LENGTH)
    yield from _length("The name", held.name, NAME_LENGTH)
    if item.unit_price is not None:
        yield from _amount("The price", item.unit_price)


def _about_document(document: Document) -> Iterable[str]:
    number = document.number.strip()
    yield from _length("The number", number, CAPABILITIES.number_length)
    if not document.customer_id:
        yield f"Its customer is not in {NAME}."
    if document.void:
        return
    if not document.lines:
        yield f"{NAME} takes no document without a line."
    if document.total < 0:
        yield f"{NAME} takes no document below nil: issue the opposite document instead."
    yield from _about_rate(document.exchange_rate)
    for place, line in enumerate(document.lines, 1):
        yield from _about_line(place, line)
    if sum((each.net for each in document.lines), NIL) != document.net:
        yield "Its lines do not add up to its net amount."
    if sum((each.tax for each in document.lines), NIL) != document.tax:
        yield "The tax of its lines does not add up to its tax."
    if document.net + document.tax != document.total:
        yield "Its net amount and its tax do not add up to its total."


def _about_line(place: int, line: Line) -> Iterable[str]:
    yield from _amount(f"Line {place}", line.net)
    yield from _amount(f"The tax of line {place}", line.tax)
    if line.tax_code_id and not _is_percent(line.tax_code_id):
        yield f"Line {place} has a tax code, and {NAME} takes a percentage."


def _about_payment(payment: PaymentSnapshot) -> Iterable[str]:
    yield from _about_money(payment.customer_id, payment.amount, payment.exchange_rate)
    if payment.amount > LARGEST_RECEIPT * MOST_OBJECTS:
        yield f"It would be more than {MOST_OBJECTS} receipts in {NAME}."


def _about_refund(refund: RefundSnapshot) -> Iterable[str]:
    yield from _about_money(refund.customer_id, refund.amount, refund.exchange_rate)
    sources = refund.sources
    if not refund.cancelled and not sources:
        yield f"{NAME} has to know which payment or credit note is paid back, and it is not told."
    if sources and sum((each.amount for each in sources), NIL) != refund.amount:
        yield "What it pays back does not add up to its amount."


def _about_allocation(allocation: AllocationSnapshot) -> Iterable[str]:
    yield from _amount("The amount", allocation.amount)
    if allocation.source not in (Kind.PAYMENT, Kind.CREDIT_NOTE):
        yield CAPABILITIES.cannot["adjustment"]
    elif allocation.target_kind not in (Kind.INVOICE, Kind.REFUND):
        yield f"{NAME} sets a payment or a credit note against an invoice and against nothing else."
    elif not allocation.cancelled and not (allocation.source_id and allocation.target_id):
        yield f"What is set against what is not in {NAME}."
    elif allocation.amount <= 0 and not allocation.cancelled:
        yield f"{NAME} sets no amount against an invoice that is not above nil."


def _about_money(customer_id: str, amount: Decimal, rate: Decimal) -> Iterable[str]:
    if not customer_id:
        yield f"Its customer is not in {NAME}."
    yield from _amount("The amount", amount)
    if amount <= 0:
        yield f"{NAME} takes no money that is not above nil."
    yield from _about_rate(rate)


def _about_rate(rate: Decimal) -> Iterable[str]:
    if _held_rate(rate) <= 0:
        yield "It needs an exchange rate above nil, to six decimals."


def _length(what: str, words: str, most: int) -> Iterable[str]:
    if not words:
        yield f"{what} is empty, and {NAME} needs one."
    if len(words) > most:
        yield f"{what} has {len(words)} characters; {NAME} holds {most}."


def _amount(what: str, amount: Decimal) -> Iterable[str]:
    if amount % CENT:
        yield f"{what} has more than two decimals, which is all that {NAME} holds."


# --- Effect -----------------------------------------------------------------------------------


def effect(snapshot: Snapshot, home: str) -> tuple[Posting, ...]:
    """Debits and credits at home. The ledger has no accounts: "receivable", "sales", "tax" and
    "money" are words. An allocation books nothing: both of its sides stand on the receivable."""

    def at_home(amount: Decimal, rate: Decimal) -> Decimal:
        return amount if rate == 1 else rounded(amount * rate, home)

    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot() if not snapshot.void:
            sign = -1 if isinstance(snapshot, CreditNoteSnapshot) else 1
            owed = at_home(snapshot.total, snapshot.exchange_rate)
            tax = at_home(snapshot.tax, snapshot.exchange_rate)
            booked = {"receivable": owed, "sales": tax - owed, "tax": -tax}
            return _postings({name: sign * amount for name, amount in booked.items()})
        case PaymentSnapshot() if not snapshot.cancelled:
            amount = at_home(snapshot.amount, snapshot.exchange_rate)
            return _postings({"money": amount, "receivable": -amount})
        case RefundSnapshot() if not snapshot.cancelled:
            amount = at_home(snapshot.amount, snapshot.exchange_rate)
            return _postings({"receivable": amount, "money": -amount})
    return ()


def _postings(balances: dict[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in balances.items()
        if amount
    )
