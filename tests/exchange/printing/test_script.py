"""A person's text on its way to paper."""

import pytest

from apps.exchange.printing.script import BREAK, coverage, said, shown


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Bell & Daughters", "Bell & Daughters"),
        ("a\0b\x07c", "abc"),
        ("Tab\there", "Tab here"),
        ("invoice\u202egnp.exe\u2066", "invoicegnp.exe"),  # no text turns its neighbours round
        ("Cafe\u0301", "Café"),
        ("😀 ok", "[grinning face] ok"),
        ("👍🏽", "[thumbs up sign]"),
        ("☎️", "☎️".replace("\ufe0f", "")),
        ("\ue000", "[u+e000]"),  # of private use: it means nothing to a reader
        ("山田 🏯", "山田 [japanese castle]"),
        ("\ud800", "[u+d800]"),
    ],
)
def test_what_is_printed_is_what_fonts_can_show(typed: str, printed: str) -> None:
    assert shown(typed) == printed


@pytest.mark.parametrize(
    "text",
    ["Ελλάδα", "Кириллица", "Tiếng Việt", "שלום", "مرحبا", "پارسی", "日本語カナ", "简体繁體", "한국어",
     "ไทย", "हिन्दी", "বাংলা", "தமிழ்", "తెలుగు", "ქართული", "Հայերեն", "አማርኛ", "ខ្មែរ", "ລາວ",
     "မြန်မာ", "සිංහල", "𠮷野家", "₪ ₹ ₽ € ¥ → ✓ ½"],
)  # fmt: skip
def test_no_script_of_trade_needs_a_name_in_its_place(text: str) -> None:
    assert shown(text) == text


def test_a_mark_that_the_letters_font_lacks_is_named() -> None:
    assert shown("日\u0301") == "日[combining acute accent]"


def printed(text: str) -> str:
    return said(text)["lines"][0]


def test_a_word_without_a_blank_may_break_and_a_sentence_is_left_alone() -> None:
    assert printed("W" * 4000).replace(BREAK, "") == "W" * 4000
    assert max(map(len, printed("W" * 4000).split(BREAK))) == 8
    assert BREAK not in printed("An ordinary description of goods, with bell@bell.example in it.")
    assert BREAK not in printed("東京都千代田区丸の内一丁目九番一号東京駅八重洲口地下街北一号室")
    assert BREAK not in shown("W" * 4000)


def test_direction_and_language_are_those_of_the_letters() -> None:
    assert (said("שלום 2.5 kg")["rtl"], said("שלום")["lang"]) == (True, "he")
    assert (said("12 فانوس")["rtl"], said("12 فانوس")["lang"]) == (True, "ar")
    assert (said("Lantern פנס")["rtl"], said("カナ")["lang"]) == (False, "ja")
    assert said("one\r\n\r\ntwo\u2028three")["lines"] == ["one", "two", "three"]


def test_coverage_is_read_from_the_fonts_in_the_order_in_which_they_are_tried() -> None:
    assert next(iter(coverage())).startswith("Inter-")
    assert ord("é") in coverage()["Inter-Regular.otf"]
    assert ord("𠮷") in coverage()["NotoSansCJKjp-Regular.otf"]
    assert ord("\ufdd0") not in set().union(*coverage().values())
