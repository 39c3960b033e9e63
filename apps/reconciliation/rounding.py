"""Cents that rounding at home leaves, where a ledger does not tell on which accounts they fall.

Each amount in another currency is rounded to the home one by itself; how a ledger cuts a document
or a receipt into such amounts, and where it puts what is left over, is its own. Only accounts that
records in another currency move may differ by it, each by no more than half a cent for every amount
of them, and all of them together by nothing at all.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from apps.billing.models import Allocation
from apps.connectors.charts import Role
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.ledger import EXCHANGE, Ledger, Sums
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.postings import Posted
from apps.reconciliation.questions.accounts import account_of
from apps.reconciliation.theirs import Theirs

HALF_A_CENT = Decimal("0.005")


def explain_rounding(
    ours: Ours,
    theirs: Theirs,
    ledger: Ledger,
    room: Sums,
    abroad: Mapping[int, tuple[str, str]],
    into: Comparison,
) -> None:
    """What is apart by such cents alone stays where it is there: moved, not different. `room`: what
    documents may be apart by, by account; `abroad`: payments in another currency, with that and their
    account."""
    if ours.connection.capabilities.home_cents_told:
        return
    for accounts in _money(ours, ledger, abroad):
        for account in accounts:
            room[account] += HALF_A_CENT
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
    ledger.about(None, "What rounding to the home currency leaves")
    for key, (name, difference) in apart.items():
        ledger.post(ledger.explained, key, difference, "theirs")
        into.recoded.append(
            f"{shown(difference, into.currency)} of {name} is what rounding amounts in other "
            f"currencies to {into.currency} leaves: {into.system} puts it there."
        )


def make_room(room: Sums, posted: Posted) -> None:
    """For a document in another currency: half a cent for each amount of its lines, its tax and its
    total, on every account that it moves."""
    for account in {*posted.income, *posted.tax}:
        room[account] += (posted.lines + 2) * HALF_A_CENT


def _money(ours: Ours, ledger: Ledger, abroad: Mapping[int, tuple[str, str]]) -> Iterator[set[str]]:
    """The accounts of each amount of money in another currency. A receipt may be cut into one amount for
    each document that it is set against, and each of them takes something off its document at another
    rate."""
    chart = ledger.chart
    for currency, account in abroad.values():
        yield {chart.receivable(currency), account}
    for _, entry in ours.entries.once():
        if entry.currency != chart.home and stands(entry):
            yield {chart.receivable(entry.currency), account_of(chart, entry)}
    standing = Allocation.objects.filter(company=ours.connection.company_id, reversed_on=None)
    foreign = standing.exclude(currency=chart.home)
    for payment, currency in foreign.values_list("payment_id", "currency").iterator():
        _, account = abroad.get(payment or 0, ("", EXCHANGE))
        yield {chart.receivable(currency), account, EXCHANGE}
