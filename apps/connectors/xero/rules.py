"""What Xero can hold of a snapshot, and why it cannot hold it. Pure."""

import dataclasses
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.connectors.xero.capabilities import CAPABILITIES, NAME
from apps.connectors.xero.masters import LINES
from apps.connectors.xero.wire import CENT, FINEST, NIL, ONE, plain, projected_rate, their_rate
from apps.core.money import rounded

Document = InvoiceSnapshot | CreditNoteSnapshot
D = TypeVar("D", InvoiceSnapshot, CreditNoteSnapshot)

NO_TAXES = "none"  # the regime of a company that keeps no tax
NAME_LENGTH, EMAIL, PHONE, STREET, CITY, POSTCODE, COUNTRY = 255, 255, 50, 500, 255, 50, 50
CODE, ITEM_NAME, DESCRIPTION = 30, 50, 4000
NUMBER, REFERENCE = 255, 255
FOR_OUR_MARK = 60  # of a reference of ours that bears a mark
LARGEST = Decimal("999999999999.99")
WORDLESS = "–"  # a line must say something


# --- What it can hold -------------------------------------------------------------------------


def project(snapshot: Snapshot, home: str, regime: str) -> Snapshot:
    match snapshot:
        case CustomerSnapshot():
            return _customer(snapshot)
        case ItemSnapshot():
            return _item(snapshot)
        case InvoiceSnapshot():
            return dataclasses.replace(
                _document(snapshot, home, regime),
                message="",
                memo="",
                terms_id="",
                due_date=snapshot.due_date or snapshot.issue_date,
                purchase_order_number=one_line(snapshot.purchase_order_number),
            )
        case CreditNoteSnapshot():
            held = _document(snapshot, home, regime)
            return dataclasses.replace(held, message="", memo=one_line(snapshot.memo))
        case PaymentSnapshot():
            return _payment(snapshot)
        case AllocationSnapshot():
            return _allocation(snapshot)
        case AdjustmentSnapshot():
            return dataclasses.replace(
                snapshot,
                amount=NIL if snapshot.cancelled else snapshot.amount,
                exchange_rate=held_rate(snapshot.exchange_rate),
                memo=one_line(snapshot.memo),
            )
        case RefundSnapshot():
            return _refund(snapshot)
    return snapshot


def one_line(words: str) -> str:
    return " ".join(words.split())


def held_rate(rate: Decimal) -> Decimal:
    """What cannot be turned round stays, and is objected to."""
    try:
        return projected_rate(rate)
    except ValueError:
        return rate


def _customer(customer: CustomerSnapshot) -> CustomerSnapshot:
    return dataclasses.replace(
        customer,
        name=one_line(customer.name),
        email=customer.email.strip(),
        phone=one_line(customer.phone),
        address=_address(customer.address),
        parent_id="",
    )


def _address(address: Address) -> Address:
    lines = [one for each in address.lines if (one := one_line(each))]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], ", ".join(lines[LINES - 1 :])]
    return Address(
        lines=tuple(lines),
        city=one_line(address.city),
        region=one_line(address.region),
        postal_code=one_line(address.postal_code),
        country=one_line(address.country),
    )


def _item(item: ItemSnapshot) -> ItemSnapshot:
    """What is not sold loses its price, account and text there."""
    code, name = item.code.strip(), one_line(item.name)
    price = item.unit_price
    return dataclasses.replace(
        item,
        code=code or name,
        name=(name or code)[:ITEM_NAME].strip(),
        description=item.description.strip() if item.active else "",
        unit_price=_finer(price) if item.active and price is not None else None,
        account_id=item.account_id if item.active else "",
    )


def _finer(number: Decimal) -> Decimal:
    """To four decimals."""
    return plain(number.quantize(FINEST, rounding=ROUND_HALF_UP))


def _document(document: D, home: str, regime: str) -> D:
    """A void is a number with nothing in it, whatever figures it keeps over there."""
    more: dict[str, Any] = {
        "number": document.number.strip(),
        "address": Address(),
        "exchange_rate": held_rate(document.exchange_rate),
    }
    if document.void:
        more |= {
            "lines": (), "taxes": (), "net": NIL, "tax": NIL, "total": NIL, "home_total": NIL,
        }  # fmt: skip
        return dataclasses.replace(document, **more)
    discounts = isinstance(document, InvoiceSnapshot)
    more["lines"] = tuple(_line(each, discounts, regime) for each in document.lines)
    if regime == NO_TAXES:
        more["taxes"] = ()
    if document.home_total is None and home:
        more["home_total"] = rounded(document.total * document.exchange_rate, home)
    return dataclasses.replace(document, **more)


