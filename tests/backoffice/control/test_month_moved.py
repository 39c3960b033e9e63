"""A closed month is worked out anew: as known then it comes to what was signed, to the penny.

Signed at the end of March, debits and credits of the receivable in pounds:

    02 Mar  invoice               100.00 Dr
    02 Mar  invoice               100.00 Dr
    16 Mar  payment                60.00 Cr   →  140.00 at the end of March

Entered afterwards, into a month that was opened again: an invoice of 20 March over 250.00 Dr, and the
payment cancelled, which counts on no day any more (60.00 Dr). So 310.00 more, in two entries.
"""

from datetime import date
from decimal import Decimal

import pytest

from apps.backoffice.control.month_moved import Standing, standing_of
from apps.billing.actions import cancel_payment, set_closing_date
from apps.billing.models import Invoice, Payment
from apps.reconciliation.models import ClosedMonth
from apps.reconciliation.month_end.closing import close_month
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice, make_item, make_payment

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 31)


@pytest.fixture
def closed() -> ClosedMonth:
    company = make_company()
    customer = make_customer(company)
    first, _ = (make_invoice(customer=customer) for _ in range(2))
    make_payment(invoice=first, amount="60")
    fay = User.objects.create_user(email="fay@example.com", password=None, name="Fay")
    looked = ("connected:", "clearing:")
    return close_month(company, MARCH, looked_at=looked, reason="Reviewed", by=fay.pk)


def figures(standing: Standing) -> dict[str, tuple[Decimal, Decimal]]:
    return {each.words: (each.signed, each.now) for each in standing.steps}


def test_it_stands_as_it_was_signed_whatever_comes_in_april(closed: ClosedMonth) -> None:
    make_invoice(company=closed.company, issue_date=date(2026, 4, 2))
    standing = standing_of(closed)
    assert standing.proven
    assert standing.later == []
    assert figures(standing) == {
        "Owed before": (0, 0),
        "Invoices": (200, 200),
        "Receipts": (-60, -60),
        "Owed at its end": (140, 140),
    }


def test_what_was_entered_since_is_listed_and_makes_all_of_the_difference(
    closed: ClosedMonth,
) -> None:
    company = closed.company
    set_closing_date(company, None, reason="A late invoice")
    customer = Invoice.objects.earliest("pk").customer
    late = make_invoice(
        customer=customer,
        lines=[(make_item(company, code="LATE"), 1, 250)],
        issue_date=date(2026, 3, 20),
    )
    cancel_payment(Payment.objects.get(), reason="It was another firm's", on=MARCH)

    standing = standing_of(closed)

    assert standing.proven
    assert figures(standing) == {
        "Owed before": (0, 0),
        "Invoices": (200, 450),
        "Receipts": (-60, 0),
        "Owed at its end": (140, 450),
    }
    told = [dict(row) for row in standing.later]
    assert {(each["Record"].split()[0], each["Difference"]) for each in told} >= {
        ("Invoice", "250.00 GBP"),
        ("Payment", "60.00 GBP"),
    }
    moving = [each for each in told if "moves no balance" not in each["Field"]]
    assert sum(Decimal(each["Difference"].split()[0]) for each in moving) == 310
    assert any(late.number in each["Record"] for each in told)


def test_figures_that_somebody_changed_are_found_out(closed: ClosedMonth) -> None:
    closed.figures["GBP"]["closing"] = "141"
    assert not standing_of(closed).proven
