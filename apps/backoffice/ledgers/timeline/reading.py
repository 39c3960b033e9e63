"""A part of the timeline of a record, with what this person may see of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.timeline import differing, here, past, there
from apps.backoffice.ledgers.timeline.entries import PER_PART, Entry, Mark, Source, read
from apps.backoffice.ledgers.timeline.there import Books
from apps.billing.models import Synced
from apps.sync.models import SyncRecord


@dataclass(frozen=True, kw_only=True)
class Part:
    """`older` is the mark of the next part; "" where this is the last one."""

    entries: Sequence[Entry]
    records: Sequence[SyncRecord]
    older: str


def part(
    request: HttpRequest,
    subject: Synced,
    records: Sequence[SyncRecord],
    after: Mark | None = None,
    most: int = PER_PART,
) -> Part:
    """Of a record of ours with its records in the books that are looked at: three questions in all,
    and none for each entry."""
    books = Books.of(records)
    found, older = read(sources(request, subject, books), after, most)
    differing.read_names_in(found, books)
    changes = past.told(subject, found, books.connections)
    entries = []
    for each in found:
        if each.source.name == past.HISTORY:
            entry = changes.get(each.mark.key)
        else:
            entry = each.source.tell(each.mark.at, each.cells)
        if entry is not None:
            entries.append(entry)
    return Part(entries=entries, records=records, older=str(older) if older else "")


def sources(request: HttpRequest, subject: Synced, books: Books) -> list[Source]:
    """In the order in which things of one moment follow one another, the last first."""
    seen = may(request, f"billing.view_{subject._meta.model_name}")
    return [
        *differing.sources(request, subject, books),
        *there.matches(request, subject, books),
        *there.sources(request, books),
        *(here.sources(request, subject) if seen else ()),
        *((past.source(subject),) if seen else ()),
    ]


def records_of(subject: Synced) -> list[SyncRecord]:
    """Its record in each set of books, with the connection."""
    rows = SyncRecord.objects.filter(**{subject.kind: subject.pk})
    found = list(rows.select_related("connection").order_by("pk"))
    for each in found:
        setattr(each, subject.kind, subject)
    return found
