"""Which customers, items and tax rates may be one that is here already, and why.

Forms ask before they save; imports and an API ask the same functions. Nothing here decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import combinations
from typing import Any

from django.db.models import Count, Max, Q

from apps.billing.models import Customer, Item, KeptBoth, TaxRate
from apps.core.likeness import (
    ALIKE,
    NEAR,
    bare_tax_number,
    found_in,
    keys_of,
    nearness_of_normal,
    normal_code,
    normal_name,
    same_tax_number,
)

MOST_READ = 50_000  # names of one company that are set against one another
MOST_ASKED = 5  # of one that is typed; the nearest first
CROWD = 40  # records under one key: what so many share says nothing
FOUND = 70  # from here on a name fits what was looked for
MOST_FOUND = 20
TAX_NUMBER, NAME, CODE, EMAIL = 3, 2, 2, 1  # how much a likeness weighs
Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """One that is here already. `why` reads after "it has": “the same tax number”.
    `weight` is that of its weightiest likeness: `TAX_NUMBER`, `NAME`, `CODE` or `EMAIL`."""

    record: Any
    why: str
    weight: int


def near_customers(customer: Customer) -> list[Near]:
    """Customers of its company that may be this one, the weightiest first, without those that a
    person kept beside it. Three queries, whatever their number."""
    rows = Customer.objects.filter(company=customer.company_id, merged_into=None)
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    normal = normal_name(customer.name)
    for pk, near in _near_names(rows.exclude(pk=customer.pk), normal):
        found[pk].append((NAME, near, _name_words(near)))
    bare = bare_tax_number(customer.tax_number)
    same = Q(normal_tax_number__endswith=bare) if bare else Q(pk__in=[])
    if customer.email:
        same |= Q(email__iexact=customer.email)
    named = rows.exclude(pk=customer.pk).filter(same | Q(pk__in=_nearest(found)))
    records = {each.pk: each for each in named.order_by("pk")[: 4 * MOST_ASKED]}
    for pk, other in records.items():
        if same_tax_number(other.tax_number, customer.tax_number):
            found[pk].append((TAX_NUMBER, ALIKE, "the same tax number"))
        if customer.email and other.email.casefold() == customer.email.casefold():
            found[pk].append((EMAIL, ALIKE, "the same e-mail"))
    return _weighed(records, found, _kept(customer))


def near_items(item: Item) -> list[Near]:
    """Items of its company that may be this one: a code that differs by case, spaces or hyphens
    alone, or a near name. Likewise bounded."""
    rows = Item.objects.filter(company=item.company_id, merged_into=None).exclude(pk=item.pk)
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for pk, near in _near_names(rows, normal_name(item.name)):
        found[pk].append((NAME, near, _name_words(near)))
    code = normal_code(item.code)
    named = rows.filter(Q(normal_code=code) | Q(pk__in=_nearest(found)))
    records = {each.pk: each for each in named.order_by("pk")[: 4 * MOST_ASKED]}
    for pk, other in records.items():
        if other.normal_code == code:
            found[pk].append((CODE, ALIKE, "the same code but for case, spaces or hyphens"))
    return _weighed(records, found, _kept(item))


def near_rates(rate: TaxRate, percent: Decimal) -> list[Near]:
    """Rates offered today that tax alike: the same treatment, country and percentage, or a code
    that differs by case, spaces or hyphens alone."""
    rows = TaxRate.objects.filter(company=rate.company_id, active=True, followers=None)
    code = normal_code(rate.code)
    own = [key for key in (rate.pk, rate.follows_id) if key is not None]
    found: list[Near] = []
    for other in rows.exclude(pk__in=own).prefetch_related("components"):
        if normal_code(other.code) == code:
            found.append(Near(record=other, why="the same code but for its writing", weight=CODE))
        elif (other.treatment, other.country, other.percent) == (
            rate.treatment, rate.country, percent):  # fmt: skip
            why = f"the same percentage ({percent.normalize():f} %) and treatment"
            found.append(Near(record=other, why=why, weight=NAME))
    return sorted(found, key=lambda each: -each.weight)[:MOST_ASKED]


def found_nearly(rows: Any, typed: str) -> list[int]:
    """Keys of the customers or items whose name fits what was typed, spelled otherwise or with a
    slip; the best first, at most `MOST_FOUND`. One query of an index."""
    normal = normal_name(typed)
    if len(normal) < 3:
        return []
    names = rows.order_by().values_list("pk", "normal_name")[:MOST_READ]
    scored = ((found_in(normal, name), pk) for pk, name in names)
    best = sorted(((-score, pk) for score, pk in scored if score >= FOUND))
    return [pk for _, pk in best[:MOST_FOUND]]


# --- Groups among all -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Keys of records that may be one, and for each pair of them why."""

    keys: tuple[int, ...]
    reasons: Mapping[Pair, str]

    def why(self, key: int) -> str:
        """Why this one stands in the group, in words."""
        return ", ".join(
            dict.fromkeys(words for pair, words in self.reasons.items() if key in pair)
        )


def groups_of(model: type[Customer] | type[Item], company_id: int) -> list[Group]:
    """Groups of records in use that may be one, the biggest first. Three queries.

    A pair that cannot be merged (two currencies, two tax numbers) or was kept is in no group for
    that pair's sake.
    """
    rows = _in_use(model, company_id)
    state = rows.aggregate(Count("pk"), Max("pk"), Max("updated_at"))
    kept = _all_kept(model, company_id)
    reasons = _reasons(model, company_id, tuple(state.values()))
    return _joined({pair: words for pair, words in reasons.items() if pair not in kept})


