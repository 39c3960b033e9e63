"""Payments, overpayments that split, credits that are spent, and what the ledger makes of each."""

from decimal import Decimal
from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin, payment


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example")


def amount(one: Any, field: str = "amount") -> Decimal:
    return Decimal(one[field]["amount"])


def test_a_payment_takes_its_invoice_along_at_once(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client)["id"]
    made = fb.pay(bill, "60.00", note="ref")
    assert (amount(made), made["type"], made["note"], made["overpaymentid"]) == (
        60,
        "Check",
        "ref",
        None,
    )
    found = fb.read("invoices", bill)
    assert (amount(found, "paid"), amount(found, "outstanding")) == (60, 40)
    assert (found["payment_status"], found["date_paid"]) == ("partial", None)
    fb.pay(bill, 40, date="2026-03-25")
    found = fb.read("invoices", bill)
    assert (found["payment_status"], found["date_paid"]) == ("paid", "2026-03-25")
    assert fb.trial_balance() == {"1000-1": 100, "4000-1": -100}


def test_what_is_over_becomes_a_credit_and_a_second_record(
    fb: FreshBooksCaller, client: int
) -> None:
    bill = fb.invoice(client, 180)["id"]
    made = fb.pay(bill, "3300.00", note="n")
    assert amount(made) == 180
    [credit] = fb.listed("credit_notes")
    assert (credit["credit_type"], amount(credit)) == ("overpayment", 3120)
    second = fb.read("payments", made["overpaymentid"])
    assert (amount(second), second["creditid"], second["from_credit"]) == (
        3120,
        credit["id"],
        False,
    )
    assert second["invoiceid"] is None
    assert fb.ids("payments", search__invoiceid=bill) == [made["id"]]
    assert fb.trial_balance() == {"1000-1": 3300, "1201-1": -3120, "4000-1": -180}
    assert amount(fb.read("invoices", bill), "outstanding") == 0


def test_paying_a_paid_invoice_is_an_overpayment_of_all(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client)["id"]
    fb.pay(bill, 100)
    again = fb.pay(bill, 25)
    assert again["amount"]["amount"] == "0.00"
    assert again["overpaymentid"]
    assert [amount(one) for one in fb.listed("credit_notes")] == [25]


def test_a_payment_on_a_draft_is_taken(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client, status=1)["id"]
    fb.pay(bill, 40)
    draft = fb.read("invoices", bill)
    assert (draft["status"], amount(draft, "outstanding")) == (1, 60)
    assert fb.trial_balance() == {"1000-1": 40, "1201-1": -40}
    fb.change("invoices", bill, {"action_mark_as_sent": True})
    assert fb.trial_balance() == {"1000-1": 40, "1200-1": 60, "4000-1": -100}


@pytest.mark.parametrize("kind", ["Stripe", "Wire Transfer", "visa"])
def test_a_type_is_spelled_exactly(fb: FreshBooksCaller, client: int, kind: str) -> None:
    told = {"payment": payment(fb.invoice(client)["id"], 5, type=kind)}
    assert fb.refusal("POST", "payments/payments", told) == (422, 1004, "type")


@pytest.mark.parametrize(
    ("told", "errno"),
    [
        ({"amount": {"amount": "-5"}}, 1025),
        ({"amount": {"amount": "0"}}, 1025),
        ({"amount": {"amount": "1.005"}}, 1004),
        ({"amount": {"amount": "five"}}, 1015),
        ({"amount": {"amount": "5", "code": "EUR"}}, 1004),
        ({"amount": "5"}, 1006),
        ({"date": "yesterday"}, 1033),
        ({"from_credit": "yes"}, 1031),
        ({"invoiceid": 999}, 1012),
    ],
)
def test_what_is_wrong_with_a_payment(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, told: Any, errno: int
) -> None:
    bill = fb.invoice(client)["id"]
    body = {"payment": {**payment(bill, 5), **told}}
    assert fb.refusal("POST", "payments/payments", body)[1] == errno
    assert twin.trial_balance(fb.id) == {"1200-1": 100, "4000-1": -100}


def test_a_payment_changes_and_goes(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client)["id"]
    made = fb.pay(bill, 60)["id"]
    changed = fb.change("payments", made, {"amount": {"amount": "70"}, "date": "2026-04-01"})
    assert (amount(changed), changed["date"]) == (70, "2026-04-01")
    told = {"payment": {"amount": {"amount": "101"}}}
    assert fb.refusal("PUT", f"payments/payments/{made}", told)[1] == 1030
    fb.change("payments", made, {"vis_state": 1})
    assert amount(fb.read("invoices", bill), "outstanding") == 100
    assert fb.trial_balance() == {"1200-1": 100, "4000-1": -100}
    fb.pay(bill, 90)
    told = {"payment": {"vis_state": 0}}
    assert fb.refusal("PUT", f"payments/payments/{made}", told)[1] == 1030


