"""No save undoes another's work: a form remembers what stood in the record when it was opened.

What it remembers is signed, travels with the form, and is held against the record under the
record's lock, in the transaction that saves. Where anything differs nothing is saved: the form is
shown with what stands now, beside it what stood before, who changed it, and what was typed.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from apps.backoffice.frame.formatting import ago
from apps.backoffice.frame.history_words import EMPTY
from apps.billing.models import Company

FIELD: Final = "opened_at"
SALT = "tieout.opened"
NOT_THERE = "–"
LACKING = (
    "Nothing was saved: this form does not say what stood in the record when it was opened. It is "
    "shown afresh; type it in again."
)

# What stands in a record: under a name of the form, (what it is called, its value in words, the
# value itself, which tells two of the same name apart).
State = Mapping[str, tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """When a form was opened, and what stood there then."""

    at: datetime
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One field: what it was when the form was opened, what it is now, what was typed."""

    what: str
    was: str
    now: str
    typed: str
    moved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Outdated:
    """Why a save is refused: what changed meanwhile, by whom, and what was typed."""

    who: str
    differences: list[Difference]


def carry(request: HttpRequest, of: str, state: State) -> None:
    """Let the form of this page say what it was opened with (`{% opened_at %}` writes it)."""
    content = {"of": of, "at": timezone.now().isoformat(), "state": state}
    request.opened_at = signing.dumps(content, salt=SALT, compress=True)  # type: ignore[attr-defined] # read by the tag


def opened(request: HttpRequest, of: str) -> Opened | None:
    """What the posted form was opened with; None where it does not say, or says it of another."""
    try:
        content = signing.loads(request.POST.get(FIELD, ""), salt=SALT)
    except signing.BadSignature:
        return None
    if content["of"] != of:
        return None
    state = {name: (what, words, value) for name, (what, words, value) in content["state"].items()}
    return Opened(at=datetime.fromisoformat(content["at"]), state=state)


def as_opened(request: HttpRequest) -> HttpRequest:
    """The same request as one that only opens the page: its form shows what is stored."""
    fresh = copy(request)
    fresh.method = "GET"
    fresh.POST = QueryDict()
    return fresh


def name_of(record: models.Model) -> str:
    return f"{record._meta.label_lower} {record.pk}"


def lock(record: models.Model) -> models.Model | None:
    """The record as it is stored, its row locked until the transaction ends; None if it is gone.

    The company comes first, as in every act of billing: nobody waits in a circle.
    """
    company = getattr(record, "company_id", None)
    if isinstance(record, Company):
        company = record.pk
    if company is not None:
        Company.locked(company)
    rows = type(record)._base_manager.select_for_update(of=("self",))
    return rows.filter(pk=record.pk).first()


def outdated(
    record: models.Model,
    then: Opened,
    now: State,
    typed: Callable[[str], str | None],
) -> Outdated | None:
    """None where nothing moved since the form was opened.

    `typed` gives what was typed under a name in words, None where the form has no such field.
    """
    if then.state == now:
        return None
    names = list(dict.fromkeys([*then.state, *now]))
    found = [_difference(name, then.state, now, typed(name)) for name in names]
    return Outdated(
        who=authors(record, then.at),
        differences=[each for each in found if each.moved or each.typed],
    )


def words(what: str, value: object) -> tuple[str, str, str]:
    """An entry of a state whose value is its own words."""
    said = "" if value is None else str(value)
    return what, said or EMPTY, said


def _difference(name: str, then: State, now: State, typed: str | None) -> Difference:
    what = (now.get(name) or then[name])[0]
    was = then[name][1] if name in then else NOT_THERE
    is_now = now[name][1] if name in now else NOT_THERE
    said = "" if typed is None or _even(typed) == _even(was) else typed
    moved = then.get(name) != now.get(name)
    return Difference(what=what, was=was, now=is_now, typed=said, moved=moved)


def _even(text: str) -> str:
    """A browser sends other ends of lines than are stored."""
    return text.replace("\r\n", "\n").strip()


def authors(record: models.Model, since: datetime) -> str:
    """“Fay, 3 minutes ago; a run (Changed over there), just now”."""
    found = list(dict.fromkeys([*_by_history(record, since), *_by_log(record, since)]))
    return "; ".join(found) or "somebody else"


def _by_history(record: models.Model, since: datetime) -> Iterable[str]:
    history: Any = getattr(record, "history", None)
    if history is None:
        return
    for row in history.filter(history_date__gte=since).select_related("history_user"):
        said = row.history_change_reason or ""
        if said.startswith("connection:"):
            _, _, reason = said.partition(" ")
            who = f"a run ({reason})" if reason else "a run"
        else:
            who = str(row.history_user or "Tieout")
        yield f"{who}, {ago(row.history_date)}"


def _by_log(record: models.Model, since: datetime) -> Iterable[str]:
    """Of records without a history of their own: what the admin noted of them."""
    if hasattr(record, "history"):
        return
    kind = ContentType.objects.get_for_model(type(record))
    rows = LogEntry.objects.filter(
        content_type=kind, object_id=str(record.pk), action_time__gte=since
    )
    for row in rows.select_related("user"):
        yield f"{row.user}, {ago(row.action_time)}"
