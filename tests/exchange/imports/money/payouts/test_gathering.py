"""Rows of card processors read as movements, held against their own sums, and gathered by payout."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.imports.money.payouts.converting import converted
from apps.exchange.imports.money.payouts.gathering import Payout, gather
from apps.exchange.imports.money.payouts.movements import Movement, MovementRow, movements_of, only
from apps.exchange.imports.opening import proposed, records_so, study
from apps.exchange.profiles.movements import MovementKind, PayoutProfile
from tests.exchange.imports.money.payouts.cases import (
    PAYPAL,
    PAYPAL_ENGLISH_HEADINGS,
    PAYPAL_WITHDRAWAL,
    SHOPIFY,
    SHOPIFY_HEADINGS,
    STRIPE,
)

KIND = MovementKind
Read = Callable[..., tuple[list[MovementRow], list[Payout]]]
BALANCE_HEADINGS = (
    "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer"
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The rows and payouts of a text, by the layout that its headings fit; the company counts its days
    in the zone."""

    def of(text: str, zone: str = "America/Los_Angeles", **options: Any) -> Any:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8", newline="")
        profile = proposed(path)
        assert isinstance(profile, PayoutProfile)
        found = study(path, profile, zone=zone, **options)
        assert not found.doubts
        records = records_so(path, profile, found.look.dialect, found.styles)
        rows = list(movements_of(records, profile, zone))
        converted(rows)
        return rows, gather(only(rows), profile).payouts

    return of


def sums(each: Movement) -> tuple[MovementKind, str, str, str, str]:
    return each.kind, f"{each.gross}", f"{each.fee}", f"{each.net}", each.currency


def refused(rows: list[MovementRow]) -> list[str]:
    return [refusal.sentence for each in rows for refusal in each.refusals]


def test_a_balance_of_stripe_is_a_payout_of_its_net_movements(read: Read) -> None:
    """31.80 = 116.22 − 19.42 − 65.00, in dollars; the yen wait, without decimals."""
    rows, [payout] = read(STRIPE)
    assert [sums(each) for each in only(rows)] == [
        (KIND.CHARGE, "120.00", "3.78", "116.22", "USD"),
        (KIND.REFUND, "-20.00", "-0.58", "-19.42", "USD"),
        (KIND.CHARGEBACK, "-50.00", "15.00", "-65.00", "USD"),
        (KIND.CHARGE, "1200", "36", "1164", "JPY"),
        (KIND.PAYOUT, "-31.80", "0", "-31.80", "USD"),
    ]
    assert (payout.reference, payout.total, payout.day) == (
        *("po_1", Decimal("31.80")),
        date(2026, 4, 5),
    )
    assert [each.transaction for each in payout.members] == ["txn_1", "txn_2", "txn_3"]
    assert payout.contradiction() == ""


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2026, 3, 31)),
        ("Europe/London", date(2026, 4, 1)),
        ("Asia/Tokyo", date(2026, 4, 1)),
    ],
)
def test_a_moment_is_the_companys_day_and_the_banks_day_is_as_written(
    zone: str, day: date, read: Read
) -> None:
    rows, [payout] = read(STRIPE, zone)
    assert only(rows)[0].day == day
    assert payout.day == date(2026, 4, 5)


def test_paypal_in_german_has_its_fees_below_nil_and_its_pending_row_is_none(read: Read) -> None:
    rows, payouts = read(PAYPAL, "Europe/Berlin")
    assert [sums(each) for each in only(rows)] == [
        (KIND.CHARGE, "1234.56", "35.80", "1198.76", "EUR"),
        (KIND.REFUND, "-100.00", "-2.90", "-97.10", "EUR"),
    ]
    assert [each.day for each in only(rows)] == [date(2026, 9, 7), date(2026, 9, 8)]
    assert rows[2].left_out == "it is “Ausstehend” there: its money has not moved, or went back"
    assert payouts == []  # it waits on the balance


def test_a_withdrawal_takes_what_moved_the_balance_since_the_one_before(read: Read) -> None:
    _, [payout] = read(PAYPAL + PAYPAL_WITHDRAWAL, "Europe/Berlin")
    assert [each.row for each in payout.members] == [5, 6]
    assert (payout.total, payout.contradiction()) == (Decimal("1101.66"), "")
    assert payout.opens
    less = PAYPAL_WITHDRAWAL.replace("1.101,66", "1.000,00")
    _, [payout] = read(PAYPAL + less, "Europe/Berlin")
    assert "comes to 1,101.66 EUR: -101.66 EUR of it is in no row" in payout.contradiction()


def english(*rows: str) -> str:
    return "\n".join([PAYPAL_ENGLISH_HEADINGS, *rows, ""])