def test_a_document_is_not_lowered_below_what_was_used_of_it(
    fb: FreshBooksCaller, client: int
) -> None:
    bill = fb.invoice(client)["id"]
    fb.pay(bill, 60)
    lines = {"lines": [{"name": "x", "qty": "1", "unit_cost": {"amount": "50"}}]}
    assert fb.refusal("PUT", f"invoices/invoices/{bill}", {"invoice": lines})[1] == 1040
    credit = fb.credit(client, 80)["id"]
    fb.spend(credit, fb.invoice(client)["id"], 60)
    path = f"credit_notes/credit_notes/{credit}"
    assert fb.refusal("PUT", path, {"credit_note": lines})[1] == 1040
    assert fb.trial_balance()["1201-1"] == -20


# --- credits ------------------------------------------------------------------------------------------
def test_goodwill_takes_a_sale_back_with_its_tax(fb: FreshBooksCaller, client: int) -> None:
    taxed = {"name": "x", "qty": "1", "unit_cost": {"amount": "50"}, "taxName1": "VAT"}
    made = fb.credit(client, lines=[taxed | {"taxAmount1": "20"}])
    assert (amount(made), amount(made, "paid"), made["payment_status"]) == (60, 0, "unpaid")
    assert fb.trial_balance() == {"1201-1": -60, "2310-2": 10, "4000-1": 50}


def test_a_prepayment_is_money_that_came_in(fb: FreshBooksCaller, client: int) -> None:
    fb.credit(client, 80, credit_type="prepayment")
    assert fb.trial_balance() == {"1000-1": 80, "1201-1": -80}
    told = {"clientid": client, "create_date": "2026-03-05", "credit_type": "overpayment"}
    assert fb.refusal("POST", "credit_notes/credit_notes", {"credit_note": told})[1] == 1004


def test_a_credit_is_spent_bit_by_bit_and_comes_back(fb: FreshBooksCaller, client: int) -> None:
    credit = fb.credit(client, 80)["id"]
    first, second = (fb.invoice(client)["id"] for _ in range(2))
    made = fb.spend(credit, first, 30)
    assert (made["creditid"], made["from_credit"], made["type"]) == (credit, True, "Credit")
    fb.spend(credit, second, 50)
    found = fb.read("credit_notes", credit)
    assert (amount(found, "paid"), found["payment_status"]) == (80, "paid")
    assert fb.trial_balance() == {"1200-1": 120, "4000-1": -120}
    fb.change("payments", made["id"], {"vis_state": 1})
    found = fb.read("credit_notes", credit)
    assert (amount(found, "paid"), found["payment_status"]) == (50, "partial")
    assert amount(fb.read("invoices", first), "outstanding") == 100


@pytest.mark.parametrize(
    ("told", "errno"),
    [
        ({"amount": {"amount": "81"}}, 1030),
        ({"amount": {"amount": "101"}}, 1030),
        ({"creditid": None}, 1001),
        ({"creditid": 999}, 1012),
    ],
)
def test_what_a_credit_does_not_pay(
    fb: FreshBooksCaller, client: int, told: Any, errno: int
) -> None:
    credit, bill = fb.credit(client, 80)["id"], fb.invoice(client)["id"]
    body = {**payment(bill, 5), "creditid": credit, "from_credit": True, **told}
    assert fb.refusal("POST", "payments/payments", {"payment": body})[1] == errno


def test_a_credit_pays_its_own_client_in_its_own_currency(
    fb: FreshBooksCaller, client: int
) -> None:
    credit = fb.credit(client, 80)["id"]
    for bill, errno in (
        (fb.invoice(fb.client("Other"))["id"], 1003),
        (fb.invoice(client, currency_code="EUR")["id"], 1004),
    ):
        body = payment(bill, 5, creditid=credit, from_credit=True)
        assert fb.refusal("POST", "payments/payments", {"payment": body})[1] == errno


