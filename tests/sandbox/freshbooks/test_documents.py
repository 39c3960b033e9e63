"""Clients, items, taxes, invoices and credit notes: what is kept, refused, ignored and ended."""

from decimal import Decimal
from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin, line, sale


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example")


def total(document: Any) -> Decimal:
    return Decimal(document["amount"]["amount"])


# --- sums -----------------------------------------------------------------------------------------
def test_the_sample_of_an_sdk_comes_out_to_the_cent(fb: FreshBooksCaller, client: int) -> None:
    """20.00 with 13 % and 24.00 without, less 10 %: 41.94."""
    bowls = {"name": "Bowls", "qty": "4", "unit_cost": {"amount": "5"}, "taxName1": "HST"}
    mugs = {"name": "Mugs", "qty": "6", "unit_cost": {"amount": "4"}}
    lines = [bowls | {"taxAmount1": "13"}, mugs]
    made = fb.invoice(client, 0, "lines", lines=lines, discount_value="10")
    assert total(made) == Decimal("41.94")
    assert made["discount_total"] == {"amount": "-4.40", "code": "USD"}
    assert [one["amount"]["amount"] for one in made["lines"]] == ["20.00", "24.00"]
    assert fb.trial_balance() == {
        "1200-1": Decimal("41.94"),
        "2310-2": Decimal("-2.34"),
        "4000-1": Decimal("-39.60"),
    }


def test_a_compound_tax_is_due_on_the_first_one_too(fb: FreshBooksCaller, client: int) -> None:
    taxes = {"taxName1": "GST", "taxAmount1": "5", "taxName2": "QST", "taxAmount2": "10"}
    assert total(fb.invoice(client, lines=[line(100, **taxes)])) == Decimal("115.00")
    both = fb.invoice(client, lines=[line(100, **taxes, compounded_tax=True)])
    assert total(both) == Decimal("115.50")


def test_a_third_tax_is_lost_without_a_word(fb: FreshBooksCaller, client: int) -> None:
    taxes = {f"taxName{which}": f"T{which}" for which in (1, 2, 3)}
    rates = {f"taxAmount{which}": "10" for which in (1, 2, 3)}
    assert total(fb.invoice(client, lines=[line(100, **taxes, **rates)])) == Decimal("120.00")


def test_a_tax_that_is_only_named_takes_the_rate_of_its_record(
    fb: FreshBooksCaller, client: int
) -> None:
    fb.make("taxes", {"name": "VAT", "amount": "20"})
    assert total(fb.invoice(client, lines=[line(10, taxName1="VAT")])) == Decimal("12.00")
    told = {"invoice": sale(client, lines=[line(10, taxName1="Unknown")])}
    assert fb.refusal("POST", "invoices/invoices", told) == (422, 1001, "taxAmount1")


def test_a_document_is_in_the_clients_currency_unless_told(
    twin: FreshBooksTwin, fb: FreshBooksCaller
) -> None:
    client = fb.client(currency_code="EUR")
    assert fb.invoice(client)["currency_code"] == "EUR"
    assert fb.invoice(client, currency_code="CAD")["amount"]["code"] == "CAD"
    told = {"lines": [line(1) | {"unit_cost": {"amount": "1", "code": "GBP"}}]}
    assert fb.refusal("POST", "invoices/invoices", {"invoice": sale(client, **told)})[1] == 1004
    assert twin.trial_balance(fb.id, "EUR") == {"1200-1": 100, "4000-1": -100}
    assert fb.trial_balance(currency_code="CAD") == {"1200-1": 100, "4000-1": -100}
    assert fb.trial_balance() == {}
    aged = {
        code: fb.report("accounts_aging", currency_code=code)["totals"]["total"]["amount"]
        for code in ("EUR", "CAD", "USD")
    }
    assert aged == {"EUR": "100.00", "CAD": "100.00", "USD": "0.00"}


# --- drafts and statuses ----------------------------------------------------------------------------
def test_a_draft_is_in_no_books_until_it_is_sent(fb: FreshBooksCaller, client: int) -> None:
    draft = fb.invoice(client, status=1)
    assert (draft["status"], draft["v3_status"], draft["display_status"]) == (1, "draft", "draft")
    assert fb.trial_balance() == {}
    sent = fb.change("invoices", draft["id"], {"action_mark_as_sent": True})
    assert (sent["status"], sent["display_status"]) == (2, "sent")
    assert fb.trial_balance() == {"1200-1": 100, "4000-1": -100}
    assert fb.report("accounts_aging")["totals"]["total"]["amount"] == "100.00"


