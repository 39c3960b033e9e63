"""A processor's file from the check to the books: on hold as a whole, released by the acts of billing, and
equal to the cent to what a bookkeeper posts by hand."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import (
    Company,
    Deposit,
    Invoice,
    Payment,
    Refund,
)
from apps.exchange.imports.running import begin_writing
from apps.exchange.imports.tally import Tally
from apps.exchange.models import BroughtMoney, FileImport
from tests.billing.bookkeeper import balances, receivable_by_open_amounts
from tests.exchange.imports.money.payouts.cases import (
    ENGLISH,
    GERMAN,
    SHOPIFY,
    STRIPE,
)
from tests.exchange.imports.money.payouts.going import (
    Bring,
    D,
    in_books,
    outcomes,
    refused,
    released,
    take,
)
from tests.exchange.imports.money.payouts.world import method
from tests.factories import (
    make_customer,
    make_invoice,
)

pytestmark = pytest.mark.django_db


def test_a_payout_of_stripe_leaves_clearing_at_nil_and_the_bank_with_its_line(
    company: Company, brought: Bring, stripe: str
) -> None:
    """By hand, in dollars. Before: receivable 120.00, bank 50.00, income −170.00, and 1,200 yen, worth
    8.04, owed and earned.

    payment      clearing 120.00          / receivable 120.00
    refund       receivable 20.00         / clearing 20.00
    chargeback   receivable 50.00, fee 15.00 / clearing 65.00
    yen          clearing 8.04            / receivable 8.04    (waits)
    payout       bank 31.80, fees 3.20    / clearing 35.00 (= 120.00 − 20.00 − 65.00)
    """
    before = balances(company)
    assert before == {"receivable": D("128.04"), "bank": D(50), "income": D("-178.04")}
    file_import = brought(stripe)
    assert refused(file_import) == {}
    assert outcomes(file_import.tally) == {"new": 5}
    take(file_import)
    assert balances(company) == before  # on hold
    assert released(file_import).refused == {}
    assert balances(company) == {
        "receivable": D("70.00"),  # 20.00 that went back, 50.00 that was taken back
        "bank": D("81.80"),
        "clearing": D("8.04"),
        "bank_charge": D("18.20"),  # 3.78 − 0.58 + 15.00
        "income": D("-178.04"),
    }
    assert receivable_by_open_amounts(company) == D("70.00")
    deposit = Deposit.objects.latest("pk")
    assert (deposit.total, deposit.date, deposit.reference) == (
        *(D("31.80"), date(2026, 4, 5)),
        "po_1",
    )
    chargeback = Refund.objects.get(why=Refund.Why.CHARGEBACK)
    assert (chargeback.amount, chargeback.fee) == (D(50), D(15))
    assert {each.number: each.balance_due for each in Invoice.objects.all()} == {
        "1001": D(20),
        "0999": D(50),
        "1004": D(0),
    }
    orla = Payment.objects.get(customer__code="ORLA")
    assert (orla.date, orla.payout_reference) == (date(2026, 3, 31), "po_1")
    assert orla.memo == "Stripe txn_1 ch_1: Order 1001"
    kinds = Tally.from_json(file_import.counts).kinds
    assert {
        kind: {c: f"{s.amount:f}" for c, s in sums.items()} for kind, sums in kinds.items()
    } == {
        "Payments": {"USD": "120.00", "JPY": "1200"},
        "Refunds": {"USD": "-20.00"},
        "Chargebacks": {"USD": "-50.00"},
        "Fees of refunds and chargebacks": {"USD": "-15.00"},
        "Fees": {"USD": "-3.20"},
        "Payouts": {"USD": "31.80"},
    }
    made = balances(company)
    again = brought(stripe)  # and it brings nothing
    assert outcomes(again.tally) == {"unchanged": 5}
    assert take(again).batch is None
    assert balances(company) == made


def test_what_nobody_can_tell_is_refused_with_what_to_do_and_so_is_its_payout(
    company: Company, brought: Bring, stripe: str
) -> None:
    file_import = brought(STRIPE)  # without the customer of the chargeback
    why = refused(file_import)
    assert sorted(why) == [4, 6]
    assert "nobody can tell whose it is" in why[4]
    assert "Name the customer in a column “Customer code”" in why[4]
    assert "row 4 lies in it and is not taken" in why[6]
    with pytest.raises(ValidationError, match="rows are refused"):
        begin_writing(file_import)
    done = in_books(file_import, good_rows_only=True)
    assert done.batch is not None
    assert not BroughtMoney.objects.filter(act=BroughtMoney.Act.BANK).exists()
    # Mended, the payout is made of what the first file brought, and of what this one does.
    mended = brought(stripe)
    assert outcomes(mended.tally) == {"new": 2, "unchanged": 3}
    in_books(mended)
    assert balances(company)["bank"] == D("81.80")
    assert balances(company)["clearing"] == D("8.04")


def test_a_company_without_a_clearing_account_is_told_what_to_make(brought: Bring) -> None:
    file_import = brought(STRIPE)
    assert file_import.stage == FileImport.Stage.UNREADABLE
    assert "no payment method that lies on a clearing account" in file_import.sentence


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GERMAN, id="german"),
        pytest.param(ENGLISH, id="english", marks=pytest.mark.slow),
    ],
)
def test_a_withdrawal_from_paypal_in_either_language_is_one_line_of_the_bank(
    text: str, berlin: Company, brought: Bring
) -> None:
    """By hand: 1,234.56 − 100.00 lay in clearing; 35.80 − 2.90 were kept; 1,101.66 reached the bank."""
    file_import = brought(text, berlin)
    assert refused(file_import) == {}
    assert outcomes(file_import.tally) == {"new": 3, "left_out": 1}
    in_books(file_import)
    assert balances(berlin) == {
        "receivable": D("100.00"),
        "bank": D("1101.66"),
        "bank_charge": D("32.90"),
        "income": D("-1234.56"),
    }
    payment = Payment.objects.get()
    assert (payment.reference, payment.date) == ("1AB", date(2026, 9, 7))
    assert outcomes(brought(text, berlin).tally) == {"unchanged": 3, "left_out": 1}


def test_a_payout_of_shopify_is_what_its_movements_come_to(
    company: Company, brought: Bring
) -> None:
    """By hand: 81.55 − 10.80 in clearing, 2.67 kept, 68.08 at the bank; 37.80 wait."""
    method(company, "Shopify", "USD")
    for number, amount in (("#1001", "81.55"), ("#1002", "37.80")):
        make_invoice(
            customer=make_customer(company), lines=[("Kites", 1, amount)], on_number=number
        )
    file_import = brought(SHOPIFY)
    assert refused(file_import) == {}
    assert outcomes(file_import.tally) == {"new": 3}
    in_books(file_import)
    assert balances(company) == {
        "receivable": D("10.80"),
        "clearing": D("37.80"),
        "bank": D("68.08"),
        "bank_charge": D("2.67"),
        "income": D("-119.35"),
    }
    assert outcomes(brought(SHOPIFY).tally) == {"unchanged": 3}
