"""Invoices and credit notes that stand on both sides are taken as one: on a person's word, all that
are equal, with no call. What of them differs in money, tax, date or rate is asked one by one."""

import time
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import Document
from apps.billing.rules.objections import ToBe
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import both_values
from apps.sync.assemble.documents import assembled
from apps.sync.assemble.foretelling import Foretelling
from apps.sync.decide.acts import decide_candidate
from apps.sync.decide.done import Done
from apps.sync.match.documents import OnBoth, on_both
from apps.sync.models import Candidate, RemoteRecord, SyncRecord, rows_of
from apps.sync.there import ties
from apps.sync.there.compare import Clash, told_apart
from apps.sync.there.same_document import evidence_of, propose
from apps.sync.wording import capital


def take_all(
    connection: Connection,
    kind: Kind,
    *,
    user_id: int,
    after: int = 0,
    at_most: int | None = None,
    stop_at: float | None = None,
) -> Done:
    """Those behind a key of theirs, `at_most` so many, until time.monotonic() is `stop_at`; each in a
    transaction of its own. `later` counts those that are left."""
    pairs = sorted(on_both(connection, kind), key=lambda each: each.theirs)
    ahead = [each for each in pairs if each.theirs > after]
    return _take(connection, kind, ahead, user_id, Done(after=after), at_most, stop_at)


def _take(
    connection: Connection,
    kind: Kind,
    ahead: Sequence[OnBoth],
    user_id: int,
    done: Done,
    at_most: int | None,
    stop_at: float | None,
) -> Done:
    books = Books(connection, open_connector(connection))
    for place, pair in enumerate(ahead):
        is_over = stop_at is not None and time.monotonic() >= stop_at
        if is_over or place == at_most:
            done.later = len(ahead) - place
            return done
        try:
            take_as_one(books, kind, pair, user_id=user_id)
            done.count += 1
        except ValidationError as refused:
            done.refused.append(f"{pair.number}: {' '.join(refused.messages)}")
        done.after = pair.theirs
    done.after = None
    return done


def take_as_one(books: Books, kind: Kind, pair: OnBoth, *, user_id: int) -> None:
    """Tied, and in the books as it stands there: nothing is sent until ours changes.

    Raises ValidationError where it cannot be compared, or differs in what is always asked: then it
    waits among the questions.
    """
    differing = ""
    with transaction.atomic():
        row = RemoteRecord.objects.select_for_update().get(pk=pair.theirs)
        document = rows_of(kind).get(pk=pair.ours)
        record = ties.sync_record_of(books.connection, document)
        differing = _what_differs(books, row, record)
        if differing:
            propose(row, record, differing)
        else:
            asked = Candidate.objects.create(
                remote_record=row, sync_record=record, evidence=evidence_of(row, record)
            )
            decide_candidate(asked, Candidate.Decision.LINK, user_id=user_id)
            record.refresh_from_db()
            ties.in_the_books(record, document.revision)
    if differing:
        raise ValidationError(f"{differing} It is among your questions now.")


def _what_differs(books: Books, row: RemoteRecord, record: SyncRecord) -> str:
    """In words; "" where it is the same but for what is theirs to decide or how it is worded.
    Raises ValidationError where nobody can tell."""
    document = record.subject
    assert isinstance(document, Document), "asked of documents alone"
    ours, theirs = _as_it_would_be(books, document), books.read(row).snapshot
    if theirs is None:
        raise ValidationError(f"{books.name} has it in a shape that Tieout cannot read.")
    found = [each for each in told_apart(ours, books.projected(theirs)) if each.whose == "ask"]
    clashes = [
        Clash(path=each.path, base=None, ours=each.ours, theirs=each.theirs) for each in found
    ]
    currency = getattr(ours, "currency", "")
    return f"{both_values(books, clashes, currency)}." if clashes else ""


def _as_it_would_be(books: Books, document: Document) -> Snapshot:
    """Ours as a ledger would hold it, though its items may not stand there yet. Raises
    ValidationError where a mapping is missing."""
    lookups = Foretelling(books.connection)
    kind, written = Kind(document.kind), ToBe(document, list(document.lines.all()))
    made = assembled(lookups, kind, document, written.lines, lookups.read([written]))
    if made.obstacles or made.snapshot is None:
        missing = "; ".join(capital(each.sentence) for each in made.obstacles)
        raise ValidationError(f"{missing or made.left_out}. Choose it on the page “Map” first.")
    return books.projected(made.snapshot)
