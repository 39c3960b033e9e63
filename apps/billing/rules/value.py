"""What was received for what is about to be paid out: no money leaves for nothing.

An invoice and the credit notes that mirror it are one *sale*. It received the money and retainers
set against its invoice, and credits of other sales as far as something was received for those. It
gave away what was refunded of its credit notes, and what they settle elsewhere. A deduction, a bad
debt and what is still due were never received; what came of a bad debt after all counts with its
sale. A rebate without an invoice, which a second person
agreed to, stands for its amount; yet of one customer never more is paid out than came in.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.billing.changes import maker
from apps.billing.models import AccountRole, Allocation, CreditNote, Invoice, Payment
from apps.billing.rules.families import with_aliases
from apps.core.money import ZERO, figure

REBATES = 0  # the sale of credit notes without an invoice; invoices have keys above it


@dataclass(frozen=True, slots=True)
class _Moved:
    """A credit of one sale that settles something else: another invoice, or (None) one of theirs."""

    sale: int
    to: int | None
    amount: Decimal


@dataclass(slots=True)
class Received:
    """What one customer's sales received and gave away, by the key of their invoice."""

    cash: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    refunded: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    moved: list[_Moved] = field(default_factory=list)  # in the order in which it was

    def left_of(self, sale: int) -> Decimal:
        """What may still be paid out of the credit notes of a sale."""
        left = max(self.pool, ZERO)
        if sale != REBATES:
            carried = sum((part for _, part in self._carried(sale, ())), ZERO)
            left = min(left, self._supply(sale, ()) - self.refunded[sale] - carried)
        return max(left, ZERO)

    @property
    def pool(self) -> Decimal:
        """What all sales together received, less what was refunded of their credit notes."""
        return sum(self.cash.values(), ZERO) - sum(self.refunded.values(), ZERO)

    @property
    def shortfall(self) -> Decimal:
        """What was paid out and is not received any more."""
        short = [
            paid - self._supply(sale, ())
            for sale, paid in list(self.refunded.items())
            if sale != REBATES
        ]
        return max(-self.pool, sum((each for each in short if each > 0), ZERO), ZERO)

    def _supply(self, sale: int, path: tuple[int, ...]) -> Decimal:
        """What a sale received; a circle of credits brings nothing."""
        if sale in path:
            return ZERO
        supply = self.cash[sale]
        for origin in {each.sale for each in self.moved if each.to == sale}:
            came = self._carried(origin, (*path, sale))
            supply += sum((part for each, part in came if each.to == sale), ZERO)
        return supply

    def _carried(self, sale: int, path: tuple[int, ...]) -> list[tuple[_Moved, Decimal]]:
        """What each credit of a sale that was used elsewhere stands for: the first the most."""
        used = [each for each in self.moved if each.sale == sale]
        if sale == REBATES:
            return [(each, each.amount) for each in used]
        left = self._supply(sale, path) - self.refunded[sale]
        carried: list[tuple[_Moved, Decimal]] = []
        for each in used:
            part = max(min(each.amount, left), ZERO)
            left -= part
            carried.append((each, part))
        return carried


def received_from(customer_id: int) -> Received:
    """What stands today of a customer with those it was merged with: by one query, and one more
    where bad debts were booked again. The caller holds the company's lock."""
    whose = with_aliases([customer_id])
    rows = list(
        Allocation.objects.filter(
            Q(invoice__customer__in=whose) | Q(credit_note__customer__in=whose),
            reversed_on=None,
        )
        .order_by("pk")
        .values_list(
            "amount",
            "payment_id",
            "adjustment__role",
            "outside_entry__is_money",
            "credit_note_id",
            "credit_note__invoice_id",
            "credit_note__relieves_id",
            "invoice_id",
            "invoice__recovers__relieves_id",
            "refund_id",
            "charge_id",
        )
    )
    sales = _sales_of({again for *_, again, recovered, _, _ in rows if recovered})
    found = Received()
    for row in rows:
        amount, payment, role, outside, note, mirrored, relieved, *target = row
        invoice, _, refund, charge = target
        sold = sales.get(invoice, invoice)
        if note is None:
            money = payment is not None or role == AccountRole.RETAINER or outside
            if sold is not None and money:
                found.cash[sold] += amount
            continue
        if relieved is not None:
            continue  # given up: nothing was received
        sale = mirrored or REBATES
        if refund is not None:
            found.refunded[sale] += amount
        elif charge is None and (mirrored is None or sold != mirrored):
            found.moved.append(_Moved(sale, sold, amount))
    return found


def _sales_of(booked_again: Collection[int]) -> dict[int, int]:
    """Invoice that books a bad debt again → the sale that it is of: a debt may fail and come again."""
    wrote_off: dict[int, int] = {}
    asked = set(booked_again)
    while asked:
        rows = Invoice.objects.filter(pk__in=asked, recovers__isnull=False)
        found = dict(rows.values_list("pk", "recovers__relieves"))
        wrote_off |= found
        asked = set(found.values()) - wrote_off.keys()
    return {each: _end_of(each, wrote_off) for each in booked_again}


def _end_of(invoice: int, wrote_off: dict[int, int]) -> int:
    while invoice in wrote_off:
        invoice = wrote_off[invoice]
    return invoice


def may_be_paid_out(source: CreditNote | Payment) -> Decimal:
    """How much of what is open of a credit note or of money on account may go out as money."""
    found = received_from(source.customer_id)
    if isinstance(source, CreditNote):
        return min(source.open_credit, found.left_of(source.invoice_id or REBATES))
    return max(source.on_account - found.shortfall, ZERO)


def refuse_paying_for_nothing(source: CreditNote | Payment, amount: Decimal) -> None:
    """Refuse a refund of more than was received for what it pays out."""
    if not (source.is_issued if isinstance(source, CreditNote) else source.is_received):
        return  # which its allocation refuses
    most = may_be_paid_out(source)
    if amount <= most:
        return
    least, currency = figure(most, source.currency), source.currency
    if isinstance(source, Payment):
        raise ValidationError(
            f"Only {least} {currency} of {source} can be paid out: more was refunded to "
            f"{source.customer} than was received for it. Set this money against what is due first."
        )
    if source.invoice is None:
        raise ValidationError(
            f"Only {least} {currency} of {source} can be paid out: no more was received of "
            f"{source.customer}. The rest lowers what the customer owes."
        )
    raise ValidationError(
        f"Only {least} {currency} of {source} can be paid out: no more was received for "
        f"{source.invoice}. What is still due is settled by the credit note itself: apply it."
    )


@contextmanager
def still_received(*customers: int) -> Iterator[None]:
    """Refuse an act inside which leaves a refund of these customers without what was received for
    it: a parent's payment was received for what it settles.

    What happened over there, and arrives from there, is taken as it is.
    """
    refunded = Allocation.objects.filter(
        credit_note__customer__in=with_aliases(customers), refund__isnull=False, reversed_on=None
    )
    if maker().origin or not refunded.exists():
        yield
        return
    before = {each: received_from(each).shortfall for each in customers}
    yield
    if any(received_from(each).shortfall > short for each, short in before.items()):
        raise ValidationError(
            "What was received here was refunded by a credit note since. Cancel that refund first; "
            "money that the bank took back is a returned payment."
        )
