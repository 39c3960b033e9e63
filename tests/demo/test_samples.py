"""The sample company and its payments are the same every time, and allowed by billing's rules."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F

from apps.backoffice.demo.payments import lay_payments
from apps.backoffice.demo.studio import build_studio
from apps.billing.models import CreditNote, Customer, Invoice, Item, Payment

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)


def test_the_studio_has_customers_items_invoices_and_credit_notes() -> None:
    company = build_studio(TODAY).company

    assert Customer.objects.filter(company=company).count() == 25
    assert Item.objects.filter(company=company).count() == 20
    invoices = Invoice.objects.filter(company=company, status="issued")
    assert invoices.count() == 40
    assert all(date(2026, 7, 20) < each.issue_date < TODAY for each in invoices)
    notes = CreditNote.objects.filter(company=company, status="issued")
    assert notes.count() == 4
    assert 0 < notes.filter(applied__gt=0).count() < 4


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
