"""The search of a list: each word is looked up where it may stand, by keys, before any row is read.

Django asks for all at once, “number has it, or the customer's name has it”, over joined tables, which no
index serves: each row of a million is read. Here each table is asked for itself. A word that few rows
have gives their keys, and the list is those. One that very many have (“ltd”) is met soon wherever one
looks, so that the list is read in its order until a page is full.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.text import smart_split, unescape_string_literal

from apps.backoffice.frame.word_index import LEAST, having, is_indexed, knows_capitals

FEW: Final = 10_000  # rows that a word gives: of more, keys are not gathered

AMOUNT: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)*")

Keys = set[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word may stand: fields of one table, and the way to it from the list's own ("")."""

    way: str
    model: type[Model]
    fields: tuple[str, ...]
    of_many: str = ""  # where many rows of this table belong to one: what that one is called there

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

    def has(self, word: str, at: str = "") -> Q:
        return reduce(or_, (Q(**{f"{at}{field}__icontains": word}) for field in self.fields))

    def on_the_way(self, word: str) -> Q:
        """A row of the list that has the word here, asked of each while they are read in their order.
        No row comes twice, however many of this table belong to it."""
        if not self.of_many:
            return self.has(word, f"{self.way}__" if self.way else "")
        there = self.model._base_manager.filter(**{self.of_many: OuterRef("pk")})
        return Q(Exists(there.filter(self.has(word))))


class FindsByKeys:
    """Of a screen: its search, and that of its picker, as above. What reads as an amount also finds the
    rows that have it in one of the `amount_fields`, which are indexed."""

    amount_fields: Sequence[str] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = words_of(search_term)
        places = places_of(queryset.model, self.get_search_fields(request))  # type: ignore[attr-defined] # a mixin of admin classes
        if not words or places is None:
            return super().get_search_results(request, queryset, search_term)  # type: ignore[misc] # as above
        meant = candidates(queryset.model, places, words, self.amount_fields)
        of_everything = not queryset.query.where
        if meant.keys is None:
            request.is_read_in_order = True  # type: ignore[attr-defined] # of the paginator
        else:
            queryset = queryset.filter(pk__in=meant.keys)
        for rows in meant.among:
            queryset = queryset.filter(pk__in=rows)
        for word in meant.left:
            queryset = queryset.filter(reduce(or_, on_the_way(places, word, self.amount_fields)))
        if of_everything:  # so that what was met is what there is, as long as nobody narrows it
            request.met = meant.met, queryset.query.where  # type: ignore[attr-defined] # as above
        return queryset, False


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
        places = [_place(model, way, tuple(of)) for way, of in fields.items()]
    except FieldDoesNotExist:
        return None
    return places if any(is_indexed(each.model) for each in places) else None


def _at(model: type[Model], way: str) -> type[Model]:
    """The model to which a way leads that was gone before."""
    for part in way.split("__") if way else ():
        related = model._meta.get_field(part).related_model
        assert related is not None
        assert not isinstance(related, str)
        model = related
    return model


