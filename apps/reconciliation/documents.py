"""Compares invoices and credit notes, one by one and figure by figure."""

from collections.abc import Iterator
from decimal import Decimal

from apps.billing.models import CreditNote, Document, Invoice
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind
from apps.reconciliation.figures import ZERO, Comparison
from apps.reconciliation.findings import About, Finding
from apps.reconciliation.incomes import Incomes
from apps.reconciliation.kept_here import KeptHere
from apps.reconciliation.ledger import Ledger
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import post_documents
from apps.reconciliation.sentences import (
    amounts,
    another_customer,
    not_compared,
    note_absent,
    of_theirs,
    one_side_stands,
    texts,
)
from apps.reconciliation.settled import Deductions, Settled
from apps.reconciliation.since import NOTHING, Since
from apps.reconciliation.taxes import TheirTaxes
from apps.reconciliation.theirs import Theirs
from apps.sync.wording import day

Figures = list[tuple[str, Decimal, Decimal]]
NOTHING_SETTLED = Settled()


def compare_documents(ours: Ours, theirs: Theirs, ledger: Ledger, into: Comparison) -> Incomes:
    """Each is read once: laid beside theirs, and posted to the ledger. What accounts are asked about
    later comes back."""
    incomes = Incomes(ours, theirs, ledger)
    taxes = ledger.chart.taxes if ours.connection.capabilities.tells_tax_by_rate else None
    settled = _Settled(ours, theirs)
    for keys, document, posted in post_documents(ours, ledger):
        incomes.borne.add(document)
        for key in keys:
            remote = theirs.documents.get(key)
            incomes.add(document, posted, remote)
            name = About(document, (key,))
            if remote is None:
                days = document.issue_date, theirs.dated_later((key,))
                total, currency = document.total, document.currency
                note_absent(name, total, currency, document.is_issued, into, days)
                continue
            into.documents += 1
            into.differences += _differences(name, document, remote, settled, taxes, into)
    into.only_there += [
        of_theirs(remote, into) for _, remote in theirs.documents.besides(ours.known)
    ]
    return incomes


class _Settled:
    """What was settled of a document, by what, and what is open, on both sides; but for what only
    Tieout can keep of that.

    Ledgers say what is open; what it was settled with is told by what points to it there. What
    they cannot tell apart so remains as a figure of its own.
    """

    def __init__(self, ours: Ours, theirs: Theirs) -> None:
        self.ours, self._theirs = ours, theirs
        deductions = Deductions(all=ours.deductions, retainers=ours.retainers, reliefs=ours.reliefs)
        self._there = theirs.settled(deductions)
        self._since = theirs.settled_since(deductions)

    def figures(self, document: Document, remote: RemoteObject, total: Decimal) -> Figures:
        """Now, or at the end of the day that is asked."""
        there = self._there.get(remote.remote_id, NOTHING_SETTLED)
        here, kept = self.ours.since_of(document), self.ours.kept_of(document)
        return _figures(document, total, remote.balance, there, kept, here)

    def now(self, document: Document, remote: RemoteObject, total: Decimal) -> Figures:
        """As of a day, what they are now; else nothing."""
        if self.ours.until is None:
            return []
        own, kept = remote.remote_id, self.ours.kept_now_of(document)
        there = self._there.get(own, NOTHING_SETTLED).plus(self._since.get(own, NOTHING_SETTLED))
        balance = remote.balance
        if balance is not None:
            balance -= self._theirs.set_off_since(Kind(document.kind), (own,))
        return _figures(document, total, balance, there, kept, NOTHING)