@pytest.mark.parametrize(
    ("status", "refusal"), [(4, (422, 1004)), (8, (422, 1004)), ("sent", (422, 1015))]
)
def test_only_statuses_0_to_3_are_written(
    fb: FreshBooksCaller, client: int, status: Any, refusal: Any
) -> None:
    told = {"invoice": sale(client, status=status)}
    assert fb.refusal("POST", "invoices/invoices", told)[:2] == refusal
    made = fb.invoice(client)["id"]
    told = {"invoice": {"status": status}}
    assert fb.refusal("PUT", f"invoices/invoices/{made}", told)[:2] == refusal


def test_statuses_move_independently(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    later = {"create_date": "2999-01-01"}
    made = fb.invoice(client, **later)["id"]
    assert fb.read("invoices", made)["v3_status"] == "sent"
    viewed = twin.act(fb.id, "set_status", id=made, status=3)
    assert (viewed["status"], viewed["v3_status"]) == (3, "viewed")
    twin.act(fb.id, "pay", id=made, amount=40)
    part = fb.read("invoices", made)
    assert (part["status"], part["payment_status"], part["v3_status"]) == (3, "partial", "partial")
    old = fb.read("invoices", fb.invoice(client)["id"])
    assert (old["status"], old["v3_status"], old["payment_status"]) == (2, "overdue", "unpaid")
    twin.act(fb.id, "pay", id=old["id"])
    paid = fb.read("invoices", old["id"])
    assert (paid["status"], paid["v3_status"], paid["payment_status"]) == (4, "paid", "paid")
    assert twin.act(fb.id, "set_status", id=made, status=0)["v3_status"] == "disputed"


# --- fields -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("clients", {}, "email"),
        ("items", {}, "name"),
        ("taxes", {}, "name"),
        ("invoices", {"create_date": "2026-03-02"}, "customerid"),
        ("invoices", {"customerid": 1}, "create_date"),
        ("credit_notes", {"create_date": "2026-03-02"}, "clientid"),
        ("credit_notes", {"clientid": 1}, "create_date"),
        ("payments", {"invoiceid": 1, "amount": {"amount": "1"}}, "date"),
        ("payments", {"date": "2026-03-02", "amount": {"amount": "1"}}, "invoiceid"),
        ("expenses", {"date": "2026-03-02"}, "categoryid"),
        ("other_incomes", {"date": "2026-03-02"}, "amount"),
        ("journal_entries", {"details": []}, "name"),
    ],
)
def test_what_is_required(fb: FreshBooksCaller, kind: str, body: Any, field: str) -> None:
    from tests.freshbooks_twin import KINDS

    path, single = KINDS[kind]
    assert fb.refusal("POST", path, {single: body}) == (422, 1001, field)


def test_a_credit_note_under_the_plural_key_misses_its_client(
    fb: FreshBooksCaller, client: int
) -> None:
    told = {"credit_notes": {"clientid": client, "create_date": "2026-03-02"}}
    answer = fb.call("POST", "credit_notes/credit_notes", told)
    error = answer.json()["response"]["errors"][0]
    assert error["message"] == "'clientid' is a required field"


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("invoices", "due_date", "2026-04-01"),
        ("invoices", "amount", {"amount": "5"}),
        ("invoices", "id", 5),
        ("clients", "updated", "2026-04-01"),
        ("payments", "bulk_paymentid", 5),
        ("credit_notes", "paid", {"amount": "5"}),
        ("items", "updated", "2026-04-01"),
    ],
)
def test_read_only_is_refused_and_unknown_is_ignored(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, kind: str, field: str, value: Any
) -> None:
    from tests.freshbooks_twin import KINDS

    bodies = {
        "invoices": sale(client),
        "clients": {"email": "b@birds.example"},
        "credit_notes": {"clientid": client, "create_date": "2026-03-02", "lines": [line()]},
        "items": {"name": "Hours"},
    }
    if kind == "payments":
        body = {"invoiceid": fb.invoice(client)["id"], "amount": {"amount": "5"}}
        bodies[kind] = body | {"date": "2026-03-05"}
    path, single = KINDS[kind]
    told = {single: bodies[kind] | {field: value}}
    before = len(twin.objects(fb.id, kind))
    assert fb.refusal("POST", path, told) == (403, 1038, field)
    assert len(twin.objects(fb.id, kind)) == before
    made = fb.make(kind, bodies[kind] | {"no_such_name": 5, "reference": "x"})
    assert "no_such_name" not in made
    twin.set_up(fb.id, read_only="ignore")
    assert fb.make(kind, told[single])["id"] != made["id"]


