"""The businesses in memory, written through to their rows; what a request did is all or nothing."""

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import transaction

from ..clock import clock, microseconds
from ..models import BookRow, BusinessRow
from ..storage import one_writer
from .switches import DEFAULTS
from .wire import EASTERN

Content = dict[str, Any]
# What an object is looked up by beside its id.
KEYS = ("invoice_number", "credit_number", "invoiceid", "creditid", "overpaymentid")


class Business:
    """One business's books. Whoever uses it holds `lock`."""

    def __init__(self, row: BusinessRow) -> None:
        self.lock = threading.RLock()
        self.id = row.business
        self.account = row.account
        self.uuid = row.uuid
        self.name = row.name
        self.person = row.person
        self.settings: Content = {**DEFAULTS, **row.settings}
        self.sequences: Content = dict(row.sequences)
        self.created = row.created_us
        self.objects: dict[str, dict[int, Content]] = {}
        self.keys: dict[tuple[str, str, Any], dict[int, None]] = {}
        self.filed: dict[tuple[str, int], list[tuple[str, str, Any]]] = {}
        self.dirty: dict[tuple[str, int], None] = {}
        self.undo: list[tuple[str, int, Content | None]] = []
        self.row_moved = False
        self.now = clock.now()
        # Events of what was done, told to whoever registered for them.
        self.events: list[tuple[str, int]] = []
        for stored in BookRow.objects.filter(business=row.business).order_by("object_id"):
            self._place(stored.kind, stored.object_id, json.loads(stored.body))

    @property
    def key(self) -> str:
        """Its name among the counters that all simulated ledgers share."""
        return f"freshbooks {self.id}"

    @property
    def base(self) -> str:
        return str(self.settings["currency_code"])

    @property
    def today(self) -> str:
        return self.now.astimezone(EASTERN).date().isoformat()

    @property
    def day(self) -> date:
        return self.now.astimezone(EASTERN).date()

    def switch(self, name: str) -> str:
        return str(self.settings[name])

    # --- reading -------------------------------------------------------------------------------
    def find(self, kind: str, identity: Any) -> Content | None:
        try:
            return self.objects.get(kind, {}).get(int(identity))
        except (TypeError, ValueError):
            return None

    def all(self, kind: str) -> list[Content]:
        return list(self.objects.get(kind, {}).values())

    def by(self, kind: str, name: str, value: Any) -> list[Content]:
        return [self.objects[kind][one] for one in self.keys.get((kind, name, value), {})]

    # --- writing -------------------------------------------------------------------------------
    def next_of(self, sequence: str, start: int = 1) -> int:
        given = int(self.sequences.get(sequence, start))
        self.sequences[sequence] = given + 1
        self.row_moved = True
        return given

    def add(self, kind: str, content: Content) -> Content:
        """A new object with an id and its times."""
        moment = microseconds(self.now)
        made: Content = {
            "id": self.next_of("id", self.id * 100_000 % 10**9 + 1),
            "created_us": moment,
        }
        made |= {"updated_us": moment, "vis_state": 0, "entries": [], **content}
        self.undo.append((kind, made["id"], None))
        self._place(kind, made["id"], made)
        self.dirty[kind, made["id"]] = None
        return made

    def edit(self, kind: str, identity: int, *, touch: bool = True) -> Content:
        """A copy to change in its place; `touch` moves `updated`."""
        before = self.objects[kind][identity]
        after = copy.deepcopy(before)
        if touch:
            after["updated_us"] = max(microseconds(self.now), before["updated_us"])
        self.undo.append((kind, identity, before))
        self._place(kind, identity, after)
        self.dirty[kind, identity] = None
        return after

    def index(self, kind: str, content: Content) -> None:
        """File an edited object anew under what it is looked up by."""
        self._place(kind, content["id"], content)

    def remove(self, kind: str, identity: int) -> None:
        self.undo.append((kind, identity, self.objects[kind][identity]))
        self._place(kind, identity, None)
        self.dirty[kind, identity] = None

    def _place(self, kind: str, identity: int, content: Content | None) -> None:
        of_kind = self.objects.setdefault(kind, {})
        for key in self.filed.pop((kind, identity), ()):
            self.keys[key].pop(identity, None)
        if content is None:
            of_kind.pop(identity, None)
            return
        of_kind[identity] = content
        keys = [(kind, name, content[name]) for name in KEYS if content.get(name)]
        self.filed[kind, identity] = keys
        for key in keys:
            self.keys.setdefault(key, {})[identity] = None

    def tell(self, event: str, identity: int) -> None:
        self.events.append((event, identity))

    @contextmanager
    def step(self) -> Iterator[None]:
        """All that happens inside is kept, or, when it is refused, undone."""
        outer, self.undo = self.undo, []
        sequences, events = dict(self.sequences), list(self.events)
        try:
            yield
        except BaseException:
            for kind, identity, before in reversed(self.undo):
                self._place(kind, identity, before)
            self.undo, self.sequences, self.events = outer, sequences, events
            raise
        self.undo = outer + self.undo

    def flush(self) -> None:
        """Write what was changed; debits equal credits or nothing is written."""
        rows, gone = [], []
        for kind, identity in self.dirty:
            content = self.find(kind, identity)
            if content is None:
                gone.append((kind, identity))
                continue
            if sum(entry[2] for entry in content["entries"]):
                raise ValueError(f"{kind} {identity} does not balance: {content['entries']}")
            body = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
            rows.append(BookRow(business=self.id, kind=kind, object_id=identity, body=body))
        if rows or gone or self.row_moved:
            with one_writer, transaction.atomic(using="sandbox"):
                BookRow.objects.bulk_create(
                    rows,
                    update_conflicts=True,
                    unique_fields=["business", "kind", "object_id"],
                    update_fields=["body"],
                )
                for kind, identity in gone:
                    BookRow.objects.filter(business=self.id, kind=kind, object_id=identity).delete()
                if self.row_moved:
                    BusinessRow.objects.filter(pk=self.id).update(
                        name=self.name, settings=self.settings, sequences=self.sequences
                    )
        self.dirty, self.undo, self.row_moved = {}, [], False


_all: dict[int, Business] = {}
# Each of its three ids -> the first of them.
_names: dict[str, int] = {}
_all_lock = threading.Lock()


def business(identity: Any) -> Business | None:
    """By business id, account id or uuid; read from its rows the first time."""
    text = str(identity)
    with _all_lock:
        if text in _names:
            return _all[_names[text]]
        rows = BusinessRow.objects
        found = rows.filter(account=text).first() or rows.filter(uuid=text).first()
        if found is None and text.isdigit():
            found = rows.filter(pk=int(text)).first()
        if found is None:
            return None
        read = _all.setdefault(found.business, Business(found))
        _names.update(dict.fromkeys((str(read.id), read.account, read.uuid), read.id))
        return read


def forget(identity: int | None = None) -> None:
    """Read it anew from its rows when it is next asked for."""
    with _all_lock:
        for one in [identity] if identity else list(_all):
            gone = _all.pop(one, None)
            for name in (str(gone.id), gone.account, gone.uuid) if gone else ():
                _names.pop(name, None)


@contextmanager
def working(books: Business) -> Iterator[Business]:
    """The books in one hand, at one time; what was done is written when it ends well."""
    with books.lock:
        books.now = clock.now()
        try:
            with books.step():
                yield books
        except BaseException:
            books.dirty, books.undo, books.row_moved = {}, [], False
            raise
        try:
            books.flush()
        except BaseException:
            # The rows are the truth: memory is read anew from them.
            forget(books.id)
            raise
