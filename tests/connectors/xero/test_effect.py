"""The worked figures of decision 0001: who is debited and who credited, by the cent."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.snapshots import Snapshot
from tests.connectors.xero.answers import (
    adjustment,
    against,
    credit_note,
    invoice,
    line,
    payment,
    refund,
    xero,
)

Sides = dict[str, str]


def booked(*snapshots: Snapshot, home: str = "GBP") -> dict[str, Decimal]:
    """Debit less credit by account; what comes to nil is left away."""
    sums: dict[str, Decimal] = {}
    for snapshot in snapshots:
        for each in xero(home).effect(snapshot):
            assert (each.debit > 0) != (each.credit > 0)
            sums[each.account_id] = sums.get(each.account_id, Decimal(0)) + each.debit - each.credit
    assert sum(sums.values(), Decimal(0)) == 0
    return {account: amount for account, amount in sums.items() if amount}


def worth(**accounts: str) -> dict[str, Decimal]:
    return {name.strip("_").replace("__", ":"): Decimal(each) for name, each in accounts.items()}


RECEIVABLE, BANK, SALES, TAX = "receivable", "090", "200", "tax:OUTPUT2"


@pytest.mark.parametrize(
    ("snapshots", "expected"),
    [
        ([invoice()], {RECEIVABLE: "120", SALES: "-100", TAX: "-20"}),
        ([invoice(void=True)], {}),
        ([credit_note(line("50.00", "10.00"))], {RECEIVABLE: "-60", SALES: "50", TAX: "10"}),
        ([payment("60", against("i", "60"))], {BANK: "60", RECEIVABLE: "-60"}),
        ([payment("150", against("i", "100"), against("j", "50"))], {BANK: "150", RECEIVABLE: "-150"}),
        ([payment("130", against("i", "100"))], {BANK: "130", RECEIVABLE: "-130"}),
        ([payment("60", cancelled=True)], {}),
        # A bank charge of 3 of an invoice of 100.
        ([payment("97"), adjustment("3")], {BANK: "97", "404": "3", RECEIVABLE: "-100"}),
        # Money that is held as a retainer, 200 of which is used.
        (
            [payment("500"), adjustment("500", debits=True, account_id="830"),
             adjustment("200", account_id="830")],
            {BANK: "500", "830": "-300", RECEIVABLE: "-200"},
        ),
        ([adjustment("100", account_id="bad debts")], {"bad debts": "100", RECEIVABLE: "-100"}),
        ([refund("60")], {RECEIVABLE: "60", BANK: "-60"}),
        (
            [refund("100", fee=Decimal(15), fee_account_id="404")],
            {RECEIVABLE: "100", "404": "15", BANK: "-115"},
        ),
        (
            [refund("100", fee=Decimal("12.50"), fee_account_id="404", fee_tax=Decimal("2.50"),
                    fee_tax_account_id="821")],
            {RECEIVABLE: "100", "404": "12.50", "821": "2.50", BANK: "-115"},
        ),
        ([refund("60", cancelled=True)], {}),
    ],
)  # fmt: skip
def test_the_worked_figures(snapshots: list[Any], expected: Sides) -> None:
    assert booked(*snapshots) == {name: Decimal(each) for name, each in expected.items()}


def test_issued_paid_credited_and_refunded_leaves_every_account_at_nil() -> None:
    whole_life = [invoice(), payment("120", against("i", "120")), credit_note(), refund("120")]
    assert booked(*whole_life) == {}


def test_another_currency_is_booked_at_what_it_is_worth_at_home() -> None:
    """0001 section 5: an invoice of USD 100 at 0.90, paid at 0.92; the gain is theirs to book."""
    sale = invoice(
        line("100.00", "0.00"), currency="USD", exchange_rate=Decimal("0.9"),
        home_total=Decimal("90.00"),
    )  # fmt: skip
    paid = payment("100", currency="USD", exchange_rate=Decimal("0.92"))
    assert booked(sale, home="EUR") == {RECEIVABLE: Decimal(90), SALES: Decimal(-90)}
    assert booked(paid, home="EUR") == {BANK: Decimal(92), RECEIVABLE: Decimal(-92)}


@given(
    st.lists(
        st.tuples(
            st.decimals("-9999.99", "9999.99", places=2), st.decimals("0", "999.99", places=2)
        ),
        min_size=1,
        max_size=6,
    ),
    st.decimals("0.01", "200", places=6),
)
def test_debits_are_credits_whatever_the_rate_leaves(
    lines: list[tuple[Decimal, Decimal]], rate: Decimal
) -> None:
    made = [
        line(str(net), str(tax), account_id=f"20{place}") for place, (net, tax) in enumerate(lines)
    ]
    booked(invoice(*made, currency="USD", exchange_rate=rate))
    booked(credit_note(*made, currency="USD", exchange_rate=rate))


def test_cents_that_lines_and_tax_do_not_make_up_lie_on_the_account_of_roundings() -> None:
    """Two lines of 1.00 at a third are 0.33 each; 2.00 are 0.67. The question `base_rounding` assumes
    it so."""
    sale = invoice(
        line("1.00", "0.00"), line("1.00", "0.00"), currency="USD",
        exchange_rate=Decimal("0.333333"),
    )  # fmt: skip
    assert booked(sale) == worth(receivable="0.67", _200="-0.66", rounding="-0.01")
