"""A note below a private note: our marker and the word of a void are still what they were."""

import pytest

from apps.connectors.quickbooks.wire import (
    marker_in,
    marks_credit,
    memo_in,
    note,
    says_voided,
    voided_note,
    with_note,
)

MARKER = "0f" * 16
UUID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
OTHER = "a" * 32
SAID = "Invoice INV-1: due date moved (TN-5f)"


def test_what_stands_there_is_kept_and_the_marker_is_still_found() -> None:
    standing = note("Per the contract", MARKER)
    found = with_note(standing, SAID)
    assert found == f"{standing}\n{SAID}"
    assert marker_in(found) == MARKER
    assert memo_in(found).endswith(SAID)


def test_voided_still_stands_first() -> None:
    found = with_note(voided_note(note("", MARKER)), SAID)
    assert says_voided(found)
    assert marker_in(found) == MARKER
    assert says_voided(voided_note(with_note(note("", MARKER), SAID)))


@pytest.mark.parametrize("standing", ["", "Typed by Petra"])
@pytest.mark.parametrize(
    "words",
    [
        f"Voided by mistake, see Tieout {UUID} (TN-5f)",
        f"Voided: Tieout credit {UUID.replace('-', '')} (TN-5f)",
    ],
)
def test_words_that_look_like_ours_make_nothing_ours(standing: str, words: str) -> None:
    found = with_note(standing, words)
    assert marker_in(found) == ""
    assert not marks_credit(found)
    assert not says_voided(found)
    assert "(TN-5f)" in found
