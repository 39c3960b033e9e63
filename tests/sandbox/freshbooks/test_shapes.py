"""What the simulated FreshBooks answers has only keys and kinds that FreshBooks is known to answer."""

import sys
from typing import Any

import pytest

from tests.freshbooks_twin import EVER, KINDS, FreshBooksCaller, FreshBooksTwin, line

from . import shape_rules

pytestmark = pytest.mark.skipif(
    not shape_rules.RECORDED.exists(), reason="the recorded shapes are not beside the repository"
)


def exercise(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    """Every kind and call once, with as many fields filled as there are."""
    client = fb.client("Muster", email="ap@muster.example", fname="Ana", p_city="Oakton", note="n")
    tax = fb.make("taxes", {"name": "VAT", "amount": "20", "number": "RT"})["id"]
    fb.make("items", {"name": "Hours", "sku": "H", "unit_cost": {"amount": "5"}, "tax1": tax})
    taxed = line(10, taxName1="VAT", taxAmount1="20", description="d")
    told = {"lines": [taxed], "discount_value": "5", "notes": "n", "po_number": "P", "terms": "t"}
    invoice = fb.invoice(client, 10, "lines", "presentation", **told)
    fb.pay(invoice["id"], 30, note="n", transactionid="T")
    credit = fb.credit(client, 4, notes="n")["id"]
    other = fb.invoice(client, 10)["id"]
    fb.spend(credit, other, 3)
    fb.change("invoices", other, {"action_mark_as_sent": True})
    category = fb.result("GET", "expenses/categories")["categories"][0]["id"]
    money = {"amount": {"amount": "12"}, "date": "2026-03-02"}
    expense = {**money, "categoryid": category, "staffid": 1, "taxName1": "VAT"}
    fb.make("expenses", {**expense, "taxAmount1": {"amount": "2"}})
    taxes = [{"name": "VAT", "amount": "20"}]
    fb.make("other_incomes", {**money, "source": "Shop", "taxes": taxes})
    twin.act(fb.id, "journal", amount=5)
    for kind in KINDS:
        fb.page(kind)
    fb.page("invoices", sort="anything_desc", per_page=1, page=99)
    fb.read("invoices", other, "lines")
    fb.read("credit_notes", credit, "lines")
    fb.result("GET", "journal_entry_accounts/journal_entry_accounts")
    fb.result("GET", "journal_entries/journal_entry_details")
    fb.result("GET", f"invoices/invoices/{other}/share_link")
    fb.result("GET", "systems/systems/1")
    for name in ("trial_balance", "accounts_aging", "taxsummary", "balance_sheet"):
        fb.report(name, **EVER)
    fb.report("invoice_details", **EVER)
    fb.report("account_statement", clientid=client, **EVER)
    fb.call("GET", "ledger_accounts/accounts", family="businesses")
    fb.call("POST", "ledger_accounts/accounts", {}, family="businesses")
    hook = {"callback": {"event": "invoice.create", "uri": "http://localhost:1/x"}}
    fb.call("POST", "events/callbacks", hook, family="events")
    fb.call("POST", "events/callbacks", {"callback": {}}, family="events")
    fb.call("GET", "events/callbacks", family="events")
    fb.call("DELETE", f"invoices/invoices/{other}")
    fb.call("GET", "users/clients/1")
    fb.call("GET", "users/clients/1", headers={"X-API-VERSION": "2023-02-20"})
    fb.call("GET", "users/clients", headers={"Authorization": "Bearer none"})
    fb.call("POST", "users/clients", {"client": {}})
    twin.me(fb.tokens)


def test_every_answer_has_known_keys_and_kinds(
    twin: FreshBooksTwin, fb: FreshBooksCaller, capsys: Any
) -> None:
    exercise(twin, fb)
    told = twin.control("GET", "shapes")
    found = shape_rules.verdicts(told["answers"])
    assert found["deviations"] == []
    assert len(found["recorded"]) > 60
    with capsys.disabled():
        sys.stdout.write(
            f"\nFreshBooks: {told['count']} answers, {len(found['recorded'])} paths as recorded, "
            f"{len(found['described'])} as described or sampled, {len(found['worded'])} by a "
            "sentence alone, 0 deviations\n"
        )


@pytest.mark.skipif(shape_rules.description() is None, reason="nothing reads the description")
@pytest.mark.parametrize(
    ("exchange", "path", "kinds"),
    [
        ("GET invoices/invoices 200", "response.result.invoices[].colour", ["str"]),
        ("GET invoices/invoices 200", "response.result.invoices[].amount", ["str:decimal"]),
        ("GET users/clients 200", "response.result.clients[].id", ["str"]),
        ("GET users/clients 200", "response.result.pages", ["null"]),
        ("GET users/clients 404", "response.errors[].colour", ["str"]),
        ("GET nothing 200", "response.result.nothing.id", ["int"]),
    ],
)
def test_what_nobody_answers_would_be_found(exchange: str, path: str, kinds: list[str]) -> None:
    assert len(shape_rules.verdicts({exchange: {path: kinds}})["deviations"]) == 1
