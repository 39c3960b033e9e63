"""Bank deposits: payments, refunds and fees that the bank shows as one line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from apps.billing.changes import made_by, maker
from apps.billing.models import (
    AccountRole,
    BankAccount,
    Company,
    Deposit,
    DepositLine,
    OutsideDeposit,
    Payment,
    PaymentMethod,
    Refund,
    TaxRate,
    is_at_the_bank,
    where_it_posted,
)
from apps.billing.rules.at_the_bank import rate_of_day
from apps.billing.rules.documents import day, require_reason
from apps.billing.rules.fee_tax import parts_of_fee, refuse_fee_rate
from apps.billing.rules.money import day_of_act, refuse_deposited_outside, standing_deposit
from apps.billing.sums.exchange_rates import rate_for
from apps.billing.sums.tax_rates import hold_rates, mark_used
from apps.billing.sums.totals import LARGEST
from apps.core.money import ZERO, fits

# What the bank or the processor may keep or add on the line itself.
ON_THE_LINE = (AccountRole.BANK_CHARGE, AccountRole.SMALL_DIFFERENCE, AccountRole.TAX_WITHHELD)

Member = Payment | Refund
MemberT = TypeVar("MemberT", Payment, Refund)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositAmount:
    """An amount on the account of a role, in the bank account's currency: a fee is below nil.

    With a `tax_rate` it is a fee that includes its tax: the net goes to the fee's account, the tax
    to that of tax on fees, and both are off the line of the bank.
    """

    role: str  # AccountRole
    amount: Decimal
    description: str = ""
    tax_rate: TaxRate | None = None


def make_deposit(
    bank_account: BankAccount,
    *,
    date: Date,
    payments: Sequence[Payment] = (),
    refunds: Sequence[Refund] = (),
    amounts: Sequence[DepositAmount] = (),
    reference: str = "",
    memo: str = "",
    exchange_rate: Decimal | None = None,
) -> Deposit:
    """Make a bank deposit of whole payments, whole refunds (they go off) and fees.

    Its total, in the bank account's currency, is the line of the bank. In another currency than the
    home one it is worth there what `exchange_rate` says, else the list of rates. Raises ValidationError, in
    a sentence for staff, where one of them lies in a deposit already, is on the bank already, is
    in another currency or of a later day.
    """
    with transaction.atomic():
        company = Company.locked(bank_account.company_id)
        bank_account.refresh_from_db()
        company.refuse_closed(date)
        if not bank_account.active:
            raise ValidationError(f"The bank account “{bank_account}” is not used any more.")
        members: list[Member] = [*_held(payments), *_held(refunds)]
        if not members and not amounts:
            raise ValidationError("Choose the payments that reached the bank.")
        for member in members:
            _refuse_member(member, bank_account, date)
        hold_rates(each.tax_rate.pk for each in amounts if each.tax_rate is not None)
        for each in amounts:
            _refuse_amount(each, bank_account.currency)
            if each.tax_rate is not None:
                refuse_fee_rate(each.tax_rate, company, date)
        deposit = Deposit(
            company=company,
            bank_account=bank_account,
            date=date,
            currency=bank_account.currency,
            reference=reference.strip(),
            memo=memo.strip(),
            made_in=maker().origin,
        )
        if bank_account.currency != company.home_currency:
            held = rate_of_day(company, bank_account.currency, date, exchange_rate)
            deposit.exchange_rate = held.rate
        lines = list(map(_line_of, members))
        for each in amounts:
            lines += _lines_of_role(each, bank_account.currency)
        deposit.total = sum((line.amount for line in lines), ZERO)
        if abs(deposit.total) >= LARGEST:
            raise ValidationError("The total is more than a bank deposit can hold.")
        deposit.full_clean(validate_constraints=False)
        mark_used(lines)
        _save_with_lines(deposit, lines)
    return deposit


def undo_deposit(deposit: Deposit, *, reason: str, on: Date | None = None) -> None:
    """Undo a bank deposit of an open month: its payments and refunds are free for another one."""
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(deposit.company_id)
        deposit.hold()
        if not deposit.is_made:
            raise ValidationError("This bank deposit is undone already.")
        if company.is_closed_on(deposit.date):
            raise ValidationError(
                f"This bank deposit is dated {day(deposit.date)}, in a closed month, so it cannot "
                "be undone."
            )
        on = day_of_act(company, on, [deposit.date])
        # Lines have no revision of their own: the deposit is written with them.
        lines: models.QuerySet[DepositLine] = models.QuerySet(DepositLine)
        lines = lines.filter(deposit=deposit)
        lines.update(standing=False)
        _tell_banked(lines.values_list("payment", flat=True))
        deposit.status = Deposit.Status.UNDONE
        deposit.undone_on = on
        deposit.undo_reason = reason
        deposit.save_by_act()


def note_outside_deposit(payments: Iterable[Payment], *, key: str, label: str) -> None:
    """These and no other payments of ours lie in this bank deposit that is only theirs; with none,
    it holds nothing of ours (any more)."""
    with transaction.atomic():
        held = {each.pk: each for each in payments}
        gone = OutsideDeposit.objects.filter(key=key).exclude(payment__in=held)
        free = list(gone.values_list("payment", flat=True))
        gone.delete()
        for each in held.values():
            OutsideDeposit.objects.update_or_create(
                payment=each, defaults={"key": key, "label": label[:120]}
            )
        _tell_banked([*free, *held])


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedDeposit:
    """What reaches the bank as one line: of one method and payout, or of one method and day."""

    bank_account: BankAccount | None  # None: the method does not say where its payouts arrive
    method: PaymentMethod
    date: Date  # of the last of them
    currency: str
    payout_reference: str
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]

    @property
    def total(self) -> Decimal:
        members: list[Member] = [*self.payments, *self.refunds]
        return sum(map(bank_line, members), ZERO)


def proposed_deposits(company: Company, until: Date | None = None) -> list[ProposedDeposit]:
    """What lies in clearing accounts, dated up to `until` (today), by bank account, method, and
    payout reference; what names no payout, by day.

    A payout may hold several days, so its reference alone keeps it together. A refund joins the
    payout that its own reference names.
    """
    until = until or company.today()
    groups: dict[tuple[int, str, str, str, Date | None], list[Member]] = {}
    members: list[Member] = [
        *_in_clearing(
            Payment.objects.filter(status=Payment.Status.RECEIVED, banked=False),
            company,
            until,
        ),
        *_in_clearing(Refund.objects.filter(status=Refund.Status.MADE), company, until),
    ]
    payouts = {
        (each.method_id, each.payout_reference)
        for each in members
        if isinstance(each, Payment) and each.payout_reference
    }
    for each in members:
        named = each.payout_reference if isinstance(each, Payment) else each.reference
        payout = named if (each.method_id, named) in payouts else ""
        # Ledgers bank a payment in its own currency, one at a time.
        currencies = (bank_currency(each), each.currency)
        key = (each.method_id or 0, *currencies, payout, None if payout else each.date)
        groups.setdefault(key, []).append(each)
    proposals = [_proposal(payout, group) for (_, _, _, payout, _), group in groups.items()]
    return sorted(proposals, key=lambda each: (each.date, each.method.name, each.payout_reference))


def make_due_deposits(company: Company) -> list[Deposit]:
    """Make the bank deposits of the methods that do it by themselves, up to yesterday: today may
    still bring more. What comes to nil or less, lies in a closed month or has no rate waits for
    a person, among the proposed ones.
    """
    with transaction.atomic():
        company = Company.locked(company.pk)
        today = company.today()
        due = [
            each
            for each in proposed_deposits(company)
            if each.date < today and _makes_itself(each, company)
        ]
        return [
            make_deposit(
                each.bank_account,
                date=each.date,
                payments=each.payments,
                refunds=each.refunds,
                reference=each.payout_reference,
            )
            for each in due
            if each.bank_account is not None
        ]


def bank_currency(member: Member) -> str:
    """In which currency it reached or left the bank."""
    if isinstance(member, Payment) and member.bank_currency:
        return member.bank_currency
    return member.currency


def bank_line(member: Member) -> Decimal:
    """What it adds to the line of the bank, in that currency: a refund goes off, with its fee."""
    if isinstance(member, Refund):
        return -member.bank_amount
    return member.amount if member.bank_amount is None else member.bank_amount


def _held(members: Iterable[Member]) -> list[Member]:
    """Locked and read afresh, always in one order."""
    held = sorted(members, key=lambda each: each.pk)
    for each in held:
        each.hold()
    return held


def _refuse_member(member: Member, bank_account: BankAccount, on: Date) -> None:
    if member.company_id != bank_account.company_id:
        raise ValidationError(f"{member} belongs to another company.")
    live = member.is_received if isinstance(member, Payment) else member.is_made
    if not live:
        raise ValidationError(f"{member} is {member.get_status_display().lower()}.")
    other = standing_deposit(member)
    if other is not None:
        raise ValidationError(f"{member} lies in the bank deposit of {other} already.")
    refuse_deposited_outside(member)
    # A ledger knows where its money lies, also where we cannot tell the method.
    if member.method is None and not maker().origin:
        raise ValidationError(f"Say first by which method {member} arrived.")
    if is_at_the_bank(member.method, member.date):
        raise ValidationError(
            f"{member} is on the bank already: “{member.method}” posts to a bank account on its day."
        )
    if bank_currency(member) != bank_account.currency:
        raise ValidationError(
            f"{member} is in {bank_currency(member)}, “{bank_account}” in {bank_account.currency}."
        )
    if on < member.date:
        raise ValidationError(
            f"{member} is dated {day(member.date)}; it cannot reach the bank before."
        )


def _refuse_amount(each: DepositAmount, currency: str) -> None:
    if each.tax_rate is not None and each.role != AccountRole.BANK_CHARGE:
        raise ValidationError("Only a fee of the bank or a processor bears tax on its line.")
    if each.role not in ON_THE_LINE and not (each.role == AccountRole.INPUT_TAX and maker().origin):
        raise ValidationError(
            "On the line of the bank stand payments, refunds, fees, tax withheld and small "
            "differences."
        )
    if not each.amount.is_finite() or not each.amount or abs(each.amount) >= LARGEST:
        raise ValidationError("The amount of a fee is more or less than nil.")
    if not fits(each.amount, currency):
        raise ValidationError(f"{each.amount} has more decimals than {currency}.")


def _line_of(member: Member) -> DepositLine:
    ours = {"payment": member} if isinstance(member, Payment) else {"refund": member}
    return DepositLine(amount=bank_line(member), **ours)


def _lines_of_role(each: DepositAmount, currency: str) -> list[DepositLine]:
    """One line; of a fee with tax its net, and its tax beside it."""
    words, rate = each.description.strip(), each.tax_rate
    parts = parts_of_fee(each.amount, rate, currency)
    lines = [DepositLine(role=each.role, amount=parts.net, description=words, tax_rate=rate)]
    if rate is not None and parts.tax:
        of = f"{rate.code} on {words or AccountRole(each.role).label.lower()}"
        lines.append(
            DepositLine(
                role=AccountRole.INPUT_TAX, amount=parts.tax, description=of[:200], tax_rate=rate
            )
        )
    return lines


def _save_with_lines(deposit: Deposit, lines: Sequence[DepositLine]) -> None:
    for position, line in enumerate(lines, start=1):
        line.position = position
        line.clean_fields(exclude=["deposit"])
    deposit.new_lines = lines
    deposit.save_by_act()
    for line in lines:
        line.deposit = deposit
    # Not the lines' own manager, which refuses what leaves no revision: the deposit has it.
    rows: models.QuerySet[DepositLine] = models.QuerySet(DepositLine)
    rows.bulk_create(lines)
    deposit.new_lines = ()
    _tell_banked(line.payment_id for line in lines)


def _tell_banked(keys: Iterable[int | None]) -> None:
    """Payments say what the lines of deposits say of them. Nothing of the payment itself changes, so it
    takes no revision and leaves no change."""
    lies = Q(Exists(DepositLine.objects.filter(payment=OuterRef("pk"), standing=True)))
    lies |= Q(Exists(OutsideDeposit.objects.filter(payment=OuterRef("pk"))))
    told = Case(When(lies, then=Value(True)), default=Value(False))
    rows: models.QuerySet[Payment] = models.QuerySet(Payment)
    rows.filter(pk__in={each for each in keys if each is not None}).update(banked=told)


def _in_clearing(
    rows: "models.QuerySet[MemberT]", company: Company, until: Date
) -> "list[MemberT]":
    free = (
        rows.filter(company=company, date__lte=until)
        .alias(posts_to=where_it_posted())
        .filter(posts_to=PaymentMethod.PostsTo.CLEARING)
        .exclude(deposit_lines__standing=True)
    )
    return list(free.select_related("method__bank_account", "customer").order_by("date", "pk"))


def _proposal(payout: str, group: Sequence[Member]) -> ProposedDeposit:
    method = group[0].method
    assert method is not None  # asked for in the query
    return ProposedDeposit(
        bank_account=method.bank_account,
        method=method,
        date=max(each.date for each in group),
        currency=bank_currency(group[0]),
        payout_reference=payout,
        payments=tuple(each for each in group if isinstance(each, Payment)),
        refunds=tuple(each for each in group if isinstance(each, Refund)),
    )


def _makes_itself(proposed: ProposedDeposit, company: Company) -> bool:
    account = proposed.bank_account
    return (
        proposed.method.deposits_itself
        and account is not None
        and account.active
        and account.currency == proposed.currency
        and proposed.total > 0
        and not company.is_closed_on(proposed.date)
        and (
            account.currency == company.home_currency
            or rate_for(company, account.currency, proposed.date) is not None
        )
    )
