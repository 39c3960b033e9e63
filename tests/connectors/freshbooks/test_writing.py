"""What is asked of FreshBooks, how often, and what is believed of its answers."""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    NamesInactive,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.line import refuse_unfit
from apps.connectors.port import Outcome, Request
from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    BASE,
    LATER,
    MARKER,
    Kept,
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
    line,
    listed,
    one,
    outcome_of,
    payment,
    payment_raw,
    push,
    pushed,
    refused,
    use_raw,
    whole,
)

OPEN = one("invoice", invoice_raw())


def asked(script: Any) -> list[str]:
    return [f"{each.method} {each.path.removeprefix(BASE)}" for each in script.asked]


# --- How many calls --------------------------------------------------------------------------------


def thousand(books: Kept) -> list[Outcome]:
    """1,000 invoices, in lots as the engine gives them, until nothing remains."""
    done: list[Outcome] = []
    for start in range(0, 1000, 240):
        several = [
            push(invoice(number=f"N-{ref}"), ref=ref, identity=f"1-{ref}-1-")
            for ref in range(start, min(start + 240, 1000))
        ]
        outcomes = {each.ref: each for each in freshbooks().push(several, books)}
        again = [
            dataclasses.replace(
                each,
                known=outcomes[each.ref].remote[0],
                stands=outcomes[each.ref].remote,
                step=outcomes[each.ref].next_step,
            )
            for each in several
            if outcomes[each.ref].next_step
        ]
        outcomes |= {each.ref: each for each in freshbooks().push(again, books)}
        done += outcomes.values()
    return done


def test_a_thousand_invoices_take_1050_calls_each_read_back() -> None:
    books = Kept()
    done = thousand(books)
    assert len(done) == 1000
    assert not [each for each in done if each.error or each.next_step]
    assert len({each.remote[0].remote_id for each in done}) == 1000
    assert len(books.asked) <= 1050


def test_where_they_are_kept_as_drafts_it_takes_2100() -> None:
    books = Kept(status=1)
    done = thousand(books)
    assert not [each for each in done if each.error or each.next_step]
    assert all(each.remote[0].raw["status"] == 2 for each in done)
    assert len(books.asked) <= 2100


# --- Each write --------------------------------------------------------------------------------------


def test_a_write_names_its_record_and_no_credential_and_asks_for_lines() -> None:
    books = Kept()
    outcome_of(books, push(invoice()))
    write = books.asked[0]
    refuse_unfit(write, frozenset({"authorization"}))
    assert (write.method, write.path, write.members, write.key) == (
        "POST",
        f"{BASE}invoices/invoices",
        (7,),
        "",
    )
    assert dict(write.query) == {"include[]": "lines"}
    assert list(json.loads(write.body)) == ["invoice"]


MAKES: dict[str, tuple[Any, str, str, dict[str, Any]]] = {
    "customer": (customer(), "users/clients", "client", client_raw()),
    "item": (item(), "items/items", "item", item_raw()),
    "invoice": (invoice(), "invoices/invoices", "invoice", invoice_raw()),
    "credit note": (credit_note(), "credit_notes/credit_notes", "credit_note", credit_raw()),
    "payment": (payment(), "payments/payments", "payment", payment_raw()),
    "use of a credit": (applied(), "payments/payments", "payment", use_raw()),
}


def script_of(name: str, answered: Any, read: Any = None) -> Script:
    _, path, kind, raw = MAKES[name]
    read = raw if read is None else read
    reads = {f"GET {path}/{raw['id']}": one(kind, read)} if read else {}
    return Script({"GET invoices/invoices/31": OPEN, f"POST {path}": answered} | reads)


@pytest.mark.parametrize("name", MAKES)
def test_what_is_made_is_done_when_it_says_what_was_asked(name: str) -> None:
    snapshot, _, kind, raw = MAKES[name]
    script = script_of(name, one(kind, raw))
    outcome = outcome_of(script, push(snapshot))
    assert (outcome.error, outcome.next_step) == (None, "")
    assert outcome.remote[0].remote_id == str(raw["id"])
    assert outcome.remote[0].of_kind is push(snapshot).kind
    assert len(script.writes) == 1
    # It asks for no second call.
    again = Script({})
    assert outcome_of(again, push(snapshot, outcome.remote[0])).error is None
    assert again.asked == []