def test_deleting_what_holds_money(fb: FreshBooksCaller, client: int) -> None:
    """An invoice takes its payments with it, a spent credit stays, an overpayment's credit goes."""
    credit, bill = fb.credit(client, 80)["id"], fb.invoice(client)["id"]
    fb.spend(credit, bill, 30)
    over = fb.pay(bill, 90)
    told = {"credit_note": {"vis_state": 1}}
    assert fb.refusal("PUT", f"credit_notes/credit_notes/{credit}", told)[1] == 1003
    fb.change("payments", over["id"], {"vis_state": 1})
    assert fb.ids("credit_notes") == [credit]
    assert fb.ids("payments", search__vis_state=1) == [over["overpaymentid"], over["id"]]
    fb.change("invoices", bill, {"vis_state": 1})
    assert fb.ids("payments") == []
    assert amount(fb.read("credit_notes", credit), "paid") == 0
    assert fb.trial_balance() == {"1201-1": -80, "4000-1": 80}


# --- each reading ---------------------------------------------------------------------------------------
def test_a_payment_on_a_draft_may_send_it(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, payment_on_draft="sends")
    bill = fb.invoice(client, status=1)["id"]
    fb.pay(bill, 40)
    assert fb.read("invoices", bill)["status"] == 2
    assert fb.trial_balance() == {"1000-1": 40, "1200-1": 60, "4000-1": -100}


def test_a_credit_may_be_spent_without_being_named(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, spend_credit="oldest")
    old, new = (fb.credit(client, 30)["id"] for _ in range(2))
    bill = fb.invoice(client)["id"]
    body = payment(bill, 40, creditid=new, from_credit=True)
    assert fb.refusal("POST", "payments/payments", {"payment": body}) == (403, 1038, "creditid")
    made = fb.pay(bill, 40, from_credit=True)
    assert (made["creditid"], amount(made)) == (old, 30)
    assert [amount(one) for one in fb.listed("payments")] == [10, 30]
    assert amount(fb.read("invoices", bill), "outstanding") == 60
    told = {"payment": payment(bill, 21, from_credit=True)}
    assert fb.refusal("POST", "payments/payments", told)[1] == 1030


def test_an_overpayment_may_point_to_its_credit(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, overpayment_record="credit")
    made = fb.pay(fb.invoice(client)["id"], 130)
    assert fb.ids("payments") == [made["id"]]
    assert fb.ids("credit_notes") == [made["overpaymentid"]]
    assert fb.trial_balance() == {"1000-1": 130, "1201-1": -30, "4000-1": -100}


def test_an_overpayments_credit_may_outlive_it(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, overpayment_on_delete="kept")
    made = fb.pay(fb.invoice(client)["id"], 130)
    fb.change("payments", made["id"], {"vis_state": 1})
    assert len(fb.ids("credit_notes")) == 1


def test_an_invoice_with_payments_may_not_be_deleted(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, delete_paid_invoice="refuse")
    bill = fb.invoice(client)["id"]
    fb.pay(bill, 10)
    told = {"invoice": {"vis_state": 1}}
    assert fb.refusal("PUT", f"invoices/invoices/{bill}", told)[1] == 1003


def test_a_spent_credit_may_take_its_payments_with_it(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, delete_spent_credit="with_payments")
    credit, bill = fb.credit(client, 80)["id"], fb.invoice(client)["id"]
    fb.spend(credit, bill, 30)
    assert fb.change("credit_notes", credit, {"vis_state": 1})["vis_state"] == 1
    assert amount(fb.read("invoices", bill), "outstanding") == 100
    assert fb.trial_balance() == {"1200-1": 100, "4000-1": -100}


@pytest.mark.parametrize("word", ["accept", "ignore"])
def test_a_credit_note_may_begin_as_a_draft(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str
) -> None:
    twin.set_up(fb.id, credit_note_starts="draft", credit_mark_as_sent=word)
    credit, bill = fb.credit(client, 80)["id"], fb.invoice(client)["id"]
    body = {"payment": payment(bill, 5, creditid=credit, from_credit=True)}
    assert fb.refusal("POST", "payments/payments", body)[1] == 1012
    sent = fb.change("credit_notes", credit, {"action_mark_as_sent": True})
    works = word == "accept"
    assert sent["status"] == ("sent" if works else "draft")
    assert ("1201-1" in fb.trial_balance()) == works


def test_credits_may_stand_on_the_receivable(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    credit, bill = fb.credit(client, 80)["id"], fb.invoice(client)["id"]
    fb.spend(credit, bill, 30)
    twin.set_up(fb.id, credits_on="receivable")
    assert fb.trial_balance() == {"1200-1": 20, "4000-1": -20}


def test_a_prepayment_may_be_booked_as_a_sale_taken_back(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, prepayment_lines="sale")
    fb.credit(client, 80, credit_type="prepayment")
    assert fb.trial_balance() == {"1201-1": -80, "4000-1": 80}