def _place(model: type[Model], way: str, fields: tuple[str, ...]) -> Place:
    at, back = model, []
    for part in way.split("__") if way else ():
        field = at._meta.get_field(part)
        related = field.related_model
        if related is None or isinstance(related, str):
            raise FieldDoesNotExist(part)
        at = related
        back.append(field)
    many = any(each.one_to_many or each.many_to_many for each in back)
    names = [each.remote_field.name for each in reversed(back) if each.remote_field]
    return Place(way, at, fields, of_many="__".join(names) if many else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Met:
    """How many rows a search has: so many, or `least` so many."""

    count: int
    least: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What the rows of a search are: these keys (None: too many to gather), among these rows, and with
    each of the words that are left."""

    keys: Keys | None
    met: Met | None  # None where only counting tells
    among: "Sequence[QuerySet[Any, Any]]" = ()
    left: Sequence[str] = ()


def amounts_of(word: str) -> tuple[Decimal, ...]:
    """What a word may be as an amount: “1,234.5” and “1.234,5” are one, “1.234” may be two."""
    text = word.replace("'", "").replace("’", "")
    if not AMOUNT.fullmatch(text) or len(text) > 20:
        return ()
    return tuple(
        sorted({each for each in (_as_amount(text, ".", ","), _as_amount(text, ",", ".")) if each})
    )


def _as_amount(text: str, mark: str, between: str) -> Decimal | None:
    whole, found, rest = text.rpartition(mark)
    if not found:
        whole, rest = text, ""
    first, *groups = whole.split(between)
    thousands = not groups or (1 <= len(first) <= 3 and all(len(each) == 3 for each in groups))
    digits = f"{first}{''.join(groups)}"
    if not thousands or not digits.isdecimal() or len(digits) > 15 or len(rest) > 4:
        return None
    if rest and not rest.isdecimal():
        return None
    return Decimal(f"{digits}.{rest or 0}")


def _amounts(word: str, fields: Sequence[str]) -> list[Q]:
    """Conditions, one for each field."""
    values = amounts_of(word) if fields else ()
    return [Q(**{f"{field}__in": values}) for field in fields] if values else []


def on_the_way(places: Sequence[Place], word: str, amounts: Sequence[str]) -> list[Q]:
    """Conditions by any of which a row has the word, asked of each while they are read in order."""
    return [*(each.on_the_way(word) for each in places), *_amounts(word, amounts)]


def candidates(
    model: type[Model],
    places: Sequence[Place],
    words: Sequence[str],
    amounts: Sequence[str] = (),
) -> Meant:
    """A row is meant that has each word in some place, or as one of its amounts. Each word is asked for in
    one statement, which ends when it has found too many; where all words stand very often, those rows
    that have them all."""
    arms = [look_up(model, places, word, amounts) for word in words]
    found = [_few_of([each]) for each in arms]
    few = [each.keys for each in found if each is not None and not each.cut]
    together = _few_of(arms) if not few and len(words) > 1 else None
    if together is not None and not together.cut:
        few, found = [together.keys], [together] * len(words)
    among, left = [], []
    for word, rows, each in zip(words, arms, found, strict=True):
        if each is not None and not each.cut:
            continue
        if rows is not None and knows_capitals(word):
            among.append(rows)
        else:
            left.append(word)
    keys = set.intersection(*few) if few else None
    if keys is not None and not (among or left):
        return Meant(keys=keys, met=Met(count=len(keys), least=False))
    first = found[0] if len(words) == 1 else None
    met = Met(count=len(first.keys), least=True) if first is not None else None
    return Meant(keys=keys, met=met, among=among, left=left)


@dataclass(frozen=True, slots=True)
class _Found:
    keys: Keys
    cut: bool  # whether there are more


def _few_of(words: "Sequence[QuerySet[Any, Any] | None]") -> _Found | None:
    """Of the rows that are in each of these, a few; None where it is not known."""
    rows = words[0]
    if rows is None or None in words:
        return None
    if len(words) > 1:
        rows = rows.model._base_manager.values_list("pk").order_by()
        for each in words:
            rows = rows.filter(pk__in=each)
    keys = [key for (key,) in rows[: FEW + 1]]
    return _Found(set(keys) - {None}, len(keys) > FEW)


def look_up(
    model: type[Model], places: Sequence[Place], word: str, amounts: Sequence[str]
) -> "QuerySet[Any, Any] | None":
    """Keys of the rows that have the word in some place; None where one cannot be asked cheaply."""
    asked = [_found_in(model, place, [word]) for place in places]
    rows = model._base_manager.order_by()
    asked += [rows.filter(each).values_list("pk") for each in _amounts(word, amounts)]
    arms = [each for each in asked if each is not None]
    if len(arms) < len(asked):
        return None
    first, *others = arms
    return first.union(*others, all=True).order_by() if others else first


def _found_in(
    model: type[Model], place: Place, words: Sequence[str]
) -> "QuerySet[Any, Any] | None":
    rows = place.rows(words)
    if rows is None or not place.way:
        return rows if rows is None else rows.order_by().values_list("pk")
    if place.of_many:  # each says itself which one it belongs to, if any
        return rows.order_by().values_list(place.of_many)
    # Step by step: a planner that knows nothing of an empty table in between would join from the rows of
    # the list, which are all.
    steps = place.way.split("__")
    for number in range(len(steps), 0, -1):
        before = _at(model, "__".join(steps[: number - 1]))
        there = {f"{steps[number - 1]}__in": rows.order_by().values("pk")}
        rows = before._base_manager.filter(**there)
    return rows.order_by().values_list("pk")
