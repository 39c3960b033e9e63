"""Many customers or items at once: made, changed where they differ, else left alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Lower
from django.utils import timezone

from apps.billing.acts.history import CHANGED, CREATED, DELETED, remember
from apps.billing.models import Company, Customer, Item, note_changes
from apps.core.lookups import Among
from apps.core.rows import update_rows

Master = TypeVar("Master", Customer, Item)
Key = tuple[Any, ...]
PORTION = 200  # records a transaction: well under 200 ms on SQLite
KEPT = ("id", "public_id", "revision", "created_at", "updated_at")


@dataclass(kw_only=True, slots=True)
class Written(Generic[Master]):
    """What a set-based write touched. The records given to it now carry their primary keys."""

    created: list[Master] = field(default_factory=list)
    updated: list[Master] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Fit(Generic[Master]):
    """A customer or an item that nothing stands against: new where it has no key, else that of this
    key. `carried` are the fields whose values are meant; of a new one all are."""

    record: Master
    carried: Collection[str]


def save_many(
    model: type[Master],
    records: Iterable[Master],
    *,
    key_fields: Sequence[str],
    fields: Collection[str] | None = None,
) -> Written[Master]:
    """Write customers or items of one company, found again by `key_fields` (texts in any case).

    `fields` are those that the records carry; others keep their stored values, or their defaults
    when a record is new. Without it, the records carry every editable field. Only what differs is
    written. Raises ValidationError naming every record that is unfit, before anything is written;
    a name or code that another record has refuses its portion.
    """
    records = list(records)
    written: Written[Master] = Written()
    if not records:
        return written
    carried = _carried(model, fields)
    _refuse_unfit(records, key_fields)
    for portion in _portions(records):
        try:
            with transaction.atomic():
                _write(model, portion, key_fields, carried, written)
        except IntegrityError as error:
            raise _taken(portion, error) from error
    return written


def delete_unused(model: type[Customer] | type[Item], keys: Iterable[int]) -> int:
    """Delete those customers or items of one company that stand as they were made and that nothing
    names; the number. Their history stays."""
    deleted = 0
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), PORTION):
        portion = wanted[start : start + PORTION]
        with transaction.atomic():
            rows = model._base_manager.filter(pk__in=portion)
            for company in rows.order_by("company").values_list("company", flat=True).distinct():
                Company.locked(company)
            free = set(portion) - _named(model, portion)
            unused = list(rows.select_for_update().filter(pk__in=free, revision=1).order_by("pk"))
            remember(unused, DELETED)
            # Whole at once: what would be asked for each was just answered for all of them.
            table: models.QuerySet[models.Model] = models.QuerySet(model)
            gone = table.filter(pk__in=[each.pk for each in unused])
            deleted += gone._raw_delete(using=gone.db)
    return deleted


def _named(model: type[models.Model], keys: Collection[int]) -> set[int]:
    """Which of them some row leads to, whatever it is; what history keeps leads nowhere."""
    found: set[int] = set()
    for each in model._meta.get_fields(include_hidden=True):
        if not isinstance(each, ForeignObjectRel) or each.on_delete is models.DO_NOTHING:
            continue
        name = each.field.name
        rows = each.related_model._base_manager.filter(**{f"{name}__in": keys})
        found.update(rows.order_by().values_list(name, flat=True).distinct())
    return found


def _carried(model: type[Master], fields: Collection[str] | None) -> list[str]:
    editable = {each.name for each in model._meta.concrete_fields if each.editable}
    carried = editable if fields is None else set(fields)
    if unknown := carried - editable:
        raise ValueError(f"Not fields to be written: {', '.join(sorted(unknown))}.")
    return sorted(carried - {"id", "company"})


def _refuse_unfit(records: Sequence[Customer | Item], key_fields: Sequence[str]) -> None:
    refused: list[str] = []
    seen: set[Key] = set()
    for place, record in enumerate(records, start=1):
        try:
            if record.company_id != records[0].company_id:
                raise ValidationError("It belongs to another company.")
            record.clean()
            record.clean_fields(exclude=[*KEPT, *_foreign_keys(record)])
            key = _key(record, key_fields)
            if key in seen:
                raise ValidationError("It stands twice among these records.")
            seen.add(key)
        except ValidationError as error:
            refused.append(f"Record {place} ({record}): {' '.join(error.messages)}")
    if refused:
        raise ValidationError(refused)


def _foreign_keys(record: models.Model) -> list[str]:
    # Held by the database; validating each would ask it once per record.
    return [each.name for each in record._meta.concrete_fields if each.is_relation]


def _key(record: Customer | Item, key_fields: Sequence[str]) -> Key:
    values = (getattr(record, record._meta.get_field(name).attname) for name in key_fields)  # type: ignore[union-attr] # concrete fields have one
    return tuple(value.lower() if isinstance(value, str) else value for value in values)


def _portions(records: list[Master]) -> Iterator[list[Master]]:
    for start in range(0, len(records), PORTION):
        yield records[start : start + PORTION]


def write_fit(model: type[Master], some: Sequence[Fit[Master]]) -> Written[Master]:
    """Write customers or items of one company that were found fit, in one transaction that the caller
    bounds: new ones, and of stored ones the fields that they carry where those still differ.

    Raises ValidationError where a name or code was taken meanwhile, and as `save_many` does.
    """
    written: Written[Master] = Written()
    if not some:
        return written
    created = [each.record for each in some if each.record.pk is None]
    updated: list[Master] = []
    differing: set[str] = set()
    company_id = some[0].record.company_id
    try:
        with transaction.atomic():
            Company.locked(company_id)
            standing = [each for each in some if each.record.pk is not None]
            held = _held(model, [each.record.pk for each in standing])
            for each in standing:
                changed = _take_over(each, held[each.record.pk])
                differing |= changed
                if changed:
                    updated.append(each.record)
            written.unchanged = len(standing) - len(updated)
            for record in created:
                record.normalise()
            _save(model, created, updated, differing, written)
    except IntegrityError as error:
        raise _taken([each.record for each in some], error) from error
    return written


def _held(model: type[Master], keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What is stored of them by attribute, locked: a second record of each would cost twice as much."""
    names = [each.attname for each in model._meta.concrete_fields]
    rows = model._base_manager.filter(Among(F("pk"), keys)).select_for_update()
    found = rows.order_by("pk").values_list("pk", *names)
    return {key: dict(zip(names, values, strict=True)) for key, *values in found}


