"""What the chain is about: is each row still what it was when it was sealed, and has each a seal?"""

import hmac
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef

from apps.trail.canonical import digest_of
from apps.trail.keys import keys
from apps.trail.models import Again, Entry, Floor, Shape
from apps.trail.ruled import Covered
from apps.trail.sealing import BEHIND, sealed
from apps.trail.sources import Source, sources
from apps.trail.verifying.findings import Findings, Found, Names, called_by, when

# A deed says when it began; the sealer sees it once its transaction has ended, and may have sealed what
# stood there meanwhile.
LONGEST_DEED: Final = timedelta(hours=1)


class Rows:
    """Holds rows against their entries, a portion at a time: a statement for each kind in it."""

    def __init__(self, findings: Findings, covered: Covered, names: Names) -> None:
        self.findings, self.covered, self.names = findings, covered, names
        self.count = 0
        self._columns: dict[int, tuple[str, ...]] = {}
        self._unchecked: set[tuple[str, str]] = set()
        # Sealed more than once: few, since only a rule changes what was sealed.
        more = Entry.objects.filter(turn__gt=0).order_by("turn")
        self._last = {
            (kind, key): turn for kind, key, turn in more.values_list("kind", "key", "turn")
        }

    def hold_against(self, entries: Sequence[Entry]) -> None:
        heaps: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        for entry in entries:
            heaps[entry.kind, entry.shape_id].append(entry)
        for (kind, shape), heap in heaps.items():
            source, columns = sources().get(kind), self._columns_of(shape)
            lacks = self._lacking(source, columns)
            if source is None or lacks:
                self._cannot(kind, lacks or "the table")
                continue
            self._hold(source, columns, heap)

    def _hold(self, source: Source, columns: tuple[str, ...], entries: Sequence[Entry]) -> None:
        wanted = source.ended().filter(pk__in=[each.key for each in entries])
        found = {row[0]: row for row in source.read(wanted, columns)}
        gone = [each.key for each in entries if each.key not in found]
        there = (
            set(source.rows().filter(pk__in=gone).values_list("pk", flat=True)) if gone else set()
        )
        for entry in entries:
            self.count += 1
            if self._last.get((entry.kind, entry.key), 0) != entry.turn:
                self._superseded(source, entry)
            elif entry.key in found:
                self._compare(source, columns, entry, found[entry.key])
            else:
                self._missing(source, entry, stands=entry.key in there)

    def _compare(
        self, source: Source, columns: Sequence[str], entry: Entry, row: Sequence[Any]
    ) -> None:
        _, _, at, *values = row
        digest = digest_of(keys()[entry.under], bytes(entry.salt), source.kind, columns, values)
        if not hmac.compare_digest(digest, bytes(entry.digest)):
            if not self._changed_since(entry):
                self._tell(source, entry, Found.REWRITTEN, "was rewritten after it was sealed", columns, values)  # fmt: skip
            return
        if source.at and entry.turn == 0 and entry.looked_at and at < entry.looked_at - BEHIND:
            restored = self.covered.restored(entry.company_id)
            # Its rows were there for the next look: what came after that was not restored.
            later = restored is not None and entry.looked_at > restored + LONGEST_DEED
            if restored is None or restored > entry.sealed_at or later:
                words = f"says it is of {when(at)}, and was not there when a look ended later: put in afterwards"
                self._tell(source, entry, Found.PUT_IN, words, columns, values)

    def _missing(self, source: Source, entry: Entry, *, stands: bool) -> None:
        if self.covered.purged(entry.kind, entry.key):
            return
        # A rule that changed a row may have opened it again, and has taken away none.
        if (stands or source.part) and self._changed_since(entry):
            return
        if source.part and stands:
            self._tell(source, entry, Found.CUT_OUT, "were taken away, and no rule did it")
        elif stands:
            self._tell(
                source, entry, Found.REWRITTEN, "was opened again after it was sealed as over"
            )
        else:
            self._tell(source, entry, Found.CUT_OUT, "is gone, and no rule did it: cut out")

    def _superseded(self, source: Source, entry: Entry) -> None:
        if not self._changed_since(entry, meanwhile=LONGEST_DEED):
            self._tell(
                source, entry, Found.REWRITTEN, "was sealed again, and no rule had changed it"
            )

    def _changed_since(self, entry: Entry, meanwhile: timedelta = timedelta(0)) -> bool:
        """By a rule, after this entry: what a rule changed before excuses nothing that came later. A deed
        that ended after the row was sealed says when it began, and has the row sealed anew."""
        at = self.covered.changed(entry.kind, entry.key)
        if at is None or at >= entry.sealed_at - meanwhile:
            return at is not None
        is_near = at >= entry.sealed_at - LONGEST_DEED
        return is_near and Again.objects.filter(kind=entry.kind, key=entry.key).exists()

    def _tell(
        self,
        source: Source,
        entry: Entry,
        what: Found,
        words: str,
        columns: Sequence[str] = (),
        values: Sequence[Any] = (),
    ) -> None:
        row = self.names.row(source, entry.key, entry.company_id, columns, values)
        at = f"entry {entry.number:,} of {when(entry.sealed_at)}"
        called = called_by(columns, values)
        self.findings.add(what, f"{row} {words} ({at}).", entry.company_id, called=called)

    # --- Rows without an entry --------------------------------------------------------------------

    def without_entry(self) -> int:
        """Name what lies below the floor of its kind and was never sealed; how many above it wait."""
        floors = dict(Floor.objects.values_list("kind", "key"))
        waiting = 0
        for source in sources().values():
            floor = floors.get(source.kind, 0)
            bare = source.ended().filter(~Exists(sealed(source)))
            again = Again.objects.filter(kind=source.kind, key=OuterRef("pk"))
            below = bare.filter(~Exists(again), pk__lte=floor)
            for row in source.read(below, source.columns).iterator(chunk_size=500):
                self._bare(source, row)
            waiting += bare.filter(pk__gt=floor).count()
        return waiting

    def _bare(self, source: Source, row: Sequence[Any]) -> None:
        key, company, at, *values = row
        company = company if source.company else None
        words = self.names.row(source, key, company, source.columns, values)
        dated = f" It says it is of {when(at)}." if source.at and isinstance(at, datetime) else ""
        self.findings.add(
            Found.PUT_IN,
            f"{words} has no seal, and turned up when all beside it had one.{dated}",
            company,
            called=called_by(source.columns, values),
        )

    # --- Columns ------------------------------------------------------------------------------------

    def _columns_of(self, shape: int) -> tuple[str, ...]:
        if shape not in self._columns:
            found = Shape.objects.filter(pk=shape).values_list("columns", flat=True).first()
            self._columns[shape] = tuple(found or ())
        return self._columns[shape]

    def _lacking(self, source: Source | None, columns: Sequence[str]) -> str:
        if source is None:
            return ""
        if not columns:
            return "what its columns were"
        for column in columns:
            try:
                source.model._meta.get_field(column)
            except FieldDoesNotExist:
                return f"the column “{column}”"
        return ""

    def _cannot(self, kind: str, lacks: str) -> None:
        """Once for all of a kind."""
        if (kind, lacks) not in self._unchecked:
            self._unchecked.add((kind, lacks))
            self.findings.add(
                Found.UNCHECKED,
                f"Entries of “{kind}” cannot be held against anything: {lacks} is gone.",
            )
