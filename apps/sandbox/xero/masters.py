"""Accounts, tax rates, currencies, tracking, branding themes, items, and the organisation itself."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from . import attachments, taxing, wire
from .charts import CLASSES, no_tax, rate_of
from .currencies import NAMES
from .documents import places
from .refusals import Refused
from .store import Content, Organisation, moment

ACTIONS = (
    "CreateApprovedInvoice",
    "CreateDraftInvoice",
    "CreateInvoicePayment",
    "CreateApprovedBill",
    "CreateDraftBill",
    "CreateRepeatingInvoice",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
)


# --- the organisation -------------------------------------------------------------------------------
def organisation_answer(org: Organisation) -> Content:
    settings = org.settings
    version = org.switch("version")
    out: Content = {
        "Name": org.name,
        "LegalName": org.name,
        "PaysTax": True,
        "Version": version,
        "OrganisationType": "COMPANY",
        "BaseCurrency": org.base,
        "CountryCode": settings["country"],
        "IsDemoCompany": settings["demo"],
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": settings["year_end_day"],
        "FinancialYearEndMonth": settings["year_end_month"],
        "SalesTaxBasis": "ACCRUALS" if version == "UK" else "INVOICE",
        "SalesTaxPeriod": "TWOMONTHS" if version == "NZ" else "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Inclusive",
    }
    for name, key in (
        ("PeriodLockDate", "period_lock_date"),
        ("EndOfYearLockDate", "end_of_year_lock_date"),
    ):
        if settings[key]:
            out[name] = date.fromisoformat(settings[key])
    return out | {
        "CreatedDateUTC": wire.bare(org.created),
        "OrganisationEntityType": "COMPANY",
        "Timezone": settings["timezone"],
        "ShortCode": f"!{org.tenant[:5]}",
        "OrganisationID": org.tenant,
        "Edition": "BUSINESS",
        "Class": settings["class"],
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
    }


def actions(org: Organisation) -> list[Content]:
    off = set(org.settings["not_allowed"])
    return [
        {"Name": name, "Status": "NOT-ALLOWED" if name in off else "ALLOWED"} for name in ACTIONS
    ]


# --- accounts -----------------------------------------------------------------------------------------
def account_answer(org: Organisation, account: Content) -> Content:
    out: Content = {"AccountID": account["id"]}
    if account.get("code"):
        out["Code"] = account["code"]
    out |= {"Name": account["name"], "Status": account["status"], "Type": account["type"]}
    out["TaxType"] = account["tax_type"]
    if account.get("description"):
        out["Description"] = account["description"]
    out["Class"] = CLASSES[account["type"]]
    if account.get("system"):
        out["SystemAccount"] = account["system"]
    out |= {"EnablePaymentsToAccount": bool(account.get("payments")), "ShowInExpenseClaims": False}
    bank = account["type"] == "BANK"
    if bank:
        out["BankAccountNumber"] = account.get("bank_number", "0908007006543")
    out["BankAccountType"] = "BANK" if bank else ""
    if bank:
        out["CurrencyCode"] = account.get("currency") or org.base
    out["ReportingCode"] = CLASSES[account["type"]][:3]
    out["HasAttachments"] = attachments.has(org, account)
    return out | {"UpdatedDateUTC": moment(account), "AddToWatchlist": False}


def write_account(org: Organisation, sent: Content, identity: str = "") -> Content:
    """Only the first of a list is looked at. Archived by its status alone."""
    known = org.find("Accounts", identity) if identity else None
    code, name = sent.get("Code"), sent.get("Name")
    if known is None and not name:
        raise Refused("The account name must be supplied.")
    for one in org.all("Accounts"):
        other = known is None or one["id"] != known["id"]
        if other and one["status"] != "DELETED":
            if code and str(one.get("code") or "").lower() == str(code).lower():
                raise Refused("Please enter a unique Code.")
            if name and one["name"].lower() == str(name).lower():
                raise Refused("Please enter a unique Name.")
    if known is None:
        return make_account(org, sent)
    if known.get("system") and sent.get("Status") in ("ARCHIVED", "DELETED"):
        raise Refused("System accounts cannot be archived.")
    account = org.edit("Accounts", known["id"])
    for field, key in (("Code", "code"), ("Name", "name"), ("Description", "description")):
        if sent.get(field):
            account[key] = str(sent[field])
    if sent.get("Status") in ("ACTIVE", "ARCHIVED"):
        account["status"] = sent["Status"]
    if "EnablePaymentsToAccount" in sent:
        account["payments"] = bool(sent["EnablePaymentsToAccount"])
    if sent.get("TaxType"):
        account["tax_type"] = sent["TaxType"]
    org.index("Accounts", account)
    return account


def make_account(org: Organisation, sent: Content) -> Content:
    kind = sent.get("Type")
    if kind not in CLASSES:
        raise Refused(f"Requested value '{kind}' was not found.")
    if kind != "BANK" and not sent.get("Code"):
        raise Refused("The account code must be supplied.")
    if len(str(sent.get("Code") or "")) > 10 or len(str(sent["Name"])) > 150:
        raise Refused("The Code field cannot exceed 10 and the Name field 150 characters.")
    currency = sent.get("CurrencyCode") or org.base
    if not org.by("Currencies", "code", currency):
        raise Refused(f"Requested value '{currency}' was not found.")
    use = {"REVENUE": "sale", "SALES": "sale", "EXPENSE": "purchase"}.get(kind, "")
    return org.add(
        "Accounts",
        wire.plain(
            {
                "code": str(sent["Code"]) if sent.get("Code") else None,
                "name": str(sent["Name"]),
                "type": kind,
                "status": "ACTIVE",
                "tax_type": sent.get("TaxType") or rate_of(org.switch("version"), use),
                "payments": bool(sent.get("EnablePaymentsToAccount")),
                "currency": currency if kind == "BANK" else None,
                "bank_number": sent.get("BankAccountNumber"),
                "description": sent.get("Description"),
            }
        ),
    )


def delete_account(org: Organisation, identity: str) -> Content:
    """Only where nothing was ever posted to it."""
    known = org.objects["Accounts"][identity]
    used = any(
        entry[0] == identity
        for kind in org.objects
        for one in org.all(kind)
        for entry in one.get("entries", ())
    )
    if used or known.get("system"):
        raise Refused("The account cannot be deleted as it has transactions.")
    account = org.edit("Accounts", identity)
    account["status"] = "DELETED"
    return account


# --- tax rates ------------------------------------------------------------------------------------------
def tax_rate_answer(org: Organisation, rate: Content) -> Content:
    sale, purchase = rate["use"] in ("sale", "both"), rate["use"] in ("purchase", "both")
    shown = taxing.percent(rate)
    return {
        "Name": rate["name"],
        "TaxType": rate["type"],
        "ReportTaxType": rate["report"],
        "CanApplyToAssets": True,
        "CanApplyToEquity": True,
        "CanApplyToExpenses": purchase,
        "CanApplyToLiabilities": True,
        "CanApplyToRevenue": sale,
        "DisplayTaxRate": shown,
        "EffectiveRate": shown,
        "Status": rate["status"],
        "TaxComponents": [
            {
                "Name": one["name"],
                "Rate": Decimal(one["rate"]),
                "IsCompound": one["compound"],
                "IsNonRecoverable": False,
            }
            for one in rate["components"]
        ],
    }


def write_tax_rate(org: Organisation, sent: Content, *, create: bool) -> Content:
    named = [one for one in org.all("TaxRates") if one["name"] == sent.get("Name")]
    wanted = [one for one in org.all("TaxRates") if one["type"] == sent.get("TaxType")]
    known = None if create else next(iter(wanted or named), None)
    if known is not None:
        rate = org.edit("TaxRates", known["id"])
        if sent.get("Status") in ("ACTIVE", "DELETED", "ARCHIVED"):
            rate["status"] = sent["Status"]
        if sent.get("Name"):
            rate["name"] = str(sent["Name"])
        return rate
    if not sent.get("Name") or any(one["status"] == "ACTIVE" for one in named):
        raise Refused("Please enter a unique name.")
    version = org.switch("version")
    if version in ("AU", "NZ", "UK") and not sent.get("ReportTaxType"):
        raise Refused("ReportTaxType must be supplied.")
    components = [
        {
            "name": str(one.get("Name") or ""),
            "rate": str(taxing.number(one.get("Rate"), "Rate")),
            "compound": bool(one.get("IsCompound")),
        }
        for one in sent.get("TaxComponents") or ()
    ]
    if not components:
        raise Refused("At least one tax component must be specified.")
    report = sent.get("ReportTaxType") or "OUTPUT"
    return org.add(
        "TaxRates",
        {
            "type": f"TAX{org.next_of('tax'):03d}",
            "name": str(sent["Name"]),
            "use": "purchase" if report.endswith("INPUT") else "both",
            "report": report,
            "status": "ACTIVE",
            "components": components,
        },
    )


# --- currencies, tracking, themes ---------------------------------------------------------------------
def currency_answer(org: Organisation, one: Content) -> Content:
    return {"Code": one["code"], "Description": NAMES.get(one["code"], one["code"])}


def add_currency(org: Organisation, sent: Content) -> Content:
    code = sent.get("Code")
    if code not in NAMES:
        raise Refused(f"Requested value '{code}' was not found.")
    found = org.by("Currencies", "code", code)
    return found[0] if found else org.add("Currencies", {"code": code})


def tracking_answer(org: Organisation, one: Content) -> Content:
    return {
        "Name": one["name"],
        "Status": one["status"],
        "TrackingCategoryID": one["id"],
        "Options": [option_answer(each) for each in one["options"]],
    }


def option_answer(option: Content) -> Content:
    return {
        "TrackingOptionID": option["id"],
        "Name": option["name"],
        "Status": option["status"],
    }


def add_category(org: Organisation, sent: Content) -> Content:
    name = str(sent.get("Name") or "")
    if not name or any(one["name"] == name for one in org.all("TrackingCategories")):
        raise Refused("Please enter a unique name.")
    if sum(one["status"] == "ACTIVE" for one in org.all("TrackingCategories")) >= 2:
        raise Refused("There can be at most two active tracking categories.")
    return org.add("TrackingCategories", {"name": name, "status": "ACTIVE", "options": []})


def add_option(org: Organisation, category: str, sent: Content) -> Content:
    known = org.edit("TrackingCategories", category)
    name = str(sent.get("Name") or "")
    if not name or any(one["name"] == name for one in known["options"]):
        raise Refused("Please enter a unique name.")
    option = {"id": str(uuid4()), "name": name, "status": "ACTIVE"}
    known["options"] = [*known["options"], option]
    return option


def theme_answer(org: Organisation, one: Content) -> Content:
    return {
        "BrandingThemeID": one["id"],
        "Name": one["name"],
        "SortOrder": one["order"],
        "CreatedDateUTC": moment(one),
    }


# --- items -----------------------------------------------------------------------------------------------
def item_answer(org: Organisation, item: Content, form: str, unitdp: int = 2) -> Content:
    out: Content = {"ItemID": item["id"], "Code": item["code"]}
    for name, key in (
        ("Description", "description"),
        ("PurchaseDescription", "purchase_description"),
    ):
        if item.get(key):
            out[name] = item[key]
    # Dates of items lack the zone's part.
    out["UpdatedDateUTC"] = wire.bare(moment(item))
    for name, key in (("PurchaseDetails", "purchases"), ("SalesDetails", "sales")):
        if item.get(key):
            out[name] = side_answer(org, item[key], unitdp)
    if item.get("name"):
        out["Name"] = item["name"]
    out |= {"IsTrackedAsInventory": False, "IsSold": bool(item.get("sales"))}
    out["IsPurchased"] = bool(item.get("purchases"))
    return out | ({"ValidationErrors": []} if form == "write" else {})


def side_answer(org: Organisation, side: Content, unitdp: int) -> Content:
    out: Content = {}
    if side.get("price") is not None:
        out["UnitPrice"] = side["price"].quantize(places(unitdp), wire.ROUNDINGS["up"])
    account = org.find("Accounts", side.get("account"))
    if account is not None and account.get("code"):
        out["AccountCode"] = account["code"]
    if side.get("tax_type"):
        out["TaxType"] = side["tax_type"]
    return out


def write_item(org: Organisation, sent: Content, *, create: bool, unitdp: int) -> Content:
    known = org.find("Items", sent.get("ItemID")) if sent.get("ItemID") and not create else None
    code = str(sent.get("Code") or "")
    owner = next(iter(org.by("Items", "code", code)), None) if code else None
    if known is None and not create:
        known = owner
    if known is None and not code:
        raise Refused("Item code must be supplied.")
    if owner is not None and (known is None or owner["id"] != known["id"]):
        raise Refused(f"Price List Item with Code '{code}' already exists")
    if len(code) > 30 or len(str(sent.get("Name") or "")) > 50:
        raise Refused("The Code field cannot exceed 30 and the Name field 50 characters.")
    if any(sent.get(name) for name in ("InventoryAssetAccountCode", "IsTrackedAsInventory")):
        raise Refused("Tracked inventory is not simulated.")
    item = org.edit("Items", known["id"]) if known else org.add("Items", {"code": code})
    for name, key in (
        ("Code", "code"),
        ("Name", "name"),
        ("Description", "description"),
        ("PurchaseDescription", "purchase_description"),
    ):
        if name in sent:
            item[key] = str(sent[name] or "")
    for name, key, flag in (
        ("SalesDetails", "sales", "IsSold"),
        ("PurchaseDetails", "purchases", "IsPurchased"),
    ):
        if sent.get(name):
            item[key] = read_side(org, sent[name], item.get(key) or {}, unitdp)
        if sent.get(flag) is False:
            item[key] = None
        elif sent.get(flag) and not item.get(key):
            item[key] = {"tax_type": no_tax(org.switch("version"))}
    org.index("Items", item)
    return item


def read_side(org: Organisation, sent: Any, before: Content, unitdp: int) -> Content:
    out = dict(before)
    if sent.get("UnitPrice") is not None:
        price = taxing.number(sent["UnitPrice"], "UnitPrice")
        out["price"] = price.quantize(places(unitdp), wire.ROUNDINGS["up"])
    if sent.get("AccountCode"):
        out["account"] = taxing.account_of(org, {"AccountCode": sent["AccountCode"]})
    if sent.get("TaxType"):
        if taxing.tax_rate(org, sent["TaxType"]) is None:
            raise Refused("Tax rate must be valid.")
        out["tax_type"] = sent["TaxType"]
    return out
