"""Which of their tax codes may stand on a sale, and what they are made of on a day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Role
from apps.connectors.quickbooks.lists import rates_of, tax_code_of
from apps.connectors.quickbooks.taxes import AUTOMATED, MANUAL, NONE, TAX_CODES

TODAY = date(2026, 11, 20)
AGENCIES = [{"Id": "1", "DisplayName": "Canada Revenue Agency"}]


def rate(remote_id: str, percent: float, **more: Any) -> dict[str, Any]:
    return {
        "Id": remote_id,
        "Name": f"Rate {remote_id}",
        "RateValue": percent,
        "AgencyRef": {"value": "1"},
        **more,
    }


def code(*rates: str, applied: str = "TaxOnAmount", **more: Any) -> dict[str, Any]:
    details = [{"TaxRateRef": {"value": each}, "TaxTypeApplicable": applied} for each in rates]
    return {
        "Id": "3",
        "Name": "GST/PST",
        "SalesTaxRateList": {"TaxRateDetail": details},
        "PurchaseTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "9"}}]},
        **more,
    }


RATES = rates_of([rate("5", 5), rate("6", 9.975), rate("9", 5, Active=False)], AGENCIES, TODAY)
WORDS = ({"Id": "TAX", "Name": "TAX"}, {"Id": "NON", "Name": "NON"})


def is_for_sales(source: dict[str, Any], regime: str) -> bool:
    return Role.SALES_TAX in tax_code_of(source, RATES, regime).roles


def test_a_code_is_made_of_its_rates_for_sales_in_their_order() -> None:
    found = tax_code_of(code("6", "5"), RATES, TAX_CODES)
    assert [(each.remote_id, each.percent, each.agency) for each in found.parts] == [
        ("6", Decimal("9.975"), "Canada Revenue Agency"),
        ("5", Decimal(5), "Canada Revenue Agency"),
    ]


@pytest.mark.parametrize("regime", [TAX_CODES, MANUAL])
@pytest.mark.parametrize(
    ("source", "fits"),
    [
        (code("5"), True),
        (code("5", "6"), True),
        (code(), False),  # for purchases only
        (code("5", Active=False), False),
        (code("5", Hidden=True), False),
        (code("9"), False),  # its rate is inactive
        (code("5", "77"), False),  # one of its rates is not told
        (code("5", "6", applied="TaxOnAmountPlusTax"), False),
    ],
)
def test_a_code_may_stand_on_a_sale_where_all_of_it_is_known(
    source: dict[str, Any], regime: str, fits: bool
) -> None:
    assert is_for_sales(source, regime) == fits


@pytest.mark.parametrize(
    ("regime", "offered"),
    [
        (TAX_CODES, (False, False, True)),
        (MANUAL, (False, True, True)),
        (AUTOMATED, (True, True, False)),
        (NONE, (False, False, False)),
    ],
)
def test_the_words_of_a_us_line_are_offered_by_regime(
    regime: str, offered: tuple[bool, bool, bool]
) -> None:
    assert tuple(is_for_sales(each, regime) for each in (*WORDS, code("5"))) == offered
    assert tax_code_of(code("5"), RATES, AUTOMATED).parts == ()


@pytest.mark.parametrize(
    ("day", "percent", "since", "until"),
    [
        (date(2019, 12, 31), 4, "", ""),  # before any: what they show
        (date(2020, 1, 1), 20, "2020-01-01", "2026-12-31"),
        (date(2026, 12, 31), 20, "2020-01-01", "2026-12-31"),
        (date(2027, 1, 1), 22, "2027-01-01", ""),
    ],
)
def test_a_rate_has_the_percentage_of_the_day(
    day: date, percent: int, since: str, until: str
) -> None:
    changing = rate(
        "5",
        4,
        EffectiveTaxRate=[
            {
                "RateValue": 20,
                "EffectiveDate": "2020-01-01T00:00:00-08:00",
                "EndDate": "2026-12-31T00:00:00-08:00",
            },
            {"RateValue": 22, "EffectiveDate": "2027-01-01T00:00:00-08:00"},
        ],
    )
    found = tax_code_of(code("5"), rates_of([changing], AGENCIES, day), TAX_CODES)
    assert found.parts[0].percent == percent
    assert (found.detail.get("since", ""), found.detail.get("until", "")) == (since, until)
