"""The official Python SDK, which knows nothing of us, finds in the simulated FreshBooks what it expects."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.freshbooks_twin import EVER, FreshBooksCaller, FreshBooksTwin, line, sale
from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT

pytest.importorskip("freshbooks", reason="freshbooks-sdk is not installed")


@pytest.fixture
def client(twin: FreshBooksTwin, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from freshbooks import Client

    monkeypatch.setenv("FRESHBOOKS_API_URL", twin.url)
    monkeypatch.setenv("FRESHBOOKS_AUTH_URL", twin.url)
    return Client(CLIENT_ID, CLIENT_SECRET, REDIRECT, auto_retry=False)


@pytest.fixture
def connected(twin: FreshBooksTwin, business: Any, client: Any) -> Any:
    """Signed in by the SDK: its address, its exchange."""
    page = requests.get(client.get_auth_request_url(["user:clients:read"]), timeout=20)
    assert page.status_code == 200
    client.get_access_token(twin.consent(business["person"])["code"])
    return client


def test_it_signs_in_finds_the_business_and_refreshes(
    twin: FreshBooksTwin, business: Any, connected: Any
) -> None:
    from freshbooks import FreshBooksError

    me = connected.current_user()
    [member] = me.business_memberships
    assert member.business.account_id == business["account_id"]
    assert member.business.business_uuid == business["business_uuid"]
    old = connected.refresh_token
    connected.refresh_access_token()
    assert connected.refresh_token != old
    assert connected.clients.list(business["account_id"]).pages.total == 0
    with pytest.raises(FreshBooksError):
        connected.refresh_access_token(old)


def test_it_makes_lists_pays_and_deletes_to_the_penny(business: Any, connected: Any) -> None:
    from freshbooks import FilterBuilder, IncludesBuilder, PaginateBuilder, VisState

    account = business["account_id"]
    lines = IncludesBuilder().include("lines")
    who = connected.clients.create(account, {"organization": "Amy's", "email": "a@b.example"})
    assert who.signup_date.utcoffset().total_seconds() == 0
    taxed = [line("100.05", taxName1="VAT", taxAmount1="20")]
    body = sale(who.id, lines=taxed, discount_value="10")
    made = connected.invoices.create(account, body, includes=lines)
    assert (made.amount.amount, made.lines[0].amount.amount) == ("108.05", "100.05")
    paid = connected.payments.create(
        account,
        {
            "invoiceid": made.id,
            "amount": {"amount": "200.00"},
            "date": "2026-03-20",
            "type": "Check",
        },
    )
    assert paid.amount.amount == "108.05"
    credits = connected.credit_notes.list(account, [FilterBuilder().equals("clientid", who.id)])
    assert [one.amount.amount for one in credits] == ["91.95"]
    found = connected.invoices.list(account, [PaginateBuilder(1, 50), lines])
    assert [(one.v3_status, one.lines[0].name) for one in found] == [("paid", "Hours")]
    assert connected.payments.delete(account, paid.id).vis_state == VisState.DELETED
    assert connected.invoices.get(account, made.id).outstanding.amount == "108.05"
    connected.invoices.delete(account, made.id)
    assert connected.invoices.list(account).pages.total == 0
    assert connected.invoices.get(account, made.id).vis_state == VisState.DELETED


def test_it_reads_errors_items_taxes_and_the_chart(business: Any, connected: Any) -> None:
    from freshbooks import FreshBooksError

    account = business["account_id"]
    with pytest.raises(FreshBooksError) as missing:
        connected.clients.get(account, 5)
    assert (missing.value.error_code, missing.value.status_code) == (1012, 404)
    tax = connected.taxes.create(account, {"name": "VAT", "amount": "20"})
    item = connected.items.create(account, {"name": "Hours", "tax1": tax.id})
    assert item.tax1 == tax.id
    connected.taxes.delete(account, tax.id)
    chart = connected.ledger_accounts.list(business["business_uuid"])
    assert "1200-1" in [one.number for one in chart]
    with pytest.raises(FreshBooksError) as wrong:
        connected.ledger_accounts.create(business["business_uuid"], {})
    assert wrong.value.status_code == 400
    with pytest.raises(FreshBooksError) as refused:
        connected.callbacks.create(account, {"event": "x", "uri": "y"})
    assert refused.value.status_code == 422


def test_its_numbers_are_those_of_the_trial_balance(
    twin: FreshBooksTwin, business: Any, connected: Any, fb: FreshBooksCaller
) -> None:
    account = business["account_id"]
    who = connected.clients.create(account, {"email": "a@b.example"})
    bills = [
        connected.invoices.create(
            account, sale(who.id, lines=[line(price, taxName1="VAT", taxAmount1="9.975")])
        )
        for price in ("0.35", "19.99", "1234.56")
    ]
    told = {"invoiceid": bills[2].id, "amount": {"amount": "57.68"}, "date": "2026-03-20"}
    connected.payments.create(account, told)
    owed = sum(Decimal(one.outstanding.amount) for one in connected.invoices.list(account))
    whole = sum(Decimal(one.amount.amount) for one in bills)
    assert owed == whole - Decimal("57.68")
    report = fb.report("trial_balance", **EVER)
    rows = {one["account_number"]: one for one in report["data"]}
    assert Decimal(rows["1200"]["debit"]["amount"]) == owed
    assert Decimal(rows["4000"]["credit"]["amount"]) == Decimal("1254.90")
    assert Decimal(rows["2310"]["credit"]["amount"]) == whole - Decimal("1254.90")
    assert twin.trial_balance(fb.id)["1200-1"] == owed
