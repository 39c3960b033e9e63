"""Payments, batches, money on account, refunds, the bank, and what the ledger says of them."""

from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin, sale


def payment(invoice: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": invoice},
        "Account": {"Code": "090"},
        "Date": "2026-03-20",
        "Amount": amount,
        **more,
    }


@pytest.fixture
def invoice(xero: XeroCaller) -> Any:
    return xero.invoice(xero.contact())


def test_a_payment_pays_and_its_deletion_opens_again(
    twin: XeroTwin, xero: XeroCaller, invoice: Any
) -> None:
    part = xero.pay(invoice["InvoiceID"], 15, Reference="R1")
    assert (part["PaymentType"], part["Status"], part["BankAmount"]) == (
        "ACCRECPAYMENT",
        "AUTHORISED",
        15,
    )
    rest = xero.pay(invoice["InvoiceID"], 100, account="615")
    read = xero.read("Invoices", invoice["InvoiceID"])
    assert (read["Status"], read["AmountDue"], read["AmountPaid"]) == ("PAID", 0, 115)
    assert read["FullyPaidOnDate"] == "/Date(1773964800000+0000)/"
    assert [one["Amount"] for one in read["Payments"]] == [15, 100]
    told = xero.done("POST", f"Payments/{rest['PaymentID']}", {"Status": "DELETED"})
    assert told["Payments"][0]["Status"] == "DELETED"
    read = xero.read("Invoices", invoice["InvoiceID"])
    assert (read["Status"], read["AmountDue"]) == ("AUTHORISED", 100)
    assert "FullyPaidOnDate" not in read
    assert twin.trial_balance(xero.tenant) == {"090": 15, "200": -100, "610": 100, "820": -15}
    statuses = [one["Status"] for one in xero.get("Payments", page="1")["Payments"]]
    assert statuses == ["AUTHORISED", "DELETED"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Amount": 115.01}, "exceeds the amount outstanding"),
        ({"Amount": 0}, "greater than zero"),
        ({"Account": {"Code": "200"}}, "does not allow payments"),
        ({"Account": {"Code": "999"}}, "Account must be valid"),
        ({"Invoice": {"InvoiceID": "00000000-0000-0000-0000-0000000000aa"}}, "was not found"),
    ],
)
def test_payments_that_cannot_be(xero: XeroCaller, invoice: Any, change: Any, words: str) -> None:
    body = {**payment(invoice["InvoiceID"], 5), **change}
    assert words in xero.refusal("PUT", "Payments", {"Payments": [body]})


def test_a_draft_is_not_paid_and_a_paid_one_not_again(xero: XeroCaller, invoice: Any) -> None:
    draft = xero.invoice(xero.contact("B"), Status="DRAFT")["InvoiceID"]
    body = {"Payments": [payment(draft, 5)]}
    assert "Authorised" in xero.refusal("PUT", "Payments", body)
    xero.pay(invoice["InvoiceID"], 115)
    body = {"Payments": [payment(invoice["InvoiceID"], 1)]}
    assert "already been paid off" in xero.refusal("PUT", "Payments", body)


def test_a_payment_is_never_edited(xero: XeroCaller, invoice: Any) -> None:
    made = xero.pay(invoice["InvoiceID"], 15)
    body = {"PaymentID": made["PaymentID"], "Amount": 20}
    assert "cannot be edited" in xero.refusal("POST", "Payments", body)