def _differences(
    name: About,
    document: Document,
    remote: RemoteObject,
    settled: _Settled,
    taxes: TheirTaxes | None,
    into: Comparison,
) -> Iterator[Finding]:
    theirs, ours = remote.snapshot, settled.ours
    if not isinstance(theirs, InvoiceSnapshot | CreditNoteSnapshot):
        yield not_compared(name, remote, into)
        return
    if document.status == Document.Status.VOID:
        if not (remote.void or theirs.void) and theirs.total:
            yield one_side_stands(name, "void", theirs.total, document.currency, into, here=False)
        return
    if remote.void or theirs.void:
        yield one_side_stands(name, "void", document.total, document.currency, into, here=True)
        return
    yield from texts(
        name,
        into,
        ("number", document.number or "", theirs.number),
        ("date", document.issue_date.isoformat(), theirs.issue_date.isoformat()),
        ("currency", document.currency, theirs.currency or document.currency),
    )
    if theirs.customer_id not in ours.customers.get(document.customer_id, frozenset()):
        yield another_customer(name, document.customer_name, into)
    _note_due(name, document, theirs, into)
    word = "invoices" if isinstance(document, Invoice) else "credit notes"
    figures: Figures = [
        ("net", document.net, theirs.net),
        ("tax", document.tax, theirs.tax),
        *(_by_rate(document, theirs, taxes) if taxes else ()),
        ("total", document.total, theirs.total),
        *settled.figures(document, remote, theirs.total),
    ]
    now = settled.now(document, remote, theirs.total)
    yield from amounts(name, word, document.currency, figures, into, now)
    if theirs.home_total is not None:
        at_home = [("home total", document.home_total, theirs.home_total)]
        yield from amounts(name, word, into.currency, at_home, into)


def _note_due(
    name: About, document: Document, theirs: InvoiceSnapshot | CreditNoteSnapshot, into: Comparison
) -> None:
    """A due date that was moved there stays there and is shown: no amount hangs on it."""
    if not (isinstance(document, Invoice) and isinstance(theirs, InvoiceSnapshot)):
        return
    here, there = document.due_date, theirs.due_date
    if here is not None and there is not None and here != there:
        into.due_elsewhere.append(f"{name} is due on {day(here)} here and on {day(there)} there.")


def _by_rate(
    document: Document, theirs: InvoiceSnapshot | CreditNoteSnapshot, taxes: TheirTaxes
) -> Figures:
    """Tax of each rate of theirs, where both sides name the rates."""
    mine = taxes.by_rate(document)
    if mine is None or not (mine or theirs.taxes):
        return []
    if not theirs.taxes and not theirs.tax:
        return []  # a ledger may leave rates without tax unsaid
    yours: dict[str, Decimal] = {}
    for each in theirs.taxes:
        yours[each.rate_id] = yours.get(each.rate_id, ZERO) + each.tax
    return [
        (
            f"tax at {taxes.names.get(rate, f'rate {rate}')}",
            mine.get(rate, ZERO),
            yours.get(rate, ZERO),
        )
        for rate in sorted({*mine, *yours})
    ]


def _figures(
    document: Document,
    total: Decimal,
    balance: Decimal | None,
    settled: Settled,
    kept: KeptHere,
    since: Since,
) -> Figures:
    """`balance` is None where a ledger tells no more than what points to an invoice; `since` is what of
    ours was set off after the day that is asked."""
    if isinstance(document, Invoice):
        if balance is None:
            balance = total - settled.whole
        found = [
            ("paid", document.paid - since.paid - kept.otherwise, settled.paid),
            ("credited", document.credited - since.credited, settled.credited),
            (
                "written off",
                document.written_off - since.written_off - kept.written_off,
                settled.written_off,
            ),
            ("balance due", document.balance_due + since.whole + kept.whole, balance),
        ]
        otherwise = total - balance - settled.whole
        return [*found, ("settled otherwise", ZERO, otherwise)] if otherwise else found
    if isinstance(document, CreditNote):
        applied, balance = document.applied - since.whole - kept.whole, balance or ZERO
        return [
            ("applied", applied, total - balance),
            ("open credit", document.total - applied, balance),
        ]
    raise TypeError(f"{type(document).__name__} is neither an invoice nor a credit note.")
