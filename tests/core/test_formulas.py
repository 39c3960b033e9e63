"""What a spreadsheet may run is known by the one rule, whatever stands unseen in front of it."""

import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.csv_ledger.cells import by_hand_row
from apps.core.formulas import is_formula
from apps.exchange.exports.writing import csv_chunks
from apps.exchange.tables.formulas import escaped, kept_by_reading, read_back

# Of other categories, and shown as nothing (DerivedCoreProperties, Default_Ignorable_Code_Point), and
# the blank pattern of braille.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100"
NAMED = {
    "NBSP": "\u00a0", "ZWSP": "\u200b", "ideographic": "\u3000", "BOM": "\ufeff", "tab": "\t",
    "line": "\n", "return": "\r", "soft hyphen": "\u00ad", "LRM": "\u200e", "RLM": "\u200f",
}  # fmt: skip


def unseen() -> list[str]:
    """Every blank, control and format character, and the fillers; NUL stands in no text."""
    found = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
    ]
    return [*found, *FILLERS]


@pytest.mark.parametrize("sign", "=+-@＝＋－＠﹦﹢﹣﹫")
def test_nothing_unseen_hides_a_sign(sign: str) -> None:
    for before in unseen():
        text = f"{before}{sign}1+1"
        assert is_formula(text), ascii(text)
        assert read_back(escaped(text)) == text
        assert escaped(text) == f"'{text}"
        assert read_back(kept_by_reading(text)) == text


@pytest.mark.parametrize("name", list(NAMED))
def test_both_writers_of_csv_keep_it_a_text(name: str) -> None:
    text = f"{NAMED[name]}=HYPERLINK(1)"
    ours = b"".join(csv_chunks(("Name",), [(text,)])).decode("utf-8-sig").partition("\r\n")[2]
    assert ours.startswith("\"'"), ascii(ours)
    assert by_hand_row(text).lstrip('"').startswith("'")


@given(st.text(st.sampled_from([*NAMED.values(), *"=+-@＝'a1\"", "\u115f", "\u3164"]), max_size=8))
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    assert read_back(escaped(text)) == text
    assert read_back(kept_by_reading(text)) == text
    assert not is_formula(escaped(text)) or escaped(text).startswith("'")


@pytest.mark.parametrize(
    "text", ["Bell & Co", "日本", "\u200bBell", "\u00ad", "a=1", "(=1)", "", "é-1"]
)
def test_a_name_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text


def test_a_long_text_of_blanks_takes_no_time() -> None:
    began = time.process_time()
    is_formula("'" * 50_000 + "\u200b" * 1_000_000 + "a")
    assert time.process_time() - began < 1
