"""How alike names, codes and numbers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.likeness import (
    ALIKE,
    NEAR,
    bare_tax_number,
    found_in,
    keys_of,
    nearness,
    normal_code,
    normal_name,
    normal_tax_number,
    same_tax_number,
    says_something,
    tidy,
)

NAMES = st.text(max_size=60)
WORDS = st.lists(st.text("abcdefghij", min_size=3, max_size=9), min_size=2, max_size=4)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Bell & Daughters, Ltd.", "bell and daughters"),
        ("BELL AND DAUGHTERS LIMITED", "bell and daughters"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Société Générale S.A.", "societe generale"),
        ("O’Brien’s", "obriens"),
        ("Ørsted A/S", "orsted"),
        ("Straße & Söhne", "strasse and sohne"),
        ("Jansen B. V.", "jansen"),
        ("Limited", "limited"),
        ("🔔🔔", "🔔🔔"),
        ("شركة الأمل", "شركة الامل"),
        ("Acme: North", "acme north"),
        ("  ", ""),
        ("ＡＢＣ", "abc"),
        ("Hill Bros. Ges.m.b.H.", "hill brothers"),
        ("The", "the"),
    ],
)
def test_a_name_in_its_normal_form(text: str, normal: str) -> None:
    assert normal_name(text) == normal


@given(NAMES)
def test_a_normal_form_is_its_own_normal_form_of_a_tidied_name(text: str) -> None:
    assert normal_name(text.upper().lower()) == normal_name(text.lower().upper().lower())
    assert tidy(tidy(text)) == tidy(text)
    assert normal_code(normal_code(text)) == normal_code(text)
    assert normal_tax_number(normal_tax_number(text)) == normal_tax_number(text)


@given(NAMES)
def test_what_says_something_never_becomes_nothing(text: str) -> None:
    if says_something(text):
        assert normal_name(text)


@given(NAMES, NAMES)
def test_nearness_is_the_same_in_both_directions_and_full_only_for_one_form(
    one: str, other: str
) -> None:
    near = nearness(one, other)
    assert near == nearness(other, one)
    assert 0 <= near <= ALIKE
    assert (near == ALIKE) == (normal_name(one) == normal_name(other) != "")


@given(WORDS, st.data())
def test_one_slip_in_a_long_name_is_near_and_meets_under_a_key(
    words: list[str], data: st.DataObject
) -> None:
    name = "".join(words)
    place = data.draw(st.integers(0, len(name) - 2))
    slip = data.draw(st.sampled_from(["left out", "changed over", "doubled", "another"]))
    mended = {
        "left out": name[:place] + name[place + 1 :],
        "changed over": name[:place] + name[place + 1] + name[place] + name[place + 2 :],
        "doubled": name[: place + 1] + name[place:],
        "another": name[:place] + "z" + name[place + 1 :],
    }[slip]
    assert nearness(name, mended) >= NEAR
    assert set(keys_of(name)) & set(keys_of(mended))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Unit 1", "Unit 2"),
        ("Shop 12 Leeds", "Shop 21 Leeds"),
        ("Bell & Son", "Bell & Sons Catering"),
        ("Ann", "Anna"),
        ("", ""),
        ("Northgate Bakery", "Southgate Brewery"),
    ],
)
def test_what_is_not_near(one: str, other: str) -> None:
    assert nearness(one, other) < NEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bell & Daughters", "Bel and Dauhgters Ltd"),
        ("Web Site Partners", "Website Partners Inc."),
        ("Smith, John", "John Smith"),
        ("Thornfield Trading", "Thornfeild Trading Limited"),
        ("Café Zürich", "Cafe Zurich AG"),
    ],
)
def test_what_is_near(one: str, other: str) -> None:
    assert nearness(one, other) >= NEAR


def test_codes_and_tax_numbers() -> None:
    assert normal_code(" SKU-001 a") == normal_code("sku 001A") == "sku001a"
    assert normal_code("A+") != normal_code("A")
    assert same_tax_number("GB 123 4567 89", "123456789")
    assert same_tax_number("gb123456789", "GB-123456789")
    assert not same_tax_number("GB123456789", "DE123456789")
    assert not same_tax_number("", "")
    assert bare_tax_number("GB 123 456") == bare_tax_number("123456") == "123456"


def test_what_is_stored() -> None:
    assert tidy("  Bell \u00a0 &\tDaughters\u200b ") == "Bell & Daughters"
    assert tidy("\u202eabc") == "abc"
    assert tidy("👩\u200d👧 Ltd") == "👩\u200d👧 Ltd"
    assert not says_something(tidy("\u200b \u3000"))


def test_what_was_typed_finds_a_part() -> None:
    assert found_in("bel dauhgters", "bell and daughters") >= 75
    assert found_in("dau", "bell and daughters") == 100
    assert found_in("zebra", "bell and daughters") < 60
