"""Which rows are a customer's: over foreign keys, by the calls that carried it, by what they name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from apps.billing.models import Company, Customer
from apps.reconciliation.models import Difference, Question
from apps.staff.models import User
from apps.sync.models import Attempt, Call, RemoteRecord, SyncRecord

FAR: Final = 5  # foreign keys between a row and the customer
Keys = Sequence[int]
Family = tuple[int, ...]


def owned(model: type[models.Model], keys: Keys, family: Family) -> set[int]:
    """Those of these rows that are the customer's."""
    by_hand = _BY_HAND.get(model) or (_by_subject(model) if _names_a_subject(model) else None)
    return _by_path(model, keys, family) | (by_hand(keys, family) if by_hand else set())


@cache
def ways(model: type[models.Model]) -> tuple[str, ...]:
    """The ways over foreign keys from a row to a customer, as look-ups. Not over people, companies,
    or from one customer to another: what is below a head office is somebody else."""
    return tuple(_ways(model, (model,), FAR))


def _ways(model: type[models.Model], gone: tuple[Any, ...], left: int) -> Iterable[str]:
    if left == 0 or model is Customer:
        return
    fields = [each for each in model._meta.concrete_fields if isinstance(each, models.ForeignKey)]
    direct = [each for each in fields if each.related_model is Customer]
    yield from (each.name for each in direct)
    if any(not each.null for each in direct) or (hasattr(model, "history_object") and direct):
        return
    for each in fields:
        to: Any = each.related_model
        if to not in (User, Company, Customer, *gone):
            yield from (f"{each.name}__{way}" for way in _ways(to, (*gone, to), left - 1))


def _by_path(model: type[models.Model], keys: Keys, family: Family) -> set[int]:
    condition = Q()
    for way in ways(model):
        condition |= Q(**{f"{way}__in": family})
    if not condition:
        return set()
    rows: models.QuerySet[Any] = models.QuerySet(model).filter(pk__in=keys)
    return set(rows.filter(condition).values_list("pk", flat=True))


def _calls(keys: Keys, family: Family) -> set[int]:
    """Calls that carried this customer and its documents, and nobody else's."""
    carried: dict[int, set[int]] = {}
    for call, record in Attempt.objects.filter(call__in=keys).values_list("call", "sync_record"):
        carried.setdefault(call, set()).add(record)
    for call, record in SyncRecord.objects.filter(call__in=keys).values_list("call", "pk"):
        carried.setdefault(call, set()).add(record)
    for call, members in Call.objects.filter(pk__in=keys).values_list("pk", "members"):
        carried.setdefault(call, set()).update(each for each in members if type(each) is int)
    theirs = owned(SyncRecord, sorted(set().union(*carried.values())), family)
    return {call for call, records in carried.items() if records and records <= theirs}


def _arrivals(keys: Keys, family: Family) -> set[int]:
    """Documents of theirs that name it, also such as are not here."""
    mine = RemoteRecord.objects.filter(sync_record__customer__in=family)
    found: set[int] = set()
    for connection, remote_id in mine.values_list("connection", "remote_id").distinct():
        rows = RemoteRecord.objects.filter(pk__in=keys, connection=connection)
        found |= set(rows.filter(customer_id_there=remote_id).values_list("pk", flat=True))
    return found


def _log_entries(keys: Keys, family: Family) -> set[int]:
    kind = ContentType.objects.get_for_model(Customer)
    rows = LogEntry.objects.filter(pk__in=keys, content_type=kind)
    return set(rows.filter(object_id__in=map(str, family)).values_list("pk", flat=True))


def _names_a_subject(model: type[models.Model]) -> bool:
    """Whether it says which record it is about by kind and key, as what is told to others does."""
    return {"subject", "subject_id"} <= {each.name for each in model._meta.concrete_fields}


def _by_subject(model: Any) -> Callable[[Keys, Family], set[int]]:
    def found(keys: Keys, family: Family) -> set[int]:
        rows: models.QuerySet[Any] = models.QuerySet(model).filter(pk__in=keys)
        said = rows.values_list("pk", "subject", "subject_id")
        return _of_subjects([(pk, [[kind, key]]) for pk, kind, key in said], family)

    return found


def _naming_ours(model: Any) -> Callable[[Keys, Family], set[int]]:
    """Of questions and differences, which name records of ours as [kind, key]."""

    def found(keys: Keys, family: Family) -> set[int]:
        rows: models.QuerySet[Any] = models.QuerySet(model).filter(pk__in=keys)
        return _of_subjects(list(rows.values_list("pk", "ours")), family)

    return found


def _of_subjects(rows: Sequence[tuple[int, Any]], family: Family) -> set[int]:
    """The rows that name a record of the customer's."""
    by_kind: dict[str, set[int]] = {}
    for _, named in rows:
        for kind, key in named:
            by_kind.setdefault(kind, set()).add(key)
    theirs = {
        kind: owned(model, sorted(keys), family)
        for kind, keys in by_kind.items()
        if (model := _subjects().get(kind)) is not None and model is not Customer
    }
    theirs["customer"] = set(family)
    return {pk for pk, named in rows if any(key in theirs.get(kind, ()) for kind, key in named)}


@cache
def _subjects() -> Mapping[str, type[models.Model]]:
    """Models of billing by what records of theirs are called."""
    found = [
        (getattr(each, "kind", None), each) for each in apps.get_app_config("billing").get_models()
    ]
    return {kind: each for kind, each in found if isinstance(kind, str)}


_BY_HAND: Final[dict[Any, Callable[[Keys, Family], set[int]]]] = {
    Call: _calls,
    RemoteRecord: _arrivals,
    LogEntry: _log_entries,
    Question: _naming_ours(Question),
    Difference: _naming_ours(Difference),
}
