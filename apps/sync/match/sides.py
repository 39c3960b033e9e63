"""What is compared: customers and items of either side that are tied to nothing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.billing.models import Customer
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import CustomerSnapshot, ItemSnapshot, Kind
from apps.sync.match.decided import chosen_for
from apps.sync.match.likeness import Party, Thing, emails_of
from apps.sync.models import RemoteRecord, SyncRecord, rows_of, unpacked
from apps.sync.there import ties

CHUNK = 500  # rows of theirs read at once: each holds their whole JSON
NEEDED = ("pk", "kind", "name", "packed_raw", "currency", "first_read_at")


@dataclass(frozen=True, slots=True)
class Ours:
    """A record of ours. `chosen_at`: since when a person wants it created there."""

    record: Party | Thing
    chosen_at: datetime | None = None

    def is_beyond(self, first_read_at: datetime) -> bool:
        """Whether theirs stood before the person's eyes when ours was to be created all the same."""
        return self.chosen_at is not None and first_read_at <= self.chosen_at


@dataclass(frozen=True, slots=True)
class Theirs:
    record: Party | Thing
    first_read_at: datetime


def ours_of(connection: Connection, kind: Kind, keys: Collection[int] | None = None) -> list[Ours]:
    """Active ones that stand for nothing there and are not on their way; all, or of these keys."""
    rows = untied(connection, kind)
    rows = rows.filter(active=True) if keys is None else rows.filter(pk__in=keys)
    chosen = chosen_for(connection, kind, keys)
    if kind == Kind.CUSTOMER:
        fields = ("pk", "name", "email", "tax_number", "currency", "country")
        return [
            Ours(
                Party(
                    key=pk,
                    name=name,
                    emails=emails_of(email),
                    tax_number=tax_number,
                    currency=currency,
                    country=country,
                ),
                chosen.get(pk),
            )
            for pk, name, email, tax_number, currency, country in rows.values_list(*fields)
        ]
    home = connection.home_currency
    return [
        Ours(Thing(key=pk, name=name, code=code, price=price, currency=home), chosen.get(pk))
        for pk, name, code, price in rows.values_list("pk", "name", "code", "unit_price")
    ]


def untied(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Records of ours of a kind that stand for nothing over there and may not be on their way."""
    there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False)
    # From our record to its sync record, then to theirs: each step by an index of its own.
    tied = SyncRecord.objects.filter(
        ties.IN_DOUBT | Exists(there),
        connection=connection,
        **{f"{kind.value}_id": OuterRef("pk")},
    )
    of_company = rows_of(kind).filter(company_id=connection.company_id)
    if kind == Kind.CUSTOMER:
        of_company = of_company.filter(merged_into=None)
    return of_company.exclude(Exists(tied))


def standing_alone(connection: Connection, kind: Kind) -> QuerySet[RemoteRecord]:
    """Theirs of a kind that stand and are tied to nothing, archived ones too."""
    return RemoteRecord.objects.filter(
        Q(part=""), connection=connection, of_kind=kind, sync_record=None, gone=False
    )


def theirs_of(
    connection: Connection,
    connector: Connector,
    kind: Kind,
    keys: Collection[int] | None = None,
) -> list[Theirs]:
    """The same as they are compared; all, or of these keys. What cannot be read has its name alone."""
    rows = standing_alone(connection, kind)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    found = rows.order_by("pk").values_list(*NEEDED).iterator(chunk_size=CHUNK)
    return list(_compared(found, connector, kind))


def _compared(
    rows: Iterator[tuple[Any, ...]], connector: Connector, kind: Kind
) -> Iterator[Theirs]:
    for pk, their_kind, name, packed_raw, currency, first_read_at in rows:
        read = connector.parse(their_kind, unpacked(packed_raw))
        theirs = read.snapshot
        if kind == Kind.CUSTOMER:
            known = theirs if isinstance(theirs, CustomerSnapshot) else _unknown_customer(name)
            yield Theirs(
                Party(
                    key=pk,
                    name=known.name or name,
                    emails=emails_of(known.email),
                    tax_number=read.tax_number,
                    currency=known.currency or currency,
                    country=known.address.country,
                    active=known.active,
                ),
                first_read_at,
            )
        else:
            sold = theirs if isinstance(theirs, ItemSnapshot) else _unknown_item(name)
            yield Theirs(
                Thing(
                    key=pk,
                    name=sold.name or name,
                    code=sold.code,
                    price=sold.unit_price,
                    active=sold.active,
                ),
                first_read_at,
            )


def _unknown_customer(name: str) -> CustomerSnapshot:
    return CustomerSnapshot(marker="", name=name)


def _unknown_item(name: str) -> ItemSnapshot:
    return ItemSnapshot(marker="", code="", name=name)


def our_emails(connection: Connection) -> list[frozenset[str]]:
    """Of every active customer of ours, tied or not."""
    rows = Customer.objects.filter(company_id=connection.company_id, active=True)
    emails = rows.order_by().values_list("email", flat=True)
    return [emails_of(each) for each in emails if each]
