"""The command brings a file in as the page does, and tells what came of it."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.billing.acts.batches import take_back_batch
from apps.billing.models import Batch, Company, Invoice
from apps.exchange.imports import documents_brought, running
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.exchange.imports.test_online_retail import HEADING, row
from tests.factories import make_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(legal_name="Thornfield Ltd")


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str) -> Path:
        path = tmp_path / "march.csv"
        path.write_text("\n".join([HEADING, *rows, ""]), encoding="utf-8")
        return path

    return write


def bring(path: Path, *options: str) -> tuple[str, dict[str, Any]]:
    report = path.with_suffix(".json")
    said = StringIO()
    call_command(
        "import_file",
        str(path),
        "--profile=online-retail",
        f"--report={report}",
        *options,
        stdout=said,
    )
    return said.getvalue(), json.loads(report.read_text())


def test_it_reports_rows_documents_and_totals(company: Company, file: Callable[..., Path]) -> None:
    rows = row(), row(), row(number="C2", quantity="-1"), row(number="3", price="0")
    said, report = bring(file(*rows), "--good-rows")

    assert (report["rows"], report["imported"], report["refused"]) == (4, 3, 1)
    assert report["documents"] == {"new": 2, "refused": 1}
    assert report["totals"] == {"GBP": {"new": "28.05", "refused": "0.00"}}
    assert report["days"] == {"GBP": {"2010-12-01": {"new": "28.05", "refused": "0.00"}}}
    assert report["seconds"] >= 0
    assert report["peak_memory_mb"] > 10
    assert "4 rows: 3 new, 0 unchanged, 1 refused" in said
    assert "row 5: 3 refused: a document of nil value books nothing" in said
    assert "Batch “march.csv” is on hold until it is released." in said


def test_refused_rows_stop_it_and_the_report_says_which(
    company: Company, file: Callable[..., Path]
) -> None:
    path = file(row(), row(number="3", price="0"))
    with pytest.raises(CommandError, match="1 rows are refused, so nothing was written"):
        bring(path)
    assert json.loads(path.with_suffix(".json").read_text())["refused"] == 1
    assert not Invoice.objects.exists()


def test_again_it_writes_nothing(company: Company, file: Callable[..., Path]) -> None:
    path = file(row())
    bring(path)
    said, report = bring(path)
    assert (report["imported"], report["unchanged"]) == (0, 1)
    assert "Batch" not in said


def test_released_it_is_issued_in_the_name_of_who_brought_it(
    company: Company, file: Callable[..., Path]
) -> None:
    who = User.objects.create_user("ada@example.com", "correct horse staple")
    said, _ = bring(file(row()), "--release", "--user=ADA@example.com")
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.issued_by_id) == ("issued", who.pk)
    assert Batch.objects.get().brought_by_id == who.pk
    assert "is released" in said


def test_broken_off_the_same_file_goes_on(
    company: Company, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents_brought, "PORTION", 2)
    path = file(*(row(number=str(number)) for number in range(6)))
    begun = running.bring(path, "online-retail", company)
    running.check(begun)
    running.begin_writing(begun)
    running.write(begun, lambda at: at.position < 4)

    said, report = bring(path)

    assert "Going on behind document 4." in said
    assert (report["imported"], Invoice.objects.count()) == (6, 6)
    stages = FileImport.objects.order_by("id").values_list("stage", flat=True)
    assert list(stages) == ["written", "cancelled"]


def test_whose_it_is_must_be_clear(company: Company, file: Callable[..., Path]) -> None:
    make_company(legal_name="Other Ltd")
    with pytest.raises(
        CommandError, match="Say whose it is with --company: “Other Ltd”, “Thornfield Ltd”"
    ):
        bring(file(row()))
    bring(file(row()), "--company=Other Ltd")
    assert Invoice.objects.get().company.legal_name == "Other Ltd"


def test_what_cannot_be_read_is_said(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="has no column InvoiceNo"):
        bring(path)
    with pytest.raises(CommandError, match="There is no file"):
        bring(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="Nobody here has the address"):
        bring(path, "--user=nobody@example.com")


def test_taken_back_and_brought_again(company: Company, file: Callable[..., Path]) -> None:
    path = file(row())
    bring(path)
    take_back_batch(Batch.objects.get())
    _, report = bring(path)
    assert report["imported"] == 1


def test_without_a_profile_its_headings_tell(company: Company, file: Callable[..., Path]) -> None:
    said = StringIO()
    call_command("import_file", str(file(row())), stdout=said)
    assert "Read as “Online Retail (UCI)”, which its headings fit." in said.getvalue()
    assert FileImport.objects.get().profile == "online-retail"


def test_headings_that_tell_nothing_are_said(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="fit no layout, or more than one"):
        call_command("import_file", str(path))
    assert not FileImport.objects.exists()
