"""Files of customers, items and tax rates are known by their headings, and never taken for documents."""

import pytest

from apps.connectors.layouts import Holds
from apps.connectors.profiles import RecordProfile, Subject
from apps.exchange.exports.layouts import layouts
from apps.exchange.imports.records.reading import RecordReader
from apps.exchange.imports.shapes import shape_of
from apps.exchange.profiles import ALL_PROFILES, RECORD_PROFILES
from apps.exchange.profiles.fitting import fitting
from tests.exchange.imports.layouts import HEADINGS as DOCUMENTS

MASTERS = (Subject.CUSTOMERS, Subject.ITEMS, Subject.TAX_RATES)
# As the vendors publish them.
HEADINGS = {
    "qbo-customers": [
        "Name,Company,Email,Phone,Mobile,Fax,Website,Street,City,State,ZIP,Country",
        (
            "Name,Company,Email,Phone,Mobile,Fax,Website,Street,City,State,ZIP,Country,Opening Balance,"
            "Date,Resale Number,Currency"
        ),
    ],
    "qbo-items": [
        (
            "Product/Service Name,Sales Description,SKU,Type,Sales Price / Rate,Taxable,Income Account,"
            "Purchase Description,Purchase Cost,Expense Account,Quantity On Hand,Reorder Point,"
            "Inventory Asset Account,Quantity as-of Date"
        )
    ],
    "xero-contacts": [
        (
            "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAttentionTo,POAddressLine1,"
            "POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,POPostalCode,POCountry,"
            "SAAttentionTo,SAAddressLine1,SAAddressLine2,SAAddressLine3,SAAddressLine4,SACity,SARegion,"
            "SAPostalCode,SACountry,PhoneNumber,FaxNumber,MobileNumber,DDINumber,SkypeName,"
            "BankAccountName,BankAccountNumber,BankAccountParticulars,TaxNumber,"
            "AccountsReceivableTaxCodeName,AccountsPayableTaxCodeName,Website,LegalName,Discount,"
            "CompanyNumber,DueDateBillDay,DueDateBillTerm,DueDateSalesDay,DueDateSalesTerm,"
            "SalesAccount,PurchasesAccount,TrackingName1,SalesTrackingOption1,"
            "PurchasesTrackingOption1,TrackingName2,SalesTrackingOption2,PurchasesTrackingOption2,"
            "BrandingTheme,DefaultTaxBills,DefaultTaxSales,Person1FirstName,Person1LastName,"
            "Person1Email,Person1IncludeInEmail"
        )
    ],
    "xero-items": [
        (
            "*ItemCode,ItemName,Quantity,PurchasesDescription,PurchasesUnitPrice,PurchasesAccount,"
            "PurchasesTaxRate,SalesDescription,SalesUnitPrice,SalesAccount,SalesTaxRate,"
            "InventoryAssetAccount,CostOfGoodsSoldAccount"
        )
    ],
    "freshbooks-clients": [
        (
            "Organization,First Name,Last Name,Email,Phone,Street,City,Province/State,Country,"
            "Postal Code,Notes"
        ),
        (
            "First Name,Last Name,Company Name,Email Address,Phone Number,Address Line 1,"
            "Address Line 2,City,State,Zip Code,Country"
        ),
    ],
    "sage-contacts": [
        (
            "Reference,Company Name,Currency,Credit Limit,Main Address Type,Main Address Line 1,"
            "Main Address Line 2,Main Address Town,Main Address County,Main Address Post Code,"
            "Main Address Country,Main Contact Name,Main Contact Phone,Main Contact Type,"
            "Main Contact Mobile,Main Contact Email,Main Contact Fax,Address 2 Type,Address 2 Line 1,"
            "Address 2 Line 2,Address 2 Town,Address 2 County,Address 2 Post Code,Address 2 Country,"
            "VAT Number,Ledger Account"
        )
    ],
    "wave-customers": [
        (
            "customer_name,email,contact_first_name,contact_last_name,customer_currency,account_number,"
            "phone,fax,mobile,toll_free,website,country,province/state,address_line_1,address_line_2,"
            "city,postal_code/zip_code,shipping_address,ship-to_contact,ship-to_country,"
            "ship-to_province/state,ship-to_address_line_1,ship-to_address_line_2,ship-to_city,"
            "ship-to_postal_code/zip_code,ship-to_phone,delivery_instructions"
        )
    ],
    "zoho-contacts": [
        (
            "Created Time,Last Modified Time,Display Name,Company Name,Salutation,First Name,Last Name,"
            "Phone,Currency Code,Notes,Website,Status,Credit Limit,Customer Sub Type,Billing Attention,"
            "Billing Address,Billing Street2,Billing City,Billing State,Billing Country,Billing Code,"
            "Billing Phone,Billing Fax,Shipping Address,Payment Terms,Payment Terms Label,EmailID,"
            "MobilePhone,Customer ID,Customer Name,Contact Type"
        )
    ],
    "zoho-items": [
        (
            "Item ID,Item Name,SKU,HSN/SAC,Description,Rate,Account,Account Code,Taxable,"
            "Exemption Reason,Product Type,Status,Usage unit,Purchase Rate,Purchase Account,"
            "Purchase Description,Inventory Account,Reorder Point,Vendor,Opening Stock,"
            "Opening Stock Value,Stock On Hand,Item Type"
        )
    ],
    "native-customers": ["Code,Name,Email,Currency"],
    "native-items": ["Code,Name,Unit price"],
    "native-tax-rates": ["Code,Name,Percent"],
}
# Nothing in a file tells that it is of this product: chosen by hand.
NOT_PROPOSED = {"freshbooks-items"}
OF_MASTERS = {code: each for code, each in RECORD_PROFILES.items() if each.subject in MASTERS}
WRITTEN = [(code, line.split(",")) for code, lines in HEADINGS.items() for line in lines]
# What we write for a product comes back by the profile of the same code.
EXPORTED = [
    (each.code, [column.heading for column in each.columns])
    for each in layouts().values()
    if each.holds in (Holds.CUSTOMERS, Holds.ITEMS, Holds.TAX_RATES)
]


