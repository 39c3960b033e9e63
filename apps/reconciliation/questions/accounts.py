"""What stands on another account than here: income, deductions and refunds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.billing.models import (
    Adjustment,
    Refund,
)
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    Kind,
    RefundSnapshot,
)
from apps.core.money import ZERO
from apps.reconciliation.figures import shown
from apps.reconciliation.findings import About
from apps.reconciliation.ledger import Chart, Income, Ledger, Sums, sums
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Ours, stands
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


# --- Deductions and refunds on another account --------------------------------------------------


def entries_elsewhere(ours: Ours, theirs: Theirs, ledger: Ledger) -> Iterator[Asked]:
    """Deductions and refunds that were given another account by hand over there."""
    for key, entry in ours.entries.items():
        remote = theirs.entries.get(key)
        mine, there = account_of(ledger.chart, entry), account_there(remote)
        if remote is None or not stands(entry) or not there or there == mine:
            continue
        names = [str(ledger.chart.codes.get(each, each)) or "no account" for each in (mine, there)]
        system, name = ours.connection.system_name, About(entry)
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
