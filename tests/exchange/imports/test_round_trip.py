"""What is exported in our own layout comes in again: unchanged here, and the same in an empty company."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from apps.billing.actions import Part, credit_invoice, issue
from apps.billing.acts.batches import release_batch, take_back_batch
from apps.billing.models import (
    Company,
    CreditNote,
    Invoice,
    PaymentTerm,
    TaxComponent,
    TaxRate,
)
from apps.exchange.exports.codes import TypedCodes
from apps.exchange.exports.files import Export
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import Tally as Written
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Tally
from apps.exchange.models import FileImport
from tests.exchange.exports.varied import Varied
from tests.factories import make_company, make_credit_note, make_invoice, make_tax_rate
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db

ARABIC = "שלום «صباح الخير» ‏12.50"
ODD = 'He said "net 30",\r\nthen\n\n  left; \'=1+1 and =2+2'


class Travelled(Varied):
    """The varied company, with everything more that a document may hold."""

    def __init__(self) -> None:
        super().__init__()
        zero = make_tax_rate(self.company, 0, code="Z0", name="Zero", treatment="zero")
        exempt = make_tax_rate(self.company, 0, code="EX", name="Exempt", treatment="exempt")
        double = make_tax_rate(self.company, 5, "9.975", code="QC", name="Two at once")
        standard, _ = self.rates
        whole = {"discount_percent": Decimal(100)}
        more = [
            make_invoice(customer=self.bell, message=ODD, purchase_order_number="'=1+1",
                         supply_date=date(2026, 2, 27), terms=self.bell.terms,
                         lines=[("  Two\r\nlines\n", 3, "1.234", zero), (ARABIC, 1, 7, exempt)]),
            make_invoice(customer=self.bell, message=ARABIC, due_date=date(2026, 5, 1),
                         lines=[(self.lantern, "0.333333", "20.10", double, {"discount_percent": Decimal("12.345")})]),
            make_invoice(customer=self.bell, discount_amount=Decimal("3.33"), tax_mode="inclusive",
                         lines=[(self.lantern, 7, "3.99", standard), ("@Post", 1, "4.99", zero)]),
            make_invoice(customer=self.bell, tax_mode="none", lines=[("+44 a call", 2, 5)]),
            make_invoice(customer=self.bell, lines=[("Free of charge", 1, 50, standard, whole)]),
            make_invoice(customer=self.french, exchange_rate=Decimal("0.8512345"),
                         exchange_rate_date=date(2026, 2, 28), exchange_rate_source="Bank of England",
                         lines=[("Prestation", "1.5", "19.99", exempt)]),
        ]  # fmt: skip
        first = more[2].lines.get(position=1)
        for quantity in (2, 3, 2):
            part = credit_invoice(
                more[2], reason="In parts", on=date(2026, 3, 9),
                lines=[Part(line=first, quantity=Decimal(quantity))],
            )  # fmt: skip
            issue(part)
        make_credit_note(invoice=more[1])
        make_credit_note(invoice=more[5])


@pytest.fixture
def travelled() -> Iterator[Travelled]:
    with time_machine.travel(datetime(2026, 11, 28, 12, tzinfo=UTC)):
        yield kept(Travelled)


def export_of(company: Company, *, with_void: bool = False) -> Export:
    layout = layouts()["native-documents"]
    terms = Terms(layout=layout, codes=TypedCodes(), home=company.home_currency)
    return Export(Laying(terms, layout.formulas), Choice(company=company, with_void=with_void))


def as_csv(company: Company, folder: Path) -> Path:
    path = folder / "documents.csv"
    path.write_bytes(b"".join(export_of(company).chunks(Written())))
    return path


def as_workbook(company: Company, folder: Path) -> Path:
    path, into = folder / "documents.xlsx", io.BytesIO()
    export_of(company).workbook(into, Written())
    path.write_bytes(into.getvalue())
    return path


SLOWLY = pytest.param(as_workbook, marks=pytest.mark.slow)
FORMATS = pytest.mark.parametrize("exported", [as_csv, SLOWLY])
Exported = Callable[[Company, Path], Path]


def checked(path: Path, company: Company) -> FileImport:
    file_import = bring(path, "native", company)
    assert check(file_import)
    assert (file_import.stage, file_import.sentence) == ("checked", "")
    return file_import


def refused(file_import: FileImport) -> list[str]:
    rows = file_import.refused_rows.filter(tolerated=False)
    return [f"{each.document}: {each.sentence}" for each in rows]


@FORMATS
@pytest.mark.slow
def test_brought_again_nothing_is_new_changed_or_refused(
    travelled: Travelled, exported: Exported, tmp_path: Path
) -> None:
    found = checked(exported(travelled.company, tmp_path), travelled.company)
    documents = Invoice.objects.filter(status="issued").count() + CreditNote.objects.count()
    assert refused(found) == []
    assert Tally.from_json(found.tally).documents == {"unchanged": documents}
    assert documents == 23


@pytest.mark.slow
def test_what_is_void_is_so_on_both_sides_or_is_not_taken(
    travelled: Travelled, tmp_path: Path
) -> None:
    path = tmp_path / "documents.csv"
    export = export_of(travelled.company, with_void=True)
    path.write_bytes(b"".join(export.chunks(Written())))
    found = checked(path, travelled.company)
    assert refused(found) == []
    assert Tally.from_json(found.tally).documents == {"unchanged": 24}
    assert [
        each.split(": ", 1)[1] for each in refused(checked(path, another(travelled.company)))
    ] == ["it is void in the file, so nothing of it is in the books"]
    # Void here alone it is another document.
    path.write_text(path.read_text("utf-8-sig").replace('"Void"', '"Issued"'), "utf-8")
    assert "it is void here. Give it another number" in refused(checked(path, travelled.company))[0]


# By heading of our own file, of which kind of document, and what is written in place of what stands.
CHANGES = {
    "Status": ("Invoice", "Void", "it is void in the file and stands here. Void it on its page"),
    "Date": ("Invoice", "2026-03-03", "its date is 2026-03-03 in the file and 2026-03-02 here"),
    "Supply date": ("Invoice", "", "its date of supply is empty in the file and 2026-02-27 here"),
    "Due date": ("Invoice", "2026-05-02", "its due date is 2026-05-02"),
    "Customer code": ("Invoice", "ECL1", "its customer is ECL1 in the file and BELL1 here"),
    "Currency": ("Invoice", "USD", "its currency is USD in the file and GBP here"),
    "Exchange rate": ("Invoice", "1.1", "its exchange rate is 1.1"),
    "Exchange rate of": ("Invoice", "2026-01-01", "its date of the exchange rate is 2026-01-01"),
    "Exchange rate from": ("Invoice", "Fed", "its source of the exchange rate is Fed"),
    "Terms": ("Invoice", "", "its payment term is empty in the file and 30 days here"),
    "Purchase order": ("Invoice", "PO 1", "its purchase order is PO 1"),
    "Message": ("Invoice", "", "its message is empty"),
    "Amounts are": ("Invoice", "with tax", "its reading of prices is inclusive"),
    "Document discount %": ("Invoice", "1", "its discount in percent is 1"),
    "Document discount": ("Invoice", "1", "its discount is 1"),
    "Credits invoice": ("Credit note", "", "its invoice is empty"),
    "Reason": ("Credit note", "", "its reason is empty in the file and In parts here"),
    "Bad debt of": ("Invoice", "X", "its bad debt is X"),
    "Credits line": (
        "Credit note",
        "2",
        "line 1 differs in its line of the invoice: 2 in the file",
    ),
    "Item": ("Invoice", "W", "line 1 differs in its item"),
    "Description": ("Invoice", "Else", "line 1 differs in its description: Else"),
    "Quantity": ("Invoice", "4", "line 1 differs in its quantity: 4"),
    "Unit price": ("Invoice", "1.235", "line 1 differs in its price: 1.235"),
    "Line discount %": ("Invoice", "1", "line 1 differs in its discount: 1"),
    "Line discount": ("Invoice", "1", "line 1 differs in its discount: 1"),
    "Tax rate": ("Invoice", "EX", "line 1 differs in its tax code: EX in the file, Z0 here"),
    "Tax %": ("Invoice", "1", "line 1 differs in its tax in percent: 1 in the file"),
    "Net": ("Invoice", "3.71", "the net of line 1 is 3.71 in the file and comes to 3.70 here"),
    "Tax": ("Invoice", "0.01", "the tax Z0 is 0.01 in the file and comes to 0.00 here"),
    "Document net": ("Invoice", "10.71", "its net is 10.71 in the file and comes to 10.70 here"),
    "Document tax": ("Invoice", "0.01", "its tax is 0.01 in the file and comes to 0.00 here"),
    "Document total": ("Invoice", "10.71", "its total is 10.71 in the file and comes to 10.70"),
    "Open": ("Invoice", "10.71", "its balance due is 10.71 in the file, and its total 10.70 here"),
}
# Known by its code; of a customer that stands here nothing is taken; which line it is, its place says.
NOT_HELD = {"Document", "Number", "Customer", "Line"} | {
    *("Email", "Tax number", "Address", "City", "Region", "Postal code", "Country")
}


@pytest.mark.slow
def test_every_cell_that_differs_is_told(travelled: Travelled, tmp_path: Path) -> None:
    [table] = [
        list(csv.reader(as_csv(travelled.company, tmp_path).open(encoding="utf-8-sig", newline="")))
    ]
    headings, *rows = table
    assert {*headings} == {*CHANGES} | NOT_HELD
    place = {heading: at for at, heading in enumerate(headings)}
    first = {
        "Invoice": next(row[place["Number"]] for row in rows if row[place["Message"]] == ODD),
        "Credit note": next(
            row[place["Number"]] for row in rows if row[place["Reason"]] == "In parts"
        ),
    }
    for heading, (kind, value, told) in CHANGES.items():
        changed = [list(row) for row in rows if row[: place["Number"] + 1] == [kind, first[kind]]]
        shared = heading not in ("Item", "Description", "Quantity", "Unit price", "Line discount %")
        for row in changed if shared and not heading.startswith(("Tax", "Net")) else changed[:1]:
            row[place[heading]] = value
        path = tmp_path / "changed.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *changed])
        found = refused(checked(path, travelled.company))
        assert found, heading
        assert told in found[0], heading


def another(company: Company) -> Company:
    """An empty company with the same choices, tax rates and terms."""
    made = make_company(
        legal_name="Twin Ltd", country=company.country, tax_rounding=company.tax_rounding
    )
    agencies: dict[str, Any] = {}
    for rate in TaxRate.objects.filter(company=company).prefetch_related("components__agency"):
        components = list(rate.components.all())
        rate.pk, rate.company, rate._state.adding = None, made, True
        rate.used = False
        rate.save()
        for each in components:
            agency = agencies.get(each.agency.name)
            if agency is None:
                agency = each.agency
                agencies[agency.name] = agency
                agency.pk, agency.company, agency._state.adding = None, made, True
                agency.save()
            TaxComponent.objects.create(
                rate=rate,
                agency=agency,
                name=each.name,
                percent=each.percent,
                position=each.position,
            )
    for term in PaymentTerm.objects.filter(company=company):
        PaymentTerm.objects.create(company=made, name=term.name, due_days=term.due_days)
    return made


# Of each document its own: keys, times, who, and what happened to it after it was issued.
OWN = (
    {"id", "public_id", "company", "customer", "batch", "number_given", "revision", "invoice"}
    | {"created_at", "updated_at", "issued_at", "issued_by_id", "terms", "discount_item"}
    | {"paid", "credited", "written_off", "balance_due", "applied", "open_credit"}
)


def held(company: Company) -> dict[tuple[str, str], dict[str, Any]]:
    """All that issued documents hold, by kind and number, without keys of this company."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for model in (Invoice, CreditNote):
        for each in model.objects.filter(company=company, status="issued"):
            told = {
                field.name: getattr(each, field.attname)
                for field in each._meta.concrete_fields
                if field.name not in OWN
            }
            told["taxes"] = [
                {k: v for k, v in share.items() if not k.endswith("_id")} for share in each.taxes
            ]
            told["origin"] = each.origin.number if each.origin else None
            told["who"] = each.customer.name, each.customer.code, each.customer.email
            told["lines"] = [
                {
                    **{
                        field.name: getattr(line, field.attname)
                        for field in line._meta.concrete_fields
                        if field.name not in ("id", "document", "item", "tax_rate", "invoice_line")
                    },
                    "item": line.item.code if line.item else None,
                    "rate": line.tax_rate.code if line.tax_rate else None,
                    "credits": getattr(getattr(line, "invoice_line", None), "position", None),
                }
                for line in each.lines.order_by("position")
            ]
            found[model.kind, each.number or ""] = told
    return found


@pytest.mark.slow
@FORMATS
def test_an_empty_company_holds_the_same_field_by_field(
    travelled: Travelled, exported: Exported, tmp_path: Path
) -> None:
    twin = another(travelled.company)
    found = checked(exported(travelled.company, tmp_path), twin)
    assert refused(found) == []
    begin_writing(found)
    assert write(found)
    assert refused(found) == []
    assert found.batch is not None
    release_batch(found.batch)

    ours, theirs = held(travelled.company), held(twin)
    assert theirs.keys() == ours.keys()
    for key, told in ours.items():
        assert theirs[key] == told, key


@pytest.mark.slow
def test_what_waits_on_hold_is_taken_back_with_its_credits(
    travelled: Travelled, tmp_path: Path
) -> None:
    twin = another(travelled.company)
    found = checked(as_csv(travelled.company, tmp_path), twin)
    begin_writing(found)
    assert write(found)
    assert found.batch is not None
    assert take_back_batch(found.batch) == 23
    assert not Invoice.objects.filter(company=twin).exists()
