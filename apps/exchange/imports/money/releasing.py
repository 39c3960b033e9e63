"""Money that waits in a batch is released by the acts of billing, one movement at a time, or taken back.

Each is carried out in one transaction with what became of it, so that a release that was broken off
anywhere doubles nothing and loses nothing. What billing refuses stays on hold with its sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import Case, IntegerField, Value, When

from apps.billing.acts.allocations import allocate
from apps.billing.acts.batches import begin_release, begin_taking_back, end_release
from apps.billing.acts.depositing import DepositAmount, make_deposit
from apps.billing.acts.receiving import receive_payment
from apps.billing.changes import maker, quietly
from apps.billing.models import (
    BankAccount,
    Batch,
    Company,
    Customer,
    Deposit,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
)
from apps.billing.rules.limits import NeedsApproval, done_by_a_person
from apps.core.money import figure
from apps.exchange.imports.money.giving_back import give_back
from apps.exchange.imports.money.holding import known, waiting
from apps.exchange.imports.money.plans import (
    DepositPlan,
    PaymentPlan,
    Plan,
    RefundPlan,
    plan_of,
)
from apps.exchange.models import BroughtMoney
from apps.staff.acts import ActName, act_words
from apps.staff.models import User

Act = BroughtMoney.Act
# What a refund pays back and a deposit is made of stands before it, wherever its rows lie.
IN_TURN = (Act.RECEIVE, Act.PAY_BACK, Act.BANK)
RIGHTS = {
    Act.RECEIVE: ActName.RECEIVE_PAYMENT,
    Act.PAY_BACK: ActName.PAY_REFUND,
    Act.BANK: ActName.MAKE_DEPOSIT,
}


@dataclass(kw_only=True, slots=True)
class Released:
    """What one pass over a batch came to: how many were carried out, and the sentences of the others
    by what staff find in the file. `broken_off`: more were left when it was told to stop."""

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    broken_off: bool = False


def release_money(batch: Batch, goes_on: Callable[[], bool] = lambda: True) -> Released:
    """Carry out what waits in the batch, in the order of its rows, payments before refunds before bank
    deposits; what was refused before comes last. `goes_on` is asked after each.

    Rights, limits and rules hold as if whoever asks did one by one. Raises ValidationError where the
    batch was taken back.
    """
    begin_release(batch)
    released = Released()
    for key in _in_turn(batch):
        if released.broken_off:
            break
        with quietly(batch.pk):
            _release_one(batch, key, released)
        released.broken_off = not goes_on()
    if waiting(batch).exists():
        return released
    released.broken_off = False
    end_release(batch)
    return released


def take_back_money(batch: Batch) -> int:
    """Drop what waits in it; the number. The same file may then be brought again. Raises
    ValidationError once its release has begun."""
    with transaction.atomic():
        begin_taking_back(batch, instead="Cancel its payments.")
        return waiting(batch).update(dropped=True)


def leave_refused_out(batch: Batch) -> int:
    """Drop what the last release refused, so that nothing waits for what will not come; the number."""
    with transaction.atomic():
        begin_release(batch)
        dropped = waiting(batch).exclude(sentence="").update(dropped=True)
        if not waiting(batch).exists():
            end_release(batch)
    return dropped


def _in_turn(batch: Batch) -> list[int]:
    turn = Case(
        *(When(act=act, then=Value(place)) for place, act in enumerate(IN_TURN)),
        output_field=IntegerField(),
    )
    refused_before = Case(When(sentence="", then=Value(0)), default=Value(1))
    rows = waiting(batch).order_by(refused_before, turn, "row", "pk")
    return list(rows.values_list("pk", flat=True))


def _release_one(batch: Batch, key: int, released: Released) -> None:
    try:
        with transaction.atomic():
            Company.locked(batch.company_id)
            brought = waiting(batch).select_for_update().filter(pk=key).first()
            if brought is None:  # another process was at it meanwhile
                return
            plan = plan_of(brought)
            _refuse_without_right(_right(plan, Act(brought.act)))
            made = _carried_out(plan, batch)
            brought.sentence = ""
            setattr(brought, made.kind, made)
            brought.save()
    except (ValidationError, ObjectDoesNotExist) as refusal:
        sentence = _in_words(refusal)
        waiting(batch).filter(pk=key).update(sentence=sentence)
        called = BroughtMoney.objects.values_list("row", "called").get(pk=key)
        released.refused[f"Row {called[0]}, {called[1]}"] = sentence
    else:
        released.done += 1


def _right(plan: Plan, act: Act) -> ActName:
    if isinstance(plan, RefundPlan) and plan.chargeback:
        return ActName.RETURN_PAYMENT
    return RIGHTS[act]


def _refuse_without_right(right: ActName) -> None:
    if not done_by_a_person():
        return
    if not User.objects.get(pk=maker().user_id or 0).has_perm(right):
        raise ValidationError(
            f"You may not {act_words(right)}: somebody who may releases the rest of it."
        )


def _in_words(refusal: ValidationError | ObjectDoesNotExist) -> str:
    if isinstance(refusal, ObjectDoesNotExist):
        return "Something that it names (a customer, a payment, a bank account) was deleted here since."
    if isinstance(refusal, NeedsApproval):
        home = refusal.wish.record.company.home_currency
        return (
            f"{figure(refusal.wish.amount, home)} is above your limit of "
            f"{figure(refusal.limit, home)} {home} to {act_words(refusal.wish.act)}: somebody with a "
            "higher one releases it."
        )
    return " ".join(refusal.messages)


def _carried_out(plan: Plan, batch: Batch) -> Payment | Refund | Deposit:
    if isinstance(plan, PaymentPlan):
        return _receive(plan)
    if isinstance(plan, RefundPlan):
        return _pay_back(plan, batch)
    return _bank(plan, batch)


def _receive(plan: PaymentPlan) -> Payment:
    customer = Customer.objects.get(pk=plan.customer)
    _refuse_other_currency(plan.currency, customer)
    invoices = Invoice.objects.in_bulk([each.invoice for each in plan.parts])
    if gone := [each for each in plan.parts if each.invoice not in invoices]:
        raise ValidationError(
            f"{len(gone)} of the invoices that it settles {'is' if len(gone) == 1 else 'are'} not here "
            "any more."
        )
    payment = receive_payment(
        customer=customer,
        amount=plan.amount,
        date=plan.on,
        method=_method(plan.method),
        reference=plan.reference,
        memo=plan.memo,
        apply=[(invoices[each.invoice], each.amount) for each in plan.parts if each.on is None],
        oldest_first=plan.oldest_first,
        rest_is=plan.rest_is or Payment.OnAccount.OVERPAYMENT,
        exchange_rate=plan.exchange_rate,
        bank_currency=plan.bank_currency,
        bank_amount=plan.bank_amount,
        payout_reference=plan.payout_reference,
    )
    for each in plan.parts:
        if each.on is not None:
            allocate(payment, invoices[each.invoice], each.amount, on=each.on)
    return payment


def _pay_back(plan: RefundPlan, batch: Batch) -> Refund:
    _refuse_other_currency(plan.currency, Customer.objects.get(pk=plan.customer))
    source = _paid_back(plan, batch)
    method = _method(plan.method) or source.method
    if method is None:
        raise ValidationError(f"Say first by which method {source} arrived.")
    why = plan.memo[:200] or f"Refund in {batch}"[:200]
    return give_back(plan, source, method, why)


def _paid_back(plan: RefundPlan, batch: Batch) -> Payment:
    if plan.payment is not None:
        return Payment.objects.get(pk=plan.payment)
    brought = known(batch.company, [plan.payment_key]).get(plan.payment_key)
    if brought is None:
        raise ValidationError("The payment that it pays back was taken back, or never brought.")
    if brought.payment is None:
        raise ValidationError(_still_on_hold(brought, "that it pays back"))
    return brought.payment


def _bank(plan: DepositPlan, batch: Batch) -> Deposit:
    payments = list(Payment.objects.in_bulk(plan.payments).values())
    refunds = list(Refund.objects.in_bulk(plan.refunds).values())
    brought = known(batch.company, plan.member_keys)
    for key in plan.member_keys:
        if key not in brought:
            raise ValidationError("A payment or refund in it was taken back, or never brought.")
        member = brought[key]
        if member.payment is not None:
            payments.append(member.payment)
        elif member.refund is not None:
            refunds.append(member.refund)
        else:
            raise ValidationError(_still_on_hold(member, "that it is made of"))
    deposit = make_deposit(
        BankAccount.objects.get(pk=plan.bank_account),
        date=plan.on,
        payments=payments,
        refunds=refunds,
        amounts=[
            DepositAmount(role=each.role, amount=each.amount, description=each.description)
            for each in plan.fees
        ],
        reference=plan.reference,
        memo=plan.memo,
    )
    if (deposit.currency, deposit.total) != (plan.currency, plan.total):
        raise ValidationError(
            f"What it is made of comes to {figure(deposit.total, deposit.currency)} "
            f"{deposit.currency}, and the line of the bank is {figure(plan.total, plan.currency)} "
            f"{plan.currency}."
        )
    return deposit


def _still_on_hold(brought: BroughtMoney, what: str) -> str:
    name = Act(brought.act).label
    why = f": {brought.sentence}" if brought.sentence else "."
    return f"The {name} {what}, {brought.called} (row {brought.row}), is still on hold{why}"


def _method(key: int | None) -> PaymentMethod | None:
    if key is None:
        return None
    try:
        return PaymentMethod.objects.get(pk=key)
    except ObjectDoesNotExist as gone:
        raise ValidationError("Its payment method was deleted since.") from gone


def _refuse_other_currency(currency: str, customer: Customer) -> None:
    if currency != customer.currency:
        raise ValidationError(
            f"It is in {currency}, and {customer} pays in {customer.currency}: take this import back, "
            "and receive it by hand."
        )
