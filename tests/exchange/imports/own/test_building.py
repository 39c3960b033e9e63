"""What people say of columns makes a profile; a profile says it back; headings propose it."""

from dataclasses import replace

import pytest

from apps.connectors.profiles import DocumentKind, Field, Prefix, Prices, Profile, Subject
from apps.exchange.imports.own.building import (
    Beginning,
    Column,
    Draft,
    Rules,
    draft_of,
    profile_from,
    proposed_draft,
)
from apps.exchange.imports.own.proposing import proposals
from apps.exchange.imports.taxes import NO_TAX
from apps.exchange.profiles import PROFILES
from tests.exchange.imports.layouts import HEADINGS

GERMAN = ["Belegnummer", "Belegart", "Datum", "Kunde", "Bezeichnung", "Menge", "Einzelpreis",
          "Steuerschlüssel", "MwSt"]  # fmt: skip


def test_headings_are_known_from_every_layout_and_from_abroad_then_by_likeness() -> None:
    told = proposals([*GERMAN, "Invoice nmber", "Wetter", ""], Subject.DOCUMENTS)
    assert [told.get(place) for place in range(len(GERMAN) + 3)] == [
        *("number", "kind", "date", "customer_name", "description", "quantity", "unit_price"),
        *("tax_code", "document_tax", None, None, None),
    ], "the number is told once"
    assert proposals(["Invoice nmber", "Custmer name"], Subject.DOCUMENTS) == {
        0: "number",
        1: "customer_name",
    }


def test_a_draft_proposes_what_no_column_tells() -> None:
    draft = proposed_draft(
        ["Number", "Date", "Customer", "Price", "Date"], Subject.DOCUMENTS, "EUR"
    )
    assert draft.constants == [("currency", "EUR"), ("quantity", "1")]
    assert [each.tells for each in draft.columns] == [
        *("number", "date", "customer_name", "unit_price", ""),
    ]


def said(*fields: str, **more: object) -> Draft:
    columns = [Column(heading=f"H{place}", tells=each) for place, each in enumerate(fields)]
    return Draft(subject=Subject.DOCUMENTS, columns=columns, **more)  # type: ignore[arg-type]


ENOUGH = ("number", "date", "customer_name", "description", "quantity", "unit_price")


def test_what_is_said_becomes_the_profile() -> None:
    draft = said(
        *ENOUGH, "tax_code", "kind", "status", "shipping", "shipping", "",
        constants=[("currency", "CHF")],
        values={"tax_code": {"V20": "S20", "V0": NO_TAX, "X": ""}, "kind": {"GS": "credit_note"}},
        statuses={"Entwurf": "it is a draft there", "Offen": ""},
        beginnings=[Beginning(begins="G", means="credit_note"),
                    Beginning(begins="A", means="refused", why="it is an offer"),
                    Beginning(begins="", means="invoice")],
        usual={"decimal_mark": ",", "day_order": ""},
        rules=Rules(prices="exclusive", by_sign=True, credits="either", same_day=True),
    )  # fmt: skip
    draft.columns[0].beginning, draft.columns[0].ending = "RE-", ".0"
    draft.columns[6].blank_tells = True
    profile, wrong = profile_from(draft)
    assert wrong == []
    assert isinstance(profile, Profile)
    assert profile.columns[Field.UNIT_PRICE] == ("H5",)
    assert (profile.columns[Field.SHIPPING], profile.further) == (
        ("H9",),
        {Field.SHIPPING: ("H10",)},
    )
    assert profile.charges == {Field.SHIPPING: "H9"}
    assert profile.constants == {Field.CURRENCY: "CHF", Field.PRICES: Prices.WITHOUT_TAX}
    assert profile.values == {
        Field.TAX_CODE: {"V20": "S20", "V0": NO_TAX},
        Field.KIND: {"GS": "credit_note"},
    }
    assert profile.blank_tells == {Field.TAX_CODE}
    assert profile.refused_statuses == {"entwurf": "it is a draft there"}
    assert profile.prefixes == {
        "G": Prefix(kind=DocumentKind.CREDIT_NOTE),
        "A": Prefix(refused="it is an offer"),
    }
    assert (profile.beginnings, profile.endings) == ({"number": "RE-"}, {"number": ".0"})
    assert (profile.by_sign, profile.credits_are_negative) == (True, None)
    assert profile.usual == {"decimal_mark": ","}
    assert all(type(each) is Field for each in profile.columns)
    # … and is said back as it was.
    again, wrong = profile_from(draft_of(profile, [each.heading for each in draft.columns]))
    assert (again, wrong) == (profile, [])


@pytest.mark.parametrize(
    ("draft", "said_of_it"),
    [
        (said(*ENOUGH[:5]), "Nothing tells “Unit price”"),
        (said(*ENOUGH, constants=[("terms", "a"), ("terms", "b")]), "more than one value"),
        (said(*ENOUGH, "number"), "told by more than one column"),
        (said(*ENOUGH[:4], rules=Rules(amount_alone=True)), "Nothing tells “Line amount”"),
    ],
)
def test_what_cannot_be_read_so_is_said(draft: Draft, said_of_it: str) -> None:
    _, wrong = profile_from(draft)
    assert [each for each in wrong if said_of_it in each], wrong


@pytest.mark.parametrize("code", sorted(HEADINGS))
def test_a_copy_of_a_shipped_layout_reads_its_file_alike(code: str) -> None:
    """Narrowed to the headings of the file, and nothing else is other than in the one it came from."""
    start = PROFILES[code]
    headings = HEADINGS[code][0].split(",")
    profile, wrong = profile_from(draft_of(start, headings))
    assert isinstance(profile, Profile)
    assert wrong == []
    same = {name: getattr(start, name) for name in Profile.__dataclass_fields__
            if name not in ("columns", "further", "required", "beginnings", "endings", "values",
                            "blank_tells", "charges", "closed", "refused_statuses", "prefixes")}  # fmt: skip
    assert profile == replace(profile, **{**same, "code": "", "name": "", "proposed": True})
    assert {*start.required} - {*profile.required} <= {*start.columns} - {*profile.columns}
    assert profile.prefixes == start.prefixes
    for wanted in profile.columns:
        assert profile.values.get(wanted) == start.values.get(wanted)
        assert (wanted in profile.blank_tells) == (wanted in start.blank_tells)
