"""Their organisation, chart of accounts and tax rates as codes. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from apps.connectors.port import Code, CodeKind, CodePart, Company, Role
from apps.connectors.xero.money import account_of
from apps.connectors.xero.rules import NO_TAXES
from apps.connectors.xero.wire import Raw, Unread, day_or_none, figure, figure_or, members, text

TAXED = "tax_types"  # the regime of whoever keeps tax: every line bears one of their types
ACTIVE = "ACTIVE"
BANK = "BANK"
AUTOMATIC = ("AVALARA",)  # a US organisation looks such a rate up by itself
PURCHASES = ("INPUT", "CAPEX", "IMPORT", "GSTONCAPIMPORTS", "GSTONIMPORTS", "ECACQUISITIONS")
# How a return of theirs reports a rate → how we call that treatment. What is not here (goods and
# services to the European Union among it) a person chooses.
TREATMENTS = {"ZERORATEDOUTPUT": "zero", "EXEMPTOUTPUT": "exempt", "EXEMPTEXPORT": "export"}
# Tax types that say it by themselves.
TYPES = {"NONE": "outside", "BASEXCLUDED": "outside", "RROUTPUT": "reduced"}
# The system accounts that are looked for by name.
DEBTORS, ROUNDING, RETAINED = "DEBTORS", "ROUNDING", "RETAINEDEARNINGS"

# Type → roles. Payments may go to a bank account and to whatever has them enabled.
ROLES: Mapping[str, frozenset[Role]] = {
    BANK: frozenset({Role.BANK, Role.CLEARING}),
    "CURRENT": frozenset({Role.CLEARING, Role.CURRENT_ASSET}),
    "CURRLIAB": frozenset({Role.LIABILITY}),
    "LIABILITY": frozenset({Role.LIABILITY}),
    "TERMLIAB": frozenset({Role.LIABILITY}),
    "REVENUE": frozenset({Role.INCOME}),
    "SALES": frozenset({Role.INCOME}),
    "OTHERINCOME": frozenset({Role.INCOME}),
    "EXPENSE": frozenset({Role.EXPENSE}),
    "OVERHEADS": frozenset({Role.EXPENSE}),
    "DIRECTCOSTS": frozenset({Role.EXPENSE}),
}
# What Xero itself books to, whatever its type is: nothing of ours is mapped there.
SYSTEM_ROLES: Mapping[str, frozenset[Role]] = {
    DEBTORS: frozenset({Role.RECEIVABLE}),
    "GST": frozenset({Role.TAX}),
    "REALISEDCURRENCYGAIN": frozenset({Role.EXCHANGE}),
    ROUNDING: frozenset({Role.ROUNDING}),
}
NOTHING: frozenset[Role] = frozenset()
PROFIT = frozenset(
    {"REVENUE", "SALES", "OTHERINCOME", "EXPENSE", "OVERHEADS", "DIRECTCOSTS", "DEPRECIATN"}
)


DEMO = (
    "This is Xero's Demo Company: it is reset from time to time, and everything in it is another "
    "then."
)


def account_id(raw: Raw) -> str:
    """By its code, as lines name it; one without a code (a bank account may have none) by its id."""
    return account_of({"Account": raw}, "Account")


def is_bank(raw: Raw) -> bool:
    return text(raw, "Type").upper() == BANK


def account_code(raw: Raw) -> Code:
    word = text(raw, "SystemAccount").upper()
    roles = (
        SYSTEM_ROLES.get(word, NOTHING) if word else ROLES.get(text(raw, "Type").upper(), NOTHING)
    )
    if not is_bank(raw) and raw.get("EnablePaymentsToAccount") is not True:
        roles -= {Role.CLEARING}
    detail = {
        "type": text(raw, "Type"),
        "class": text(raw, "Class"),
        "system": word,
        "tax_type": text(raw, "TaxType"),
        "payments": "yes" if raw.get("EnablePaymentsToAccount") is True else "",
        "id": text(raw, "AccountID"),
    }
    return Code(
        kind=CodeKind.ACCOUNT,
        remote_id=account_id(raw),
        name=text(raw, "Name"),
        number=text(raw, "Code"),
        active=text(raw, "Status").upper() in ("", ACTIVE),
        currency=text(raw, "CurrencyCode"),
        roles=roles,
        detail={name: value for name, value in detail.items() if value},
    )


def tax_code(raw: Raw) -> Code:
    """A rate by its tax type, which is what lines name. It is one part, at its effective rate: its
    components go to one account, and a document tells the tax of none of them."""
    word = text(raw, "TaxType")
    active = text(raw, "Status").upper() in ("", ACTIVE)
    compound = any(each.get("IsCompound") is True for each in members(raw, "TaxComponents"))
    fits = (
        active
        and raw.get("CanApplyToRevenue") is not False
        and word.upper() not in AUTOMATIC
        and not word.upper().startswith(PURCHASES)
    )
    report = text(raw, "ReportTaxType")
    detail = {
        "report": report,
        "treatment": TYPES.get(word.upper()) or TREATMENTS.get(report.upper(), ""),
        "components": ", ".join(
            f"{text(each, 'Name')} {figure_or(each, 'Rate', figure(raw, 'EffectiveRate'))}"
            for each in members(raw, "TaxComponents")
        ),
        "tax_on_tax": "yes" if compound else "",
    }
    return Code(
        kind=CodeKind.TAX_CODE,
        remote_id=word,
        name=text(raw, "Name"),
        active=active,
        roles=frozenset({Role.SALES_TAX}) if fits else NOTHING,
        detail={name: value for name, value in detail.items() if value},
        parts=(
            CodePart(remote_id=word, name=text(raw, "Name"), percent=figure(raw, "EffectiveRate")),
        ),
    )


def codes_of(accounts: Sequence[Raw], rates: Sequence[Raw]) -> tuple[Code, ...]:
    """Each once; what cannot be read of one keeps no other back."""
    found: dict[tuple[CodeKind, str], Code] = {}
    for made, listed in ((account_code, accounts), (tax_code, rates)):
        for raw in listed:
            try:
                code = made(raw)
            except Unread:
                continue
            before = found.get((code.kind, code.remote_id))
            # An archived account may leave its code to another.
            if code.remote_id and (before is None or (code.active and not before.active)):
                found[code.kind, code.remote_id] = code
    return tuple(found.values())


def company_of(tenant: str, raw: Raw, currencies: Sequence[Raw]) -> Company:
    locks = [day_or_none(raw, name) for name in ("PeriodLockDate", "EndOfYearLockDate")]
    known: list[date] = [each for each in locks if each is not None]
    home = text(raw, "BaseCurrency")
    regime = NO_TAXES if raw.get("PaysTax") is False else TAXED
    several = any(text(each, "Code") not in ("", home) for each in currencies)
    return Company(
        remote_id=tenant,
        name=text(raw, "Name") or text(raw, "LegalName"),
        country=text(raw, "CountryCode"),
        home_currency=home,
        multi_currency=several,
        tax_regime=regime,
        # A line without one takes that of its account or contact, by Xero's choice.
        tax_code_on_every_line=regime == TAXED,
        works_out_tax=False,
        closing_date=max(known, default=None),
        warnings=(DEMO,) if raw.get("IsDemoCompany") is True else (),
        demo=raw.get("IsDemoCompany") is True,
        settings={
            "multi_currency": "yes" if several else "no",
            "sales_tax": "yes" if regime == TAXED else "no",
            "tax_basis": text(raw, "SalesTaxBasis"),
            "version": text(raw, "Version"),
            "plan": text(raw, "Class"),
            "short_code": text(raw, "ShortCode"),
            "year_end": f"{text(raw, 'FinancialYearEndMonth')}-{text(raw, 'FinancialYearEndDay')}",
        },
    )
