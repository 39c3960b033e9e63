"""Customers, items and tax rates that leave in our own layout come in again: unchanged here, and the same
in an empty company."""

import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.billing.models import Change, Company, Customer, Item, PaymentTerm, TaxRate
from apps.exchange.exports.codes import TypedCodes
from apps.exchange.exports.files import Export
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import Tally
from apps.exchange.imports.running import bring, check
from apps.exchange.models import FileImport
from tests.exchange.exports.varied import HOSTILE
from tests.exchange.imports.records.bringing import noted, outcomes, refused, taken
from tests.factories import make_company, make_customer, make_item, make_tax_rate, make_term

pytestmark = pytest.mark.django_db
KINDS = {"native-tax-rates": TaxRate, "native-customers": Customer, "native-items": Item}
Exported = Callable[[Company, str, Path], Path]


@pytest.fixture
def company() -> Company:
    """With everything that a record may hold, and that a file may stumble over."""
    company = make_company(legal_name="Thornfield Trading Ltd", home_currency="GBP")
    rate = make_tax_rate(company, 20, code="S20", name="Standard; the usual: one")
    both = make_tax_rate(company, 5, "9.975", code="QC", name="Two at once", country="CA")
    make_tax_rate(company, 0, code="Z0", name="Zero", treatment="zero", active=False)
    both.follows = rate
    both.save()
    term = make_term(company, name="30 days")
    top = make_customer(
        company, name="Zeta Group", code="007", currency="EUR", email="z@example.com",
        phone="+44 20 7946 0000", tax_number="GB 123", terms=term, tax_rate=both, country="GB",
        address_lines="1 High Street\r\nThe Old Mill\r\n", city="London", region="Kent",
        postal_code="00123", notes=' He said "net 30",\n\n then left; \'=1+1 ',
    )  # fmt: skip
    middle = make_customer(company, name="Alpha", currency="EUR", parent=top)
    make_customer(company, name="Aaron", currency="EUR", parent=middle, active=False)
    make_customer(company, name=HOSTILE, code="=1+1", address_lines="@home")
    make_customer(company, name="شركة «صباح الخير»", code="-5")
    make_item(company, code="007", name="Lamp", unit_price=Decimal("12.5"), tax_rate=rate,
              description="  Two\r\nlines\n")  # fmt: skip
    make_item(company, code="+W", name="Wick", unit_price=Decimal("0.123456"), active=False)
    make_item(company, code="1-2", name="Free", unit_price=None)
    return company


def export_of(company: Company, code: str) -> Export:
    layout = layouts()[code]
    terms = Terms(layout=layout, codes=TypedCodes(), home=company.home_currency)
    return Export(Laying(terms, layout.formulas), Choice(company=company))


def as_csv(company: Company, code: str, folder: Path) -> Path:
    path = folder / f"{code}.csv"
    path.write_bytes(b"".join(export_of(company, code).chunks(Tally())))
    return path


def as_workbook(company: Company, code: str, folder: Path) -> Path:
    path, into = folder / f"{code}.xlsx", io.BytesIO()
    export = export_of(company, code)
    assert export.has_workbook
    export.workbook(into, Tally())
    path.write_bytes(into.getvalue())
    return path


EXPORTED = pytest.mark.parametrize(
    "exported", [as_csv, pytest.param(as_workbook, marks=pytest.mark.slow)]
)


def checked(path: Path, code: str, company: Company) -> FileImport:
    found = bring(path, code, company)
    assert check(found)
    assert (found.stage, found.sentence, found.doubts) == ("checked", "", [])
    assert refused(found) == {}
    return found


@EXPORTED
def test_brought_again_nothing_changes(
    company: Company, exported: Exported, tmp_path: Path
) -> None:
    for code, model in KINDS.items():
        found = taken(checked(exported(company, code, tmp_path), code, company))
        assert noted(found) == {}
        assert outcomes(found.counts) == {"unchanged": model._default_manager.count()}


# Keys, times and what each company has of its own.
OWN = {"id", "public_id", "company", "revision", "created_at", "updated_at", "used"}


def held(company: Company) -> dict[tuple[str, str], dict[str, Any]]:
    """All that its masters hold, references by name."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for model in KINDS.values():
        for each in model._default_manager.filter(company=company):
            told = {
                field.name: str(value) if field.is_relation and value else value
                for field in model._meta.concrete_fields
                if field.name not in OWN
                for value in [getattr(each, field.name)]
            }
            if isinstance(each, TaxRate):
                told["components"] = [
                    (part.name, part.percent, part.agency.name) for part in each.components.all()
                ]
            found[model.__name__, told["name"]] = told
    return found


@EXPORTED
def test_an_empty_company_holds_the_same_field_by_field(
    company: Company, exported: Exported, tmp_path: Path
) -> None:
    twin = make_company(legal_name="Twin Ltd", home_currency="GBP")
    for term in PaymentTerm.objects.filter(company=company):
        PaymentTerm.objects.create(company=twin, name=term.name, due_days=term.due_days)
    for code in KINDS:
        taken(checked(exported(company, code, tmp_path), code, twin))
    ours, theirs = held(company), held(twin)
    assert theirs.keys() == ours.keys()
    for key, told in ours.items():
        assert theirs[key] == told, key
    assert Change.objects.filter(company=twin).count() == len(
        [key for key in ours if key[0] != "TaxRate"]
    )


def test_what_goes_out_in_other_layouts_names_those_in_use_alone(company: Company) -> None:
    export = export_of(company, "native-customers")
    assert export.outlook().documents == 5
    columns = tuple(each for each in export.layout.columns if each.source != "active")
    layout = replace(export.layout, columns=columns)
    terms = Terms(layout=layout, codes=TypedCodes(), home="GBP")
    assert Export(Laying(terms, layout.formulas), export.choice).outlook().documents == 4
