"""The sample company and its payments are the same every time, and allowed by billing's rules."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F

from apps.billing.models import (
    Adjustment,
    CreditNote,
    Customer,
    Deposit,
    Invoice,
    Item,
    Payment,
    Refund,
)
from apps.demo.payments import lay_payments
from apps.demo.season import live_a_season
from apps.demo.studio import build_studio

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


@pytest.mark.slow
def test_the_studio_has_customers_items_invoices_and_credit_notes() -> None:
    company = build_studio(TODAY).company

    assert Customer.objects.filter(company=company).count() == 27
    assert Item.objects.filter(company=company).count() == 21  # one of them for discounts
    invoices = Invoice.objects.filter(company=company, status="issued")
    assert invoices.count() == 40
    assert all(date(2026, 7, 20) < each.issue_date < TODAY for each in invoices)
    notes = CreditNote.objects.filter(company=company, status="issued")
    assert notes.count() == 4
    assert 0 < notes.filter(applied__gt=0).count() < 4


@pytest.mark.slow
def test_the_studio_charges_vat_gives_discounts_and_invoices_in_euro() -> None:
    company = build_studio(TODAY).company

    invoices = Invoice.objects.filter(company=company)
    assert 0 < invoices.filter(currency="EUR").count() < 20
    for each in invoices:
        # Printed matter is zero rated, services abroad are outside the scope.
        rates = set(each.lines.values_list("tax_percent", flat=True))
        assert rates <= ({Decimal(0)} if each.currency == "EUR" else {Decimal(0), Decimal(20)})
    assert invoices.filter(discount__gt=0).exists()
    assert invoices.filter(tax__gt=0).count() > 20


@pytest.mark.slow
def test_a_season_has_one_of_everything_and_says_so() -> None:
    company = build_studio(TODAY).company
    lay_payments(company, until=TODAY)

    season = live_a_season(company, TODAY)

    assert len(season.done) == 6
    sides = Adjustment.objects.filter(company=company).values_list("role", "side")
    assert sorted(sides) == [
        ("bad_debt", "credit"),
        ("bank_charge", "credit"),
        ("retainer", "credit"),
        ("retainer", "debit"),
    ]
    assert sorted(Refund.objects.filter(company=company).values_list("why", flat=True)) == [
        "refund",
        "returned",
    ]
    deposit = Deposit.objects.get(company=company)
    banked = sum((line.amount for line in deposit.lines.exclude(payment=None)), Decimal(0))
    assert deposit.total == banked - 4


@pytest.mark.slow
def test_payments_are_in_full_in_part_over_several_and_on_account() -> None:
    company = build_studio(TODAY).company

    laid = lay_payments(company, until=TODAY)

    payments = Payment.objects.filter(company=company)
    assert payments.count() == laid.all
    assert min(laid.full, laid.part, laid.several, laid.on_account) > 0
    assert payments.filter(on_account=F("amount")).count() == laid.on_account
    assert not payments.filter(date__gt=TODAY).exists()
    open_invoices = Invoice.objects.filter(company=company, balance_due__gt=0)
    assert open_invoices.exists()
    assert not Invoice.objects.filter(company=company, balance_due__lt=0).exists()


@pytest.mark.slow
def test_the_same_seed_lays_the_same_payments() -> None:
    figures = []
    for name in ("first", "second"):
        company = build_studio(TODAY).company
        lay_payments(company, until=TODAY)
        rows = Payment.objects.filter(company=company).order_by("pk")
        figures.append([(each.date, each.amount, each.reference) for each in rows])
        company.legal_name = name
        company.save()

    assert figures[0] == figures[1]
    assert sum((amount for _, amount, _ in figures[0]), Decimal(0)) > 0