def is_only_words(line: Line) -> bool:
    return not line.item_id and not line.net and not line.account_id


def _line(line: Line, discounts: bool, regime: str) -> Line:
    code = "" if regime == NO_TAXES else line.tax_code_id
    described = line.description.strip()[:DESCRIPTION].strip() or WORDLESS
    if is_only_words(line):
        return dataclasses.replace(
            line, description=described, quantity=ONE, unit_price=NIL, tax_code_id=""
        )
    quantity, price = _spelt(line, discounts)
    return dataclasses.replace(
        line, description=described, quantity=quantity, unit_price=price, tax_code_id=code
    )


def _spelt(line: Line, discounts: bool) -> tuple[Decimal, Decimal]:
    """Quantity and price, to four decimals, that come to the line's net: as they are; with a
    discount of whole cents, where the document knows discounts; with another price; else one at
    the whole amount."""
    quantity, price = _finer(line.quantity), _finer(line.unit_price)
    if cents(quantity * price) == line.net or (
        discounts and discount_of(line.net, quantity, price)
    ):
        return quantity, price
    if quantity > 0:
        price = _finer(line.net / quantity)
        if cents(quantity * price) == line.net:
            return quantity, price
    return ONE, plain(line.net)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def discount_of(net: Decimal, quantity: Decimal, price: Decimal) -> Decimal:
    """The discount that takes quantity × price to the net; nil where it is none of theirs.

    Only whole cents off a product of whole cents: how half a cent of a discounted line is rounded
    is not told. None on a price below nil, none above the line.
    """
    product = quantity * price
    off = product - net
    if price <= 0 or net < 0 or off <= 0 or off > product or off % CENT or product % CENT:
        return NIL
    return cents(off)


def _payment(payment: PaymentSnapshot) -> PaymentSnapshot:
    """What it is set against, joined for each document. Its reference is written when it is made,
    and never again: it is read and shown as its memo is."""
    words = " ".join(filter(None, (one_line(payment.reference), one_line(payment.memo))))
    return dataclasses.replace(
        payment,
        reference="",
        memo=words,
        exchange_rate=held_rate(payment.exchange_rate),
        amount=NIL if payment.cancelled else payment.amount,
        allocations=() if payment.cancelled else _joined(payment),
    )


def _joined(payment: PaymentSnapshot) -> tuple[AllocationSnapshot, ...]:
    """One for each document, in one order; of several, the latest day."""
    found: dict[tuple[str, str], AllocationSnapshot] = {}
    for each in payment.allocations:
        if each.cancelled:
            continue
        target = (str(each.target_kind), each.target_id)
        before = found.get(target)
        if before is not None:
            amount = each.amount + before.amount
            applied_on = max(each.applied_on, before.applied_on)
            each = dataclasses.replace(each, amount=amount, applied_on=applied_on)
        found[target] = each
    return tuple(found[target] for target in sorted(found) if found[target].amount)


def _allocation(allocation: AllocationSnapshot) -> AllocationSnapshot:
    return dataclasses.replace(
        allocation,
        exchange_rate=held_rate(allocation.exchange_rate),
        amount=NIL if allocation.cancelled else allocation.amount,
    )


def _refund(refund: RefundSnapshot) -> RefundSnapshot:
    words = " ".join(filter(None, (one_line(refund.reference), one_line(refund.memo))))
    more: dict[str, Any] = {}
    if refund.cancelled:
        more = {"amount": NIL, "fee": NIL, "fee_tax": NIL}
    return dataclasses.replace(
        refund,
        reference="",
        memo=words,
        method_id="",
        receivable_id="",
        exchange_rate=held_rate(refund.exchange_rate),
        **more,
    )


# --- Objections -------------------------------------------------------------------------------


