"""A town of customers and items on both sides: some are the same under slightly different names, some
look so and are not, the others stand on one side alone. Always the same town."""

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.billing.models import Company, Customer, Item
from tests.factories import make_customer, make_item

FIRST = (
    "Amber", "Birch", "Copper", "Dover", "Emerald", "Falcon", "Granite", "Harbour", "Ivory",
    "Juniper", "Kestrel", "Lavender", "Magnolia", "Northgate", "Obsidian", "Pembroke", "Quarry",
    "Rosewood", "Silverdale", "Tamarind", "Underhill", "Verbena", "Wexford", "Yarrow", "Zephyr",
    "Ashcombe", "Bluebell", "Cranmore", "Dunmore", "Elsworth", "Fairmont", "Glenview", "Highcliff",
    "Inglewood", "Jasmine", "Kingfisher", "Longmeadow", "Mulberry", "Nightingale", "Orchard",
)  # fmt: skip
SECOND = (
    "Plumbing", "Bakery", "Logistics", "Consulting", "Furniture", "Veterinary", "Opticians",
    "Cycles", "Joinery", "Textiles",
)  # fmt: skip
THINGS = (
    "lantern", "candlestick", "door knob", "picture frame", "umbrella stand", "weathervane",
    "birdcage", "fire screen", "letter box", "coat hook",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class One:
    """A customer or an item of either side."""

    name: str
    code: str = ""
    email: str = ""
    tax_number: str = ""
    country: str = ""
    price: str = ""


@dataclass(kw_only=True)
class Town:
    """Pairs are (ours, theirs)."""

    same: list[tuple[One, One]] = field(default_factory=list)
    alike: list[tuple[One, One]] = field(default_factory=list)
    only_here: list[One] = field(default_factory=list)
    only_there: list[One] = field(default_factory=list)

    @property
    def here(self) -> list[One]:
        return [
            *(each for each, _ in self.same),
            *(each for each, _ in self.alike),
            *self.only_here,
        ]

    @property
    def there(self) -> list[One]:
        return [
            *(each for _, each in self.same),
            *(each for _, each in self.alike),
            *self.only_there,
        ]


def customers(matched: int = 110, alike: int = 40, only_there: int = 150) -> Town:
    """300 of theirs and 220 of ours unless told otherwise."""
    names = (f"{one} {other}" for other, one in itertools.product(SECOND, FIRST))
    town = Town()
    for number, name in zip(range(matched), names, strict=False):
        town.same.append(_same(number, name))
    for number, name in zip(range(alike), names, strict=False):
        town.alike.append(_alike(number, name))
    town.only_here = [One(name=f"{name} Ltd") for name in itertools.islice(names, 70)]
    foreign = (f"{one} & Sons" for one in _more())
    town.only_there = [One(name=name) for name in itertools.islice(foreign, only_there)]
    return town


def _more() -> Any:
    """Names of which none is near another, nor near one of the others."""
    syllables = ("bra", "cli", "dro", "fen", "gul", "hax", "jor", "kip", "lum", "mev", "nop", "pul")
    seen: set[str] = set()
    for parts in itertools.product(syllables, repeat=3):
        if len(set(parts)) == 3 and frozenset(parts) not in seen and parts[0] < parts[2]:
            key = "".join(sorted(parts)[:2])
            if sum(key in each for each in seen) < 1 or True:
                seen.add("".join(parts))
                yield "".join(parts).title()


def _same(number: int, name: str) -> tuple[One, One]:
    first, _, second = name.partition(" ")
    mail, tax = f"office@{first}-{second}.example".lower(), f"GB{700_000_000 + number * 7}"
    match number % 10:
        case 0:
            return One(name=name, tax_number=tax), One(name=f"{name} Limited", tax_number=tax[2:])
        case 1:
            return One(name=f"{name} & Co", email=mail), One(name=f"{name} and Co.", email=mail)
        case 2:
            return One(name=f"{name} Ltd"), One(name=name.upper())
        case 3:
            return One(name=name), One(name=f"{first[:-2]}{first[-1]}{first[-2]} {second}")
        case 4:
            return One(name=f"{first} & {second}"), One(name=f"{first} and {second}, Inc.")
        case 5:
            return One(name=name), One(name=f"{first}{second}")
        case 6:
            return One(name=name), One(name=name.replace("o", "ö", 1).replace("e", "é", 1))
        case 7:
            return One(name=f"{name} London"), One(name=f"The {name}, London B.V.")
        case 8:
            return One(name=name, email=mail), One(name=f"{name} Holdings", email=mail)
        case _:
            return One(name=name, email=mail), One(name=f"{name} Ltd", email=f"new-{mail}")


def _alike(number: int, name: str) -> tuple[One, One]:
    """Two companies, whatever it looks like."""
    first, _, second = name.partition(" ")
    tax = f"GB{800_000_000 + number * 13}"
    other = f"GB{900_000_000 + number * 13}"
    match number % 8:
        case 0:
            return One(name=name, tax_number=tax), One(name=f"{name} Ltd", tax_number=other)
        case 1:
            return One(name=f"{name} Ltd"), One(name=f"{name} Inc")
        case 2:
            return One(name=name, country="GB"), One(name=f"{name} GmbH", country="DE")
        case 3:
            return One(name=f"{name} 12"), One(name=f"{name} 13")
        case 4:
            mail = f"books@accountant-{number}.example"
            return One(name=name, email=mail), One(name=f"Wholly Unlike {number} Zyx", email=mail)
        case 5:
            return One(name=name, tax_number=tax), One(name=f"Unheard {number} Of", tax_number=tax)
        case 6:
            return One(name=name), One(name=f"{first} {second[:-1]}")
        case _:
            return One(name=name), One(name=f"{name} of Leeds")


def items(matched: int = 30, alike: int = 10, only_there: int = 40) -> Town:
    """80 of theirs and 50 of ours unless told otherwise."""
    names = (f"{one} {other}" for other, one in itertools.product(THINGS, FIRST))
    town = Town()
    for number, name in zip(range(matched), names, strict=False):
        code, price = f"TH-{100 + number}", str(10 + number)
        ours = One(name=name, code=code, price=price)
        match number % 3:
            case 0:
                town.same.append((ours, One(name=name.upper(), code=code, price=price)))
            case 1:
                town.same.append(
                    (ours, One(name=f"{name}s", code=f"th{100 + number}", price=price))
                )
            case _:
                town.same.append((ours, One(name=name.replace(" ", "-"), price=price)))
    for number, name in zip(range(alike), names, strict=False):
        code = f"ZZ-{200 + number}"
        ours = One(name=name, code=code, price="10")
        if number % 2:
            town.alike.append(
                (ours, One(name=f"Wholly unlike {number} xyz", code=code, price="10"))
            )
        else:
            town.alike.append((ours, One(name=f"{name} large", code=f"{code}L", price="90")))
    town.only_here = [
        One(name=name, code=f"OWN-{number}", price="5")
        for number, name in zip(range(10), names, strict=False)
    ]
    town.only_there = [
        One(name=f"{name} service", code=f"SV{number}", price="7")
        for number, name in zip(range(only_there), _more(), strict=False)
    ]
    return town


# --- Here and there -------------------------------------------------------------------------------


def settle_here(company: Company, folk: Town, goods: Town) -> tuple[list[Customer], list[Item]]:
    """Ours, in the order of the town."""
    return (
        [
            make_customer(
                company,
                name=each.name,
                email=each.email,
                tax_number=each.tax_number,
                country=each.country,
            )
            for each in folk.here
        ],
        [
            make_item(company, name=each.name, code=each.code, unit_price=Decimal(each.price))
            for each in goods.here
        ],
    )
