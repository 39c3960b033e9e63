"""What QuickBooks can hold, why it cannot, and what it will book. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from apps.connectors.port import Posting
from apps.connectors.quickbooks.deposits import deposit_balances, projected_deposit
from apps.connectors.quickbooks.documents import is_only_words, projected_document, projected_rate
from apps.connectors.quickbooks.journals import adjustment_balances, projected_adjustment
from apps.connectors.quickbooks.masters import (
    PHONE,
    held_phone,
    projected_customer,
    projected_item,
)
from apps.connectors.quickbooks.payments import projected_allocation, projected_payment
from apps.connectors.quickbooks.purchases import projected_refund, refund_balances
from apps.connectors.quickbooks.taxes import MANUAL, NONE, TAX_CODES, codes_of, projected_code
from apps.connectors.quickbooks.wire import NIL, clean
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DepositSnapshot,
    DocumentSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.core.money import rounded

NUMBER = 21
NAME = 500
EMAIL = 100
CODE = 100
DESCRIPTION = 4000
MESSAGE = 1000
NOTE = 4000
NOTE_FOR_US = 60  # our marker and the word of a void
DECIMALS = 2
FINEST_PRICE = Decimal("0.0000001")
LARGEST = Decimal("99999999999.99")  # the highest amount QuickBooks accepts on a form


def project(snapshot: Snapshot, regime: str = NONE, home: str = "") -> Snapshot:
    """What a company of this tax regime holds of it."""
    match snapshot:
        case CustomerSnapshot():
            return projected_customer(snapshot)
        case ItemSnapshot():
            return projected_item(snapshot)
        case PaymentSnapshot():
            return projected_payment(snapshot)
        case AllocationSnapshot():
            return projected_allocation(snapshot)
        case InvoiceSnapshot():
            return projected_document(snapshot, regime, home)
        case CreditNoteSnapshot():
            return projected_document(snapshot, regime, home)
        case AdjustmentSnapshot():
            return projected_adjustment(snapshot)
        case RefundSnapshot():
            return projected_refund(snapshot)
        case DepositSnapshot():
            return projected_deposit(snapshot)


# --- Objections -------------------------------------------------------------------------------


def objections(
    snapshot: Snapshot, home: str, regime: str = NONE, *, several: bool = False
) -> tuple[str, ...]:
    """Sentences, empty where it can be held. What is cut or rounded without a word is nothing:
    names lose line breaks and colons, a telephone number its separators.

    `several`: the company keeps several currencies beside its home currency.
    """
    only = "" if several else home  # the one currency of the books
    match snapshot:
        case CustomerSnapshot():
            found = _about_customer(snapshot, only)
        case ItemSnapshot():
            found = _about_item(snapshot)
        case PaymentSnapshot():
            found = [*_about_payment(snapshot, only), *_about_rate(snapshot, home)]
        case AllocationSnapshot():
            found = _about_allocation(snapshot, only)
        case InvoiceSnapshot() | CreditNoteSnapshot():
            found = [*_about_document(snapshot, only, regime), *_about_worth(snapshot, home)]
        case AdjustmentSnapshot():
            found = [*_about_adjustment(snapshot, only), *_about_rate(snapshot, home)]
        case RefundSnapshot():
            found = [*_about_refund(snapshot, only), *_about_rate(snapshot, home)]
        case DepositSnapshot():
            found = [*_about_deposit(snapshot, only), *_about_rate(snapshot, home)]
    return tuple(found)


def _about_customer(customer: CustomerSnapshot, home: str) -> Iterable[str]:
    if not clean(customer.name):
        yield "QuickBooks needs a name for every customer."
    yield from _too_long("The name", clean(customer.name), NAME)
    yield from _too_long("The e-mail address", customer.email.strip(), EMAIL)
    yield from _too_long("The telephone number", held_phone(customer.phone), PHONE)
    yield from _foreign(customer.currency, home)


def _about_item(item: ItemSnapshot) -> Iterable[str]:
    if not item.account_id:
        yield "QuickBooks books an item's sales through the item: it needs an income account."
    if not clean(item.code) and not clean(item.name):
        yield "QuickBooks needs a name for every item."
    yield from _too_long("The code", item.code.strip(), CODE)
    yield from _too_long("The description", item.description.strip(), DESCRIPTION)
    if item.unit_price is not None and _finer(item.unit_price, FINEST_PRICE):
        yield "QuickBooks holds seven decimals of a price."


def _about_document(document: DocumentSnapshot, home: str, regime: str) -> Iterable[str]:
    held = projected_document(document, regime)
    if not held.number:
        yield "QuickBooks would give it a number of its own: it needs one from here."
    yield from _too_long("The number", held.number, NUMBER)
    yield from _too_long("The message to the customer", held.message, MESSAGE)
    yield from _too_long("The memo", held.memo, NOTE - NOTE_FOR_US)
    if not held.customer_id:
        yield "Its customer is not in QuickBooks."
    yield from _foreign(held.currency, home)
    if held.void:
        return
    yield from _about_tax(document, held.lines, regime)
    if all(is_only_words(line) for line in held.lines):
        yield "QuickBooks needs at least one line with an amount or a quantity of something."
    if held.total < 0:
        yield "QuickBooks takes no document below nil: issue the opposite document instead."
    for place, line in enumerate(document.lines, 1):
        if not line.item_id and not is_only_words(line):
            yield f"Line {place} has no item, and in QuickBooks every amount is sold through one."
        yield from _too_long(f"The text of line {place}", line.description.strip(), DESCRIPTION)
        yield from _amount(f"Line {place}", line.net)
    if sum((line.net for line in held.lines), NIL) != held.net:
        yield "Its lines do not add up to its net amount."
    if held.net + held.tax != held.total:
        yield "Its net amount and its tax do not add up to its total."
    yield from _amount("The tax", held.tax)
    yield from _amount("The total", held.total)


def _about_worth(document: DocumentSnapshot, home: str) -> Iterable[str]:
    """Its home total follows from its rate over there, which holds no more than seven decimals."""
    held = projected_document(document, home=home)
    if document.exchange_rate <= 0:
        yield "It needs an exchange rate above nil."
    elif document.exchange_rate != held.exchange_rate and not document.void and home:
        there = rounded(held.total * held.exchange_rate, home)
        if held.home_total is not None and there != held.home_total:
            yield (
                f"Its exchange rate has more than the seven decimals that QuickBooks holds, where "
                f"it would be worth {there} {home} instead of {rounded(held.home_total, home)} {home}."
            )


def _about_tax(document: DocumentSnapshot, held: Sequence[Line], regime: str) -> Iterable[str]:
    """`held` are the lines as the regime holds them."""
    if regime == NONE:
        taxed = document.tax or document.taxes or any(line.tax for line in document.lines)
        # Without sales tax there is no code either, but the one that says so.
        if taxed or any(projected_code(line.tax_code_id, MANUAL) for line in document.lines):
            yield "It bears tax, and sales tax is switched off in this QuickBooks company."
        return
    codes = codes_of(held)
    if regime == TAX_CODES:
        for place, line in enumerate(held, 1):
            if not line.tax_code_id and not is_only_words(line):
                yield (
                    f"Line {place} has no tax code, and this QuickBooks company wants one on "
                    "every line: map the lines without tax to a code of theirs."
                )
    elif document.tax and not codes:
        yield "It bears tax, and none of its lines has a tax code."
    if regime == MANUAL and len(codes) > 1:
        yield (
            f"Its lines bear {len(codes)} tax codes, and a US company of QuickBooks takes one for "
            "a document: issue one document for each."
        )
    if regime in (TAX_CODES, MANUAL):
        if sum((each.tax for each in document.taxes), NIL) != document.tax:
            yield "Its tax by rate does not add up to its tax."
        for each in document.taxes:
            yield from _amount("The tax of a rate", each.tax)


def _about_payment(payment: PaymentSnapshot, home: str) -> Iterable[str]:
    held = projected_payment(payment)
    if not held.customer_id:
        yield "Its customer is not in QuickBooks."
    yield from _foreign(held.currency, home)
    yield from _too_long("The reference", held.reference, NUMBER)
    yield from _too_long("The memo", held.memo, NOTE - NOTE_FOR_US)
    yield from _amount("The amount", held.amount)
    if sum((each.amount for each in held.allocations), NIL) > held.amount:
        yield "More is set against documents than was received."
    if any(not each.target_id for each in held.allocations):
        yield "A document it is set against is not in QuickBooks."
    if any(each.currency != held.currency for each in held.allocations):
        yield "What a payment is set against is in its currency in QuickBooks, and one thing is not."


def _about_allocation(allocation: AllocationSnapshot, home: str) -> Iterable[str]:
    yield from _foreign(allocation.currency, home)
    yield from _amount("The amount", allocation.amount)
    if not allocation.cancelled and not (allocation.source_id and allocation.target_id):
        yield "The credit note or the document it is set against is not in QuickBooks."
    if allocation.source == allocation.target_kind == Kind.ADJUSTMENT:
        yield "QuickBooks cannot say which of two journals pays the other."
    if not allocation.customer_id:
        yield "Its customer is not in QuickBooks."


def _about_adjustment(adjustment: AdjustmentSnapshot, home: str) -> Iterable[str]:
    yield from _about_entry(adjustment, home)
    if not adjustment.account_id:
        yield "The account that it is booked to is not mapped to one of QuickBooks."


def _about_refund(refund: RefundSnapshot, home: str) -> Iterable[str]:
    yield from _about_entry(refund, home)
    yield from _amount("The fee", refund.fee)
    yield from _amount("The tax in the fee", refund.fee_tax)
    if not refund.account_id:
        yield "The account that it is paid from is not mapped to one of QuickBooks."
    if refund.fee < 0 or refund.fee_tax < 0:
        yield "QuickBooks takes no fee below nil."
    if refund.fee and not refund.fee_account_id:
        yield "The account of its fee is not mapped to one of QuickBooks."
    if refund.fee_tax and not refund.fee_tax_account_id:
        yield "The account of the tax in its fee is not mapped to one of QuickBooks."


def _about_entry(entry: AdjustmentSnapshot | RefundSnapshot, home: str) -> Iterable[str]:
    if not entry.customer_id:
        yield "Its customer is not in QuickBooks."
    if not entry.receivable_id:
        yield f"QuickBooks has no receivable in {entry.currency}, or Tieout has not read it yet."
    yield from _foreign(entry.currency, home)
    yield from _too_long("The memo", entry.memo.strip(), NOTE - NOTE_FOR_US)
    yield from _amount("The amount", entry.amount)
    if entry.amount <= 0 and not entry.cancelled:
        yield "QuickBooks takes no such entry without an amount above nil."


def _about_deposit(deposit: DepositSnapshot, home: str) -> Iterable[str]:
    held = projected_deposit(deposit)
    if not held.account_id:
        yield "Its bank account is not mapped to one of QuickBooks."
    yield from _foreign(held.currency, home)
    yield from _too_long("The memo", held.memo, NOTE - NOTE_FOR_US)
    if held.cancelled:
        return
    if not held.lines:
        yield "QuickBooks takes no bank deposit without a line."
    if held.total < 0:
        yield (
            "QuickBooks takes no bank deposit below nil: put it together with a later one that "
            "comes to more."
        )
    for place, line in enumerate(deposit.lines, 1):
        if not line.payment_id and not line.account_id:
            yield f"Line {place} is neither a payment nor on an account of QuickBooks."
        yield from _amount(f"Line {place}", line.amount)
    if sum((line.amount for line in held.lines), NIL) != held.total:
        yield "Its lines do not add up to its total."
    payments = [line.payment_id for line in held.lines if line.payment_id]
    if len(set(payments)) < len(payments):
        yield "A payment is in it twice."


def _about_rate(
    money: PaymentSnapshot | AdjustmentSnapshot | RefundSnapshot | DepositSnapshot, home: str
) -> Iterable[str]:
    """What it is worth at home follows from its rate over there, to seven decimals."""
    rate, held = money.exchange_rate, projected_rate(money.exchange_rate)
    if rate <= 0:
        yield "It needs an exchange rate above nil."
        return
    if rate == held or money.cancelled or not home:
        return
    amount = money.total if isinstance(money, DepositSnapshot) else money.amount
    if isinstance(money, RefundSnapshot):
        amount += money.fee + money.fee_tax
    here, there = rounded(amount * rate, home), rounded(amount * held, home)
    if here != there:
        yield (
            f"Its exchange rate has more than the seven decimals that QuickBooks holds, where it "
            f"would be worth {there} {home} instead of {here} {home}."
        )


def _too_long(what: str, words: str, limit: int) -> Iterable[str]:
    if len(words) > limit:
        yield f"{what} has {len(words)} characters; QuickBooks holds {limit}."


def _amount(what: str, amount: Decimal) -> Iterable[str]:
    if _finer(amount, Decimal(1).scaleb(-DECIMALS)):
        yield f"{what} has more than {DECIMALS} decimals, which is all that QuickBooks holds."
    if abs(amount) > LARGEST:
        yield f"{what} is higher than any amount QuickBooks holds."


def _finer(amount: Decimal, unit: Decimal) -> bool:
    return amount % unit != 0


def _foreign(currency: str, home: str) -> Iterable[str]:
    if currency and home and currency != home:
        yield f"It is in {currency}, and this QuickBooks company keeps its books in {home} only."


# --- Effect -----------------------------------------------------------------------------------


def effect(snapshot: Snapshot, home: str) -> tuple[Posting, ...]:
    """Debits and credits in home currency, one per account.

    An invoice debits the receivable its home total and credits its lines' accounts their nets and
    "tax:<id of their rate>" its tax ("tax" where QuickBooks chooses the rates); a credit note the
    reverse. Their account of a rate is its agency's, which only they know. A payment debits where
    the money lies and credits the receivable; an adjustment, a refund and a bank deposit as they
    say. An allocation books nothing: both of its sides stand on the receivable, and where their
    rates differ QuickBooks moves the difference from there to its account of exchange differences.
    A void has none.
    """
    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot():
            return _document_effect(snapshot, home)
        case PaymentSnapshot() if not snapshot.cancelled:
            amount = _at_home(snapshot.amount, snapshot.exchange_rate, home)
            return _postings({snapshot.account_id or "clearing": amount, "receivable": -amount})
        case AdjustmentSnapshot() if not snapshot.cancelled:
            return _entry_effect(adjustment_balances(snapshot), snapshot.exchange_rate, home)
        case RefundSnapshot() if not snapshot.cancelled:
            return _entry_effect(refund_balances(snapshot), snapshot.exchange_rate, home)
        case DepositSnapshot() if not snapshot.cancelled:
            return _entry_effect(deposit_balances(snapshot), snapshot.exchange_rate, home)
    return ()


def _entry_effect(booked: dict[str, Decimal], rate: Decimal, home: str) -> tuple[Posting, ...]:
    """At home; the first account takes what the others come to."""
    first, *others = booked
    sums = {account: _at_home(booked[account], rate, home) for account in others}
    return _postings({first: -sum(sums.values(), NIL), **sums})


def _document_effect(document: DocumentSnapshot, home: str) -> tuple[Posting, ...]:
    if document.void:
        return ()
    sign = -1 if isinstance(document, CreditNoteSnapshot) else 1
    rate = document.exchange_rate
    owed = document.home_total
    if owed is None:
        owed = _at_home(document.total, rate, home)
    incomes: dict[str, Decimal] = {}
    for line in document.lines:
        account = line.account_id or "income"
        incomes[account] = incomes.get(account, NIL) + _at_home(line.net, rate, home)
    taxes = {f"tax:{each.rate_id}": _at_home(each.tax, rate, home) for each in document.taxes}
    if not taxes:
        taxes = {"tax": _at_home(document.tax, rate, home)}
    # The rounding of a rate falls on the largest income, so that it cannot unbalance.
    left = owed - sum(incomes.values(), NIL) - sum(taxes.values(), NIL)
    if incomes:
        largest = max(incomes, key=lambda account: abs(incomes[account]))
        incomes[largest] += left
    booked = {"receivable": owed, **{name: -amount for name, amount in (incomes | taxes).items()}}
    return _postings({account: sign * amount for account, amount in booked.items()})


def _at_home(amount: Decimal, rate: Decimal, home: str) -> Decimal:
    return amount if rate == 1 else rounded(amount * rate, home)


def _postings(balances: dict[str, Decimal]) -> tuple[Posting, ...]:
    """Positive is a debit."""
    return tuple(
        Posting(account_id=account, debit=max(amount, NIL), credit=max(-amount, NIL))
        for account, amount in balances.items()
        if amount
    )
