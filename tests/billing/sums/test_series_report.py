"""The report of a series: first, last, count, and every missing number with its reason."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.actions import DraftLine, issue, skip_numbers, void
from apps.billing.acts.bulk import DraftDocument, create_documents
from apps.billing.changes import made_by
from apps.billing.models import Company, Frozen, Invoice, NumberGap, NumberSeries
from apps.billing.sums.series_report import IMPORTED, UNEXPLAINED, Gap, report_on
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def series_of(company: Company) -> NumberSeries:
    return NumberSeries.objects.get(company=company, kind="invoice", year=2026)


def issued_then_lost(draft: Invoice) -> None:
    with transaction.atomic():
        issue(draft)
        assert draft.number == "INV-2026-00004"
        transaction.set_rollback(True)


def test_voids_rollbacks_and_drafts_leave_no_gap(company: Company) -> None:
    kept = [make_invoice(company=company) for _ in range(3)]
    make_invoice(company=company, issued=False)
    lost = make_invoice(company=company, issued=False)
    issued_then_lost(lost)
    void(kept[1], reason="Typed twice", on=date(2026, 3, 20))
    make_invoice(company=company)
    report = report_on(series_of(company))
    assert (report.first, report.last) == ("INV-2026-00001", "INV-2026-00004")
    assert (report.count, report.void, report.gaps, report.complete) == (4, 1, (), True)


def test_a_number_that_an_import_brought_is_named_as_such(company: Company) -> None:
    make_invoice(company=company, on_number="INV-2026-00002")
    make_invoice(company=company, on_number="OLD-7")
    for _ in range(2):
        make_invoice(company=company)
    report = report_on(series_of(company))
    assert (report.count, report.last) == (2, "INV-2026-00003")
    assert report.gaps == (
        Gap(
            first="INV-2026-00002",
            last="INV-2026-00002",
            count=1,
            reason=IMPORTED,
            explained=True,
        ),
    )


def test_numbers_are_skipped_with_a_reason_and_its_person(company: Company) -> None:
    fay = User.objects.create_user("fay@example.com", name="Fay")
    make_invoice(company=company)
    series = series_of(company)
    with pytest.raises(ValidationError, match="Give a reason"):
        skip_numbers(series, through=9, reason="")
    with pytest.raises(ValidationError, match="INV-2026-00001 is not ahead"):
        skip_numbers(series, through=1, reason="Printed pad")
    with made_by(fay.pk):
        skip_numbers(series, through=9, reason="Printed pad")
    assert make_invoice(company=company).number == "INV-2026-00010"
    [gap] = report_on(series_of(company)).gaps
    assert (gap.first, gap.last, gap.count) == ("INV-2026-00002", "INV-2026-00009", 8)
    assert gap.reason.startswith("Skipped: Printed pad (Fay, ")
    with pytest.raises(ValidationError, match="changed or deleted by nobody"):
        NumberGap.objects.all().delete()


def test_a_number_that_is_gone_is_found_out(company: Company) -> None:
    for _ in range(4):
        make_invoice(company=company)
    models.QuerySet(Invoice).filter(number="INV-2026-00002").update(number="X-2")
    report = report_on(series_of(company))
    [gap] = report.gaps
    assert (gap.first, gap.reason, report.complete) == ("INV-2026-00002", UNEXPLAINED, False)


def test_set_based_issuing_is_gapless_too(company: Company) -> None:
    line = DraftLine(description="Lamp", quantity=Decimal(1), unit_price=Decimal(10))
    draft = DraftDocument(
        customer=make_customer(company), issue_date=date(2026, 3, 2), lines=[line]
    )
    create_documents([draft] * 5)
    report = report_on(series_of(company))
    assert (report.count, report.last, report.gaps) == (5, "INV-2026-00005", ())


def test_the_counter_and_the_pattern_of_given_numbers_stay(company: Company) -> None:
    make_invoice(company=company)
    stale = series_of(company)
    make_invoice(company=company)
    stale.width = 6
    stale.last_number = 0
    stale.save()
    assert series_of(company).last_number == 2
    assert make_invoice(company=company).number == "INV-2026-000003"
    stale.prefix = "X-"
    with pytest.raises(Frozen, match="pattern cannot change"):
        stale.save()
    with pytest.raises(Frozen, match="never deleted"):
        stale.delete()
    with pytest.raises(TypeError, match="leaves no history"):
        NumberSeries.objects.update(last_number=0)
    report = report_on(series_of(company))
    assert (report.count, report.gaps) == (3, ())
