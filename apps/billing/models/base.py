"""What every synced record has: a marker for the outside, a revision, a change in the outbox."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NoReturn, Self

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from apps.billing.changes import maker, tell_on_commit
from apps.core.rows import insert_values

MONEY: dict[str, Any] = {"max_digits": 19, "decimal_places": 4}
FINE: dict[str, Any] = {"max_digits": 19, "decimal_places": 6}  # quantities, unit prices
OF_CHANGE = (
    *("kind", "subject_id", "company_id", "revision", "origin", "user_id", "quiet", "batch_id"),
    "made_at",
)
MANY = 20  # rows from which on the ORM's price of each is felt
BOOKKEEPING = frozenset({"revision", "created_at", "updated_at"})
RATE: dict[str, Any] = {"max_digits": 20, "decimal_places": 10}


class SetBasedWriteRefused(TypeError):
    """A set-based write would leave neither revision, change nor history behind."""

    def __init__(self, method: str) -> None:
        super().__init__(
            f"Use save(), or apps.billing.acts.bulk for many: {method}() leaves no change."
        )


class SyncedQuerySet(models.QuerySet[Any]):
    """Reads freely; writes go through save() or `apps.billing.acts.bulk`."""

    def update(self, **fields: Any) -> NoReturn:
        raise SetBasedWriteRefused("update")

    def bulk_create(self, *args: Any, **options: Any) -> NoReturn:
        raise SetBasedWriteRefused("bulk_create")

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise SetBasedWriteRefused("bulk_update")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete one by one, so that each record's own rules and history hold."""
        deleted: Counter[str] = Counter()
        with transaction.atomic(using=self.db):
            for record in self:
                deleted.update(record.delete()[1])
        return deleted.total(), dict(deleted)


SyncedManager = models.Manager.from_queryset(SyncedQuerySet)


def long_list(of: str, *orders: str) -> list[models.Index]:
    """Indexes by which a list of a million is read in each of these orders, its keys last: a page is
    then fifty entries of an index, however many rows there are."""
    return [
        models.Index(
            fields=[order, "-id" if order.startswith("-") else "id"],
            name=f"{of}_list_{order.removeprefix('-')}",
        )
        for order in orders
    ]


