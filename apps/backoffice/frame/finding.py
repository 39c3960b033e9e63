"""The search of a list: each word is looked up where it may stand, by keys, before any row is read.

Django asks for all at once, “number has it, or the customer's name has it”, over joined tables, which no
index serves: each row of a million is read. Here each table is asked for itself. A word that few rows
have gives their keys, and the list is those. One that very many have (“ltd”) is met soon wherever one
looks, so that the list is read in its order until a page is full.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal

from apps.backoffice.frame.word_index import LEAST, having, is_indexed, knows_capitals

FEW: Final = 10_000  # rows that a word gives: of more, keys are not gathered

Keys = set[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word may stand: fields of one table, and the way to it from the list's own ("")."""

    way: str
    model: type[Model]
    fields: tuple[str, ...]

    def rows(self, words: Sequence[str]) -> "QuerySet[Any] | None":
        """Rows of the table that have all the words; None where it cannot be asked cheaply."""
        rows = self.model._base_manager.all()
        if all(len(word) >= LEAST for word in words) and is_indexed(self.model):
            return having(rows, words)
        if not self.way and is_indexed(self.model):
            return None  # of a word of two letters no index knows: it is met on the way
        for word in words:
            rows = rows.filter(self.has(word))
        return rows

    def has(self, word: str) -> Q:
        return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in self.fields))


class FindsByKeys:
    """Of a screen: its search, and that of its picker, as above."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = words_of(search_term)
        places = places_of(queryset.model, self.get_search_fields(request))  # type: ignore[attr-defined] # a mixin of admin classes
        if not words or places is None:
            return super().get_search_results(request, queryset, search_term)  # type: ignore[misc] # as above
        meant = candidates(queryset.model, places, words)
        if meant.keys is None:
            request.is_read_in_order = True  # type: ignore[attr-defined] # of the paginator
        else:
            queryset = queryset.filter(pk__in=meant.keys)
        for rows in meant.among:
            queryset = queryset.filter(pk__in=rows)
        if not meant.left:
            return queryset, False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(  # type: ignore[misc] # as above
            request, queryset, quoted(meant.left)
        )
        return found


def quoted(words: Iterable[str]) -> str:
    """As they are typed so that `words_of`, and Django, take them apart into the same."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words)
    return " ".join(f'"{word}"' for word in escaped)


def words_of(typed: str) -> list[str]:
    """As Django takes them apart: by blanks, and what stands in quotation marks as one."""
    words = []
    for word in smart_split(typed):
        quoted = word.startswith(('"', "'")) and word[0] == word[-1]
        words.append(unescape_string_literal(word) if quoted and len(word) > 1 else word)
    return [word for word in words if word]


def places_of(model: type[Model], paths: Iterable[str]) -> list[Place] | None:
    """None where no table of them has an index of words, or a path is of another kind."""
    fields: dict[str, list[str]] = {}
    for path in paths:
        way, _, field = path.rpartition("__")
        fields.setdefault(way, []).append(field)
    try:
        places = [Place(way, _at(model, way), tuple(of)) for way, of in fields.items()]
    except FieldDoesNotExist:
        return None
    return places if any(is_indexed(each.model) for each in places) else None


def _at(model: type[Model], way: str) -> type[Model]:
    for part in way.split("__") if way else ():
        related = model._meta.get_field(part).related_model
        if related is None or isinstance(related, str):
            raise FieldDoesNotExist(part)
        model = related
    return model


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What the rows of a search are: these keys (None: too many to gather), among these rows, and with
    each of the words that are left."""

    keys: Keys | None
    among: "Sequence[QuerySet[Any, Any]]" = ()
    left: Sequence[str] = ()


def candidates(model: type[Model], places: Sequence[Place], words: Sequence[str]) -> Meant:
    """A row is meant that has each word in some place. Each word is asked for in one statement, which
    ends when it has found too many; where all words stand very often, those rows that have them all."""
    arms = [_arms(model, places, word) for word in words]
    found = [_keys([each]) for each in arms]
    few = [keys for keys in found if keys is not None]
    if not few and len(words) > 1 and (keys := _keys(arms)) is not None:
        return Meant(keys=keys)
    among, left = [], []
    for word, rows, keys in zip(words, arms, found, strict=True):
        if keys is None and rows is not None and knows_capitals(word):
            among.append(rows)
        elif keys is None:
            left.append(word)
    return Meant(keys=set.intersection(*few) if few else None, among=among, left=left)


def _keys(words: "Sequence[QuerySet[Any, Any] | None]") -> Keys | None:
    """Of the rows that are in each of these; None for more than a few, or where that is not known."""
    rows = words[0]
    if rows is None or None in words:
        return None
    if len(words) > 1:
        rows = rows.model._base_manager.values_list("pk").order_by()
        for each in words:
            rows = rows.filter(pk__in=each)
    keys = [key for (key,) in rows[: FEW + 1]]
    return None if len(keys) > FEW else set(keys)


def _arms(model: type[Model], places: Sequence[Place], word: str) -> "QuerySet[Any, Any] | None":
    """Keys of the rows that have the word in some place; None where one cannot be asked cheaply."""
    asked = [_found_in(model, place, [word]) for place in places]
    first, *others = arms = [each for each in asked if each is not None]
    if len(arms) < len(asked):
        return None
    return first.union(*others, all=True).order_by() if others else first


def _found_in(
    model: type[Model], place: Place, words: Sequence[str]
) -> "QuerySet[Any, Any] | None":
    rows = place.rows(words)
    if rows is None or not place.way:
        return rows if rows is None else rows.order_by().values_list("pk")
    there = rows.order_by().values("pk")
    return model._base_manager.filter(**{f"{place.way}__in": there}).order_by().values_list("pk")
