"""What every connector does with the words of a note: its reference stays whole, and is found whole."""

import pytest

from apps.connectors.notes import EditNote, holds, shortened
from apps.connectors.snapshots import Kind


def note(words: str, reference: str = "TN-5f") -> EditNote:
    return EditNote(
        of_kind=Kind.INVOICE,
        kind="Invoice",
        remote_id="7",
        customer_id="1",
        words=words,
        reference=reference,
        untouched=False,
        key="note 5",
    )


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("Due date moved (TN-5f)", True),
        ("TN-5f", True),
        ("Voided\nTN-5f: by Petra", True),
        ("Due date moved (TN-5f0)", False),
        ("Due date moved (ATN-5f)", False),
        ("TN-5f-2", False),
        ("", False),
    ],
)
def test_a_reference_is_found_whole_alone(said: str, there: bool) -> None:
    assert holds(said, "TN-5f") is there


@pytest.mark.parametrize("words", ["Moved as agreed with Petra (TN-5f)", "TN-5f: moved as agreed"])
@pytest.mark.parametrize("room", range(5, 41))
def test_it_is_shortened_to_its_room_and_never_in_its_reference(words: str, room: int) -> None:
    found = shortened(note(words), room)
    assert len(found) <= room
    assert holds(found, "TN-5f")
    assert found == words or "…" in found or found == "TN-5f"


def test_where_not_even_its_reference_has_room_nothing_is_written() -> None:
    with pytest.raises(ValueError, match="no room for TN-5f"):
        shortened(note("Moved (TN-5f)"), 4)
