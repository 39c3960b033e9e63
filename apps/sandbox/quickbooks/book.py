"""One request's work on one company's books: read once, stage changes, write all of it at the end."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ..clock import clock, microseconds
from ..models import Company, FileRow, StoredObject
from ..storage import one_writer
from . import faults, ledger, webhooks, wire
from .currencies import NAMES, home_cents, unit_of
from .filing import NAME_KINDS, Filed, filed
from .posting import ControlAccounts, rate_of
from .switches import DEFAULTS

Key = tuple[str, int]

# Where each kind's ids come from: all transactions share one sequence, so do the three name lists.
SEQUENCES = {"Customer": "name", "Vendor": "name", "Employee": "name"}
FIRST_IDS = {"Class": 5000000000000142238, "Attachable": 5000000000000010341}


class Book:
    """Reads see the database and what this request kept; `item()` makes each part all or nothing."""

    def __init__(self, company: Company) -> None:
        self.company = company
        # A company opened before a switch existed has its default.
        self.settings: dict[str, Any] = {**DEFAULTS, **company.settings}
        self.multicurrency: bool = self.settings["multicurrency"]
        self.now: datetime = clock.now()
        self.zone = ZoneInfo(company.zone)
        self.stamp = wire.stamp(self.now, self.zone)
        self.today: date = self.now.astimezone(self.zone).date()
        self.control = ControlAccounts(**self.settings["control_accounts"])
        self.cache: dict[Key, StoredObject | None] = {}
        self.kept: dict[Key, StoredObject] = {}
        self.staged: dict[Key, StoredObject] = {}
        self.made_in_batch: set[Key] = set()
        self.sequences_moved = False
        # Bytes that came with attachables of this request, by their ids.
        self.files: dict[int, bytes] = {}
        # A company being opened has nothing stored yet: no need to look.
        self.brand_new = False
        # What lines ask of masters again and again: their reference and the account they post to.
        self.facts: dict[tuple[str, str], Any] = {}

    # --- reading -------------------------------------------------------------------------------
    def find(self, kind: str, identity: int) -> StoredObject | None:
        """The object, deleted ones too."""
        key = (kind, identity)
        for layer in (self.staged, self.kept):
            if key in layer:
                return layer[key]
        if key not in self.cache:
            self.preload(kind, [identity])
        return self.cache[key]

    def preload(self, kind: str, identities: Iterable[int]) -> None:
        """Read many at once what a batch is going to ask for one by one."""
        wanted = [one for one in set(identities) if (kind, one) not in self.cache]
        if not wanted:
            return
        self.cache.update({(kind, identity): None for identity in wanted})
        for start in range(0, len(wanted), 500):
            for stored in self.objects(kind).filter(object_id__in=wanted[start : start + 500]):
                self.cache[kind, stored.object_id] = stored

    def objects(self, kind: str) -> Any:
        return StoredObject.objects.filter(realm=self.company.realm, kind=kind)

    def everything(self, kind: str) -> list[StoredObject]:
        """All live objects of a short list, as this request sees it."""
        if ("list", kind) not in self.facts:
            self.facts["list", kind] = list(self.objects(kind).filter(deleted=False))
        rows = {(one.kind, one.object_id): one for one in self.facts["list", kind]}
        for layer in (self.kept, self.staged):
            rows |= {key: one for key, one in layer.items() if key[0] == kind}
        return [one for one in rows.values() if not one.deleted]

    def require(self, kind: str, identity: Any) -> StoredObject:
        """The live object an update or a read names; 610 where there is none."""
        stored = self.find(kind, int(identity)) if str(identity).isdigit() else None
        if stored is None:
            raise faults.not_found(f"{kind} {identity} was not found")
        if stored.deleted:
            raise faults.not_found("Another user has deleted this transaction.")
        return stored

    def referred(self, kind: str, value: str, *, allow_inactive: bool = False) -> StoredObject:
        """What a reference in a document points to; 2500 with their list's name where it cannot."""
        stored = self.find(kind, int(value)) if value.isdigit() else None
        there = stored is not None and not stored.deleted
        if stored is None or not there or (kind, stored.object_id) in self.made_in_batch:
            raise unknown_reference(kind, value)
        if not (stored.active or allow_inactive):
            raise self.inactive(kind, value)
        return stored

    def inactive(self, kind: str, value: str) -> faults.Refused:
        """What naming an inactive record is answered with: as the real one does, naming nothing.

        610 is the newer answer (QuickBooks-V3-DotNET-SDK#353, 2025), 2500 an older one
        (QuickBooks-V3-PHP-SDK#110, 2018), both with these words alone.
        """
        if self.settings["inactive_fault"] == "named":
            return unknown_reference(kind, value)
        if self.settings["inactive_fault"] == "2500":
            return faults.Refused("2500", faults.MADE_INACTIVE)
        return faults.not_found()

    def owed_by(self, customer: int) -> int:
        """What stands open on a customer's account, in cents of its currency, as this request sees it."""
        rows = StoredObject.objects.filter(realm=self.company.realm, customer=customer)
        found = {(one.kind, one.object_id): one for one in rows.exclude(open_amount=0)}
        for layer in (self.kept, self.staged):
            found |= layer
        return sum(one.open_amount for one in found.values() if one.customer == customer)

    def name_owner(self, kind: str, name_key: str, except_id: int | None) -> StoredObject | None:
        """Who already has this name, in all kinds that share names with `kind`."""
        kinds = NAME_KINDS if kind in NAME_KINDS else (kind,)
        layers = {**self.kept, **self.staged}
        for key, stored in layers.items():
            if key[0] in kinds and stored.name_key == name_key and key != (kind, except_id):
                return stored
        if self.brand_new:
            return None
        rows = StoredObject.objects.filter(
            realm=self.company.realm, kind__in=kinds, name_key=name_key, deleted=False
        )
        for stored in rows:
            key = (stored.kind, stored.object_id)
            if key not in layers and key != (kind, except_id):
                return stored
        return None

    def number_owner(
        self, kind: str, doc_number: str, except_id: int | None
    ) -> StoredObject | None:
        """Who already has this document number among the kind's documents that still exist."""
        layers = {**self.kept, **self.staged}
        for key, stored in layers.items():
            same = key[0] == kind and stored.doc_number == doc_number and not stored.deleted
            if same and key[1] != except_id:
                return stored
        for stored in self.objects(kind).filter(doc_number=doc_number, deleted=False):
            if (kind, stored.object_id) not in layers and stored.object_id != except_id:
                return stored
        return None

    # --- writing -------------------------------------------------------------------------------
    def next_of(self, sequence: str, first: int = 1) -> int:
        given: int = self.company.sequences.get(sequence, first)
        self.company.sequences[sequence] = given + 1
        self.sequences_moved = True
        return given

    def add(self, kind: Filed, content: dict[str, Any]) -> StoredObject:
        """Give a new object its id and first version and stage it."""
        sequence = "txn" if kind.is_transaction else SEQUENCES.get(kind.name, kind.name)
        identity = self.next_of(sequence, FIRST_IDS.get(kind.name, 1))
        moment = microseconds(self.now)
        stored = StoredObject(
            realm=self.company.realm,
            kind=kind.name,
            object_id=identity,
            created_us=moment,
            updated_us=moment,
        )
        meta = {"CreateTime": self.stamp, "LastUpdatedTime": self.stamp}
        self.place(stored, kind, content, meta)
        return stored

    def edit(self, stored: StoredObject) -> StoredObject:
        """A copy to change, staged with its version raised; a second call in one item gives it again."""
        key = (stored.kind, stored.object_id)
        if key in self.staged:
            return self.staged[key]
        changed = StoredObject(
            **{name: getattr(stored, name) for name in COPIED}, created_us=stored.created_us
        )
        changed.sync_token += 1
        changed.updated_us = microseconds(self.now)
        meta = {**changed.content["MetaData"], "LastUpdatedTime": self.stamp}
        changed.content = {
            **changed.content,
            "SyncToken": str(changed.sync_token),
            "MetaData": meta,
        }
        self.staged[key] = changed
        return changed

    def rewrite(self, stored: StoredObject, kind: Filed, content: dict[str, Any]) -> StoredObject:
        """Replace what an object says, keeping its identity and raising its version."""
        changed = self.edit(stored)
        self.place(changed, kind, content, changed.content["MetaData"])
        return changed

    def place(
        self, stored: StoredObject, kind: Filed, content: dict[str, Any], meta: dict[str, Any]
    ) -> None:
        stored.content = {
            **content,
            "domain": "QBO",
            "sparse": False,
            "Id": str(stored.object_id),
            "SyncToken": str(stored.sync_token),
            "MetaData": meta,
        }
        # Linking looks at the columns before the item ends.
        kind.index(stored)
        self.staged[kind.name, stored.object_id] = stored

    def delete(self, stored: StoredObject) -> None:
        """Leave a tombstone: gone for reads and queries, seen by the change feed."""
        gone = self.edit(stored)
        gone.deleted = True

    @contextmanager
    def item(self) -> Iterator[None]:
        """All that happens inside is kept together, or, when it is refused, forgotten together."""
        self.staged = {}
        try:
            yield
            for (kind, _), stored in self.staged.items():
                keep_home_balance(stored)
                filed(kind).index(stored)
                stored.body = wire.encode(stored.content)
        except BaseException:
            self.staged = {}
            raise
        self.kept.update(self.staged)
        self.staged = {}

    def flush(self) -> None:
        """Write all that was kept; debits equal credits or nothing is written."""
        if self.kept:
            StoredObject.objects.bulk_create(
                self.kept.values(),
                update_conflicts=True,
                unique_fields=["realm", "kind", "object_id"],
                update_fields=WRITTEN,
            )
            ledger.post(self)
        if self.files:
            realm = self.company.realm
            FileRow.objects.bulk_create(
                [FileRow(realm=realm, object_id=k, content=v) for k, v in self.files.items()],
                update_conflicts=True,
                unique_fields=["realm", "object_id"],
                update_fields=["content"],
            )
        if self.sequences_moved:
            self.company.save(update_fields=["sequences"])

    # --- words used by every kind --------------------------------------------------------------
    def currency(self, code: str = "") -> dict[str, str]:
        """A currency as references are answered; the home currency without a code."""
        code = code or self.company.home_currency
        return {"value": code, "name": NAMES.get(code, code)}

    def unit(self, code: str) -> Decimal:
        """The smallest amount of a document in this currency."""
        return unit_of(code) if self.settings["minor_units"] == "currency" else wire.CENT

    def check_open(self, txn_date: str | None) -> None:
        """Refuse what is dated in a closed period."""
        closed = self.settings.get("book_close_date")
        if closed and txn_date and txn_date <= closed:
            code = "6210" if self.settings.get("book_close_password") else "6200"
            raise faults.Refused(
                code,
                f"The account period has closed and the account books cannot be updated "
                f"through QBO services: the books are closed through {closed}.",
                "TxnDate",
            )