@pytest.mark.parametrize("switch", ["200", "400"])
@pytest.mark.parametrize("by", ["flag", "match"])
def test_a_reconciled_one_is_not_deleted_whatever_the_answer_says(
    twin: XeroTwin, xero: XeroCaller, invoice: Any, switch: str, by: str
) -> None:
    twin.set_up(xero.tenant, reconciled_delete=switch, flagged_delete="refuse")
    made = xero.pay(invoice["InvoiceID"], 15, IsReconciled=by == "flag")
    if by == "match":
        twin.act(xero.tenant, "reconcile", kind="Payments", id=made["PaymentID"])
    answer = xero.call("POST", f"Payments/{made['PaymentID']}", {"Status": "DELETED"})
    assert answer.status_code == int(switch)
    element = answer.json().get("Payments", answer.json().get("Elements"))[0]
    assert (element["Status"], "reconciled" in element["ValidationErrors"][0]["Message"]) == (
        "DELETED",
        True,
    )
    read = xero.read("Payments", made["PaymentID"])
    assert (read["Status"], read["IsReconciled"]) == ("AUTHORISED", True)


def test_a_flag_alone_is_deleted(xero: XeroCaller, invoice: Any) -> None:
    made = xero.pay(invoice["InvoiceID"], 15, IsReconciled=True)
    xero.done("POST", f"Payments/{made['PaymentID']}", {"Status": "DELETED"})
    assert xero.read("Payments", made["PaymentID"])["Status"] == "DELETED"


# --- batches ----------------------------------------------------------------------------------------
def batch(*lines: Any, **more: Any) -> dict[str, Any]:
    return {
        "Account": {"Code": "090"},
        "Date": "2026-03-20",
        "Reference": "B1",
        "Payments": list(lines),
        **more,
    }


def part(invoice: str, amount: Any) -> dict[str, Any]:
    return {"Invoice": {"InvoiceID": invoice}, "Amount": amount}


@pytest.mark.parametrize(("switch", "kept"), [("any", True), ("by_country", False)])
def test_texts_of_other_countries(
    twin: XeroTwin, xero: XeroCaller, invoice: Any, switch: str, kept: bool
) -> None:
    twin.set_up(xero.tenant, batch_texts=switch)
    told = batch(part(invoice["InvoiceID"], 5), Details="D-1")
    made = xero.put("BatchPayments", told)
    assert (made["Reference"], made.get("Details") == "D-1") == ("B1", kept)


def test_what_people_write_there_may_be_longer(
    twin: XeroTwin, xero: XeroCaller, invoice: Any
) -> None:
    text = "a text of more than eighteen characters"
    invoices = {invoice["InvoiceID"]: 5}
    twin.act(xero.tenant, "record_batch", invoices=invoices, details=text)
    assert xero.get("BatchPayments")["BatchPayments"][0]["Details"] == text


