"""What a payment of a file settles: its invoices as they stand here, and what earlier payments leave open."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.models import Company, CreditNote, Customer, Invoice
from apps.billing.rules.documents import day
from apps.billing.rules.families import pays_for
from apps.core.money import ZERO, figure
from apps.exchange.imports.money.payments_read import ReadPayment, ToldPart
from apps.exchange.imports.money.plans import Part


@dataclass(slots=True)
class Settled:
    """Parts that may be set off, and what was made of what the file says."""

    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((each.amount for each in self.parts), ZERO)


@dataclass
class Open:
    """Invoices of a company by number, for a portion of a file, less what was taken of them: by payments
    that wait on hold, and by those further up in the file."""

    company: Company
    taken: defaultdict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    invoices: dict[str, Invoice] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)  # numbers of credit notes

    def find(self, payments: Iterable[ReadPayment]) -> None:
        """Know the invoices that these name, and forget the others."""
        told = [each for payment in payments for each in payment.parts]
        numbers = {number for each in told for number in (each.invoice, *each.numbers)} - {""}
        rows = Invoice.objects.filter(company=self.company, number__in=numbers)
        self.invoices = {
            each.number or "": each for each in rows.select_related("customer", "batch")
        }
        missing = numbers - self.invoices.keys()
        notes = CreditNote.objects.filter(company=self.company, number__in=missing)
        self.notes = set(notes.exclude(number=None).values_list("number", flat=True))  # type: ignore[arg-type] # excluded

    def take(self, parts: Iterable[Part]) -> None:
        for each in parts:
            self.taken[each.invoice] += each.amount

    def customer_of(self, told: Sequence[ToldPart]) -> Customer | None:
        """Whose the first invoice is that is here."""
        found = (self.invoices.get(number) for each in told for number in self._numbers(each))
        return next((each.customer for each in found if each is not None), None)

    def settled(
        self, payment: ReadPayment, customer: Customer, amount: Decimal, on: date
    ) -> Settled:
        """Raises ValidationError, in a sentence for who brought the file, where it settles what cannot be
        settled so. What it leaves over is on account."""
        settled, left = Settled(), amount
        here: defaultdict[int, Decimal] = defaultdict(Decimal)
        for told in payment.parts:
            to_give = left if told.amount is None else told.amount
            for number in self._numbers(told):
                invoice = self._fit(number, customer, on)
                still = invoice.balance_due - self.taken[invoice.pk] - here[invoice.pk]
                part = min(to_give, still)
                if not part > 0:
                    settled.notes.append(self._not_reached(invoice, still, to_give))
                    continue
                here[invoice.pk] += part
                to_give -= part
                left -= part
                settled.parts.append(
                    Part(invoice=invoice.pk, amount=part, on=self._on(told, invoice, on))
                )
            if told.amount is not None and to_give > 0:
                raise ValidationError(self._too_much(told, to_give, customer.currency))
        if left < 0:
            raise ValidationError(
                f"{figure(settled.amount, customer.currency)} {customer.currency} are applied, and only "
                f"{figure(amount, customer.currency)} came"
            )
        self._hold_against(payment.number("on_account"), left, customer.currency, settled)
        if settled.parts and left > 0 and not payment.says_what_is_applied:
            settled.notes.append(
                f"{figure(left, customer.currency)} {customer.currency} more than is open stay on account"
            )
        return settled

    def _hold_against(
        self, on_account: Decimal | None, left: Decimal, currency: str, settled: Settled
    ) -> None:
        """What the file says is left on account is a control, and never taken."""
        if on_account is None or on_account == left:
            return
        if on_account > left:
            raise ValidationError(
                f"{figure(on_account, currency)} {currency} are on account in the file, and "
                f"{figure(left, currency)} are left of it here"
            )
        settled.notes.append(
            f"{figure(left - on_account, currency)} {currency} of it settle what is no invoice of ours: "
            "they come on account"
        )

    def _numbers(self, told: ToldPart) -> list[str]:
        known = told.invoice in self.invoices or told.invoice in self.notes
        return [told.invoice] if known or not told.invoice else told.numbers

    def _fit(self, number: str, customer: Customer, on: date) -> Invoice:
        invoice = self.invoices.get(number)
        if invoice is None and number in self.notes:
            raise ValidationError(
                f"{number} is a credit note, and money is set against invoices. Name an invoice, or leave "
                "it empty: then it comes on account"
            )
        if invoice is None:
            raise ValidationError(
                f"the invoice “{number}” is not here. Bring the invoices first, or leave it empty: then "
                "the money comes on account"
            )
        if invoice.is_draft:
            what_to_do = f"Release “{invoice.batch}” first" if invoice.batch else "Issue it first"
            raise ValidationError(f"the invoice {number} is a draft. {what_to_do}")
        if invoice.status == Invoice.Status.VOID:
            raise ValidationError(
                f"the invoice {number} is void. Name another one, or leave it empty: then the money comes "
                "on account"
            )
        if not pays_for(customer.pk, invoice.customer):
            raise ValidationError(
                f"the invoice {number} is of {invoice.customer}, for whom {customer} does not pay. Name "
                f"the customer who paid, or make {customer} the parent"
            )
        if invoice.currency != customer.currency:
            raise ValidationError(
                f"the invoice {number} is in {invoice.currency}, the payment in {customer.currency}"
            )
        return invoice

    def _not_reached(self, invoice: Invoice, still: Decimal, to_give: Decimal) -> str:
        if to_give > 0:
            raise ValidationError(
                f"the invoice {invoice.number} is settled already"
                f"{self._by_what_waits(invoice)}. If the money came once more, leave the invoice empty: "
                "then it comes on account"
            )
        return f"the amount does not reach the invoice {invoice.number}, so it stays open"

    def _by_what_waits(self, invoice: Invoice) -> str:
        return ", with what is on hold or further up in the file" if self.taken[invoice.pk] else ""

    def _too_much(self, told: ToldPart, over: Decimal, currency: str) -> str:
        assert told.amount is not None
        still = told.amount - over
        named = ", ".join(self._numbers(told))
        waits = any(
            self.taken[invoice.pk]
            for number in self._numbers(told)
            if (invoice := self.invoices.get(number))
        )
        return (
            f"{figure(told.amount, currency)} {currency} are set against {named}, of which only "
            f"{figure(still, currency)} is open"
            + (", with what is on hold or further up in the file" if waits else "")
        )

    def _on(self, told: ToldPart, invoice: Invoice, paid_on: date) -> date | None:
        """The day on which it is set off, where it is another than the first on which both stand."""
        earliest = max(paid_on, invoice.issue_date)
        if told.on is None or told.on == earliest:
            return None
        if told.on < earliest:
            raise ValidationError(
                f"it is applied to {invoice.number} on {day(told.on)}, before both stand on "
                f"{day(earliest)}"
            )
        self.company.refuse_closed(told.on)
        return told.on
