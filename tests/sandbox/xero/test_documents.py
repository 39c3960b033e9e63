"""Invoices and credit notes: sums, numbers, statuses, what may change, and what the ledger says."""

from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin, sale

LINE = {
    "Description": "Hours",
    "Quantity": 1,
    "UnitAmount": 100,
    "AccountCode": "200",
    "TaxType": "OUTPUT2",
}
NOT_VALID = "Invoice not of valid status for modification"


def lines(*amounts: Any, **more: Any) -> list[dict[str, Any]]:
    return [{**LINE, "UnitAmount": one, **more} for one in amounts]


# --- sums ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("amounts", "sub", "tax", "total"),
    [
        ("Exclusive", 76.30, 11.44, 87.74),
        ("Inclusive", 66.35, 9.95, 76.30),
        ("NoTax", 76.3, 0, 76.3),
    ],
)
def test_tax_is_rounded_per_line(
    twin: XeroTwin, xero: XeroCaller, amounts: str, sub: float, tax: float, total: float
) -> None:
    """25.06, 25.61 and 25.63 at 15 % are 3.76, 3.84 and 3.84: Xero's own example."""
    made = xero.invoice(
        xero.contact(), LineAmountTypes=amounts, LineItems=lines(25.06, 25.61, 25.63)
    )
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (sub, tax, total)
    assert twin.trial_balance(xero.tenant).get("820", 0) == -tax
    assert twin.trial_balance(xero.tenant)["610"] == total


@pytest.mark.parametrize(("switch", "net"), [("up", 17.96), ("cut", 17.95), ("even", 17.96)])
def test_half_a_cent_of_a_discounted_line(
    twin: XeroTwin, xero: XeroCaller, switch: str, net: float
) -> None:
    twin.set_up(xero.tenant, half_rounding=switch)
    made = xero.invoice(xero.contact(), LineItems=lines(19.95, DiscountRate=10))
    assert made["LineItems"][0]["LineAmount"] == net
    assert made["TotalDiscount"] == round(19.95 - net, 2)
    assert made["IsDiscounted"]


def test_amounts_of_discount_and_a_hundred_per_cent(xero: XeroCaller) -> None:
    contact = xero.contact()
    made = xero.invoice(contact, LineItems=lines(100, DiscountAmount=12.5))
    assert made["SubTotal"] == 87.5
    free = xero.invoice(contact, LineItems=lines(100, DiscountRate=100, LineAmount="0.00"))
    assert (free["Total"], free["Status"]) == (0, "PAID")
    for line in (lines(-5, DiscountAmount=0), lines(5, DiscountAmount=5.01)):
        body = sale(contact, LineItems=line)
        assert "DiscountAmount" in xero.refusal("PUT", "Invoices", {"Invoices": [body]})


@pytest.mark.parametrize("switch", ["reshape", "refuse"])
def test_a_line_amount_that_is_gross(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    """Seen: it was taken, as one piece without tax, and nobody was told."""
    twin.set_up(xero.tenant, line_amount_mismatch=switch)
    body = sale(xero.contact(), LineItems=lines(100, Quantity=2, LineAmount=230))
    if switch == "refuse":
        assert "line total" in xero.refusal("PUT", "Invoices", {"Invoices": [body]})
        return
    made = xero.put("Invoices", body)
    line = made["LineItems"][0]
    assert (line["Quantity"], line["UnitAmount"], line["TaxType"]) == (1, 230, "NONE")
    assert made["Total"] == 230


def test_tax_may_be_overridden(twin: XeroTwin, xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), LineItems=lines(100, TaxAmount=14.99))
    assert (made["TotalTax"], made["Total"]) == (14.99, 114.99)
    assert twin.trial_balance(xero.tenant) == {"200": -100, "610": 114.99, "820": -14.99}


