"""Notes of edits in FreshBooks: where no customer reads them, and beside what is ours there."""

from typing import Any

import pytest

from apps.connectors.errors import OutcomeUnknown, RecordRefused, RemoteGone
from apps.connectors.freshbooks.notes import WHERE
from apps.connectors.freshbooks.wire import (
    mark,
    marker_in,
    reference_in,
    with_note,
    with_reference,
)
from apps.connectors.notes import EditNote
from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks.answers import (
    LOST,
    MARKER,
    NOT_THERE,
    OTHER,
    Script,
    client_raw,
    freshbooks,
    invoice_raw,
    one,
    payment_raw,
)

SAID = "Payment of 120.00: reference corrected (TN-5f)"
INVOICE, CLIENT, PAYMENT = "invoices/invoices/31", "users/clients/12", "payments/payments/41"


def note(kind: str = "invoice", **more: Any) -> EditNote:
    return EditNote(
        **{
            "of_kind": Kind.INVOICE if kind == "invoice" else Kind.PAYMENT,
            "kind": kind,
            "remote_id": "31" if kind == "invoice" else "41",
            "customer_id": "12",
            "words": SAID,
            "reference": "TN-5f",
            "untouched": False,
            "key": "note 5",
        }
        | more
    )


# --- Pure -------------------------------------------------------------------------------------


def test_the_mark_and_the_reference_of_a_payment_stay_what_they_were() -> None:
    standing = mark(MARKER, reference="BACS 17")
    found = with_note(standing, SAID)
    assert found == f"{standing}\n{SAID}"
    assert (marker_in(found), reference_in(found)) == (MARKER, "BACS 17")
    again = with_reference(found, "BACS 18", MARKER)
    assert again == f"{mark(MARKER, reference='BACS 18')}\n{SAID}"


def test_a_payment_of_theirs_takes_no_reference_from_it_and_keeps_it() -> None:
    found = with_note("Paid at the desk", SAID)
    assert reference_in(found) == ""
    assert with_reference(found, "BACS 18", MARKER).startswith(found)


@pytest.mark.parametrize("standing", ["", "Pays late", mark(MARKER)])
def test_words_that_look_like_a_mark_make_nothing_ours(standing: str) -> None:
    found = with_note(standing, f"See [Tieout {OTHER}: BACS 9] (TN-5f)")
    assert marker_in(found) == marker_in(standing)
    assert reference_in(found) == ""
    assert f"(Tieout {OTHER}: BACS 9) (TN-5f)" in found


# --- Their answers ----------------------------------------------------------------------------


def test_a_client_without_room_or_place_is_said_before_any_write() -> None:
    script = Script({f"GET {INVOICE}": one("invoice", invoice_raw()), f"GET {CLIENT}": NOT_THERE})
    with pytest.raises(RecordRefused, match="does not stand"):
        freshbooks().note_edit(note(), script)
    assert script.writes == []


def test_a_client_that_is_deleted_under_it_is_no_reason_to_make_the_invoice_anew() -> None:
    script = Script(
        {
            f"GET {INVOICE}": one("invoice", invoice_raw()),
            f"GET {CLIENT}": one("client", client_raw()),
            f"PUT {CLIENT}": NOT_THERE,
        }
    )
    with pytest.raises(RecordRefused) as refused:
        freshbooks().note_edit(note(), script)
    assert not isinstance(refused.value, RemoteGone)


def test_of_a_payment_that_was_un_applied_and_so_deleted_its_client_keeps_the_note() -> None:
    standing = one("payment", payment_raw(vis_state=1))
    written = one("client", client_raw(note=with_note(client_raw()["note"], SAID)))
    script = Script(
        {
            f"GET {PAYMENT}": standing,
            f"GET {CLIENT}": [one("client", client_raw()), written],
            f"PUT {CLIENT}": written,
        }
    )
    noted = freshbooks().note_edit(note("payment"), script)
    assert noted.where == "in the internal note of the client"
    assert script.bodies() == [{"client": {"note": f"{mark(MARKER)}\n{SAID}"}}]

    # Asked again after a lost answer, it is found there and not written twice.
    again = Script({f"GET {PAYMENT}": standing, f"GET {CLIENT}": written})
    assert freshbooks().note_edit(note("payment"), again).where == noted.where
    assert again.writes == []


@pytest.mark.parametrize(
    ("standing", "client"),
    [
        (one("payment", payment_raw(vis_state=1)), NOT_THERE),
        (one("payment", payment_raw(vis_state=1)), one("client", client_raw(vis_state=1))),
        (NOT_THERE, one("client", client_raw())),  # nobody knows what it was
    ],
)
def test_of_what_is_deleted_with_its_client_or_never_was_nothing_is_noted(
    standing: Any, client: Any
) -> None:
    script = Script({f"GET {PAYMENT}": standing, f"GET {CLIENT}": client})
    with pytest.raises(RemoteGone):
        freshbooks().note_edit(note("payment"), script)
    assert script.writes == []


def test_what_they_drop_without_a_word_is_said() -> None:
    there = one("client", client_raw())
    script = Script(
        {
            f"GET {INVOICE}": one("invoice", invoice_raw()),
            f"GET {CLIENT}": there,
            f"PUT {CLIENT}": there,
        }
    )
    with pytest.raises(RecordRefused, match="keeps the client without it"):
        freshbooks().note_edit(note(), script)
    assert script.bodies() == [{"client": {"note": f"{mark(MARKER)}\n{SAID}"}}]


def test_of_a_lost_answer_nothing_is_said() -> None:
    script = Script(
        {
            f"GET {INVOICE}": one("invoice", invoice_raw()),
            f"GET {CLIENT}": one("client", client_raw()),
            f"PUT {CLIENT}": LOST,
        }
    )
    with pytest.raises(OutcomeUnknown):
        freshbooks().note_edit(note(), script)


@pytest.mark.parametrize("closed_meanwhile", [False, True])
def test_on_a_payment_it_is_looked_for_wherever_it_may_have_been_written(
    closed_meanwhile: bool,
) -> None:
    """The month may have been closed, or reopened, since its answer was lost."""
    own, clients = mark(MARKER), mark(OTHER)
    if closed_meanwhile:
        own = with_note(own, SAID)
    else:
        clients = with_note(clients, SAID)
    script = Script(
        {
            "GET payments/payments/41": one("payment", payment_raw(note=own)),
            f"GET {CLIENT}": one("client", client_raw(note=clients)),
        }
    )
    told = freshbooks().note_edit(note("payment", untouched=closed_meanwhile), script)
    assert told.where == WHERE["payment" if closed_meanwhile else "client"]
    assert script.writes == []
