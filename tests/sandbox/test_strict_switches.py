"""Switches that make the sandbox stricter than what is proved, and a void that only looks like one."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale


@pytest.mark.parametrize(
    ("path", "field"),
    [("customer", "PrimaryEmailAddr"), ("invoice", "BillEmail"), ("creditmemo", "BillEmail")],
)
def test_an_address_that_is_none(
    sandbox_server: SandboxServer, caller: Caller, path: str, field: str
) -> None:
    customer = caller.customer()["Id"]

    def body(name: str, address: str) -> dict[str, Any]:
        told = {"DisplayName": name} if path == "customer" else sale(customer)
        return {**told, field: {"Address": address}}

    caller.post(path, body("As it is", "nobody"))
    sandbox_server.set_up(caller.realm, email_addresses="refuse")
    assert caller.refusal("POST", path, body("Refused", "nobody"))[1] == "2210"
    assert caller.refusal("POST", path, body("Second", "a@b.example, nobody"))[1] == "2210"
    caller.post(path, body("Good", "a@b.example, c@d.example"))


def test_tax_beside_not_applicable(sandbox_server: SandboxServer) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("No tax", profile="uk"))
    customer = caller.customer()["Id"]
    body = sale(customer, 10, GlobalTaxCalculation="NotApplicable", TxnTaxDetail={"TotalTax": 2})
    assert caller.post("invoice", body)["Invoice"]["TotalAmt"] == 10
    sandbox_server.set_up(caller.realm, tax_not_applicable="refuse")
    assert caller.refusal("POST", "invoice", body)[1] == "6170"
    caller.post("invoice", {**body, "TxnTaxDetail": {"TotalTax": 0}})


def test_faults_in_another_language_keep_their_codes_and_ids_alone(
    sandbox_server: SandboxServer, caller: Caller
) -> None:
    customer = caller.customer()["Id"]
    made = caller.invoice(customer, 10, DocNumber="F-1")
    sandbox_server.set_up(caller.realm, language="fr")
    _, code, detail = caller.refusal("POST", "invoice", sale(customer, 10, DocNumber="F-1"))
    assert code == "6140"
    assert "TxnType=Facture" in detail
    assert f"TxnId={made['Id']}" in detail
    assert "Duplicate" not in detail
    items = [{"bId": "1", "operation": "create", "Invoice": sale("999")}]
    answer = caller.post("batch", {"BatchItemRequest": items})["BatchItemResponse"][0]
    error = answer["Fault"]["Error"][0]
    assert (error["code"], error["Message"]) == ("2500", "Identifiant de référence non valide")
    sandbox_server.set_up(caller.realm, language="en")
    assert "Duplicate" in caller.refusal("POST", "invoice", sale(customer, DocNumber="F-1"))[2]


@pytest.mark.parametrize("params", [{"operation": "void"}, {"include": "void"}])
def test_the_void_of_a_journal_is_answered_as_done_and_is_not(
    sandbox_server: SandboxServer, caller: Caller, params: dict[str, str]
) -> None:
    def line(side: str, account: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account}}
        return {
            "Amount": 12,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    lines = [line("Debit", "1"), line("Credit", "16")]
    made = caller.post("journalentry", {"Line": lines})["JournalEntry"]
    told = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    answer = caller.call("POST", "journalentry", told, **params)
    assert answer.status_code == 200
    assert set(answer.json()) == {"BatchItemResponse", "time"}
    assert caller.get(f"journalentry/{made['Id']}")["JournalEntry"] == made
    assert caller.refusal("POST", "purchase", told, operation="void")[1] == "500"