def test_a_file_that_begins_with_the_latest_gathers_the_same(read: Read) -> None:
    """The zone is told by its English name: a payment at five past midnight in Berlin is the day before
    in California."""
    charge = '"09/13/2026","15:05:00","PDT","Ann","Website Payment","Completed","EUR","10.00","-0.50","9.50","","A1","","7","Credit"'
    payout = '"09/14/2026","09:00:00","PDT","","General Withdrawal","Completed","EUR","-9.50","0.00","-9.50","","A2","","","Debit"'
    later = '"09/15/2026","09:00:00","PDT","Bo","Website Payment","Completed","EUR","20.00","-1.00","19.00","","A3","","8","Credit"'
    for order in ([charge, payout, later], [later, payout, charge]):
        rows, [found] = read(english(*order), "Europe/Berlin")
        assert [each.transaction for each in found.members] == ["A1"]
        assert found.contradiction() == ""
        by_name = {each.transaction: each for each in only(rows)}
        assert by_name["A1"].day == date(2026, 9, 14)


def test_what_was_exchanged_is_one_movement_in_the_currency_of_the_balance(read: Read) -> None:
    """100.00 USD less 3.90 are 96.10 USD, which came to 88.00 EUR: the whole to 91.57 EUR."""
    rows, [payout] = read(
        english(
            '"09/13/2026","15:05:00","CEST","Ann","Website Payment","Completed","USD","100.00","-3.90","96.10","","B1","","7","Credit"',
            '"09/13/2026","15:05:00","CEST","","General Currency Conversion","Completed","USD","-96.10","0.00","-96.10","","B2","B1","","Debit"',
            '"09/13/2026","15:05:00","CEST","","General Currency Conversion","Completed","EUR","88.00","0.00","88.00","","B3","B1","","Credit"',
            '"09/14/2026","15:05:00","CEST","","General Currency Conversion","Completed","GBP","-5.00","0.00","-5.00","","B4","","","Debit"',
            '"09/14/2026","15:05:00","CEST","","General Currency Conversion","Completed","EUR","6.00","0.00","6.00","","B5","","","Credit"',
            '"09/15/2026","15:05:00","CEST","","General Withdrawal","Completed","EUR","-94.00","0.00","-94.00","","B6","","","Debit"',
        ),
        "Europe/Berlin",
    )
    [charge] = [each for each in only(rows) if each.kind is KIND.CHARGE]
    assert sums(charge) == (KIND.CHARGE, "91.57", "3.57", "88.00", "EUR")
    assert (charge.facing_amount, charge.facing_currency) == (Decimal("100.00"), "USD")
    assert [each.left_out for each in rows[1:3]] == [
        "it exchanges what row 2 brought, and is part of that"
    ] * 2
    assert payout.contradiction().startswith("6.00 EUR of it is no customer's (row 6)")


def test_what_moves_no_money_is_left_out_and_a_purchase_is_no_customers(read: Read) -> None:
    rows, [payout] = read(
        english(
            '"09/13/2026","15:05:00","CEST","Ann","General Authorization","Completed","EUR","10.00","0.00","10.00","","C1","","","Memo"',
            '"09/13/2026","15:06:00","CEST","Ann","Website Payment","Completed","EUR","10.00","0.00","10.00","","C2","","7","Credit"',
            '"09/13/2026","15:07:00","CEST","A shop","Express Checkout Payment","Completed","EUR","-4.00","0.00","-4.00","","C3","","","Debit"',
            '"09/13/2026","15:07:00","CEST","","Bank Deposit to PP Account","Completed","EUR","4.00","0.00","4.00","","C4","C3","","Credit"',
            '"09/15/2026","15:05:00","CEST","","General Withdrawal","Completed","EUR","-10.00","0.00","-10.00","","C5","","","Debit"',
        ),
        "Europe/Berlin",
    )
    assert rows[0].left_out == "it is a memo there: no money moved"
    assert [each.left_out is None for each in rows] == [False, True, False, False, True]
    assert payout.contradiction() == ""  # the purchase and its funding cancel out


def test_shopify_tells_no_total_so_what_lies_in_a_payout_is_it(read: Read) -> None:
    rows, [payout] = read(SHOPIFY)
    assert only(rows)[0].day == date(2026, 3, 31)
    assert (payout.reference, payout.total, payout.day) == (
        *("90001", Decimal("68.08")),
        date(2026, 4, 3),
    )
    assert (payout.rows, len(payout.members)) == (0, 2)
    assert "Hold what this one adds up to against the line of the bank" in payout.notes[0].sentence


def test_two_rows_that_nothing_tells_apart_are_two_and_the_second_says_so(read: Read) -> None:
    row = "2026-04-02 08:00:00 -0700,charge,#7,visa,online,paid,2026-04-06,9,2026-04-06,5.00,0,5.00,#c,card,5,USD,USD,0"
    rows, _ = read("\n".join([SHOPIFY_HEADINGS, row, row, row.replace("08:00:00", "08:00:01")]))
    first, second, other = only(rows)
    assert [first.alike, second.alike, other.alike] == [0, 1, 0]
    assert len({first.key, second.key, other.key}) == 3


def balance(*rows: str) -> str:
    return "\n".join([BALANCE_HEADINGS, *rows, ""])


