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
from apps.triggers.faults import after_all
from apps.triggers.models import Event, EventType

IN_USE = (Connection.Stage.LIVE, Connection.Stage.PAUSED)


def look_at_books() -> int:
    """Of all companies that are listened to; the number of events that are told."""
    of: dict[int, list[Fact]] = defaultdict(list)
    for company_id, fact in [*_lost(), *_broken()]:
        of[company_id].append(fact)
    told = 0
    with after_all("The look at the books broke off") as faults:
        for company_id, facts in of.items():
            keys = [each.key for each in facts]
            rows = Event.objects.filter(company=company_id, key__in=keys)
            if rows.count() == len(keys):
                continue
            with faults.kept(f"the books of company {company_id}"), transaction.atomic():
                if (listening := held(company_id)) is not None:
                    told += write(listening, facts)
    return told


def _listened_to() -> "QuerySet[Connection]":
    rows = Connection.objects.filter(company__listening__isnull=False, stage__in=IN_USE)
    return rows.select_related("company", "grant")


def _lost() -> Iterator[tuple[int, Fact]]:
    """Known by the consent and the tokens that it had: connected again, it can be lost again.

    Nobody notes when it was; it is told with the moment at which it was seen, within a minute. What
    the first look for a listener finds lost was so before, unless it has answered since.
    """
    lost = _listened_to().filter(grant__status=Grant.Status.LOST)
    for each in lost.select_related("company__listening"):
        grant, listening = each.grant, each.company.listening
        assert grant is not None, "it was asked for by its status"
        answered = each.last_ok_at is not None and each.last_ok_at >= listening.since
        yield (
            each.company_id,
            _fact(
                EventType.CONNECTION_LOST,
                each,
                f"{grant.pk}:{grant.token_version}",
                each,
                quiet=listening.overdue_until is None and not answered,
            ),
        )


def _broken() -> Iterator[tuple[int, Fact]]:
    """The first comparison of now that differs after one that agreed: as long as they go on to differ,
    it stays the first. What differed on an earlier day breaks no agreement."""
    done = KeptComparison.objects.filter(state=KeptComparison.State.DONE, of_now=True)
    agreed = done.filter(connection=OuterRef("pk"), agrees=True).order_by("-ended_at")
    connections = _listened_to().annotate(agreed_at=Subquery(agreed.values("ended_at")[:1]))
    for each in connections.exclude(agreed_at=None):
        later = done.filter(connection=each, agrees=False, ended_at__gt=each.agreed_at)
        first = later.defer("found", "journal").order_by("ended_at", "pk").first()
        if first is not None:
            first.connection = each
            yield each.company_id, _fact(EventType.AGREEMENT_BROKEN, each, str(first.pk), first)


def _fact(
    type: EventType,
    connection: Connection,
    time: str,
    record: Connection | KeptComparison,
    *,
    quiet: bool = False,
) -> Fact:
    ended = record.ended_at if isinstance(record, KeptComparison) else None
    return Fact(
        type=type,
        subject="connection",
        subject_id=connection.pk,
        key=key_of(type, connection.pk, time),
        happened_at=ended or now(),
        quiet=quiet,
        record=record,
    )
