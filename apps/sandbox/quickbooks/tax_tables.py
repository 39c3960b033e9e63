"""The profiles of a company: country, currency, and the tax agencies, rates and codes it begins with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ..clock import microseconds
from ..models import StoredObject
from . import wire
from .filing import Content
from .kinds import Options, kind_of

if TYPE_CHECKING:
    from .book import Book

NO_OPTIONS = Options()
# Beyond every number that the sequence of codes will reach.
FIRST_PSEUDO_ID = 10**12
Part = tuple[str, str, str]  # agency, name of the rate, percent


@dataclass(frozen=True)
class CodeRow:
    """A tax code: its name and description, what it asks on sales and on purchases."""

    name: str
    description: str
    sales: tuple[Part, ...]
    purchases: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Profile:
    """`regime` is off, by_line, by_document or by_address; `default_code` taxes what names none."""

    country: str = "US"
    currency: str = "USD"
    zone: str = "America/Los_Angeles"
    regime: str = "off"
    codes: tuple[CodeRow, ...] = ()
    default_code: str = ""
    multicurrency: bool = False


def code(
    name: str, words: str, agency: str, *rates: tuple[str, str], bought: bool = True
) -> CodeRow:
    """A code of one agency, asked on sales and, under rates of their own, on purchases."""
    sales = tuple((agency, rate, percent) for rate, percent in rates)
    purchases = tuple((agency, f"{rate} (Purchases)", percent) for rate, percent in rates)
    return CodeRow(name, words, sales, purchases if bought else ())


HMRC = "HM Revenue & Customs (HMRC)"
CRA = "Canada Revenue Agency"
REVENU_QUEBEC = "Revenu Québec"
ATO = "Australian Taxation Office"
ARIZONA = "Arizona Dept. of Revenue"
CALIFORNIA = "California Department of Tax and Fee Administration"
NEW_YORK = "New York Department of Taxation and Finance"
TEXAS = "Texas Comptroller of Public Accounts"

UK_CODES = (
    code("20.0% S", "Standard rate", HMRC, ("20.0% S", "20")),
    code("5.0% R", "Reduced rate", HMRC, ("5.0% R", "5")),
    code("0.0% Z", "Zero rate", HMRC, ("0.0% Z", "0")),
    code("Exempt", "Exempt", HMRC, ("Exempt", "0")),
    code("No VAT", "Outside the scope of VAT", HMRC, ("No VAT", "0")),
    code("RC", "Domestic reverse charge", HMRC, ("RC (Sales)", "0")),
    CodeRow("20.0% PVA", "Postponed import VAT", (), ((HMRC, "20.0% PVA", "20"),)),
)
CANADA_CODES = (
    code("GST", "GST 5 %", CRA, ("GST", "5")),
    code("HST ON", "HST Ontario 13 %", CRA, ("HST (ON)", "13")),
    CodeRow(
        "GST/QST QC",
        "GST 5 % and QST 9.975 %",
        ((CRA, "GST (QC)", "5"), (REVENU_QUEBEC, "QST", "9.975")),
        ((CRA, "GST (QC) ITC", "5"), (REVENU_QUEBEC, "QST ITR", "9.975")),
    ),
    code("Zero-rated", "Zero-rated", CRA, ("Zero-rated", "0")),
    code("Exempt", "Exempt", CRA, ("GST/HST Exempt", "0")),
    code("OOS", "Out of scope", CRA, ("Out of scope", "0")),
)
AUSTRALIA_CODES = (
    code("GST", "GST 10 %", ATO, ("GST", "10")),
    code("GST free", "GST free", ATO, ("GST free", "0")),
    code("Out of Sc", "Out of scope", ATO, ("Out of scope", "0")),
)
US_CODES = (
    CodeRow("California", "California", ((CALIFORNIA, "California", "8"),)),
    CodeRow(
        "Tucson",
        "Arizona and Tucson City",
        ((ARIZONA, "AZ State tax", "7.1"), (ARIZONA, "Tucson City", "2")),
    ),
)
# Of automated sales tax, by the state of the customer's address; named as the address names it.
US_ADDRESSES = (
    CodeRow(
        "CA",
        "California",
        ((CALIFORNIA, "California State", "7.25"), (CALIFORNIA, "Los Angeles County", "2.25")),
    ),
    CodeRow(
        "NY",
        "New York",
        ((NEW_YORK, "New York State", "4"), (NEW_YORK, "New York City", "4.5")),
    ),
    CodeRow("TX", "Texas", ((TEXAS, "Texas State", "6.25"), (TEXAS, "Houston", "2"))),
    CodeRow("AZ", "Arizona", ((ARIZONA, "Arizona State", "5.6"),)),
)
PROFILES: dict[str, Profile] = {
    "us_no_tax": Profile(),
    "us_sales_tax": Profile(regime="by_address", codes=US_ADDRESSES, default_code="CA"),
    "us_manual_tax": Profile(regime="by_document", codes=US_CODES, default_code="California"),
    "multicurrency": Profile(multicurrency=True),
    "uk": Profile("GB", "GBP", "Europe/London", "by_line", UK_CODES),
    "ca": Profile("CA", "CAD", "America/Toronto", "by_line", CANADA_CODES),
    "au": Profile("AU", "AUD", "Australia/Sydney", "by_line", AUSTRALIA_CODES),
}


def furnish(book: Book, profile: Profile) -> int | None:
    """Add agencies, rates and codes; the id of the code that taxes what names none."""
    if profile.regime == "off":
        return None
    agencies: dict[str, str] = {}
    default = None
    for row in profile.codes:
        there = book.name_owner("TaxCode", row.name.lower(), None)
        made = there.object_id if there else _add_row(book, agencies, row)
        if row.name == profile.default_code:
            default = made
    return default


def _add_row(book: Book, agencies: dict[str, str], row: CodeRow) -> int:
    sales = [add_rate(book, agencies, part) for part in row.sales]
    purchases = [add_rate(book, agencies, part) for part in row.purchases]
    return add_code(book, row.name, row.description, sales, purchases)


def add_rate(book: Book, agencies: dict[str, str], part: Part) -> tuple[str, str]:
    agency, name, percent = part
    there = book.name_owner("TaxAgency", agency.lower(), None)
    if there is not None:
        agencies[agency] = str(there.object_id)
    if agency not in agencies:
        with book.item():
            content = kind_of("TaxAgency").build(book, {"DisplayName": agency}, None, NO_OPTIONS)
            made = book.add(kind_of("TaxAgency"), content)
        agencies[agency] = str(made.object_id)
    with book.item():
        content = rate_content(name, Decimal(percent), agencies[agency])
        return str(book.add(kind_of("TaxRate"), content).object_id), name


def rate_content(name: str, percent: Decimal, agency: str) -> Content:
    return {
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": percent,
        "AgencyRef": {"value": agency},
        "SpecialTaxType": "ZERO_RATE" if not percent else "NONE",
        "DisplayType": "ReadOnly",
        "EffectiveTaxRate": [{"RateValue": percent, "EffectiveDate": "2000-01-01T00:00:00-08:00"}],
    }


def add_code(
    book: Book,
    name: str,
    description: str,
    sales: list[tuple[str, str]],
    purchases: list[tuple[str, str]],
) -> int:
    """A code over rates given as (id, name); rates apply in the order given, none on another."""
    with book.item():
        content = {
            "Name": name,
            "Description": description,
            "Active": True,
            "Hidden": False,
            "Taxable": True,
            "TaxGroup": True,
            "SalesTaxRateList": rate_list(sales),
            "PurchaseTaxRateList": rate_list(purchases),
        }
        return book.add(kind_of("TaxCode"), content).object_id


def rate_list(rates: list[tuple[str, str]]) -> Content:
    return {
        "TaxRateDetail": [
            {
                "TaxRateRef": {"value": identity, "name": name},
                "TaxTypeApplicable": "TaxOnAmount",
                "TaxOrder": 0,
            }
            for identity, name in rates
        ]
    }


def add_pseudo_codes(book: Book) -> None:
    """TAX and NON, which US lines carry: codes of the list whose ids are words, not numbers."""
    for at, (name, taxable) in enumerate((("TAX", True), ("NON", False)), FIRST_PSEUDO_ID):
        content = {
            "Name": name,
            "Description": "Taxable" if taxable else "Not taxable",
            "Active": True,
            "Hidden": False,
            "Taxable": taxable,
            "TaxGroup": False,
            "domain": "QBO",
            "sparse": False,
            "Id": name,
            "SyncToken": "0",
            "MetaData": {"CreateTime": book.stamp, "LastUpdatedTime": book.stamp},
        }
        moment = microseconds(book.now)
        StoredObject.objects.create(
            realm=book.company.realm,
            kind="TaxCode",
            object_id=at,
            name_key=name.lower(),
            created_us=moment,
            updated_us=moment,
            body=wire.encode(content),
        )
