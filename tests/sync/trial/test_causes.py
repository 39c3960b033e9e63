"""Each rule finds its cause, names where to put it right, and is silent where both sides agree."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.snapshots import InvoiceSnapshot, Line, TaxAmount
from apps.sync.trial.causes import Came, Where, causes

D = Decimal
GOODS = Line(
    key="1", net=D("90.00"), unit_price=D("90"), description="Lantern", item_id="7",
    account_id="79", tax_code_id="S", tax=D("18.00"),
)  # fmt: skip
WORK = replace(GOODS, key="2", net=D("10.00"), description="Engraving", item_id="8", tax=D("2.00"))
OURS = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="1",
    issue_date=date(2026, 4, 3),
    due_date=date(2026, 5, 3),
    currency="GBP",
    lines=(GOODS, WORK),
    net=D("100.00"),
    tax=D("20.00"),
    total=D("120.00"),
    taxes=(TaxAmount(rate_id="r20", net=D(100), tax=D("20.00")),),
)
NAMES = {("account", "79"): "4000 Sales", ("account", "80"): "4900 Other", ("tax_code", "S"): "20.0% S",
         ("tax_code", "Z"): "0.0% Z"}  # fmt: skip


def came(**theirs: Any) -> Came:
    return Came(
        ours=OURS,
        theirs=replace(OURS, **theirs),
        name="Plain",
        called=lambda what, key: NAMES.get((what, key), f"id {key}"),
    )


def lines(first: dict[str, Any], second: dict[str, Any] | None = None) -> tuple[Line, ...]:
    return replace(GOODS, **first), replace(WORK, **(first if second is None else second))


@pytest.mark.parametrize(
    ("theirs", "where", "line", "words"),
    [
        ({"lines": (GOODS,), "net": D(90), "tax": D(18), "total": D(108)}, Where.ACCOUNT, 1,
         "Line 2 (“Engraving”, 10.00 GBP) was lost: Plain has 1 of 2 lines"),
        ({"lines": lines({"account_id": "80"}, {})}, Where.ACCOUNT, 0,
         "Line 1 was booked to the wrong account: 4900 Other instead of 4000 Sales."),
        ({"lines": lines({}, {"item_id": "9"})}, Where.ITEM, 1, "names another item there: id 9"),
        ({"lines": lines({"tax_code_id": "Z"}, {}), "tax": D(2), "total": D(102)}, Where.TAX_CODE,
         0, "Line 1 has the wrong tax code: 0.0% Z instead of 20.0% S."),
        ({"tax": D("17.50"), "total": D("117.50")}, Where.TAX_CODE, 0,
         "taxed it at another rate: its tax is 17.5 % of the net amount, ours 20 %"),
        ({"tax": D("20.01"), "total": D("120.01")}, Where.ROUNDING, None,
         "Plain rounds otherwise: its tax by 0.01 GBP more than ours."),
        ({"tax": D("19.98"), "total": D("119.98")}, Where.ROUNDING, None, "0.02 GBP less"),
        ({"taxes": (TaxAmount(rate_id="r5", tax=D(20)),)}, Where.TAX_CODE, 0,
         "under another rate there: id r5"),
        ({"net": D("83.33"), "tax": D("16.67"), "total": D("100.00")}, Where.THERE, None,
         "took our amounts as including tax: its total is our net amount, 100.00 GBP"),
        ({"net": D("120.00"), "tax": D("24.00"), "total": D("144.00")}, Where.THERE, None,
         "added tax once more"),
        ({"lines": (replace(GOODS, net=D(100)), WORK, replace(WORK, net=D(-10)))}, Where.DISCOUNT,
         None, "The discount of 10.00 GBP is a line of its own in Plain"),
        ({"issue_date": date(2026, 5, 3), "due_date": date(2026, 4, 3)}, Where.TERM, None,
         "The dates changed places: Plain has 3 May 2026 as the date and 3 April 2026"),
        ({"issue_date": date(2026, 3, 4)}, Where.THERE, None,
         "Day and month changed places: 4 March 2026 instead of 3 April 2026"),
        ({"due_date": date(2026, 4, 10)}, Where.TERM, None, "by its own terms: 10 April 2026"),
        ({"customer_id": "2"}, Where.CUSTOMER, None, "under another customer there"),
        ({"currency": "EUR"}, Where.CUSTOMER, None, "It is in EUR there instead of GBP"),
        ({"exchange_rate": D("1.10")}, Where.EXCHANGE, None, "rate: 1.1 instead of 1."),
        ({"number": "1001"}, Where.THERE, None, "a number of its own, 1001"),
    ],
)  # fmt: skip
def test_a_difference_has_its_cause(
    theirs: dict[str, Any], where: Where, line: int | None, words: str
) -> None:
    found = causes(came(**theirs))
    assert [(each.where, each.line) for each in found] == [(where, line)], found
    assert words in found[0].sentence


def test_no_tax_at_all_is_a_wrong_code_and_not_prices_that_include_it() -> None:
    nil = {"tax_code_id": "Z", "tax": D(0)}
    found = causes(came(lines=lines(nil), tax=D(0), total=D(100), taxes=()))
    assert {each.where for each in found} == {Where.TAX_CODE}


def test_what_agrees_has_none() -> None:
    assert causes(came()) == ()


def test_two_faults_are_both_named() -> None:
    found = causes(came(lines=lines({"account_id": "80"}, {}), due_date=date(2026, 4, 10)))
    assert [each.where for each in found] == [Where.ACCOUNT, Where.TERM]


def test_more_than_a_cent_a_line_is_no_rounding() -> None:
    found = causes(came(tax=D("20.03"), total=D("120.03")))
    assert [each.where for each in found] == [Where.TAX_CODE]
