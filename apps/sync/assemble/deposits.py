"""Bank deposits as snapshots: one line of the bank, and what it takes out of which account."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from apps.billing.models import Deposit, DepositLine, Payment
from apps.billing.sums.deposit_currency import (
    InOneCurrency,
    SeveralCurrencies,
    in_payments_currency,
)
from apps.connectors.snapshots import DepositLineSnapshot, DepositSnapshot, Kind
from apps.core.money import ZERO, rounded
from apps.sync.assemble.lookups import Lookups, loaded
from apps.sync.assemble.money import without_method
from apps.sync.assemble.obstacles import Assembled, Obstacle, cannot_hold


def deposits(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    found = list(loaded(Deposit, keys, "bank_account"))
    lines: dict[int, list[DepositLine]] = defaultdict(list)
    for each in (
        DepositLine.objects.filter(deposit_id__in=keys)
        .select_related("payment__method", "refund__method")
        .order_by("deposit_id", "position", "id")
    ):
        lines[each.deposit_id].append(each)
    every = [line for some in lines.values() for line in some]
    lookups.learn(Kind.PAYMENT, {each.payment_id for each in every})
    lookups.learn(Kind.REFUND, {each.refund_id for each in every})
    return [_deposit(lookups, each, lines[each.pk]) for each in found]


def _deposit(lookups: Lookups, deposit: Deposit, lines: Sequence[DepositLine]) -> Assembled:
    obstacles: list[Obstacle] = []
    lookups.refuse_closed(deposit.date, obstacles)
    account_id = lookups.bank(deposit.bank_account, obstacles)
    try:
        banked = in_payments_currency(deposit, lines)
    except SeveralCurrencies as several:
        obstacles.append(
            cannot_hold(
                f"its payments are in {several}, and {lookups.name} banks one currency at a time",
                "Undo it, and make one bank deposit for each currency.",
            )
        )
        return Assembled(Kind.DEPOSIT, deposit.pk, deposit.revision, obstacles=obstacles)
    if not lookups.connector.capabilities.deposits_name_payments:
        obstacles += _realised_by_banking(lookups, lines, banked)
    snapshot = DepositSnapshot(
        marker=deposit.public_id.hex,
        account_id=account_id,
        dated=deposit.date,
        currency=banked.currency,
        lines=tuple(
            _deposited(lookups, each, amount, obstacles)
            for each, amount in zip(lines, banked.amounts, strict=True)
        ),
        total=banked.total,
        exchange_rate=banked.rate,
        memo=" ".join(each for each in (deposit.reference, deposit.memo) if each),
        cancelled=not deposit.is_made or lookups.is_undone(Kind.DEPOSIT, deposit.pk),
    )
    return lookups.checked(Kind.DEPOSIT, deposit, snapshot, obstacles)


def _deposited(
    lookups: Lookups, line: DepositLine, amount: Decimal, obstacles: list[Obstacle]
) -> DepositLineSnapshot:
    """A payment by its id, or on the account that it lies on; a refund takes its amount off the
    account that it was paid from."""
    payment_id = account_id = ""
    if line.payment is not None:
        payment_id = lookups.needed(Kind.PAYMENT, line.payment.pk, "payment", obstacles)
        if not lookups.connector.capabilities.deposits_name_payments:
            payment_id = ""
            account_id = _lies_on(lookups, line.payment, obstacles)
    elif line.refund is not None:
        lookups.needed(Kind.REFUND, line.refund.pk, "refund", obstacles)
        account_id, _ = lookups.method(line.refund.method, line.refund.date, obstacles)
    else:
        account_id = lookups.role(line.role, obstacles)
    return DepositLineSnapshot(
        payment_id=payment_id,
        account_id=account_id,
        amount=amount,
        description=line.description or (str(line.refund) if line.refund else ""),
    )


def _lies_on(lookups: Lookups, payment: Payment, obstacles: list[Obstacle]) -> str:
    if payment.method is None:
        obstacles.append(without_method(payment))
        return ""
    return lookups.method(payment.method, payment.date, obstacles)[0]


def _realised_by_banking(
    lookups: Lookups, lines: Sequence[DepositLine], banked: InOneCurrency
) -> list[Obstacle]:
    """A ledger that does not know which payments it banks takes them out of their account at the
    rate of the bank: where they came in at others, it would leave the difference there."""
    home = lookups.connection.home_currency
    came = ZERO
    for line in lines:
        member = line.payment or line.refund
        if member is not None:
            paid = member.amount if isinstance(member, Payment) else -member.bank_amount
            came += rounded(paid * member.exchange_rate, home)
    out = sum(
        (
            rounded(amount * banked.rate, home)
            for line, amount in zip(lines, banked.amounts, strict=True)
            if line.payment_id or line.refund_id
        ),
        ZERO,
    )
    if came == out:
        return []
    return [
        cannot_hold(
            f"what it holds was worth {came} {home} when it came in and is worth {out} {home} at "
            f"the bank's rate, and {lookups.name} would leave the difference where it lay",
            f"Enter it in {lookups.name} by hand, with the difference.",
        )
    ]
