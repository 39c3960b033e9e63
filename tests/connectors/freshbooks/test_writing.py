"""What is asked of FreshBooks, how often, and what is believed of its answers."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    NamesInactive,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    TryLater,
)
from apps.connectors.line import refuse_unfit
from apps.connectors.port import Outcome, Request
from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    BASE,
    Kept,
    Script,
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
    "answered", [error(1004, "No.", status=400), answers.said({}, 429), answers.LOST]
)
def test_what_cannot_be_read_after_a_write_is_read_by_a_step_of_its_own(answered: Any) -> None:
    script = script_of("invoice", one("invoice", invoice_raw()))
    script.answers["GET invoices/invoices/31"] = [answered]
    several = freshbooks().push([push(invoice())], script)
    outcome = next(several)
    assert (outcome.error, outcome.next_step, outcome.remote[0].remote_id) == (None, "prove", "31")
