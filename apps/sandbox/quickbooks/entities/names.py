"""Customers, vendors and employees: three lists that share one set of names."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Sum

from ...models import StoredObject
from .. import faults, fields
from ..book import Book
from ..filing import Content
from ..kinds import Kind, Options, register
from ..wire import from_cents
from .common import check_addresses, merged, refer, settle_name, with_address_id
from .currency import use_currency

# Lengths: Intuit's documentation of the three entities; the XSD's are older and shorter.
NAME_FIELDS: dict[str, fields.Reader] = {
    "Title": fields.text(16),
    "GivenName": fields.text(100),
    "MiddleName": fields.text(100),
    "FamilyName": fields.text(100),
    "Suffix": fields.text(16),
    "CompanyName": fields.text(100),
    "DisplayName": fields.text(500),
    "PrintOnCheckName": fields.text(110),
    "Active": fields.flag,
    "PrimaryPhone": fields.PHONE,
    "AlternatePhone": fields.PHONE,
    "Mobile": fields.PHONE,
    "Fax": fields.PHONE,
    "PrimaryEmailAddr": fields.EMAIL,
    "WebAddr": fields.WEB,
    "BillAddr": fields.ADDRESS,
    "Notes": fields.text(2000),
}
CUSTOMER: fields.Spec = NAME_FIELDS | {
    "ShipAddr": fields.ADDRESS,
    "Taxable": fields.flag,
    "Job": fields.flag,
    "BillWithParent": fields.flag,
    "ParentRef": fields.reference,
    "SalesTermRef": fields.reference,
    "PaymentMethodRef": fields.reference,
    "PreferredDeliveryMethod": fields.choice("Print", "Email", "None"),
    "ResaleNum": fields.text(16),
    "PrimaryTaxIdentifier": fields.text(30),
    "TaxExemptionReasonId": fields.text(3),
    "DefaultTaxCodeRef": fields.reference,
}
VENDOR: fields.Spec = NAME_FIELDS | {
    "AcctNum": fields.text(100),
    "TermRef": fields.reference,
    "Vendor1099": fields.flag,
}
EMPLOYEE: fields.Spec = NAME_FIELDS | {"EmployeeNumber": fields.text(100)}

NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def name_base(book: Book, kind: str, content: Content, current: StoredObject | None) -> None:
    """Names, contacts and addresses as all three lists treat them."""
    if "DisplayName" not in content:
        parts = [content[part] for part in NAME_PARTS if part in content]
        if not parts:
            raise faults.Refused(
                "6080",
                "At least one of Display Name, Title, First Name, Middle Name, Last Name or Suffix is required.",
            )
        content["DisplayName"] = " ".join(parts)
    content.setdefault("Active", True)
    parent = book.referred(kind, content["ParentRef"]["value"]) if "ParentRef" in content else None
    settle_name(
        book,
        kind,
        content,
        "DisplayName",
        current,
        parent.content["FullyQualifiedName"] if parent else "",
    )
    check_addresses(book, content, "PrimaryEmailAddr")
    content.setdefault("PrintOnCheckName", content["DisplayName"][:110])
    for name in ("PrimaryPhone", "AlternatePhone", "Mobile", "Fax", "PrimaryEmailAddr", "WebAddr"):
        if not content.get(name):
            content.pop(name, None)
    for name in ("BillAddr", "ShipAddr"):
        with_address_id(book, content, name, current)


def customer(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(CUSTOMER, sent, current)
    check_job(book, content)
    if current is not None and current.active and content.get("Active") is False:
        check_settled(book, current)
    refer(book, content, "DefaultTaxCodeRef", "TaxCode", current)
    refer(book, content, "ParentRef", "Customer", current)
    if current is None and "ParentRef" in content:
        parent = book.referred("Customer", content["ParentRef"]["value"]).content
        sent = {**sent, "CurrencyRef": parent["CurrencyRef"]}
    code = own_currency(book, sent, current)
    level = 0
    if "ParentRef" in content:
        level = book.referred("Customer", content["ParentRef"]["value"]).content.get("Level", 0) + 1
        if level > 4:
            raise faults.Refused("6180", "You can nest up to 5 levels of customers.", "ParentRef")
        content["Level"] = level
        content["Job"] = True
    name_base(book, "Customer", content, current)
    refer(book, content, "SalesTermRef", "Term", current)
    refer(book, content, "PaymentMethodRef", "PaymentMethod", current)
    defaults = {
        "Taxable": False,
        "Job": False,
        "BillWithParent": False,
        "PreferredDeliveryMethod": "Print",
        "IsProject": False,
        "ClientEntityId": "0",
        "CurrencyRef": book.currency(code),
        "Balance": 0,
        "BalanceWithJobs": 0,
    }
    return {**defaults, **content}


def check_job(book: Book, content: Content) -> None:
    """A sub-customer says both that it is one and whose; 6150 for one without the other.

    The words as integrators met them: QuickBooks-V3-PHP-SDK#265 and #71, python-quickbooks#139.
    """
    strict = book.settings["job_and_parent"] == "refuse"
    if strict and bool(content.get("ParentRef")) != bool(content.get("Job")):
        raise faults.Refused(
            "6150", "ParentRef is either required or not if Job is true or false.", "Job"
        )


def check_settled(book: Book, customer: StoredObject) -> None:
    """Who owes or is owed something stays active; the words of quickbooks-ruby#390, its code 6220."""
    if book.settings["inactive_with_balance"] == "refuse" and book.owed_by(customer.object_id):
        raise faults.Refused(
            "6220",
            "The entity you are trying to delete has an open balance. : This customer cannot be "
            "deleted because it has a non-zero balance",
        )


