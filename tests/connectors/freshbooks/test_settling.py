"""What became of a call whose answer was lost: sent, not sent, or unknown for now."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from apps.connectors.errors import (
    CannotTell,
    NeverArrived,
    OutcomeUnknown,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Outcome, Push, Reply, Request, Unsettled
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    BASE,
    LATER,
    LOST,
    MARKER,
    OTHER,
    Script,
    adjustment,
    applied,
    client_raw,
    credit_note,
    credit_raw,
    customer,
    error,
    freshbooks,
    gbp,
    invoice,
    invoice_raw,
    item,
    item_raw,
    listed,
    one,
    payment,
    payment_raw,
    push,
    refused,
    said,
    use_raw,
    whole,
)

LISTS = {
    "client": "users/clients",
    "item": "items/items",
    "invoice": "invoices/invoices",
    "credit_note": "credit_notes/credit_notes",
    "payment": "payments/payments",
}
MADE: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "customer": (customer(), "client", client_raw()),
    "item": (item(), "item", item_raw()),
    "invoice": (invoice(), "invoice", invoice_raw()),
    "credit note": (credit_note(), "credit_note", credit_raw()),
    "payment": (payment(), "payment", payment_raw()),
    "use of a credit": (applied(), "payment", use_raw()),
}


class Losing:
    """Every write is lost; reads are answered as the books stand: whoever asks for what was deleted
    gets the deleted alone."""

    def __init__(self, kind: str, *rows: dict[str, Any], honours: bool = True) -> None:
        self.kind, self.rows, self.honours = kind, rows, honours
        self.asked: list[Request] = []

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.asked.append(request)
            yield request, self._reply(request)

    def _reply(self, request: Request) -> Reply:
        if request.writes:
            return LOST
        path = request.path.removeprefix(BASE)
        if path == "invoices/invoices/31" and self.kind != "invoice":
            return one("invoice", invoice_raw())
        if path == LISTS[self.kind]:
            deleted = ("search[vis_state]", "1") in request.query
            rows = [
                raw for raw in self.rows if not self.honours or deleted == (raw["vis_state"] == 1)
            ]
            return listed(path.rsplit("/", 1)[1], *rows)
        found = [raw for raw in self.rows if path.endswith(f"/{raw['id']}")]
        return one(self.kind, found[0]) if found else answers.NOT_THERE


def settled(books: Any, what: Push, *, believe: bool = True) -> Outcome:
    """Its write is lost, then asked about."""
    (first,) = freshbooks().push([what], books)
    refused(first, OutcomeUnknown)
    request = next(each for each in books.asked if each.writes)
    writes = sum(each.writes for each in books.asked)
    unsettled = Unsettled(
        request=request, pushes=(what,), may_replay=False, believe_absence=believe
    )
    (outcome,) = freshbooks().settle(unsettled, books)
    assert sum(each.writes for each in books.asked) == writes, "settling writes nothing"
    return outcome


@pytest.mark.parametrize("honours", [True, False], ids=["filtered", "everything is listed"])
@pytest.mark.parametrize("name", MADE)
def test_what_arrived_is_found_by_its_number_or_mark(name: str, honours: bool) -> None:
    snapshot, kind, raw = MADE[name]
    strangers = [
        raw | {"id": 900, "note": "", "notes": "", "sku": "X", "invoice_number": "X"}
        | {"credit_number": "X", "amount": gbp("1.00")},
        raw | {"id": 901, "note": f"[Tieout {OTHER}]", "notes": f"[Tieout {OTHER}]", "sku": "Y"},
    ]  # fmt: skip
    outcome = settled(Losing(kind, *strangers, raw, honours=honours), push(snapshot))
    assert (outcome.error, outcome.next_step) == (None, "")
    assert outcome.remote[0].remote_id == str(raw["id"])


@pytest.mark.parametrize("name", MADE)
def test_what_is_not_there_never_arrived_once_their_time_has_passed(name: str) -> None:
    snapshot, kind, _ = MADE[name]
    refused(settled(Losing(kind), push(snapshot)), NeverArrived)
    refused(settled(Losing(kind), push(snapshot), believe=False), OutcomeUnknown)


def test_a_deduction_is_found_by_its_mark() -> None:
    raw = credit_raw(
        credit_number="T04HMASW9NF6YY093-A",
        amount=gbp("3.00"),
        lines=[answers.line_raw("3.00", "0", name="Bank charge")],
        notes=f"[Tieout adjustment {MARKER}]",
    )
    assert settled(Losing("credit_note", raw), push(adjustment())).error is None


@pytest.mark.parametrize("name", ["customer", "invoice", "credit note", "payment"])
def test_of_two_that_bear_its_mark_the_first_is_its_own(name: str) -> None:
    snapshot, kind, raw = MADE[name]
    outcome = settled(Losing(kind, raw | {"id": 9000}, raw), push(snapshot))
    assert outcome.remote[0].remote_id == str(raw["id"])


@pytest.mark.parametrize("name", [each for each in MADE if each != "item"])
def test_what_bears_its_mark_and_is_deleted_is_for_a_person(name: str) -> None:
    """It may have arrived and been deleted, or be one of an earlier time."""
    snapshot, kind, raw = MADE[name]
    refused(settled(Losing(kind, raw | {"vis_state": 1}), push(snapshot)), CannotTell)


@pytest.mark.parametrize("name", ["invoice", "credit note", "payment", "use of a credit"])
def test_what_is_like_it_and_lost_its_mark_is_for_a_person(name: str) -> None:
    snapshot, kind, raw = MADE[name]
    unmarked = raw | {"note": "", "notes": ""}
    assert "like it in all" in refused(settled(Losing(kind, unmarked), push(snapshot)), CannotTell)


def test_a_document_that_arrived_as_a_draft_goes_on_to_be_sent() -> None:
    raw = invoice_raw(status=1, display_status="draft")
    outcome = settled(Losing("invoice", raw), push(invoice()))
    assert (outcome.error, outcome.next_step) == (None, "send")


def test_what_arrived_with_dropped_fields_is_told() -> None:
    raw = invoice_raw(lines=[answers.line_raw("100.00", "0")], amount=gbp("100.00"))
    outcome = settled(Losing("invoice", raw), push(invoice()))
    assert "tax" in refused(outcome)
    assert outcome.remote[0].remote_id == "31"


# --- Changes ------------------------------------------------------------------------------------------


CHANGED: dict[str, tuple[Any, str, dict[str, Any], dict[str, Any]]] = {
    "fields": (
        invoice(due_date=answers.date(2027, 1, 15)),
        "invoice",
        invoice_raw(),
        {"due_offset_days": 56, "due_date": "2027-01-15", "updated": LATER},
    ),
    "a mark as sent": (
        invoice(),
        "invoice",
        invoice_raw(status=1, display_status="draft"),
        {"status": 2, "display_status": "sent", "updated": LATER},
    ),
    "a deletion": (payment(cancelled=True), "payment", payment_raw(), {"vis_state": 1}),
    "a use taken off": (applied(cancelled=True), "payment", use_raw(), {"vis_state": 1}),
    "an archiving": (customer(active=False), "client", client_raw(), {"vis_state": 2}),
    "a void": (
        invoice(void=True),
        "invoice",
        invoice_raw(),
        {
            "amount": gbp("0.00"),
            "notes": f"Voided\n[Tieout {MARKER}]",
            "lines": [answers.line_raw("0.00", "0")],
            "updated": LATER,
        },
    ),
}


def lose_a_change(case: str, after: dict[str, Any] | None, *, believe: bool = True) -> Outcome:
    """`after`: as it stands when it is asked about; None: not told any more."""
    snapshot, kind, before, _ = CHANGED[case]
    path = f"{LISTS[kind]}/{before['id']}"
    asks_first = case != "a mark as sent"
    told = [one(kind, before)] if asks_first else []
    told.append(answers.NOT_THERE if after is None else one(kind, after))
    script = Script({f"GET {path}": told, f"PUT {path}": LOST})
    step = "" if asks_first else "send"
    return settled(script, push(snapshot, whole(kind, before), step=step), believe=believe)


@pytest.mark.parametrize("case", CHANGED)
def test_a_change_that_arrived_is_done(case: str) -> None:
    _, _, before, after = CHANGED[case]
    outcome = lose_a_change(case, before | after)
    assert (outcome.error, outcome.next_step) == (None, "")


@pytest.mark.parametrize("case", CHANGED)
def test_a_change_that_did_not_arrive_is_sent_again(case: str) -> None:
    _, _, before, _ = CHANGED[case]
    refused(lose_a_change(case, before), NeverArrived)
    refused(lose_a_change(case, before, believe=False), OutcomeUnknown)


@pytest.mark.parametrize("case", ["fields", "a void"])
def test_what_somebody_else_changed_meanwhile_is_read_first(case: str) -> None:
    _, _, before, _ = CHANGED[case]
    other = before | {"po_number": "PO 9", "updated": LATER}
    refused(lose_a_change(case, other), RemoteIsNewer)


@pytest.mark.parametrize("case", CHANGED)
def test_what_is_not_told_any_more_was_deleted(case: str) -> None:
    outcome = lose_a_change(case, None)
    if CHANGED[case][0].marker and case in ("a deletion", "a use taken off"):
        assert outcome.error is None
        assert outcome.remote[0].gone
    else:
        refused(outcome, RemoteGone)


def test_what_was_taken_back_to_be_made_anew_goes_on() -> None:
    before = payment_raw()
    what = push(payment(invoice_id="32"), whole("payment", before))
    script = Script(
        {
            "GET payments/payments/41": [one("payment", before), one("payment", before | {"vis_state": 1})],
            "PUT payments/payments/41": LOST,
        }
    )  # fmt: skip
    outcome = settled(script, what)
    assert (outcome.error, outcome.next_step) == (None, "again")
    assert outcome.retired == (("payment", "41", ""),)


# --- When they cannot be asked -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "kind"),
    [
        (error(1024, "Bad filter.", status=400), TryLater),
        (said({"message": "down"}, 503), TryLater),
        (said({}, 429, retry_after="9"), TryLater),
        (LOST, TryLater),
        (said(b"<html>"), TryLater),
        (said({"response": {"result": {"something": []}}}), TryLater),
    ],
)
def test_what_cannot_be_asked_says_nothing_about_the_call(answered: Reply, kind: type) -> None:
    """Raised: whoever settles leaves it unknown under its call."""
    script = Script({"POST invoices/invoices": LOST, "GET invoices/invoices": answered})
    with pytest.raises(kind):
        settled(script, push(invoice()))