@pytest.mark.parametrize(("code", "headings"), WRITTEN + EXPORTED)
def test_the_headings_of_masters_propose_their_profile(code: str, headings: list[str]) -> None:
    found = fitting(headings, ALL_PROFILES.values())
    assert found is not None
    assert found.code == code
    assert isinstance(found, RecordProfile)
    RecordReader(found, headings)


@pytest.mark.parametrize(
    ("code", "line"), [(code, line) for code, lines in DOCUMENTS.items() for line in lines]
)
def test_documents_are_still_proposed_as_documents(code: str, line: str) -> None:
    found = fitting(line.split(","), ALL_PROFILES.values())
    assert found is not None
    assert found.code == code


def test_every_profile_of_masters_is_looked_at() -> None:
    assert {code for code, _ in WRITTEN + EXPORTED} | NOT_PROPOSED == {*OF_MASTERS}


@pytest.mark.parametrize("headings", [["Name", "E-mail"], ["Name"], ["Code", "Name"], ["Date"]])
def test_too_few_headings_propose_none(headings: list[str]) -> None:
    assert fitting(headings, ALL_PROFILES.values()) is None


@pytest.mark.parametrize("profile", OF_MASTERS.values(), ids=lambda each: each.code)
def test_a_profile_of_masters_holds_together(profile: RecordProfile) -> None:
    shape = shape_of(profile)
    told = {*profile.columns, *profile.constants}
    assert told <= {*shape.fields}
    assert {*profile.required, *profile.known_by, *profile.left_out} <= told
    assert {*profile.blank_tells, *profile.further} <= told
    assert {*profile.further} <= {*shape.joined_by}
    for reasons in profile.left_out.values():
        assert all(each == each.casefold() for each in reasons)
