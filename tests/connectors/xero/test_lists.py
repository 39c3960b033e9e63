"""Their company, chart and tax rates; and the trial balance of all years."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import TryLater
from apps.connectors.port import Role
from apps.connectors.xero import reports
from tests.connectors.xero import answers
from tests.connectors.xero.answers import Script, envelope, said, xero

ORGANISATION = {
    "Name": "Brass & Oak Ltd",
    "LegalName": "Brass & Oak Limited",
    "PaysTax": True,
    "Version": "UK",
    "BaseCurrency": "GBP",
    "CountryCode": "GB",
    "IsDemoCompany": False,
    "FinancialYearEndDay": 31,
    "FinancialYearEndMonth": 3,
    "Timezone": "GMTSTANDARDTIME",
    "Class": "A_PLAN_NOBODY_KNEW",
    "OrganisationID": answers.TENANT,
}
RATES: list[dict[str, Any]] = [
    {
        "Name": "20% (VAT on Income)",
        "TaxType": "OUTPUT2",
        "Status": "ACTIVE",
        "CanApplyToRevenue": True,
        "EffectiveRate": 20.0,
        "TaxComponents": [{"Name": "VAT", "Rate": 20.0, "IsCompound": False}],
    },
    {"Name": "Purchases", "TaxType": "INPUT2", "CanApplyToRevenue": False, "EffectiveRate": 20.0},
    {"Name": "Auto Look Up", "TaxType": "AVALARA", "CanApplyToRevenue": True, "EffectiveRate": 0.0},
    {"Name": "Old", "TaxType": "OUTPUT", "Status": "DELETED", "EffectiveRate": 17.5},
    {"Name": "Broken", "TaxType": "TAX001"},
]


def company(**more: Any) -> Any:
    script = Script(
        {
            "GET Organisation": said(envelope(Organisations=[ORGANISATION | more])),
            "GET Currencies": said(envelope(Currencies=[{"Code": "GBP"}, {"Code": "USD"}])),
        }
    )
    return xero().company(script)


def test_the_company_says_who_it_is_and_up_to_when_it_is_closed() -> None:
    found = company(
        PeriodLockDate="/Date(1793404800000+0000)/", EndOfYearLockDate="/Date(1774915200000+0000)/"
    )
    assert (found.remote_id, found.home_currency, found.country) == (answers.TENANT, "GBP", "GB")
    assert (found.multi_currency, found.tax_code_on_every_line) == (True, True)
    assert found.closing_date == date(2026, 10, 31)  # the later of both locks
    assert company().closing_date is None  # absent where none is set


def test_an_organisation_without_tax_bears_none() -> None:
    assert company(PaysTax=False).tax_regime == "none"


def test_the_chart_tells_what_may_serve_as_what() -> None:
    script = Script(
        {
            "GET Accounts": said(envelope(Accounts=answers.accounts_raw())),
            "GET TaxRates": said(envelope(TaxRates=RATES)),
        }
    )
    codes = {each.remote_id: each for each in xero().codes(script)}
    roles = {name: set(each.roles) for name, each in codes.items()}
    assert roles["090"] == {Role.BANK, Role.CLEARING}
    assert roles[answers.BANK] == {Role.BANK, Role.CLEARING}  # a bank account without a code
    assert codes[answers.BANK].currency == "EUR"
    assert roles["200"] == {Role.INCOME}
    assert roles["610"] == {Role.RECEIVABLE}
    assert roles["620"] == {Role.CLEARING, Role.CURRENT_ASSET}
    assert roles["820"] == {Role.TAX}
    assert roles["860"] == {Role.ROUNDING}  # which refunds pass through
    assert roles["OUTPUT2"] == {Role.SALES_TAX}
    assert [each.percent for each in codes["OUTPUT2"].parts] == [Decimal(20)]
    assert roles["INPUT2"] == roles["AVALARA"] == roles["OUTPUT"] == set()
    assert "TAX001" not in codes  # a rate without a percentage is none


# --- The trial balance ------------------------------------------------------------------------


def account(place: int) -> str:
    return str(answers.accounts_raw()[place]["AccountID"])


SALES, RECEIVABLE, RETAINED = account(2), account(4), account(9)


def report(*rows: tuple[str, str, str]) -> Any:
    def cell(value: str, own: str) -> dict[str, Any]:
        return {"Value": value, "Attributes": [{"Value": own, "Id": "account"}]}

    listed = [
        {"RowType": "Row", "Cells": [cell(each, own) for each in ("x", "9.99", "", debit, credit)]}
        for own, debit, credit in rows
    ]
    total = {"RowType": "SummaryRow", "Cells": [{"Value": "Total"}] * 5}
    head = [{"Value": name} for name in ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")]
    sections = [{"RowType": "Section", "Title": "", "Rows": [*listed, total]}]
    return said(envelope(Reports=[{"Rows": [{"RowType": "Header", "Cells": head}, *sections]}]))


def test_income_of_all_years_is_put_together_again() -> None:
    """100 sold two years ago, 50 last year, 20 this one: each year's report shows its own, and the
    older ones in retained earnings, where nothing was ever entered."""
    by_day = {
        "2029-03-31": report((RECEIVABLE, "170.00", ""), (RETAINED, "", "170.00")),
        "2028-03-31": report((RECEIVABLE, "170.00", ""), (RETAINED, "", "170.00")),
        "2027-03-31": report(
            (RECEIVABLE, "170.00", ""), (SALES, "", "20.00"), (RETAINED, "", "150.00")
        ),
        "2026-03-31": report(
            (RECEIVABLE, "150.00", ""), (SALES, "", "50.00"), (RETAINED, "", "100.00")
        ),
        "2025-03-31": report((RECEIVABLE, "100.00", ""), (SALES, "", "100.00")),
        "2024-03-31": report(),
        # Within the year before this one: 30 of its 50 were sold by then.
        "2025-11-30": report(
            (RECEIVABLE, "130.00", ""), (SALES, "", "30.00"), (RETAINED, "", "100.00")
        ),
    }
    script = Script(
        {
            "GET Accounts": said(envelope(Accounts=answers.accounts_raw())),
            "GET Organisation": said(envelope(Organisations=[ORGANISATION])),
            "GET Reports/TrialBalance": lambda request: by_day[dict(request.query)["date"]],
        }
    )
    found = {name: each for name, each in xero().balances(script).items() if each}
    assert found == {"610": Decimal(170), "200": Decimal(-170)}
    then = xero().balances(script, date(2025, 11, 30))
    assert {name: each for name, each in then.items() if each} == {
        "610": Decimal(130),
        "200": Decimal(-130),
    }


@pytest.mark.parametrize("cell", ["n/a", None])
def test_a_report_with_a_figure_that_is_none_is_not_believed(cell: Any) -> None:
    script = Script(
        {
            "GET Accounts": said(envelope(Accounts=answers.accounts_raw())),
            "GET Organisation": said(envelope(Organisations=[ORGANISATION])),
            "GET Reports/TrialBalance": report((SALES, cell, "")),
        }
    )
    with pytest.raises(TryLater):
        xero().balances(script)


def test_a_fiscal_year_may_end_on_the_last_of_february() -> None:
    chart = reports.Chart(ids={}, profit=frozenset(), retained="", year_ends=(2, 29))
    assert chart.end(2027) == date(2027, 2, 28)
    assert chart.year_of(date(2027, 3, 1)) == 2028
