"""Connections whose consent was lost, and comparisons that differ where the one before agreed."""

from collections import defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from apps.connections.clock import now
from apps.connections.models import Connection, Grant
from apps.reconciliation.models import KeptComparison
from apps.triggers.events.facts import Fact, key_of
from apps.triggers.events.holding import held
from apps.triggers.events.writing import write
from apps.triggers.models import Event, EventType

IN_USE = (Connection.Stage.LIVE, Connection.Stage.PAUSED)


def look_at_books() -> int:
    """Of all companies that are listened to; the number of events that are told."""
    of: dict[int, list[Fact]] = defaultdict(list)
    for company_id, fact in [*_lost(), *_broken()]:
        of[company_id].append(fact)
    told = 0
    for company_id, facts in of.items():
        keys = [each.key for each in facts]
        rows = Event.objects.filter(company=company_id, key__in=keys)
        if rows.count() == len(keys):
            continue
        with transaction.atomic():
            if (listening := held(company_id)) is not None:
                told += write(listening, facts)
    return told


def _listened_to() -> "QuerySet[Connection]":
    rows = Connection.objects.filter(company__listening__isnull=False, stage__in=IN_USE)
    return rows.select_related("company", "grant")


def _lost() -> Iterator[tuple[int, Fact]]:
    """Known by the consent and the tokens that it had: connected again, it can be lost again. Nobody
    notes when it was; it is told with the moment at which it was seen, within a minute."""
    lost = _listened_to().filter(grant__status=Grant.Status.LOST)
    for each in lost:
        grant = each.grant
        assert grant is not None, "it was asked for by its status"
        fact = _of(EventType.CONNECTION_LOST, each, f"{grant.pk}:{grant.token_version}", each)
        yield each.company_id, fact


def _broken() -> Iterator[tuple[int, Fact]]:
    """The first comparison that differs after one that agreed: as long as they go on to differ, it
    stays the first."""
    done = KeptComparison.objects.filter(state=KeptComparison.State.DONE)
    agreed = done.filter(connection=OuterRef("pk"), agrees=True).order_by("-ended_at")
    connections = _listened_to().annotate(agreed_at=Subquery(agreed.values("ended_at")[:1]))
    for each in connections.exclude(agreed_at=None):
        later = done.filter(connection=each, agrees=False, ended_at__gt=each.agreed_at)
        first = later.defer("found", "journal").order_by("ended_at", "pk").first()
        if first is not None:
            first.connection = each
            fact = _of(EventType.AGREEMENT_BROKEN, each, str(first.pk), first)
            yield each.company_id, fact


def _of(
    type: EventType, connection: Connection, time: str, record: Connection | KeptComparison
) -> Fact:
    ended = record.ended_at if isinstance(record, KeptComparison) else None
    return Fact(
        type=type,
        subject="connection",
        subject_id=connection.pk,
        key=key_of(type, connection.pk, time),
        happened_at=ended or now(),
        record=record,
    )
