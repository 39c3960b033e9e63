"""What sentences about different records have in common."""

import pytest

from apps.core.shapes import shape, shape_without_names


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Invoice INV-2026-7 of “Bell & Daughters” is 1,20 off.", "Invoice … of … is … off."),
        ("Nothing differs.", "Nothing differs."),
    ],
)
def test_the_shape_of_a_sentence(sentence: str, left: str) -> None:
    assert shape(sentence) == left


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("See what holds up customer Bell & Daughters.", "See what holds up customer …."),
        ("See what holds up customer Ames.", "See what holds up customer …."),
        ("Undo bank deposit of 7 March 2026 here: Tieout then follows.",
         "Undo bank deposit of … … … here: Tieout then follows."),
        ("Give Émile van Aken Ltd another name.", "Give … another name."),
        ("Skip the number. Then send it again.", "Skip the number. Then send it again."),
    ],
)  # fmt: skip
def test_names_that_are_not_quoted_are_left_out_too(sentence: str, left: str) -> None:
    assert shape_without_names(sentence) == left