def test_dates_follow_from_days(fb: FreshBooksCaller, client: int) -> None:
    made = fb.invoice(client, due_offset_days=14)
    assert made["due_date"] == "2026-03-16"
    moved = fb.change("invoices", made["id"], {"due_offset_days": 0, "create_date": "2026-03-10"})
    assert (moved["create_date"], moved["due_date"]) == ("2026-03-10", "2026-03-10")
    assert fb.trial_balance(start_date="2026-03-10") == {"1200-1": 100, "4000-1": -100}


def test_a_put_changes_what_it_names_and_lines_as_a_whole(
    fb: FreshBooksCaller, client: int
) -> None:
    made = fb.invoice(client, lines=[line(10), line(20)], notes="n", po_number="P")
    changed = fb.change("invoices", made["id"], {"notes": "m"}, "lines")
    assert (changed["notes"], changed["po_number"], len(changed["lines"])) == ("m", "P", 2)
    changed = fb.change("invoices", made["id"], {"lines": [line(5)]}, "lines")
    assert (total(changed), len(changed["lines"])) == (5, 1)
    assert "lines" not in fb.read("invoices", made["id"])
    assert fb.trial_balance() == {"1200-1": 5, "4000-1": -5}


def test_only_the_first_phase_of_a_put_runs(fb: FreshBooksCaller, client: int) -> None:
    made = fb.invoice(client, status=1)["id"]
    both = fb.change("invoices", made, {"action_mark_as_sent": True, "notes": "lost"})
    assert (both["status"], both["notes"]) == (2, "")
    gone = fb.change("invoices", made, {"vis_state": 1, "notes": "lost", "action_email": True})
    assert (gone["vis_state"], gone["notes"]) == (1, "")
    assert fb.change("invoices", made, {"vis_state": 0, "ext_vis_state": 1})["vis_state"] == 1


def test_organization_is_filled_from_names_or_address(fb: FreshBooksCaller) -> None:
    names = fb.make("clients", {"fname": "Ana", "lname": "Muster", "email": "a@b.example"})
    assert names["organization"] == "Ana Muster"
    assert fb.make("clients", {"email": "c@b.example"})["organization"] == "c@b.example"
    twice = [fb.client("Same", email="s@b.example") for _ in range(2)]
    assert len(set(twice)) == 2


def test_numbers_count_up_and_skip_what_is_taken(fb: FreshBooksCaller, client: int) -> None:
    assert fb.invoice(client, invoice_number="0000002")["invoice_number"] == "0000002"
    assert [fb.invoice(client)["invoice_number"] for _ in range(2)] == ["0000001", "0000003"]


# --- deletion ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["clients", "items", "invoices", "payments", "credit_notes"])
def test_what_is_deleted_is_listed_apart(
    fb: FreshBooksCaller, twin: FreshBooksTwin, client: int, kind: str
) -> None:
    bill = fb.invoice(client)["id"]
    made = {
        "clients": lambda: client,
        "items": lambda: fb.make("items", {"name": "Hours"})["id"],
        "invoices": lambda: bill,
        "payments": lambda: fb.pay(bill, 40)["id"],
        "credit_notes": lambda: fb.credit(client)["id"],
    }[kind]()
    before = twin.trial_balance(fb.id)
    assert fb.ids(kind) == [made]
    assert fb.ids(kind, search__vis_state=1) == []
    assert fb.change(kind, made, {"vis_state": 1})["vis_state"] == 1
    assert fb.ids(kind) == []
    assert fb.ids(kind, search__vis_state=1) == [made]
    assert fb.read(kind, made)["vis_state"] == 1
    assert fb.change(kind, made, {"vis_state": 0})["vis_state"] == 0
    assert fb.ids(kind) == [made]
    assert twin.trial_balance(fb.id) == before
    fb.change(kind, made, {"vis_state": 2})
    assert fb.ids(kind) == [made]


def test_what_is_deleted_may_be_read_as_an_error_that_says_200(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, deleted_read="error_in_200")
    made = fb.invoice(client)["id"]
    fb.change("invoices", made, {"vis_state": 1})
    assert fb.refusal("GET", f"invoices/invoices/{made}") == (200, 1011, "invoiceid")
    assert fb.ids("invoices", search__vis_state=1) == [made]


