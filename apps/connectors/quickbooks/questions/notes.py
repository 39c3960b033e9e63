"""An open question about what hangs on a transaction of QuickBooks."""

from apps.connectors.questions import Finding, Question, Scene, Write, told
from apps.connectors.quickbooks.client import quoted, select
from apps.connectors.quickbooks.questions.asking import (
    DELETED,
    SELLING,
    asked,
    get,
    identity,
    invoice,
    rows,
    thing,
    write,
)
from apps.connectors.quickbooks.wire import Json


def _attached(scene: Scene) -> Json:
    own = {"type": "Invoice", "value": identity(scene, "invoice", "Invoice")}
    return {
        "AttachableRef": [{"EntityRef": own, "IncludeOnSend": False}],
        "Note": scene.named("asks"),
    }


def _hangs_on_it(scene: Scene) -> str:
    own = identity(scene, "invoice", "Invoice")
    conditions = [
        f"AttachableRef.EntityRef.Type = {quoted('Invoice')}",
        f"AttachableRef.EntityRef.value = {quoted(own)}",
    ]
    return select("Attachable", conditions, ordered=False)


def _leaves_it(scene: Scene) -> Finding:
    """Both: that it is found by what it hangs on, and that the invoice keeps its version."""
    found = {str(each.get("Id")) for each in rows(scene, "listed", "Attachable")}
    if identity(scene, "note", "Attachable") not in found:
        return told(False, "it is not among what is attached to the invoice")
    tokens = [str(thing(scene, each, "Invoice")["SyncToken"]) for each in ("invoice", "read")]
    return told(tokens[0] == tokens[1], f"SyncToken {tokens[0]} before and {tokens[1]} after it")


NOTES = (
    Question(
        id="attachable_raises_token",
        asks="Does a note that is attached to an invoice leave its version as it is?",
        behind="0056: of vendors it was seen to raise it (python-quickbooks#127) [U]",
        assumed="it does, so that nothing of a closed month is touched",
        switch="attachable_raises_token",
        steps=(
            *SELLING,
            invoice("invoice"),
            write("note", "Attachable", _attached, Write("a note attached to it", DELETED)),
            asked("listed", _hangs_on_it),
            get("read", lambda scene: f"invoice/{identity(scene, 'invoice', 'Invoice')}"),
        ),
        read=_leaves_it,
    ),
)
