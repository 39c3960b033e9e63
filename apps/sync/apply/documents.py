"""Invoices and credit notes that arrive: ours changed over there, or theirs alone."""

from django.core.exceptions import ValidationError

from apps.billing.models import CreditNote, Document, Invoice
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, Difference, InvoiceSnapshot, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.linking import by_marker, calm
from apps.sync.apply.opening import follow_opening
from apps.sync.apply.ruled import (
    by_rule,
    differences_of,
    follow,
    insisted_sentence,
    not_taken_over,
    note_ruled,
    put_back_words,
    wins_words,
)
from apps.sync.apply.verdicts import (
    ECHO,
    Verdict,
    applied,
    is_own_send,
    needs_person,
    only_theirs,
    unreadable,
)
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import Clash, agreed_after, compare, told_apart
from apps.sync.wording import called, capital, label, money, told

# Of what is theirs to decide, what staff are told of: the rest (addresses, memos) changes its form
# with every copy their side makes.
TOLD = frozenset({"item_id", "account_id", "description", "quantity", "unit_price"})


def apply_document(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """An invoice or a credit note of theirs, as last read."""
    if row.sync_record is not None and not row.retired:
        return _tied(books, row.sync_record, remote)
    if remote.gone:
        return only_theirs(f"It was deleted in {books.name}.")
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    return only_theirs(f"It was made in {books.name} and is only there.")


def _tied(books: Books, record: SyncRecord, remote: RemoteObject) -> Verdict:
    document = record.subject
    assert isinstance(document, Invoice | CreditNote), "a document's sync record"
    if record.opening:
        return follow_opening(books, record, document, remote)
    if remote.gone:
        return _gone(books, record, document)
    base, theirs = ties.agreed_on(record), remote.snapshot
    if is_own_send(record, base) and isinstance(theirs, InvoiceSnapshot | CreditNoteSnapshot):
        return ECHO
    if not isinstance(base, InvoiceSnapshot | CreditNoteSnapshot) or type(theirs) is not type(base):
        return unreadable(books.name, document)
    base, theirs = books.projected(base), books.projected(theirs)
    if _is_void(theirs) and not _is_void(base):
        return _voided(books, record, document, base)
    if _is_void(theirs) or not told_apart(base, theirs):
        # Of a void document only that it is void counts: ledgers empty it each in its own way.
        calm(record)
        return ECHO
    return _changed(books, record, document, base, theirs)


def _changed(
    books: Books, record: SyncRecord, document: Document, base: Snapshot, theirs: Snapshot
) -> Verdict:
    """Money, date and customer are asked; the rest stays there and is shown, and is taken here only
    where staff chose that theirs wins in it."""
    pending = document.revision > record.sent
    ruled = by_rule(books, record, compare(base, books.ours(record), theirs, pending=pending))
    result = ruled.left
    if ruled.theirs_win:
        taken = differences_of(ruled.theirs_win)
        try:
            follow(books, document, taken, reason=wins_words(books))
        except ValidationError as refused:
            return not_taken_over(books, record, refused)
    # A field that we hold stays agreed as it was: as long as nobody touches it here, a later send
    # leaves theirs alone, and no change of theirs looks like one of ours.
    ties.agree(record, agreed_after(base, theirs, [*result.clashes, *result.taken]))
    note_ruled(record, ruled)
    if result.clashes:
        insisted = insisted_sentence(books, ruled.insisted)
        return put_before_a_person(books, record, result.clashes, before=insisted)
    calm(record)
    if ruled.ours_win or (ruled.theirs_win and pending):
        ties.wanted_again(record, document.revision, sent=record.sent)
    elif ruled.theirs_win:
        ties.in_the_books(record, document.revision)
    left = _left_there(books, document, result.taken, result.kept)
    said = " ".join(each for each in (left, put_back_words(books, ruled)) if each)
    return applied(said) if said else ECHO


def _left_there(
    books: Books,
    document: Document,
    taken: tuple[Difference, ...],
    kept: tuple[Difference, ...],
) -> str:
    said = [
        f"its {label(each.path)} is {told(each.theirs, each.path, document.currency)} there"
        for each in taken
        if each.path != "terms_id"
    ]
    said += [
        f"the {label(each.path)} was changed"
        for each in (*taken, *kept)
        if each.path.rsplit(".", 1)[-1] in TOLD or each.path == "terms_id"
    ]
    if not said:
        return ""
    return f"Changed in {books.name} and left as it is there: {', '.join(dict.fromkeys(said))}."


def _voided(books: Books, record: SyncRecord, document: Document, base: Snapshot) -> Verdict:
    if document.status == Document.Status.VOID:
        # Voided on both sides, each by itself: they agree.
        ours = books.ours(record)
        ties.agree(record, base if ours is None else ours)
        calm(record)
        ties.in_the_books(record, document.revision)
        return applied()
    sentence = (
        f"{capital(called(document))} over {money(document.total, document.currency)} was voided "
        f"in {books.name}."
    )
    void = Clash(path="void", base=False, ours=False, theirs=True)
    return put_before_a_person(books, record, [void], sentence=sentence)


def _gone(books: Books, record: SyncRecord, document: Document) -> Verdict:
    if document.status == Document.Status.VOID:
        if record.state != State.GONE:
            ties.gone_there(record, document.revision)
        return applied()
    sentence = (
        f"{capital(called(document))} over {money(document.total, document.currency)} was deleted "
        f"in {books.name}. Nothing sends it again by itself."
    )
    remedy = f"Decide whether to send it to {books.name} again as a new one, or to void it here."
    if settled_here(document):
        remedy = (
            f"Decide whether to send it to {books.name} again as a new one. To void it here, "
            "un-apply first what is set against it or what it is set against."
        )
    ties.hold(record, Reason.GONE, sentence, remedy)
    return needs_person(sentence, remedy)


def settled_here(document: Document) -> bool:
    """Whether something stands that was set against it, or that it was set against."""
    applied = (
        document.allocations.filter(reversed_on=None)
        if isinstance(document, Invoice | CreditNote)
        else None
    )
    return applied is not None and applied.exists()


def _is_void(snapshot: Snapshot) -> bool:
    return bool(getattr(snapshot, "void", False))