def _take_over(fit: Fit[Master], stored: dict[str, Any]) -> set[str]:
    """Give the fit record what is stored of all that it does not carry; return what differs."""
    record = fit.record
    differing: set[str] = set()
    for name in fit.carried:
        attname: str = record._meta.get_field(name).attname  # type: ignore[union-attr] # a concrete field
        known = stored.pop(attname)
        if getattr(record, attname) != known:
            if name == "currency" and isinstance(record, Customer):
                record.refuse_another_currency(known)
            differing.add(name)
    for attname, known in stored.items():
        setattr(record, attname, known)
    made_of = {source for source, _ in record.NORMAL_FORMS.values()}
    return differing | record.normalise() if differing & made_of else differing


def _write(
    model: type[Master],
    records: list[Master],
    key_fields: Sequence[str],
    carried: list[str],
    written: Written[Master],
) -> None:
    """Write one portion under the company's lock: two imports never make one record twice."""
    Company.locked(records[0].company_id)
    stored = _stored(model, records, key_fields)
    created: list[Master] = []
    updated: list[Master] = []
    differing: set[str] = set()
    for record in records:
        known = stored.get(_key(record, key_fields))
        if known is None:
            record.normalise()
            created.append(record)
            continue
        changed = _complete(record, known, carried)
        if "currency" in changed and isinstance(known, Customer):
            known.refuse_another_currency(known.currency)
        differing |= changed
        if changed:
            updated.append(record)
        else:
            written.unchanged += 1
    _save(model, created, updated, differing, written)


def _save(
    model: type[Master],
    created: list[Master],
    updated: list[Master],
    differing: Collection[str],
    written: Written[Master],
) -> None:
    """Store new ones, and of changed ones the fields that differ, with what is left behind."""
    now = timezone.now()
    for record in updated:
        record.revision += 1
        record.updated_at = now
    # The models' own managers refuse set-based writes that leave no trace; this one leaves it.
    table: models.QuerySet[Master] = models.QuerySet(model)
    table.bulk_create(created)
    if updated:
        update_rows(model, updated, [*sorted(differing), "revision", "updated_at"])
    remember(created, CREATED)
    remember(updated, CHANGED)
    if created or updated:
        note_changes([*created, *updated])
    written.created += created
    written.updated += updated


def _stored(
    model: type[Master], records: Sequence[Master], key_fields: Sequence[str]
) -> dict[Key, Master]:
    """The rows that have one of these keys, locked, by key."""
    rows = model._base_manager.select_for_update().filter(company_id=records[0].company_id)
    for name in key_fields:
        values = {getattr(record, name) for record in records}
        if all(isinstance(value, str) for value in values):
            # SQLite lowers ASCII alone, hence also the values as they are.
            lowered = {value.lower() for value in values}
            rows = rows.alias(**{f"{name}_lowered": Lower(name)}).filter(
                Q(**{f"{name}_lowered__in": lowered}) | Q(**{f"{name}__in": values})
            )
        else:
            rows = rows.filter(**{f"{name}__in": values})
    return {_key(row, key_fields): row for row in rows.order_by("pk")}


def _complete(record: Master, known: Master, carried: Sequence[str]) -> set[str]:
    """Take over from the stored row what the record does not carry; return what differs."""
    differing: set[str] = set()
    for each in record._meta.concrete_fields:
        if each.name not in carried:
            setattr(record, each.attname, getattr(known, each.attname))
        elif getattr(record, each.attname) != getattr(known, each.attname):
            differing.add(each.name)
    record._state.adding = False
    return differing | record.normalise() if differing else differing


def _taken(records: Sequence[Master], error: IntegrityError) -> ValidationError:
    """A sentence for a portion that the database refused, since a name or code is taken."""
    refused: list[str] = []
    for record in records:
        try:
            record.validate_constraints()
        except ValidationError as found:
            refused.append(f"{record}: {' '.join(found.messages)}")
    if not refused and "unique" not in str(error).lower():
        raise error
    return ValidationError(refused or ["Two of these records have a name or code in common."])