LIES: dict[str, tuple[str, Any, str]] = {
    "an invoice that bears another total": ("invoice", {"amount": gbp("121.00")}, "total"),
    "an invoice whose number was dropped": ("invoice", {"invoice_number": "0000001"}, "number"),
    "an invoice whose lines were dropped": ("invoice", {"lines": [], "amount": gbp("0")}, "lines"),
    "an invoice of another customer": ("invoice", {"customerid": 13}, "customer"),
    "an invoice of another day": ("invoice", {"create_date": "2026-11-28"}, "issue date"),
    "an invoice in another currency": ("invoice", {"currency_code": "CAD"}, "currency"),
    "an invoice whose order number was dropped": ("invoice", {"due_date": "2026-11-20"}, "due"),
    "a credit note without its tax": (
        "credit note",
        {"lines": [answers.line_raw("100.00", "0")], "amount": gbp("100.00")},
        "tax",
    ),
    "a payment of another day": ("payment", {"date": "2026-11-28"}, "paid on"),
    "a payment of another amount": ("payment", {"amount": gbp("100.00")}, "amount"),
    "a payment that is split": (
        "payment",
        {"amount": gbp("60.00"), "overpaymentid": 42},
        "stands there as a credit",
    ),
    "a customer whose address was dropped": ("customer", {"email": ""}, "email"),
    "an item at another price": ("item", {"unit_cost": gbp("0.00")}, "unit price"),
    "the use of a credit that is booked as money": (
        "use of a credit",
        {"creditid": None, "from_credit": False},
        "as money received",
    ),
    "what was deleted at once": ("payment", {"vis_state": 1}, "deleted"),
    "what cannot be read": ("invoice", {"amount": None}, "cannot be read"),
}


@pytest.mark.parametrize("case", LIES)
def test_what_was_answered_and_is_not_so_is_told_beside_what_stands(case: str) -> None:
    name, change, word = LIES[case]
    snapshot, _, kind, raw = MAKES[name]
    # A document and money are read: their answer may repeat what was asked.
    answered = raw | change if name in ("customer", "item") else raw
    script = script_of(name, one(kind, answered), raw | change)
    outcome = outcome_of(script, push(snapshot))
    assert word in refused(outcome)
    assert outcome.remote[0].remote_id == str(raw["id"])


@pytest.mark.parametrize("name", ["invoice", "credit note", "payment", "use of a credit"])
def test_what_was_answered_and_is_not_there_is_unknown(name: str) -> None:
    snapshot, path, kind, raw = MAKES[name]
    script = script_of(name, one(kind, raw))
    script.answers[f"GET {path}/{raw['id']}"] = [answers.NOT_THERE]
    outcome = outcome_of(script, push(snapshot))
    refused(outcome, OutcomeUnknown)
    assert outcome.remote == ()


@pytest.mark.parametrize("name", MAKES)
@pytest.mark.parametrize("answered", [answers.LOST, answers.said({}), answers.said(b"<html>")])
def test_an_answer_that_says_nothing_is_unknown(name: str, answered: Any) -> None:
    outcome = outcome_of(script_of(name, answered), push(MAKES[name][0]))
    refused(outcome, OutcomeUnknown)


def test_an_answer_with_another_id_than_was_asked_for_is_unknown() -> None:
    raw = client_raw()
    script = Script(
        {
            "GET users/clients/12": one("client", raw),
            "PUT users/clients/12": one("client", client_raw(id=13, email="new@brass.example")),
        }
    )
    changed = push(customer(email="new@brass.example"), whole("client", raw))
    refused(outcome_of(script, changed), OutcomeUnknown)


# --- Drafts -------------------------------------------------------------------------------------------


def test_an_invoice_that_stands_as_a_draft_is_marked_as_sent_by_a_step_of_its_own() -> None:
    books = Kept(status=1)
    first = outcome_of(books, push(invoice()))
    assert (first.error, first.next_step) == (None, "send")

    second = outcome_of(books, push(invoice(), first.remote[0], step="send"))

    assert (second.error, second.next_step) == (None, "")
    sent = [json.loads(each.body) for each in books.asked if each.writes]
    assert sent[-1] == {"invoice": {"action_mark_as_sent": True}}


