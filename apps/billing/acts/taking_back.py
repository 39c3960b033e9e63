"""Deductions taken back: by a credit note that reverses more of the sale than is left beside them,
or because the payment that they came with went back.

Each is an entry of its own in the open month, the other way round, that names what it takes back;
the deduction stays where it was booked.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.acts.allocations import allocate, books_again, dated_on, take_back
from apps.billing.acts.relief_drafts import left_of_relief, owed_again
from apps.billing.changes import maker
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Company,
    CreditNote,
    Document,
    Invoice,
    Payment,
)
from apps.billing.rules.documents import left_to_credit, require_reason
from apps.billing.sums.home_values import home_value, standing
from apps.billing.sums.relief_sums import left_of_sale
from apps.core.money import ZERO, figure, rate_between, rounded, spread


def left_of_deduction(deduction: Adjustment) -> Decimal:
    """A deduction less what was taken back of it."""
    made = deduction.reversals.filter(status=Adjustment.Status.MADE)
    return deduction.amount - sum(made.values_list("amount", flat=True), ZERO)


Deduction = Adjustment | CreditNote  # a write-off with its tax is a document


def deductions_of(invoice: Invoice) -> list[tuple[Deduction, Decimal]]:
    """What was deducted of an invoice or written off and is not taken back, the newest first; also
    of what books a bad debt of it again."""
    sale, reliefs = _with_its_bad_debts(invoice)
    rows = (
        Adjustment.objects.filter(
            allocations__invoice__in=sale,
            allocations__reversed_on=None,
            status=Adjustment.Status.MADE,
        )
        .exclude(role=AccountRole.RETAINER)
        .filter(tax_of=None)
        .distinct()
        .order_by("-date", "-pk")
    )
    found: list[tuple[Deduction, Decimal]] = [
        (each, sum((left for _, left in _with_its_tax(each)), ZERO)) for each in rows
    ]
    found += [(each, left_of_relief(each)) for each in reliefs]
    found.sort(key=lambda one: (dated_on(one[0]), one[0].created_at), reverse=True)
    return [(each, left) for each, left in found if left > 0]


def _with_its_bad_debts(invoice: Invoice) -> tuple[list[Invoice], list[CreditNote]]:
    """An invoice with what books its bad debts again, in turn, and the write-offs with tax of all."""
    sale, reliefs = [invoice], []
    news = sale
    while news:
        found = list(CreditNote.objects.filter(relieves__in=news, status="issued"))
        reliefs += found
        news = list(Invoice.objects.filter(recovers__in=found, status="issued")) if found else []
        sale = [*sale, *news]
    return sale, reliefs


def refuse_tax_taken_twice(invoice: Invoice) -> None:
    """A credit of some lines takes no tax back that a write-off took back already."""
    sale, reliefs = _with_its_bad_debts(invoice)
    if not reliefs:
        return
    for left in left_of_sale(sale, reliefs):
        if left.tax < 0 and left.gross < 0:
            raise ValidationError(
                f"Of the tax {left.rate} of {invoice} more would be taken back than it charged: "
                f"{', '.join(map(str, reliefs))} took some of it back as a bad debt. Credit less of "
                "those lines or the whole invoice, or undo that write-off first."
            )


def refuse_credited_meanwhile(again: Invoice) -> None:
    """What books a bad debt again is not made void under a credit note that counts on it: the loss
    would stand beside the credit of the whole sale. `again` is void by now."""
    sale = again
    while sale.recovers is not None and sale.recovers.relieves is not None:
        sale = sale.recovers.relieves
    deducted = sum((left for _, left in deductions_of(sale)), ZERO)
    if deducted > left_to_credit(sale):
        raise ValidationError(
            f"{sale} was credited with what {again} books again. Write off what will not be paid "
            "of it, or void that credit note first."
        )
    refuse_tax_taken_twice(sale)


def _with_its_tax(deduction: Adjustment) -> list[tuple[Adjustment, Decimal]]:
    """A deduction and the tax within it, each with what is left of it."""
    taxes = deduction.taxes.filter(status=Adjustment.Status.MADE).order_by("pk")
    return [(each, left_of_deduction(each)) for each in (deduction, *taxes)]


def _in_parts(deduction: Adjustment, amount: Decimal) -> list[tuple[Adjustment, Decimal]]:
    """That much of a deduction, its tax in the proportion in which both are left."""
    left = _with_its_tax(deduction)
    parts = spread(amount, [each for _, each in left], deduction.currency)
    return [(each, part) for (each, _), part in zip(left, parts, strict=True) if part > 0]


def only_takes_back(invoice: Invoice, total: Decimal) -> Decimal:
    """How much of a credit note over `total` would only take deductions back: what exceeds the
    invoice's total less what is credited, written off and deducted. The note is not issued yet."""
    deducted = sum((left for _, left in deductions_of(invoice)), ZERO)
    beyond = total - (left_to_credit(invoice) - deducted)
    return max(min(beyond, deducted, total), ZERO)


