"""How alike two customers or items are: what is equal but for how it is written, and what is not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.likeness import normal_code
from apps.core.names import normalised
from apps.sync.match.likeness import (
    Level,
    Party,
    Thing,
    customers_alike,
    emails_of,
    items_alike,
    tax_number_of,
)
from apps.sync.match.pairs import keys_of

WORD = st.text(alphabet="abcdefghilmnoprstuv", min_size=4, max_size=9)
NAMES = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
ANY_TEXT = st.text(max_size=60)


def party(name: str, **more: object) -> Party:
    return Party(key=1, name=name, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bell & Daughters", "bell and daughters Ltd."),
        ("Bell & Daughters, Limited", "BELL AND DAUGHTERS"),
        ("Müller GmbH & Co. KG", "Muller"),
        ("Dupont S.à r.l.", "SARL Dupont"),
        ("J. P. Morgan, Inc.", "JP Morgan"),
        ("O’Brien's Bakery", "OBriens Bakery"),
        ("The Blue Boar", "Blue Boar"),
        ("Van der Berg B.V.", "Van der Berg bv"),
        ("Société Générale S.A.", "Societe Generale"),
        ("Łódź Taxi", "Lodz Taxi"),
    ],
)
def test_a_name_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert normalised(one).whole == normalised(other).whole
    told = customers_alike(party(one), party(other))
    assert told is not None
    assert told.level is Level.LIKELY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shop 12", "Shop 13"),
        ("Bell and Daughters", "Bell and Daughters 2"),
        ("Dunmore Logistics", "Dovre Logistics"),
        ("Mulberry Consulting", "Amber Consulting"),
        ("Bell", "Ball"),
        ("🙂", "🙃"),
        ("London Services", "Leeds Services"),
    ],
)
def test_two_names_are_two(one: str, other: str) -> None:
    assert customers_alike(party(one), party(other)) is None


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Bell & Daughters", "Bell & Daughters Ltd", "the name but for “Ltd”"),
        ("Thornfield", "Thornfeild", "a name that is 90 % alike"),
        ("Amy Bell", "Bell, Amy", "the same words in another order"),
        ("Blue Bird Café", "Bluebird Cafe", "the same name but for a space"),
        ("Amy's Sanctuary", "Amys Sanctuary (Leeds)", "the name but for “Leeds”"),
        ("Old Mill", "OLD  MILL", "the same name"),
    ],
)
def test_the_reason_says_what_differs(one: str, other: str, why: str) -> None:
    told = customers_alike(party(one), party(other))
    assert told is not None
    assert told.reasons == (why,)
    assert not told.against


def test_what_proves_it_is_exact_until_something_speaks_against_it() -> None:
    ours = party(
        "Bell Ltd", tax_number="GB 123 4567 89", emails=emails_of("a@b.co"), currency="GBP"
    )
    same = customers_alike(ours, party("Bell", tax_number="123456789"))
    assert same is not None
    assert (same.level, same.reasons[0]) == (Level.EXACT, "same tax number GB 123 4567 89")
    by_mail = customers_alike(ours, party("Bell Limited", emails=emails_of("A@B.co; c@d.co")))
    assert by_mail is not None
    assert (by_mail.level, by_mail.reasons[0]) == (Level.EXACT, "same e-mail a@b.co")
    doubted = {
        "another tax number there: 999999999": {"tax_number": "999999999"},
        "another currency: GBP here, EUR there": {"currency": "EUR"},
        "it is archived there": {"active": False},
    }
    for sentence, fields in doubted.items():
        told = customers_alike(ours, party("Bell Ltd", emails=emails_of("a@b.co"), **fields))
        assert told is not None
        assert told.level is Level.LIKELY, sentence
        assert told.against == (sentence,)


def test_one_address_under_a_longer_name_asks_for_a_look() -> None:
    mail = emails_of("office@dunmore.example")
    ours, theirs = party("Dunmore Bakery", emails=mail), party("Dunmore Bakery Group", emails=mail)
    told = customers_alike(ours, theirs)
    assert told is not None
    assert (told.level, told.against) == (Level.LIKELY, ())
    joined = customers_alike(ours, party("DunmoreBakery Ltd", emails=mail))
    assert joined is not None
    assert joined.level is Level.EXACT
    numbered = customers_alike(
        party("Dunmore Bakery", tax_number="GB123456789"),
        party("Dunmore Bakery Group", tax_number="GB123456789"),
    )
    assert numbered is not None
    assert numbered.level is Level.EXACT


def test_an_address_that_several_share_or_another_name_proves_nothing() -> None:
    mail = emails_of("books@accountant.example")
    ours, theirs = party("Harbour Books", emails=mail), party("Copper Bakery", emails=mail)
    alone = customers_alike(ours, theirs)
    assert alone is not None
    assert alone.level is Level.LIKELY
    assert alone.against == ("a name that has nothing in common",)
    assert customers_alike(ours, theirs, shared=mail) is None


def test_the_end_of_a_tax_number_is_no_number() -> None:
    assert tax_number_of("*****6789") == tax_number_of("XXXXX6789") == ""
    assert tax_number_of("GB123456789") == tax_number_of("123 4567 89") == "123456789"
    assert tax_number_of("12") == ""


@pytest.mark.parametrize(
    ("ours", "theirs", "level"),
    [
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="Brass lantern", code="lan1"), Level.EXACT),
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="LAN-1"), Level.EXACT),
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="LAN-1 Lantern"), Level.LIKELY),
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="Lantern", code="X9"), Level.LIKELY),
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="Consulting day", code="LAN-1"), Level.LIKELY),
        (Thing(key=1, name="Lantern", code="A", price=Decimal(10)),
         Thing(key=2, name="Lantern", code="A", price=Decimal(25)), Level.LIKELY),
        (Thing(key=1, name="Lantern small", code="LAN-1"), Thing(key=2, name="Lantern smal", code="LAN-2"), None),
        (Thing(key=1, name="Lantern", code="LAN-1"), Thing(key=2, name="Birdcage", code="LAN-2"), None),
    ],
)  # fmt: skip
def test_items_are_told_by_code_then_by_name(
    ours: Thing, theirs: Thing, level: Level | None
) -> None:
    told = items_alike(ours, theirs)
    assert (told.level if told is not None else None) == level


@given(NAMES, st.sampled_from(["{}", "{} Ltd", "{}, Inc.", "{} GmbH", "The {}", "  {} ", "{}!"]))
def test_a_dressed_up_name_is_likely_and_found_by_a_key(name: str, dress: str) -> None:
    dressed = party(dress.format(name.title()))
    told = customers_alike(party(name), dressed)
    assert told is not None
    assert told.figure == 100
    assert set(keys_of(party(name))) & set(keys_of(dressed))


@given(ANY_TEXT)
def test_a_normal_name_is_its_own_normal_name(name: str) -> None:
    once = normalised(name)
    assert normalised(once.whole).whole == once.whole or once.form or not once.words
    assert bool(once.whole) == bool(name.strip())


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_it_is_as_alike_from_either_side_and_never_fails(
    one: str, other: str, mail: str, number: str
) -> None:
    a, b = party(one, emails=emails_of(mail), tax_number=number), party(other, tax_number=number)
    there, back = customers_alike(a, b), customers_alike(b, a)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert (there.level, there.figure) == (back.level, back.figure)


@given(ANY_TEXT)
def test_codes_and_numbers_are_compared_without_signs(text: str) -> None:
    assert normal_code(normal_code(text)) == normal_code(text)


@given(WORD, WORD, st.integers(min_value=0, max_value=3))
def test_one_letter_left_out_of_a_long_word_is_found_by_a_key(
    one: str, other: str, at: int
) -> None:
    word = one + other
    slip = word[: at + 1] + word[at + 2 :]
    assert set(keys_of(party(f"{word} services"))) & set(keys_of(party(f"{slip} services"))) - {
        "services"
    }
    assert customers_alike(party(f"{word} services"), party(f"{slip} services")) is not None