def _in_use(model: type[Customer] | type[Item], company_id: int) -> Any:
    return model.objects.filter(company=company_id, active=True, merged_into=None).order_by()


@lru_cache(maxsize=4)
def _reasons(
    model: type[Customer] | type[Item], company_id: int, state: tuple[Any, ...]
) -> dict[Pair, str]:
    """Why each pair may be one. Kept in this process for as long as nothing of the company's is
    written (`state`): keeping one group after another works it out once."""
    own = ("currency", "normal_tax_number", "email") if model is Customer else ("normal_code",)
    rows = _in_use(model, company_id).order_by("pk")
    records = {row[0]: row[1:] for row in rows.values_list("pk", "normal_name", *own)[:MOST_READ]}
    reasons: dict[Pair, str] = {}
    for one, other in sorted(_that_meet(model, records)):
        words = _why_alike(model, records[one], records[other])
        if words:
            reasons[one, other] = words
    return reasons


def _that_meet(
    model: type[Customer] | type[Item], records: Mapping[int, tuple[str, ...]]
) -> set[Pair]:
    under: dict[str, list[int]] = defaultdict(list)
    for pk, (name, *own) in records.items():
        for key in set(keys_of(name)):
            under[key].append(pk)
        for place, value in enumerate(own):
            if value and not (model is Customer and place == 0):
                under[f"{place} {value.casefold()}"].append(pk)
        if model is Customer and own[1][:2].isalpha():
            under[f"1 {own[1][2:].casefold()}"].append(pk)
    return {pair for pks in under.values() if 1 < len(pks) <= CROWD
            for pair in combinations(dict.fromkeys(pks), 2)}  # fmt: skip


def _why_alike(
    model: type[Customer] | type[Item], one: tuple[str, ...], other: tuple[str, ...]
) -> str:
    words = []
    near = nearness_of_normal(one[0], other[0])
    if near >= NEAR:
        words.append(_name_words(near))
    if model is Item:
        if one[1] == other[1]:
            words.append("the same code but for case, spaces or hyphens")
        return ", ".join(words)
    same_number = same_tax_number(one[2], other[2])
    if one[1] != other[1] or (one[2] and other[2] and not same_number):
        return ""
    if same_number:
        words.insert(0, "the same tax number")
    if one[3] and one[3].casefold() == other[3].casefold():
        words.append("the same e-mail")
    return ", ".join(words)


def _joined(reasons: Mapping[Pair, str]) -> list[Group]:
    """Pairs that share a record become one group."""
    head: dict[int, int] = {}

    def top(key: int) -> int:
        while head.setdefault(key, key) != key:
            head[key] = key = head[head[key]]
        return key

    for one, other in reasons:
        head[top(other)] = top(one)
    members: dict[int, list[int]] = defaultdict(list)
    for key in sorted(head):
        members[top(key)].append(key)
    pairs: dict[int, dict[Pair, str]] = defaultdict(dict)
    for pair, words in reasons.items():
        pairs[top(pair[0])][pair] = words
    groups = [Group(keys=tuple(keys), reasons=pairs[first]) for first, keys in members.items()]
    return sorted(groups, key=lambda each: (-len(each.keys), each.keys))


# --- Parts of both --------------------------------------------------------------------------------


def _near_names(rows: Any, normal: str) -> Iterator[tuple[int, int]]:
    names = rows.order_by().values_list("pk", "normal_name")[:MOST_READ]
    for pk, name in names:
        near = nearness_of_normal(normal, name)
        if near >= NEAR:
            yield pk, near


def _nearest(found: Mapping[int, list[tuple[int, int, str]]]) -> list[int]:
    return sorted(found, key=lambda pk: (-max(near for _, near, _ in found[pk]), pk))[:MOST_ASKED]


def _name_words(near: int) -> str:
    return "the same name but for its writing" if near == ALIKE else "a name like it"


def _weighed(
    records: Mapping[int, Any], found: Mapping[int, list[tuple[int, int, str]]], kept: set[int]
) -> list[Near]:
    near = []
    for pk, record in records.items():
        if pk in kept or not found.get(pk):
            continue
        reasons = sorted(found[pk], reverse=True)
        weight = reasons[0][0]
        near.append(Near(record=record, why=_and(each[2] for each in reasons), weight=weight))
    nearest = {pk: max(each[1] for each in reasons) for pk, reasons in found.items() if reasons}
    return sorted(near, key=lambda each: (-each.weight, -nearest[each.record.pk], each.record.pk))[
        :MOST_ASKED
    ]


def _and(words: Iterable[str]) -> str:
    listed = list(words)
    return f"{', '.join(listed[:-1])} and {listed[-1]}" if len(listed) > 1 else listed[0]


def _kept(record: Customer | Item) -> set[int]:
    """Keys of those that a person kept beside it."""
    if record.pk is None:
        return set()
    name = record.kind
    rows = KeptBoth.objects.filter(Q(**{name: record.pk}) | Q(**{f"other_{name}": record.pk}))
    pairs = rows.values_list(f"{name}_id", f"other_{name}_id")
    return {key for pair in pairs for key in pair} - {record.pk}


def _all_kept(model: type[Customer] | type[Item], company_id: int) -> set[Pair]:
    name = model.kind
    rows = KeptBoth.objects.filter(company=company_id, **{f"{name}__isnull": False})
    return set(rows.values_list(f"{name}_id", f"other_{name}_id"))