def test_an_item_brings_what_the_line_does_not_say(xero: XeroCaller) -> None:
    details = {"UnitPrice": 40, "AccountCode": "260", "TaxType": "OUTPUT2"}
    xero.put(
        "Items", {"Code": "HR", "Name": "Hours", "Description": "Work", "SalesDetails": details}
    )
    made = xero.invoice(xero.contact(), LineItems=[{"ItemCode": "HR", "Quantity": 2}])
    line = made["LineItems"][0]
    assert (line["Description"], line["AccountCode"], line["LineAmount"]) == ("Work", "260", 80)
    assert line["Item"]["Name"] == "Hours"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"AccountCode": "999"}, "not a valid code"),
        ({"TaxType": "INPUT2"}, "does not exist or cannot be used"),
        ({"TaxType": "OUTPUT9"}, "does not exist or cannot be used"),
        ({"ItemCode": "none"}, "is not valid"),
        ({"Description": ""}, "Description is required"),
        ({"AccountCode": ""}, "Account code must be specified"),
    ],
)
def test_lines_that_cannot_be(xero: XeroCaller, line: Any, words: str) -> None:
    body = sale(xero.contact(), LineItems=[{**LINE, **line}])
    assert words in xero.refusal("PUT", "Invoices", {"Invoices": [body]})


# --- numbers and statuses -----------------------------------------------------------------------------
def test_sales_numbers_are_unique_voided_ones_too(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    first = xero.invoice(contact, InvoiceNumber="X-1")
    xero.post("Invoices", {"InvoiceID": first["InvoiceID"], "Status": "VOIDED"})
    body = sale(contact, InvoiceNumber="x-1")
    assert xero.refusal("PUT", "Invoices", {"Invoices": [body]}) == "Invoice # must be unique."
    bill = sale(contact, Type="ACCPAY", InvoiceNumber="X-1", LineItems=lines(5, TaxType="INPUT2"))
    for _ in range(2):
        assert xero.put("Invoices", bill)["InvoiceNumber"] == "X-1"
    assert xero.invoice(contact)["InvoiceNumber"] == "INV-0001"


def test_post_with_a_number_that_is_there_overwrites_that_document(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    """Another person's invoice is gone, and nobody is told: create with PUT."""
    contact = xero.contact()
    theirs = xero.invoice(contact, 500, InvoiceNumber="INV-7")
    made = xero.post("Invoices", sale(contact, 1, InvoiceNumber="INV-7"))
    assert made["InvoiceID"] == theirs["InvoiceID"]
    assert xero.read("Invoices", theirs["InvoiceID"])["SubTotal"] == 1
    assert twin.trial_balance(xero.tenant)["610"] == 1.15


@pytest.mark.parametrize("switch", ["by_number", "id_only"])
def test_post_with_a_credit_notes_number(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    twin.set_up(xero.tenant, credit_note_upsert=switch)
    contact = xero.contact()
    made = xero.credit_note(contact, 40, CreditNoteNumber="C-1", Status="DRAFT")
    body = {**sale(contact, 1, Type="ACCRECCREDIT", Status="DRAFT"), "CreditNoteNumber": "C-1"}
    told = xero.post("CreditNotes", body)
    assert told["HasErrors"] is (switch == "id_only")
    read = xero.read("CreditNotes", made["CreditNoteID"])
    assert read["SubTotal"] == (40 if switch == "id_only" else 1)


@pytest.mark.parametrize(("switch", "currency"), [("base", "NZD"), ("contact", "EUR")])
def test_a_document_without_a_currency(
    twin: XeroTwin, xero: XeroCaller, switch: str, currency: str
) -> None:
    twin.set_up(xero.tenant, currency_omitted=switch)
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    contact = xero.contact(DefaultCurrency="EUR")
    assert xero.invoice(contact)["CurrencyCode"] == currency


@pytest.mark.parametrize(("switch", "status"), [("paid", "PAID"), ("authorised", "AUTHORISED")])
def test_an_invoice_of_nil(twin: XeroTwin, xero: XeroCaller, switch: str, status: str) -> None:
    twin.set_up(xero.tenant, nil_invoice=switch)
    made = xero.invoice(xero.contact(), LineItems=lines(0))
    assert (made["Total"], made["Status"]) == (0, status)


MOVES = [
    ("DRAFT", "SUBMITTED", True),
    ("DRAFT", "AUTHORISED", True),
    ("DRAFT", "DELETED", True),
    ("DRAFT", "VOIDED", False),
    ("SUBMITTED", "DRAFT", True),
    ("SUBMITTED", "AUTHORISED", True),
    ("SUBMITTED", "DELETED", True),
    ("AUTHORISED", "VOIDED", True),
    ("AUTHORISED", "DRAFT", False),
    ("AUTHORISED", "DELETED", False),
]


@pytest.mark.variants(keep=6)
@pytest.mark.parametrize(("before", "after", "allowed"), MOVES)
@pytest.mark.parametrize("kind", ["Invoices", "CreditNotes"])
def test_where_a_document_may_go(
    twin: XeroTwin, xero: XeroCaller, kind: str, before: str, after: str, allowed: bool
) -> None:
    contact = xero.contact()
    make = xero.invoice if kind == "Invoices" else xero.credit_note
    name = "InvoiceID" if kind == "Invoices" else "CreditNoteID"
    made = make(contact, Status=before)
    told = xero.post(kind, {name: made[name], "Status": after})
    # What was asked is answered in any case.
    assert told["Status"] == after
    assert told["HasErrors"] is not allowed
    assert xero.read(kind, made[name])["Status"] == (after if allowed else before)
    if not allowed:
        assert told["ValidationErrors"] == [{"Message": NOT_VALID}]


def test_submitted_to_draft_is_a_switch(twin: XeroTwin, xero: XeroCaller) -> None:
    twin.set_up(xero.tenant, submitted_to_draft="refuse")
    made = xero.invoice(xero.contact(), Status="SUBMITTED")
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DRAFT"})
    assert told["HasErrors"]


def test_what_is_voided_or_deleted_is_over(xero: XeroCaller) -> None:
    contact = xero.contact()
    for status, end in (("AUTHORISED", "VOIDED"), ("DRAFT", "DELETED")):
        made = xero.invoice(contact, Status=status)
        xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": end})
        again = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "r"})
        assert again["ValidationErrors"] == [{"Message": NOT_VALID}]
        by_number = sale(contact, InvoiceNumber=made["InvoiceNumber"])
        assert xero.post("Invoices", by_number)["ValidationErrors"] == [{"Message": NOT_VALID}]


def test_a_voided_invoice_keeps_its_figures_and_leaves_the_ledger(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    made = xero.invoice(xero.contact())
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})
    assert (told["Status"], told["AmountDue"], told["Total"]) == ("VOIDED", 115, 115)
    assert twin.trial_balance(xero.tenant) == {}


