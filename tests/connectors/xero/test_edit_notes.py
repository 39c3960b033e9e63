"""Notes of edits in the history of what stands in Xero: by its answers."""

from typing import Any

import pytest

from apps.connectors.errors import OutcomeUnknown, RecordRefused, RemoteGone
from apps.connectors.notes import EditNote, Note
from apps.connectors.snapshots import Kind
from apps.connectors.xero.notes import LONGEST
from tests.connectors.xero.answers import INVOICE, NOT_THERE, Script, envelope, said, xero

HISTORY = f"Invoices/{INVOICE}/History"


def note(words: str = "Due date moved (TN-5f)") -> EditNote:
    return EditNote(
        of_kind=Kind.INVOICE,
        kind="Invoice",
        remote_id=INVOICE,
        customer_id="",
        words=words,
        reference="TN-5f",
        untouched=True,
        key="note 5",
    )


def told(*details: Any) -> Any:
    rows = [{"Changes": "Note", "User": "Tieout", "Details": each} for each in details]
    return said(envelope(HistoryRecords=rows))


def test_what_another_note_begins_with_is_not_this_one() -> None:
    script = Script(
        {f"GET {HISTORY}": told("Approved", None, "Moved (TN-5f0)"), f"PUT {HISTORY}": told("Ok")}
    )
    xero().note_edit(note(), script)
    assert script.bodies() == [{"HistoryRecords": [{"Details": "Due date moved (TN-5f)"}]}]


def test_one_that_stands_is_not_written_again() -> None:
    script = Script({f"GET {HISTORY}": told("Approved", "Due date moved (TN-5f)")})
    assert xero().note_edit(note(), script).where == "in its history"
    assert script.writes == []


def test_a_long_one_keeps_its_reference() -> None:
    script = Script({f"GET {HISTORY}": told(), f"PUT {HISTORY}": told("Ok")})
    xero().note_edit(note(f"{'Long story. ' * 300}(TN-5f)"), script)
    ((record,),) = [body["HistoryRecords"] for body in script.bodies()]
    assert len(record["Details"]) == LONGEST
    assert record["Details"].endswith("… TN-5f")


def test_a_refusal_is_theirs_and_what_is_gone_is_gone() -> None:
    bad = {"Details": "x", "ValidationErrors": [{"Message": "Details are required"}]}
    script = Script(
        {f"GET {HISTORY}": told(), f"PUT {HISTORY}": said(envelope(HistoryRecords=[bad]))}
    )
    with pytest.raises(RecordRefused, match="Details are required"):
        xero().note_edit(note(), script)
    with pytest.raises(RemoteGone):
        xero().note_edit(note(), Script({f"GET {HISTORY}": NOT_THERE}))


@pytest.mark.parametrize("answer", [envelope(), envelope(HistoryRecords=[]), [], {}])
def test_an_answer_without_the_note_leaves_it_unknown(answer: Any) -> None:
    """It was perhaps written: a note of a creation that waits for another run would stand twice."""
    script = Script({f"GET {HISTORY}": told(), f"PUT {HISTORY}": said(answer)})
    with pytest.raises(OutcomeUnknown):
        xero().note_edit(note(), script)
    made = Note(kind="Invoice", remote_id=INVOICE, words="Recorded by Fay", key="note 1")
    with pytest.raises(OutcomeUnknown):
        xero().note(made, script)
