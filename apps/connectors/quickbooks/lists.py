"""Their chart, lists, company and trial balance as codes and figures. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Code, CodeKind, Company, Role
from apps.connectors.quickbooks.wire import day, figure, mapping, members, ref_of, text

# Their entity → what of ours can be mapped to it.
LISTED: dict[str, CodeKind] = {
    "Account": CodeKind.ACCOUNT,
    "Term": CodeKind.TERM,
    "PaymentMethod": CodeKind.PAYMENT_METHOD,
    "Class": CodeKind.CLASS,
    "Department": CodeKind.LOCATION,
}

# AccountType → roles. Clearing accounts of card companies and the undeposited funds are current
# assets; a bank account can serve as clearing as well.
ROLES: dict[str, frozenset[Role]] = {
    "Income": frozenset({Role.INCOME}),
    "Other Income": frozenset({Role.INCOME}),
    "Accounts Receivable": frozenset({Role.RECEIVABLE}),
    "Bank": frozenset({Role.BANK, Role.CLEARING}),
    "Other Current Asset": frozenset({Role.CLEARING}),
    "Other Current Liability": frozenset({Role.LIABILITY}),
    "Long Term Liability": frozenset({Role.LIABILITY}),
    "Expense": frozenset({Role.EXPENSE}),
    "Other Expense": frozenset({Role.EXPENSE}),
    "Cost of Goods Sold": frozenset({Role.EXPENSE}),
}

# AccountSubType → a role that the type alone does not tell: accounts that sales and payments post to
# by themselves (the agency's; VAT is moved on to a suspense account when a return is filed).
ROLES_OF_SUBTYPE: dict[str, frozenset[Role]] = {
    "SalesTaxPayable": frozenset({Role.TAX}),
    "GlobalTaxPayable": frozenset({Role.TAX}),
    "GlobalTaxSuspense": frozenset({Role.TAX}),
    "ExchangeGainOrLoss": frozenset({Role.EXCHANGE}),
}

_DETAILS = {
    "type": "AccountType",
    "subtype": "AccountSubType",
    "classification": "Classification",
    "due_days": "DueDays",
    "day_of_month": "DayOfMonthDue",
    "method_type": "Type",
}


def code_of(entity: str, source: Mapping[str, Any]) -> Code:
    kind = LISTED[entity]
    return Code(
        kind=kind,
        remote_id=text(source, "Id"),
        name=text(source, "FullyQualifiedName") or text(source, "Name"),
        number=text(source, "AcctNum"),
        active=source.get("Active") is not False,
        currency=ref_of(source, "CurrencyRef"),
        roles=_account_roles(source) if kind is CodeKind.ACCOUNT else frozenset(),
        detail={ours: text(source, name) for ours, name in _DETAILS.items() if name in source},
    )


def _account_roles(source: Mapping[str, Any]) -> frozenset[Role]:
    nothing: frozenset[Role] = frozenset()
    by_type = ROLES.get(text(source, "AccountType"), nothing)
    return by_type | ROLES_OF_SUBTYPE.get(text(source, "AccountSubType"), nothing)


# --- The company ------------------------------------------------------------------------------

WITH_TAX = (
    "Sales tax is switched on in this QuickBooks company. Tieout does not serve sales tax in "
    "QuickBooks yet, and would not agree with it to the penny."
)
WITH_CURRENCIES = (
    "Multicurrency is switched on in this QuickBooks company. Tieout does not serve several "
    "currencies in QuickBooks yet."
)


def company_of(
    company_id: str, information: Mapping[str, Any], preferences: Mapping[str, Any]
) -> Company:
    """From CompanyInfo and Preferences. A company that uses sales tax or several currencies is
    refused with a sentence each."""
    currencies = mapping(preferences, "CurrencyPrefs")
    accounting = mapping(preferences, "AccountingInfoPrefs")
    forms = mapping(preferences, "SalesFormsPrefs")
    several = currencies.get("MultiCurrencyEnabled") is True
    country = text(information, "Country")
    regime = _tax_regime(mapping(preferences, "TaxPrefs"), country)
    refusals = [WITH_TAX] if regime != "none" else []
    if several:
        refusals.append(WITH_CURRENCIES)
    return Company(
        remote_id=company_id,
        name=text(information, "CompanyName") or text(information, "LegalName"),
        country=country,
        home_currency=ref_of(currencies, "HomeCurrency"),
        multi_currency=several,
        tax_regime=regime,
        closing_date=day(accounting, "BookCloseDate"),
        refusals=tuple(refusals),
        settings={
            "custom_numbers": _yes(forms.get("CustomTxnNumbers")),
            "auto_apply_credit": _yes(forms.get("AutoApplyCredit")),
            "auto_apply_payments": _yes(forms.get("AutoApplyPayments")),
            "class_per_line": _yes(accounting.get("ClassTrackingPerTxnLine")),
            "class_per_document": _yes(accounting.get("ClassTrackingPerTxn")),
            "locations": _yes(accounting.get("TrackDepartments")),
            "account_numbers": _yes(accounting.get("UseAccountNumbers")),
        },
    )


def _tax_regime(preferences: Mapping[str, Any], country: str) -> str:
    """`PartnerTaxEnabled` present means that QuickBooks works out US tax itself."""
    if preferences.get("UsingSalesTax") is not True:
        return "none"
    if country not in ("US", "USA", ""):
        return "tax codes"
    return "automated" if "PartnerTaxEnabled" in preferences else "manual"


def _yes(value: Any) -> str:
    return "yes" if value is True else "no"


# --- The trial balance ------------------------------------------------------------------------


def trial_balance_parameters(until: date) -> tuple[tuple[str, str], ...]:
    """The report `TrialBalance` of everything booked up to a date, by invoice (not by payment)."""
    return (
        ("start_date", "1970-01-01"),
        ("end_date", until.isoformat()),
        ("accounting_method", "Accrual"),
    )


def balances_of(report: Mapping[str, Any]) -> dict[str, Decimal]:
    """Account id → debit less credit. Columns: account (with its id), debit, credit.

    Rows may be grouped; those without an account's id are headings and totals. An account that
    stands in several rows is added up.
    """
    found: dict[str, Decimal] = {}
    for row in _rows(report):
        columns = members(row, "ColData")
        if len(columns) < 3 or not text(columns[0], "id"):
            continue
        account = text(columns[0], "id")
        balance = figure(columns[1].get("value")) - figure(columns[2].get("value"))
        found[account] = found.get(account, Decimal(0)) + balance
    return found


def _rows(source: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for row in members(mapping(source, "Rows"), "Row"):
        yield row
        yield from _rows(row)
