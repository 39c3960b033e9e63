"""A small company's pack, row by row as somebody wrote it down beforehand."""

import csv
import hashlib
import io
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django_q.models import OrmQ

from apps.exchange.storage import vault
from apps.trail.models import AuditorPack, Verification
from apps.trail.pack.asking import ask, carry_out
from apps.trail.pack.events import MASKED
from tests.kept_rows import kept
from tests.trail.pack.office import FIRST, LAST, Office, OtherOffice, at
from tests.trail.raw import attack

pytestmark = pytest.mark.django_db
ADA, BO, FAY, GUS, NIA = (
    f"{name} <{name.lower()}@example.com>" for name in ("Ada", "Bo", "Fay", "Gus", "Nia")
)


@dataclass
class Opened:
    """A pack that was downloaded and unpacked."""

    office: Office
    pack: AuditorPack
    folder: Path

    def rows(self, name: str) -> list[list[str]]:
        """Without the headings."""
        text = (self.folder / name).read_text(encoding="utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline="")))[1:]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def both() -> tuple[Office, OtherOffice]:
    office = Office()
    return office, OtherOffice(office)


def made() -> tuple[Office, AuditorPack, bytes]:
    """Asked for by Fay, made by a worker; and the ZIP as somebody downloads it."""
    office, _ = kept(both)
    with TemporaryDirectory() as folder, override_settings(PRIVATE_FILES_DIR=folder):
        with at("04-15 12:00"):
            pack = ask(office.company, FIRST, LAST, by=office.fay)
            carry_out(pack.pk)
        pack.refresh_from_db()
        assert pack.file is not None
        with vault.verified(pack.file.stored_as, pack.sha256) as plain:
            return office, pack, plain.read()


@pytest.fixture
def opened(db: None, tmp_path: Path) -> Opened:
    office, pack, found = kept(made)
    assert pack.file is not None
    assert hashlib.sha256(found).hexdigest() == pack.sha256 == pack.file.sha256
    folder = tmp_path / "pack"
    zipfile.ZipFile(io.BytesIO(found)).extractall(folder)
    return Opened(office, pack, folder)


def test_its_files_hold_exactly_what_was_done(opened: Opened) -> None:
    office = opened.office
    assert opened.rows("number-series.csv") == [
        ["Invoices 2026", "Used", "INV-2026-00001", "INV-2026-00006", "3", "", "", "", ""],
        ["Invoices 2026", "Gap: skipped by hand", "INV-2026-00003", "INV-2026-00005", "3", "",
         "A printed pad", FAY, "2026-03-03 09:00:00"],
        ["Invoices 2026", "Void", "INV-2026-00006", "INV-2026-00006", "1", "2026-03-09",
         "Sent to the wrong customer", FAY, "2026-03-10 11:00:00"],
        ["Invoices", "Deleted draft", f"draft {office.draft_key}, without a number",
         f"draft {office.draft_key}, without a number", "1", "2026-03-04", "Ordered twice", FAY,
         "2026-03-06 10:00:00"],
    ]  # fmt: skip
    amended = ["2026-03-05 10:00:00", FAY, "Tieout", "One was returned", "", ""]
    void = ["2026-03-10 11:00:00", FAY, "Tieout", "Sent to the wrong customer", GUS,
            "2026-03-10 11:00:00"]  # fmt: skip
    assert opened.rows("changes-after-issue.csv") == [
        ["INV-2026-00002", "Invoice", "Net", "50.00", "37.50", *amended],
        ["INV-2026-00002", "Invoice", "Total", "50.00", "37.50", *amended],
        ["INV-2026-00002", "Invoice", "Line 1, quantity", "4", "3", *amended],
        ["INV-2026-00002", "Invoice", "Line 1, net", "50", "37.5", *amended],
        ["INV-2026-00006", "Invoice", "Status", "Issued", "Void", *void],
        ["INV-2026-00006", "Invoice", "Void date", "empty", "2026-03-04", *void],
        ["INV-2026-00006", "Invoice", "Voided on", "empty", "2026-03-09", *void],
        ["INV-2026-00006", "Invoice", "Void reason", "empty", "Sent to the wrong customer", *void],
    ]
    first, ledger = office.first, "Wren's books (QuickBooks)"
    sent = [ledger, "invoice", "INV-2026-00001", str(first.pk)]
    ways = [[str(each.run_id), str(each.pk)] for each in office.calls]
    assert opened.rows("sends.csv") == [
        ["2026-03-11 08:00:00", *sent, "1", "", *ways[0], "In the books", "145", "3", "", ""],
        ["2026-03-12 08:00:00", *sent, "2", "", *ways[1], "Changed over there", "145", "3", "5010",
         "Stale object"],
        ["2026-03-13 08:00:00", *sent, "2", "", *ways[2], "In the books", "145", "3", "", ""],
    ]  # fmt: skip


def test_its_files_hold_exactly_what_was_set_and_agreed(opened: Opened) -> None:
    ledger, yes, no = "Wren's books (QuickBooks)", "yes", "no"
    income = [ledger, "Sales account by default"]
    assert opened.rows("mappings.csv") == [
        ["2026-02-10 10:00:00", *income, "empty", "4000 Sales", FAY, "", no],
        ["2026-03-14 10:00:00", *income, "4000 Sales", "4010 Trade", GUS, "", yes],
        ["2026-03-15 10:00:00", *income, "4010 Trade", "4020 Goods", GUS, "", yes],
    ]
    assert opened.rows("closing-dates.csv") == [
        ["empty", "2026-02-28", "forth", "2026-03-16 10:00:00", FAY, "Tieout", "February is done",
         yes],
        ["2026-02-28", "2026-01-31", "back", "2026-03-17 10:00:00", FAY, "Tieout",
         "A late invoice", yes],
    ]  # fmt: skip
    assert opened.rows("adjustment-notes.csv") == [
        ["2026-03-18 10:00:00", ledger, "In Tieout", "invoice", "INV-2026-00001", "2026-03-02",
         "message “Thank you” → “Thanks”", FAY, "Asked for by phone", FAY, "2026-03-18 11:00:00",
         "Noted on both sides", "Private note"],
    ]  # fmt: skip
    assert opened.rows("approvals-and-limits.csv") == [
        ["Approval", "void invoices", "INV-2026-00006", "", "50.00", "20.00", "Approved", FAY,
         "2026-03-09 10:00:00", GUS, "2026-03-10 11:00:00", "Sent to the wrong customer", ""],
        ["Limit", "void invoices", "Accountant", "none was set", "20.00", "", "In force", ADA,
         "2026-03-07 10:00:00", "", "", "", ""],
    ]  # fmt: skip
    proof = opened.office.proof
    name = f"proofs/books-proof-{proof.pk}.json"
    assert opened.rows("proofs.csv") == [
        [name, str(proof), "Both sides agree", FAY, "2026-03-27 09:00:00", proof.sha256, yes]
    ]
    kept_bytes = (opened.folder / name).read_bytes()
    assert hashlib.sha256(kept_bytes).hexdigest() == proof.sha256


def test_its_files_hold_exactly_who_had_which_right(opened: Opened) -> None:
    command = "nobody at a screen (a command)"
    since = ["2026-01-05 09:00:00", "", "", command, "", "", ""]
    assert opened.rows("people-and-rights.csv") == [
        [ADA, "Administrator", *since],
        [FAY, "Accountant", *since],
        [GUS, "Accountant", *since],
        [BO, "Administrator", "2026-03-19 09:00:00", *since[1:]],
        [NIA, "Clerk", "2026-03-20 15:00:00", "2026-03-25 09:00:00", "", ADA, BO, ADA, ""],
    ]
    asked = "Ada asked that Nia be Clerk; a second administrator has to agree."
    assert opened.rows("security-events.csv") == [
        ["2026-03-20 09:00:00", "Rights changed", asked, ADA, NIA, ""],
        ["2026-03-20 15:00:00", "Rights changed", "Nia was without a role and is Clerk. Bo agreed.",
         ADA, NIA, ""],
        ["2026-03-22 09:00:00", "Downloaded", "Downloaded “march.csv”.", NIA, "", ""],
        ["2026-03-25 09:00:00", "Rights changed", "Nia was Clerk and is without a role.", ADA, NIA,
         ""],
        ["2026-03-26 09:00:00", "Connected", "Connected again.", ADA, "", ""],
        ["2026-03-13 08:00:00", "Person changed", MASKED, ADA, FAY, ""],
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("hledger") is None, reason="hledger is not installed")
def test_hledger_reckons_its_journal_anew(opened: Opened) -> None:
    journal = str(opened.folder / "receivables-2026-03-31.journal")
    subprocess.run(["hledger", "-f", journal, "check", "--strict"], check=True)
    told = subprocess.run(
        ["hledger", "-f", journal, "bal", "Income:Sales", "-O", "csv", "-N"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "-87.50 GBP" in told.stdout


def test_another_companys_word_stands_nowhere_in_it(opened: Opened) -> None:
    for file in opened.folder.rglob("*"):
        text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
        assert [each for each in OtherOffice.words if each in text] == [], file.name


def test_sums_and_words_say_what_is_in_it(opened: Opened) -> None:
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"],
        cwd=opened.folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = (each for each in opened.folder.rglob("*") if each.is_file())
    names = {str(each.relative_to(opened.folder)) for each in found} - {"SHA256SUMS"}
    assert {line.partition(":")[0] for line in checked.stdout.splitlines()} == names
    assert "All is as it was sealed." in opened.text("trail.txt")
    row = Verification.objects.get()  # it is listed with the others
    assert (row.state, row.asked_by, row.head_link) == (
        "done",
        opened.office.fay,
        opened.pack.head_link,
    )
    assert "Result: all is as it was sealed." in opened.text("README.txt")
    for name in names - {"README.txt"}:
        assert name in opened.text("README.txt")


def test_a_trail_that_was_rewritten_later_does_not_fit_its_heads(opened: Opened) -> None:
    heads = str(opened.folder / "trail-heads.csv")
    last = opened.rows("trail-heads.csv")[-1]
    assert last[2:] == [
        str(opened.pack.head_number),
        opened.pack.head_link,
        "Head when this pack was made",
    ]
    call_command("verify_trail", "--heads", heads, stdout=io.StringIO())
    with pytest.raises(CommandError, match=r"is no trail-heads.csv that can be read"):
        call_command("verify_trail", "--heads", str(opened.folder / "sends.csv"))
    attack("DELETE FROM trail_entry WHERE number = %s", opened.pack.head_number)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_trail", "--heads", heads, stdout=out)
    assert f"does not hold entry {opened.pack.head_number:,} as the head that you gave" in (
        out.getvalue()
    )


def test_the_queue_makes_it_once_and_what_breaks_off_leaves_no_file(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)
    office, _ = kept(both)
    pack = ask(office.company, FIRST, LAST, by=office.fay)
    assert ask(office.company, FIRST, LAST, by=office.gus) == pack
    assert [each.func() for each in OrmQ.objects.all()] == ["apps.trail.pack.asking.carry_out"]

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("apps.trail.pack.making.heads", full)
        with pytest.raises(OSError, match="No space left"):
            carry_out(pack.pk)
    pack.refresh_from_db()
    assert (pack.state, pack.file) == ("broken", None)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    assert carry_out(pack.pk) == "Another worker is at it"
