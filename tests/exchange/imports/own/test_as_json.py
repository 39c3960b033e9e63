"""A profile is kept as JSON and comes back as it was; what cannot be one is refused by name."""

import json
from dataclasses import replace
from typing import Any

import pytest

from apps.connectors.profiles import (
    DocumentKind,
    Field,
    Gather,
    Nested,
    Prefix,
    Profile,
    RecordProfile,
    Subject,
    Tells,
    WalkIn,
)
from apps.exchange.imports.own.as_json import CannotBeRead, from_json, to_json
from apps.exchange.profiles import ALL_PROFILES

EVERYTHING = Profile(
    code="own-1",
    name="All of it",
    columns={Field.NUMBER: ("No", "Number"), Field.SHIPPING: ("Post",)},
    further={Field.SHIPPING: ("Parcel",)},
    required=(Field.NUMBER,),
    known_by=(Field.DATE,),
    constants={Field.CURRENCY: "EUR"},
    values={Field.KIND: {"R": DocumentKind.INVOICE}},
    closed=frozenset({Field.KIND}),
    beginnings={Field.NUMBER: "#"},
    endings={Field.NUMBER: ".0"},
    blank_tells=frozenset({Field.TAX_CODE}),
    as_written=True,
    nested=Nested(columns={Field.QUANTITY: ("qty",)}, row_mark="|", delimiter=";", quote="'"),
    usual={"decimal_mark": ","},
    system="somewhere",
    proposed=False,
    one_line_texts=True,
    gather=Gather.SAME_DAY,
    fills_down=True,
    entries=frozenset({"line"}),
    one_row=True,
    amount_alone=True,
    kind=DocumentKind.CREDIT_NOTE,
    prefixes={"G": Prefix(kind=DocumentKind.CREDIT_NOTE), "X": Prefix(refused="it is no sale")},
    by_sign=True,
    credits_are_negative=None,
    turns_prices=True,
    refuses_nil=True,
    refused_statuses={"draft": "it is a draft"},
    refused_items={"FEE": "{code} is a fee"},
    walk_in=WalkIn(code="W", name="Walk-in"),
    customer_name="No. {code}",
    charges={Field.SHIPPING: "Post"},
    tells=Tells.SUMS,
    fills_too=(Field.TAX_CODE,),
)
A_RECORD = RecordProfile(
    code="own-2",
    name="People",
    subject=Subject.CUSTOMERS,
    columns={"name": ("Name",)},
    required=("name",),
    known_by=("name",),
    left_out={"type": {"supplier": ""}},
)


def through(profile: Any) -> Any:
    """As a row keeps it, in whose JSON the order of keys is nobody's promise."""
    kept = json.loads(json.dumps(to_json(profile), sort_keys=True))
    return from_json(kept, code=profile.code, name=profile.name)


@pytest.mark.parametrize(
    "profile", [*ALL_PROFILES.values(), EVERYTHING, A_RECORD], ids=lambda p: p.code
)
def test_nothing_of_a_profile_is_lost(profile: Any) -> None:
    back = through(profile)
    assert back == profile
    assert type(back) is type(profile)
    # What code asks for by `is` comes back as itself.
    assert all(type(each) is type(field) for each, field in
               zip(sorted(back.columns), sorted(profile.columns), strict=True))  # fmt: skip
    if isinstance(profile, Profile):
        assert (back.kind is profile.kind, back.gather is profile.gather) == (True, True)


def test_each_part_of_a_profile_is_in_the_one_that_has_everything() -> None:
    """So that a part which somebody adds is kept, or fails here."""
    untouched = Profile(code="", name="", columns={})
    same = [each for each in Profile.__dataclass_fields__
            if getattr(EVERYTHING, each) == getattr(untouched, each)]  # fmt: skip
    assert same == []
    assert replace(EVERYTHING, code="own-3") != EVERYTHING


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        ({}, "nothing that rows can be"),
        ({"subject": "weather", "columns": {}}, "nothing that rows can be"),
        ({"subject": "documents"}, "names no column"),
        ({"subject": "documents", "columns": {"number": "No"}}, "is no list"),
        ({"subject": "documents", "columns": {"colour": ["No"]}}, "columns.*colour"),
        ({"subject": "documents", "columns": {}, "left_out": {}}, "“left_out” is no part"),
        ({"subject": "customers", "columns": {}, "by_sign": True}, "“by_sign” is no part"),
        ({"subject": "documents", "columns": {}, "by_sign": "yes"}, "neither yes nor no"),
        ({"subject": "documents", "columns": {}, "kind": "receipt"}, "receipt"),
        ({"subject": "documents", "columns": {}, "prefixes": {"C": []}}, "prefixes"),
        ({"subject": "documents", "columns": {}, "walk_in": {"code": "W"}}, "walk_in"),
    ],
)
def test_what_is_no_profile_is_refused_and_says_where(stored: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotBeRead, match=why):
        from_json(stored, code="own-1", name="X")
