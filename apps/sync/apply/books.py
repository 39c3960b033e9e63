"""The two sides of one connection while arrivals are applied: what is tied, what is ours."""

from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.timezone import now

from apps.billing.models import Company, PaymentMethod, Synced
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Connector, RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.sync.assemble import Assembler
from apps.sync.models import RemoteRecord, SyncRecord
from apps.sync.there.merges import named_anew, survivors
from apps.sync.there.remote import as_object
from apps.sync.there.shares import beside_the_first, mine
from apps.sync.there.stands import as_one


class Books:
    """One connection with its connector. Reads rows; makes no call."""

    def __init__(self, connection: Connection, connector: Connector) -> None:
        self.connection = connection
        self.connector = connector
        self.name = connector.capabilities.name

    @property
    def origin(self) -> str:
        return self.connection.origin

    @cached_property
    def company(self) -> Company:
        return Company.objects.get(pk=self.connection.company_id)

    @cached_property
    def mappings(self) -> Mappings:
        return Mappings.of(self.connection)

    @cached_property
    def methods(self) -> list[PaymentMethod]:
        """Our payment methods that are in use."""
        return list(PaymentMethod.objects.filter(company=self.company, active=True))

    @property
    def today(self) -> date:
        """The calendar day at the company."""
        return now().astimezone(ZoneInfo(self.company.time_zone)).date()

    def read(self, row: RemoteRecord) -> RemoteObject:
        """Their object as last read."""
        return as_object(row, self.connector)

    def whole(self, row: RemoteRecord) -> RemoteObject:
        """The same; of a record of ours that may be several objects there, all of them as one."""
        read, record = self.read(row), row.sync_record
        several = self.connector.capabilities.several_objects
        if record is None or row.retired or record.kind not in several:
            return read
        rows = list(record.remote_records.filter(retired=False, gone=False).order_by("pk"))
        objects = [self.read(each) for each in rows]
        if record.kind in self.connector.capabilities.adds_up:
            objects = [*mine(objects, beside_the_first(rows))]
        return as_one(objects, self.connector) or read

    def projected(self, snapshot: Snapshot) -> Snapshot:
        """What their ledger holds of it, comparable with ours: a customer that was merged away is
        the one that survived it, so that a document which moved with it is no change of ours."""
        return named_anew(self.connector.project(snapshot), self.merged)

    @cached_property
    def merged(self) -> dict[str, str]:
        """Their id of each customer that was merged over there → of the one that survived it."""
        return survivors(self.connection)

    def forget_merges(self) -> None:
        self.__dict__.pop("merged", None)

    def ours(self, record: SyncRecord) -> Snapshot | None:
        """Our record as it would be sent now; None while something stands in its way."""
        assembler = Assembler(self.connection, self.connector, self.mappings)
        made = assembler.snapshot(Kind(record.kind), record.subject_id)
        return None if made is None else self.projected(made)

    def like(self, kind: Kind, remote_id: str) -> RemoteRecord | None:
        """Their object of this id that is like records of this kind of ours."""
        rows = RemoteRecord.objects.filter(
            connection=self.connection, of_kind=kind, remote_id=remote_id, part=""
        ).exclude(remote_id="")
        return rows.select_related("sync_record").first()

    def tied(self, kind: Kind, remote_id: str) -> SyncRecord | None:
        """The sync record of ours that their object of this id stands for."""
        row = self.like(kind, remote_id)
        if row is None or row.retired or row.sync_record is None or row.sync_record.kind != kind:
            return None
        return row.sync_record

    def subject(self, kind: Kind, remote_id: str) -> Synced | None:
        """Our record that their object of this id stands for."""
        record = self.tied(kind, remote_id)
        return None if record is None else record.subject

    def name_of(self, customer_id: str) -> str:
        """Their name of a customer, by their id."""
        row = self.like(Kind.CUSTOMER, customer_id)
        return row.name if row is not None and row.name else customer_id

    def code_name(self, kind: CodeKind, remote_id: str) -> str:
        """Their name of a row of their chart or lists."""
        return self._code_names.get((kind, remote_id), remote_id)

    def rate_name(self, rate_id: str) -> str:
        """Their name of a rate that tax codes are made of."""
        return self._rate_names.get(rate_id, rate_id)

    @cached_property
    def _codes(self) -> list[RemoteCode]:
        return list(RemoteCode.objects.filter(connection=self.connection))

    @cached_property
    def _code_names(self) -> dict[tuple[str, str], str]:
        return {(each.kind, each.remote_id): str(each) for each in self._codes}

    @cached_property
    def _rate_names(self) -> dict[str, str]:
        return {
            str(part["remote_id"]): str(part["name"]) for each in self._codes for part in each.parts
        }

    def ours_behind(self, kind: str, remote_id: str) -> Synced | None:
        """Our record that an object of theirs stands for, whether the kind is our word or theirs."""
        word = "sync_record__kind" if kind in set(Kind) else "kind"
        row = (
            RemoteRecord.objects.filter(
                connection=self.connection, remote_id=remote_id, part="", retired=False
            )
            .filter(**{word: kind})
            .exclude(sync_record=None)
            .select_related("sync_record")
            .first()
        )
        return row.sync_record.subject if row is not None and row.sync_record else None

    def is_closed(self, day: date) -> bool:
        closed = self.company.closing_date
        return closed is not None and day <= closed

    def open_day(self, *not_before: date) -> date:
        """The first day of an open month on or after all of these."""
        first = max(not_before)
        closed = self.company.closing_date
        return (
            first if closed is None or first > closed else date.fromordinal(closed.toordinal() + 1)
        )

    def day_of(self, remote: RemoteObject) -> date:
        """The company's calendar day on which their object was last changed."""
        moment = remote.updated_at or now()
        return moment.astimezone(ZoneInfo(self.company.time_zone)).date()
