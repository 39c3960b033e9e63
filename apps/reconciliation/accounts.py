"""Lays our totals by account beside their trial balance, with what explains a difference."""

from apps.billing.models import Invoice
from apps.connectors.totals import ControlTotal
from apps.reconciliation.explained import Incomes, explain_only_theirs, explain_recoding, recodable
from apps.reconciliation.figures import ROLES, AccountLine, Comparison, shown
from apps.reconciliation.findings import Finding
from apps.reconciliation.ledger import Chart, Ledger
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import post_documents, post_money
from apps.reconciliation.questions.accounts import (
    entries_elsewhere,
    income_left,
    money_elsewhere,
)
from apps.reconciliation.questions.asked import Asked
from apps.reconciliation.questions.on_the_way import on_the_way
from apps.reconciliation.questions.taxes import tax_elsewhere
from apps.reconciliation.questions.twice import twice
from apps.reconciliation.rounding import explain_rounding
from apps.reconciliation.theirs import Theirs


def compare_accounts(ours: Ours, theirs: Theirs, into: Comparison) -> list[Asked]:
    """Every account that a record of ours or of theirs posts to, where their ledger has a trial
    balance; what a person must be asked."""
    ledger = Ledger(Chart(ours.connection))
    posted = post_documents(ours, ledger)
    incomes = list(recodable(ours, theirs, ledger, posted))
    if ControlTotal.TRIAL_BALANCE in ours.connection.capabilities.control_totals:
        explain_recoding(incomes, ledger, into)
        post_money(ours, theirs, ledger, into)
        explain_only_theirs(ours, theirs, ledger, into)
        explain_rounding(ours, theirs, ledger, posted, into)
        _lay_beside(ledger, theirs, into)
    return [
        *tax_elsewhere(ours),
        *income_left(ours, ledger, [*incomes, *_incomes_before(ours, theirs, ledger.chart)]),
        *money_elsewhere(ours, theirs, ledger),
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


def _incomes_before(ours: Ours, theirs: Theirs, chart: Chart) -> Incomes:
    """Sales that were open at the cut-off, as we would have posted them and as they stand there: a
    credit of since must take back what these put."""
    sales = {key: each for key, (each, _) in ours.opening.items() if isinstance(each, Invoice)}
    if not sales:
        return []
    before = Ours(ours.connection, documents=dict(sales))
    apart = Ledger(chart)  # in their books since before, so in no sum of ours
    return list(recodable(before, theirs, apart, post_documents(before, apart)))
