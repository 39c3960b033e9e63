"""Their chart, lists, company and trial balance as codes and figures. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Code, CodeKind, CodePart, Company, DatedPercent, Role
from apps.connectors.quickbooks.taxes import AUTOMATED, MANUAL, NONE, NOT_TAXED, TAX_CODES, TAXED
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

UNDEPOSITED = "UndepositedFunds"

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
        # Undeposited funds take money of any currency, though the account names the home one.
        currency=""
        if text(source, "AccountSubType") == UNDEPOSITED
        else ref_of(source, "CurrencyRef"),
        roles=_account_roles(source) if kind is CodeKind.ACCOUNT else frozenset(),
        detail={ours: text(source, name) for ours, name in _DETAILS.items() if name in source},
    )


def _account_roles(source: Mapping[str, Any]) -> frozenset[Role]:
    nothing: frozenset[Role] = frozenset()
    by_type = ROLES.get(text(source, "AccountType"), nothing)
    return by_type | ROLES_OF_SUBTYPE.get(text(source, "AccountSubType"), nothing)


# --- Tax codes --------------------------------------------------------------------------------

# What a tax code is made of is told in three lists.
TAX_LISTS = ("TaxCode", "TaxRate", "TaxAgency")


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate of theirs on a day."""

    part: CodePart
    active: bool
    since: str  # ISO dates; empty where they say none
    until: str


def rates_of(
    rates: Sequence[Mapping[str, Any]], agencies: Sequence[Mapping[str, Any]], today: date
) -> dict[str, Rate]:
    """By id. A rate keeps the percentages of its past and future; the one of today counts.

    One whose percentage or days cannot be read is left out, and no code that is made of it fits a
    sale: a percentage that is missing is not nil.
    """
    names = {text(each, "Id"): text(each, "DisplayName") for each in agencies}
    found: dict[str, Rate] = {}
    for each in rates:
        try:
            percent, since, until = _in_force(each, today)
        except (ValueError, ArithmeticError):
            continue
        agency = ref_of(each, "AgencyRef")
        part = CodePart(
            remote_id=text(each, "Id"),
            name=text(each, "Name"),
            percent=percent,
            agency=names.get(agency, agency),
            dated=_dated(each),
        )
        found[part.remote_id] = Rate(part, each.get("Active") is not False, since, until)
    return found


def _dated(rate: Mapping[str, Any]) -> tuple[DatedPercent, ...]:
    """All its percentages, where it has more than one."""
    steps = members(rate, "EffectiveTaxRate")
    if len(steps) < 2:
        return ()
    return tuple(
        DatedPercent(
            percent=figure(each.get("RateValue")),
            since=day(each, "EffectiveDate"),
            until=day(each, "EndDate"),
        )
        for each in steps
    )


def _in_force(rate: Mapping[str, Any], today: date) -> tuple[Decimal, str, str]:
    """The percentage of a day with the days from and to which it holds."""
    holding = [
        each
        for each in members(rate, "EffectiveTaxRate")
        if (day(each, "EffectiveDate") or date.min) <= today <= (day(each, "EndDate") or date.max)
    ]
    if not holding:
        return _percent(rate), "", ""
    latest = max(holding, key=lambda each: day(each, "EffectiveDate") or date.min)
    since, until = day(latest, "EffectiveDate"), day(latest, "EndDate")
    return (
        _percent(latest),
        since.isoformat() if since else "",
        until.isoformat() if until else "",
    )


def _percent(source: Mapping[str, Any]) -> Decimal:
    if source.get("RateValue") in (None, ""):
        raise ValueError("a rate without a percentage")
    return figure(source["RateValue"])


