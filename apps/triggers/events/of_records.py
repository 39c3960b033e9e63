"""What became of records in their books: they hold one as it stands here, or it needs a person."""

from collections.abc import Collection
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.connections.models import Connection
from apps.sync.models import SUBJECTS, News, State, SyncRecord
from apps.triggers.events.facts import Fact, key_of
from apps.triggers.events.holding import held
from apps.triggers.events.portions import Alike, in_portions
from apps.triggers.events.wake import wake
from apps.triggers.events.writing import write
from apps.triggers.faults import after_all
from apps.triggers.models import EventType, Listening


def asked_for(connections: Collection[int]) -> Collection[int]:
    """Of which of these connections somebody wants news: of companies that are listened to, once the
    connection was set up. What is found or tried before was so before."""
    rows = Connection.objects.filter(pk__in=connections, company__listening__isnull=False)
    return set(rows.exclude(stage=Connection.Stage.SETUP).values_list("pk", flat=True))


def wake_with_news(connections: Collection[int]) -> None:
    """The listener of sync: runs after a commit that left news."""
    rows = Connection.objects.filter(pk__in=connections).order_by()
    for company_id in rows.values_list("company_id", flat=True).distinct():
        wake(company_id)


def read_news(company_id: int | None = None) -> int:
    """Turn news of a company's records (None: of all companies) into events; the number that are
    told."""
    news = News.objects.filter(connection__company=OuterRef("company"), told=False)
    heard = Listening.objects.filter(Exists(news))
    if company_id is not None:
        heard = heard.filter(company=company_id)
    told = 0
    with after_all("Some news cannot be told") as faults:
        for key in list(heard.values_list("company_id", flat=True)):
            unread = News.objects.filter(connection__company=key, told=False).order_by("id")
            told += in_portions(unread.all, partial(_read, key), _of_its_record, faults)
    return told


def _read(company_id: int, unread: "QuerySet[News]") -> tuple[int, int]:
    """In one transaction; how many were read, and how many events of them are told."""
    with transaction.atomic():
        listening = held(company_id)
        if listening is None:
            return 0, 0
        rows = list(unread)
        return len(rows), write(listening, _taken(rows))


def _of_its_record(news: News) -> Alike:
    key = news.sync_record_id
    return Alike(rows=Q(sync_record=key), words=f"news of sync record {key}")


def _taken(rows: Collection[News]) -> list[Fact]:
    """What has come true with these, by how each record stands now; the news are taken off.

    Of what needs a person its news stays, as told, until the record has come to rest.
    """
    last = {each.sync_record_id: each for each in rows}
    rested = {each.sync_record_id for each in rows if each.state != State.NEEDS_PERSON}
    News.objects.filter(sync_record__in=rested, told=True).delete()
    before = {
        each.sync_record_id: (each.reason, each.revision)
        for each in News.objects.filter(sync_record__in=last, told=True)
    }
    facts: list[Fact] = []
    stays: dict[int, int] = {}
    for key, record in _records(last).items():
        news = last[key]
        if record.state == State.IN_THE_BOOKS:
            time = f"{record.generation}.{record.sent}"
            facts.append(_fact(EventType.RECORD_IN_BOOKS, record, news, time))
        elif record.state == news.state == State.NEEDS_PERSON:
            stays[key] = news.pk
            if before.get(key) != (news.reason, news.revision):
                facts.append(_fact(EventType.SYNC_FAILED, record, news, str(news.pk)))
    News.objects.filter(sync_record__in=stays, told=True).delete()
    News.objects.filter(pk__in=stays.values()).update(told=True)
    News.objects.filter(pk__in=[each.pk for each in rows], told=False).delete()
    return facts


def _records(keys: Collection[int]) -> dict[int, SyncRecord]:
    subjects = [kind.value for kind in SUBJECTS]
    return SyncRecord.objects.select_related("connection__company", *subjects).in_bulk(keys)


def _fact(type: EventType, record: SyncRecord, news: News, time: str) -> Fact:
    return Fact(
        type=type,
        subject="sync_record",
        subject_id=record.pk,
        key=key_of(type, record.pk, time),
        happened_at=news.at,
        revision=news.revision,
        record=record,
    )