def test_a_draft_may_be_thin_and_posts_nothing(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    body = {"Type": "ACCREC", "Contact": {"ContactID": contact}}
    draft = xero.put("Invoices", body)
    assert (draft["Status"], draft["LineItems"]) == ("DRAFT", [])
    assert "DueDate" not in draft
    assert twin.trial_balance(xero.tenant) == {}
    thin = {"Invoices": [{**sale(contact), "DueDate": ""}]}
    assert "Due Date" in xero.refusal("PUT", "Invoices", thin)


@pytest.mark.parametrize("name", ["period_lock_date", "end_of_year_lock_date"])
def test_lock_dates_refuse_and_change_nothing(twin: XeroTwin, xero: XeroCaller, name: str) -> None:
    contact = xero.contact()
    made = xero.invoice(contact)
    twin.set_up(xero.tenant, **{name: "2026-03-31"})
    body = {"Invoices": [sale(contact)]}
    assert "lock date" in xero.refusal("PUT", "Invoices", body)
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "new"})
    assert (told["HasErrors"], "lock date" in told["ValidationErrors"][0]["Message"]) == (
        True,
        True,
    )
    assert xero.read("Invoices", made["InvoiceID"])["Reference"] == ""
    payment = {
        "Invoice": {"InvoiceID": made["InvoiceID"]},
        "Account": {"Code": "090"},
        "Amount": 5,
        "Date": "2026-03-31",
    }
    assert "lock date" in xero.refusal("PUT", "Payments", {"Payments": [payment]})