def objections(snapshot: Snapshot, home: str, regime: str) -> tuple[str, ...]:
    """Of the snapshot as it is here, before it is projected."""
    match snapshot:
        case CustomerSnapshot():
            found = _about_customer(_customer(snapshot))
        case ItemSnapshot():
            found = _about_item(_item(snapshot))
        case InvoiceSnapshot() | CreditNoteSnapshot():
            found = _about_document(snapshot, home, regime)
        case PaymentSnapshot():
            found = _about_payment(snapshot, home)
        case AllocationSnapshot():
            found = _about_allocation(snapshot)
        case AdjustmentSnapshot():
            found = _about_adjustment(snapshot, home)
        case RefundSnapshot():
            found = _about_refund(snapshot, home)
        case DepositSnapshot():
            found = [CAPABILITIES.cannot["deposit"]]
    return tuple(found)


def _about_customer(customer: CustomerSnapshot) -> Iterable[str]:
    if not customer.name:
        yield f"{NAME} needs a name for every customer."
    yield from _length("The name", customer.name, NAME_LENGTH)
    yield from _length("The e-mail address", customer.email, EMAIL)
    yield from _length("The telephone number", customer.phone, PHONE)
    for line in customer.address.lines:
        yield from _length("A line of the address", line, STREET)
    yield from _length("The city", customer.address.city, CITY)
    yield from _length("The postal code", customer.address.postal_code, POSTCODE)
    yield from _length("The country", customer.address.country, COUNTRY)


def _about_item(item: ItemSnapshot) -> Iterable[str]:
    if not item.code:
        yield f"{NAME} needs a code for every item."
    yield from _length("The code", item.code, CODE)
    yield from _length("The description", item.description, DESCRIPTION)


def _about_document(document: Document, home: str, regime: str) -> Iterable[str]:
    number = document.number.strip()
    if not number:
        yield f"{NAME} would give it a number of its own: it needs one from here."
    yield from _length("The number", number, NUMBER)
    if not document.customer_id:
        yield f"Its customer is not in {NAME}."
    if document.void:
        return
    yield from _about_worth(document, home)
    if not document.lines:
        yield f"{NAME} takes no document without a line."
    if document.total < 0:
        yield f"{NAME} takes no document below nil: issue the opposite document instead."
    if isinstance(document, InvoiceSnapshot):
        yield from _length("The order number", one_line(document.purchase_order_number), REFERENCE)
    for place, line in enumerate(document.lines, 1):
        yield from _about_line(place, line, regime)
    if sum((each.net for each in document.lines), NIL) != document.net:
        yield "Its lines do not add up to its net amount."
    if sum((each.tax for each in document.lines), NIL) != document.tax:
        yield "The tax of its lines does not add up to its tax."
    if document.net + document.tax != document.total:
        yield "Its net amount and its tax do not add up to its total."
    yield from _amount("The total", document.total)


def _about_line(place: int, line: Line, regime: str) -> Iterable[str]:
    yield from _amount(f"Line {place}", line.net)
    yield from _amount(f"The tax of line {place}", line.tax)
    yield from _length(f"The item of line {place}", line.item_id, CODE)
    if is_only_words(line):
        if line.tax:
            yield f"Line {place} bears tax on nothing."
        return
    if not line.account_id:
        yield f"Line {place} has no account, and {NAME} books every line on one."
    if regime == NO_TAXES and line.tax:
        yield "It bears tax, and this organisation keeps none in Xero."
    if regime != NO_TAXES and not line.tax_code_id:
        yield (
            f"Line {place} has no tax rate of {NAME}, which would choose one by itself: map the "
            "lines without tax to one of theirs."
        )


def _about_worth(document: Document, home: str) -> Iterable[str]:
    """Their rate is the other way round, to six decimals."""
    yield from _about_rate(document.exchange_rate)
    if not home or document.currency == home or not _can_be_held(document.exchange_rate):
        return
    there = rounded(document.total / their_rate(document.exchange_rate), home)
    here = document.home_total
    if here is None:
        here = rounded(document.total * document.exchange_rate, home)
    if there != here:
        yield (
            f"Its exchange rate has more decimals than {NAME} holds, where it would be worth "
            f"{there} {home} instead of {rounded(here, home)} {home}."
        )


def _about_rate(rate: Decimal) -> Iterable[str]:
    if not _can_be_held(rate):
        yield f"It needs an exchange rate above nil that {NAME} can turn round to six decimals."


