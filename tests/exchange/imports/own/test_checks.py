"""A layout that was built is one, or says in sentences what is missing."""

from dataclasses import replace
from typing import Any

import pytest

from apps.connectors.profiles import Field, Prefix, Profile, RecordProfile, Subject, WalkIn
from apps.exchange.imports.own.checks import faults
from apps.exchange.imports.own.words import groups_of
from apps.exchange.profiles import PROFILES

GOOD = Profile(
    code="own-1",
    name="Ours",
    columns={
        Field.NUMBER: ("Rechnung",),
        Field.DATE: ("Datum",),
        Field.CUSTOMER_NAME: ("Kunde",),
        Field.DESCRIPTION: ("Text",),
        Field.QUANTITY: ("Menge",),
        Field.UNIT_PRICE: ("Preis",),
    },
    values={Field.KIND: {"Gutschrift": "credit_note"}},
    constants={Field.CURRENCY: "EUR"},
)


def without(*fields: Field) -> Profile:
    return replace(
        GOOD, columns={each: names for each, names in GOOD.columns.items() if each not in fields}
    )


def test_a_layout_that_tells_all_that_is_needed_has_no_fault() -> None:
    assert faults(GOOD) == []


# One column of theirs tells two fields, which a copy lets tell the first.
TWICE = {"one-row-total", "qbo-invoice-list", "shopify-orders"}


@pytest.mark.parametrize("code", sorted(PROFILES))
def test_a_shipped_layout_has_no_fault_but_headings_that_tell_two_things(code: str) -> None:
    found = faults(PROFILES[code])
    assert bool(found) == (code in TWICE)
    assert all("stands for more than one thing" in each for each in found)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (replace(GOOD, columns={}), "No column has a meaning"),
        (without(Field.NUMBER), "Nothing tells “Number”"),
        (without(Field.UNIT_PRICE), "Nothing tells “Unit price”"),
        (without(Field.CUSTOMER_NAME), "Nothing tells the customer"),
        (without(Field.DESCRIPTION), "Nothing says what was sold"),
        (replace(GOOD, columns={**GOOD.columns, Field.TERMS: ("datum ",)}), "“datum” stands for more"),
        (replace(GOOD, columns={**GOOD.columns, Field.TERMS: (" ",)}), "without a heading"),
        (replace(GOOD, further={Field.NUMBER: ("Nr2",)}), "told by more than one column"),
        (replace(GOOD, further={Field.SHIPPING: ("Nr2",)}), "further columns and no first"),
        (replace(GOOD, constants={Field.CURRENCY: "Euro"}), "cannot be “Euro” on all rows"),
        (replace(GOOD, constants={Field.QUANTITY: "1,5"}), "Write numbers as 1234.50"),
        (replace(GOOD, constants={Field.DUE_DATE: "Silvester"}), "days as 2026-12-31"),
        (replace(GOOD, constants={Field.PRICES: "net"}), "one of those that are listed"),
        (replace(GOOD, values={Field.KIND: {"R": "bill"}}), "“R” cannot mean “bill”"),
        (replace(GOOD, values={Field.KIND: {"R": "invoice", "r": "invoice"}}), "said twice"),
        (replace(GOOD, closed=frozenset({Field.PRICES})), "nothing but what is listed"),
        (replace(GOOD, usual={"decimal_mark": ";"}), "no way in which files write"),
        (replace(GOOD, prefixes={"": Prefix(refused="x")}), "each beginning of a number"),
        (replace(GOOD, prefixes={"C": Prefix()}), "each beginning of a number"),
        (replace(GOOD, refused_statuses={"draft": "x"}), "no column tells it"),
        (replace(GOOD, refused_statuses={"Draft": ""}), "Say why a document with the status"),
        (
            replace(GOOD, columns={**GOOD.columns, Field.SHIPPING: ("Versand",)}),
            "what the line is called",
        ),
        (replace(GOOD, customer_name="{code.x}"), "made of {code} and words"),
        (replace(GOOD, customer_name="{"), "made of {code} and words"),
        (
            RecordProfile(code="o", name="o", subject=Subject.DOCUMENTS, columns={"colour": ("x",)}),
            "“colour” is nothing that documents have",
        ),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_a_sentence(profile: Any, said: str) -> None:
    found = faults(profile)
    assert [each for each in found if said in each], found
    assert all(each.endswith(".") for each in found)


def test_a_customer_that_is_a_walk_in_needs_no_column() -> None:
    assert (
        faults(replace(without(Field.CUSTOMER_NAME), walk_in=WalkIn(code="W", name="Shop"))) == []
    )


def test_every_field_of_a_document_has_a_word_and_a_group() -> None:
    offered = [each for _, fields in groups_of(Subject.DOCUMENTS) for each, _ in fields]
    assert sorted(offered) == sorted(each.value for each in Field)