@pytest.mark.parametrize(
    ("snapshot", "kind", "raw"),
    [
        (invoice(), "invoice", invoice_raw(status=1, display_status="draft")),
        (credit_note(), "credit_note", credit_raw(display_status="draft", status="draft")),
    ],
)
def test_a_draft_that_stays_one_is_not_in_the_books(snapshot: Any, kind: str, raw: Any) -> None:
    path = f"{kind}s/{kind}s/{raw['id']}"
    script = Script({f"PUT {path}": one(kind, raw), f"GET {path}": one(kind, raw)})
    outcome = outcome_of(script, push(snapshot, whole(kind, raw), step="send"))
    assert "draft" in refused(outcome)
    assert outcome.remote[0].remote_id == str(raw["id"])


# --- Changes ------------------------------------------------------------------------------------------


def changing(snapshot: Any, kind: str, before: Any, after: Any) -> tuple[Script, Any]:
    path = {"client": "users/clients", "item": "items/items"}.get(kind, f"{kind}s/{kind}s")
    path = f"{path}/{before['id']}"
    script = Script({f"GET {path}": [one(kind, before), one(kind, after)]})
    script.answers[f"PUT {path}"] = [one(kind, after)]
    return script, push(snapshot, whole(kind, before))


CHANGES: dict[str, tuple[Any, str, Any, Any, Any]] = {
    "customer": (
        customer(email="new@brass.example"),
        "client",
        client_raw(),
        {"email": "new@brass.example"},
        {"email": "new@brass.example"},
    ),
    "item": (
        item(unit_price=Decimal("85.50")),
        "item",
        item_raw(),
        {"unit_cost": gbp("85.50")},
        {"unit_cost": gbp("85.50")},
    ),
    "due date": (
        invoice(due_date=answers.date(2027, 1, 15)),
        "invoice",
        invoice_raw(),
        {"due_offset_days": 56},
        {"due_offset_days": 56, "due_date": "2027-01-15"},
    ),
    "reference": (
        payment(reference="BACS 18"),
        "payment",
        payment_raw(),
        {"note": f"[Tieout {MARKER}: BACS 18]"},
        {"note": f"[Tieout {MARKER}: BACS 18]"},
    ),
    "how much of a credit": (
        applied("25.00"),
        "payment",
        use_raw(),
        {"amount": gbp("25.00")},
        {"amount": gbp("25.00")},
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_says_only_what_differs(case: str) -> None:
    snapshot, kind, before, body, after = CHANGES[case]
    script, what = changing(snapshot, kind, before, before | after | {"updated": LATER})
    outcome = outcome_of(script, what)
    assert (outcome.error, outcome.next_step) == (None, "")
    assert script.bodies() == [{kind: body}]
    assert json.loads(script.writes[0].evidence) == {"base": whole(kind, before).version}


@pytest.mark.parametrize("case", CHANGES)
def test_what_they_changed_meanwhile_is_not_written_over(case: str) -> None:
    snapshot, kind, before, _, _ = CHANGES[case]
    script, what = changing(snapshot, kind, before | {"updated": LATER}, before)
    refused(outcome_of(script, dataclasses.replace(what, known=whole(kind, before),
            stands=(whole(kind, before),))), RemoteIsNewer)  # fmt: skip
    assert script.writes == []


@pytest.mark.parametrize("case", CHANGES)
def test_what_they_deleted_is_not_made_again(case: str) -> None:
    snapshot, kind, before, _, _ = CHANGES[case]
    script, what = changing(snapshot, kind, before | {"vis_state": 1}, before)
    what = dataclasses.replace(what, known=whole(kind, before), stands=(whole(kind, before),))
    refused(outcome_of(script, what), RemoteGone)
    assert script.writes == []
    gone_already = push(snapshot, whole(kind, before | {"vis_state": 1}))
    refused(outcome_of(Script({}), gone_already), RemoteGone)


def test_a_change_that_was_dropped_is_told() -> None:
    snapshot, kind, before, _, _ = CHANGES["due date"]
    script, what = changing(snapshot, kind, before, before)
    assert "due date is 2026-12-20, not 2027-01-15" in refused(outcome_of(script, what))


def test_fields_and_state_of_a_customer_are_two_calls() -> None:
    """In one, they would execute the state and drop the rest."""
    raw, edited = client_raw(), client_raw(email="x@brass.example")
    away = customer(email="x@brass.example", active=False)
    script, what = changing(away, "client", raw, edited)
    first = outcome_of(script, what)
    assert (first.error, first.next_step) == (None, "state")
    script, what = changing(away, "client", edited, edited | {"vis_state": 2})
    second = outcome_of(script, dataclasses.replace(what, step="state"))
    assert (second.error, second.next_step) == (None, "")
    assert script.bodies() == [{"client": {"vis_state": 2}}]


# --- Taking back -----------------------------------------------------------------------------------------


def test_a_void_sets_all_lines_to_nil_and_leaves_the_number() -> None:
    before = invoice_raw()
    nil = [answers.line_raw("0.00", "0")]
    after = before | {"amount": gbp("0.00"), "lines": nil, "notes": f"Voided\n{before['notes']}"}
    script, what = changing(invoice(void=True), "invoice", before, after)
    outcome = outcome_of(script, what)
    assert outcome.error is None
    assert outcome.remote[0].void
    (body,) = script.bodies()
    assert body["invoice"]["notes"].startswith("Voided\n")
    assert [each["unit_cost"] for each in body["invoice"]["lines"]] == [gbp("0.00")]
    assert "vis_state" not in body["invoice"]


def test_a_void_that_they_refuse_or_drop_is_told() -> None:
    before = invoice_raw()
    script, what = changing(invoice(void=True), "invoice", before, before)
    assert "still counts" in refused(outcome_of(script, what))
    script, what = changing(invoice(void=True), "invoice", before, before)
    script.answers["PUT invoices/invoices/31"] = [error(1028, "Must be more than nil.", "amount")]
    refused(outcome_of(script, what))


def test_what_is_partly_paid_is_not_voided() -> None:
    paid = invoice_raw(outstanding=gbp("20.00"))
    assert "set against it" in refused(
        outcome_of(Script({}), push(invoice(void=True), whole("invoice", paid)))
    )


@pytest.mark.parametrize(
    ("snapshot", "raw"),
    [(payment(cancelled=True), payment_raw()), (applied(cancelled=True), use_raw())],
)
@pytest.mark.parametrize("told", ["deleted", "not told any more"])
def test_a_payment_that_is_taken_back_is_deleted(snapshot: Any, raw: Any, told: str) -> None:
    script, what = changing(snapshot, "payment", raw, raw | {"vis_state": 1})
    if told != "deleted":
        script.answers["GET payments/payments/41"][1] = answers.NOT_THERE
    outcome = outcome_of(script, what)
    assert outcome.error is None
    assert outcome.remote[0].gone
    assert outcome.remote[0].void
    assert script.bodies() == [{"payment": {"vis_state": 1}}]
    done = push(snapshot, outcome.remote[0])
    assert outcome_of(Script({}), done).error is None


def test_what_pays_another_invoice_now_is_taken_back_and_made_anew() -> None:
    before = payment_raw()
    script, what = changing(payment(invoice_id="32"), "payment", before, before | {"vis_state": 1})
    first = outcome_of(script, what)
    assert (first.error, first.next_step) == (None, "again")
    assert first.retired == (("payment", "41", ""),)
    made = payment_raw(id=43, logid=43, invoiceid=32)
    script = Script(
        {
            "GET invoices/invoices/32": one("invoice", invoice_raw(id=32, invoiceid=32)),
            "POST payments/payments": one("payment", made),
            "GET payments/payments/43": one("payment", made),
        }
    )
    second = outcome_of(script, push(payment(invoice_id="32"), step="again"))
    assert (second.error, second.next_step) == (None, "")


def test_nothing_is_made_of_what_was_taken_back_before_it_left() -> None:
    for each in (invoice(void=True), credit_note(void=True), payment(cancelled=True),
                 applied(cancelled=True), adjustment(cancelled=True)):  # fmt: skip
        refused(outcome_of(Script({}), push(each)))


# --- Money ------------------------------------------------------------------------------------------------


def test_what_is_more_than_its_invoice_is_open_for_never_leaves() -> None:
    script = Script(
        {"GET invoices/invoices/31": one("invoice", invoice_raw(outstanding=gbp("60")))}
    )
    assert "open for 60" in refused(outcome_of(script, push(payment())))
    assert script.writes == []


def test_two_payments_of_one_invoice_count_on_what_the_first_leaves() -> None:
    script = Script(
        {
            "GET invoices/invoices/31": OPEN,
            "POST payments/payments": one("payment", payment_raw(amount=gbp("80.00"))),
            "GET payments/payments/41": one("payment", payment_raw(amount=gbp("80.00"))),
        }
    )
    first, second = pushed(script, push(payment("80.00"), ref=1), push(payment("80.00"), ref=2))
    assert first.error is None
    assert "open for 40" in refused(second)
    assert len(script.writes) == 1


def test_a_credit_that_is_money_there_is_not_changed_by_us() -> None:
    raw = credit_raw(credit_type="overpayment", amount=gbp("120.00"), notes="")
    assert "as a credit" in refused(
        outcome_of(Script({}), push(payment(), whole("credit_note", raw)))
    )
    gone = push(payment(cancelled=True), whole("credit_note", raw))
    assert "as a credit" in refused(outcome_of(Script({}), gone))


# --- Refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answered", "kind"),
    [
        ("invoice", error(1029, "Duplicate.", "invoice_number"), NumberTaken),
        ("invoice", error(1012, "Client not found.", "customerid", "client", 404), NamesInactive),
        ("invoice", error(1001, "Required.", "create_date"), RecordRefused),
        ("payment", error(1012, "Invoice not found.", "invoiceid", "invoice", 404), NamesInactive),
        ("customer", error(1017, "Too long.", "organization"), RecordRefused),
        ("customer", error(1003, "Scopes needed.", status=403), ConnectionLost),
        ("customer", answers.said({"response": {}}, 429, retry_after="17"), TryLater),
        ("item", error(12001, "No access to items.", status=200), RecordRefused),
        ("invoice", error(9999, "Something new."), OutcomeUnknown),
        ("invoice", answers.said({"message": "upstream"}, 502), OutcomeUnknown),
        ("invoice", error(409, "Being modified.", status=409), OutcomeUnknown),
    ],
)
def test_a_refusal_is_told_and_nothing_stands(name: str, answered: Any, kind: type) -> None:
    outcome = outcome_of(script_of(name, answered), push(MAKES[name][0]))
    refused(outcome, kind)
    assert outcome.remote == ()


def test_an_error_under_http_200_is_an_error() -> None:
    answered = error(1004, "Invalid.", "customerid", status=200)
    refused(outcome_of(script_of("invoice", answered), push(invoice())))


# --- When nothing more may be asked -----------------------------------------------------------------------------


class Stops(Kept):
    """The task's time is up before what was answered could be read."""

    def __init__(self, when: Callable[[Request], bool]) -> None:
        super().__init__()
        self.when = when

    def carry(self, requests: Any) -> Any:
        for request in requests:
            if self.when(request):
                raise TryLater("This run's time is up.", whole_connection=True)
            yield from super().carry([request])


@pytest.mark.parametrize("where", ["before it is read", "between two writes"])
def test_what_was_answered_is_kept_and_read_by_the_next_run(where: str) -> None:
    def when(request: Request) -> bool:
        if where == "before it is read":
            return request.method == "GET"
        return b"N-2" in request.body

    books = Stops(when)
    done: list[Outcome] = []
    several = [push(invoice(number=f"N-{ref}"), ref=ref) for ref in (1, 2)]
    outcomes = freshbooks().push(several, books)
    with pytest.raises(TryLater):
        done.extend(outcomes)
    assert {each.next_step for each in done} == {"prove"}
    assert done[0].remote[0].number == "N-1"

    books.when = lambda request: False
    first = push(invoice(number="N-1"), done[0].remote[0], ref=1, step="prove")
    read = outcome_of(books, first)
    assert (read.error, read.next_step) == (None, "")
    assert sum(each.writes for each in books.asked) in (1, 2)
    assert books.asked[-1].method == "GET"


def test_what_does_not_stand_any_more_when_it_is_read_is_gone() -> None:
    script = Script({"GET invoices/invoices/31": answers.NOT_THERE})
    refused(
        outcome_of(script, push(invoice(), whole("invoice", invoice_raw()), step="prove")),
        RemoteGone,
    )


def test_no_filter_of_several_ids_is_trusted() -> None:
    """Where it is ignored everything is listed; what is not among it is asked for by itself."""
    books = Kept()
    several = [push(invoice(number=f"N-{ref}"), ref=ref) for ref in (1, 2, 3)]
    ignored = listed("invoices", *[invoice_raw(id=7, invoiceid=7)])
    carry = books.carry

    def ignoring(requests: Any) -> Any:
        for request, reply in carry(requests):
            many = any(key == "search[invoiceids][]" for key, _ in request.query)
            yield request, ignored if many else reply

    books.carry = ignoring  # type: ignore[method-assign] # a fault of theirs
    assert not [each for each in pushed(books, *several) if each.error]
    assert len(books.asked) == 3 + 1 + 3


def test_every_kind_that_it_has_not_is_left_out_with_a_sentence() -> None:
    has = freshbooks().capabilities
    for kind in set(Kind) - has.kinds:
        assert has.cannot[kind.value].endswith(".")
    assert line().tax_code_id


def test_a_deduction_is_made_changed_by_nobody_and_taken_back_at_nil() -> None:
    books = Kept()
    made = outcome_of(books, push(adjustment()))
    assert (made.error, made.next_step) == (None, "")
    own = made.remote[0]
    assert own.of_kind is Kind.ADJUSTMENT
    assert "another amount" in refused(outcome_of(Script({}), push(adjustment("4.00"), own)))

    nil = dict(own.raw) | {"amount": gbp("0.00"), "notes": f"Voided\n{own.raw['notes']}"}
    path = "credit_notes/credit_notes/100"
    script = Script(
        {
            f"GET {path}": [one("credit_note", own.raw), one("credit_note", nil)],
            f"PUT {path}": one("credit_note", nil),
        }
    )
    back = outcome_of(script, push(adjustment(cancelled=True), own))
    assert back.error is None
    assert back.remote[0].void


def test_a_payment_in_another_currency_than_its_invoice_never_leaves() -> None:
    script = Script(
        {"GET invoices/invoices/31": one("invoice", invoice_raw(outstanding={"amount": "500.00", "code": "USD"}))}
    )  # fmt: skip
    assert "is in USD, and this is in GBP" in refused(outcome_of(script, push(payment())))


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("errno", [1004, 1015, 1038])
def test_where_none_is_made_as_sent_it_is_made_as_a_draft_and_then_sent(
    errno: int, status: int
) -> None:
    draft = invoice_raw(status=1, display_status="draft")
    script = Script(
        {
            "POST invoices/invoices": [
                error(errno, "Not now.", "status", "invoice", status),
                one("invoice", draft),
            ],
            "GET invoices/invoices/31": one("invoice", draft),
        }
    )
    first = outcome_of(script, push(invoice()))
    assert (first.error, first.remote, first.next_step) == (None, (), "draft")
    second = outcome_of(script, push(invoice(), step="draft"))
    assert (second.error, second.next_step) == (None, "send")
    made = [each["invoice"] for each in script.bodies()]
    assert ["status" in each for each in made] == [True, False]


@pytest.mark.parametrize(
    "answered",
    [
        error(1004, "No.", status=400),
        answers.said({"message": "down"}, 503),
        answers.said(b"<html>"),
    ],
)
def test_what_cannot_be_read_before_a_change_leaves_nothing_written(answered: Any) -> None:
    script = Script({"GET invoices/invoices/31": answered})
    later = push(invoice(due_date=answers.date(2027, 1, 1)), whole("invoice", invoice_raw()))
    with pytest.raises(TryLater):
        outcome_of(script, later)
    assert script.writes == []


@pytest.mark.parametrize(
    "answered", [error(1004, "No.", status=400), answers.said({}, 429), answers.LOST]
)
def test_what_cannot_be_read_after_a_write_is_read_by_a_step_of_its_own(answered: Any) -> None:
    script = script_of("invoice", one("invoice", invoice_raw()))
    script.answers["GET invoices/invoices/31"] = [answered]
    several = freshbooks().push([push(invoice())], script)
    outcome = next(several)
    assert (outcome.error, outcome.next_step, outcome.remote[0].remote_id) == (None, "prove", "31")


def test_what_is_taken_back_to_be_made_anew_is_retired_though_it_could_not_be_read() -> None:
    before = payment_raw()
    script, what = changing(payment(invoice_id="32"), "payment", before, before)
    script.answers["GET payments/payments/41"][1] = answers.LOST
    script.answers["PUT payments/payments/41"] = [one("payment", before | {"vis_state": 1})]
    outcome = next(freshbooks().push([what], script))
    assert (outcome.error, outcome.next_step) == (None, "again")
    assert outcome.retired == (("payment", "41", ""),)
