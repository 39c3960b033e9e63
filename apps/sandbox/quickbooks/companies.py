"""Open a new company: its chart of accounts, terms, payment methods and first item."""

import secrets
from typing import Any

from django.db import transaction

from ..clock import clock, microseconds
from ..models import Company
from . import operations
from .book import Book
from .kinds import Options, kind_of
from .switches import DEFAULTS, check
from .tax_tables import PROFILES, add_pseudo_codes, furnish

# Name, type, sub-type: what a US product company starts with.
CHART = (
    ("Checking", "Bank", "Checking"),
    ("Savings", "Bank", "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("Inventory Asset", "Other Current Asset", "Inventory"),
    ("Prepaid Expenses", "Other Current Asset", "PrepaidExpenses"),
    ("Furniture and Equipment", "Fixed Asset", "FurnitureAndFixtures"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Company Credit Card", "Credit Card", "CreditCard"),
    ("Customer Prepayments", "Other Current Liability", "OtherCurrentLiabilities"),
    ("Payroll Liabilities", "Other Current Liability", "PayrollTaxPayable"),
    ("Notes Payable", "Long Term Liability", "NotesPayable"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Services", "Income", "ServiceFeeIncome"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("Consulting Income", "Income", "ServiceFeeIncome"),
    ("Shipping Income", "Income", "SalesOfProductIncome"),
    ("Discounts given", "Income", "DiscountsRefundsGiven"),
    ("Uncategorized Income", "Income", "ServiceFeeIncome"),
    ("Interest Earned", "Other Income", "InterestEarned"),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Bank Charges", "Expense", "BankCharges"),
    ("Bad Debts", "Expense", "BadDebts"),
    ("Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
    ("Rent or Lease", "Expense", "RentOrLeaseOfBuildings"),
)
TERMS = (("Due on receipt", 0), ("Net 10", 10), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))
PAYMENT_METHODS = (
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Credit Card", "CREDIT_CARD"),
    ("Bank Transfer", "NON_CREDIT_CARD"),
)


def open_company(
    name: str,
    *,
    country: str = "",
    home_currency: str = "",
    profile: str = "us_no_tax",
    zone: str = "",
    settings: dict[str, Any] | None = None,
) -> Company:
    """A company ready to connect to; raises ValueError for a profile or setting that does not exist.

    Country, home currency and zone are the profile's own where they are not given.
    """
    if profile not in PROFILES:
        raise ValueError(f"{profile} is not one of {', '.join(PROFILES)}")
    check(settings or {})
    usual = PROFILES[profile]
    with transaction.atomic(using="sandbox"):
        company = Company.objects.create(
            realm=str(9341450000000000 + secrets.randbelow(10**12)),
            name=name,
            country=country or usual.country,
            home_currency=home_currency or usual.currency,
            zone=zone or usual.zone,
            profile=profile,
            settings={
                **DEFAULTS,
                "multicurrency": usual.multicurrency,
                "control_accounts": {"receivable": 0, "undeposited_funds": 0},
                **(settings or {}),
            },
            created_us=microseconds(clock.now()),
        )
        _furnish(company)
    return company


def _furnish(company: Company) -> None:
    closed = company.settings["book_close_date"]
    book = Book(company)
    book.brand_new = True
    accounts: dict[str, int] = {}
    for name, kind, sub_type in CHART:
        sent = {"Name": name, "AccountType": kind, "AccountSubType": sub_type}
        accounts[name] = _add(book, "Account", sent)
    terms = {name: _add(book, "Term", {"Name": name, "DueDays": days}) for name, days in TERMS}
    for name, kind in PAYMENT_METHODS:
        _add(book, "PaymentMethod", {"Name": name, "Type": kind})
    income = {"value": str(accounts["Services"])}
    _add(book, "Item", {"Name": "Services", "Type": "Service", "IncomeAccountRef": income})
    company.settings |= {
        "control_accounts": {
            "receivable": accounts["Accounts Receivable (A/R)"],
            "undeposited_funds": accounts["Undeposited Funds"],
        },
        "discount_account": accounts["Discounts given"],
        "default_term": terms["Net 30"],
        "default_tax_code": furnish(book, PROFILES[company.profile]),
        "book_close_date": closed,
    }
    book.flush()
    if company.country == "US":
        add_pseudo_codes(book)
    company.save()


def _add(book: Book, kind: str, sent: dict[str, Any]) -> int:
    return operations.perform(book, kind_of(kind), "create", sent, Options()).object_id
