"""Judges a file as the product that takes it in would: headings, formats, lengths, grouping, limits.

Written from what the vendors publish of their files, and from nothing of ours: it shares no list and
no length with the layouts, so that both cannot be wrong together.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

AMOUNT = re.compile(r"-?\d+(\.\d+)?")
ISO = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
SLASHED = re.compile(r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/\d{4}")
SLASHED_US = re.compile(r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/\d{4}")
DASHED = re.compile(r"(0[1-9]|[12]\d|3[01])-(0[1-9]|1[0-2])-\d{4}")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Rules:
    headings: str  # as published, in their order; "a, b, …" with `any_order` a set to choose from
    any_order: bool = False
    required: str = ""
    longest: dict[str, int] = field(default_factory=dict)
    amounts: str = ""
    dates: str = ""
    date: re.Pattern[str] = ISO
    number: str = ""  # the column that groups the rows of a document
    most_rows: int = 0  # with the headings
    most_documents: int = 0
    most_bytes: int = 0
    positive: str = ""
    only: dict[str, str] = field(default_factory=dict)


def listed(names: str) -> list[str]:
    return [each for each in names.split(",") if each]


def rows_of(data: bytes) -> tuple[list[str], list[Row]]:
    head, *body = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    return head, [dict(zip(head, row, strict=True)) for row in body]


def faults(layout: str, data: bytes, *, month_first: bool = False) -> list[str]:
    """Everything that the product would stumble over; empty where it takes the file."""
    rules = RULES[layout]
    if data.startswith(b"\xef\xbb\xbf"):
        return ["a byte order mark, which some importers take into the first heading"]
    if data.count(b"\r\n") < 1 or not data.endswith(b"\r\n"):
        return ["lines that do not end in CRLF"]
    head, rows = rows_of(data)
    if wrong := list(_headings(rules, head)):
        return wrong
    found = [
        *_limits(rules, data, rows),
        *(
            fault
            for place, row in enumerate(rows, 2)
            for fault in _row(rules, row, place, month_first)
        ),
        *_grouped(rules, rows),
    ]
    # What is no amount cannot be added up.
    return found or EXTRA.get(layout, lambda rows: [])(rows)


def _headings(rules: Rules, head: list[str]) -> Iterator[str]:
    published = listed(rules.headings)
    if any(not each.strip() for each in head):
        yield "an empty heading"
    if not rules.any_order and head != published:
        yield f"headings {head} instead of {published}"
    if rules.any_order:
        if unknown := [each for each in head if each not in published]:
            yield f"unknown headings {unknown}"
        if len(set(head)) != len(head):
            yield "a heading twice"
    if lacking := [each for each in listed(rules.required) if each not in head]:
        yield f"required headings lack: {lacking}"


def _limits(rules: Rules, data: bytes, rows: list[Row]) -> Iterator[str]:
    if not rows:
        yield "no rows"
    if rules.most_rows and len(rows) + 1 > rules.most_rows:
        yield f"{len(rows) + 1} rows"
    if rules.most_bytes and len(data) > rules.most_bytes:
        yield f"{len(data)} bytes"
    if rules.most_documents and len({row[rules.number] for row in rows}) > rules.most_documents:
        yield "too many documents"


def _row(rules: Rules, row: Row, place: int, month_first: bool) -> Iterator[str]:
    date = SLASHED_US if month_first else rules.date
    for name in listed(rules.required):
        if not row[name]:
            yield f"row {place}: {name} is empty"
    for name, most in rules.longest.items():
        if len(row.get(name, "")) > most:
            yield f"row {place}: {name} has {len(row[name])} characters"
    for name in listed(rules.amounts):
        if row.get(name) and not AMOUNT.fullmatch(row[name]):
            yield f"row {place}: {name} is no amount: {row[name]}"
    for name in listed(rules.positive):
        if row[name].startswith("-"):
            yield f"row {place}: {name} is below nil"
    for name in listed(rules.dates):
        if row[name] and not date.fullmatch(row[name]):
            yield f"row {place}: {name} is no date of this file: {row[name]}"
    for name, pattern in rules.only.items():
        if row[name] and not re.fullmatch(pattern, row[name]):
            yield f"row {place}: {name} may not be {row[name]!r}"
    typed = {*listed(rules.amounts), *listed(rules.dates)}
    for name, text in row.items():
        if name not in typed and text.lstrip().startswith(DANGEROUS):
            yield f"row {place}: {name} is a formula"
        if name not in typed and text.startswith("'") and text[1:].lstrip().startswith(DANGEROUS):
            yield f"row {place}: {name} has an apostrophe that would be stored"


def _grouped(rules: Rules, rows: list[Row]) -> Iterator[str]:
    seen: set[str] = set()
    before = ""
    for row in rows if rules.number else ():
        number = row[rules.number]
        if number != before and number in seen:
            yield f"the rows of {number} are apart"
        seen.add(number)
        before = number


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _quantity_times_rate(rows: list[Row]) -> list[str]:
    found = []
    totals: dict[str, Decimal] = {}
    for row in rows:
        amount = Decimal(row["*ItemAmount"])
        worth = Decimal(row["ItemQuantity"]) * Decimal(row["ItemRate"])
        if _cents(worth) != _cents(amount):
            found.append(f"{row['*InvoiceNo']}: {worth} is not {amount}")
        number = row["*InvoiceNo"]
        totals[number] = totals.get(number, Decimal(0)) + amount
    return found + [f"{number}: a total below nil" for number, total in totals.items() if total < 0]


def _adds_up(rows: list[Row]) -> list[str]:
    sums: dict[str, Decimal] = {}
    told: dict[str, Decimal] = {}
    for row in rows:
        percent = Decimal(row["Discount"] or 0)
        exact = Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"]) * (1 - percent / 100)
        number = row["*InvoiceNumber"]
        sums[number] = sums.get(number, Decimal(0)) + _cents(exact) + Decimal(row["TaxAmount"] or 0)
        told[number] = Decimal(row["Total"])
    return [
        f"{number}: {sums[number]} is not {told[number]}"
        for number in sums
        if sums[number] != told[number]
    ]


QBO = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),ItemDescription,ItemQuantity,ItemRate,*ItemAmount"
QBO_REQUIRED = "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,*ItemAmount"
QBO_LONGEST = {"*InvoiceNo": 21, "*Customer": 100, "ItemDescription": 4000, "Memo": 4000}
QBO_AMOUNTS = "ItemQuantity,ItemRate,*ItemAmount"
NO_COLON = r'[^\t\r\n:"]+'
XERO_PO = "POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,POPostalCode,POCountry"
XERO_CONTACT = (
    "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAttentionTo,"
    f"{XERO_PO},SAAttentionTo,SAAddressLine1,SAAddressLine2,SAAddressLine3,SAAddressLine4,SACity,"
    "SARegion,SAPostalCode,SACountry,PhoneNumber,FaxNumber,MobileNumber,DDINumber,SkypeName,"
    "BankAccountName,BankAccountNumber,BankAccountParticulars,TaxNumber,"
    "AccountsReceivableTaxCodeName,AccountsPayableTaxCodeName,Website,LegalName,Discount,"
    "CompanyNumber,DueDateBillDay,DueDateBillTerm,DueDateSalesDay,DueDateSalesTerm,SalesAccount,"
    "PurchasesAccount,TrackingName1,SalesTrackingOption1,PurchasesTrackingOption1,TrackingName2,"
    "SalesTrackingOption2,PurchasesTrackingOption2,BrandingTheme,DefaultTaxBills,DefaultTaxSales,"
) + ",".join(
    f"Person{place}{what}"
    for place in "12345"
    for what in ("FirstName", "LastName", "Email", "IncludeInEmail")
)

RULES = {
    "qbo-invoices-us": Rules(
        headings=f"{QBO},Taxable,TaxRate,Service Date",
        required=QBO_REQUIRED,
        longest=QBO_LONGEST,
        amounts=f"{QBO_AMOUNTS},TaxRate",
        dates="*InvoiceDate,*DueDate",
        number="*InvoiceNo",
        most_rows=1000,
        most_documents=100,
        only={"*Customer": NO_COLON, "Taxable": "[YN]"},
    ),
    "qbo-invoices-intl": Rules(
        headings=f"{QBO},*ItemTaxCode,ItemTaxAmount,Currency,Service Date",
        required=f"{QBO_REQUIRED},*ItemTaxCode",
        longest=QBO_LONGEST,
        amounts=f"{QBO_AMOUNTS},ItemTaxAmount",
        dates="*InvoiceDate,*DueDate",
        number="*InvoiceNo",
        most_rows=1000,
        most_documents=100,
        only={"*Customer": NO_COLON, "Currency": "[A-Z]{3}"},
    ),
    "qbo-customers": Rules(
        headings="Name,Company,Email,Phone,Mobile,Fax,Website,Street,City,State,ZIP,Country,Opening Balance,Date,Resale Number,Currency",
        required="Name",
        longest={"Name": 100, "Company": 50, "Email": 100, "Phone": 21, "Street": 2000,
                 "City": 255, "State": 255, "ZIP": 30, "Country": 255},
        most_rows=1000,
        most_bytes=2_000_000,
        only={"Name": NO_COLON, "Currency": "[A-Z]{3}"},
    ),
    "qbo-items": Rules(
        headings="Product/Service Name,Sales Description,SKU,Type,Sales Price / Rate,Taxable,Income Account,Purchase Description,Purchase Cost,Expense Account,Quantity On Hand,Reorder Point,Inventory Asset Account,Quantity as-of Date",
        required="Product/Service Name,Type,Income Account",
        amounts="Sales Price / Rate",
        most_rows=1000,
        most_bytes=2_000_000,
        only={"Type": "Service|Non-inventory|Inventory"},
    ),
    "xero-invoices": Rules(
        headings=f"*ContactName,EmailAddress,{XERO_PO},*InvoiceNumber,Reference,*InvoiceDate,*DueDate,Total,InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,TaxAmount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,BrandingTheme",
        required="*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,*Description,*Quantity,*UnitAmount,*AccountCode,*TaxType",
        longest={"InventoryItemCode": 30},
        amounts="Total,*Quantity,*UnitAmount,Discount,TaxAmount",
        dates="*InvoiceDate,*DueDate",
        date=SLASHED,
        number="*InvoiceNumber",
        most_documents=500,
        only={"Currency": "[A-Z]{3}", "*UnitAmount": r"-?\d+(\.\d{1,4})?"},
    ),
    "xero-contacts": Rules(
        headings=XERO_CONTACT, required="*ContactName", most_rows=500
    ),
    "xero-items": Rules(
        headings="*ItemCode,ItemName,PurchasesDescription,PurchasesUnitPrice,PurchasesAccount,PurchasesTaxRate,SalesDescription,SalesUnitPrice,SalesAccount,SalesTaxRate,InventoryAssetAccount,CostOfGoodsSoldAccount",
        required="*ItemCode",
        longest={"*ItemCode": 30, "ItemName": 50},
        amounts="SalesUnitPrice",
        most_rows=500,
    ),
    "freshbooks-clients": Rules(
        headings="First Name,Last Name,Company Name,Email Address,Phone Number,Address Line 1,Address Line 2,City,State,Zip Code,Country",
        any_order=True,
        required="Company Name",
    ),
    "sage-quick-entries": Rules(
        headings="Type,Customer Reference,Date,Customer name,Reference,Ledger Account,Details,Net amount,VAT rate,VAT amount",
        required="Type,Customer Reference,Date,Reference,Ledger Account,Net amount",
        longest={"Customer Reference": 10, "Customer name": 50, "Reference": 25},
        amounts="Net amount,VAT amount",
        positive="Net amount,VAT amount",
        dates="Date",
        date=DASHED,
        number="Reference",
        most_bytes=500_000,
        only={"Type": "Invoice|Cr Note", "Ledger Account": r"\d{1,8}"},
    ),
    "sage50-audit-trail": Rules(
        headings="Type,Account Reference,Nominal A/C Ref,Department Code,Date,Reference,Details,Net Amount,Tax Code,Tax Amount,Exchange Rate,Extra Reference,User Name",
        required="Type,Account Reference,Nominal A/C Ref,Date,Net Amount,Tax Code",
        longest={"Reference": 30, "Details": 60},
        amounts="Net Amount,Tax Amount,Exchange Rate",
        positive="Net Amount,Tax Amount",
        dates="Date",
        date=SLASHED,
        number="Reference",
        only={"Type": "SI|SC", "Account Reference": "[A-Z0-9]{1,8}", "Tax Code": r"T\d{1,2}"},
    ),
    "wave-customers": Rules(
        headings="customer_name,email,contact_first_name,contact_last_name,customer_currency,account_number,phone,fax,mobile,toll_free,website,country,province/state,address_line_1,address_line_2,city,postal_code/zip_code,shipping_address,ship-to_contact,ship-to_country,ship-to_province/state,ship-to_address_line_1,ship-to_address_line_2,ship-to_city,ship-to_postal_code/zip_code,ship-to_phone,delivery_instructions",
        required="customer_name",
        only={"shipping_address": "True|False", "customer_currency": "[A-Z]{3}"},
    ),
    "zoho-invoices": Rules(
        headings="Invoice Date,Invoice ID,Invoice Number,Estimate Number,Invoice Status,Customer Name,Company Name,Customer ID,Branch ID,Branch Name,Due Date,Expected Payment Date,PurchaseOrder,Template Name,Currency Code,Exchange Rate,Discount Type,Is Discount Before Tax,Entity Discount Percent,Entity Discount Amount,Item Name,Item Desc,Quantity,Usage unit,Item Price,Discount,Discount Amount,Expense Reference ID,Project ID,Project Name,Item Total,SubTotal,Total,Balance,Shipping Charge,Adjustment,Adjustment Description,Round Off,Sales person,Payment Terms,Payment Terms Label,Last Payment Date,Notes,Terms & Conditions,Subject,Account,Is Inclusive Tax,Item Tax,Item Tax %,Item Tax Amount,Item Tax Type",
        any_order=True,
        required="Invoice Number,Invoice Date,Customer Name,Item Desc,Quantity,Item Price",
        amounts="Exchange Rate,Quantity,Item Price,Item Total,SubTotal,Total,Item Tax %,Item Tax Amount",
        dates="Invoice Date,Due Date",
        number="Invoice Number",
        only={"Invoice Status": "Draft|Sent|Overdue|Paid|PartiallyPaid|Void", "Is Inclusive Tax": "true|false"},
    ),
    "zoho-contacts": Rules(
        headings="Created Time,Last Modified Time,Display Name,Company Name,Salutation,First Name,Last Name,Phone,Currency Code,Notes,Website,Status,Credit Limit,Customer Sub Type,Billing Attention,Billing Address,Billing Street2,Billing City,Billing State,Billing Country,Billing Code,Billing Phone,Billing Fax,Payment Terms,Payment Terms Label,EmailID,MobilePhone,Customer ID,Customer Name,Contact Type",
        any_order=True,
        required="Display Name",
    ),
    "zoho-items": Rules(
        headings="Item ID,Item Name,SKU,HSN/SAC,Description,Rate,Account,Account Code,Taxable,Exemption Reason,Product Type,Status,Usage unit,Purchase Rate,Purchase Account,Purchase Description,Inventory Account,Reorder Point,Vendor,Opening Stock,Opening Stock Value,Stock On Hand,Item Type",
        any_order=True,
        required="Item Name",
        amounts="Rate",
        only={"Taxable": "true|false"},
    ),
}  # fmt: skip
EXTRA = {
    "qbo-invoices-us": _quantity_times_rate,
    "qbo-invoices-intl": _quantity_times_rate,
    "xero-invoices": _adds_up,
}
