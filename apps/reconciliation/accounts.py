"""Lays our totals by account beside their trial balance, with what explains a difference."""

from collections.abc import Sequence

from apps.billing.models import Invoice
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from apps.reconciliation.explained import explain_only_theirs
from apps.reconciliation.figures import ROLES, AccountLine, Comparison, shown
from apps.reconciliation.findings import Finding
from apps.reconciliation.incomes import Incomes
from apps.reconciliation.ledger import Chart, Income, Ledger
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import post_documents, post_entries
from apps.reconciliation.questions.accounts import (
    entries_elsewhere,
    income_left,
)
from apps.reconciliation.questions.asked import Asked
from apps.reconciliation.questions.on_the_way import on_the_way
from apps.reconciliation.questions.taxes import tax_elsewhere
from apps.reconciliation.questions.twice import twice
from apps.reconciliation.rounding import explain_rounding
from apps.reconciliation.theirs import Theirs
from apps.reconciliation.whereabouts import Whereabouts


def compare_accounts(
    ours: Ours,
    theirs: Theirs,
    ledger: Ledger,
    incomes: Incomes,
    whereabouts: Whereabouts,
    into: Comparison,
) -> list[Asked]:
    """Every account that a record of ours or of theirs posts to, where their ledger has a trial
    balance; what a person must be asked. Documents and payments are posted already."""
    if ControlTotal.TRIAL_BALANCE in ours.connection.capabilities.control_totals:
        post_entries(ours, theirs, ledger, whereabouts.lies_in, into)
        explain_only_theirs(ours, theirs, ledger, into)
        explain_rounding(ours, theirs, ledger, incomes.room, whereabouts.abroad, into)
        _lay_beside(ledger, theirs, into)
    return [
        *tax_elsewhere(ours, incomes.borne),
        *income_left(
            ours, ledger, [*incomes.credited, *_incomes_before(ours, theirs, ledger.chart)]
        ),
        *whereabouts.asked,
        *entries_elsewhere(ours, theirs, ledger),
        *twice(ours, theirs, ledger.chart),
        *on_the_way(ours, theirs),
    ]


def _lay_beside(ledger: Ledger, theirs: Theirs, into: Comparison) -> None:
    into.accounts = sorted(
        ledger.lines(theirs.balances), key=lambda line: (ROLES.index(line.role), line.name)
    )
    into.differences += [_apart(line, into) for line in into.accounts if line.difference]


def _apart(line: AccountLine, into: Comparison) -> Finding:
    here, there = (shown(each, into.currency) for each in (line.ours + line.explained, line.theirs))
    apart = shown(line.difference, into.currency)
    return Finding(
        f"Account {line.name}: {here} by our records and {there} in {into.system}, {apart} apart.",
        Why.BALANCE,
        figure=line.name,
        here=here,
        there=there,
        amount=line.difference,
        currency=into.currency,
    )


def _incomes_before(ours: Ours, theirs: Theirs, chart: Chart) -> Sequence[Income]:
    """Sales that were open at the cut-off, as we would have posted them and as they stand there: a
    credit of since must take back what these put."""
    before = Ours(ours.connection)
    for key, (each, _) in ours.opening.items():
        if isinstance(each, Invoice):
            before.documents.put([key], Kind.INVOICE, each.pk)
    if not before.documents:
        return []
    apart = Ledger(chart)  # in their books since before, so in no sum of ours
    incomes = Incomes(before, theirs, apart)
    for keys, document, posted in post_documents(before, apart):
        for key in keys:
            incomes.add(document, posted, theirs.documents.get(key))
    return incomes.credited
