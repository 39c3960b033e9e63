"""Cents that rounding at home leaves, where a ledger does not tell on which accounts they fall.

Each amount in another currency is rounded to the home one by itself; how a ledger cuts a document
or a receipt into such amounts, and where it puts what is left over, is its own. Only accounts that
records in another currency move may differ by it, each by no more than half a cent for every amount
of them, and all of them together by nothing at all.
"""

from collections.abc import Iterator
from decimal import Decimal

from apps.billing.models import Allocation
from apps.connectors.charts import Role
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.ledger import EXCHANGE, Ledger, Sums, sums
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.postings import Posted
from apps.reconciliation.questions.accounts import account_of
from apps.reconciliation.theirs import Theirs

HALF_A_CENT = Decimal("0.005")


def explain_rounding(
    ours: Ours,
    theirs: Theirs,
    ledger: Ledger,
    posted: dict[tuple[str, int], Posted],
    into: Comparison,
) -> None:
    """What is apart by such cents alone stays where it is there: moved, not different."""
    if ours.connection.capabilities.home_cents_told:
        return
    room = _room(ours, ledger, posted)
    keepers = [code for code in ledger.chart.codes.values() if Role.ROUNDING in code.roles]
    for each in keepers:
        ledger.post(ledger.explained, each.remote_id, ZERO, "theirs")
        room[each.remote_id] += sum(room.values(), ZERO)
    apart = {
        line.account_id: (line.name, line.difference)
        for line in ledger.lines(theirs.balances)
        if line.difference and line.account_id in room
    }
    off = sum((difference for _, difference in apart.values()), ZERO)
    if off or any(abs(difference) > room[key] for key, (_, difference) in apart.items()):
        return
    for key, (name, difference) in apart.items():
        ledger.explained[key] += difference
        into.recoded.append(
            f"{shown(difference, into.currency)} of {name} is what rounding amounts in other "
            f"currencies to {into.currency} leaves: {into.system} puts it there."
        )


def _room(ours: Ours, ledger: Ledger, posted: dict[tuple[str, int], Posted]) -> Sums:
    """By account: half a cent for every amount of another currency that moves it."""
    found = sums()
    for accounts, amounts in (*_documents(ours, ledger, posted), *_money(ours, ledger)):
        for account in accounts:
            found[account] += amounts * HALF_A_CENT
    return found


def _documents(
    ours: Ours, ledger: Ledger, posted: dict[tuple[str, int], Posted]
) -> Iterator[tuple[set[str], int]]:
    """The accounts of each, and on how many amounts: of its lines, its tax and its total."""
    for document in ours.documents.values():
        mine = posted.get((document.kind, document.pk))
        if mine is not None and document.currency != ledger.chart.home:
            yield {*mine.income, *mine.tax}, mine.lines + 2


def _money(ours: Ours, ledger: Ledger) -> Iterator[tuple[set[str], int]]:
    """A receipt may be cut into one amount for each document that it is set against, and each of
    them takes something off its document at another rate."""
    chart, lies_on = ledger.chart, {}
    for subject in {id(each): each for each in ours.payments.values()}.values():
        if subject.currency != chart.home and stands(subject):
            lies_on[subject.pk] = chart.of_method(subject.method, subject.date)
            yield {chart.receivable(subject.currency), lies_on[subject.pk]}, 1
    for entry in {id(each): each for each in ours.entries.values()}.values():
        if entry.currency != chart.home and stands(entry):
            yield {chart.receivable(entry.currency), account_of(chart, entry)}, 1
    standing = Allocation.objects.filter(company=ours.connection.company_id, reversed_on=None)
    abroad = standing.exclude(currency=chart.home)
    for payment, currency in abroad.values_list("payment_id", "currency").iterator():
        yield {chart.receivable(currency), lies_on.get(payment or 0, EXCHANGE), EXCHANGE}, 1