def tax_code_of(source: Mapping[str, Any], rates: Mapping[str, Rate], regime: str) -> Code:
    """A tax code with its parts as they fall on a sale.

    Fit for a sale are, outside the US, active and shown codes that have rates for sales; in a
    manual US company these and `NON`; in an automated one only `TAX` and `NON`, which have no
    rates. A code in which one tax is due on another is none: Tieout works no tax on tax out.
    """
    remote_id = text(source, "Id")
    details = members(mapping(source, "SalesTaxRateList"), "TaxRateDetail")
    there = [rates[rate_id] for each in details if (rate_id := ref_of(each, "TaxRateRef")) in rates]
    word = remote_id in (TAXED, NOT_TAXED)
    made_of_rates = (
        bool(there) and len(there) == len(details) and all(each.active for each in there)
    )
    plain = all(text(each, "TaxTypeApplicable") in ("", "TaxOnAmount") for each in details)
    fits = {
        TAX_CODES: made_of_rates and plain,
        MANUAL: remote_id == NOT_TAXED or (made_of_rates and plain and not word),
        AUTOMATED: word,
    }
    shown = source.get("Active") is not False and source.get("Hidden") is not True
    detail = {
        "description": text(source, "Description"),
        "since": max((each.since for each in there), default=""),
        "until": min((each.until for each in there if each.until), default=""),
        "tax_on_tax": "" if plain else "yes",
    }
    return Code(
        kind=CodeKind.TAX_CODE,
        remote_id=remote_id,
        name=text(source, "Name"),
        active=shown,
        roles=frozenset({Role.SALES_TAX}) if shown and fits.get(regime, False) else frozenset(),
        detail={name: value for name, value in detail.items() if value},
        parts=() if word or regime == AUTOMATED else tuple(each.part for each in there),
    )


# --- The company ------------------------------------------------------------------------------


# Preferences of sales forms that act on what we send, and what staff read of them.
BY_ITSELF = {
    "AutoApplyCredit": "QuickBooks applies credits by itself in this company: it may set a credit "
    "note against the oldest open invoice before Tieout sets it against the one you chose. To "
    "switch that off: Account and settings, Advanced, Automation, “Automatically apply credits”.",
    "AutoApplyPayments": "QuickBooks applies money on account by itself in this company: it may set "
    "it against the next invoice before you do. To switch that off: Account and settings, "
    "Advanced, Automation.",
}


def company_of(
    company_id: str, information: Mapping[str, Any], preferences: Mapping[str, Any]
) -> Company:
    """From CompanyInfo and Preferences. Every company is served; `tax_regime` is a word of
    `taxes`."""
    currencies = mapping(preferences, "CurrencyPrefs")
    accounting = mapping(preferences, "AccountingInfoPrefs")
    forms = mapping(preferences, "SalesFormsPrefs")
    country = text(information, "Country")
    regime = _tax_regime(mapping(preferences, "TaxPrefs"), country)
    return Company(
        remote_id=company_id,
        name=text(information, "CompanyName") or text(information, "LegalName"),
        country=country,
        home_currency=ref_of(currencies, "HomeCurrency"),
        multi_currency=currencies.get("MultiCurrencyEnabled") is True,
        tax_regime=regime,
        tax_code_on_every_line=regime == TAX_CODES,
        works_out_tax=regime == AUTOMATED,
        closing_date=day(accounting, "BookCloseDate"),
        warnings=tuple(words for name, words in BY_ITSELF.items() if forms.get(name) is True),
        settings={
            "sales_tax": "no" if regime == NONE else "yes",
            "multi_currency": _yes(currencies.get("MultiCurrencyEnabled")),
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
        return NONE
    if country not in ("US", "USA", ""):
        return TAX_CODES
    return AUTOMATED if "PartnerTaxEnabled" in preferences else MANUAL


def _yes(value: Any) -> str:
    return "yes" if value is True else "no"


# --- The trial balance ------------------------------------------------------------------------


def balances_of(report: Mapping[str, Any]) -> dict[str, Decimal]:
    """Account id → debit less credit. Columns: account (with its id), debit, credit.

    Rows may be grouped; those without an account's id are headings and totals. An account that
    stands in several rows is added up. Raises ValueError or ArithmeticError for a cell that is no
    figure; an empty one is nil, one that is missing is not.
    """
    found: dict[str, Decimal] = {}
    for row in _rows(report):
        columns = members(row, "ColData")
        if len(columns) < 3 or not text(columns[0], "id"):
            continue
        account = text(columns[0], "id")
        debit, credit = columns[1].get("value"), columns[2].get("value")
        if debit is None or credit is None:
            raise ValueError("a row without its figures")
        balance = figure(debit) - figure(credit)
        found[account] = found.get(account, Decimal(0)) + balance
    return found


def _rows(source: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for row in members(mapping(source, "Rows"), "Row"):
        yield row
        yield from _rows(row)
