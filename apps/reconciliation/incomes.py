"""What is asked of our documents and of what they post, added up while they are read once."""

from apps.billing.models import CreditNote, Document
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind
from apps.reconciliation.explained import income_there
from apps.reconciliation.findings import called
from apps.reconciliation.ledger import Income, Ledger, moved, sums
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import Posted
from apps.reconciliation.questions.taxes import Borne
from apps.reconciliation.rounding import make_room
from apps.reconciliation.theirs import Theirs


class Incomes:
    """Income by account on both sides, of the documents of which anything is to be said later; the tax
    that they bear; and what rounding may leave."""

    def __init__(self, ours: Ours, theirs: Theirs, ledger: Ledger) -> None:
        self.recoded: list[Income] = []  # where anything was given another account
        self.credited: list[Income] = []  # of credit notes, and of the invoices that have one
        self.room = sums()  # what rounding may leave
        self.borne = Borne(ours)
        self._theirs, self._ledger = theirs, ledger
        notes = CreditNote.objects.filter(company=ours.connection.company_id)
        self._has_notes = set(
            notes.filter(invoice__isnull=False).values_list("invoice_id", flat=True)
        )

    def add(self, document: Document, posted: Posted | None, remote: RemoteObject | None) -> None:
        """A document of ours, what it posts (None: nothing), and one of its objects."""
        if posted is None:
            return
        if remote is not None:
            self._add_income(document, posted, remote)
        if document.currency != self._ledger.chart.home:
            make_room(self.room, posted)

    def _add_income(self, document: Document, posted: Posted, remote: RemoteObject) -> None:
        there = income_there(document, posted, remote, self._theirs, self._ledger)
        if there is None:
            return
        is_note = isinstance(document, CreditNote)
        is_recoded = bool(moved(posted.income, there))
        is_credited = is_note or document.pk in self._has_notes
        if not (is_recoded or is_credited):
            return
        kind = Kind(document.kind)
        income = Income(
            kind=kind,
            pk=document.pk,
            name=called(kind, document),
            invoice_id=document.invoice_id if isinstance(document, CreditNote) else None,
            here=posted.income,
            there=there,
        )
        if is_recoded:
            self.recoded.append(income)
        if is_credited:
            self.credited.append(income)
