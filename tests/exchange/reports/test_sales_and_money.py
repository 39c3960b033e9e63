"""Tax, sales, money and one customer's account, of the spring that was worked out by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from apps.billing import actions
from apps.billing.changes import made_by
from apps.billing.models import Approval, BankAccount, Company, Customer, Treatment
from apps.exchange.reports.catalogue import REPORTS
from apps.exchange.reports.later import later_entries
from apps.exchange.reports.laying import behind, lay
from apps.exchange.reports.printing import facts
from apps.exchange.reports.shape import Asked
from apps.mappings.models import Mapping, RemoteCode
from apps.staff.acts import ActName
from apps.staff.models import User
from tests.backoffice.world import make_connection
from tests.billing.standing.test_by_hand import APRIL, MARCH, SIGNED, make_spring
from tests.exchange.reports.test_receivables import figures
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.kept_rows import kept

FIRST = date(2026, 3, 1)
NAMES = ("Fay", "Ada")
Shown = Callable[..., dict[str, list[str]]]


@pytest.fixture
def company(db: None) -> Company:
    return kept(make_spring)


@pytest.fixture
def shown(company: Company) -> Shown:
    def of(name: str, **more: Any) -> dict[str, list[str]]:
        asked = {"company": company, "since": FIRST, "on": MARCH, **more}
        return figures(lay(REPORTS[name], Asked(**asked)))

    return of


def test_tax_of_march_in_home_currency(shown: Shown) -> None:
    """Sales 1,000 at 20 %; 1,000 EUR at 0.85 and 90 without a rate; 100 at 20 % credited."""
    found = shown("tax-summary")
    standard = next(each for each in found if each.startswith("Standard"))

    assert found[standard] == [
        *("1000.00", "-100.00", "", "900.00", "200.00", "-20.00", "", "180.00")
    ]
    assert found["Without a tax rate"][3::4] == ["940.00", "0.00"]
    assert found["Total GBP"][3::4] == ["1840.00", "180.00"]
    signed = shown("tax-summary", known_at=SIGNED)
    assert signed["Total GBP"][3::4] == ["1750.00", "180.00"]


def test_sales_by_item_and_by_account(shown: Shown) -> None:
    """10 + 10 + 9 pieces less one that came back; nothing is mapped."""
    assert shown("sales-by-item")["Without an item"] == ["28.00", "1940.00", "-100.00", "1840.00"]
    assert shown("sales-by-account") == {
        "Not mapped to an account": ["1940.00", "-100.00", "1840.00"],
        "Total GBP": ["1940.00", "-100.00", "1840.00"],
    }


def test_receipts_by_method_in_the_currency_of_the_bank(shown: Shown) -> None:
    march, april = shown("receipts"), shown("receipts", since=date(2026, 4, 1), on=APRIL)

    assert march["Total GBP"] == ["500.00", "", "", "500.00"]
    assert march["Total EUR"] == ["400.00", "", "", "400.00"]
    assert april["Total GBP"] == ["", "-50.00", "", "-50.00"]


def test_clearing_by_age_until_a_bank_deposit_holds_it(company: Company, shown: Shown) -> None:
    """On 30 April 500.00 is 41 days old, the refund of 50.00 15; both are banked on 2 May. As of 30
    April they were still in clearing."""
    assert shown("clearing", on=APRIL)["Total GBP"] == ["-50.00", "500.00", "", "", "450.00"]
    paid = company.payments.get(currency="GBP")
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    with time_machine.travel(datetime(2026, 5, 2, 9, tzinfo=UTC)):
        actions.make_deposit(
            bank, date=date(2026, 5, 2), payments=[paid], refunds=list(company.refunds.all())
        )

    assert shown("clearing", on=APRIL)["Total GBP"][-1] == "450.00"
    assert "Total GBP" not in shown("clearing", on=date(2026, 5, 2))
    before = datetime(2026, 5, 1, 9, tzinfo=UTC)
    known = shown("clearing", on=date(2026, 5, 2), known_at=before)
    assert known["Total GBP"][-1] == "450.00"


def test_realised_exchange_differences_are_those_of_the_roll_forward(shown: Shown) -> None:
    assert shown("realised-exchange") == {
        "Hofladen EUR": ["8.00", "", "8.00"],
        "Total GBP": ["8.00", "", "8.00"],
    }


def test_a_credit_note_is_told_with_its_reason_and_who_approved_it(company: Company) -> None:
    report, asked = REPORTS["credit-notes"], Asked(company=company, since=FIRST, on=MARCH)
    fay, ada = (User.objects.create_user(f"{name}@example.com", "pw", name=name) for name in NAMES)
    Approval.objects.create(
        company=company, act=ActName.ISSUE_CREDIT_NOTE, credit_note=company.creditnotes.get(),
        fingerprint="-", amount=120, limit=100, state="approved", requested_by=fay, decided_by=ada,
    )  # fmt: skip
    row = lay(report, asked).rows[0]

    assert row.heads[4:6] == ("", "Ada")
    assert row.heads[1:4] == (date(2026, 3, 10), "Bell & Daughters", "Agreed with the customer")
    assert [each.amount for each in row.figures if each] == [100, 20, 120]
    assert row.record is not None
    assert [each.record for each in behind(report, asked, "total", row.group)] == [row.record] * 2


def test_the_account_of_one_customer_runs_to_what_is_open(company: Company) -> None:
    bell = Customer.objects.get(name__startswith="Bell")
    asked = Asked(company=company, since=FIRST, on=MARCH, customer_id=bell.pk)
    table = lay(REPORTS["customer-account"], asked)

    assert [row.figures[-1] and row.figures[-1].amount for row in table.rows] == [
        *(1200, 1080, 580, 670, 640)
    ]
    april = Asked(company=company, since=date(2026, 4, 1), on=APRIL, customer_id=bell.pk)
    rows = lay(REPORTS["customer-account"], april).rows
    assert [row.figures[-1] and row.figures[-1].amount for row in rows] == [640, 690]
    assert [row.heads[1] for row in rows] == [
        "Balance brought forward",
        f"Refund no. {company.refunds.get().pk}",
    ]
    assert facts(april)[0] == ("Customer", bell.name)


def make_treated() -> Company:
    """In April, one sale of 100.00 of each treatment, on 31 March delivered; the standard one amended
    in May by Fay to 120.00 and 30.00 of what is zero rated, and 40.00 of the exempt one credited in
    May."""
    company = make_company(amend_allowed=True)
    buyer, item = make_customer(company), make_item(company, code="OIL", name="Oil")
    for place, treatment in enumerate(Treatment.values):
        percent = {"standard": 20, "reduced": 5}.get(treatment, 0)
        rate = make_tax_rate(company, percent, code=treatment[:10], treatment=treatment)
        with time_machine.travel(datetime(2026, 4, 10 + place, tzinfo=UTC)):
            made = make_invoice(
                customer=buyer, issue_date=date(2026, 4, 10), supply_date=MARCH,
                lines=[(item, 1, 100, rate)],
            )  # fmt: skip
        if treatment == "standard":
            standard = made
        if treatment == "zero":
            zero = rate
        if treatment == "exempt":
            exempt = made
    with time_machine.travel(datetime(2026, 5, 5, tzinfo=UTC)):
        rate = standard.lines.get().tax_rate
        lines = [
            actions.DraftLine(
                item=item, quantity=Decimal(1), unit_price=Decimal(price), tax_rate=rate_
            )
            for price, rate_ in ((120, rate), (30, zero))
        ]
        fay = User.objects.create_user("fay@example.com", "pw", name="Fay")
        with made_by(user_id=fay.pk):
            actions.amend_invoice(standard, lines=lines, reason="Price")
        rate = exempt.lines.get().tax_rate
        make_credit_note(
            invoice=exempt, customer=buyer, lines=[(item, 1, 40, rate)], issue_date=date(2026, 5, 5)
        )
    return company


def test_every_treatment_is_told_and_what_changes_counts_where_it_is_dated(db: None) -> None:
    company = kept(make_treated)
    report = REPORTS["tax-summary"]

    def of(since: date, on: date, **more: Any) -> dict[str, list[str]]:
        """Net and tax by treatment."""
        asked = Asked(company=company, since=since, on=on, **more)
        table = lay(report, asked)
        rows = figures(table)
        return {name.split(" ")[0]: rows[name][3::4] for name in rows}

    april = of(date(2026, 4, 1), APRIL)
    assert april == {
        "Standard": ["120.00", "24.00"],
        "Reduced": ["100.00", "5.00"],
        "Zero": ["130.00", "0.00"],
        "Exempt": ["100.00", "0.00"],
        "Outside": ["100.00", "0.00"],
        "Export": ["100.00", "0.00"],
        "Reverse": ["100.00", "0.00"],
        "Total": ["750.00", "29.00"],
    }
    before = datetime(2026, 5, 1, tzinfo=UTC)
    assert of(date(2026, 4, 1), APRIL, known_at=before)["Standard"] == ["100.00", "20.00"]
    assert of(date(2026, 5, 1), date(2026, 5, 31))["Exempt"] == ["-40.00", "0.00"]
    assert of(FIRST, MARCH) == {}
    assert of(FIRST, MARCH, by="supply")["Total"] == ["750.00", "29.00"]
    asked = Asked(company=company, since=date(2026, 4, 1), on=APRIL)
    told = [
        (each.field, each.line.amount, each.by, each.entered and each.entered.what)
        for each in later_entries(report, asked, before)
    ]
    assert told == [
        ("Sales, net", 20, "Fay", "Changed"),
        ("Sales, tax", 4, "Fay", "Changed"),
        ("Sales, net", 30, "Fay", "Changed"),
    ]


def test_sales_by_account_are_where_items_are_mapped_and_discounts_apart(db: None) -> None:
    """100.00 less 10 % of an item of its own account, 50.00 of the default one; the discount of 10.00
    is booked on the account of the item of discounts."""
    company = make_company()
    discounts, oil = make_item(company, code="DISC"), make_item(company, code="OIL")
    company.discount_item = discounts
    company.save()
    connection = make_connection(company)
    for remote_id, number, subject, item in (
        ("1", "4000 Sales", "income", None),
        ("2", "4010 Oil", "item_account", oil),
        ("3", "4900 Discounts given", "item_account", discounts),
    ):
        code = RemoteCode.objects.create(
            connection=connection, kind="account", remote_id=remote_id, name=number,
            roles=["income"], read_at=timezone.now(),
        )  # fmt: skip
        Mapping.objects.create(connection=connection, subject=subject, code=code, item=item)
    off = {"discount_percent": Decimal(10)}
    make_invoice(
        company=company, lines=[(oil, 10, 10, None, off), (make_item(company), 5, 10)]
    )  # fmt: skip
    asked = Asked(company=company, since=FIRST, on=MARCH)

    assert figures(lay(REPORTS["sales-by-account"], asked)) == {
        "4000 Sales": ["50.00", "", "50.00"],
        "4010 Oil": ["100.00", "", "100.00"],
        "4900 Discounts given": ["-10.00", "", "-10.00"],
        "Total GBP": ["140.00", "", "140.00"],
    }
    by_item = figures(lay(REPORTS["sales-by-item"], asked))
    assert by_item["Total GBP"] == ["", "140.00", "", "140.00"]
