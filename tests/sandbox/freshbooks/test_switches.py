"""Each open reading of FreshBooks, in each of its positions."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.sandbox.freshbooks.switches import SWITCHES
from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin, line, sale

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SANDBOX = HERE.parents[2] / "docs" / "sandbox.md"


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example")


def total(document: Any) -> Decimal:
    return Decimal(document["amount"]["amount"])


@pytest.mark.parametrize("word", ["kept", "draft"])
def test_a_status_at_creation(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str
) -> None:
    twin.set_up(fb.id, status_on_create=word)
    made = fb.invoice(client, status=2)
    assert made["status"] == (2 if word == "kept" else 1)
    assert fb.change("invoices", made["id"], {"status": 2})["status"] == 2


@pytest.mark.parametrize("word", ["refuse", "accept"])
@pytest.mark.parametrize("kind", ["invoices", "credit_notes"])
def test_a_number_twice(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, kind: str, word: str
) -> None:
    twin.set_up(fb.id, duplicate_numbers=word)
    if kind == "invoices":
        field, body = "invoice_number", {"invoice": sale(client, invoice_number="A")}
    else:
        note = {"clientid": client, "create_date": "2026-03-05", "credit_number": "A"}
        field, body = "credit_number", {"credit_note": note}
    path = f"{kind}/{kind}"
    fb.result("POST", path, body)
    if word == "accept":
        fb.result("POST", path, body)
        assert len(fb.ids(kind)) == 2
        return
    assert fb.refusal("POST", path, body) == (422, 1029, field)
    assert len(fb.ids(kind)) == 1


@pytest.mark.parametrize("word", ["no", "yes"])
def test_a_number_of_what_was_deleted(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str
) -> None:
    twin.set_up(fb.id, deleted_keeps_number=word)
    gone = fb.invoice(client, invoice_number="A")["id"]
    fb.change("invoices", gone, {"vis_state": 1})
    body = {"invoice": sale(client, invoice_number="A")}
    if word == "yes":
        assert fb.refusal("POST", "invoices/invoices", body)[1] == 1029
        return
    fb.result("POST", "invoices/invoices", body)
    told = {"invoice": {"vis_state": 0}}
    assert fb.refusal("PUT", f"invoices/invoices/{gone}", told)[1] == 1029


@pytest.mark.parametrize("word", ["accept", "refuse"])
def test_a_price_of_nil(twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str) -> None:
    """A void: all lines at nil, with the word in the notes."""
    twin.set_up(fb.id, nil_price=word)
    made = fb.invoice(client)["id"]
    told = {"invoice": {"lines": [line(0)], "notes": "Voided"}}
    if word == "refuse":
        assert fb.refusal("PUT", f"invoices/invoices/{made}", told) == (422, 1004, "unit_cost")
        return
    void = fb.change("invoices", made, told["invoice"])
    assert (total(void), void["notes"], fb.trial_balance()) == (0, "Voided", {})


@pytest.mark.parametrize("word", ["paid", "sent"])
def test_an_invoice_of_nil(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str
) -> None:
    twin.set_up(fb.id, nil_invoice=word)
    made = fb.invoice(client, 0, create_date="2999-01-01")
    assert made["v3_status"] == word
    assert made["payment_status"] == ("paid" if word == "paid" else "unpaid")


@pytest.mark.parametrize("word", ["refuse", "accept"])
def test_a_total_below_nil(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str
) -> None:
    twin.set_up(fb.id, negative_total=word)
    body = {"invoice": sale(client, -5)}
    if word == "refuse":
        assert fb.refusal("POST", "invoices/invoices", body)[1] == 1040
        return
    assert total(fb.result("POST", "invoices/invoices", body)["invoice"]) == -5
    assert fb.trial_balance() == {"1200-1": -5, "4000-1": 5}


@pytest.mark.parametrize(("word", "status"), [("four", 4), ("keeps", 2)])
def test_the_number_of_a_paid_status(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, status: int
) -> None:
    twin.set_up(fb.id, paid_status=word)
    made = fb.invoice(client)["id"]
    fb.pay(made, 100)
    assert fb.read("invoices", made)["status"] == status
    assert fb.read("invoices", made)["v3_status"] == "paid"


@pytest.mark.parametrize(("word", "sums"), [("replace", [7]), ("merge", [7, 20, 3])])
def test_lines_of_an_update(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, sums: list[int]
) -> None:
    twin.set_up(fb.id, lines_on_update=word)
    made = fb.invoice(client, 0, "lines", lines=[line(10), line(20)])
    lines = [line(7, lineid=made["lines"][0]["lineid"])]
    lines += [line(3)] if word == "merge" else []
    changed = fb.change("invoices", made["id"], {"lines": lines}, "lines")
    assert [Decimal(one["amount"]["amount"]) for one in changed["lines"]] == sums
    assert total(changed) == sum(sums)


@pytest.mark.parametrize(("word", "count"), [("copy", 0), ("create", 1)])
def test_a_new_tax_on_a_line(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, count: int
) -> None:
    twin.set_up(fb.id, line_taxes=word)
    for _ in range(2):
        fb.invoice(client, lines=[line(10, taxName1="VAT", taxAmount1="20")])
    assert fb.page("taxes")["total"] == count


@pytest.mark.parametrize(("word", "tax"), [("line", "0.03"), ("document", "0.02")])
def test_tax_is_rounded_by_line_or_document(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, tax: str
) -> None:
    twin.set_up(fb.id, tax_rounding=word)
    lines = [line("0.07", taxName1="VAT", taxAmount1="10")] * 3
    assert total(fb.invoice(client, lines=lines)) == Decimal("0.21") + Decimal(tax)


@pytest.mark.parametrize(("word", "sum_"), [("up", "0.13"), ("even", "0.12")])
def test_half_a_cent(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, sum_: str
) -> None:
    twin.set_up(fb.id, half_rounding=word)
    assert total(fb.invoice(client, lines=[line("0.25", qty="0.5")])) == Decimal(sum_)


@pytest.mark.parametrize(("word", "sum_"), [("kept", "33.33"), ("two", "33.00")])
def test_prices_of_more_than_two_decimals(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, sum_: str
) -> None:
    twin.set_up(fb.id, unit_cost_decimals=word)
    made = fb.invoice(client, 0, "lines", lines=[line("0.3333", qty="100")])
    assert total(made) == Decimal(sum_)
    price = made["lines"][0]["unit_cost"]["amount"]
    assert price == ("0.3333" if word == "kept" else "0.33")


@pytest.mark.parametrize("word", ["user_entered_date", "date"])
def test_the_day_of_a_journal(twin: FreshBooksTwin, fb: FreshBooksCaller, word: str) -> None:
    twin.set_up(fb.id, journal_date=word)
    accounts = fb.result("GET", "journal_entry_accounts/journal_entry_accounts")
    subs = [one["sub_accounts"][0]["id"] for one in accounts["journal_entry_accounts"]]
    details = [
        {"sub_accountid": subs[0], "debit": "9"},
        {"sub_accountid": subs[5], "credit": "9"},
    ]
    both = {
        "name": "J",
        "details": details,
        "user_entered_date": "2026-03-02",
        "date": "2026-03-09",
    }
    made = fb.make("journal_entries", both)
    assert made["user_entered_date"] == both[word]
    del both[word]
    told = {"journal_entry": both}
    assert fb.refusal("POST", "journal_entries/journal_entries", told) == (422, 1001, word)


def test_numbers_may_have_a_longest(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, longest_number=3)
    body = {"invoice": sale(client, invoice_number="ABCD")}
    assert fb.refusal("POST", "invoices/invoices", body) == (422, 1017, "invoice_number")


def test_every_switch_is_thrown_in_a_test_and_told_in_the_docs() -> None:
    texts = "".join(one.read_text() for one in HERE.glob("test_*.py"))
    told = SANDBOX.read_text().partition("## Switches of FreshBooks")[2]
    for name, values in SWITCHES.items():
        assert f"{name}=" in texts, name
        assert f"`{name}`" in told, name
        for value in values:
            assert f"`{value}`" in told, (name, value)


def test_a_switch_knows_its_own_values(twin: FreshBooksTwin, business: Any) -> None:
    number = business["business_id"]
    for name, values in SWITCHES.items():
        assert len(values) == 2
        with pytest.raises(RuntimeError, match=f"{name} is one of"):
            twin.set_up(number, **{name: "else"})
