"""Payments by the command: what it asks, how it is answered, and what its release leaves."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.billing.models import Payment
from tests.factories import make_company, make_customer, make_payment

pytestmark = pytest.mark.django_db


def bring(path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_file", str(path), *options, stdout=out)
    return out.getvalue()


def test_what_is_asked_stops_it_until_it_is_answered(tmp_path: Path) -> None:
    bell = make_customer(make_company(), name="Bell")
    make_payment(customer=bell, amount="50.00")
    path = tmp_path / "payments.csv"
    path.write_text("Date,Customer,Invoice,Amount,Reference\n2026-03-16,Bell,,50.00,\n")

    with pytest.raises(CommandError, match=r"1 rows may be here already.*--answer take"):
        bring(path)
    assert "row 2: 50.00, Bell left out: 50.00 GBP of Bell" in bring(path, "--answer=leave")
    assert "0 new, 0 unchanged, 1 left out, 0 refused" in bring(path), "it is answered for good"

    other = tmp_path / "more.csv"
    other.write_text(path.read_text() + "2026-03-17,Bell,,8.00,R-8\n")
    said = bring(other, "--answer=take", "--release")
    assert "Batch “more.csv” is released." in said
    assert [each.amount for each in Payment.objects.order_by("pk")] == [50, 50, 8]
