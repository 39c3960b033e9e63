"""One place knows which profile is meant, and an import is read by one alone."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.billing.models import Company, Invoice
from apps.connectors.profiles import Field
from apps.exchange.imports.background import receive
from apps.exchange.imports.own.finding import fitted, named, offered, with_code
from apps.exchange.imports.own.saving import change, make, retire, use_again
from apps.exchange.imports.running import (
    begin_writing,
    bring,
    check,
    check_again,
    write,
)
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.profiles import PROFILES
from tests.exchange.imports.own.test_checks import GOOD
from tests.factories import make_company

pytestmark = pytest.mark.django_db
HEADINGS = ["Rechnung", "Datum", "Kunde", "Text", "Menge", "Preis"]
ROWS = ["R1;05.03.2026;Bell;Lampe;2;10,00", "R2;17.03.2026;Bell;Lampe;1;10,00"]


@pytest.fixture
def company() -> Company:
    return make_company(home_currency="EUR")


@pytest.fixture
def ours(company: Company) -> ImportProfile:
    return make(GOOD, name="Kasse", company=company, headings=HEADINGS)


def a_file(folder: Path, *rows: str, headings: list[str] = HEADINGS) -> Path:
    path = folder / "kasse.csv"
    path.write_text("\n".join([";".join(headings), *(rows or ROWS), ""]), encoding="utf-8")
    return path


def test_it_is_found_by_its_code_and_by_its_name(company: Company, ours: ImportProfile) -> None:
    found = with_code(ours.code)
    assert found == replace(GOOD, code=ours.code, name="Kasse")
    assert named("kasse", company) == found
    assert named(ours.code, company) == found
    assert named("tieout", company) == PROFILES["native"]
    assert named("nothing", company) is None
    assert offered(company)[0] == (ours.code, "Kasse")
    elsewhere = make_company(legal_name="Another Ltd")
    assert named("kasse", elsewhere) is None
    assert ours.code not in dict(offered(elsewhere))


@pytest.mark.parametrize("code", ["own-", "own-x", "own-²", "own-999", "other", ""])
def test_a_code_that_nothing_has_finds_nothing(code: str) -> None:
    assert with_code(code) is None


def test_a_file_with_its_headings_is_read_by_it_before_any_other(company: Company) -> None:
    native = PROFILES["one-row-net"]
    headings = ["Number", "Date", "Customer", "Net", "Currency"]
    assert fitted(headings, company) == native
    kept = {each: some for each, some in native.columns.items() if each is not Field.CURRENCY}
    ours = make(replace(native, columns=kept), name="Ours", company=company, headings=headings)
    found = fitted(headings, company)
    assert found is not None
    assert found.code == ours.code, "it knows fewer of them, and was built on these"
    shared = make(native, name="Shared", company=None, headings=headings)
    assert fitted(headings, company) == found, "the company's own comes before the shared one"
    elsewhere = fitted(headings, make_company(legal_name="Another Ltd"))
    assert elsewhere is not None
    assert elsewhere.code == shared.code
    retire(ours)
    now = fitted(headings, company)
    assert now is not None
    assert now.code == shared.code


def test_a_name_is_taken_once_and_a_retired_one_gives_it_free(
    company: Company, ours: ImportProfile
) -> None:
    with pytest.raises(ValidationError, match="called “kasse” already"):
        make(GOOD, name="kasse", company=company, headings=HEADINGS)
    retire(ours)
    second = make(GOOD, name="kasse", company=company, headings=HEADINGS)
    with pytest.raises(ValidationError, match="already"):
        use_again(ours)
    retire(second)
    use_again(ours)
    assert ours.retired_at is None
    assert [each.retired_at is None for each in ours.history.all()] == [True, False, True]


def test_what_is_no_layout_is_not_saved(company: Company) -> None:
    with pytest.raises(ValidationError) as refused:
        make(replace(GOOD, columns={}), name=" ", company=company, headings=[])
    first, *_, last = refused.value.messages
    assert first == "No column has a meaning yet. Say under at least one what it tells."
    assert last == "Give the layout a name."
    assert not ImportProfile.objects.exists()


def test_two_people_do_not_overwrite_each_other(ours: ImportProfile) -> None:
    change(ours, GOOD, name="Kasse 2", headings=HEADINGS, opened_at=ours.changed_at)
    with pytest.raises(ValidationError, match="somebody else"):
        change(ours, GOOD, name="Kasse 3", headings=HEADINGS, opened_at=ours.changed_at)
    ours.refresh_from_db()
    assert ours.name == "Kasse 2"


def test_a_layout_that_is_changed_between_check_and_writing_stops_the_writing(
    company: Company, ours: ImportProfile, tmp_path: Path
) -> None:
    brought = bring(a_file(tmp_path), ours.code, company)
    check(brought)
    assert brought.stage == FileImport.Stage.CHECKED, brought.sentence
    other = replace(GOOD, beginnings={Field.NUMBER: "R"})
    change(ours, other, name="Renamed", headings=HEADINGS)
    with pytest.raises(ValidationError, match="layout was changed"):
        begin_writing(brought)
    check_again(brought)
    check(brought)
    change(ours, other, name="Only the name", headings=HEADINGS)
    begin_writing(brought)
    write(brought)
    assert {*Invoice.objects.values_list("number", flat=True)} == {"1", "2"}


def test_what_is_being_written_goes_on_by_the_layout_that_it_was_checked_by(
    company: Company, ours: ImportProfile, tmp_path: Path
) -> None:
    brought = bring(a_file(tmp_path), ours.code, company)
    check(brought)
    begin_writing(brought)
    change(ours, replace(GOOD, constants={Field.CURRENCY: "CHF"}), name="Kasse", headings=HEADINGS)
    retire(ours)
    write(brought)
    assert brought.stage == FileImport.Stage.WRITTEN, brought.sentence
    assert {*Invoice.objects.values_list("currency", flat=True)} == {"EUR"}


def test_a_file_that_fits_no_layout_is_kept_and_asks(
    company: Company, settings: Any, tmp_path: Path
) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "private")
    upload = io.BytesIO(a_file(tmp_path).read_bytes())
    kept = receive(upload, "kasse.csv", None, company)
    assert (kept.stage, kept.profile) == ("asking", "")
    assert [each["field"] for each in kept.doubts] == ["profile"]
    row = make(GOOD, name="Kasse", company=company, headings=HEADINGS)
    check_again(kept, profile=row.code)
    check(kept)
    assert kept.stage == "checked", kept.sentence
    again = receive(io.BytesIO(a_file(tmp_path).read_bytes()), "next.csv", None, company)
    assert (again.profile, again.stage) == (row.code, "checked")


def test_the_command_takes_a_layout_by_its_name(
    company: Company, ours: ImportProfile, tmp_path: Path
) -> None:
    path = a_file(tmp_path)
    with pytest.raises(CommandError, match=r"no layout “till”\. There are own-"):
        call_command("import_file", str(path), profile="till")
    call_command("import_file", str(path), profile="KASSE")
    assert FileImport.objects.get().profile == ours.code
    assert Invoice.objects.count() == 2
