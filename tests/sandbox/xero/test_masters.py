"""Contacts, items, accounts, tax rates, tracking, and what the organisation says of itself."""

from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin, sale

NO_GUID = "00000000-0000-0000-0000-000000000000"


# --- contacts --------------------------------------------------------------------------------------
def test_one_name_among_the_active_ones(twin: XeroTwin, xero: XeroCaller) -> None:
    held = xero.contact("Muster Ltd")
    answer = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "muster ltd"}]})
    element = answer.json()["Elements"][0]
    assert (answer.status_code, element["ContactID"]) == (400, NO_GUID)
    assert "must be unique across all active contacts" in element["ValidationErrors"][0]["Message"]
    xero.post("Contacts", {"ContactID": held, "ContactStatus": "ARCHIVED"})
    assert xero.contact("Muster Ltd") != held
    twin.set_up(xero.tenant, duplicate_contact_names="accept")
    assert xero.contact("Muster Ltd")


def test_an_archived_contact_refuses_everything(twin: XeroTwin, xero: XeroCaller) -> None:
    held = xero.contact("Gone Ltd")
    xero.invoice(held)
    told = xero.post("Contacts", {"ContactID": held, "ContactStatus": "ARCHIVED"})
    assert (told["ContactStatus"], told["StatusAttributeString"]) == ("ARCHIVED", "OK")
    for change in ({"EmailAddress": "a@b.example"}, {"ContactStatus": "ACTIVE"}):
        refused = xero.post("Contacts", {"ContactID": held, **change})
        assert refused["StatusAttributeString"] == "ERROR"
        assert "Archived contacts" in refused["ValidationErrors"][0]["Message"]
    body = {"Invoices": [sale(held)]}
    assert "archived contact" in xero.refusal("PUT", "Invoices", body)
    assert xero.get("Contacts")["Contacts"] == []
    assert len(xero.get("Contacts", includeArchived="true")["Contacts"]) == 1
    twin.act(xero.tenant, "restore_contact", id=held)
    assert len(xero.get("Contacts")["Contacts"]) == 1


def test_a_contact_is_read_by_its_number_slash_and_all(xero: XeroCaller) -> None:
    held = xero.contact("Same", ContactNumber="C/1 2")
    assert xero.read("Contacts", "C%2F1%202")["ContactID"] == held


@pytest.mark.parametrize("by", ["ContactID", "ContactNumber", "Name"])
def test_post_finds_by_id_number_or_name(xero: XeroCaller, by: str) -> None:
    held = xero.contact("Same", ContactNumber="C/1 2")
    told = {"ContactID": held, "ContactNumber": "C/1 2", "Name": "Same"}[by]
    changed = xero.post("Contacts", {by: told, "FirstName": "Ana"})
    assert (changed["ContactID"], changed["FirstName"]) == (held, "Ana")


def test_lists_that_are_sent_replace_and_others_stay(xero: XeroCaller) -> None:
    address = {"AddressType": "POBOX", "AddressLine1": "1 Road", "City": "Oakton"}
    phone = {"PhoneType": "DEFAULT", "PhoneNumber": "555"}
    held = xero.contact("A", Addresses=[address], Phones=[phone])
    read = xero.read("Contacts", held)
    assert [one["AddressType"] for one in read["Addresses"]] == ["STREET", "POBOX"]
    assert read["Addresses"][1]["AddressLine1"] == "1 Road"
    assert len(read["Phones"]) == 4
    changed = xero.post("Contacts", {"ContactID": held, "Addresses": [{**address, "City": "B"}]})
    assert changed["Addresses"][1]["City"] == "B"
    assert {one["PhoneNumber"] for one in changed["Phones"]} == {"555", ""}


def test_a_tax_number_that_is_masked(twin: XeroTwin) -> None:
    xero = twin.connect(twin.open(version="US", tax_numbers="masked"))
    held = xero.contact("A", TaxNumber="123456789")
    assert xero.read("Contacts", held)["TaxNumber"] == "*****6789"


