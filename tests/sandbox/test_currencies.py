"""Companies of several currencies: one currency a customer, rates, and the difference they leave."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale


@pytest.fixture
def realm(sandbox_server: SandboxServer) -> str:
    return sandbox_server.open_company("Several", profile="multicurrency")


@pytest.fixture
def euros(caller: Caller) -> str:
    identity: str = caller.customer("Euro Kunde", CurrencyRef={"value": "EUR"})["Id"]
    return identity


def balances(server: SandboxServer, realm: str) -> dict[str, float]:
    found = server.trial_balance(realm)
    assert found["debit"] == found["credit"]
    return {row["name"]: round(row["debit"] - row["credit"], 2) for row in found["rows"]}


def bank(caller: Caller, code: str) -> str:
    body = {"Name": f"Bank {code}", "AccountType": "Bank", "CurrencyRef": {"value": code}}
    identity: str = caller.post("account", body)["Account"]["Id"]
    return identity


RECEIVABLE = "Accounts Receivable (A/R) - EUR"


def test_a_foreign_invoice_says_its_home_amounts_and_posts_them(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    assert caller.get(f"customer/{euros}")["Customer"]["CurrencyRef"]["value"] == "EUR"
    made = caller.invoice(euros, 100.01, ExchangeRate=1.23456)
    assert (made["CurrencyRef"]["value"], made["ExchangeRate"]) == ("EUR", 1.23456)
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["HomeBalance"]) == (100.01, 123.47, 123.47)
    assert balances(sandbox_server, realm) == {RECEIVABLE: 123.47, "Services": -123.47}
    home = caller.invoice(caller.customer()["Id"], 50)
    assert (home["ExchangeRate"], home["HomeTotalAmt"]) == (1, 50)
    currencies = caller.query("SELECT * FROM CompanyCurrency")["CompanyCurrency"]
    assert [one["Code"] for one in currencies] == ["EUR"]


def test_a_rate_that_is_not_sent_is_one_or_the_companys_own(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    assert caller.invoice(euros, 100)["ExchangeRate"] == 1
    sandbox_server.set_up(realm, exchange_rate_omitted="table")
    for rate, day in ((1.2, "2026-03-01"), (1.3, "2026-04-01"), (1.25, "2026-03-01")):
        sent = {"SourceCurrencyCode": "EUR", "Rate": rate, "AsOfDate": day}
        caller.post("exchangerate", sent)
    assert caller.invoice(euros, 100, TxnDate="2026-03-31")["HomeTotalAmt"] == 125
    assert caller.invoice(euros, 100, TxnDate="2026-04-01")["HomeTotalAmt"] == 130
    found = caller.get("exchangerate", sourcecurrencycode="EUR", asofdate="2026-03-15")
    assert found["ExchangeRate"]["Rate"] == 1.25
    assert found["ExchangeRate"]["TargetCurrencyCode"] == "USD"


def test_a_payment_at_another_rate_leaves_a_realised_difference(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    invoice = caller.invoice(euros, 100, ExchangeRate=1.1)
    body = {**payment(euros, 100, {invoice["Id"]: 100}), "ExchangeRate": 1.25}
    paid = caller.post("payment", body)["Payment"]
    assert (paid["CurrencyRef"]["value"], paid["ExchangeRate"]) == ("EUR", 1.25)
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"]["HomeBalance"] == 0
    assert balances(sandbox_server, realm) == {
        "Undeposited Funds": 125,
        "Exchange Gain or Loss": -15,
        "Services": -110,
    }
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": paid["Id"], "TxnType": "Payment"}]}
    deposit = {"DepositToAccountRef": {"value": bank(caller, "EUR")}, "Line": [line]}
    made = caller.post("deposit", {**deposit, "ExchangeRate": 1.2})["Deposit"]
    assert (made["CurrencyRef"]["value"], made["HomeTotalAmt"]) == ("EUR", 120)
    found = balances(sandbox_server, realm)
    assert (found["Bank EUR"], found["Exchange Gain or Loss"]) == (120, -10)
    assert "Undeposited Funds" not in found
    locked = {"Id": paid["Id"], "SyncToken": "1", "sparse": True}
    locked |= {"CustomerRef": {"value": euros}, "TotalAmt": 100, "ExchangeRate": 1.3}
    assert caller.refusal("POST", "payment", locked)[1] == "6540"


def test_payments_in_parts_clear_the_receivable_to_the_cent(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    invoice = caller.invoice(euros, 100, ExchangeRate=1.11115)["Id"]
    made = []
    for part in (33.33, 33.33, 33.34):
        body = {**payment(euros, part, {invoice: part}), "ExchangeRate": 1.2}
        made.append(caller.post("payment", body)["Payment"]["Id"])
    assert RECEIVABLE not in balances(sandbox_server, realm)
    # The second is taken back: the third's share moves up, and all is still true.
    gone = caller.get(f"payment/{made[1]}")["Payment"]
    asked = {"Id": made[1], "SyncToken": gone["SyncToken"]}
    caller.post("payment", asked, operation="delete")
    found = caller.get(f"invoice/{invoice}")["Invoice"]
    assert found["Balance"] == 33.33
    assert balances(sandbox_server, realm)[RECEIVABLE] == found["HomeBalance"]


def test_a_changed_rate_of_a_paid_invoice_moves_the_difference(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    made = caller.invoice(euros, 100, ExchangeRate=1.1)
    caller.post("payment", {**payment(euros, 100, {made["Id"]: 100}), "ExchangeRate": 1.1})
    assert "Exchange Gain or Loss" not in balances(sandbox_server, realm)
    changed = {**sale(euros, 100), "Id": made["Id"], "SyncToken": "1", "ExchangeRate": 1}
    caller.post("invoice", changed)
    found = balances(sandbox_server, realm)
    assert (found["Exchange Gain or Loss"], found["Services"]) == (-10, -100)
    assert RECEIVABLE not in found


def test_a_credit_applied_at_another_rate_leaves_the_difference_too(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    invoice = caller.invoice(euros, 100, ExchangeRate=1.1)["Id"]
    credit = caller.post("creditmemo", {**sale(euros, 100), "ExchangeRate": 1.3})["CreditMemo"]
    links = [("Invoice", invoice), ("CreditMemo", credit["Id"])]
    lines = [
        {"Amount": 100, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]}
        for kind, identity in links
    ]
    body = {"CustomerRef": {"value": euros}, "TotalAmt": 0, "ExchangeRate": 1.2, "Line": lines}
    caller.post("payment", body)
    assert balances(sandbox_server, realm) == {"Services": 20, "Exchange Gain or Loss": -20}


def test_yen_are_whole_unless_the_switch_gives_them_decimals(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    yen = caller.customer("Kissaten", CurrencyRef={"value": "JPY"})["Id"]
    body = sale(yen, 100)
    body["Line"][0] |= {"Amount": 12346}
    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 1, "UnitPrice": 12345.6}
    made = caller.post("invoice", {**body, "ExchangeRate": 0.0067})["Invoice"]
    assert (made["TotalAmt"], made["HomeTotalAmt"]) == (12346, 82.72)
    sandbox_server.set_up(realm, minor_units="cents")
    assert caller.refusal("POST", "invoice", body)[1] == "6070"


def test_a_customers_currency_is_his_for_good_and_his_documents(caller: Caller, euros: str) -> None:
    assert caller.refusal("POST", "invoice", sale(euros, CurrencyRef={"value": "USD"}))[1] == "6000"
    changed = {"Id": euros, "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "GBP"}}
    assert caller.refusal("POST", "customer", changed)[1] == "6000"
    unknown = {"DisplayName": "Odd", "CurrencyRef": {"value": "XXQ"}}
    assert caller.refusal("POST", "customer", unknown)[1] == "2500"
    body = {**payment(euros, 5, {}), "DepositToAccountRef": {"value": bank(caller, "GBP")}}
    assert caller.refusal("POST", "payment", body)[1] == "6000"
    branch = caller.customer("Filiale", ParentRef={"value": euros}, Job=True)
    assert branch["CurrencyRef"]["value"] == "EUR"


def test_a_refused_first_customer_leaves_no_account_of_his_currency(caller: Caller) -> None:
    caller.customer("Taken")
    body = {"DisplayName": "Taken", "CurrencyRef": {"value": "GBP"}}
    assert caller.refusal("POST", "customer", body)[1] == "6240"
    asked = "SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'"
    assert len(caller.query(asked)["Account"]) == 1


def test_one_currency_stays_one_and_several_stay_several(
    sandbox_server: SandboxServer, realm: str
) -> None:
    single = sandbox_server.connect(sandbox_server.open_company("One"))
    assert single.refusal("GET", "exchangerate", sourcecurrencycode="EUR")[1] == "5020"
    made = single.invoice(single.customer()["Id"], 5)
    assert not {"ExchangeRate", "HomeTotalAmt", "HomeBalance"} & set(made)
    with pytest.raises(RuntimeError, match="cannot be turned off"):
        sandbox_server.set_up(realm, multicurrency=False)
    sandbox_server.set_up(single.realm, multicurrency=True)
    preferences = single.get("preferences")["Preferences"]["CurrencyPrefs"]
    assert preferences["MultiCurrencyEnabled"] is True
    single.customer("Later", CurrencyRef={"value": "CHF"})


def test_a_refund_from_the_receivable_pays_a_foreign_credit_out(
    sandbox_server: SandboxServer, caller: Caller, euros: str, realm: str
) -> None:
    credit = caller.post("creditmemo", {**sale(euros, 50), "ExchangeRate": 1.1})["CreditMemo"]
    found = caller.query("SELECT * FROM Account WHERE AccountType = 'Accounts Receivable'")
    receivables = {one["CurrencyRef"]["value"]: one["Id"] for one in found["Account"]}

    body: dict[str, Any] = {
        "AccountRef": {"value": bank(caller, "EUR")},
        "PaymentType": "Cash",
        "ExchangeRate": 1.2,
        "Line": [paid_out(receivables["USD"], euros)],
    }
    assert caller.refusal("POST", "purchase", body)[1] == "6000"
    body["Line"] = [paid_out(receivables["EUR"], euros)]
    refund = caller.post("purchase", body)["Purchase"]
    links = [("Expense", refund["Id"]), ("CreditMemo", credit["Id"])]
    lines = [
        {"Amount": 50, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]}
        for kind, identity in links
    ]
    zero = {"CustomerRef": {"value": euros}, "TotalAmt": 0, "ExchangeRate": 1.2, "Line": lines}
    caller.post("payment", zero)
    assert balances(sandbox_server, realm) == {
        "Bank EUR": -60,
        "Services": 55,
        "Exchange Gain or Loss": 5,
    }


def paid_out(receivable: str, customer: str) -> dict[str, Any]:
    detail = {"AccountRef": {"value": receivable}, "CustomerRef": {"value": customer}}
    return {
        "Amount": 50,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
