"""Many payments at once, as a ledger brings them: received and set off in few statements.

The same rules as `receive_payment` and `allocate`, asked of each in its order, and the same traces:
revision, change, history, sums. What only staff do with a receipt (deductions, credits used up,
oldest first) is not done here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Sum

from apps.billing.acts.allocations import Outside, refuse_unfit_pair, rewrite_sums
from apps.billing.acts.history import CREATED, remember
from apps.billing.changes import maker
from apps.billing.models import (
    Allocation,
    Company,
    Customer,
    Invoice,
    Payment,
    PaymentMethod,
    note_changes,
)
from apps.billing.rules.at_the_bank import bank_side
from apps.billing.rules.documents import require_amount
from apps.billing.sums.home_values import STORED, home_value, worth_of
from apps.core.money import ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What some of the money is set against: an invoice of ours by its key, or a document of the
    other books."""

    amount: Decimal
    invoice_id: int | None = None
    outside: Outside | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """Money of one customer, in the customer's currency, on the bank's date."""

    customer_id: int
    amount: Decimal
    date: date
    method: PaymentMethod | None = None
    reference: str = ""
    memo: str = ""
    exchange_rate: Decimal | None = None
    exchange_rate_source: str = ""
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A payment with the allocations of its parts, in their order."""

    payment: Payment
    allocations: tuple[Allocation, ...]


def receive_many(company_id: int, receipts: Sequence[Receipt]) -> list[Received]:
    """Receive money of customers of one company, each part set off on the first day it can be.

    One transaction: raises ValidationError, in a sentence for staff, at the first receipt that is
    unfit, and nothing is received at all. Halve the batch to find out which.
    """
    with transaction.atomic():
        company = Company.locked(company_id)
        ledger = _Ledger(company, receipts)
        payments = [_payment(each, ledger) for each in receipts]
        # The models' own managers refuse set-based writes that leave no trace; these leave it.
        models.QuerySet(Payment).bulk_create(payments)  # type: ignore[arg-type] # of this model
        received = [
            Received(payment, tuple(ledger.set_off(payment, part) for part in receipt.parts))
            for receipt, payment in zip(receipts, payments, strict=True)
        ]
        allocations = [allocation for each in received for allocation in each.allocations]
        models.QuerySet(Allocation).bulk_create(allocations)  # type: ignore[arg-type] # of this model
        remember(payments, CREATED)
        remember(allocations, CREATED)
        note_changes([*payments, *allocations])
        rewrite_sums(
            payments=[each.payment.pk for each in received if each.allocations],
            invoices=list(ledger.invoices),
        )
    return received


def _payment(receipt: Receipt, ledger: "_Ledger") -> Payment:
    company, customer = ledger.company, ledger.customer(receipt.customer_id)
    require_amount(receipt.amount, customer.currency)
    company.refuse_closed(receipt.date)
    bank = bank_side(
        company=company,
        currency=customer.currency,
        amount=receipt.amount,
        date=receipt.date,
        method=receipt.method,
        exchange_rate=receipt.exchange_rate,
        exchange_rate_source=receipt.exchange_rate_source,
    )
    payment = Payment(
        company=company,
        customer=customer,
        date=receipt.date,
        method=receipt.method,
        currency=customer.currency,
        exchange_rate=bank.rate,
        exchange_rate_date=bank.rate_date,
        exchange_rate_source=bank.rate_source,
        amount=receipt.amount,
        bank_currency=bank.currency,
        bank_amount=bank.amount,
        reference=receipt.reference.strip(),
        memo=receipt.memo.strip(),
        made_in=maker().origin,
    )
    payment.clean()
    # Field by field; what points to other records is held by the database.
    payment.clean_fields(
        exclude=[each.name for each in payment._meta.concrete_fields if each.is_relation]
    )
    return payment


@dataclass(slots=True)
class _Ledger:
    """Customers and invoices of these receipts as stored, under the company's lock; what is left of
    each goes down in memory with every part that is taken of it."""

    company: Company
    receipts: Sequence[Receipt]
    customers: dict[int, Customer] = field(init=False)
    invoices: dict[int, Invoice] = field(init=False)
    _home_left: dict[Payment | Invoice, Decimal] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.customers = Customer.objects.filter(company=self.company).in_bulk(
            {each.customer_id for each in self.receipts}
        )
        keys = {part.invoice_id for each in self.receipts for part in each.parts}
        locked = Invoice._base_manager.select_for_update().order_by("pk")
        self.invoices = locked.in_bulk(keys - {None})
        for each in self.invoices.values():
            each.company = self.company
        self._learn_home(
            each for each in self.invoices.values() if each.currency != self.company.home_currency
        )

    def _learn_home(self, foreign: Iterable[Invoice]) -> None:
        """What is left in home currency of invoices in another one."""
        by_key = {each.pk: each for each in foreign}
        if not by_key:
            return
        standing = Allocation.objects.filter(reversed_on=None, invoice__in=by_key)
        sums = standing.order_by().values("invoice").annotate(sum=Sum("home_amount"))
        taken = {row["invoice"]: Decimal(row["sum"]).quantize(STORED) for row in sums}
        for pk, invoice in by_key.items():
            self._home_left[invoice] = home_value(invoice) - taken.get(pk, ZERO)

    def customer(self, pk: int) -> Customer:
        if pk not in self.customers:
            raise ValidationError("This customer belongs to another company.")
        return self.customers[pk]

    def set_off(self, payment: Payment, part: Part) -> Allocation:
        """A part of a payment against its target, on the first day that both allow."""
        invoice = None if part.invoice_id is None else self.invoices[part.invoice_id]
        on = payment.date if invoice is None else max(payment.date, invoice.issue_date)
        if payment not in self._home_left:
            payment.on_account = payment.amount
            self._home_left[payment] = home_value(payment)
        refuse_unfit_pair(payment, invoice, part.amount, on=on)
        self.company.refuse_closed(on)
        worth = self._take(payment, part.amount)
        payment.on_account -= part.amount
        taken = worth
        if invoice is not None:
            taken = self._take(invoice, part.amount)
            invoice.balance_due -= part.amount
        outside = part.outside
        return Allocation(
            company=self.company,
            payment=payment,
            invoice=invoice,
            outside_kind=outside.kind if outside else "",
            outside_id=outside.id if outside else "",
            outside_label=outside.label if outside else "",
            date=on,
            currency=payment.currency,
            amount=part.amount,
            home_amount=taken,
            exchange_difference=worth - taken,
        )

    def _take(self, record: Payment | Invoice, amount: Decimal) -> Decimal:
        """What this much of it is worth in home currency, taken off what is left of it."""
        if record.currency == self.company.home_currency:
            return amount
        left = self._home_left[record]
        worth = worth_of(record, amount, left)
        self._home_left[record] = left - worth
        return worth