def test_balances_and_roles_follow_the_invoices(xero: XeroCaller) -> None:
    held = xero.contact("A", IsCustomer=True)
    read = xero.read("Contacts", held)
    assert (read["IsCustomer"], "Balances" in read) == (False, False)
    xero.invoice(held)
    after = xero.read("Contacts", held)
    assert after["IsCustomer"]
    assert after["Balances"]["AccountsReceivable"] == {"Outstanding": 115, "Overdue": 115}
    assert after["UpdatedDateUTC"] == read["UpdatedDateUTC"]
    light = xero.get("Contacts", summaryOnly="true", page="1")["Contacts"][0]
    assert (light["Addresses"], "Balances" in light) == ([], False)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Name": "x" * 256}, "255"),
        ({"EmailAddress": "nobody"}, "Email address must be valid"),
        ({"EmailAddress": "jürgen@firma.example"}, "Email address must be valid"),
        ({"ContactNumber": "x" * 51}, "50"),
    ],
)
def test_contacts_that_cannot_be(xero: XeroCaller, fields: Any, words: str) -> None:
    body = {"Contacts": [{"Name": "A", **fields}]}
    assert words in xero.refusal("PUT", "Contacts", body)


def test_an_invoice_with_a_bad_contact_carries_its_error_inside(xero: XeroCaller) -> None:
    told = sale("", Contact={"Name": "New", "EmailAddress": "nobody"})
    answer = xero.call("PUT", "Invoices", {"Invoices": [told]})
    contact = answer.json()["Elements"][0]["Contact"]
    assert "Email" in contact["ValidationErrors"][0]["Message"]
    made = xero.put("Invoices", sale("", Contact={"Name": "New"}))
    again = xero.put("Invoices", sale("", Contact={"Name": "new"}))
    assert made["Contact"]["ContactID"] == again["Contact"]["ContactID"]


def test_a_merge_there_leaves_a_pointer(twin: XeroTwin, xero: XeroCaller) -> None:
    loser, winner = xero.contact("Old"), xero.contact("New")
    invoice = xero.invoice(loser)["InvoiceID"]
    twin.act(xero.tenant, "merge_contacts", id=loser, into=winner)
    gone = xero.read("Contacts", loser)
    assert (gone["ContactStatus"], gone["MergedToContactID"]) == ("ARCHIVED", winner)
    assert xero.read("Invoices", invoice)["Contact"]["ContactID"] == winner


# --- items, accounts, the rest -----------------------------------------------------------------------
def test_items_by_code(xero: XeroCaller) -> None:
    made = xero.put("Items", {"Code": "HR", "Name": "Hours", "SalesDetails": {"UnitPrice": 0.1648}})
    assert made["SalesDetails"]["UnitPrice"] == 0.1648
    assert (made["IsSold"], made["IsPurchased"]) == (True, False)
    assert made["UpdatedDateUTC"].endswith(")/")
    assert "+" not in made["UpdatedDateUTC"]
    body = {"Items": [{"Code": "hr"}]}
    assert "already exists" in xero.refusal("PUT", "Items", body)
    assert xero.post("Items", {"Code": "HR", "Name": "Days"})["ItemID"] == made["ItemID"]
    assert xero.get("Items/HR")["Items"][0]["Name"] == "Days"
    assert xero.call("DELETE", f"Items/{made['ItemID']}").status_code == 204
    assert xero.get("Items")["Items"] == []


def test_accounts_are_made_archived_and_deleted(xero: XeroCaller) -> None:
    listed = xero.get("Accounts", where='SystemAccount=="DEBTORS"')["Accounts"]
    assert [one["Code"] for one in listed] == ["610"]
    body = {"Code": "201", "Name": "Shop", "Type": "REVENUE"}
    made = xero.done("PUT", "Accounts", body)["Accounts"][0]
    assert (made["Class"], made["TaxType"]) == ("REVENUE", "OUTPUT2")
    assert "unique" in xero.refusal("PUT", "Accounts", {**body, "Code": "202"})
    path = f"Accounts/{made['AccountID']}"
    assert xero.done("POST", path, {"Status": "ARCHIVED"})["Accounts"][0]["Status"] == "ARCHIVED"
    refused = {"Invoices": [sale(xero.contact())]}
    refused["Invoices"][0]["LineItems"][0]["AccountCode"] = "201"
    assert "not a valid code" in xero.refusal("PUT", "Invoices", refused)
    assert xero.done("DELETE", path)["Accounts"][0]["Status"] == "DELETED"
    xero.invoice(xero.contact("B"))
    sales = xero.get("Accounts", where='Code=="200"')["Accounts"][0]["AccountID"]
    assert xero.call("DELETE", f"Accounts/{sales}").status_code == 400


