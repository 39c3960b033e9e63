"""What staff write on a client, a payment or a document of the simulated FreshBooks stays words."""

from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin

KINDS = {"clients": "note", "payments": "note", "invoices": "notes", "credit_notes": "notes"}
MOVING = ("note", "notes", "updated", "version")
WORDS = "Amended by hand: <5 %>\nsee the contract"


@pytest.fixture
def made(fb: FreshBooksCaller) -> dict[str, int]:
    """One of each: an invoice that is paid in part, and a credit note that is used for it."""
    client = fb.client()
    invoice = fb.invoice(client, 100, status=2)["id"]
    credit = fb.credit(client, 40)["id"]
    fb.spend(credit, invoice, 10)
    paid = fb.pay(invoice, 30)["id"]
    return {"clients": client, "payments": paid, "invoices": invoice, "credit_notes": credit}


def everything(twin: FreshBooksTwin, business: int, noted: int) -> dict[str, Any]:
    """All that stands there, but of the noted object what moves with its note."""
    return {
        kind: [still(one) if one["id"] == noted else one for one in twin.objects(business, kind)]
        for kind in KINDS
    }


def still(content: Any) -> Any:
    """Without the note, and without the time and version that its lines have too."""
    kept = {name: value for name, value in content.items() if name not in MOVING}
    return kept | {"lines": [still(one) for one in kept.get("lines", ())]}


def test_a_note_that_is_sent_alone_changes_nothing_else(
    twin: FreshBooksTwin, business: Any, fb: FreshBooksCaller, made: dict[str, int]
) -> None:
    for kind, key in KINDS.items():
        before = everything(twin, fb.id, made[kind])
        balance = twin.trial_balance(fb.id)
        for words in ("First", WORDS):
            assert fb.change(kind, made[kind], {key: words})[key] == words
        assert fb.read(kind, made[kind])[key] == WORDS
        assert everything(twin, fb.id, made[kind]) == before
        assert twin.trial_balance(fb.id) == balance
        notes = f"businesses/{fb.id}/notes/{kind}/{made[kind]}"
        assert twin.control("GET", notes) == [{"id": "", "note": WORDS, "file": ""}]
        page = f"{twin.url}/app/{business['account_id']}/{kind}/{made[kind]}"
        assert "Amended by hand: &lt;5 %&gt;" in twin.http.get(page, timeout=20).text
        fb.change(kind, made[kind], {key: ""})
        assert twin.control("GET", notes) == []
