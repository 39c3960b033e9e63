"""Adjustments: amounts between the receivable and the account of a role, without money.

Deductions, write-offs and retainers that are used lower what an invoice has due; a retainer that
is held and a surplus of pennies take up money on account.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from apps.billing.acts.entry_making import credit, debit, end
from apps.billing.acts.retainers import refuse_retainer_below_nil
from apps.billing.acts.taking_back import refuse_taken_back
from apps.billing.changes import made_by
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Company,
    CreditNote,
    Invoice,
    Payment,
    TaxRate,
)
from apps.billing.rules.documents import day, require_amount, require_reason
from apps.billing.rules.fee_tax import parts_of_fee, refuse_fee_rate
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.rules.value import still_received
from apps.billing.sums.home_values import standing
from apps.billing.sums.tax_rates import hold_rates, mark_rates_used
from apps.core.money import ZERO, figure
from apps.staff.acts import ActName

DEDUCTIONS = (
    AccountRole.BANK_CHARGE,
    AccountRole.EARLY_DISCOUNT,
    AccountRole.TAX_WITHHELD,
    AccountRole.SMALL_DIFFERENCE,
)
SURPLUS = (AccountRole.SMALL_DIFFERENCE, AccountRole.BAD_DEBT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deducted:
    """What a customer took off an invoice when paying it: a deduction, or a bad debt."""

    invoice: Invoice
    role: str  # AccountRole
    amount: Decimal  # above nil, in the invoice's currency
    reason: str
    tax_rate: TaxRate | None = None  # of the tax within a bank's charge


def deduct(
    invoice: Invoice,
    *,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    tax_rate: TaxRate | None = None,
) -> Adjustment:
    """Take a bank charge, discount, withheld tax or small difference off an invoice.

    A charge may include tax that the company takes back: its net is the entry that is returned, its
    tax one beside it (`taxes`). Raises ValidationError when that much is not due, or `on` lies before it or in a closed month.
    """
    if role not in DEDUCTIONS:
        raise ValidationError(
            "A deduction is a bank charge, an early-payment discount, tax withheld or a small "
            "difference."
        )
    return take_off(invoice, role=role, amount=amount, on=on, reason=reason, tax_rate=tax_rate)


def write_off(invoice: Invoice, *, amount: Decimal, on: date, reason: str) -> Adjustment:
    """Write an invoice, or a part of it, off as a bad debt: `written_off`, never `paid`."""
    return take_off(invoice, role=AccountRole.BAD_DEBT, amount=amount, on=on, reason=reason)


def take_off(
    invoice: Invoice,
    *,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    payment: Payment | None = None,
    tax_rate: TaxRate | None = None,
) -> Adjustment:
    """A deduction or a write-off, each with the limit of its act; `payment` is the one it came
    with, or the only one on an invoice that the deduction closes."""
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(invoice.company_id)
        invoice.hold()
        invoice.company = company
        refuse_open_credit(invoice, amount)
        if payment is None and role in DEDUCTIONS and amount == invoice.balance_due:
            payment = _only_payment(invoice)
        made, tax = _with_tax(invoice, role, amount, on, reason, payment, tax_rate)
        bad_debt = role == AccountRole.BAD_DEBT
        alike = [AccountRole.BAD_DEBT] if bad_debt else [*DEDUCTIONS, AccountRole.INPUT_TAX]
        answers = {"amount": str(amount), "on": on.isoformat(), "reason": reason}
        if tax_rate is not None:
            answers["tax_rate"] = str(tax_rate.pk)
        refuse_above_limit(
            Wish(
                act=ActName.WRITE_OFF if bad_debt else ActName.DEDUCT,
                record=invoice,
                amount=home_amount(made) + (ZERO if tax is None else home_amount(tax)),
                answers=answers if bad_debt else {"role": str(role), **answers},
                before=_before(
                    made, Adjustment.objects.filter(allocations__invoice=invoice, role__in=alike)
                )
                + (_relieved_before(invoice) if bad_debt else ZERO),
            )
        )
    return made


def written_off_before(invoice: Invoice) -> Decimal:
    """What of an invoice stands written off by staff here, with its tax or without, in home
    currency."""
    rows = Adjustment.objects.filter(
        allocations__invoice=invoice,
        role=AccountRole.BAD_DEBT,
        side=Adjustment.Side.CREDIT,
        status=Adjustment.Status.MADE,
        made_in="",
    )
    without = sum((home_amount(each) for each in rows.select_related("company")), ZERO)
    return without + _relieved_before(invoice)


def _relieved_before(invoice: Invoice) -> Decimal:
    reliefs = invoice.reliefs.filter(status="issued").values_list("home_total", flat=True)
    return sum(reliefs, ZERO)


def take_surplus(
    payment: Payment,
    *,
    amount: Decimal,
    on: date,
    reason: str,
    role: str = AccountRole.SMALL_DIFFERENCE,
) -> Adjustment:
    """Take money on account to the account of small differences, or of bad debts: what came after
    all for an invoice that was written off in a month that is closed since.

    Raises ValidationError when that much is not on account, or `on` lies before it or is closed.
    """
    reason = require_reason(reason)
    if role not in SURPLUS:
        raise ValidationError("A surplus is a small difference, or money of a bad debt after all.")
    with transaction.atomic(), made_by(reason=reason):
        made = debit(payment, role, amount, on, reason)
        refuse_above_limit(
            Wish(
                act=ActName.DEDUCT,
                record=payment,
                amount=home_amount(made),
                answers={
                    "role": str(role),
                    "amount": str(amount),
                    "on": on.isoformat(),
                    "reason": reason,
                },
                before=begun_before(payment, made),
            )
        )
    return made


def begun_before(payment: Payment, made: Adjustment | Invoice) -> Decimal:
    """What staff here took of the same money before as small differences or for bad debts, with
    their tax or without, in home currency, and nobody took back since."""
    surplus = Adjustment.objects.filter(
        settled_by__payment=payment,
        role__in=SURPLUS,
        status=Adjustment.Status.MADE,
        made_in="",
    )
    again = Invoice.objects.filter(
        recovers__isnull=False, allocations__payment=payment, allocations__reversed_on=None
    )
    made_before: list[Adjustment | Invoice] = [
        *surplus.select_related("company").distinct(),
        *again.select_related("company").distinct(),
    ]
    return sum((home_amount(each) for each in made_before if each != made), ZERO)


def _before(made: Adjustment, alike: "models.QuerySet[Adjustment]") -> Decimal:
    """What staff here made of the same before, in home currency, and nobody cancelled since."""
    rows = alike.filter(status=Adjustment.Status.MADE, made_in="").exclude(
        Q(pk=made.pk) | Q(tax_of=made)
    )
    return sum((home_amount(each) for each in rows.select_related("company")), ZERO)


def _with_tax(
    invoice: Invoice,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    payment: Payment | None,
    rate: TaxRate | None,
) -> tuple[Adjustment, Adjustment | None]:
    """The entry, and the one of the tax within it."""
    if rate is None:
        return credit(invoice, role, amount, on, reason, payment=payment), None
    if role != AccountRole.BANK_CHARGE:
        raise ValidationError("Only a bank's charge bears tax that the company takes back.")
    require_amount(amount, invoice.currency)
    hold_rates([rate.pk])
    refuse_fee_rate(rate, invoice.company, on)
    parts = parts_of_fee(amount, rate, invoice.currency)
    made = credit(invoice, role, parts.net, on, reason, payment=payment)
    if not parts.tax:
        return made, None
    words = f"{rate.code}: {reason}"[:200]
    tax = credit(invoice, AccountRole.INPUT_TAX, parts.tax, on, words, payment=payment, tax_of=made)
    mark_rates_used([rate])
    return made, tax


def cancel_adjustment(adjustment: Adjustment, *, reason: str, on: date | None = None) -> None:
    """Take back an adjustment made in error, while its own date is in an open month.

    Its allocation is reversed, so that the invoice is due again or the money on account again.
    `on` is the day of the act: today, never before the adjustment. Raises ValidationError, also
    where a retainer was used since.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(adjustment.company_id)
        adjustment.hold()
        adjustment.company = company
        if not adjustment.is_made:
            raise ValidationError(f"{adjustment} is cancelled already.")
        if company.is_closed_on(adjustment.date):
            raise ValidationError(
                f"{adjustment} is dated {day(adjustment.date)}, in a closed month, so it cannot "
                "be cancelled."
            )
        refuse_taken_back(adjustment)
        _refuse_refunded(adjustment)
        taxes = ZERO
        with still_received(adjustment.customer_id):
            for tax in adjustment.taxes.order_by("pk"):
                refuse_taken_back(tax, whole=adjustment)
                taxes += home_amount(tax)
                tax.hold()
                end(tax, company, on=on, reason=reason)
            on = end(adjustment, company, on=on, reason=reason)
        refuse_retainer_below_nil(adjustment)
        refuse_above_limit(
            Wish(
                act=ActName.CANCEL_ADJUSTMENT,
                record=adjustment,
                amount=home_amount(adjustment) + taxes,
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def _refuse_refunded(adjustment: Adjustment) -> None:
    """A retainer that was paid out ends with its refund."""
    paid = standing(adjustment).filter(refund__isnull=False).first()
    if paid is not None:
        raise ValidationError(
            f"It belongs to “{paid.refund}” and ends with it. Cancel that instead."
        )


def _only_payment(invoice: Invoice) -> Payment | None:
    """The one payment set against an invoice; None where there are none or several."""
    rows = Payment.objects.filter(allocations__invoice=invoice, allocations__reversed_on=None)
    found = list(rows.distinct()[:2])
    return found[0] if len(found) == 1 else None


def refuse_open_credit(invoice: Invoice, amount: Decimal) -> None:
    """What the invoice's own credit notes settle is not lost, and nothing to give up; nor is what
    wrote it off already, and was taken off it over there."""
    mirrors = Q(invoice=invoice) | Q(relieves=invoice)
    notes = CreditNote.objects.filter(mirrors, status="issued", open_credit__gt=0).order_by("pk")
    free = sum((each.open_credit for each in notes), ZERO)
    if free and amount > invoice.balance_due - free:
        named = ", ".join(str(each) for each in notes)
        raise ValidationError(
            f"{figure(free, invoice.currency)} {invoice.currency} of {invoice} is credited and not "
            f"applied yet. Apply {named} first; what is then due can be taken off."
        )