def _can_be_held(rate: Decimal) -> bool:
    try:
        return their_rate(rate) > 0
    except ValueError:
        return False


def _about_money(
    customer_id: str, amount: Decimal, rate: Decimal, currency: str, home: str
) -> Iterable[str]:
    if not customer_id:
        yield f"Its customer is not in {NAME}."
    yield from _amount("The amount", amount)
    if amount <= 0:
        yield f"{NAME} takes no money that is not above nil."
    yield from _about_rate(rate)
    if home and currency != home and _can_be_held(rate):
        here, there = rounded(amount * rate, home), rounded(amount / their_rate(rate), home)
        if here != there:
            yield (
                f"Its exchange rate has more decimals than {NAME} holds, where it would be worth "
                f"{there} {home} instead of {here} {home}."
            )


def _about_payment(payment: PaymentSnapshot, home: str) -> Iterable[str]:
    if payment.cancelled:
        return
    yield from _about_money(
        payment.customer_id, payment.amount, payment.exchange_rate, payment.currency, home
    )
    if not payment.account_id:
        yield f"The account that it lies on is not mapped to one of {NAME}."
    words = one_line(payment.reference)
    yield from _length("The reference", words, REFERENCE - FOR_OUR_MARK)
    if sum((each.amount for each in payment.allocations), NIL) > payment.amount:
        yield "More is set against documents than was received."
    for each in payment.allocations:
        if not each.target_id:
            yield f"A document it is set against is not in {NAME}."
        elif each.currency != payment.currency:
            yield f"What a payment is set against is in its currency in {NAME}, and one thing is not."


def _about_allocation(allocation: AllocationSnapshot) -> Iterable[str]:
    yield from _amount("The amount", allocation.amount)
    if allocation.cancelled:
        return
    if allocation.source not in (Kind.CREDIT_NOTE, Kind.ADJUSTMENT):
        yield f"{NAME} sets money against a document with the payment itself."
    if allocation.target_kind not in (Kind.INVOICE, Kind.REFUND, Kind.ADJUSTMENT):
        yield f"{NAME} sets a credit against an invoice and against nothing else."
    if not (allocation.source_id and allocation.target_id):
        yield f"What is set against what is not in {NAME}."
    if allocation.amount <= 0:
        yield f"{NAME} sets no amount against an invoice that is not above nil."


def _about_adjustment(adjustment: AdjustmentSnapshot, home: str) -> Iterable[str]:
    if adjustment.cancelled:
        return
    yield from _about_money(
        adjustment.customer_id,
        adjustment.amount,
        adjustment.exchange_rate,
        adjustment.currency,
        home,
    )
    if not adjustment.account_id:
        yield f"The account that it is booked to is not mapped to one of {NAME}."
    yield from _length("The memo", one_line(adjustment.memo), REFERENCE - FOR_OUR_MARK)


def _about_refund(refund: RefundSnapshot, home: str) -> Iterable[str]:
    if refund.cancelled:
        return
    yield from _about_money(
        refund.customer_id, refund.amount, refund.exchange_rate, refund.currency, home
    )
    if not refund.account_id:
        yield f"The account that it is paid from is not mapped to one of {NAME}."
    for what, amount, account in (
        ("fee", refund.fee, refund.fee_account_id),
        ("tax in its fee", refund.fee_tax, refund.fee_tax_account_id),
    ):
        yield from _amount(f"The {what}", amount)
        if amount < 0:
            yield f"{NAME} takes no {what} below nil."
        if amount and not account:
            yield f"The account of the {what} is not mapped to one of {NAME}."
    yield from _length("The memo", _refund(refund).memo, REFERENCE - FOR_OUR_MARK)


def _length(what: str, words: str, most: int) -> Iterable[str]:
    if len(words) > most:
        yield f"{what} has {len(words)} characters; {NAME} holds {most}."


def _amount(what: str, amount: Decimal) -> Iterable[str]:
    if amount % CENT:
        yield f"{what} has more than two decimals, which is all that {NAME} holds."
    if abs(amount) > LARGEST:
        yield f"{what} is higher than any amount {NAME} holds."


def applied_later(payment: PaymentSnapshot) -> bool:
    return any(each.applied_on > payment.paid_on for each in payment.allocations)


def latest(*days: date) -> date:
    """The day they date an allocation by: the later of both documents'."""
    return max(days)