def test_a_bank_account_may_have_no_code(xero: XeroCaller) -> None:
    made = xero.done("PUT", "Accounts", {"Name": "Till", "Type": "BANK"})["Accounts"][0]
    assert "Code" not in made
    invoice = xero.invoice(xero.contact())["InvoiceID"]
    paid = xero.pay(invoice, 5, Account={"AccountID": made["AccountID"]})
    assert paid["Account"] == {"AccountID": made["AccountID"]}


def test_tax_rates_with_components(xero: XeroCaller) -> None:
    rate = {
        "Name": "GST/QST",
        "ReportTaxType": "OUTPUT",
        "TaxComponents": [{"Name": "GST", "Rate": 5}, {"Name": "QST", "Rate": 9.975}],
    }
    made = xero.done("PUT", "TaxRates", {"TaxRates": [rate]})["TaxRates"][0]
    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX001", 14.975)
    line = sale("")["LineItems"][0] | {"TaxType": "TAX001"}
    assert xero.invoice(xero.contact(), LineItems=[line])["TotalTax"] == 14.98
    names = [one["TaxType"] for one in xero.get("TaxRates")["TaxRates"]]
    assert names[0] == "OUTPUT2"


def test_tracking_is_kept_on_lines(xero: XeroCaller) -> None:
    made = xero.done("PUT", "TrackingCategories", {"Name": "Region"})["TrackingCategories"][0]
    path = f"TrackingCategories/{made['TrackingCategoryID']}/Options"
    xero.done("PUT", path, {"Name": "North"})
    line = sale("")["LineItems"][0] | {"Tracking": [{"Name": "Region", "Option": "North"}]}
    invoice = xero.invoice(xero.contact(), LineItems=[line])
    assert invoice["LineItems"][0]["Tracking"][0]["Option"] == "North"
    told = {
        "InvoiceID": invoice["InvoiceID"],
        "LineItems": [{"LineItemID": invoice["LineItems"][0]["LineItemID"]}],
    }
    kept = xero.post("Invoices", told)
    assert kept["LineItems"][0]["Tracking"][0]["Name"] == "Region"
    assert xero.get("TrackingCategories")["TrackingCategories"][0]["Options"][0]["Name"] == "North"


def test_the_organisation_says_what_it_is_and_when_it_is_locked(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    about = xero.get("Organisation")["Organisations"][0]
    assert (about["BaseCurrency"], about["Version"], about["IsDemoCompany"]) == ("NZD", "NZ", True)
    assert "PeriodLockDate" not in about
    twin.set_up(xero.tenant, period_lock_date="2026-01-31", not_allowed=["CreateApprovedInvoice"])
    about = xero.get("Organisation")["Organisations"][0]
    assert about["PeriodLockDate"] == "/Date(1769817600000+0000)/"
    actions = {one["Name"]: one["Status"] for one in xero.get("Organisation/Actions")["Actions"]}
    assert actions["CreateApprovedInvoice"] == "NOT-ALLOWED"
    assert actions["CreateInvoicePayment"] == "ALLOWED"


@pytest.mark.parametrize(
    ("version", "currency", "tax"),
    [
        ("UK", "GBP", "OUTPUT2"),
        ("AU", "AUD", "OUTPUT"),
        ("US", "USD", "OUTPUT"),
        ("GLOBAL", "EUR", "OUTPUT"),
    ],
)
def test_each_version_has_its_currency_and_rates(
    twin: XeroTwin, version: str, currency: str, tax: str
) -> None:
    xero = twin.connect(twin.open(version=version))
    about = xero.get("Organisation")["Organisations"][0]
    assert about["BaseCurrency"] == currency
    line = sale("")["LineItems"][0] | {"TaxType": tax}
    assert xero.invoice(xero.contact(), LineItems=[line])["CurrencyCode"] == currency
    assert xero.get("Currencies")["Currencies"][0]["Code"] == currency
    assert xero.get("BrandingThemes")["BrandingThemes"][0]["SortOrder"] == 0
