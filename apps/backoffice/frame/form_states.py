"""What a form of the admin edits: the fields of a record and the rows of its inlines, in words."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

from apps.backoffice.frame.history_words import EMPTY, currency_of, in_words
from apps.backoffice.frame.versions import State
from apps.core.numbers import whole

Field = Any  # a concrete field of a model, or a many-to-many one


def state_of(screen: Any, request: HttpRequest, record: models.Model) -> State:
    """Every value that the form of this record would write, under the name that it has there."""
    form = screen.get_form(request, record, change=True)
    state = {
        field.name: (_label(field), *_stored(record, field))
        for field in _fields(type(record), form.base_fields)
    }
    for prefix, formset, first, rows in _inlines(screen, request, record):
        for place, row in enumerate(rows, start=first):
            what = f"{capfirst(row._meta.verbose_name)} {place}"
            for field in _fields(type(row), formset.form.base_fields):
                if field.name == formset.fk.name:
                    continue
                name = f"{prefix}:{row.pk}:{field.name}"
                state[name] = (f"{what}: {_label(field)}", *_stored(row, field))
    return state


def typed_in(
    screen: Any, request: HttpRequest, record: models.Model
) -> Callable[[str], str | None]:
    """What was typed under a name of `state_of`, in the same words; None where nothing could be.

    Read when it is first asked for: mostly nobody changed the record, and nobody asks.
    """
    said = cache(lambda: _all_typed(screen, request, record))
    return lambda name: said().get(name)


def _all_typed(screen: Any, request: HttpRequest, record: models.Model) -> dict[str, str]:
    form = screen.get_form(request, record, change=True)
    currency = currency_of(record)
    said = _typed_row(request, "", type(record), form, currency)
    for prefix, formset, *_ in _inlines(screen, request, record):
        for place, key in _places(request, prefix, formset):
            row = f"{prefix}-{place}-"
            taken_off = f"{row}DELETE" in request.POST
            typed = _typed_row(request, row, formset.model, formset.form, currency)
            for name, words in typed.items():
                said[f"{prefix}:{key}:{name}"] = "taken off" if taken_off else words
    return said


def typed_anew(screen: Any, request: HttpRequest, record: models.Model) -> list[tuple[str, str]]:
    """(what, words) of the rows that were typed and stood nowhere yet."""
    found = []
    for prefix, formset, *_ in _inlines(screen, request, record):
        for place in range(_count(request, prefix)):
            if request.POST.get(f"{prefix}-{place}-{_key(formset)}"):
                continue
            row = f"{prefix}-{place}-"
            typed = _typed_row(request, row, formset.model, formset.form, currency_of(record))
            words = [each for each in typed.values() if each != EMPTY]
            if words:
                found.append((f"New {formset.model._meta.verbose_name}", ", ".join(words)))
    return found


def _typed_row(
    request: HttpRequest, row: str, model: type[models.Model], form: Any, currency: str
) -> dict[str, str]:
    """What was typed in the fields of a form, by name; `row` is the prefix of its names."""
    stored: dict[str, Field] = {each.name: each for each in model._meta.get_fields()}
    return {
        name: _typed(field, stored.get(name), request, f"{row}{name}", currency)
        for name, field in form.base_fields.items()
    }


def _inlines(
    screen: Any, request: HttpRequest, record: models.Model
) -> Iterator[tuple[str, Any, int, list[Any]]]:
    """(prefix, formset class, number of the first row, stored rows) of each inline that this person
    may write."""
    for inline in screen.get_inline_instances(request, record):
        if not inline.has_change_permission(request, record):
            continue
        formset = inline.get_formset(request, record)
        first, rows = inline.rows_of(request, record)
        yield formset.get_default_prefix(), formset, first, rows


def _places(request: HttpRequest, prefix: str, formset: Any) -> Iterator[tuple[int, str]]:
    for place in range(_count(request, prefix)):
        key = request.POST.get(f"{prefix}-{place}-{_key(formset)}")
        if key:
            yield place, key


def _count(request: HttpRequest, prefix: str) -> int:
    return min(whole(request.POST.get(f"{prefix}-TOTAL_FORMS")) or 0, 1000)


def _key(formset: Any) -> str:
    return str(formset.model._meta.pk.name)


def _fields(model: type[models.Model], names: Any) -> list[Field]:
    every = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return [field for field in every if field.name in names]


def _label(field: Field) -> str:
    return str(capfirst(field.verbose_name))


def _stored(record: models.Model, field: Field) -> tuple[str, str]:
    """(in words, exactly)."""
    if field.many_to_many:
        others = sorted(getattr(record, field.name).all(), key=str)
        keys = ",".join(str(each.pk) for each in others)
        return ", ".join(map(str, others)) or EMPTY, keys
    stored = in_words(field, getattr(record, field.name), currency_of(record))
    return stored, str(getattr(record, field.attname))


def _typed(field: Any, stored: Field | None, request: HttpRequest, name: str, currency: str) -> str:
    """In the words of what is stored where it can be read, else as it was typed."""
    raw = field.widget.value_from_datadict(request.POST, request.FILES, name)
    if raw is None or raw == "" or raw == []:
        return EMPTY
    try:
        value = field.clean(raw)
    except (ValidationError, ValueError, TypeError):
        return str(raw)
    if isinstance(value, models.QuerySet):
        return ", ".join(sorted(str(each) for each in value)) or EMPTY
    if isinstance(value, str) and hasattr(field, "choices"):
        return str(dict(field.choices).get(value, value))
    if isinstance(value, models.Model):
        return str(value)
    return in_words(stored or models.Field(), value, currency)
