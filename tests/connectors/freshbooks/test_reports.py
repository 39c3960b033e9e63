"""Their own sums: believed only where they are what was asked for."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import TryLater
from tests.connectors.freshbooks.answers import Script, freshbooks, gbp, said

DAY = date(2026, 11, 20)
START, END = date(2026, 11, 1), date(2026, 11, 30)
PATH = "GET reports/accounting/"


def report(name: str, **fields: Any) -> Any:
    whole = {"company_name": "Brass & Oak", "currency_code": "GBP", "download_token": "t"}
    return said({"response": {"result": {name: whole | fields}}})


def ageing(total: str = "120.00", *rows: str, **more: Any) -> Any:
    parts = [{"userid": 12, "total": gbp(each)} for each in rows or (total,)]
    fields = {"accounts": parts, "totals": {"total": gbp(total)}, "end_date": "2026-11-20"}
    return report("accounts_aging", **fields | more)


def trial_balance(rows: list[tuple[str, str, str]], **more: Any) -> Any:
    data = [
        {"account_number": "1", "account_sub_number": number, "sub_accountid": 7}
        | {"debit": gbp(debit), "credit": gbp(credit)}
        for number, debit, credit in rows
    ]
    days = {"start_date": "2026-11-01", "end_date": "2026-11-30"}
    return report("trial_balance", **{"data": data} | days | more)


def taxes(**more: Any) -> Any:
    rows = [{"tax_name": "VAT", "tax_collected": gbp("24.17"), "tax_paid": gbp("0.00")}]
    days = {"start_date": "2026-11-01", "end_date": "2026-11-30", "cash_based": False}
    return report("taxsummary", **{"taxes": rows} | days | more)


def sheet(**more: Any) -> Any:
    def on(amount: str) -> list[dict[str, Any]]:
        return [{"date": "2026-11-20", "balance": gbp(amount)}]

    receivable = {"account_number": "1200", "account_name": "Accounts Receivable"}
    receivable |= {"sub_accounts": [], "balances": on("120.00")}
    cash = {"account_number": "1000", "balances": on("50.00")}
    cash["sub_accounts"] = [{"sub_account_number": "1000-1", "balances": on("50.00")}]
    data = [{"account_type": "asset", "accounts": [receivable, cash]}]
    return report("balance_sheet", **{"data": data, "dates": ["2026-11-20"]} | more)


def of_all_days(*rows: tuple[str, str, str, str], **more: Any) -> Any:
    """The trial balance by account and sub-account, however that is numbered."""
    data = [
        {"account_number": number, "account_sub_number": sub, "sub_accountid": 7}
        | {"debit": gbp(debit), "credit": gbp(credit)}
        for number, sub, debit, credit in rows
    ]
    days = {"start_date": "1970-01-01", "end_date": "2026-11-20"}
    return report("trial_balance", **{"data": data} | days | more)


NOBODY_OWES = of_all_days(("1000", "1", "5.00", "0.00"), ("4000", "1", "0.00", "5.00"))


@pytest.mark.parametrize("sub", ["1", "1200-1"])
def test_the_receivable_is_what_is_owed_less_what_lies_there_for_customers(sub: str) -> None:
    """120.00 owed, and 30.00 on account: 90.00, on whichever of both accounts the latter stands."""
    rows = (("1000", "1", "30.00", "0.00"), ("4000", "1", "0.00", "120.00"))
    apart = (("1200", sub, "120.00", "0.00"), ("1201", "1", "0.00", "30.00"))
    for stands in (apart, (("1200", sub, "90.00", "0.00"),)):
        script = Script({f"{PATH}trial_balance": of_all_days(*stands, *rows)})
        assert freshbooks().receivable(DAY, script) == {"GBP": Decimal(90)}
        assert dict(script.asked[0].query) == {
            "start_date": "1970-01-01", "end_date": "2026-11-20", "currency_code": "GBP",
        }  # fmt: skip


@pytest.mark.parametrize(
    "more", [{"end_date": "2026-11-29"}, {"start_date": "2026-01-01"}, {"currency_code": "CAD"}]
)
def test_a_trial_balance_of_other_days_tells_no_receivable(more: dict[str, str]) -> None:
    told = of_all_days(("1200", "1", "120.00", "0.00"), **more)
    with pytest.raises(TryLater, match="trial_balance is not the one"):
        freshbooks().receivable(DAY, Script({f"{PATH}trial_balance": told}))


def test_where_nobody_owes_the_ageing_is_asked_by_flat_keys() -> None:
    script = Script({f"{PATH}trial_balance": NOBODY_OWES, f"{PATH}accounts_aging": ageing()})
    assert freshbooks().receivable(DAY, script) == {"GBP": Decimal(120)}
    assert script.asked[1].query == (("end_date", "2026-11-20"), ("currency_code", "GBP"))


@pytest.mark.parametrize(
    "answer",
    [
        ageing(end_date="2026-11-29"),  # today's, whatever was asked
        ageing(currency_code="CAD"),
        ageing("120.00", "100.00"),
        ageing(totals=None),
        ageing(totals={"total": {"amount": None}}),
        report("something_else"),
        said({"response": {"errors": [{"errno": 1003, "message": "No reports."}]}}, 200),
    ],
)
def test_an_ageing_that_is_not_the_one_asked_for_is_none(answer: Any) -> None:
    script = Script({f"{PATH}trial_balance": NOBODY_OWES, f"{PATH}accounts_aging": answer})
    with pytest.raises(Exception, match=r"FreshBooks") as told:
        freshbooks().receivable(DAY, script)
    assert str(told.value)


def test_the_trial_balance_is_debit_less_credit_by_account_and_comes_to_nil() -> None:
    rows = [("1200", "120.00", "0.00"), ("4000", "0.00", "100.00"), ("2200", "0.00", "20.00")]
    script = Script({f"{PATH}trial_balance": trial_balance(rows)})
    found = freshbooks().reports.trial_balance(START, END, "GBP", script)
    assert found == {"1200": Decimal(120), "4000": Decimal(-100), "2200": Decimal(-20)}
    for answer in (
        trial_balance(rows[:2]),
        trial_balance(rows, end_date="2026-11-29"),
        trial_balance(rows, start_date="2026-01-01"),
        trial_balance(rows, data=None),
    ):
        with pytest.raises(TryLater):
            freshbooks().reports.trial_balance(
                START, END, "GBP", Script({f"{PATH}trial_balance": answer})
            )


def test_the_balance_sheet_is_that_of_the_end_of_a_day_by_the_finest_account() -> None:
    script = Script({f"{PATH}balance_sheet": sheet()})
    found = freshbooks().reports.balance_sheet(DAY, "GBP", script)
    assert found == {"1200": Decimal(120), "1000-1": Decimal(50)}
    assert ("dates[]", "2026-11-20") in script.asked[0].query
    for answer in (sheet(dates=["2026-11-29"]), sheet(data=None), sheet(currency_code="CAD")):
        with pytest.raises(TryLater):
            freshbooks().reports.balance_sheet(DAY, "GBP", Script({f"{PATH}balance_sheet": answer}))


def test_the_tax_summary_is_by_invoice_and_of_the_days_that_were_asked() -> None:
    script = Script({f"{PATH}taxsummary": taxes()})
    (found,) = freshbooks().reports.tax_summary(START, END, "GBP", script)
    assert (found.name, found.collected) == ("VAT", Decimal("24.17"))
    assert ("cash_based", "false") in script.asked[0].query
    for answer in (taxes(cash_based=True), taxes(end_date="2026-11-29"), taxes(taxes=None)):
        with pytest.raises(TryLater):
            freshbooks().reports.tax_summary(
                START, END, "GBP", Script({f"{PATH}taxsummary": answer})
            )


def test_their_trial_balance_is_not_told_where_no_account_of_ours_meets_it() -> None:
    assert freshbooks().balances(Script({})) == {}
    assert freshbooks().capabilities.cannot["trial_balance"]
