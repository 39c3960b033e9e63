"""The same money told of twice, whichever way, comes once; other money that looks like it is not lost."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.billing.acts.depositing import undo_deposit
from apps.billing.acts.receiving import receive_payment
from apps.billing.models import Company, Customer, Deposit, Payment, PaymentMethod
from apps.exchange.imports.money.payments_read import payments_in
from apps.exchange.imports.money.releasing import release_money
from apps.exchange.imports.on_hold import TakenBack, _take_along
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.models import BroughtMaster, BroughtMoney, FileImport
from tests.exchange.imports.money.bringing import asked, brought, refused, rows_by_outcome, written
from tests.exchange.imports.money.payouts.cases import SHOPIFY_HEADINGS
from tests.exchange.imports.money.payouts.going import in_books, released, take
from tests.exchange.imports.money.payouts.world import method, with_column
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db

Put = Callable[..., FileImport]
HEADING = "Date,Customer,Invoice,Amount,Reference,Method\n"
CHARGE = (
    "2026-03-31 10:00:12 -0700,charge,#1001,visa,online,paid,2026-04-03,90001,2026-04-03,100.00,2.90,"
    "97.10,#c1,card,100.00,USD,USD,0.00\n"
)
PENDING = (
    "2026-04-02 08:00:00 -0700,charge,#1002,visa,online,pending,2026-04-06,,2026-04-06,37.80,1.40,36.40,"
    "#c2,card,37.80,USD,USD,0.00\n"
)
PAYOUT = f"{SHOPIFY_HEADINGS}\n{CHARGE}"
BOTH = PAYOUT + PENDING


@pytest.fixture
def shop() -> Company:
    company = make_company(home_currency="USD", time_zone="America/Los_Angeles")
    method(company, "Shopify", "USD")
    ada = make_customer(company, name="Ada", code="ADA")
    make_invoice(customer=ada, lines=[("Kites", 1, "100.00")], on_number="#1001")
    make_customer(company, name="Bo", code="BO")
    return company


@pytest.fixture
def put(shop: Company, tmp_path: Path) -> Put:
    def text_of(text: str, profile: str = "shopify-payouts") -> FileImport:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return brought(path, profile, shop)

    return text_of


def payments(*rows: str) -> str:
    return HEADING + "".join(f"{row}\n" for row in rows)


def sums() -> Decimal:
    return sum((each.amount for each in Payment.objects.all()), Decimal(0))


def test_a_payout_file_that_a_spreadsheet_saved_is_known_again(put: Put) -> None:
    released(take(put(BOTH), good_rows_only=True))
    saved = with_column(BOTH, "Customer code", {3: "BO"})
    for exact, short in (
        ("100.00", "100"),
        (",2.90,", ",2.9,"),
        ("97.10", "97.1"),
        ("37.80", "37.8"),
    ):
        saved = saved.replace(exact, short)

    again = put(saved)

    assert rows_by_outcome(again) == {"unchanged": 1, "new": 1}
    in_books(again)
    assert sums() == Decimal("137.80")


def test_money_of_a_payments_file_is_what_the_payout_holds(put: Put) -> None:
    in_books(put(payments("2026-03-31,Ada,#1001,100.00,#1001,Shopify"), "payments"))

    payout = put(PAYOUT)

    assert rows_by_outcome(payout) == {"unchanged": 1}
    in_books(payout)
    assert sums() == Decimal(100)
    assert Deposit.objects.get().total == Decimal("97.10")


def test_on_hold_it_is_released_or_taken_back_first(put: Put) -> None:
    take(put(payments("2026-03-31,Ada,#1001,100.00,#1001,Shopify"), "payments"))

    rows = put(PAYOUT).refused_rows.filter(tolerated=False)
    assert any("Release that or take it back first" in each.sentence for each in rows)


def test_after_a_payout_a_payments_file_asks_whatever_its_reference(put: Put) -> None:
    in_books(put(PAYOUT))

    found = put(payments("2026-03-31,Ada,,100.00,Order 1001,Shopify"), "payments")

    assert "stands here already" in asked(found)[2]


def test_a_part_of_an_invoice_may_be_paid_twice(put: Put, shop: Company) -> None:
    invoice = make_invoice(
        customer=Customer.objects.get(code="BO"), lines=[("K", 1, "400")], on_number="#2001"
    )
    receive_payment(
        customer=invoice.customer, amount=Decimal(50), date=date(2026, 3, 26), reference="#first",
        method=PaymentMethod.objects.get(name="Shopify"), apply=[(invoice, Decimal(50))],
    )  # fmt: skip
    charge = CHARGE.replace("#1001", "#2001").replace("100.00", "50.00").replace("97.10", "47.10")

    assert "stands here already" in asked(put(f"{SHOPIFY_HEADINGS}\n{charge}"))[2]


def test_a_payout_whose_deposit_was_undone_is_not_said_to_be_here(put: Put) -> None:
    in_books(put(PAYOUT))
    undo_deposit(Deposit.objects.get(), reason="Wrong day", on=date(2026, 4, 3))

    assert "was undone here since" in " ".join(refused(put(PAYOUT)).values())


def numbered(*rows: str) -> str:
    return "Payment number,Date,Customer,Invoice,Amount,Reference\n" + "".join(
        f"{row}\n" for row in rows
    )


def test_a_number_that_another_payment_had_is_refused(put: Put) -> None:
    first = put(numbered("0001,2026-03-02,Ada,,100.00,"), "payments")
    in_books(first)

    other = put(numbered("0001,2026-03-09,Bo,,250.00,"), "payments")

    assert "was brought before as 100.00 USD of Ada" in refused(other)[2]


def test_rows_of_one_number_that_lie_apart_are_refused(put: Put) -> None:
    found = put(
        numbered(
            "P1,2026-03-02,Ada,,60.00,", "P2,2026-03-02,Bo,,10.00,", "P1,2026-03-02,Ada,,40.00,"
        ),
        "payments",
    )

    assert rows_by_outcome(found) == {"new": 2, "refused": 1}
    assert "row 2 bears the number P1 too" in refused(found)[4]


def test_one_that_grew_since_it_was_brought_is_asked_about(put: Put, shop: Company) -> None:
    for number in ("INV-A", "INV-B"):
        make_invoice(
            customer=Customer.objects.get(code="BO"), lines=[("K", 1, "400")], on_number=number
        )
    in_books(put(payments("2026-03-16,Bo,INV-A,100.00,R9,"), "payments"))

    grown = put(
        payments("2026-03-16,Bo,INV-A,100.00,R9,", "2026-03-16,Bo,INV-B,50.00,R9,"), "payments"
    )

    assert "100.00 USD of the same customer, day and reference" in asked(grown)[2]


def test_a_customer_of_money_on_hold_stays_and_one_that_is_gone_stops_no_other(
    put: Put, shop: Company
) -> None:
    newby = make_customer(shop, name="Newby")
    found = take(
        put(payments("2026-03-16,Newby,,80.00,R1,", "2026-03-16,Bo,,10.00,R2,"), "payments")
    )
    assert found.batch is not None
    BroughtMaster.objects.create(batch=found.batch, customer=newby)
    taken = TakenBack(0)

    _take_along(taken, "customer", Customer, BroughtMaster.objects.all())

    assert (taken.masters, taken.stay) == ({"customer": 0}, {"customer": 1})
    Customer.objects.filter(pk=newby.pk).delete()
    done = release_money(found.batch)
    assert (done.done, [*done.refused]) == (1, ["Row 2, 80.00, Newby, R1"])
    assert "was deleted here since" in BroughtMoney.objects.get(row=2).sentence


def test_what_is_written_is_of_who_had_it_written(put: Put) -> None:
    from apps.billing.changes import made_by
    from apps.staff.models import User

    clerk, boss = (User.objects.create(email=f"{each}@example.com", name=each) for each in "cb")
    with made_by(clerk.pk):
        found = put("Name,Code\nEve,E-1\n", "native-customers")
    with made_by(boss.pk):
        written(found)

    assert found.brought_by_id == clerk.pk
    assert Customer.history.get(name="Eve").history_user_id == boss.pk


def test_a_payment_of_many_rows_costs_what_its_rows_cost() -> None:
    """Each row is asked once for its invoice, whatever came before it."""
    asked_for = 0

    class Asked(ReadRecord):
        def text(self, of: str) -> str:
            nonlocal asked_for
            asked_for += of == "invoice"
            return super().text(of)

    def cost(count: int) -> int:
        nonlocal asked_for
        asked_for = 0
        told = {
            "date": date(2026, 3, 2),
            "amount": Decimal(1),
            "reference": "R1",
            "customer_name": "Ada",
        }
        [*payments_in(Asked(row, {**told, "invoice": f"I-{row}"}) for row in range(count))]
        return asked_for

    assert cost(400) <= 4 * cost(100) + 10
