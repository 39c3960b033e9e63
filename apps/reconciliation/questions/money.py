"""Payments that are banked on one side and to be banked on the other, or lie where no money lies."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.billing.models import DepositLine, OutsideDeposit, Payment
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import DepositSnapshot, Kind, PaymentSnapshot
from apps.reconciliation.findings import About
from apps.reconciliation.ledger import Chart
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Key, Ours, stands
from apps.reconciliation.questions.asked import Asked, told
from apps.reconciliation.theirs import Theirs


class MoneyElsewhere:
    """Asks of one payment after the other; which deposits hold them is read first."""

    def __init__(self, ours: Ours, theirs: Theirs, chart: Chart) -> None:
        self._ours, self._chart = ours, chart
        self._holders = _holders(theirs)
        names_payments = ours.connection.capabilities.deposits_name_payments
        self._by_ours = {} if names_payments else _held_by_ours(ours, theirs)
        self._deposited = _deposited(ours)
        self._only_there = _in_deposits_of_theirs(ours)

    def asked_of(self, key: Key, payment: Payment, remote: RemoteObject | None) -> Asked | None:
        """`remote`: one of its objects, by its key; None where nobody needs to be asked."""
        held = remote.snapshot if remote is not None else None
        if not stands(payment) or not isinstance(held, PaymentSnapshot) or held.cancelled:
            return None
        holder = self._by_ours.get(payment.pk) or self._holders.get(key)
        # As of a day what is only theirs is read: here it keeps no day.
        only_there = payment.pk in self._only_there and (
            self._ours.until is None or holder is not None
        )
        deposited = only_there or payment.pk in self._deposited
        where = _Where(self._chart, payment, held, holder, deposited)
        why = where.why(self._ours, self._chart.of_method(payment.method, payment.date))
        return _money_asked(self._ours, key, payment, held, where, why) if why else None


@dataclass(frozen=True, slots=True)
class _Where:
    """Where one payment lies on both sides."""

    chart: Chart
    payment: Payment
    held: PaymentSnapshot
    holder: Key | None  # the bank deposit of theirs that it lies in
    deposited: bool  # here

    @property
    def banked_here(self) -> bool:
        places = self.chart.mappings.places
        return self.deposited or places.to_bank(self.payment.method, self.payment.date)

    @property
    def role_there(self) -> str:
        code = self.chart.codes.get(self.held.account_id)
        roles = set(code.roles) if code is not None else set()
        return next((role for role in ("bank", "clearing") if role in roles), "")

    def why(self, ours: Ours, mapped: str) -> str:
        """Why somebody must be asked; "" where both sides say the same."""
        system, there = ours.connection.system_name, self.held.account_id
        if not there:
            return ""
        name = str(self.chart.codes.get(there, there))
        if not self.role_there:
            return f"lies on {name} in {system}, which is neither a bank nor a clearing account"
        if self.holder is not None and self.holder not in ours.deposits and not self.banked_here:
            return f"lies in a bank deposit that is only in {system}, and is to be banked here"
        if self.payment.method is None:
            return ""
        banked_there = self.role_there == "bank" or self.holder is not None
        if self.banked_here and not banked_there:
            return f"counts as banked here and lies on {name} in {system}, which no bank deposit empties"
        # A bank account that staff chose for what is still to be banked is their clearing account.
        if banked_there and self.holder is None and not self.banked_here and there != mapped:
            return f"is to be banked here and lies on {name} in {system} already"
        made_there = self.payment.made_in == ours.connection.origin
        if mapped and there != mapped and not made_there:
            meant = self.chart.codes.get(mapped, mapped)
            return f"was to lie on {meant} and lies on {name} in {system}"
        return ""


def _money_asked(
    ours: Ours, key: Key, payment: Payment, held: PaymentSnapshot, where: _Where, why: str
) -> Asked:
    return Asked(
        cause=Cause.MONEY_ELSEWHERE,
        ours=((payment.kind, payment.pk),),
        theirs=(key,),
        amount=payment.amount,
        currency=payment.currency,
        facts=(
            told(payment.amount),
            held.account_id,
            "banked" if where.banked_here else "to be banked",
            " ".join(where.holder or ()),
        ),
        sentence=f"{About(payment)} {why}.",
        remedy=(
            f"Put it where it belongs in {ours.connection.system_name}, or give it here a payment "
            "method that lies there."
        ),
    )


def _holders(theirs: Theirs) -> dict[Key, Key]:
    """Payment of theirs → the bank deposit of theirs that holds it."""
    found: dict[Key, Key] = {}
    for key, remote in theirs.deposits.items():
        deposit = remote.snapshot
        if remote.void or not isinstance(deposit, DepositSnapshot) or deposit.cancelled:
            continue
        for line in deposit.lines:
            if line.payment_id:
                found[theirs.held_by(line)] = key
    return found


def _held_by_ours(ours: Ours, theirs: Theirs) -> dict[int, Key]:
    """Our payment → the bank deposit of theirs that ours, which holds it, is: where theirs do not say
    what they hold."""
    there = {
        deposit.pk: key
        for key, deposit in ours.deposits.items()
        if (remote := theirs.deposits.get(key)) is not None and not remote.void
    }
    lines = DepositLine.objects.filter(deposit__in=there, standing=True, payment__isnull=False)
    return {
        payment: there[deposit]
        for payment, deposit in lines.values_list("payment_id", "deposit_id")
        if payment is not None
    }


def _deposited(ours: Ours) -> set[int]:
    """Our payments that lie in a bank deposit of ours; of one that was left out over there, its
    own question tells."""
    left_out = [pk for (kind, pk), why in ours.without.items() if why and kind is Kind.DEPOSIT]
    mine = Payment.objects.filter(company=ours.connection.company_id)
    lies = Q(deposit_lines__standing=True)
    if ours.until is not None:
        lies &= Q(deposit_lines__deposit__date__lte=ours.until)
    there = mine.filter(lies).exclude(deposit_lines__in=_lines_of(left_out))
    return set(there.values_list("pk", flat=True))


def _in_deposits_of_theirs(ours: Ours) -> set[int]:
    """Our payments that lie in a bank deposit which is only theirs."""
    rows = OutsideDeposit.objects.filter(payment__company=ours.connection.company_id)
    return set(rows.values_list("payment_id", flat=True))


def _lines_of(deposits: list[int]) -> QuerySet[DepositLine]:
    return DepositLine.objects.filter(deposit__in=deposits, standing=True)
