"""The change feed: what changed since a moment, deletes as tombstones, at most 1000 objects."""

from datetime import timedelta

from ..clock import microseconds, moment_of
from ..models import StoredObject
from . import faults, wire
from .book import Book
from .kinds import Kind, kind_asked
from .query_run import SECOND, instant

LOOK_BACK = timedelta(days=30)
MOST_OBJECTS = 1000


def run(book: Book, entities: str, changed_since: str) -> str:
    """The CDCResponse member: one QueryResponse an entity, empty where nothing changed.

    There is no paging: what lies beyond the cap is simply not there, oldest changes first.
    """
    names = [name.strip() for name in entities.split(",") if name.strip()]
    if not names:
        raise faults.missing("entities")
    if not changed_since:
        raise faults.missing("changedSince")
    since = instant(book, changed_since)
    if since < book.now - LOOK_BACK:
        raise faults.Refused("4001", "changedSince cannot be more than 30 days ago", "changedSince")
    kinds = [_tracked(name) for name in names]
    found = StoredObject.objects.filter(
        realm=book.company.realm,
        kind__in=[kind.name for kind in kinds],
        updated_us__gte=microseconds(since) // SECOND * SECOND,
    ).order_by("updated_us", "object_id")[:MOST_OBJECTS]
    by_kind: dict[str, list[StoredObject]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one)
    answers = [_answer(book, kind, by_kind.get(kind.name, [])) for kind in kinds]
    return f'{{"QueryResponse":[{",".join(answers)}]}}'


def _tracked(name: str) -> Kind:
    kind = kind_asked(name)
    if not (kind.creatable and kind.tracked):
        raise faults.Refused("4001", f"{name} is not supported by change data capture", "entities")
    return kind


def _answer(book: Book, kind: Kind, found: list[StoredObject]) -> str:
    if not found:
        return "{}"
    alive = [one for one in found if not one.deleted]
    if kind.enrich:
        kind.enrich(book, alive)
    texts = [
        _tombstone(book, one)
        if one.deleted
        else (wire.encode(one.content) if kind.enrich else one.body)
        for one in found
    ]
    return (
        f'{{"{kind.name}":[{",".join(texts)}],"startPosition":1,'
        f'"maxResults":{len(texts)},"totalCount":{len(texts)}}}'
    )


def _tombstone(book: Book, gone: StoredObject) -> str:
    when = wire.stamp(moment_of(gone.updated_us), book.zone)
    return wire.encode(
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": str(gone.object_id),
            "MetaData": {"LastUpdatedTime": when},
        }
    )
