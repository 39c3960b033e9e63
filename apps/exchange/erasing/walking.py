"""A customer erased out of every table, some rows at a time: it can end anywhere, and goes on there.

Its own row is erased last: it says what is looked for. Reading holds no lock; what is found is read
again under its rows' locks, written and told with how far it came, in one short transaction.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone

from apps.billing.models import Erasure
from apps.core.lifting import lifted
from apps.exchange.erasing.changing import fitting, write
from apps.exchange.erasing.ending import end
from apps.exchange.erasing.marks import Marks, marks_of
from apps.exchange.erasing.owned import owned
from apps.exchange.erasing.redaction import Redaction
from apps.exchange.erasing.tables import (
    BOOKS,
    HISTORY_OF_DRAFTS,
    PAPER,
    columns_of,
    is_somebodys,
    rows,
    rows_of_company,
    walked,
)

RULE: Final = "Personal data of a customer, erased on request"
AT_ONCE: Final = 200  # rows looked at between two looks at the clock
READ_AT_ONCE: Final = 20  # of them in memory: bodies are large


class TakenOver(Exception):
    """Another worker went on with it."""


def go_on(erasure: Erasure, goes_on: Callable[[], bool] = lambda: True) -> bool:
    """Go on from where it stood; whether it is done. Raises `TakenOver`."""
    if not erasure.is_running:
        return True
    _save_place(erasure, erasure.table, erasure.after)
    walk = Walk(erasure)
    for model in walked():
        label = model._meta.label
        if label < erasure.table:
            continue
        after = erasure.after if label == erasure.table else 0
        for place in walk.through(model, after):
            if not goes_on():
                _save_place(erasure, label, place)
                return False
    with transaction.atomic(), lifted():
        end(_locked(erasure), RULE)
    erasure.refresh_from_db()
    return True


class Walk:
    """One slice of it: what is looked for is found out once."""

    def __init__(self, erasure: Erasure) -> None:
        self.erasure = erasure
        self.customer = erasure.customer
        self.is_whole = erasure.rest_kept_until is None
        self.marks: Marks = marks_of(self.customer)
        # What was erased before is not known any more where papers say it.
        self.of_papers = marks_of(self.customer, any_email=True) if self.is_whole else self.marks

    def through(self, model: type[models.Model], after: int) -> Iterator[int]:
        """The last key that was gone by, after each portion but the last."""
        names = [each.attname for each in columns_of(model)]
        redaction = self._redaction(model)
        of_company = rows_of_company(model, self.customer.company_id).order_by("pk")
        while True:
            hits: list[int] = []
            count = 0
            some = of_company.filter(pk__gt=after).values_list("pk", *names)[:AT_ONCE]
            for key, *values in some.iterator(chunk_size=READ_AT_ONCE):
                count, after = count + 1, key
                if any(redaction.may_stand_in(each) for each in values if each):
                    hits.append(key)
            if hits:
                self._change(model, hits, redaction, after)
            if count < AT_ONCE:
                return
            yield after

    def _redaction(self, model: type[models.Model]) -> Redaction:
        marks = self.of_papers if model._meta.label in BOOKS else self.marks
        return marks.of_company if is_somebodys(model) else marks.of_all

    def _change(
        self, model: type[models.Model], hits: list[int], redaction: Redaction, after: int
    ) -> None:
        theirs = owned(model, hits, self.marks.family)
        label = model._meta.label
        with transaction.atomic(), lifted():
            erasure = _locked(self.erasure)
            said, left = self._said(model, hits, redaction, theirs)
            refused = write(model, said, RULE)
            _add(erasure.counts, label, len(said) - len(refused))
            _add(erasure.left, label, left + len(refused))
            _save_place(self.erasure, label, after, counts=erasure.counts, left=erasure.left)

    def _said(
        self, model: type[models.Model], hits: list[int], redaction: Redaction, theirs: set[int]
    ) -> tuple[dict[int, dict[str, Any]], int]:
        """(new values by key, how many rows name it still and are not its own)."""
        fields = columns_of(model)
        # A history's row is shortened as its record is.
        record = "id" if hasattr(model, "history_object") else "pk"
        names = ["pk", record, *(each.attname for each in fields)]
        locked = rows(model).filter(pk__in=hits).order_by("pk").select_for_update()
        drafts = self._never_issued(model, hits)
        said: dict[int, dict[str, Any]] = {}
        left = 0
        for key, of, *values in locked.values_list(*names).iterator(chunk_size=READ_AT_ONCE):
            kept = model._meta.label in BOOKS and not self.is_whole and key not in drafts
            is_own, names_them = key in theirs, False
            for field, value in zip(fields, values, strict=True):
                if not value or (kept and field.name in PAPER):
                    continue
                cleaned = redaction.value(value, is_own=is_own and not kept)
                if cleaned != value:
                    fit = fitting(field, cleaned, of, redaction.own.by)
                    said.setdefault(key, {})[field.attname] = fit
                names_them = names_them or (not is_own and redaction.names(cleaned))
            left += names_them
        return said, left

    def _never_issued(self, model: Any, hits: list[int]) -> set[int]:
        """History of drafts that are gone: no book."""
        if model._meta.label not in HISTORY_OF_DRAFTS:
            return set()
        there = rows(_record_of(model)).values("pk")
        gone = rows(model).filter(pk__in=hits).exclude(id__in=there)
        return set(gone.values_list("pk", flat=True))


def _record_of(history: Any) -> Any:
    return vars(history)["history_object"].model


def _locked(erasure: Erasure) -> Erasure:
    """As it stands, its row locked. Raises `TakenOver` where it went on elsewhere."""
    found = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if (found.table, found.after, found.is_running) != (erasure.table, erasure.after, True):
        raise TakenOver
    return found


def _save_place(erasure: Erasure, table: str, after: int, **more: Any) -> None:
    """Past `save`, which takes a decided request for a closed one. Raises `TakenOver`."""
    here = rows(Erasure).filter(
        pk=erasure.pk, table=erasure.table, after=erasure.after, done_at=None, state="approved"
    )
    now = timezone.now()
    if not here.update(table=table, after=after, moved_at=now, **more):
        raise TakenOver
    erasure.table, erasure.after, erasure.moved_at = table, after, now


def _add(counts: dict[str, int], label: str, count: int) -> None:
    if count:
        counts[label] = counts.get(label, 0) + count


def for_seconds(seconds: float) -> Callable[[], bool]:
    """True until they are over."""
    stop_at = time.monotonic() + seconds
    return lambda: time.monotonic() < stop_at