def take_back_beyond(
    note: CreditNote, invoice: Invoice, beyond: Decimal, *, book: Callable[[Document], None]
) -> None:
    """Let so much of a note just issued take deductions back, so that it is never paid out; of a
    bad debt its tax too, by an invoice that `book` issues."""
    for deduction, left in deductions_of(invoice):
        part = min(left, beyond)
        if part <= 0:
            return
        on, why = max(note.issue_date, dated_on(deduction)), f"Credited by {note}"
        if isinstance(deduction, CreditNote):
            owed = owed_again(deduction, part, on, why, book=book)
            allocate(note, owed, part, on=on)
        else:
            for each, amount in _in_parts(deduction, part):
                allocate(note, _against(each, amount, on, why), amount, on=on)
        beyond -= part


def take_back_with(payment: Payment, *, on: date, charge_back: Decimal, reason: str) -> None:
    """What was deducted when the money came is owed again, since the money went back; of a bank's
    charge only what the bank gives back. Dated the day of the return, never before the deduction.

    Raises ValidationError where the bank would give back more than it kept.
    """
    whole = payment.deductions.filter(status=Adjustment.Status.MADE, tax_of=None)
    for deduction in whole.order_by("pk"):
        part = sum((left for _, left in _with_its_tax(deduction)), ZERO)
        if deduction.role == AccountRole.BANK_CHARGE:
            part = min(part, charge_back)
            charge_back -= part
        if part > 0:
            for each, amount in _in_parts(deduction, part):
                _owed_again(each, amount, max(on, each.date), reason)
    if charge_back > 0:
        raise ValidationError(
            f"The bank gives back {figure(charge_back, payment.currency)} {payment.currency} more "
            "than it kept when this payment came."
        )


def booked_again_by(note: CreditNote) -> "Iterator[Invoice]":
    """The invoices by which a credit note took bad debts back with their tax, which end with it."""
    for allocation in standing(note).filter(invoice__recovers__isnull=False):
        assert allocation.invoice is not None  # as filtered
        if books_again(note, allocation.invoice):
            yield allocation.invoice


def end_with(note: CreditNote) -> "Iterator[Adjustment]":
    """What a credit note took back, which ends with it."""
    for allocation in standing(note).filter(charge__reverses__isnull=False):
        assert allocation.charge is not None  # as filtered
        yield allocation.charge


def refuse_taken_back(adjustment: Adjustment, *, whole: Adjustment | None = None) -> None:
    """Neither a deduction that was taken back nor what took it back is cancelled by itself; nor is
    the tax within one, but with the `whole`."""
    if adjustment.tax_of is not None and adjustment.tax_of != whole:
        raise ValidationError(
            f"It is the tax within “{adjustment.tax_of}” and ends with it. Cancel that instead."
        )
    if adjustment.reverses is not None:
        raise ValidationError(
            f"It takes back “{adjustment.reverses}”. What did that is void or cancelled instead; "
            "what is deducted again is a new deduction."
        )
    if adjustment.reversals.filter(status=Adjustment.Status.MADE).exists():
        raise ValidationError(f"{adjustment} was taken back already, whole or in part.")


def _owed_again(deduction: Adjustment, part: Decimal, on: date, reason: str) -> None:
    """Off the invoice, and set against what takes it back; what is left goes back on."""
    for allocation in list(standing(deduction).filter(invoice__isnull=False)):
        invoice = allocation.invoice
        assert invoice is not None  # as filtered
        day = max(on, allocation.date)
        take_back(allocation, on=day, reason=reason)
        if part < allocation.amount:
            allocate(deduction, invoice, allocation.amount - part, on=day)
        made = _against(deduction, part, day, reason)
        allocate(deduction, made, part, on=day)


def _rate_of(deduction: Adjustment, amount: Decimal, company: Company) -> Decimal:
    home = company.home_currency
    if amount != left_of_deduction(deduction):
        return deduction.exchange_rate
    before = deduction.reversals.filter(status=Adjustment.Status.MADE).select_related("company")
    worth = home_value(deduction) - sum((home_value(each) for each in before), ZERO)
    if worth <= 0 or rounded(amount * deduction.exchange_rate, home) == worth:
        return deduction.exchange_rate
    return rate_between(worth, amount, home)


def _against(deduction: Adjustment, amount: Decimal, on: date, reason: str) -> Adjustment:
    """The same account the other way round, at the rate of the deduction; the last part at the
    rate that takes all of its home value, so that no penny stays on that account."""
    company = Company.locked(deduction.company_id)
    company.refuse_closed(on)
    rate = _rate_of(deduction, amount, company)
    made = Adjustment(
        company=company,
        customer_id=deduction.customer_id,
        date=on,
        currency=deduction.currency,
        exchange_rate=rate,
        exchange_rate_date=deduction.exchange_rate_date,
        exchange_rate_source=deduction.exchange_rate_source,
        amount=amount,
        role=deduction.role,
        side=Adjustment.Side.DEBIT,
        reverses=deduction,
        reason=require_reason(reason[:200]),
        made_in=maker().origin,
    )
    made.full_clean(validate_constraints=False)
    made.save_by_act()
    return made
