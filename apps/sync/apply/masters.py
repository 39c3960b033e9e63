"""Customers and items that arrive: theirs alone, ours changed over there, or both maybe the same."""

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.billing.changes import made_by
from apps.billing.models import Customer, Item, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CustomerSnapshot, Difference, ItemSnapshot, Kind
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.fields import follow_fields
from apps.sync.apply.linking import by_marker, calm
from apps.sync.apply.ruled import (
    by_rule,
    differences_of,
    insisted_sentence,
    not_taken_over,
    note_ruled,
    put_back_words,
)
from apps.sync.apply.verdicts import (
    ECHO,
    Verdict,
    applied,
    is_own_send,
    needs_person,
    only_theirs,
    unreadable,
    waits,
)
from apps.sync.match.decided import Decided, chosen_for
from apps.sync.models import Candidate, Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import merges, ties
from apps.sync.there.compare import agreed_after, compare, told_apart
from apps.sync.waiting.release import free_refused_of
from apps.sync.wording import called, capital, label

Master = CustomerSnapshot | ItemSnapshot


def apply_master(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """A customer or an item of theirs, as last read."""
    if row.sync_record is not None and not row.retired:
        return _tied(books, row, row.sync_record, remote)
    if remote.gone or not isinstance(remote.snapshot, CustomerSnapshot | ItemSnapshot):
        return only_theirs(f"It was deleted in {books.name}.")
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    namesake = _namesake(books, row, remote.snapshot)
    if namesake is not None:
        return _may_be_the_same(books, row, namesake)
    return only_theirs(f"It is only in {books.name}.")


# --- Only theirs, or maybe ours ---------------------------------------------------------------


def _namesake(books: Books, row: RemoteRecord, theirs: Master) -> Synced | None:
    """A record of ours of the same name that stands for nothing of theirs yet."""
    found: list[Synced]
    if isinstance(theirs, CustomerSnapshot):
        found = list(Customer.objects.filter(company=books.company, name__iexact=theirs.name)[:1])
    else:
        named = Q(code__iexact=theirs.code or theirs.name) | Q(name__iexact=theirs.name)
        found = list(Item.objects.filter(named, company=books.company).order_by("pk")[:1])
    if not found:
        return None
    record = found[0].sync_records.filter(connection=books.connection).first()  # type: ignore[attr-defined] # every synced model has them
    if record is not None and ties.live_tie(record) is not None:
        return None
    return None if _are_two(books, row, found[0]) else found[0]


def _are_two(books: Books, row: RemoteRecord, ours: Synced) -> bool:
    """Whether somebody has said so, or wants ours created there beside it."""
    kind = Kind(ours.kind)
    if Decided.of(books.connection, kind, {ours.pk}).keeps_apart(ours.pk, row.pk):
        return True
    chosen_at = chosen_for(books.connection, kind, {ours.pk}).get(ours.pk)
    return chosen_at is not None and row.first_read_at <= chosen_at


def _may_be_the_same(books: Books, row: RemoteRecord, ours: Synced) -> Verdict:
    record = ties.sync_record_of(books.connection, ours)
    if record.in_doubt:
        # Our own send may be what arrives: its answer is looked for first.
        return waits(
            On.SYNC_RECORD.of(record.pk), f"Tieout finds out whether its send of {ours} arrived."
        )
    evidence = f"{capital(called(ours))} has the same name in {books.name}."
    Candidate.objects.get_or_create(
        remote_record=row, sync_record=record, defaults={"evidence": evidence}
    )
    remedy = "Decide whether both are the same."
    ties.hold(record, Reason.MAYBE_THE_SAME, evidence, remedy)
    return waits(On.DECISION.of(), evidence, remedy)


# --- Ours, changed over there -----------------------------------------------------------------


def _tied(books: Books, row: RemoteRecord, record: SyncRecord, remote: RemoteObject) -> Verdict:
    if remote.gone:
        return _gone(books, row, record)
    if record.reason == Reason.MERGED:
        merges.stands_again(row)
    base, theirs = ties.agreed_on(record), remote.snapshot
    if theirs is not None and is_own_send(record, base):
        return ECHO
    if theirs is None or base is None:
        return unreadable(books.name, record.subject)
    base, theirs = books.projected(base), books.projected(theirs)
    if not told_apart(base, theirs):
        calm(record)
        return ECHO
    subject = record.subject
    pending = subject.revision > record.sent
    ruled = by_rule(books, record, compare(base, books.ours(record), theirs, pending=pending))
    result = ruled.left
    taken = (*result.taken, *differences_of(ruled.theirs_win))
    if taken:
        refusal = _take_over(books, record, taken)
        if refusal is not None:
            return refusal
    ties.agree(record, agreed_after(base, theirs, result.clashes))
    note_ruled(record, ruled)
    active_again = getattr(theirs, "active", True) and not getattr(base, "active", True)
    if active_again and isinstance(subject, Customer | Item):
        free_refused_of(books.connection, subject)
    if result.clashes:
        insisted = insisted_sentence(books, ruled.insisted)
        return put_before_a_person(books, record, result.clashes, before=insisted)
    calm(record)
    if ruled.ours_win:
        ties.wanted_again(record, subject.revision, sent=record.sent)
    followed = _sentence(books, result.taken, result.kept) if result.taken else ""
    said = " ".join(each for each in (followed, put_back_words(books, ruled)) if each)
    return applied(said) if said else ECHO


def _gone(books: Books, row: RemoteRecord, record: SyncRecord) -> Verdict:
    if record.state == State.GONE:
        return ECHO
    survivor = merges.survivor_of(books.connection, row) if record.customer_id else None
    if survivor is not None:
        merge = merges.ask(books.name, row, survivor)
        books.forget_merges()
        return waits(On.DECISION.of(), merge.evidence, record.remedy)
    sentence = f"{capital(called(record.subject))} was deleted or merged in {books.name}."
    remedy = f"Link it to the one that stands for it in {books.name} now, or make it inactive here."
    ties.hold(record, Reason.GONE, sentence, remedy)
    return needs_person(sentence, remedy)


def _take_over(books: Books, record: SyncRecord, taken: tuple[Difference, ...]) -> Verdict | None:
    """Write what changed over there into ours, as made by their side; a refusal in words."""
    subject = record.subject
    behind = subject.revision > record.sent
    try:
        with made_by(origin=books.origin, reason=f"Changed in {books.name}"):
            follow_fields(books, subject, taken)
    except ValidationError as refused:
        return not_taken_over(books, record, refused)
    if behind:
        ties.wanted_again(record, subject.revision, sent=record.sent)
    else:
        ties.in_the_books(record, subject.revision)
    return None


def _sentence(books: Books, taken: tuple[Difference, ...], kept: tuple[Difference, ...]) -> str:
    words = ", ".join(label(each.path) for each in (*taken, *kept))
    return f"Changed in {books.name}: {words}."