def test_what_is_deleted_is_not_changed(fb: FreshBooksCaller, client: int) -> None:
    made = fb.invoice(client)["id"]
    assert fb.call("DELETE", f"invoices/invoices/{made}").json() == {"response": {}}
    for body in ({"notes": "n"}, {"action_mark_as_sent": True}):
        told = {"invoice": body}
        assert fb.refusal("PUT", f"invoices/invoices/{made}", told)[:2] == (404, 1011)
    told = {"payment": {"invoiceid": made, "amount": {"amount": "1"}, "date": "2026-03-20"}}
    assert fb.refusal("POST", "payments/payments", told)[:2] == (404, 1012)
    assert fb.trial_balance() == {}


def test_a_tax_is_really_deleted_and_stays_on_lines(fb: FreshBooksCaller, client: int) -> None:
    tax = fb.make("taxes", {"name": "VAT", "amount": "20"})["id"]
    made = fb.invoice(client, lines=[line(10, taxName1="VAT")])["id"]
    fb.call("DELETE", f"taxes/taxes/{tax}")
    assert fb.refusal("GET", f"taxes/taxes/{tax}")[:2] == (404, 1012)
    assert fb.read("invoices", made, "lines")["lines"][0]["taxAmount1"] == "20"


def test_items_name_their_taxes_and_may_be_out_of_reach(
    twin: FreshBooksTwin, fb: FreshBooksCaller
) -> None:
    tax = fb.make("taxes", {"name": "VAT", "amount": "20"})["id"]
    told = {"item": {"name": "Hours", "tax1": tax, "tax2": tax}}
    assert fb.refusal("POST", "items/items", told)[1] == 1019
    made = fb.make("items", {"name": "Hours", "tax1": tax, "unit_cost": {"amount": "40"}})
    assert (made["tax1"], made["tax2"], made["unit_cost"]["amount"]) == (tax, 0, "40")
    twin.set_up(fb.id, items_feature=False)
    assert fb.refusal("GET", "items/items")[:2] == (200, 12001)


def test_expenses_and_other_income_are_in_the_books(fb: FreshBooksCaller) -> None:
    category = fb.result("GET", "expenses/categories")["categories"][-1]
    money = {"amount": {"amount": "120.00"}, "date": "2026-03-05"}
    tax = {"taxName1": "VAT", "taxAmount1": {"amount": "20"}}
    told = {**money, **tax, "categoryid": category["id"], "staffid": 1}
    spent = fb.make("expenses", told)["id"]
    taxes = [{"name": "VAT", "amount": "20"}]
    told = {**money, "source": "Shop", "payment_type": "Visa", "taxes": taxes}
    earned = fb.make("other_incomes", told)
    assert earned["payment_type"] == "VISA"
    assert fb.trial_balance() == {"6000-1": 100, "4000-2": -100}
    told = {"other_income": {"note": "n"}}
    path = f"other_incomes/other_incomes/{earned['incomeid']}"
    assert fb.refusal("PUT", path, told) == (422, 1001, "amount")
    fb.call("DELETE", path)
    fb.change("expenses", spent, {"vis_state": 1})
    assert fb.trial_balance() == {}


def test_journals_balance_and_name_sub_accounts(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    path = "journal_entry_accounts/journal_entry_accounts"
    accounts = fb.result("GET", path)["journal_entry_accounts"]
    cash, rent = accounts[0]["sub_accounts"][0]["id"], accounts[-1]["sub_accounts"][3]["id"]
    details = [{"sub_accountid": rent, "debit": "9"}, {"sub_accountid": cash, "credit": "9"}]
    body = {"name": "J", "user_entered_date": "2026-03-02", "details": details}
    made = fb.make("journal_entries", body)
    assert [one["debit"] for one in made["details"]] == ["9.00", None]
    assert twin.trial_balance(fb.id) == {"1000-1": -9, "6000-4": 9}
    uneven = body | {"details": [details[0], details[1] | {"credit": "8"}]}
    assert (
        fb.refusal("POST", "journal_entries/journal_entries", {"journal_entry": uneven})[1] == 1040
    )
    found = fb.result("GET", path)["journal_entry_accounts"]
    assert found[0]["balance"] == "-9.00"
    assert found[-1]["sub_accounts"][3]["transaction_posted"]
