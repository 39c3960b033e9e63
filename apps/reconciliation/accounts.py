"""Lays our totals by account beside their trial balance, with what explains a difference."""

from collections.abc import Sequence

from apps.billing.models import CreditNote, Invoice
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from apps.reconciliation.explained import explain_only_theirs, explain_recoding, income_of
from apps.reconciliation.figures import ROLES, AccountLine, Comparison, shown
from apps.reconciliation.findings import Finding
from apps.reconciliation.ledger import Chart, Income, Ledger, sums
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
from apps.reconciliation.questions.taxes import Borne, tax_elsewhere
from apps.reconciliation.questions.twice import twice
from apps.reconciliation.rounding import explain_rounding, make_room
from apps.reconciliation.theirs import Theirs


def compare_accounts(ours: Ours, theirs: Theirs, into: Comparison) -> list[Asked]:
    """Every account that a record of ours or of theirs posts to, where their ledger has a trial
    balance; what a person must be asked."""
    ledger = Ledger(Chart(ours.connection), journal=into.journal)
    told = _Documents(ours, ledger)
    told.lay_beside(theirs)
    if ControlTotal.TRIAL_BALANCE in ours.connection.capabilities.control_totals:
        explain_recoding(told.recoded, ledger, into)
        post_money(ours, theirs, ledger, into)
        explain_only_theirs(ours, theirs, ledger, into)
        explain_rounding(ours, theirs, ledger, told.room, into)
        _lay_beside(ledger, theirs, into)
    return [
        *tax_elsewhere(ours, told.borne),
        *income_left(ours, ledger, [*told.credited, *_incomes_before(ours, theirs, ledger.chart)]),
        *money_elsewhere(ours, theirs, ledger),
        *entries_elsewhere(ours, theirs, ledger),
        *twice(ours, theirs, ledger.chart),
        *on_the_way(ours, theirs),
    ]


class _Documents:
    """What is asked of our documents and their postings, in one reading of them all."""

    def __init__(self, ours: Ours, ledger: Ledger) -> None:
        self.recoded: list[Income] = []  # where anything was given another account
        self.credited: list[Income] = []  # of credit notes, and of the invoices that have one
        self.room = sums()  # what rounding may leave
        self.borne = Borne(ours)
        self._ours, self._ledger = ours, ledger
        notes = CreditNote.objects.filter(company=ours.connection.company_id)
        self._has_notes = set(
            notes.filter(invoice__isnull=False).values_list("invoice_id", flat=True)
        )

    def lay_beside(self, theirs: Theirs) -> None:
        home = self._ledger.chart.home
        for keys, document, posted in post_documents(self._ours, self._ledger):
            self.borne.add(document)
            if posted is None:
                continue
            for key in keys:
                remote = theirs.documents.get(key)
                if remote is not None:
                    self._add(income_of(document, posted, remote, theirs, self._ledger))
                if document.currency != home:
                    make_room(self.room, posted)

    def _add(self, income: Income | None) -> None:
        if income is None:
            return
        if income.moved:
            self.recoded.append(income)
        if income.kind == Kind.CREDIT_NOTE or income.pk in self._has_notes:
            self.credited.append(income)


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
    told = _Documents(before, Ledger(chart))  # in their books since before, so in no sum of ours
    told.lay_beside(theirs)
    return told.credited
