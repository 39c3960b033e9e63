"""The organisations in memory, written through to their rows; what a request did is all or nothing."""

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from ..clock import clock, microseconds, moment_of
from ..models import ObjectRow, OrganisationRow
from ..storage import one_writer
from . import webhooks, wire
from .currencies import usual_rate
from .switches import DEFAULTS

Content = dict[str, Any]
ZONES = {
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "GMTSTANDARDTIME": "Europe/London",
    "EASTERNSTANDARDTIME": "America/New_York",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
    "WEUROPESTANDARDTIME": "Europe/Berlin",
    "UTC": "UTC",
}


def keys_of(kind: str, content: Content) -> list[tuple[str, ...]]:
    """What an object is looked up by beside its id."""
    keys: list[tuple[str, ...]] = []
    for name in ("number", "code"):
        if content.get(name):
            keys.append((kind, name, str(content[name]).lower()))
    if kind == "Contacts":
        keys.append((kind, "name", content["name"].strip().lower()))
    for name in ("contact", "owner"):
        if content.get(name):
            keys.append((kind, name, content[name]))
    return keys


class Organisation:
    """One organisation's books. Whoever uses it holds `lock`."""

    def __init__(self, row: OrganisationRow) -> None:
        self.lock = threading.RLock()
        self.tenant = row.tenant
        self.name = row.name
        self.person = row.person
        self.settings: Content = {**DEFAULTS, **row.settings}
        self.sequences: Content = dict(row.sequences)
        self.created = moment_of(row.created_us)
        self.objects: dict[str, dict[str, Content]] = {}
        self.keys: dict[tuple[str, ...], dict[str, None]] = {}
        self.dirty: dict[tuple[str, str], None] = {}
        self.undo: list[tuple[str, str, Content | None]] = []
        self.row_moved = False
        self.now = clock.now()
        for stored in ObjectRow.objects.filter(tenant=row.tenant).order_by("number"):
            content = wire.recall(stored.body)
            self._place(stored.kind, stored.object_id, content)

    # --- reading -------------------------------------------------------------------------------
    @property
    def base(self) -> str:
        return str(self.settings["base_currency"])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(ZONES.get(self.settings["timezone"], "UTC"))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def switch(self, name: str) -> str:
        return str(self.settings[name])

    def find(self, kind: str, identity: Any) -> Content | None:
        return self.objects.get(kind, {}).get(str(identity).lower())

    def all(self, kind: str) -> list[Content]:
        return list(self.objects.get(kind, {}).values())

    def by(self, kind: str, name: str, value: Any) -> list[Content]:
        found = self.keys.get((kind, name, str(value).strip().lower()), {})
        return [self.objects[kind][one] for one in found]

    def account(self, *, code: Any = None, identity: Any = None) -> Content | None:
        """By id, or by code."""
        if identity is not None:
            return self.find("Accounts", identity)
        found = self.by("Accounts", "code", code) if code is not None else []
        return next((one for one in found if one["status"] != "DELETED"), None)

    def system(self, name: str) -> str:
        """The id of the account that Xero keeps for itself under this name."""
        if not self.sequences.get(f"system {name}"):
            raise ValueError(f"there is no account {name}")
        return str(self.sequences[f"system {name}"])

    def rate(self, code: str) -> Decimal:
        """Units of a currency per unit of the base currency, where nobody said another one."""
        if code == self.base:
            return Decimal(1)
        told = self.settings["rates"].get(code)
        return Decimal(told) if told else usual_rate(code, self.base)

    # --- writing -------------------------------------------------------------------------------
    def next_of(self, sequence: str) -> int:
        given = int(self.sequences.get(sequence, 1))
        self.sequences[sequence] = given + 1
        self.row_moved = True
        return given

    def add(self, kind: str, content: Content) -> Content:
        """A new object with an id and its times."""
        moment = microseconds(self.now)
        made = {"id": str(uuid4()), "made": self.next_of("made"), "created": moment, **content}
        made["updated"] = moment
        self.undo.append((kind, made["id"], None))
        self._place(kind, made["id"], made)
        self.dirty[kind, made["id"]] = None
        return made

    def edit(self, kind: str, identity: str, *, touch: bool = True) -> Content:
        """A copy to change in its place; `touch` moves UpdatedDateUTC."""
        before = self.objects[kind][identity]
        after = copy.deepcopy(before)
        if touch:
            after["updated"] = max(microseconds(self.now), before["updated"])
        self.undo.append((kind, identity, before))
        self._place(kind, identity, after)
        self.dirty[kind, identity] = None
        return after

    def index(self, kind: str, content: Content) -> None:
        """File an edited object anew under what it is looked up by."""
        self._place(kind, content["id"], content)

    def remove(self, kind: str, identity: str) -> None:
        self.undo.append((kind, identity, self.objects[kind][identity]))
        self._place(kind, identity, None)
        self.dirty[kind, identity] = None

    def _place(self, kind: str, identity: str, content: Content | None) -> None:
        of_kind = self.objects.setdefault(kind, {})
        for key in self._filed.pop((kind, identity), ()):
            self.keys[key].pop(identity, None)
        if content is None:
            of_kind.pop(identity, None)
            return
        of_kind[identity] = content
        keys = keys_of(kind, content)
        self._filed[kind, identity] = keys
        for key in keys:
            self.keys.setdefault(key, {})[identity] = None

    @property
    def _filed(self) -> dict[tuple[str, str], list[tuple[str, ...]]]:
        filed: dict[tuple[str, str], list[tuple[str, ...]]] = self.__dict__.setdefault("filed", {})
        return filed

    @contextmanager
    def step(self) -> Iterator[None]:
        """All that happens inside is kept, or, when it is refused, undone."""
        outer, self.undo = self.undo, []
        sequences = dict(self.sequences)
        try:
            yield
        except BaseException:
            for kind, identity, before in reversed(self.undo):
                self._place(kind, identity, before)
            self.undo = outer
            self.sequences = sequences
            raise
        self.undo = outer + self.undo

    def flush(self) -> None:
        """Write what was changed; debits equal credits or nothing is written."""
        if not self.dirty and not self.row_moved:
            return
        rows, gone = [], []
        for kind, identity in self.dirty:
            content = self.find(kind, identity)
            if content is None:
                gone.append((kind, identity))
                continue
            if sum(entry[2] for entry in content.get("entries", ())):
                raise ValueError(f"{kind} {identity} does not balance: {content['entries']}")
            rows.append(
                ObjectRow(
                    tenant=self.tenant,
                    kind=kind,
                    object_id=identity,
                    number=content["made"],
                    body=wire.keep(content),
                )
            )
        with one_writer, transaction.atomic(using="sandbox"):
            ObjectRow.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["tenant", "kind", "object_id"],
                update_fields=["body"],
            )
            for kind, identity in gone:
                ObjectRow.objects.filter(tenant=self.tenant, kind=kind, object_id=identity).delete()
            if self.row_moved:
                self.save_row()
        webhooks.note(self.tenant, [(kind, self.find(kind, one)) for kind, one in self.dirty])
        self.dirty, self.undo, self.row_moved = {}, [], False

    def save_row(self) -> None:
        OrganisationRow.objects.filter(pk=self.tenant).update(
            name=self.name, settings=self.settings, sequences=self.sequences
        )


_all: dict[str, Organisation] = {}
_all_lock = threading.Lock()


def organisation(tenant: str) -> Organisation | None:
    """The organisation as it lies in memory; read from its rows the first time."""
    with _all_lock:
        if tenant not in _all:
            row = OrganisationRow.objects.filter(pk=tenant).first()
            if row is None:
                return None
            _all[tenant] = Organisation(row)
        return _all[tenant]


def forget(tenant: str | None = None) -> None:
    """Read it anew from its rows when it is next asked for."""
    with _all_lock:
        for one in [tenant] if tenant else list(_all):
            _all.pop(one, None)


@contextmanager
def working(org: Organisation) -> Iterator[Organisation]:
    """The books in one hand, at one time; what was done is written when it ends well."""
    with org.lock:
        org.now = clock.now()
        try:
            with org.step():
                yield org
        except BaseException:
            org.dirty, org.undo, org.row_moved = {}, [], False
            raise
        try:
            org.flush()
        except BaseException:
            # The rows are the truth: memory is read anew from them.
            forget(org.tenant)
            raise


def moment(content: Content) -> datetime:
    """UpdatedDateUTC, whole milliseconds."""
    return moment_of(content["updated"] // 1000 * 1000).astimezone(UTC)
