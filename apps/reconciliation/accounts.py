"""Lays our totals by account beside their trial balance, with what explains a difference."""

from apps.reconciliation.explained import explain_only_theirs, explain_recoding
from apps.reconciliation.figures import ROLES, Comparison, shown
from apps.reconciliation.ledger import Chart, Ledger
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import post_documents, post_money
from apps.reconciliation.theirs import Theirs


def compare_accounts(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """Every account that a record of ours or of theirs posts to."""
    ledger = Ledger(Chart(ours.connection))
    posted = post_documents(ours, ledger)
    explain_recoding(ours, theirs, ledger, posted, into)
    post_money(ours, theirs, ledger, into)
    explain_only_theirs(ours, theirs, ledger, into)
    into.accounts = sorted(
        ledger.lines(theirs.balances), key=lambda line: (ROLES.index(line.role), line.name)
    )
    into.differences += [
        f"Account {line.name}: {shown(line.ours + line.explained, into.currency)} by our records "
        f"and {shown(line.theirs, into.currency)} in {into.system}, "
        f"{shown(line.difference, into.currency)} apart."
        for line in into.accounts
        if line.difference
    ]
