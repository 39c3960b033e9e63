"""What is not once and equal on both sides: ours by billing's own rows, theirs by the control of the
simulated ledger, which no connector has a say in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import Kind
from tests.processes.ledgers import Ledger, Paper

NIL = Decimal(0)


def faults_of(ledger: Ledger, books: Any) -> list[str]:
    """As sentences; the word before the colon is the sort."""
    return [
        *_documents(ledger, books, Kind.INVOICE),
        *_documents(ledger, books, Kind.CREDIT_NOTE),
        *_masters(ledger, books),
        *_money(ledger, books),
        *_sums(ledger, books),
        *_said(books),
        *_stuck(books),
        *_asked(books),
    ]


def _documents(ledger: Ledger, books: Any, kind: Kind) -> Iterator[str]:
    """Each once, no draft, with our total and what is open of it."""
    there: dict[str, list[Paper]] = {}
    for paper in ledger.papers(books, kind):
        there.setdefault(paper.number, []).append(paper)
    ours = {each.number: each for each in _issued(books, kind)}
    for number, document in ours.items():
        found = there.get(number, [])
        if len(found) != 1:
            word = "double" if found else "lost"
            yield f"{word}: {kind} {number} is there {len(found)} times"
            continue
        yield from _unlike(kind, document, found[0])
    for number in there.keys() - ours.keys():
        yield f"double: {kind} {number} is there, and is none of ours"


def _unlike(kind: Kind, document: Any, paper: Paper) -> Iterator[str]:
    name = f"{kind} {document.number}"
    void = document.status == document.Status.VOID
    if not paper.counts:
        yield f"lost: {name} is a draft there"
    elif void != paper.void:
        yield f"lost: {name} is {'not ' if void else ''}void there"
    elif not void and paper.total != document.total:
        yield f"pennies: {name}: {paper.total} there, {document.total} here"
    elif not void and paper.open != _open(document):
        yield f"pennies: {name}: open {paper.open} there, {_open(document)} here"


def _masters(ledger: Ledger, books: Any) -> Iterator[str]:
    """Every customer and item of ours once: those that their books began with are named so."""
    for kind in (Kind.CUSTOMER, Kind.ITEM):
        here = _rows(kind).objects.filter(company=books.company).count()
        there = sum(not each.void for each in books.standing(kind)) - books.began_with[kind]
        if there != here:
            yield f"{'double' if there > here else 'lost'}: {there} {kind}s there, {here} here"


def _money(ledger: Ledger, books: Any) -> Iterator[str]:
    """Each receipt and refund is one sum of money, and no other is there."""
    for kind in (Kind.PAYMENT, Kind.REFUND):
        if kind not in ledger.can.kinds:
            continue
        ours = Counter(each.amount for each in _standing_here(books, kind))
        theirs = Counter(each.amount for each in books.standing(kind) if each.amount)
        if kind is Kind.PAYMENT:
            theirs.update(ledger.money_in_credits(books))
        for amount, number in (theirs - ours).items():
            yield f"double: {number} {kind}(s) of {amount} too many"
        for amount, number in (ours - theirs).items():
            yield f"lost: {number} {kind}(s) of {amount}"


def _sums(ledger: Ledger, books: Any) -> Iterator[str]:
    """Their own control totals against our sums."""
    payments = list(_standing_here(books, Kind.PAYMENT))
    refunds = list(_standing_here(books, Kind.REFUND)) if Kind.REFUND in ledger.can.kinds else []
    invoices, credits = (
        [_open(each) for each in _issued(books, kind) if each.status != each.Status.VOID]
        for kind in (Kind.INVOICE, Kind.CREDIT_NOTE)
    )
    owed = _sum(invoices) - _sum(credits) - _sum(each.on_account for each in payments)
    came = _sum(each.amount for each in payments) - _sum(each.amount for each in refunds)
    held = books.trial_balance()
    for word, accounts, here in (
        ("receivable", ledger.receivable, owed),
        ("bank", ledger.bank, came),
    ):
        there = _sum(held.get(each, NIL) for each in accounts)
        if there != here:
            yield f"pennies: {word} {there} there, {here} here"


def _said(books: Any) -> Iterator[str]:
    """What the simulation itself finds."""
    state = books.server.state(books.realm)
    if any(state["doubles"].values()):
        yield f"double: {state['doubles']}"
    if state["ledger_difference"]:
        yield f"pennies: debits less credits are {state['ledger_difference']}"


def _stuck(books: Any) -> Iterator[str]:
    """What is not ended, or waits for a person."""
    from apps.sync.models import SyncRecord
    from apps.sync.models.states import ENDED_STATES

    mine = SyncRecord.objects.filter(connection=books.connection)
    for each in mine.exclude(state__in=ENDED_STATES):
        yield f"stuck: {each.kind} {each.subject_id}: {each.state} {each.sentence}"


def _asked(books: Any) -> Iterator[str]:
    """Nobody may be asked whether two are one, or which of two changes stands."""
    from apps.sync.models import Candidate, Conflict

    own = {"sync_record__connection": books.connection, "decision": ""}
    for each in Candidate.objects.filter(**own):
        yield f"asked: {each}: {each.evidence}"
    for each in Conflict.objects.filter(**own):
        yield f"asked: {each.sync_record}: {each.path} was {each.ours} here, {each.theirs} there"


# --- Ours ---------------------------------------------------------------------------------------


def _rows(kind: Kind) -> Any:
    from apps.billing import models

    return {
        Kind.CUSTOMER: models.Customer,
        Kind.ITEM: models.Item,
        Kind.INVOICE: models.Invoice,
        Kind.CREDIT_NOTE: models.CreditNote,
        Kind.PAYMENT: models.Payment,
        Kind.REFUND: models.Refund,
    }[kind]


def _issued(books: Any, kind: Kind) -> Iterable[Any]:
    return _rows(kind).objects.filter(company=books.company).exclude(status="draft")


def _standing_here(books: Any, kind: Kind) -> Iterable[Any]:
    return _rows(kind).objects.filter(company=books.company, cancelled_on=None)


def _open(document: Any) -> Decimal:
    found = document.balance_due if document.kind == Kind.INVOICE else document.open_credit
    return Decimal(found)


def _sum(figures: Iterable[Decimal]) -> Decimal:
    return sum(figures, NIL)