def test_one_receipt_over_several_invoices_is_deleted_whole(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    contact = xero.contact()
    ids = [xero.invoice(contact, amount)["InvoiceID"] for amount in (100, 200)]
    made = xero.put("BatchPayments", batch(part(ids[0], 115), part(ids[1], 30)))
    assert (made["Type"], made["TotalAmount"], made["Status"]) == ("RECBATCH", 145, "AUTHORISED")
    inner = [one["PaymentID"] for one in made["Payments"]]
    assert xero.read("Payments", inner[0])["BatchPaymentID"] == made["BatchPaymentID"]
    alone = {"PaymentID": inner[0], "Status": "DELETED"}
    assert "part of a batch" in xero.refusal("POST", "Payments", alone)
    told = {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"}
    gone = xero.done("POST", "BatchPayments", told)["BatchPayments"][0]
    assert gone["Status"] == "DELETED"
    assert [xero.read("Payments", one)["Status"] for one in inner] == ["DELETED", "DELETED"]
    assert xero.read("Invoices", ids[0])["AmountDue"] == 115
    assert "090" not in twin.trial_balance(xero.tenant)


def test_what_does_not_fit_into_a_batch(twin: XeroTwin, xero: XeroCaller) -> None:
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    contact = xero.contact()
    home = xero.invoice(contact)["InvoiceID"]
    foreign = xero.invoice(contact, CurrencyCode="EUR")["InvoiceID"]
    note = xero.credit_note(contact)["CreditNoteID"]
    bill = sale(contact, Type="ACCPAY")
    bill["LineItems"][0]["TaxType"] = "INPUT2"
    theirs = xero.put("Invoices", bill)["InvoiceID"]
    for lines, words in (
        ([part(foreign, 5)], "base currency"),
        ([{"CreditNote": {"CreditNoteID": note}, "Amount": 5}], "only contain invoices"),
        ([part(home, 5), part(theirs, 5)], "both sales invoices and bills"),
        ([], "At least one"),
    ):
        body = {"BatchPayments": [batch(*lines)]}
        assert words in xero.refusal("PUT", "BatchPayments", body)
    long = {"BatchPayments": [batch(part(home, 5), Details="x" * 19)]}
    assert "Details" in xero.refusal("PUT", "BatchPayments", long)
    other = xero.invoice(xero.contact("Other"))["InvoiceID"]
    mixed = {"BatchPayments": [batch(part(home, 5), part(other, 5))]}
    twin.set_up(xero.tenant, batch_mixed_contacts="refuse")
    assert "single contact" in xero.refusal("PUT", "BatchPayments", mixed)
    twin.set_up(xero.tenant, batch_mixed_contacts="accept")
    assert xero.done("PUT", "BatchPayments", mixed)["BatchPayments"][0]["TotalAmount"] == 10


@pytest.mark.parametrize("switch", ["silent", "refuse"])
def test_a_line_that_fails_shows_no_error_and_no_id(
    twin: XeroTwin, xero: XeroCaller, switch: str
) -> None:
    twin.set_up(xero.tenant, batch_failed_line=switch)
    contact = xero.contact()
    ids = [xero.invoice(contact, amount)["InvoiceID"] for amount in (100, 200)]
    told = {"BatchPayments": [batch(part(ids[0], 115), part(ids[1], 999))]}
    answer = xero.done("PUT", "BatchPayments", told, summarizeErrors="false")["BatchPayments"][0]
    assert "ValidationErrors" not in answer["Payments"][1]
    assert "PaymentID" not in answer["Payments"][1]
    due = [xero.read("Invoices", one)["AmountDue"] for one in ids]
    if switch == "silent":
        assert answer["StatusAttributeString"] == "OK"
        assert due == [0, 230]
    else:
        assert answer["StatusAttributeString"] == "ERROR"
        assert due == [115, 230]
    assert xero.call("PUT", "BatchPayments", told).status_code == 400


# --- money on account -----------------------------------------------------------------------------------
def test_an_overpayment_is_allocated_refunded_and_not_deleted_by_an_app(
    twin: XeroTwin, xero: XeroCaller, invoice: Any
) -> None:
    contact = invoice["Contact"]["ContactID"]
    row = xero.overpayment(contact, 200)
    over = row["OverpaymentID"]
    assert twin.trial_balance(xero.tenant)["610"] == -85
    path = f"Overpayments/{over}/Allocations"
    told = {"Amount": 115, "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    xero.done("PUT", path, {"Allocations": [told]})
    read = xero.read("Overpayments", over)
    assert (read["RemainingCredit"], read["Type"], read["LineItems"][0]["AccountCode"]) == (
        85,
        "RECEIVE-OVERPAYMENT",
        "610",
    )
    paid = xero.read("Invoices", invoice["InvoiceID"])
    assert (paid["Status"], paid["AmountCredited"], paid["Overpayments"][0]["AppliedAmount"]) == (
        "PAID",
        115,
        115,
    )
    for status in ("DELETED", "VOIDED"):
        told = {"BankTransactionID": row["BankTransactionID"], "Status": status}
        answer = xero.post("BankTransactions", told)
        assert (answer["Status"], answer["StatusAttributeString"]) == (status, "ERROR")
    refund = {
        "Overpayment": {"OverpaymentID": over},
        "Account": {"Code": "090"},
        "Date": "2026-03-25",
        "Amount": 85,
    }
    back = xero.done("PUT", "Payments", {"Payments": [refund]})["Payments"][0]
    assert back["PaymentType"] == "AROVERPAYMENTPAYMENT"
    assert back["Invoice"]["InvoiceID"] == over
    assert xero.read("Overpayments", over)["Status"] == "PAID"
    assert twin.trial_balance(xero.tenant) == {"090": 115, "200": -100, "820": -15}


def test_an_overpayment_has_one_line_and_no_account_of_ours(xero: XeroCaller) -> None:
    contact = xero.contact()
    line = {"Description": "d", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
    made = xero.overpayment(contact, 5, LineItems=[line])
    assert made["LineItems"][0]["AccountCode"] == "610"
    with pytest.raises(RuntimeError, match="exactly one line"):
        xero.overpayment(contact, 5, LineItems=[line, line])


def test_a_prepayment_lies_on_its_account_until_it_is_applied(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    contact = xero.contact()
    line = {"Description": "Retainer", "Quantity": 1, "UnitAmount": 300, "AccountCode": "830"}
    made = xero.overpayment(contact, 300, Type="RECEIVE-PREPAYMENT", LineItems=[line])
    assert twin.trial_balance(xero.tenant) == {"090": 300, "830": -300}
    invoice = xero.invoice(contact)["InvoiceID"]
    told = {"Amount": 115, "Invoice": {"InvoiceID": invoice}}
    xero.done("PUT", f"Prepayments/{made['PrepaymentID']}/Allocations", {"Allocations": [told]})
    assert xero.read("Invoices", invoice)["Prepayments"][0]["AppliedAmount"] == 115
    listed = xero.get("Prepayments", references="INV-0001")["Prepayments"]
    assert [one["InvoiceNumber"] for one in listed] == ["INV-0001"]
    assert twin.trial_balance(xero.tenant) == {"090": 300, "200": -100, "820": -15, "830": -185}


def test_a_credit_note_is_paid_out(twin: XeroTwin, xero: XeroCaller) -> None:
    note = xero.credit_note(xero.contact(), 100)["CreditNoteID"]
    body = payment("", 115, CreditNote={"CreditNoteID": note})
    body.pop("Invoice")
    made = xero.done("PUT", "Payments", {"Payments": [body]})["Payments"][0]
    assert made["PaymentType"] == "ARCREDITPAYMENT"
    assert twin.trial_balance(xero.tenant) == {"090": -115, "200": 100, "820": 15}


# --- currencies ---------------------------------------------------------------------------------------------
def test_realised_gains_and_a_receivable_that_ends_at_nil(twin: XeroTwin, xero: XeroCaller) -> None:
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    contact = xero.contact()
    made = xero.invoice(contact, 100, CurrencyCode="EUR", CurrencyRate=0.6)["InvoiceID"]
    for amount in (33.33, 33.33, 48.34):
        xero.pay(made, amount, CurrencyRate=0.5)
    balance = twin.trial_balance(xero.tenant)
    assert "610" not in balance
    assert balance["090"] == 230
    assert balance["499"] == round(191.67 - 230, 2)
    assert round(sum(balance.values()), 2) == 0


@pytest.mark.parametrize(("switch", "rate"), [("day", 0.560976), ("document", 0.6)])
def test_a_payment_without_a_rate(
    twin: XeroTwin, xero: XeroCaller, switch: str, rate: float
) -> None:
    twin.set_up(xero.tenant, payment_rate_omitted=switch)
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    made = xero.invoice(xero.contact(), CurrencyCode="EUR", CurrencyRate=0.6)["InvoiceID"]
    paid = xero.pay(made, 60)
    assert (paid["CurrencyRate"], paid["BankAmount"]) == (rate, round(60 / rate, 2))


def test_what_the_bank_got_makes_the_rate(twin: XeroTwin, xero: XeroCaller) -> None:
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    made = xero.invoice(xero.contact(), CurrencyCode="EUR", CurrencyRate=0.6)["InvoiceID"]
    paid = xero.pay(made, 60, BankAmount=120)
    assert (paid["CurrencyRate"], paid["BankAmount"]) == (0.5, 120)
    assert twin.trial_balance(xero.tenant)["090"] == 120


# --- the bank ------------------------------------------------------------------------------------------------
def receive(contact: str, *lines: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "RECEIVE",
        "Contact": {"ContactID": contact},
        "BankAccount": {"Code": "090"},
        "Date": "2026-03-25",
        "LineItems": list(lines),
        **more,
    }


def line(amount: Any, account: str, **more: Any) -> dict[str, Any]:
    return {
        "Description": "d",
        "Quantity": 1,
        "UnitAmount": amount,
        "AccountCode": account,
        "TaxType": "NONE",
        **more,
    }


def test_a_deposit_from_clearing_with_its_fee(
    twin: XeroTwin, xero: XeroCaller, invoice: Any
) -> None:
    xero.pay(invoice["InvoiceID"], 115, account="615")
    contact = xero.contact("Processor")
    body = receive(contact, line(115, "615"), line(-3.5, "404"), Reference="PAYOUT-1")
    made = xero.put("BankTransactions", body)
    assert (made["Total"], made["LineAmountTypes"], made["Reference"]) == (
        111.5,
        "Inclusive",
        "PAYOUT-1",
    )
    balance = twin.trial_balance(xero.tenant)
    assert balance == {"090": 111.5, "200": -100, "404": 3.5, "820": -15}
    told = {"BankTransactionID": made["BankTransactionID"], "Status": "DELETED"}
    assert xero.post("BankTransactions", told)["StatusAttributeString"] == "OK"
    assert twin.trial_balance(xero.tenant)["615"] == 115
    listed = xero.get("BankTransactions", page="1")["BankTransactions"][0]
    assert (listed["Status"], listed["IsReconciled"]) == ("DELETED", False)


def test_a_matched_bank_transaction_answers_deleted_and_stays(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    made = xero.put("BankTransactions", receive(xero.contact(), line(10, "615")))
    identity = made["BankTransactionID"]
    twin.act(xero.tenant, "reconcile", kind="BankTransactions", id=identity)
    told = xero.post("BankTransactions", {"BankTransactionID": identity, "Status": "DELETED"})
    assert (told["Status"], told["StatusAttributeString"]) == ("DELETED", "ERROR")
    assert xero.read("BankTransactions", identity)["Status"] == "AUTHORISED"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"BankAccount": {"Code": "615"}}, "type BANK"),
        ({"LineItems": []}, "line items"),
        ({"LineItems": [line(0, "615")]}, "must not be zero"),
        ({"LineItems": [line(5, "615", Quantity=-1)]}, "Quantity"),
        ({"LineItems": [line(-5, "615")]}, "positive"),
        ({"LineItems": [line(23, "200", TaxType="OUTPUT2", TaxAmount=2)]}, "tax amount"),
        ({"Contact": None}, "Contact"),
    ],
)
def test_bank_transactions_that_cannot_be(xero: XeroCaller, change: Any, words: str) -> None:
    body = {**receive(xero.contact(), line(10, "615")), **change}
    refused = xero.refusal("PUT", "BankTransactions", {"BankTransactions": [body]})
    assert words in refused


def test_a_transfer_moves_money_and_shows_on_both_sides(twin: XeroTwin, xero: XeroCaller) -> None:
    body = {
        "FromBankAccount": {"Code": "090"},
        "ToBankAccount": {"Code": "091"},
        "Amount": 50,
        "Date": "2026-03-25",
    }
    made = xero.put("BankTransfers", body)
    assert made["FromBankTransactionID"] != made["ToBankTransactionID"]
    assert twin.trial_balance(xero.tenant) == {"090": -50, "091": 50}
    types = {one["Type"] for one in xero.get("BankTransactions", page="1")["BankTransactions"]}
    assert types == {"SPEND-TRANSFER", "RECEIVE-TRANSFER"}
