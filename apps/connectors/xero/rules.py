"""What Xero can hold of a snapshot. Pure."""

import dataclasses
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.connectors.xero.masters import LINES
from apps.connectors.xero.wire import (
    CENT,
    FINEST,
    NIL,
    ONE,
    fitting_rate,
    our_rate,
    plain,
    projected_rate,
)
from apps.core.money import rounded

Document = InvoiceSnapshot | CreditNoteSnapshot
Money = PaymentSnapshot | AllocationSnapshot | AdjustmentSnapshot | RefundSnapshot
D = TypeVar("D", InvoiceSnapshot, CreditNoteSnapshot)

NO_TAXES = "none"  # the regime of a company that keeps no tax
NAME_LENGTH, EMAIL, PHONE, STREET, CITY, POSTCODE, COUNTRY = 255, 255, 50, 500, 255, 50, 50
CODE, ITEM_NAME, DESCRIPTION = 30, 50, 4000
NUMBER, REFERENCE = 255, 255
FOR_OUR_MARK = 60  # of a reference of ours that bears a mark
LARGEST = Decimal("999999999999.99")
WORDLESS = "–"  # a line must say something
# What a line of a bank deposit says where nothing else is said of it, and how much else is kept.
TAKEN_OUT, PUT_BACK, WORDS_OF_A_DEPOSIT = "Payments received", "Paid out of it", 300


# --- What it can hold -------------------------------------------------------------------------


def project(snapshot: Snapshot, home: str, regime: str) -> Snapshot:
    match snapshot:
        case CustomerSnapshot():
            return held_customer(snapshot)
        case ItemSnapshot():
            return held_item(snapshot)
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
            return _payment(snapshot, home)
        case AllocationSnapshot():
            return _allocation(snapshot, home)
        case AdjustmentSnapshot():
            return dataclasses.replace(
                snapshot,
                amount=NIL if snapshot.cancelled else snapshot.amount,
                exchange_rate=_rate_of_money(snapshot, home),
                memo=one_line(snapshot.memo),
            )
        case RefundSnapshot():
            return held_refund(snapshot, home)
        case DepositSnapshot():
            return held_deposit(snapshot, home)
    return snapshot


def one_line(words: str) -> str:
    return " ".join(words.split())


def held_rate(
    rate: Decimal,
    amount: Decimal,
    home: str,
    *,
    worth: Decimal | None = None,
    counts_for_nothing: bool = False,
) -> Decimal:
    """The rate by which the amount is worth in their books what it is worth in ours (`worth`, or
    by our rate). What counts for nothing has none. What cannot be turned round stays, and is
    objected to."""
    if rate == ONE or counts_for_nothing:
        return ONE
    if worth is None:
        worth = rounded(amount * rate, home) if home else NIL
    try:
        theirs = fitting_rate(rate, amount, worth, home) if home else None
        return our_rate(theirs) if theirs is not None else projected_rate(rate)
    except ValueError:
        return rate


def _rate_of_money(money: Money, home: str) -> Decimal:
    return held_rate(money.exchange_rate, money.amount, home, counts_for_nothing=money.cancelled)


def held_customer(customer: CustomerSnapshot) -> CustomerSnapshot:
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


def held_item(item: ItemSnapshot) -> ItemSnapshot:
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
        "exchange_rate": held_rate(
            document.exchange_rate,
            document.total,
            home,
            worth=document.home_total,
            counts_for_nothing=document.void,
        ),
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


def _payment(payment: PaymentSnapshot, home: str) -> PaymentSnapshot:
    """What it is set against, joined for each document. Its reference is written when it is made,
    and never again: it is read and shown as its memo is."""
    words = " ".join(filter(None, (one_line(payment.reference), one_line(payment.memo))))
    return dataclasses.replace(
        payment,
        reference="",
        memo=words,
        exchange_rate=_rate_of_money(payment, home),
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


def _allocation(allocation: AllocationSnapshot, home: str) -> AllocationSnapshot:
    return dataclasses.replace(
        allocation,
        exchange_rate=_rate_of_money(allocation, home),
        amount=NIL if allocation.cancelled else allocation.amount,
    )


def held_refund(refund: RefundSnapshot, home: str) -> RefundSnapshot:
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
        exchange_rate=_rate_of_money(refund, home),
        **more,
    )


def held_deposit(deposit: DepositSnapshot, home: str) -> DepositSnapshot:
    """Of each account what came out of it and what went back to it, each in one line: which
    payments and refunds these are is not kept."""
    rate = held_rate(
        deposit.exchange_rate, abs(deposit.total), home, counts_for_nothing=deposit.cancelled
    )
    return dataclasses.replace(
        deposit,
        lines=() if deposit.cancelled else _lines_of_a_deposit(deposit.lines),
        total=NIL if deposit.cancelled else deposit.total,
        exchange_rate=rate,
        memo=one_line(deposit.memo),
    )


def _lines_of_a_deposit(
    lines: tuple[DepositLineSnapshot, ...],
) -> tuple[DepositLineSnapshot, ...]:
    """Joined by account and side, in one order: what came first, then what went."""
    found: dict[tuple[bool, str], list[DepositLineSnapshot]] = {}
    for each in lines:
        if each.amount:
            found.setdefault((each.amount < 0, each.account_id), []).append(each)
    return tuple(
        DepositLineSnapshot(
            account_id=account,
            amount=sum((each.amount for each in some), NIL),
            description=_words_of_a_deposit(some),
        )
        for (_, account), some in sorted(found.items())
    )


def _words_of_a_deposit(lines: list[DepositLineSnapshot]) -> str:
    said = dict.fromkeys(one for each in lines if (one := one_line(each.description)))
    return "; ".join(said)[:WORDS_OF_A_DEPOSIT].strip() or (
        TAKEN_OUT if lines[0].amount > 0 else PUT_BACK
    )


def applied_later(payment: PaymentSnapshot) -> bool:
    return any(each.applied_on > payment.paid_on for each in payment.allocations)