CHARGE = (
    "txn_1,charge,ch_1,120.00,3.78,116.22,usd,2026-04-01 03:12,2026-04-03 00:00,Order 1001,po_1"
)
PAYOUT = "txn_9,payout,po_1,-116.22,0,-116.22,usd,2026-04-05 00:00,2026-04-05 00:00,PAYOUT,"
BACK = "txn_10,payout_failure,po_1,116.22,0,116.22,usd,2026-04-06 00:00,2026-04-06 00:00,BACK,po_2"
AGAIN = "txn_11,payout,po_2,-116.22,0,-116.22,usd,2026-04-08 00:00,2026-04-08 00:00,PAYOUT,"


def test_a_payout_that_came_back_lies_in_the_next(read: Read) -> None:
    _, [payout] = read(balance(CHARGE, PAYOUT, BACK, AGAIN))
    assert (payout.reference, payout.joins, payout.contradiction()) == ("po_2", ("po_1",), "")
    assert [each.transaction for each in payout.members] == ["txn_1"]
    _, payouts = read(balance(CHARGE, PAYOUT, BACK.replace("po_2", "")))
    assert payouts == []  # it lies on the balance again


def test_what_was_withdrawn_from_paypal_and_came_back_is_withdrawn_with_the_next(
    read: Read,
) -> None:
    def row(day: int, kind: str, net: str, code: str) -> str:
        return f'"09/{day}/2026","09:00:00","CEST","","{kind}","Completed","EUR","{net}","0.00","{net}","","{code}","","7",""'

    _, [payout] = read(
        english(
            row(13, "Website Payment", "9.50", "D1"),
            row(14, "General Withdrawal", "-9.50", "D2"),
            row(15, "Reversal of ACH Withdrawal", "9.50", "D3"),
            row(16, "Website Payment", "1.00", "D4"),
            row(17, "General Withdrawal", "-10.50", "D5"),
        ),
        "Europe/Berlin",
    )
    assert [each.transaction for each in payout.members] == ["D1", "D4"]
    assert payout.contradiction() == ""


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            CHARGE.replace("116.22", "116.23"),
            "its gross 120.00 less its fee 3.78 is 116.22, and its net says 116.23",
        ),
        (CHARGE.replace("usd", "dollars"), "“DOLLARS” is no currency. Use an ISO 4217 code"),
        (CHARGE.replace("usd", "jpy"), "3.78 has more decimals than JPY has"),
        (CHARGE.replace(",charge,", ",loan,"), "“loan” is no kind of movement that is known here"),
        (
            CHARGE.replace(",charge,ch_1,", ",adjustment,,"),
            "it is an adjustment, and nothing tells of what. Say it in a column “Taken as”",
        ),
        (
            CHARGE.replace(",charge,", ",refund,"),
            "money that went back is below nil, and its amount is above",
        ),
        (CHARGE.replace("2026-04-01 03:12", "2026-02-30 03:12"), "there is no such day"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_what_to_do(
    row: str, sentence: str, read: Read
) -> None:
    rows, _ = read(balance(row))
    assert sentence in " ".join(refused(rows))


def test_a_person_says_what_an_adjustment_is(read: Read) -> None:
    headings = f"{BALANCE_HEADINGS},Taken as,Customer code"
    row = CHARGE.replace(",charge,ch_1,120.00,3.78,116.22", ",adjustment,,-2.00,0,-2.00")
    rows, _ = read("\n".join([headings, f"{row},Fee,", f"{row.replace('txn_1', 'x')},gift,"]))
    assert sums(only(rows)[0]) == (KIND.FEE, "0", "2.00", "-2.00", "USD")
    assert refused(rows) == [
        "“gift” is none of payment, refund, chargeback, returned, fee, payout, none"
    ]


def test_a_movement_that_stands_twice_is_one_and_two_that_differ_are_refused(read: Read) -> None:
    rows, _ = read(balance(CHARGE, CHARGE, CHARGE.replace("Order 1001", "Order 7")))
    assert rows[1].left_out == "row 2 tells the same movement"
    assert "row 2 has the same txn_1 and says otherwise of it" in refused(rows)[0]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**7), st.integers(0, 10**5), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_moved_the_payout_is_what_its_members_come_to(
    moved: list[tuple[int, int, bool]],
) -> None:
    members = [
        Movement(
            row=row,
            kind=KIND.REFUND if back else KIND.CHARGE,
            key=str(row),
            transaction=str(row),
            day=date(2026, 4, 1),
            currency="USD",
            gross=Decimal(-amount if back else amount) / 100,
            fee=Decimal(fee) / 100,
            net=Decimal((-amount if back else amount) - fee) / 100,
        )
        for row, (amount, fee, back) in enumerate(moved)
    ]
    total = Decimal(sum((-a if back else a) - fee for a, fee, back in moved)) / 100
    payout = Payout("po", 1, "key", "USD", total, date(2026, 4, 5), members=members)
    assert payout.contradiction() == ""
    payout.total += Decimal("0.01")
    assert "0.01 USD of it is in no row" in payout.contradiction()