# --- changes --------------------------------------------------------------------------------------------
def test_sent_lines_replace_the_whole_list(xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), LineItems=lines(10, 20, 30))
    first, second, _ = (one["LineItemID"] for one in made["LineItems"])
    changed = xero.post(
        "Invoices",
        {
            "InvoiceID": made["InvoiceID"],
            "LineItems": [{"LineItemID": second, "Quantity": 3}, {**LINE, "UnitAmount": 7}],
        },
    )
    assert [one["LineAmount"] for one in changed["LineItems"]] == [60, 7]
    assert changed["LineItems"][0]["LineItemID"] == second
    assert first not in [one["LineItemID"] for one in changed["LineItems"]]
    assert changed["LineItems"][0]["AccountCode"] == "200"


@pytest.mark.parametrize("switch", ["keep", "recreate"])
def test_an_update_without_lines(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    twin.set_up(xero.tenant, update_without_lines=switch)
    made = xero.invoice(xero.contact(), LineItems=lines(0.1648, Quantity=7000))
    told = {"InvoiceID": made["InvoiceID"], "Reference": "r"}
    changed = xero.post("Invoices", told, unitdp="2")
    same = changed["LineItems"][0]["LineItemID"] == made["LineItems"][0]["LineItemID"]
    assert same is (switch == "keep")
    assert changed["SubTotal"] == (1153.6 if switch == "keep" else 1120)


def test_with_money_on_it_texts_are_taken_and_amounts_dropped_without_a_word(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    contact = xero.contact()
    made = xero.invoice(contact)
    xero.pay(made["InvoiceID"], 115)
    line = made["LineItems"][0]["LineItemID"]
    told = {
        "InvoiceID": made["InvoiceID"],
        "Reference": "PO 9",
        "DueDate": "2026-05-01",
        "LineItems": [
            {"LineItemID": line, "Description": "Days", "AccountCode": "260", "UnitAmount": 999}
        ],
    }
    answer = xero.post("Invoices", told)
    assert (answer["HasErrors"], answer["Total"]) == (False, 115)
    read = xero.read("Invoices", made["InvoiceID"])
    shown = read["LineItems"][0]
    assert (read["Reference"], read["DueDateString"]) == ("PO 9", "2026-05-01T00:00:00")
    assert (shown["Description"], shown["AccountCode"], shown["UnitAmount"]) == ("Days", "260", 100)
    assert (read["Status"], read["AmountPaid"]) == ("PAID", 115)
    assert twin.trial_balance(xero.tenant) == {"090": 115, "260": -100, "820": -15}
    added = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": [LINE]})
    assert "LineItemID" in added["ValidationErrors"][0]["Message"]


@pytest.mark.parametrize("switch", ["as_paid", "refuse"])
def test_a_part_paid_one_is_edited_as_a_paid_one_or_not_at_all(
    twin: XeroTwin, xero: XeroCaller, switch: str
) -> None:
    twin.set_up(xero.tenant, part_paid_edits=switch)
    made = xero.invoice(xero.contact())
    xero.pay(made["InvoiceID"], 15)
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "r"})
    assert told["HasErrors"] is (switch == "refuse")
    void = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})
    assert "payment or credit note allocated" in void["ValidationErrors"][0]["Message"]
    assert xero.read("Invoices", made["InvoiceID"])["Status"] == "AUTHORISED"


def test_a_due_date_on_a_part_paid_one_does_not_move_its_time(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    made = xero.invoice(xero.contact())["InvoiceID"]
    xero.pay(made, 15)
    before = xero.read("Invoices", made)["UpdatedDateUTC"]
    xero.post("Invoices", {"InvoiceID": made, "DueDate": "2026-06-01"})
    read = xero.read("Invoices", made)
    assert (read["UpdatedDateUTC"], read["DueDateString"]) == (before, "2026-06-01T00:00:00")
    xero.post("Invoices", {"InvoiceID": made, "Reference": "r"})
    assert xero.read("Invoices", made)["UpdatedDateUTC"] != before


def test_marking_as_sent_alters_discounts(twin: XeroTwin, xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), LineItems=lines(333.33, DiscountAmount=33.38))
    assert made["SubTotal"] == 299.95
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "SentToContact": True})
    assert told["SubTotal"] != 299.95
    twin.set_up(xero.tenant, sent_alters_discounts="keep")
    other = xero.invoice(xero.contact("B"), LineItems=lines(333.33, DiscountAmount=33.38))
    told = xero.post("Invoices", {"InvoiceID": other["InvoiceID"], "SentToContact": True})
    assert told["SubTotal"] == 299.95