class Change(models.Model):
    """A row of the outbox: this record was changed, by whom, when.

    Readers mark what they took by set-based statements; nobody remembers the highest id, since
    ids commit out of order.
    """

    kind = models.CharField(max_length=20)  # Kind of the connectors' snapshots
    subject_id = models.BigIntegerField()
    company = models.ForeignKey("billing.Company", models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField()
    origin = models.CharField(max_length=40, blank=True)
    user_id = models.BigIntegerField(null=True)
    quiet = models.BooleanField(default=False)  # brings what was so before: see `Maker`
    batch_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    sync_read_at = models.DateTimeField(null=True)
    triggers_read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["company", "id"],
                name="change_for_sync",
                condition=models.Q(sync_read_at=None),
            ),
            models.Index(
                fields=["company", "id"],
                name="change_for_triggers",
                condition=models.Q(triggers_read_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} revision {self.revision}"


class Remembered(models.Model):
    """A record whose history names the person behind a change, also in a task or an import."""

    class Meta:
        abstract = True

    @property
    def _history_user(self) -> Any:
        """The person behind the change, also in a task; without one, the request's (AttributeError
        makes simple-history ask for it)."""
        if maker().user_id is None:
            raise AttributeError("_history_user")
        return get_user_model()(pk=maker().user_id)

    @property
    def _change_reason(self) -> str:
        made = maker()
        return " ".join(part for part in (made.origin, made.reason) if part)


class Frozen(ValidationError):
    """What is in the books is corrected by an act with a date of its own, not by an edit."""


class Synced(Remembered):
    """A record that can stand in a ledger. Every save raises its revision and leaves a change.

    Fields in `SUM_FIELDS` are sums over allocations: `save()` keeps what is stored, whatever a
    copy in memory says, so that a stale copy never undoes an allocation. So it does of those in
    `TOLD_FIELDS`, which say what other rows say of it.
    """

    kind: ClassVar[str]
    SUM_FIELDS: ClassVar[tuple[str, ...]] = ()
    TOLD_FIELDS: ClassVar[tuple[str, ...]] = ()

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SyncedManager()

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        with transaction.atomic(using=using):
            if self._state.adding:
                self._check_new()
            else:
                if not self._by_act:
                    self._lock_books()
                self._check_change(update_fields)
            if update_fields is not None:
                update_fields = {*update_fields, "revision", "updated_at"}
            super().save(
                force_insert=force_insert,
                force_update=force_update,
                using=using,
                update_fields=update_fields,
            )
            note_changes([self])

    def save_by_act(self) -> None:
        """Save what only an act of billing may write (a status, a number, a reversal).

        For the acts in `apps.billing.actions`, which have checked the rules of the books.
        """
        self._by_act = True
        try:
            self.save()
        finally:
            self._by_act = False

    _by_act = False

    def _check_new(self) -> None:
        if not self._by_act:
            self._refuse_new()

    def _check_change(self, update_fields: Iterable[str] | None) -> None:
        """Refuse what may not change, under the row's lock, and take the next revision."""
        rows = type(self)._base_manager.select_for_update().filter(pk=self.pk)
        stored: dict[str, Any] = dict(rows.values().get())
        self.revision = stored["revision"] + 1
        for name in (*self.SUM_FIELDS, *self.TOLD_FIELDS):
            setattr(self, name, stored[name])
        if not self._by_act:
            self._refuse_changes(stored, self._changed(stored, update_fields))

    def _changed(
        self, stored: Mapping[str, Any], update_fields: Iterable[str] | None
    ) -> "list[models.Field[Any, Any]]":
        """The fields that this save would write with another value than is stored."""
        written = None if update_fields is None else set(update_fields)
        unread = self.get_deferred_fields()
        return [
            field
            for field in self._meta.concrete_fields
            if not field.generated
            and field.name not in BOOKKEEPING
            and field.attname not in unread
            and (written is None or written & {field.name, field.attname})
            and stored[field.attname] != getattr(self, field.attname)
        ]

    def _lock_books(self) -> None:
        """Take the company's lock before the record's own where its closing date decides."""

    def _refuse_new(self) -> None:
        """Raise when such a record is made by an act alone. By default anyone may save one."""

    def _refuse_changes(
        self, stored: Mapping[str, Any], changed: "list[models.Field[Any, Any]]"
    ) -> None:
        """Raise `Frozen` when one of the changed fields may not change. By default all may."""

    def hold(self) -> None:
        """Lock the row until the transaction ends and read it afresh: acts work on what is stored,
        edits in memory that were not saved are dropped."""
        self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update())

    @classmethod
    def locked(cls, pk: int) -> Self:
        """The record, its row locked until the transaction ends."""
        found: Self = cls._base_manager.select_for_update().get(pk=pk)
        return found


def note_changes(records: Iterable[Synced]) -> None:
    """Leave one change per record in the outbox, in the transaction that wrote them."""
    made, now = maker(), timezone.now()
    rows = [
        (
            record.kind,
            record.pk,
            record.company_id,  # type: ignore[attr-defined] # every synced model has one
            record.revision,
            made.origin,
            made.user_id,
            made.quiet,
            made.batch_id,
            now,
        )
        for record in records
    ]
    if len(rows) < MANY:
        Change.objects.bulk_create(Change(**dict(zip(OF_CHANGE, row, strict=True))) for row in rows)
    else:
        insert_values(Change, [Change._meta.get_field(name) for name in OF_CHANGE], rows)  # type: ignore[misc] # concrete fields
    tell_on_commit()


class WithLines(models.Model):
    """A document's history row holds its lines as they were, as JSON (amounts as texts)."""

    lines_then = models.JSONField(default=list)

    class Meta:
        abstract = True
