"""Mappings that no longer hold, as their codes were last read: one question for each. What was only
renamed is told. Nothing is mapped anew by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.connections.models import Connection
from apps.mappings.fit import unfit
from apps.mappings.look_up import Key, key_of
from apps.mappings.models import THINGS, Mapping

TOLD_FOR = timedelta(days=14)  # how long a new name over there is told


@dataclass(frozen=True, slots=True)
class Doubt:
    """A mapping with what became of its account or code; `asks` whether a person must choose."""

    mapping: Mapping
    sentence: str
    asks: bool

    @property
    def key(self) -> Key:
        return key_of(self.mapping)


def doubts(connection: Connection) -> list[Doubt]:
    """In two queries. What is of no use any more (an inactive item, method or rate) asks nothing."""
    rows = with_things(Mapping.objects.filter(connection=connection))
    return doubts_of(connection, rows.prefetch_related("tax_rate__components"))


def with_things(rows: "QuerySet[Mapping]") -> "QuerySet[Mapping]":
    """Mappings with their codes, and with what of ours they are for."""
    return rows.select_related("code", *THINGS, "method_place__method")


def doubts_of(connection: Connection, rows: Iterable[Mapping]) -> list[Doubt]:
    """Of the mappings of the connection as they were read, the components of tax rates with them."""
    return [found for row in rows if (found := _doubt(connection, row)) is not None]


def _doubt(connection: Connection, row: Mapping) -> Doubt | None:
    thing = row.thing
    if not getattr(thing, "active", True):
        return None
    refusal = unfit(connection, row.subject, row.code, thing)  # type: ignore[arg-type] # one of THINGS
    if refusal:
        return Doubt(row, f"{row.of_what()}: {refusal}", asks=True)
    since = timezone.now() - TOLD_FOR
    if row.code.renamed_at is not None and row.code.renamed_at > since:
        name = connection.system_name
        told = f"{row.code.named_before} is called {row.code} in {name} now. It is the same one: nothing to do."
        return Doubt(row, f"{row.of_what()}: {told}", asks=False)
    return None