def test_the_account_of_a_line_of_nil_is_dropped(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    made = xero.invoice(contact, LineItems=lines(0, 10))
    assert "AccountCode" not in made["LineItems"][0]
    twin.set_up(xero.tenant, nil_line_account="keep")
    made = xero.invoice(contact, LineItems=lines(0, 10))
    assert made["LineItems"][0]["AccountCode"] == "200"


def test_a_line_of_words_only(xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), LineItems=[*lines(10), {"Description": "Thank you"}])
    assert set(made["LineItems"][1]) == {
        "Description",
        "Tracking",
        "LineItemID",
        "ValidationErrors",
    }


def test_deleted_drafts_in_lists_are_a_switch(twin: XeroTwin, xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), Status="DRAFT")
    xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DELETED"})
    assert len(xero.get("Invoices", page="1")["Invoices"]) == 1
    twin.set_up(xero.tenant, deleted_in_lists="hide")
    assert xero.get("Invoices", page="1")["Invoices"] == []


# --- currencies --------------------------------------------------------------------------------------------
def test_a_rate_is_foreign_units_per_unit_of_the_base_currency(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    contact = xero.contact()
    made = xero.invoice(contact, CurrencyCode="EUR", CurrencyRate=0.5)
    assert (made["CurrencyRate"], made["Total"]) == (0.5, 115)
    assert twin.trial_balance(xero.tenant) == {"200": -200, "610": 230, "820": -30}
    usual = xero.invoice(contact, CurrencyCode="EUR")
    assert usual["CurrencyRate"] == 0.560976
    unknown = {"Invoices": [sale(contact, CurrencyCode="USD")]}
    assert xero.refusal("PUT", "Invoices", unknown) == "Requested value 'USD' was not found."


@pytest.mark.parametrize("switch", ["reset", "keep"])
def test_lines_without_a_rate_reset_it(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    twin.set_up(xero.tenant, rate_on_update=switch)
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    made = xero.invoice(xero.contact(), CurrencyCode="EUR", CurrencyRate=0.5)
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": lines(100)})
    assert told["CurrencyRate"] == (0.560976 if switch == "reset" else 0.5)
    with_rate = {"InvoiceID": made["InvoiceID"], "LineItems": lines(90), "CurrencyRate": 0.5}
    assert xero.post("Invoices", with_rate)["CurrencyRate"] == 0.5
    balance = twin.trial_balance(xero.tenant)
    assert round(sum(balance.values()), 2) == 0
    assert balance["610"] == 207


@pytest.mark.parametrize("switch", ["rounding_account", "largest_line"])
def test_cents_of_the_base_currency_have_a_place(
    twin: XeroTwin, xero: XeroCaller, switch: str
) -> None:
    twin.set_up(xero.tenant, base_rounding=switch)
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    three = [*lines(10.01, TaxType="NONE"), {**LINE, "UnitAmount": 10.01, "AccountCode": "260"}]
    three[1]["TaxType"] = "NONE"
    xero.invoice(xero.contact(), CurrencyCode="EUR", CurrencyRate=3, LineItems=three)
    balance = twin.trial_balance(xero.tenant)
    assert balance["610"] == 6.67
    assert balance.get("860", 0) == (0.01 if switch == "rounding_account" else 0)
    assert round(sum(balance.values()), 2) == 0


# --- bills and credit notes ----------------------------------------------------------------------------------
def test_lists_mix_bills_and_invoices(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    xero.invoice(contact)
    xero.put(
        "Invoices",
        sale(contact, Type="ACCPAY", LineItems=lines(50, AccountCode="429", TaxType="INPUT2")),
    )
    found = xero.get("Invoices", page="1")["Invoices"]
    assert [one["Type"] for one in found] == ["ACCREC", "ACCPAY"]
    assert "SentToContact" not in found[1]
    assert twin.trial_balance(xero.tenant) == {
        "200": -100,
        "429": 50,
        "610": 115,
        "800": -57.5,
        "820": -7.5,
    }


def test_a_credit_note_is_allocated_and_taken_off(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    invoice = xero.invoice(contact, 100, Date="2026-03-09")
    note = xero.credit_note(contact, 40, Date="2026-03-02")
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    told = {"Amount": 46, "Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Date": "2020-01-01"}
    made = xero.done("PUT", path, {"Allocations": [told]})["Allocations"][0]
    # The later of both days, whatever was asked; the id of the allocation is not told.
    assert made["Date"] == "/Date(1773014400000+0000)/"
    assert "AllocationID" not in made
    read = xero.get("CreditNotes", page="1")["CreditNotes"][0]
    assert (read["Status"], read["RemainingCredit"]) == ("PAID", 0)
    allocation = read["Allocations"][0]
    assert allocation["Amount"] == 46
    paid = xero.read("Invoices", invoice["InvoiceID"])
    assert (paid["AmountDue"], paid["AmountCredited"], paid["AmountPaid"]) == (69, 46, 0)
    assert paid["CreditNotes"][0]["AppliedAmount"] == 46
    assert "Allocations" not in paid["CreditNotes"][0]
    gone = xero.done("DELETE", f"{path}/{allocation['AllocationID']}")
    assert gone["IsDeleted"] is True
    assert "Invoice" not in gone
    assert xero.read("CreditNotes", note["CreditNoteID"])["Status"] == "AUTHORISED"
    assert xero.read("Invoices", invoice["InvoiceID"])["AmountDue"] == 115


@pytest.mark.parametrize(
    ("amount", "words"),
    [(46.01, "remaining credit"), (0, "greater than zero"), (-1, "greater than zero")],
)
def test_allocations_that_cannot_be(xero: XeroCaller, amount: float, words: str) -> None:
    contact = xero.contact()
    invoice = xero.invoice(contact, 100)["InvoiceID"]
    note = xero.credit_note(contact, 40)["CreditNoteID"]
    told = {"Amount": amount, "Invoice": {"InvoiceID": invoice}}
    path = f"CreditNotes/{note}/Allocations"
    assert words in xero.refusal("PUT", path, {"Allocations": [told]})


def test_an_allocation_inline_is_not_looked_at(xero: XeroCaller) -> None:
    contact = xero.contact()
    invoice = xero.invoice(contact)["InvoiceID"]
    told = [{"Amount": 10, "Invoice": {"InvoiceID": invoice}}]
    note = xero.credit_note(contact, 40, Allocations=told)
    assert note["RemainingCredit"] == 46
    assert xero.read("Invoices", invoice)["AmountDue"] == 115


def test_an_approved_credit_note_keeps_its_lines(twin: XeroTwin, xero: XeroCaller) -> None:
    note = xero.credit_note(xero.contact(), 40)
    told = {"CreditNoteID": note["CreditNoteID"], "LineItems": lines(50), "Reference": "r"}
    assert xero.post("CreditNotes", told)["HasErrors"]
    twin.set_up(xero.tenant, authorised_credit_note_lines="drop")
    answer = xero.post("CreditNotes", told)
    assert (answer["HasErrors"], answer["SubTotal"], answer["Reference"]) == (False, 40, "r")


def test_credit_notes_have_no_discounts(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    body = {
        "CreditNotes": [sale(contact, Type="ACCRECCREDIT", LineItems=lines(10, DiscountRate=5))]
    }
    assert "Discounts" in xero.refusal("PUT", "CreditNotes", body)
    twin.set_up(xero.tenant, credit_note_discounts="ignore")
    assert xero.done("PUT", "CreditNotes", body)["CreditNotes"][0]["SubTotal"] == 10


def test_history_notes_stay(xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact())
    path = f"Invoices/{made['InvoiceID']}/History"
    told = xero.done("PUT", path, {"HistoryRecords": [{"Details": "by an app"}]})
    assert told["HistoryRecords"][0]["Details"] == "by an app"
    found = xero.get(path)["HistoryRecords"]
    assert [one["Changes"] for one in found] == ["Note", "Created"]
    long = {"HistoryRecords": [{"Details": "x" * 2501}]}
    assert "2500" in xero.refusal("PUT", path, long)