# What a copy for writing takes over; without the row's own key, so that writing it is an upsert.
COPIED = ["realm", "kind", "object_id"]
WRITTEN = [
    "sync_token",
    "name_key",
    "doc_number",
    "txn_date",
    "customer",
    "active",
    "deleted",
    "total",
    "open_amount",
    "updated_us",
    "body",
]
COPIED += WRITTEN


@contextmanager
def writing(realm: str) -> Iterator[Book]:
    """Books to write in: alone, in one durable transaction, all of it or nothing."""
    with one_writer, transaction.atomic(using="sandbox"):
        book = Book(Company.objects.get(pk=realm))
        yield book
        book.flush()
    webhooks.note(realm, list(book.kept.values()))


def reading(realm: str) -> Book:
    return Book(Company.objects.get(pk=realm))


def unknown_reference(kind: str, value: str) -> faults.Refused:
    list_name = filed(kind).list_name
    return faults.Refused("2500", f"{list_name} element id {value} not found", list_name)


def reference_to(stored: StoredObject) -> dict[str, str]:
    """`{"value", "name"}` of an object, as references are answered."""
    content = stored.content
    name = content.get("DisplayName") or content.get("FullyQualifiedName") or content["Name"]
    return {"value": str(stored.object_id), "name": name}


def keep_home_balance(stored: StoredObject) -> None:
    """What is open, in the home currency, wherever the document answers its home total."""
    if "HomeBalance" in stored.content:
        content = stored.content
        home = wire.from_cents(home_cents(wire.cents(content["Balance"]), rate_of(content)))
        stored.content = {**content, "HomeBalance": home}


def amount_of(content: dict[str, Any], name: str) -> Decimal:
    return Decimal(content.get(name) or 0)
