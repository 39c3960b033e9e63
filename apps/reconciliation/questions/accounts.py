"""What stands on another account than here: income, money, deductions and refunds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.billing.models import (
    Adjustment,
    DepositLine,
    Payment,
    Refund,
)
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.core.money import ZERO
from apps.reconciliation.figures import shown
from apps.reconciliation.ledger import Chart, Income, Ledger, Sums, sums
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Key, Ours, called, stands
from apps.reconciliation.questions.asked import Asked, told
from apps.reconciliation.theirs import Theirs

# --- Income that a credit did not take back -----------------------------------------------------


@dataclass(slots=True)
class Sale:
    """An invoice with its credit notes: what is left of its income by account, credit above nil."""

    invoice: Income
    notes: list[Income]
    here: Sums
    there: Sums


def income_left(ours: Ours, ledger: Ledger, incomes: Iterable[Income]) -> Iterator[Asked]:
    """A credit took back from one account what its sale stands on in another over there.

    It shows as an account that gave back more than the sale put there, though by our own records it
    did not: another keeps that much.
    """
    names = {key: str(code) for key, code in ledger.chart.codes.items()}
    for sale in _sales(incomes):
        short = {
            account: -left
            for account, left in sale.there.items()
            if left < 0 <= sale.here.get(account, ZERO)
        }
        if not short or not sale.notes:
            continue
        amount = sum(short.values(), ZERO)
        kept = [account for account, left in sale.there.items() if left > 0]
        system = ours.connection.system_name
        yield Asked(
            cause=Cause.INCOME_LEFT,
            ours=tuple((each.kind, each.pk) for each in (sale.invoice, *sale.notes)),
            amount=amount,
            currency=ledger.chart.home,
            facts=tuple(f"{account} {told(left)}" for account, left in sorted(sale.there.items())),
            sentence=(
                f"{' and '.join(each.name for each in sale.notes)} took "
                f"{shown(amount, ledger.chart.home)} off {_named(short, names)} in {system}, and "
                f"{sale.invoice.name} stands on {_named(kept, names)} there, which "
                "keeps it."
            ),
            remedy=(
                f"In {system}, give the lines of the credit the account that the invoice's lines "
                "have, or the reverse."
            ),
        )


def _sales(incomes: Iterable[Income]) -> Iterator[Sale]:
    found: dict[int, Sale] = {}
    credits: list[Income] = []
    for income in incomes:
        if income.kind == Kind.INVOICE:
            found[income.pk] = Sale(income, [], _credits_of(income.here), _credits_of(income.there))
        elif income.invoice_id is not None:
            credits.append(income)
    for note in credits:
        sale = found.get(note.invoice_id or 0)
        if sale is None:
            continue
        sale.notes.append(note)
        for left, taken in ((sale.here, note.here), (sale.there, note.there)):
            for account, amount in taken.items():
                left[account] -= amount
    yield from found.values()


def _credits_of(posted: Sums) -> Sums:
    credited = sums()
    for account, amount in posted.items():
        credited[account] -= amount
    return credited


def _named(accounts: Iterable[str], names: dict[str, str]) -> str:
    return " and ".join(sorted(names.get(each, each) for each in accounts)) or "no account"


# --- Money that lies elsewhere ------------------------------------------------------------------


def money_elsewhere(ours: Ours, theirs: Theirs, ledger: Ledger) -> Iterator[Asked]:
    """Payments that are banked on one side and to be banked on the other, or lie where no money
    lies."""
    holders = _holders(theirs)
    if not ours.connection.capabilities.deposits_name_payments:
        holders |= _holders_by_ours(ours, theirs)
    deposited = _deposited(ours)
    for key, payment in ours.payments.items():
        remote = theirs.payments.get(key)
        held = remote.snapshot if remote is not None else None
        if not stands(payment) or not isinstance(held, PaymentSnapshot) or held.cancelled:
            continue
        where = _Where(ledger.chart, payment, held, holders.get(key), payment.pk in deposited)
        why = where.why(ours, ledger.chart.of_method(payment.method, payment.date))
        if why:
            yield _money_asked(ours, key, payment, held, where, why)


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
        sentence=f"{called(Kind.PAYMENT, payment)} {why}.",
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


def _holders_by_ours(ours: Ours, theirs: Theirs) -> dict[Key, Key]:
    """The same where theirs do not say what they hold: by what ours holds that stands there."""
    there = {
        deposit.pk: key
        for key, deposit in ours.deposits.items()
        if (remote := theirs.deposits.get(key)) is not None and not remote.void
    }
    lines = DepositLine.objects.filter(deposit__in=there, standing=True, payment__isnull=False)
    lies_in = dict(lines.values_list("payment", "deposit"))
    return {
        key: there[lies_in[payment.pk]]
        for key, payment in ours.payments.items()
        if payment.pk in lies_in
    }


def _deposited(ours: Ours) -> set[int]:
    """Our payments that lie in a bank deposit of ours; of one that was left out over there, its
    own question tells."""
    left_out = [pk for (kind, pk), why in ours.without.items() if why and kind is Kind.DEPOSIT]
    mine = Payment.objects.filter(company=ours.connection.company_id)
    held = mine.filter(Q(deposit_lines__standing=True) | Q(outside_deposit__isnull=False))
    there = held.exclude(deposit_lines__in=_lines_of(left_out))
    return set(there.values_list("pk", flat=True))


def _lines_of(deposits: list[int]) -> QuerySet[DepositLine]:
    return DepositLine.objects.filter(deposit__in=deposits, standing=True)


# --- Deductions and refunds on another account --------------------------------------------------


def entries_elsewhere(ours: Ours, theirs: Theirs, ledger: Ledger) -> Iterator[Asked]:
    """Deductions and refunds that were given another account by hand over there."""
    for key, entry in ours.entries.items():
        remote = theirs.entries.get(key)
        mine, there = account_of(ledger.chart, entry), account_there(remote)
        if remote is None or not stands(entry) or not there or there == mine:
            continue
        names = [str(ledger.chart.codes.get(each, each)) or "no account" for each in (mine, there)]
        system, name = ours.connection.system_name, called(Kind(entry.kind), entry)
        yield Asked(
            cause=Cause.ACCOUNT_ELSEWHERE,
            ours=((entry.kind, entry.pk),),
            theirs=(key,),
            amount=entry.amount,
            currency=entry.currency,
            facts=(told(entry.amount), mine, there),
            sentence=f"{name} belongs on {names[0]} and stands on {names[1]} in {system}.",
            remedy=f"Put it on {names[0]} in {system}, or answer why it is right there.",
        )


def account_of(chart: Chart, entry: Adjustment | Refund) -> str:
    """Where it belongs by our mappings, beside the receivable."""
    if isinstance(entry, Adjustment):
        return chart.of_role(entry.role)
    return chart.of_method(entry.method, entry.date)


def account_there(remote: RemoteObject | None) -> str:
    """Where it stands, beside the receivable; "" where that cannot be told."""
    held = remote.snapshot if remote is not None else None
    if isinstance(held, AdjustmentSnapshot | RefundSnapshot) and not held.cancelled:
        return held.account_id
    return ""
