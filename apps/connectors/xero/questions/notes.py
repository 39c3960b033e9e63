"""An open question about notes in the history of a document of Xero."""

from apps.connectors.questions import Finding, Question, Scene, Write, told
from apps.connectors.xero.questions.asking import element, get, identity, read, rows, sale, write
from apps.connectors.xero.questions.documents import CUSTOMERS, on_draft


def _history(scene: Scene) -> str:
    return f"Invoices/{identity(scene, 'invoice', 'Invoices')}/History"


def _left_as_it_is(scene: Scene) -> Finding:
    """Both: that the history shows it at once, and that the invoice keeps its version."""
    rows(scene, "note", "HistoryRecords")
    said = [str(each.get("Details")) for each in rows(scene, "history", "HistoryRecords")]
    if not any(scene.named("asks") in each for each in said):
        return told(False, "the history does not show it")
    before, after = (
        element(scene, each, "Invoices").get("UpdatedDateUTC") for each in ("before", "after")
    )
    return told(before == after, f"UpdatedDateUTC was {before}, and is {after}")


NOTES = (
    Question(
        id="history_updates",
        asks="Does a note in the history of an invoice leave it as it is, and is it read at once?",
        behind="0056: told nowhere [U]",
        assumed="it does, and it is",
        steps=(
            *CUSTOMERS,
            on_draft(lambda scene: sale(scene, "noted")),
            read("before", "invoice", "Invoices"),
            write(
                "note",
                "PUT",
                _history,
                lambda scene: {"Details": scene.named("asks")},
                Write("a note in its history", "", dated=False),  # it goes with its document
            ),
            get("history", _history, exact=False),
            read("after", "invoice", "Invoices"),
        ),
        read=_left_as_it_is,
    ),
)
