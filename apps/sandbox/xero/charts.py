"""What a new organisation starts with: chart of accounts, tax rates, and the words of its country."""

from typing import Any

# Code, name, type, what tax it takes ("sale", "purchase" or none), system account, payments allowed.
CHART: tuple[tuple[str, str, str, str, str, bool], ...] = (
    ("090", "Business Bank Account", "BANK", "", "", False),
    ("091", "Business Savings Account", "BANK", "", "", False),
    ("200", "Sales", "REVENUE", "sale", "", False),
    ("260", "Other Revenue", "REVENUE", "sale", "", False),
    ("270", "Interest Income", "REVENUE", "", "", False),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "purchase", "", False),
    ("400", "Advertising", "EXPENSE", "purchase", "", False),
    ("404", "Bank Fees", "EXPENSE", "", "", False),
    ("418", "Bad Debts", "EXPENSE", "sale", "", True),
    ("419", "Discount Allowed", "EXPENSE", "sale", "", True),
    ("429", "General Expenses", "EXPENSE", "purchase", "", False),
    ("497", "Bank Revaluations", "EXPENSE", "", "BANKCURRENCYGAIN", False),
    ("498", "Unrealised Currency Gains", "EXPENSE", "", "UNREALISEDCURRENCYGAIN", False),
    ("499", "Realised Currency Gains", "EXPENSE", "", "REALISEDCURRENCYGAIN", False),
    ("610", "Accounts Receivable", "CURRENT", "", "DEBTORS", False),
    ("615", "Card Clearing", "CURRENT", "", "", True),
    ("620", "Prepayments", "CURRENT", "", "", False),
    ("630", "Inventory", "INVENTORY", "", "", False),
    ("710", "Office Equipment", "FIXED", "purchase", "", False),
    ("800", "Accounts Payable", "CURRLIAB", "", "CREDITORS", False),
    ("820", "GST", "CURRLIAB", "", "GST", False),
    ("830", "Customer Deposits", "CURRLIAB", "", "", True),
    ("835", "Tax Withheld", "CURRENT", "", "", True),
    ("840", "Historical Adjustment", "CURRLIAB", "", "HISTORICAL", False),
    ("860", "Rounding", "CURRLIAB", "", "ROUNDING", False),
    ("877", "Tracking Transfers", "CURRLIAB", "", "TRACKINGTRANSFERS", False),
    ("900", "Loan", "NONCURRENT", "", "", False),
    ("960", "Retained Earnings", "EQUITY", "", "RETAINEDEARNINGS", False),
    ("970", "Owner A Share Capital", "EQUITY", "", "", False),
)
CLASSES = {
    "BANK": "ASSET",
    "CURRENT": "ASSET",
    "CURRLIAB": "LIABILITY",
    "DEPRECIATN": "EXPENSE",
    "DIRECTCOSTS": "EXPENSE",
    "EQUITY": "EQUITY",
    "EXPENSE": "EXPENSE",
    "FIXED": "ASSET",
    "INVENTORY": "ASSET",
    "LIABILITY": "LIABILITY",
    "NONCURRENT": "ASSET",
    "OTHERINCOME": "REVENUE",
    "OVERHEADS": "EXPENSE",
    "PREPAYMENT": "ASSET",
    "REVENUE": "REVENUE",
    "SALES": "REVENUE",
    "TERMLIAB": "LIABILITY",
    "PAYG": "LIABILITY",
}
# TaxType, name, per cent, what it may be used for ("sale", "purchase" or "both"), report type.
Rate = tuple[str, str, str, str, str]
TAX_RATES: dict[str, tuple[Rate, ...]] = {
    "NZ": (
        ("OUTPUT2", "15% GST on Income", "15", "sale", "OUTPUT"),
        ("INPUT2", "15% GST on Expenses", "15", "purchase", "INPUT"),
        ("ZERORATED", "Zero Rated", "0", "sale", "ZERORATEDOUTPUT"),
        ("GSTONIMPORTS", "GST on Imports", "0", "purchase", "GSTONIMPORTS"),
        ("NONE", "No GST", "0", "both", "NONE"),
    ),
    "AU": (
        ("OUTPUT", "GST on Income", "10", "sale", "OUTPUT"),
        ("INPUT", "GST on Expenses", "10", "purchase", "INPUT"),
        ("EXEMPTOUTPUT", "GST Free Income", "0", "sale", "EXEMPTOUTPUT"),
        ("EXEMPTEXPENSES", "GST Free Expenses", "0", "purchase", "EXEMPTEXPENSES"),
        ("EXEMPTEXPORT", "GST Free Exports", "0", "sale", "EXEMPTEXPORT"),
        ("BASEXCLUDED", "BAS Excluded", "0", "both", "BASEXCLUDED"),
    ),
    "UK": (
        ("OUTPUT2", "20% (VAT on Income)", "20", "sale", "OUTPUT"),
        ("INPUT2", "20% (VAT on Expenses)", "20", "purchase", "INPUT"),
        ("RROUTPUT", "5% (VAT on Income)", "5", "sale", "OUTPUT"),
        ("RRINPUT", "5% (VAT on Expenses)", "5", "purchase", "INPUT"),
        ("ZERORATEDOUTPUT", "Zero Rated Income", "0", "sale", "ZERORATEDOUTPUT"),
        ("ZERORATEDINPUT", "Zero Rated Expenses", "0", "purchase", "ZERORATEDINPUT"),
        ("EXEMPTOUTPUT", "Exempt Income", "0", "sale", "EXEMPTOUTPUT"),
        ("EXEMPTINPUT", "Exempt Expenses", "0", "purchase", "EXEMPTINPUT"),
        ("ECZROUTPUT", "Zero Rated EC Goods Income", "0", "sale", "ECOUTPUT"),
        ("ECZROUTPUTSERVICES", "Zero Rated EC Services", "0", "sale", "ECOUTPUTSERVICES"),
        ("NONE", "No VAT", "0", "both", "NONE"),
    ),
    "US": (
        ("OUTPUT", "Tax on Sales", "8.25", "sale", "USSALESTAX"),
        ("INPUT", "Tax on Purchases", "8.25", "purchase", "INPUT"),
        ("NONE", "Tax Exempt", "0", "both", "NONE"),
    ),
    "GLOBAL": (
        ("OUTPUT", "Tax on Sales", "20", "sale", "OUTPUT"),
        ("INPUT", "Tax on Purchases", "20", "purchase", "INPUT"),
        ("NONE", "Tax Exempt", "0", "both", "NONE"),
    ),
}
# Where no tax is meant: the TaxType of such a line.
NO_TAX = {"AU": "BASEXCLUDED"}
COUNTRIES: dict[str, dict[str, str]] = {
    "NZ": {"country": "NZ", "base_currency": "NZD", "timezone": "NEWZEALANDSTANDARDTIME"},
    "AU": {"country": "AU", "base_currency": "AUD", "timezone": "AUSEASTERNSTANDARDTIME"},
    "UK": {"country": "GB", "base_currency": "GBP", "timezone": "GMTSTANDARDTIME"},
    "US": {"country": "US", "base_currency": "USD", "timezone": "EASTERNSTANDARDTIME"},
    "GLOBAL": {"country": "DE", "base_currency": "EUR", "timezone": "WEUROPESTANDARDTIME"},
}
TAX_ACCOUNT = {"NZ": "GST", "AU": "GST", "UK": "VAT", "US": "Sales Tax", "GLOBAL": "Sales Tax"}
THEMES = ("Standard", "Special Projects")


def no_tax(version: str) -> str:
    return NO_TAX.get(version, "NONE")


def rate_of(version: str, use: str) -> str:
    """The TaxType that accounts of this use have by default."""
    if not use:
        return no_tax(version)
    return next(one[0] for one in TAX_RATES[version] if one[3] == use)


def accounts(version: str) -> list[dict[str, Any]]:
    """The chart as the books keep it."""
    return [
        {
            "code": code,
            "name": TAX_ACCOUNT[version] if system == "GST" else name,
            "type": kind,
            "status": "ACTIVE",
            "tax_type": rate_of(version, use),
            "system": system,
            "payments": payments,
        }
        for code, name, kind, use, system, payments in CHART
    ]
