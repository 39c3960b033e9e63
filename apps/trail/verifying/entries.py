"""The chain itself: are its numbers consecutive, and does each link follow from the one before?"""

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from apps.trail.keys import keys
from apps.trail.links import beginning, chain, link_of
from apps.trail.models import Entry
from apps.trail.sealing import BEHIND, LOOK
from apps.trail.verifying.findings import Findings, Found, when

PORTION: Final = 500


class Walk:
    """One way along the entries, from one on. Yields portions of those whose links hold, since only
    they say something of their rows."""

    def __init__(self, findings: Findings, since: datetime | None = None) -> None:
        self.findings, self.since = findings, since
        self.number, self.link, self.count = 0, b"", 0
        self._looked: dict[str, datetime] = {}
        self._set_back: set[str] = set()
        self._broken: tuple[int, int] | None = None  # the range of broken links at hand
        self._unknown: dict[str, list[int]] = {}  # first, last, count by the name of a lost key

    def portions(self) -> Iterator[list[Entry]]:
        rows = self._from_where()
        portion: list[Entry] = []
        for entry in rows.iterator(chunk_size=PORTION):
            if self._follows(entry):
                portion.append(entry)
            if len(portion) == PORTION:
                yield portion
                portion = []
        if portion:
            yield portion
        self._tell_broken()
        for name, (first, last, count) in self._unknown.items():
            self.findings.add(
                Found.KEY,
                f"{count:,} entries ({first:,} to {last:,}) were sealed with the key {name}, which is not"
                " among TRAIL_KEYS. Put it back behind the newest, or they cannot be verified.",
            )

    def _from_where(self) -> QuerySet[Entry]:
        rows = Entry.objects.order_by("number")
        self.number, self.link = 0, beginning(chain().public_id)
        if self.since is None:
            return rows
        first = rows.filter(sealed_at__gte=self.since).values_list("number", flat=True).first()
        before = rows.filter(number__lt=first) if first is not None else rows
        last = before.order_by("-number").first()
        if last is not None:  # believed: it is what --since leaves out
            self.number, self.link = last.number, bytes(last.link)
        return rows.filter(number__gt=self.number)

    def _follows(self, entry: Entry) -> bool:
        if entry.number != self.number + 1:
            self._tell_broken()
            self._tell_gap(self.number + 1, entry.number - 1, entry)
            follows = None  # what it should follow is gone; the next can be held against it again
        else:
            follows = self._has_link(entry)
        self.count += 1
        self.number, self.link = entry.number, bytes(entry.link)
        if follows is False:
            first = self._broken[0] if self._broken else entry.number
            self._broken = (first, entry.number)
        else:
            self._tell_broken()
        if follows:
            self._look_went_on(entry)
        return follows is not False and entry.under in keys() and not entry.kind.startswith(LOOK)

    def _has_link(self, entry: Entry) -> bool | None:
        """None where the key is not held."""
        key = keys().get(entry.under)
        if key is None:
            first, _, count = self._unknown.get(entry.under, [entry.number, 0, 0])
            self._unknown[entry.under] = [first, entry.number, count + 1]
            return None
        return hmac.compare_digest(bytes(entry.link), link_of(key, self.link, entry))

    def _look_went_on(self, entry: Entry) -> None:
        """The times of complete looks only grow: set back, they would hide what was put in later."""
        kind = entry.kind.removeprefix(LOOK)
        before = self._looked.get(kind)
        # A second first look is one, too.
        first = entry.kind != kind
        back = entry.looked_at is None or entry.looked_at < (before or entry.looked_at) - BEHIND
        if before is not None and (first or back) and kind not in self._set_back:
            self._set_back.add(kind)
            self.findings.add(
                Found.ORDER,
                f"Before entry {entry.number:,} somebody set back how far “{kind}” had been looked"
                f" at ({when(before)}).",
                entry.company_id,
            )
        if entry.looked_at is not None:
            self._looked[kind] = entry.looked_at

    def _tell_gap(self, first: int, last: int, after: Entry) -> None:
        many = f"Entry {first:,} is" if first == last else f"Entries {first:,} to {last:,} are"
        self.findings.add(
            Found.CUT_OUT,
            f"{many} missing in the trail, before the one of {when(after.sealed_at)}: cut out.",
        )

    def _tell_broken(self) -> None:
        if self._broken is None:
            return
        first, last = self._broken
        self._broken = None
        many = f"Entry {first:,} does" if first == last else f"Entries {first:,} to {last:,} do"
        self.findings.add(
            Found.ORDER,
            f"{many} not follow from what stands before: altered, moved, or made without the key.",
        )
