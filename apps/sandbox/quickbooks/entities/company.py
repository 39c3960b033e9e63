"""CompanyInfo and Preferences: what an app reads when it connects."""

from collections.abc import Mapping
from typing import Any

from ...clock import moment_of
from ...models import Company, StoredObject
from .. import faults, wire
from ..book import Book
from ..filing import Content
from ..kinds import Kind, Options, register
from ..tax_tables import PROFILES

LANGUAGES = {"US": "en", "GB": "en", "CA": "en,fr", "AU": "en"}
COUNTRY_CODES = {"US": "USA", "GB": "GBR", "CA": "CAN", "AU": "AUS"}


def entity(book: Book) -> Content:
    created = wire.stamp(moment_of(book.company.created_us), book.zone)
    token = str(book.settings.get("version", 0))
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": token,
        "MetaData": {"CreateTime": created, "LastUpdatedTime": created},
    }


def company_info(book: Book) -> Content:
    company: Company = book.company
    address = {
        "Id": "1",
        "Line1": "1 Main Street",
        "City": "Springfield",
        "Country": COUNTRY_CODES.get(company.country, company.country),
        "PostalCode": "12345",
    }
    started = moment_of(company.created_us).astimezone(book.zone).date()
    facts = {
        "OfferingSku": "QuickBooks Online Plus",
        "SubscriptionStatus": "EXPIRED" if book.settings["expired"] else "PAID",
        "IsQbdtMigrated": "false",
        "IndustryType": "Wholesale trade",
    }
    return {
        "CompanyName": company.name,
        "LegalName": company.name,
        "CompanyAddr": address,
        "LegalAddr": address,
        "CompanyStartDate": started.isoformat(),
        "FiscalYearStartMonth": book.settings["fiscal_year_starts"],
        "Country": company.country,
        "Email": {"Address": "books@company.example"},
        "WebAddr": {},
        "SupportedLanguages": LANGUAGES.get(company.country, "en"),
        "DefaultTimeZone": company.zone,
        "NameValue": [{"Name": name, "Value": value} for name, value in facts.items()],
        **entity(book),
    }


def preferences(book: Book) -> Content:
    settings, company = book.settings, book.company
    accounting = {
        "UseAccountNumbers": False,
        "TrackDepartments": settings["departments"],
        "ClassTrackingPerTxn": settings["class_per_transaction"],
        "ClassTrackingPerTxnLine": settings["class_per_line"],
        "FirstMonthOfFiscalYear": settings["fiscal_year_starts"],
        "TaxYearMonth": "January",
        "CustomerTerminology": "Customers",
    }
    if settings.get("book_close_date"):
        accounting["BookCloseDate"] = settings["book_close_date"]
    sales = {
        "CustomTxnNumbers": settings["custom_txn_numbers"],
        "AllowDeposit": settings["allow_deposit"],
        "AllowDiscount": settings["allow_discount"],
        "AllowEstimates": True,
        "AllowShipping": False,
        "AllowServiceDate": False,
        "AutoApplyCredit": settings["auto_apply_credit"],
        "AutoApplyPayments": settings["auto_apply_payments"],
        "DefaultTerms": {"value": str(settings["default_term"])},
        "DefaultDiscountAccount": str(settings["discount_account"]),
        "DefaultCustomerMessage": "Thank you for your business.",
    }
    others = {"SalesFormsPrefs.DefaultItem": "1", "DTXCopyMemo": "true"}
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": False,
        },
        "SalesFormsPrefs": sales,
        "TaxPrefs": tax_preferences(book),
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": book.multicurrency,
            "HomeCurrency": {"value": company.home_currency},
        },
        "ReportPrefs": {
            "ReportBasis": "Accrual",
            "CalcAgingReportFromTxnDate": settings["aging_from_txn_date"],
        },
        "OtherPrefs": {
            "NameValue": [{"Name": name, "Value": value} for name, value in others.items()]
        },
        **entity(book),
    }


def tax_preferences(book: Book) -> Content:
    """PartnerTaxEnabled is answered only where sales tax is automated; outside the US never."""
    regime = PROFILES[book.company.profile].regime
    out: Content = {"UsingSalesTax": regime != "off"}
    if regime == "by_address":
        out["PartnerTaxEnabled"] = True
    if regime == "by_document":
        out["TaxGroupCodeRef"] = {"value": str(book.settings["default_tax_code"])}
    return out


def read_only(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    raise faults.Refused("500", "Operation is not supported for this entity.")


SINGLETONS = {"CompanyInfo": company_info, "Preferences": preferences}

register(Kind("CompanyInfo", read_only, creatable=False))
register(Kind("Preferences", read_only, creatable=False))
