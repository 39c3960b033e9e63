"""Why Xero cannot hold a snapshot, in sentences, before any call. Pure."""

from collections.abc import Iterable
from decimal import Decimal

from apps.connectors.snapshots import (
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
from apps.connectors.xero.rules import (
    CITY,
    CODE,
    COUNTRY,
    DESCRIPTION,
    EMAIL,
    FOR_OUR_MARK,
    LARGEST,
    NAME_LENGTH,
    NO_TAXES,
    NUMBER,
    PHONE,
    POSTCODE,
    REFERENCE,
    STREET,
    Document,
    held_customer,
    held_item,
    held_refund,
    is_only_words,
    one_line,
)
from apps.connectors.xero.wire import CENT, NIL, fitting_rate, their_rate
from apps.core.money import rounded


def objections(snapshot: Snapshot, home: str, regime: str) -> tuple[str, ...]:
    """Of the snapshot as it is here, before it is projected."""
    match snapshot:
        case CustomerSnapshot():
            found = _about_customer(held_customer(snapshot))
        case ItemSnapshot():
            found = _about_item(held_item(snapshot))
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
    here = document.home_total
    if here is None:
        here = rounded(document.total * document.exchange_rate, home)
    yield from _worth_there(document.total, document.exchange_rate, rounded(here, home), home)


def _worth_there(amount: Decimal, rate: Decimal, here: Decimal, home: str) -> Iterable[str]:
    """Of an amount so large that none of their rates beside ours makes it worth the same."""
    if fitting_rate(rate, amount, here, home) is None:
        there = rounded(amount / their_rate(rate), home)
        yield (
            f"Its exchange rate has more decimals than {NAME} holds, where it would be worth "
            f"{there} {home} instead of {here} {home}. Smaller amounts at this rate are held there "
            "to the cent."
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
        yield from _worth_there(amount, rate, rounded(amount * rate, home), home)


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
    yield from _length("The memo", held_refund(refund, home).memo, REFERENCE - FOR_OUR_MARK)


def _length(what: str, words: str, most: int) -> Iterable[str]:
    if len(words) > most:
        yield f"{what} has {len(words)} characters; {NAME} holds {most}."


def _amount(what: str, amount: Decimal) -> Iterable[str]:
    if amount % CENT:
        yield f"{what} has more than two decimals, which is all that {NAME} holds."
    if abs(amount) > LARGEST:
        yield f"{what} is higher than any amount {NAME} holds."
