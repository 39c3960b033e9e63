"""Is each record what the newest row of its history says? What is changed past the product is found
here, since it leaves no history."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Exists, Max, OuterRef, QuerySet

from apps.billing.acts.allocations import sums_of
from apps.billing.acts.history import deposit_line_then, line_then
from apps.billing.models import Approval, CreditNote, Deposit, Invoice, NumberSeries
from apps.trail.canonical import canonical
from apps.trail.sources import is_history, path_to_company, remembers
from apps.trail.verifying.findings import Findings, Found, Names, quoted

PORTION: Final = 500
LINES: Final = "lines_then"
WITH_LINES: Final[Mapping[type[models.Model], Any]] = {
    Invoice: line_then,
    CreditNote: line_then,
    Deposit: deposit_line_then,
}
# What moves without a row of history. Sums over allocations are held against those, which have a
# history of their own; the counter of a series against nothing: each number is of a document. By what a
# request knows its record again is made anew where a company is restored, and sealed with the request.
APART: Final[Mapping[type[models.Model], frozenset[str]]] = {
    Approval: frozenset({"fingerprint"}),
    NumberSeries: frozenset({"last_number"}),
}
SUMS: Final = "sum_of_"


def with_history() -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    """(model, its history) of each model that has one."""
    for past in apps.get_models():
        if is_history(past):
            yield remembers(past), past


class Records:
    def __init__(self, findings: Findings, names: Names) -> None:
        self.findings, self.names = findings, names
        self.count = 0

    def hold_all(self) -> None:
        for model, past in with_history():
            self._hold(model, past)
            self._gone(model, past)

    def _hold(self, model: Any, past: Any) -> None:
        sums = {f"{SUMS}{each}": of for each, of in _sums_of(model).items()}
        apart = APART.get(model, frozenset()) | _sums_of(model).keys()
        fields = [each.attname for each in past.tracked_fields if each.attname not in apart]
        company = path_to_company(model) or "pk"
        after = 0
        while True:
            rows: QuerySet[Any] = models.QuerySet(model).filter(pk__gt=after).order_by("pk")
            if sums:
                self._sums(model, company, rows.annotate(**sums)[:PORTION])
            portion = list(rows.values_list("pk", company, *fields)[:PORTION])
            if not portion:
                return
            after = portion[-1][0]
            self._portion(model, past, fields, portion)

    def _sums(self, model: Any, company: str, rows: Any) -> None:
        """Is what is paid, credited or applied the sum of the allocations that stand?"""
        names = list(_sums_of(model))
        derived = [f"{SUMS}{each}" for each in names]
        for key, owner, *values in rows.values_list("pk", company, *names, *derived):
            pairs = zip(names, values[: len(names)], values[len(names) :], strict=True)
            wrong = [
                f"{name} is {now}, and what stands applied adds up to {then}"
                for name, now, then in pairs
                if now != then
            ]
            if wrong:
                self._tell(model, key, owner, f"says what nobody entered: {'; '.join(wrong)}")

    def _portion(
        self, model: Any, past: Any, fields: Sequence[str], portion: Sequence[Sequence[Any]]
    ) -> None:
        keys = [row[0] for row in portion]
        named = [*fields, LINES] if model in WITH_LINES else list(fields)
        then = {
            row[0]: row
            for row in _newest(past, keys).values_list(past_key(model), "history_type", *named)
        }
        lines = _lines_of(model, keys)
        for key, company, *values in portion:
            self.count += 1
            company = company if path_to_company(model) else None
            now = [*values, lines[key]] if model in WITH_LINES else values
            kept = then.get(key)
            if kept is None:
                self._tell(model, key, company, "has no history: put in past Tieout")
            elif kept[1] == "-":
                self._tell(model, key, company, "stands, and its history says that it was deleted")
            else:
                self._compare(model, key, company, dict(zip(named, now, strict=True)), dict(zip(named, kept[2:], strict=True)))  # fmt: skip

    def _compare(
        self,
        model: Any,
        key: int,
        company: int | None,
        now: Mapping[str, Any],
        then: Mapping[str, Any],
    ) -> None:
        differ = [each for each in now if not _alike(now[each], then[each])]
        if differ:
            said = "; ".join(_said(each, now[each], then[each]) for each in differ[:6])
            words = f"is not what its history says: {said}"
            self._tell(model, key, company, words, now)

    def _gone(self, model: Any, past: Any) -> None:
        """Records that are gone, and whose history does not say that anybody deleted them."""
        key = past_key(model)
        stands: QuerySet[Any] = models.QuerySet(model).filter(pk=OuterRef(key))
        bare: QuerySet[Any] = models.QuerySet(past).filter(~Exists(stands)).order_by(key)
        last = bare.values(key).annotate(last=Max("history_id")).values_list("last", flat=True)
        company = path_to_company(past) or "pk"
        portion: list[int] = []
        for each in (*last.iterator(chunk_size=PORTION), None):
            if each is not None:
                portion.append(each)
            if portion and (each is None or len(portion) == PORTION):
                rows: QuerySet[Any] = (
                    models.QuerySet(past).filter(pk__in=portion).exclude(history_type="-")
                )
                for pk, owner in rows.values_list(key, company):
                    self._tell(model, pk, owner, "is gone, and its history tells of no deletion: cut out", cut=True)  # fmt: skip
                portion = []

    def _tell(
        self,
        model: Any,
        key: int,
        company: int | None,
        words: str,
        now: Mapping[str, Any] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        called = next((str((now or {})[each]) for each in ("number", "code", "name") if (now or {}).get(each)), "")  # fmt: skip
        self.findings.add(
            Found.CUT_OUT if cut else Found.DIFFERS,
            f"The {model._meta.verbose_name}{quoted(called)}{self.names.company(company)}, row {key} of "
            f"{model._meta.db_table}, {words}.",
            company,
            called=called,
        )


def _sums_of(model: Any) -> Mapping[str, Any]:
    return sums_of(model) if getattr(model, "SUM_FIELDS", ()) else {}


def past_key(model: Any) -> str:
    return str(model._meta.pk.attname)


def _newest(past: Any, keys: Sequence[int]) -> Any:
    """The last row of history of each of these records. The lock on a record is held until its change
    is committed, so that its rows of history have rising keys."""
    of = remembers(past)
    rows: QuerySet[Any] = models.QuerySet(past).filter(**{f"{past_key(of)}__in": keys})
    last = rows.order_by().values(past_key(of)).annotate(last=Max("history_id")).values("last")
    return models.QuerySet(past).filter(pk__in=last)


def _lines_of(model: Any, keys: Sequence[int]) -> Mapping[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    then = WITH_LINES.get(model)
    if then is None:
        return found
    field = model._meta.get_field("lines").field
    rows: QuerySet[Any] = models.QuerySet(field.model).filter(**{f"{field.name}__in": keys})
    for line in rows.order_by("position", "id").iterator(chunk_size=500):
        found[getattr(line, field.attname)].append(then(line))
    return found


def _alike(now: Any, then: Any) -> bool:
    return canonical("", (), [now]) == canonical("", (), [then])


def _said(name: str, now: Any, then: Any) -> str:
    if name == LINES:
        return "its lines"
    return f"{name} is {_short(now)}, and was {_short(then)}"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
