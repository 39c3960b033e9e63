"""Tax agencies, rates and codes, and the service that makes them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields
from ..book import Book
from ..filing import Content, folded
from ..kinds import Kind, Options, register
from ..ledger import system_account
from ..tax_tables import PROFILES, add_code, rate_content
from .common import duplicate_sentence, merged

AGENCY: fields.Spec = {
    "DisplayName": fields.text(100),
    "TaxRegistrationNumber": fields.text(100),
    "TaxTrackedOnPurchases": fields.flag,
    "TaxTrackedOnSales": fields.flag,
}
# SalesTax.xsd, TaxRateDetails.
RATE_DETAILS: fields.Spec = {
    "TaxRateName": fields.text(100),
    "TaxRateId": fields.reference,
    "RateValue": fields.decimal,
    "TaxAgencyId": fields.reference,
    "TaxApplicableOn": fields.choice("Sales", "Purchase", "Adjustment", "Other"),
}


def tax_agency(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    """To whom tax is owed; the account its tax is payable on is opened with it."""
    if current is not None:
        raise faults.Refused("500", "Operation update is not supported.")
    content = merged(AGENCY, sent, current)
    if "DisplayName" not in content:
        raise faults.missing("DisplayName")
    if owner := book.name_owner("TaxAgency", folded(content["DisplayName"]), None):
        raise faults.Refused("6240", duplicate_sentence(owner), "DisplayName")
    sub_type = "SalesTaxPayable" if book.company.country == "US" else "GlobalTaxPayable"
    account = system_account(
        book,
        f"{content['DisplayName']} Payable",
        "Other Current Liability",
        sub_type,
        "Liability",
        book.company.home_currency,
    )
    return {
        "TaxTrackedOnPurchases": book.company.country != "US",
        "TaxTrackedOnSales": True,
        **content,
        "TaxTrackedOnSalesAccountRef": {"value": str(account)},
    }


def made_elsewhere(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    raise faults.Refused("500", "Operation is not supported: use the tax service.")


def tax_service(book: Book, sent: Any) -> Content:
    """`POST taxservice/taxcode`: a code over new and existing rates; the bare object that is answered.

    Raises 6240 for a name that a code or rate already has, 2020 and 2500 for what is missing.
    """
    if PROFILES[book.company.profile].regime == "off":
        raise faults.business("Sales tax is not set up in this company.", "TaxCode")
    if not isinstance(sent, dict):
        raise faults.Refused("2010", "The request body must be an object.")
    if sent.get("TaxCode") in fields.ABSENT:
        raise faults.missing("TaxCode")
    rows = fields.rows(sent.get("TaxRateDetails") or [], "TaxRateDetails")
    if not rows:
        raise faults.missing("TaxRateDetails")
    name = fields.text(100)(sent["TaxCode"], "TaxCode")
    if owner := book.name_owner("TaxCode", folded(name), None):
        raise faults.Refused("6240", duplicate_sentence(owner), "TaxCode")
    details = [rate_detail(book, fields.read(RATE_DETAILS, row)) for row in rows]
    lists: dict[str, list[tuple[str, str]]] = {"Sales": [], "Purchase": []}
    for one in details:
        lists.setdefault(one["TaxApplicableOn"], []).append((one["TaxRateId"], one["TaxRateName"]))
    code = add_code(book, name, name, lists["Sales"], lists["Purchase"])
    return {"TaxCode": name, "TaxCodeId": str(code), "TaxRateDetails": details}


def rate_detail(book: Book, row: Content) -> Content:
    """One component: an existing rate by id, or a new one."""
    applicable = row.get("TaxApplicableOn", "Sales")
    if row.get("TaxRateId"):
        stored = book.referred("TaxRate", row["TaxRateId"])
    else:
        for needed in ("TaxRateName", "RateValue", "TaxAgencyId"):
            if needed not in row:
                raise faults.missing(needed)
        if owner := book.name_owner("TaxRate", folded(row["TaxRateName"]), None):
            raise faults.Refused("6240", duplicate_sentence(owner), "TaxRateName")
        book.referred("TaxAgency", row["TaxAgencyId"])
        if not 0 <= row["RateValue"] <= 100:
            raise faults.Refused("2090", "A rate lies between 0 and 100.", "RateValue")
        with book.item():
            content = rate_content(row["TaxRateName"], row["RateValue"], row["TaxAgencyId"])
            stored = book.add(TAX_RATE, content)
    return {
        "TaxRateName": stored.content["Name"],
        "TaxRateId": str(stored.object_id),
        "RateValue": Decimal(stored.content["RateValue"]),
        "TaxAgencyId": stored.content["AgencyRef"]["value"],
        "TaxApplicableOn": applicable,
    }


register(Kind("TaxAgency", tax_agency, list_name="TaxAgencies", tracked=False))
TAX_RATE = register(
    Kind("TaxRate", made_elsewhere, list_name="TaxRates", columns=("Name",), tracked=False)
)
register(Kind("TaxCode", made_elsewhere, list_name="TaxCodes", columns=("Name",), tracked=False))
