"""Deposits made towards an invoice on the invoice itself, and credits that are applied by themselves."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale

NOTE = "Created by QB Online to link credits to charges."


def balances(server: SandboxServer, realm: str) -> dict[str, float]:
    found = server.trial_balance(realm)
    assert found["debit"] == found["credit"]
    return {row["name"]: round(row["debit"] - row["credit"], 2) for row in found["rows"]}


def read(caller: Caller, kind: str, identity: str) -> Any:
    return caller.get(f"{kind.lower()}/{identity}")[kind]


def owed(caller: Caller, customer: str) -> float:
    found: float = read(caller, "Customer", customer)["Balance"]
    return found


@pytest.fixture
def customer(caller: Caller) -> str:
    identity: str = caller.customer()["Id"]
    return identity


# --- deposits on invoices ------------------------------------------------------------------------
@pytest.fixture
def taking(sandbox_server: SandboxServer, caller: Caller) -> Caller:
    sandbox_server.set_up(caller.realm, allow_deposit=True)
    preferences = caller.get("preferences")["Preferences"]
    assert preferences["SalesFormsPrefs"]["AllowDeposit"] is True
    return caller


@pytest.mark.parametrize(
    ("told", "account"),
    [({}, "Undeposited Funds"), ({"DepositToAccountRef": {"value": "1"}}, "Checking")],
)
def test_a_deposit_on_an_invoice_lowers_its_balance_and_is_money(
    sandbox_server: SandboxServer, taking: Caller, customer: str, told: Any, account: str
) -> None:
    made = taking.invoice(customer, 100, Deposit=30, **told)
    assert (made["TotalAmt"], made["Deposit"], made["Balance"]) == (100, 30, 70)
    assert (made["LinkedTxn"], owed(taking, customer)) == ([], 70)
    expected = {account: 30, "Accounts Receivable (A/R)": 70, "Services": -100}
    assert balances(sandbox_server, taking.realm) == expected
    body = payment(customer, 70.01, {made["Id"]: 70.01})
    assert taking.refusal("POST", "payment", body)[1] == "6000"
    taking.pay(customer, 70, **{f"i{made['Id']}": 70})
    assert read(taking, "Invoice", made["Id"])["Balance"] == 0


def test_a_deposit_follows_the_changes_of_its_invoice(
    sandbox_server: SandboxServer, taking: Caller, customer: str
) -> None:
    made = taking.invoice(customer, 100, Deposit=30)
    taking.pay(customer, 20, **{f"i{made['Id']}": 20})
    # Sparse: the deposit stays. Full: what is not sent is cleared, and the balance rises.
    told = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "PrivateNote": "x"}
    kept = taking.post("invoice", told)["Invoice"]
    assert (kept["Deposit"], kept["Balance"]) == (30, 50)
    lowered = {**sale(customer, 60), "Id": made["Id"], "SyncToken": "2", "Deposit": 30}
    assert taking.post("invoice", lowered)["Invoice"]["Balance"] == 10
    cleared = {**sale(customer, 60), "Id": made["Id"], "SyncToken": "3"}
    gone = taking.post("invoice", cleared)["Invoice"]
    assert (gone.get("Deposit"), gone["Balance"]) == (None, 40)
    assert balances(sandbox_server, taking.realm) == {
        "Undeposited Funds": 20,
        "Accounts Receivable (A/R)": 40,
        "Services": -60,
    }


def test_a_voided_invoice_gives_its_deposit_back(
    sandbox_server: SandboxServer, taking: Caller, customer: str
) -> None:
    made = taking.invoice(customer, 100, Deposit=30)
    gone = taking.post("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")["Invoice"]
    assert (gone["TotalAmt"], gone["Balance"], gone.get("Deposit")) == (0, 0, None)
    assert balances(sandbox_server, taking.realm) == {}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"Deposit": -1}, "6000"),
        ({"Deposit": 100.01}, "6000"),
        ({"Deposit": 5, "DepositToAccountRef": {"value": "15"}}, "6010"),
    ],
)
def test_deposits_that_are_refused(taking: Caller, customer: str, told: Any, code: str) -> None:
    assert taking.refusal("POST", "invoice", sale(customer, 100, **told))[1] == code


def test_a_deposit_is_dropped_while_the_preference_is_off(caller: Caller, customer: str) -> None:
    made = caller.invoice(customer, 100, Deposit=30)
    assert (made.get("Deposit"), made["Balance"]) == (None, 100)


def test_a_foreign_deposit_and_the_rest_are_worth_the_total(sandbox_server: SandboxServer) -> None:
    realm = sandbox_server.open_company("Abroad", profile="multicurrency", allow_deposit=True)
    caller = sandbox_server.connect(realm)
    euros = caller.customer("Euro", CurrencyRef={"value": "EUR"})["Id"]
    made = caller.invoice(euros, 100.01, ExchangeRate=1.23456, Deposit=33.33)
    # 100.01 is 123.47, the rest of 66.68 is 82.32, and so the deposit 41.15.
    assert (made["HomeTotalAmt"], made["HomeBalance"], made["Balance"]) == (123.47, 82.32, 66.68)
    assert balances(sandbox_server, realm) == {
        "Undeposited Funds": 41.15,
        "Accounts Receivable (A/R) - EUR": 82.32,
        "Services": -123.47,
    }
    body = {**payment(euros, 66.68, {made["Id"]: 66.68}), "ExchangeRate": 1.23456}
    caller.post("payment", body)
    assert "Accounts Receivable (A/R) - EUR" not in balances(sandbox_server, realm)


def test_an_independent_client_sees_the_deposit(books: Any, taking: Caller, customer: str) -> None:
    from quickbooks.objects import Invoice

    made = taking.invoice(customer, 100, Deposit=30)
    found = Invoice.get(made["Id"], qb=books)
    assert (found.Deposit, found.Balance) == (30, 70)
    found.PrivateNote = "kept"
    found.save(qb=books)
    assert read(taking, "Invoice", made["Id"])["Balance"] == 70


# --- credits that are applied by themselves --------------------------------------------------------
def switched_on(server: SandboxServer, caller: Caller, *names: str) -> None:
    server.set_up(caller.realm, **dict.fromkeys(names, True))
    forms = caller.get("preferences")["Preferences"]["SalesFormsPrefs"]
    assert forms["AutoApplyCredit"] == ("auto_apply_credit" in names)
    assert forms["AutoApplyPayments"] == ("auto_apply_payments" in names)


def links(payments: list[Any]) -> list[list[tuple[str, float]]]:
    return [
        [(line["LinkedTxn"][0]["TxnType"], line["Amount"]) for line in one["Line"]]
        for one in payments
    ]


def test_a_credit_memo_pays_the_oldest_invoices_by_payments_of_nil(
    sandbox_server: SandboxServer, caller: Caller, customer: str
) -> None:
    newer = caller.invoice(customer, 50, TxnDate="2026-02-01")["Id"]
    older = caller.invoice(customer, 30, TxnDate="2026-01-01")["Id"]
    stranger = caller.invoice(caller.customer("Somebody")["Id"], 9, TxnDate="2025-01-01")["Id"]
    switched_on(sandbox_server, caller, "auto_apply_credit")
    memo = caller.post("creditmemo", sale(customer, 40, TxnDate="2026-03-01"))["CreditMemo"]
    # The answer is what was made; what happened to it right after is read like a change of somebody.
    assert (memo["SyncToken"], memo["RemainingCredit"]) == ("0", 40)
    now = read(caller, "CreditMemo", memo["Id"])
    assert (now["SyncToken"] > "0", now["RemainingCredit"]) == (True, 0)
    payments = sorted(sandbox_server.objects(caller.realm, "Payment"), key=lambda one: one["Id"])
    assert links(payments) == [
        [("Invoice", 30), ("CreditMemo", 30)],
        [("Invoice", 10), ("CreditMemo", 10)],
    ]
    for one in payments:
        assert (one["TotalAmt"], one["UnappliedAmt"], one["PrivateNote"]) == (0, 0, NOTE)
        assert "DepositToAccountRef" not in one
        assert one["TxnDate"] == "2026-03-01"
    left = {one: read(caller, "Invoice", one)["Balance"] for one in (older, newer, stranger)}
    assert left == {older: 0, newer: 40, stranger: 9}
    assert sandbox_server.state(caller.realm)["doubles"]["markers"] == []
    assert balances(sandbox_server, caller.realm) == {
        "Accounts Receivable (A/R)": 49,
        "Services": -49,
    }


@pytest.mark.parametrize("name", ["auto_apply_credit", "auto_apply_payments"])
def test_money_on_account_pays_the_next_invoice_with_the_payment_it_came_with(
    sandbox_server: SandboxServer, caller: Caller, customer: str, name: str
) -> None:
    switched_on(sandbox_server, caller, name)
    first = caller.invoice(customer, 60)["Id"]
    paid = caller.pay(customer, 100, **{f"i{first}": 60})
    assert paid["UnappliedAmt"] == 40
    made = caller.invoice(customer, 70)
    assert made["Balance"] == 70
    assert read(caller, "Invoice", made["Id"])["Balance"] == 30
    now = read(caller, "Payment", paid["Id"])
    assert (now["UnappliedAmt"], links([now])) == (0, [[("Invoice", 60), ("Invoice", 40)]])
    assert balances(sandbox_server, caller.realm) == {
        "Undeposited Funds": 100,
        "Accounts Receivable (A/R)": 30,
        "Services": -130,
    }


def test_credits_wait_where_only_payments_are_applied_or_nothing_is(
    sandbox_server: SandboxServer, caller: Caller, customer: str
) -> None:
    def remaining() -> float:
        memo = caller.post("creditmemo", sale(customer, 40))["CreditMemo"]["Id"]
        left: float = read(caller, "CreditMemo", memo)["RemainingCredit"]
        return left

    caller.invoice(customer, 500)
    assert remaining() == 40
    switched_on(sandbox_server, caller, "auto_apply_payments")
    assert remaining() == 40
    switched_on(sandbox_server, caller, "auto_apply_payments", "auto_apply_credit")
    # The next document takes along what waited.
    assert remaining() == 0
    assert owed(caller, customer) == 380


def test_the_documents_of_one_batch_find_each_other(
    sandbox_server: SandboxServer, caller: Caller, customer: str
) -> None:
    switched_on(sandbox_server, caller, "auto_apply_credit")
    items = [
        {"bId": "memo", "operation": "create", "CreditMemo": sale(customer, 40)},
        {"bId": "sale", "operation": "create", "Invoice": sale(customer, 100)},
    ]
    answers = caller.post("batch", {"BatchItemRequest": items}, requestid="one")
    assert all("Fault" not in one for one in answers["BatchItemResponse"])
    again = caller.post("batch", {"BatchItemRequest": items}, requestid="one")
    assert again["BatchItemResponse"] == answers["BatchItemResponse"]
    assert [one["Balance"] for one in sandbox_server.objects(caller.realm, "Invoice")] == [60]
    assert len(sandbox_server.objects(caller.realm, "Payment")) == 1


def test_what_was_un_applied_by_hand_stays_so(
    sandbox_server: SandboxServer, caller: Caller, customer: str
) -> None:
    switched_on(sandbox_server, caller, "auto_apply_credit")
    caller.invoice(customer, 100)
    memo = caller.post("creditmemo", sale(customer, 40))["CreditMemo"]["Id"]
    made = sandbox_server.objects(caller.realm, "Payment")[0]
    sandbox_server.act(caller.realm, "delete_payment", id=made["Id"])
    assert read(caller, "CreditMemo", memo)["RemainingCredit"] == 40


def test_money_of_a_closed_period_is_left_alone(
    sandbox_server: SandboxServer, caller: Caller, customer: str
) -> None:
    body = {**payment(customer, 40, {}), "TxnDate": "2026-01-15"}
    caller.post("payment", body)
    sandbox_server.set_up(caller.realm, book_close_date="2026-01-31")
    switched_on(sandbox_server, caller, "auto_apply_credit")
    made = caller.invoice(customer, 100, TxnDate="2026-02-01")
    assert read(caller, "Invoice", made["Id"])["Balance"] == 100


def test_a_foreign_credit_at_another_rate_leaves_its_difference(
    sandbox_server: SandboxServer,
) -> None:
    realm = sandbox_server.open_company("Abroad", profile="multicurrency", auto_apply_credit=True)
    caller = sandbox_server.connect(realm)
    euros = caller.customer("Euro", CurrencyRef={"value": "EUR"})["Id"]
    caller.invoice(euros, 100, ExchangeRate=1.1)
    caller.post("creditmemo", sale(euros, 100, ExchangeRate=1.25))
    assert balances(sandbox_server, realm) == {"Exchange Gain or Loss": -15, "Services": 15}
