"""Adjustments: amounts between the receivable and the account of a role, without money.

Deductions, write-offs and retainers that are used lower what an invoice has due; a retainer that
is held and a surplus of pennies take up money on account.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from apps.billing.allocations import allocate, take_back
from apps.billing.changes import made_by, maker
from apps.billing.fee_tax import parts_of_fee, refuse_fee_rate
from apps.billing.home_values import home_value, standing
from apps.billing.limits import Wish, home_amount, refuse_above_limit
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Company,
    Customer,
    Invoice,
    Payment,
    TaxRate,
)
from apps.billing.money_rules import day_of_act
from apps.billing.rules import day, require_amount, require_reason
from apps.billing.taking_back import refuse_taken_back
from apps.billing.tax_rates import hold_rates, mark_rates_used
from apps.billing.value import still_received
from apps.core.money import PRECISION, STORED_RATE, ZERO, figure, rate_between, rounded
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
        made = _debit(payment, role, amount, on, reason)
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
                before=_before(
                    made, Adjustment.objects.filter(settled_by__payment=payment, role__in=SURPLUS)
                ),
            )
        )
    return made


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
        return _credit(invoice, role, amount, on, reason, payment=payment), None
    if role != AccountRole.BANK_CHARGE:
        raise ValidationError("Only a bank's charge bears tax that the company takes back.")
    require_amount(amount, invoice.currency)
    hold_rates([rate.pk])
    refuse_fee_rate(rate, invoice.company, on)
    parts = parts_of_fee(amount, rate, invoice.currency)
    made = _credit(invoice, role, parts.net, on, reason, payment=payment)
    if not parts.tax:
        return made, None
    words = f"{rate.code}: {reason}"[:200]
    tax = _credit(
        invoice, AccountRole.INPUT_TAX, parts.tax, on, words, payment=payment, tax_of=made
    )
    mark_rates_used([rate])
    return made, tax


def hold_as_retainer(
    payment: Payment, *, amount: Decimal, on: date, reason: str = ""
) -> Adjustment:
    """Hold money on account as a retainer: owed to the customer until it is used."""
    reason = reason.strip()
    with transaction.atomic(), made_by(reason=reason):
        return _debit(payment, AccountRole.RETAINER, amount, on, reason)


def use_retainer(invoice: Invoice, *, amount: Decimal, on: date) -> Adjustment:
    """Set a part of the customer's retainer against an invoice.

    It is used at what it is held at in home currency, so that the last of it leaves nothing there.
    Raises ValidationError when the customer's retainer of that day does not hold that much.
    """
    with transaction.atomic():
        company = Company.locked(invoice.company_id)
        invoice.hold()
        invoice.company = company
        rate = _rate_of_retainer(invoice.customer, invoice.currency, amount, on, company)
        return _credit(invoice, AccountRole.RETAINER, amount, on, "", rate=rate)


def give_retainer_back(retainer: Adjustment, *, amount: Decimal, on: date) -> Adjustment:
    """Take a part of a customer's retainer off the liability, to be paid out by a refund.

    `retainer` is one that is held: of its customer, in its currency. The caller holds the
    company's lock. Raises ValidationError as `use_retainer` does.
    """
    if retainer.role != AccountRole.RETAINER or retainer.side != Adjustment.Side.DEBIT:
        raise ValidationError(f"{retainer} is no retainer that is held.")
    if not retainer.is_made:
        raise ValidationError(f"{retainer} is cancelled.")
    customer, currency = retainer.customer, retainer.currency
    rate = _rate_of_retainer(customer, currency, amount, on, retainer.company)
    return _make(retainer, Adjustment.Side.CREDIT, AccountRole.RETAINER, amount, on, "", rate)


def _rate_of_retainer(
    customer: Customer, currency: str, amount: Decimal, on: date, company: Company
) -> Decimal:
    """At what it is held on average; refused where it did not hold that much on that day."""
    require_amount(amount, currency)
    held = _retainer(customer, currency)
    then = min(held.amount, _retainer(customer, currency, until=on).amount)
    if amount > then:
        raise ValidationError(
            f"The retainer of {customer} held {figure(then, currency)} {currency} on {day(on)}, "
            f"not {figure(amount, currency)}."
        )
    return _average(held, amount, company.home_currency)


def retainer_of(customer: Customer, currency: str) -> Decimal:
    """What is held of a customer as retainers and not used yet."""
    return _retainer(customer, currency).amount


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
        with still_received(adjustment.customer_id):
            for tax in adjustment.taxes.order_by("pk"):
                refuse_taken_back(tax, whole=adjustment)
                tax.hold()
                end(tax, company, on=on, reason=reason)
            on = end(adjustment, company, on=on, reason=reason)
        _refuse_retainer_below_nil(adjustment)
        refuse_above_limit(
            Wish(
                act=ActName.CANCEL_ADJUSTMENT,
                record=adjustment,
                amount=home_amount(adjustment),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def end(adjustment: Adjustment, company: Company, *, on: date | None, reason: str) -> date:
    """Cancel it with what stands of it, on that day (today unless given), which is returned."""
    parts = list(standing(adjustment))
    on = day_of_act(company, on, [adjustment.date, *(each.date for each in parts)])
    for allocation in parts:
        take_back(allocation, on=on, reason=reason)
    adjustment.status = Adjustment.Status.CANCELLED
    adjustment.cancelled_on = on
    adjustment.cancel_reason = reason
    adjustment.save_by_act()
    return on


def _refuse_refunded(adjustment: Adjustment) -> None:
    """A retainer that was paid out ends with its refund."""
    paid = standing(adjustment).filter(refund__isnull=False).first()
    if paid is not None:
        raise ValidationError(
            f"It belongs to “{paid.refund}” and ends with it. Cancel that instead."
        )


def _credit(
    invoice: Invoice,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    *,
    rate: Decimal | None = None,
    payment: Payment | None = None,
    tax_of: Adjustment | None = None,
) -> Adjustment:
    """Off an invoice, dated alike; at the invoice's rate, so that no difference is realised."""
    if not invoice.is_issued:
        raise ValidationError(
            f"{invoice} is {invoice.get_status_display().lower()}, so nothing can be taken off it."
        )
    made = _make(invoice, Adjustment.Side.CREDIT, role, amount, on, reason, rate, payment, tax_of)
    allocate(made, invoice, amount, on=on)
    return made


