"""One example worked by hand, debits and credits, on two days and as known at two moments."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from apps.billing import actions
from apps.billing.models import Allocation, Company, Customer
from apps.billing.standing.entries import Movement, beside, entries, receivable
from apps.billing.standing.open_records import open_records
from apps.billing.standing.parts import shortfalls
from apps.billing.standing.reading import Reading
from apps.billing.sums.as_of import as_of
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
    make_tax_rate,
)
from tests.kept_rows import kept

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
SIGNED = datetime(2026, 4, 2, 9, tzinfo=UTC)  # March was read and signed then
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def make_spring() -> Company:
    """Home currency pounds. What each entry puts on the receivable, debits above nil:

    date     entered   entry                                    GBP      EUR   (home)
    2 Mar    2 Mar     invoice A: 1,000.00 + 20 % tax       1,200.00
    3 Mar    3 Mar     invoice B: 1,000 EUR at 0.85                   1,000.00   850.00
    10 Mar   10 Mar    credit note on A: 100.00 + tax        −120.00
    20 Mar   20 Mar    payment of 500.00, all to A           −500.00
    25 Mar   25 Mar    payment of 400 EUR at 0.87                      −400.00  −348.00
                       … to B: takes 340.00 off it, gain                          +8.00
    31 March, as known on 2 April:                            580.00    600.00   510.00

    28 Mar   7 Apr     invoice C, entered late                90.00
    31 Mar   8 Apr     bad debt of A written off              −30.00
    9 Apr    9 Apr     the payment of 20 March un-applied: moves no receivable
    31 March, as known on 4 May:                              640.00    600.00   510.00

    15 Apr   15 Apr    refund of 50.00 of that payment        +50.00
    30 April, as known on 4 May:                              690.00    600.00   510.00
    """
    company = make_company(home_currency="GBP")
    bell = make_customer(company, name="Bell & Daughters")
    hof = make_customer(company, name="Hofladen", currency="EUR")
    rate = make_tax_rate(company, 20)
    make_exchange_rate(company, "EUR", "0.85")
    bank = make_method(company)
    made: dict[str, Any] = {}

    def at(day: int, month: int = 3) -> Any:
        return time_machine.travel(datetime(2026, month, day, 12, tzinfo=UTC), tick=False)

    with at(2):
        made["A"] = make_invoice(
            customer=bell, issue_date=date(2026, 3, 2), lines=[("Oil", 10, 100, rate)]
        )
    with at(3):
        made["B"] = make_invoice(
            customer=hof, issue_date=date(2026, 3, 3), currency="EUR", lines=[("Oil", 10, 100)]
        )
    with at(10):
        note = make_credit_note(
            invoice=made["A"], lines=[("Oil", 1, 100, rate)], issue_date=date(2026, 3, 10),
            customer=bell,
        )  # fmt: skip
        actions.allocate(note, made["A"], amount=Decimal(120), on=date(2026, 3, 10))
    with at(20):
        paid = actions.receive_payment(
            customer=bell, amount=Decimal(500), date=date(2026, 3, 20), method=bank,
            apply=[(made["A"], Decimal(500))],
        )  # fmt: skip
    with at(25):
        make_exchange_rate(company, "EUR", "0.87", on=date(2026, 3, 25))
        actions.receive_payment(
            customer=hof, amount=Decimal(400), date=date(2026, 3, 25),
            method=make_method(company, currency="EUR"), apply=[(made["B"], Decimal(400))],
        )  # fmt: skip
    with at(7, 4):
        make_invoice(customer=bell, issue_date=date(2026, 3, 28), lines=[("Wick", 9, 10)])
    with at(8, 4):
        actions.write_off(made["A"], amount=Decimal(30), on=MARCH, reason="Gone away")
    with at(9, 4):
        actions.reverse(paid.allocations.get(), on=date(2026, 4, 9), reason="Was for another")
    with at(15, 4):
        actions.pay_refund(
            paid, amount=Decimal(50), on=date(2026, 4, 15), method=bank, reason="Asked"
        )
    return company


@pytest.fixture
def company(db: None) -> Company:
    return kept(make_spring)


@pytest.mark.parametrize(
    ("on", "known_at", "pounds"),
    [(MARCH, SIGNED, 580), (MARCH, None, 640), (APRIL, None, 690), (MARCH, NOW, 640)],
)
def test_the_receivable_is_what_was_worked_out_by_hand(
    company: Company, on: date, known_at: datetime | None, pounds: int
) -> None:
    found = receivable(Reading(company, on, known_at))

    assert found == {
        "GBP": (Decimal(pounds), Decimal(pounds)),
        "EUR": (Decimal(600), Decimal(510)),
    }


def test_march_moved_as_worked_out_by_hand(company: Company) -> None:
    """Opening nil; invoiced 1,200 + 90 and 850; credited 120; received 500 and 348; a gain of 8; a
    bad debt of 30."""
    moved: dict[str, Decimal] = {}
    for each in entries(Reading(company, MARCH), date(2026, 3, 1)):
        moved[each.movement] = moved.get(each.movement, Decimal(0)) + each.home

    assert moved == {
        Movement.INVOICED: Decimal(2140),
        Movement.CREDITED: Decimal(-120),
        Movement.RECEIVED: Decimal(-848),
        Movement.WRITTEN_OFF: Decimal(-30),
        Movement.EXCHANGE: Decimal(8),
    }


def test_what_is_open_of_march_then_and_now(company: Company) -> None:
    """Then: A 1,200 − 120 − 500 = 580 and B 600 €. Now A has lost 30 more, C is there, and the
    payment, un-applied in April only, is still on A in March."""

    def found(known_at: datetime | None) -> list[tuple[str, Decimal, Decimal]]:
        rows = open_records(Reading(company, MARCH, known_at))
        return [(each.currency, each.total, each.open) for each in rows]

    assert found(SIGNED) == [("GBP", 1200, 580), ("EUR", 1000, 600)]
    assert found(None) == [("GBP", 1200, 550), ("EUR", 1000, 600), ("GBP", 90, 90)]


def test_april_has_the_payment_on_account_less_what_was_paid_out(company: Company) -> None:
    """A: 1,200 − 120 − 30 = 1,050; the payment: 500 − 50."""
    rows = open_records(Reading(company, APRIL))

    assert [(each.kind, each.open) for each in rows if each.currency == "GBP"] == [
        ("invoice", 1050),
        ("invoice", 90),
        ("payment", -450),
    ]
    assert as_of(company, APRIL).balances == {
        (customer.pk, customer.currency): amount
        for customer, amount in zip(
            Customer.objects.order_by("pk"), (Decimal(690), Decimal(600)), strict=True
        )
    }
    assert list(beside(Reading(company, APRIL))) == []


def test_queries_are_as_many_for_any_number_of_records(
    company: Company, django_assert_num_queries: Any
) -> None:
    """7 of the open records' kinds with their parts, 1 that looks for parts that give way, 5 of
    records that moved the receivable, 2 of parts on either side of the first day, with its look."""
    for known_at in (None, NOW):
        with django_assert_num_queries(13):
            list(open_records(Reading(company, APRIL, known_at)))
        with django_assert_num_queries(9):
            list(entries(Reading(company, APRIL, known_at), APRIL))


def test_when_we_knew_is_a_moment_with_a_time_zone(company: Company) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Reading(company, MARCH, datetime(2026, 4, 2))  # noqa: DTZ001 # the refusal


def test_what_is_un_applied_takes_its_exchange_difference_back_on_that_day(
    company: Company,
) -> None:
    """The gain of 8.00 of March is taken back on 20 April: of 510 are left what B (850) and the payment
    (−348) are worth alone."""
    applied = Allocation.objects.get(currency="EUR")
    with time_machine.travel(NOW):
        actions.reverse(applied, on=date(2026, 4, 20), reason="Of another")

    april = list(entries(Reading(company, APRIL), date(2026, 4, 1)))
    assert [(each.dated.day, each.home) for each in april if each.movement == "exchange"] == [
        (20, -8)
    ]
    assert receivable(Reading(company, APRIL))["EUR"] == (600, 502)
    assert receivable(Reading(company, MARCH))["EUR"] == (600, 510)


def test_a_part_gives_way_to_what_was_applied_again_earlier(db: None) -> None:
    """100.00 paid on the 1st and applied on the 5th; un-applied on the 20th, 60.00 of it applied again
    as of the 10th: between the two days 60 + 40 count, and no more."""
    invoice = make_invoice()
    payment = make_payment(customer=invoice.customer, date=date(2026, 4, 1))
    first = actions.allocate(payment, invoice, Decimal(100), on=date(2026, 4, 5))
    actions.reverse(first, on=date(2026, 4, 20), reason="To the wrong one")
    actions.allocate(payment, invoice, Decimal(60), on=date(2026, 4, 10))

    def found(day: int) -> list[Decimal]:
        reading = Reading(invoice.company, date(2026, 4, day))
        return [each.open for each in open_records(reading)]

    assert shortfalls(Reading(invoice.company, date(2026, 4, 15))) == {first.pk: 60}
    assert found(3) == [100, -100]
    assert found(7) == found(15) == []
    assert found(20) == [40, -40]