def vendor(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(VENDOR, sent, current)
    name_base(book, "Vendor", content, current)
    refer(book, content, "TermRef", "Term", current)
    code = own_currency(book, sent, current)
    # The list of vendors answers no FullyQualifiedName.
    content.pop("FullyQualifiedName")
    return {"Vendor1099": False, "Balance": 0, "CurrencyRef": book.currency(code), **content}


def employee(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = merged(EMPLOYEE, sent, current)
    address = content.pop("BillAddr", None)
    if address:
        content["PrimaryAddr"] = address
    name_base(book, "Employee", content, current)
    return content


def own_currency(book: Book, sent: Mapping[str, Any], current: StoredObject | None) -> str:
    """The one currency of a name or account: given when it is made, by a code, and kept for good."""
    code = fields.reference(sent.get("CurrencyRef"), "CurrencyRef")
    home = book.company.home_currency
    own = current.content["CurrencyRef"]["value"] if current else None
    if code and not book.multicurrency and code != home:
        raise faults.business(f"Multi-currency is off: the currency must be {home}.", "CurrencyRef")
    if own is not None and code and code != own:
        raise faults.business(f"The currency is {own} and cannot be changed.", "CurrencyRef")
    if own is None and code:
        use_currency(book, code)
    return own or code or home


def with_balances(book: Book, stored: list[StoredObject]) -> None:
    """What each customer owes: open invoices less open credits and money on account."""
    ids = [one.object_id for one in stored]
    rows = (
        StoredObject.objects.filter(realm=book.company.realm, customer__in=ids)
        .exclude(open_amount=0)
        .values_list("customer")
        .annotate(owed=Sum("open_amount"))
    )
    owed = dict(rows)
    for one in stored:
        balance = from_cents(owed.get(one.object_id, 0))
        one.content = {**one.content, "Balance": balance, "BalanceWithJobs": balance}


COMMON = ("DisplayName", "GivenName", "MiddleName", "FamilyName", "CompanyName", "PrintOnCheckName")

register(
    Kind(
        "Customer",
        customer,
        list_name="Names",
        columns=(*COMMON, "FullyQualifiedName", "PrimaryEmailAddr", "Job", "Balance"),
        enrich=with_balances,
    )
)
register(Kind("Vendor", vendor, list_name="Names", columns=COMMON))
register(Kind("Employee", employee, list_name="Names", columns=COMMON))
