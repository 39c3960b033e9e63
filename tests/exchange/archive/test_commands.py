"""`manage.py archive` and `manage.py restore`: what they write, and what they say."""

import io
import stat
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.billing.models import Company
from apps.exchange.archive import making, sealed, taking
from apps.exchange.models import CompanyArchive
from apps.staff.models import SecurityEvent
from tests.exchange.archive.world import PASSPHRASE
from tests.factories import make_company, make_invoice

pytestmark = pytest.mark.django_db
NAME = "Thornfield Trading Ltd"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_N", 1 << 4)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return file


def said(*command: object) -> str:
    out = io.StringIO()
    call_command(*map(str, command), stdout=out)
    return out.getvalue()


def test_out_and_in_with_the_figures_in_words(tmp_path: Path, words: Path) -> None:
    company = make_company(legal_name=NAME)
    make_invoice(company=company)
    file = tmp_path / "company.tieout"

    told = said("archive", NAME, "--to", file, "--passphrase-file", words)

    assert "Invoice issued: 1, 100.0000 GBP" in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"Thornfield" not in file.read_bytes()
    row = CompanyArchive.objects.get()
    assert (row.size, row.taken_by) == (file.stat().st_size, None)
    assert row.ended_at is not None
    with pytest.raises(CommandError, match="already"):
        said("archive", NAME, "--to", file, "--passphrase-file", words)
    with pytest.raises(CommandError, match="There is a company"):
        said("restore", file, "--passphrase-file", words)


@pytest.mark.slow
def test_into_an_empty_database(tmp_path: Path, words: Path) -> None:
    from tests.exchange.archive.photograph import cleared

    make_invoice(company=make_company(legal_name=NAME))
    file = tmp_path / "company.tieout"
    said("archive", NAME, "--to", file, "--passphrase-file", words)
    cleared()

    told = said("restore", file, "--passphrase-file", words, "--name", "Thornfield Again Ltd")

    assert "Thornfield Again Ltd was restored: every row was read back and is as it was" in told
    assert Company.objects.get().invoices.count() == 1
    event = SecurityEvent.objects.all()[0]
    assert event.words == "restore: Thornfield Again Ltd was brought back from an archive."
    assert event.details["company"] == Company.objects.get().pk


def test_what_is_wrong_is_said(tmp_path: Path, words: Path) -> None:
    make_company(legal_name=NAME)
    file = tmp_path / "company.tieout"
    with pytest.raises(CommandError, match=f"There is no company “Other”. There is: “{NAME}”"):
        said("archive", "Other", "--to", file, "--passphrase-file", words)
    with pytest.raises(CommandError, match="Nobody is here to type a passphrase"):
        said("archive", NAME, "--to", file)
    with pytest.raises(CommandError, match="cannot be read from"):
        said("archive", NAME, "--to", file, "--passphrase-file", tmp_path / "none")
    with pytest.raises(CommandError, match="The archive cannot be written"):
        said("archive", NAME, "--to", tmp_path / "no" / "x", "--passphrase-file", words)
    with pytest.raises(CommandError, match="The archive cannot be read"):
        said("restore", file, "--passphrase-file", words)
    words.write_text("short", encoding="utf-8")
    with pytest.raises(CommandError, match="at least 12 characters"):
        said("archive", NAME, "--to", file, "--passphrase-file", words)
    file.write_bytes(b"hello")
    with pytest.raises(CommandError, match="This is no archive of a company"):
        said("restore", file, "--passphrase-file", words)


def test_one_that_breaks_off_leaves_no_file_and_a_row_without_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company(legal_name=NAME)

    def full(company: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "totals", full)
    with pytest.raises(OSError, match="No space left"):
        taking.taken_to(tmp_path / "company.tieout", company, PASSPHRASE)

    assert list(tmp_path.iterdir()) == []
    assert CompanyArchive.objects.get().ended_at is None
