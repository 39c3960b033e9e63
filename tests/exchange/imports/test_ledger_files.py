"""What we write for another product comes back: unchanged here, and worth the same in an empty company."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from apps.billing.acts.batches import release_batch
from apps.billing.models import Company, CreditNote, ExchangeRate, Invoice, TaxRate
from apps.connections.models import Connection
from apps.exchange.exports.codes import Codes, MappedCodes, TypedCodes
from apps.exchange.exports.files import Export, Outlook
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.imports.running import begin_writing, bring, check, check_again, write
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.profiles import PROFILES
from apps.mappings.models import Mapping, RemoteCode
from tests.exchange.exports.varied import Varied
from tests.exchange.imports.layouts import OURS
from tests.exchange.imports.test_round_trip import another, refused
from tests.factories import make_exchange_rate
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db

LEDGERS = pytest.mark.parametrize("code", [each for each in OURS if each != "native-documents"])
THEIR_NAMES = {"S20": "20% (VAT on Income)", "R5": "5% (VAT on Income)", None: "No VAT"}


@pytest.fixture
def varied() -> Iterator[Varied]:
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC)):
        yield kept(Varied)


def books(company: Company, system: str) -> Connection:
    """Books of this system, where our tax rates are called by other names."""
    connection = Connection.objects.create(
        company=company, system=system, environment="sandbox", remote_company_id=str(company.pk)
    )
    rates: list[TaxRate | None] = [*TaxRate.objects.filter(company=company), None]
    for place, rate in enumerate(rates):
        code = RemoteCode.objects.create(
            connection=connection,
            kind="tax_code",
            remote_id=str(place),
            name=THEIR_NAMES[rate.code if rate else None],
            read_at=timezone.now(),
        )
        subject = "tax" if rate else "no_tax"
        Mapping.objects.create(connection=connection, subject=subject, tax_rate=rate, code=code)
    account = RemoteCode.objects.create(
        connection=connection,
        kind="account",
        remote_id="A",
        name="Sales",
        number="200",
        read_at=timezone.now(),
    )
    Mapping.objects.create(connection=connection, subject="income", code=account)
    return connection


def codes_of(company: Company, code: str) -> Codes:
    system = layouts()[code].system
    if system:
        return MappedCodes(books(company, system))
    # The rates are called there as ours are named; what bears no tax has no code, or T9.
    for rate in TaxRate.objects.filter(company=company):
        rate.name = f"T{rate.percent.normalize():f}"
        rate.save()
    named: dict[int | None, str] = {
        each.pk: each.name for each in TaxRate.objects.filter(company=company)
    }
    untaxed = "" if code == "zoho-invoices" else "T9"
    return TypedCodes(sales_account="4000", tax_codes={**named, None: untaxed})


def exported(company: Company, code: str, folder: Path) -> tuple[Path, Outlook]:
    layout = layouts()[code]
    terms = Terms(layout=layout, codes=codes_of(company, code), home=company.home_currency)
    export = Export(Laying(terms, layout.formulas), Choice(company=company))
    [path], outlook = export.write(folder, code)
    return path, outlook


def checked(path: Path, code: str, company: Company) -> FileImport:
    file_import = bring(path, OURS[code], company)
    check_again(file_import, said={"day_order": "dmy"} if "%d" in days(code)[:2] else {})
    assert check(file_import)
    assert file_import.sentence == ""
    assert file_import.doubts == []
    return file_import


def days(code: str) -> str:
    return layouts()[code].date_format


@LEDGERS
def test_brought_back_nothing_is_new_changed_or_refused(
    code: str, varied: Varied, tmp_path: Path
) -> None:
    path, outlook = exported(varied.company, code, tmp_path)
    found = checked(path, code, varied.company)
    assert refused(found) == []
    assert Tally.from_json(found.tally).documents == {Outcome.UNCHANGED: outlook.documents}
    assert outlook.documents >= 6


def worths(company: Company) -> dict[str, tuple[date, str, Decimal, Decimal, Decimal]]:
    return {
        f"{each.kind} {each.number}": (
            each.issue_date,
            each.currency,
            each.net,
            each.tax,
            each.total,
        )
        for model in (Invoice, CreditNote)
        for each in model.objects.filter(company=company, status="issued")
    }


@pytest.mark.slow
@LEDGERS
def test_an_empty_company_holds_what_went_out(code: str, varied: Varied, tmp_path: Path) -> None:
    path, outlook = exported(varied.company, code, tmp_path)
    twin = another(varied.company)
    if layouts()[code].system:
        books(twin, layouts()[code].system)
    if code.startswith("sage"):
        TaxRate.objects.create(company=twin, code="T9", name="None", treatment="outside")
    for rate in ExchangeRate.objects.filter(company=varied.company):
        make_exchange_rate(twin, rate.currency, rate.rate, rate.date)
    found = checked(path, code, twin)
    assert refused(found) == []
    begin_writing(found)
    assert write(found)
    assert found.batch is not None
    assert release_batch(found.batch).issued == outlook.documents
    theirs, ours = worths(twin), worths(varied.company)
    assert len(theirs) == outlook.documents
    assert theirs == {name: ours[name] for name in theirs}


def test_every_ledger_of_the_registry_brings_its_profiles() -> None:
    assert {each.system for each in PROFILES.values()} - {""} == {
        "quickbooks",
        "xero",
        "freshbooks",
    }