def _only_payment(invoice: Invoice) -> Payment | None:
    """The one payment set against an invoice; None where there are none or several."""
    rows = Payment.objects.filter(allocations__invoice=invoice, allocations__reversed_on=None)
    found = list(rows.distinct()[:2])
    return found[0] if len(found) == 1 else None


def refuse_open_credit(invoice: Invoice, amount: Decimal) -> None:
    """What the invoice's own credit notes settle is not lost, and nothing to give up."""
    notes = invoice.credit_notes.filter(status="issued", open_credit__gt=0).order_by("pk")
    free = sum((each.open_credit for each in notes), ZERO)
    if free and amount > invoice.balance_due - free:
        named = ", ".join(str(each) for each in notes)
        raise ValidationError(
            f"{figure(free, invoice.currency)} {invoice.currency} of {invoice} is credited and not "
            f"applied yet. Apply {named} first; what is then due can be taken off."
        )


def _debit(payment: Payment, role: str, amount: Decimal, on: date, reason: str) -> Adjustment:
    """Money on account taken up, dated alike and at the payment's rate."""
    company = Company.locked(payment.company_id)
    payment.hold()
    payment.company = company
    if not payment.is_received:
        raise ValidationError(f"{payment} is {payment.get_status_display().lower()}.")
    made = _make(payment, Adjustment.Side.DEBIT, role, amount, on, reason)
    allocate(payment, made, amount, on=on)
    return made


def _make(
    of: Invoice | Payment | Adjustment,
    side: str,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    rate: Decimal | None = None,
    payment: Payment | None = None,
    tax_of: Adjustment | None = None,
) -> Adjustment:
    require_amount(amount, of.currency)
    of.company.refuse_closed(on)
    made = Adjustment(
        company=of.company,
        customer_id=of.customer_id,
        date=on,
        currency=of.currency,
        exchange_rate=of.exchange_rate if rate is None else rate,
        exchange_rate_date=of.exchange_rate_date if rate is None else on,
        exchange_rate_source=of.exchange_rate_source if rate is None else "Retainer",
        amount=amount,
        role=role,
        side=side,
        reason=reason,
        payment=payment,
        tax_of=tax_of,
        made_in=maker().origin,
    )
    made.full_clean(validate_constraints=False)
    made.save_by_act()
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class _Retainer:
    amount: Decimal
    home: Decimal


def _retainer(customer: Customer, currency: str, until: date | None = None) -> _Retainer:
    """What is held less what is used; `until` leaves out what was held after that day."""
    amount = home = ZERO
    for each in _retainers(customer, currency):
        held = each.side == Adjustment.Side.DEBIT
        if held and until is not None and each.date > until:
            continue
        amount += each.amount if held else -each.amount
        home += home_value(each) if held else -home_value(each)
    return _Retainer(amount=amount, home=home)


def _average(held: _Retainer, amount: Decimal, home: str) -> Decimal:
    """The rate at which `amount` is worth its part of what is held."""
    with localcontext(prec=PRECISION):
        worth = rounded(held.home * amount / held.amount, home)
    return rate_between(worth, amount, home) if worth > 0 else STORED_RATE


def _retainers(customer: Customer, currency: str) -> "models.QuerySet[Adjustment]":
    """Held and used, as they stand."""
    rows: models.QuerySet[Adjustment] = Adjustment.objects.filter(
        customer=customer,
        currency=currency,
        role=AccountRole.RETAINER,
        status=Adjustment.Status.MADE,
    )
    return rows.select_related("company")


def _refuse_retainer_below_nil(adjustment: Adjustment) -> None:
    if adjustment.role != AccountRole.RETAINER or adjustment.side != Adjustment.Side.DEBIT:
        return
    rows = _retainers(adjustment.customer, adjustment.currency)
    running, lowest = ZERO, ZERO
    for each in sorted(rows, key=lambda row: (row.date, row.side != Adjustment.Side.DEBIT)):
        running += each.amount if each.side == Adjustment.Side.DEBIT else -each.amount
        lowest = min(lowest, running)
    if lowest < 0:
        raise ValidationError(
            f"{figure(-lowest, adjustment.currency)} {adjustment.currency} of this retainer is "
            "used already. Cancel its use first."
        )
    left = _retainer(adjustment.customer, adjustment.currency)
    if left.home < 0 or (not left.amount and left.home):
        raise ValidationError(
            "This retainer is used already, at what all of them were worth on average. "
            "Cancel that use first."
        )
