"""Writes an archive into the database: a new company, whole and as it was, or nothing.

Everything happens in one transaction. Rows go in past saves, so that no revision rises, no history
is added and no change is told to anybody; then all of it is read back and held against the archive,
byte for byte, before anybody else sees it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db import DatabaseError, connection, models, transaction
from django.db.models import Max

from apps.billing.acts.approving import fingerprint
from apps.billing.models import Approval, Company
from apps.connections.models import Connection
from apps.core.deeds import Deed, What, tell
from apps.core.rows import insert_values
from apps.exchange.archive import returning
from apps.exchange.archive.carried import Field, Kind, Treatment, kinds
from apps.exchange.archive.cells import NotSuch, reader
from apps.exchange.archive.manifest import PEOPLE, RECEIVABLES, Digest
from apps.exchange.archive.people import People
from apps.exchange.archive.reading import Archive, CannotRestore
from apps.exchange.archive.rows import AT_ONCE, lines_of
from apps.exchange.archive.totals import receivables, totals
from apps.exchange.erasing.tombstones import erase_again

LOCK: Final = 0x7469656F7574  # of PostgreSQL: one restore at a time
# Keys that others may take between our look at the counters and our moving them.
BETWEEN: Final = 10_000
Told = Callable[[str], None]


def restore(archive: Archive, *, name: str = "", tell: Told = lambda word: None) -> Company:
    """The company, written whole. `name` is its legal name here, where another has its own.

    `tell` hears of each kind as it begins. Raises `CannotRestore`, and nothing was written then.
    """
    try:
        with transaction.atomic():
            return _Restoring(archive, name.strip(), tell).done()
    except DatabaseError as refusal:
        raise CannotRestore(
            "The database refused what this archive holds, so nothing was restored: "
            f"{str(refusal).splitlines()[0]}"
        ) from refusal


class _Restoring:
    def __init__(self, archive: Archive, name: str, tell: Told) -> None:
        self.archive, self.manifest, self.tell = archive, archive.manifest, tell
        self.name = name or self.manifest.legal_name
        self.last, self.moves_by = self.manifest.last, 0

    def done(self) -> Company:
        self._refuse_name()
        self.moves_by = _distance(self.last)
        self.people = People.of(self.archive)
        for kind in kinds():
            self.tell(kind.label)
            self._write(kind)
        self.tell("comparing")
        connection.check_constraints([each.model._meta.db_table for each in kinds()])
        self._compare()
        company = Company.objects.get(pk=self._move(self.manifest.company))
        self._sign_again()
        returning.mark(company)
        # Its rows say the dates they had there: what keeps the trail has to know why.
        tell(Deed(what=What.RESTORED, rule="Restored from an archive", company=company.pk))
        erase_again(company.pk)
        return company

    def _move(self, key: int) -> int:
        return key + self.moves_by

    def _back(self, key: int) -> int:
        return key - self.moves_by

    def _refuse_name(self) -> None:
        if not self.name or len(self.name) > 200:
            raise CannotRestore("Give the company a name of at most 200 characters, by --name.")
        if Company.objects.filter(legal_name=self.name).exists():
            raise CannotRestore(
                f"There is a company “{self.name}” already, and a restored one is a new one. Give it "
                "another name by --name."
            )

    # --- in ---------------------------------------------------------------------------------------

    def _write(self, kind: Kind) -> None:
        fields = kind.fields
        readers = [self._reader(kind, each) for each in fields]
        marks = [place for place, each in enumerate(fields) if each.name == "public_id"]
        owner = [place for place, each in enumerate(fields) if each.attname == "company_id"]
        company = self._move(self.manifest.company)
        for portion, first in self._portions(kind.label):
            rows = []
            for place, row in enumerate(portion, start=first):
                try:
                    if len(row) != len(fields):
                        raise NotSuch
                    values = [read(cell) for read, cell in zip(readers, row, strict=True)]
                except (NotSuch, *SHAPES):
                    raise self.archive.refused(kind.label, place) from None
                if any(values[each] != company for each in owner):
                    raise self.archive.refused(kind.label, place)
                rows.append(values)
            if marks and first == 1 and not kind.is_history:
                self._refuse_twice(kind, [row[marks[0]] for row in rows])
            if kind.model is Connection:
                returning.refuse_books_of_another(rows, [each.name for each in fields])
            insert_values(kind.model, fields, rows)

    def _portions(self, name: str) -> Iterator[tuple[list[list[Any]], int]]:
        """Rows, and the place of the first of them."""
        first, portion = 1, []
        for row in self.archive.rows(name):
            portion.append(row)
            if len(portion) == AT_ONCE:
                yield portion, first
                first, portion = first + AT_ONCE, []
        if portion:
            yield portion, first

    def _reader(self, kind: Kind, each: Field) -> Callable[[Any], Any]:
        read, treatment = reader(each), kind.treatment(each)
        renumber = kind.renumber(each)
        if kind.model is Company and each.name == "legal_name":
            return lambda cell: self.name if read(cell) else ""
        if treatment is Treatment.BLANK:
            nothing = None if each.null else ""
            return lambda cell: nothing
        if treatment is Treatment.PERSON:
            return lambda cell: None if cell is None else self.people.here(read(cell))
        if treatment is Treatment.KEY:
            return lambda cell: _unless_none(read(cell), self._own)
        if treatment is Treatment.RENUMBERED and renumber is not None:
            return lambda cell: _unless_none(read(cell), lambda value: renumber(value, self._move))
        return read

    def _own(self, key: int) -> int:
        """A key of this archive as it is here: none can lead to a row that stood here before."""
        if not 1 <= key <= self.last:
            raise NotSuch
        return self._move(key)

    def _refuse_twice(self, kind: Kind, marks: list[Any]) -> None:
        held: Any = models.QuerySet(kind.model).filter(public_id__in=marks).first()
        if held is not None:
            raise CannotRestore(
                f"This company stands here already, as “{held.company}”. An archive is restored "
                "beside nothing of its own: two companies would write to the same books."
            )

    # --- compared ---------------------------------------------------------------------------------

    def _compare(self) -> None:
        company = self._move(self.manifest.company)
        for kind in kinds():
            if kind.model is Company and self.name != self.manifest.legal_name:
                continue  # one row, with its new name
            digest = Digest()
            for portion in lines_of(kind, company, self._back, self.people.there):
                for each in portion:
                    digest.add(each)
            self._refuse_difference(kind.label, digest)
        digest = Digest()
        for each in receivables(company):
            digest.add(each)
        self._refuse_difference(RECEIVABLES, digest)
        if totals(company) != self.manifest.totals:
            raise CannotRestore(DIFFERS.format("the control totals"))
        for name in (RECEIVABLES, PEOPLE):
            for _ in self.archive.rows(name):
                pass  # read for its checksum

    def _refuse_difference(self, name: str, digest: Digest) -> None:
        if not digest.is_of(self.manifest.members[name]):
            raise CannotRestore(DIFFERS.format(name))

    # --- after ------------------------------------------------------------------------------------

    def _sign_again(self) -> None:
        """What waits for a second person is known by the keys of its record, which moved."""
        if not self.moves_by:
            return
        keys = [self._move(key) for key in self.manifest.asked if type(key) is int]
        company = self._move(self.manifest.company)
        for each in Approval.objects.filter(pk__in=keys, company=company):
            row: models.QuerySet[Any] = models.QuerySet(Approval).filter(pk=each.pk)
            row.update(fingerprint=fingerprint(each.subject))


DIFFERS: Final = (
    "Read back from this database, {} would not be what this archive says, so nothing was restored. "
    "Take another archive, and tell whoever runs Tieout."
)
# What hostile JSON makes of a function that reads ours.
SHAPES = (TypeError, ValueError, KeyError, AttributeError, RecursionError)


def _unless_none(value: Any, change: Callable[[Any], Any]) -> Any:
    return None if value is None else change(value)


# --- keys -----------------------------------------------------------------------------------------


def _distance(last: int) -> int:
    """How far all keys move, so that none of them was ever given here. Nil in an empty database.

    On PostgreSQL the counters of keys are moved behind them at once, for everybody.
    """
    postgres = connection.vendor == "postgresql"
    numbered = [each.model for each in kinds() if isinstance(each.model._meta.pk, models.AutoField)]
    if postgres:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    given = max(_given(model, postgres) for model in numbered)
    distance = given + BETWEEN if given and postgres else given
    for model in numbered:
        key: Any = model._meta.pk
        most = connection.ops.integer_field_range(key.get_internal_type())[1]
        if most is not None and distance + last + BETWEEN > most:
            raise CannotRestore(
                "The keys of this archive do not fit beside those that were given here. Restore it "
                "into a database of its own."
            )
        if postgres:
            _move_counter(model, distance + last)
    return distance


def _given(model: type[models.Model], postgres: bool) -> int:
    """The highest key that was given, also to a row that is gone."""
    highest = models.QuerySet(model).aggregate(found=Max("pk"))["found"] or 0
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if postgres:
            cursor.execute(
                "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)), 0)",
                [f'"{table}"', column],
            )
        else:
            cursor.execute(
                "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table]
            )
        found = cursor.fetchone()
    return max(int(highest), int(found[0]))


def _move_counter(model: type[models.Model], to: int) -> None:
    table, column = model._meta.db_table, model._meta.pk.column
    if to:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', column, to]
            )
