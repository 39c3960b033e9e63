"""Payments that go out in our own layout come in again: unchanged here, the same in an empty company."""

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.billing.actions import allocate, pay_refund
from apps.billing.acts.batches import release_batch
from apps.billing.models import Allocation, Company, Invoice, Payment
from apps.exchange.exports.codes import TypedCodes
from apps.exchange.exports.files import Export
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import Tally as Written
from apps.exchange.imports.money.releasing import release_money
from apps.exchange.imports.opening import proposed
from apps.exchange.models import FileImport
from tests.exchange.imports.money.bringing import brought, noted, refused, rows_by_outcome, written
from tests.factories import (
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db

ODD = "=1+1, “twice”\nשלום"


def export_of(company: Company, layout_code: str) -> Export:
    layout = layouts()[layout_code]
    terms = Terms(layout=layout, codes=TypedCodes(), home=company.home_currency)
    return Export(Laying(terms, layout.formulas), Choice(company=company))


def as_csv(company: Company, folder: Path, layout: str = "native-payments") -> Path:
    path = folder / f"{layout}.csv"
    path.write_bytes(b"".join(export_of(company, layout).chunks(Written())))
    return path


def as_workbook(company: Company, folder: Path) -> Path:
    path, into = folder / "payments.xlsx", io.BytesIO()
    export_of(company, "native-payments").workbook(into, Written())
    path.write_bytes(into.getvalue())
    return path


SLOWLY = pytest.param(as_workbook, marks=pytest.mark.slow)
FORMATS = pytest.mark.parametrize("exported", [as_csv, SLOWLY])
Exported = Callable[[Company, Path], Path]


def owed(customer: Any, amount: int, **fields: Any) -> Invoice:
    return make_invoice(customer=customer, lines=[("Lantern", 1, amount)], **fields)


@pytest.fixture
def company() -> Company:
    """Payments over several invoices, on a later day, from abroad, in advance, and alike."""
    company = make_company(legal_name="Thornfield Trading Ltd")
    with_methods(company)
    bank = company.payment_methods.get(name="Bank")
    make_exchange_rate(company, "EUR", "0.84", date(2026, 1, 1))
    bell = make_customer(company, name="Bell & Daughters", code="BELL1")
    euro = make_customer(company, name="Müller", currency="EUR")
    one, two, late = owed(bell, 80), owed(bell, 60), owed(bell, 40, issue_date=date(2026, 3, 20))
    paid = make_payment(customer=bell, amount=190, method=bank, reference="R-1", memo=ODD)
    for invoice, amount in ((one, 80), (two, 60)):
        allocate(paid, invoice, Decimal(amount), on=date(2026, 3, 16))
    allocate(paid, late, Decimal(30), on=date(2026, 3, 25))
    make_payment(customer=bell, amount=25, rest_is="prepayment", payout_reference="po_123")
    for _ in range(2):
        make_payment(customer=bell, amount=7)
    make_payment(
        invoice=owed(euro, 100), method=bank, bank_currency="GBP", bank_amount=Decimal("86.31")
    )
    back = make_payment(customer=bell, amount=9, reference="R-9", method=bank)
    pay_refund(back, amount=Decimal(4), on=date(2026, 3, 18), method=bank, reason="Too much")
    return company


def with_methods(company: Company) -> None:
    make_method(company, name="Bank")


def stand(company: Company) -> list[tuple[Any, ...]]:
    """What there is of each payment, by what a person sees."""
    rows = Payment.objects.filter(company=company).select_related("customer", "method")
    return sorted(
        (
            *(each.date, each.customer.name, each.amount, each.currency, each.exchange_rate),
            *(each.bank_amount, each.bank_currency, each.reference, each.payout_reference),
            *(each.memo.replace("\r\n", "\n"), each.rest_is, str(each.method or "")),
            sorted(
                Allocation.objects.filter(payment=each, invoice__isnull=False).values_list(
                    "invoice__number", "date", "amount"
                )
            ),
        )
        for each in rows
    )


def released(file_import: FileImport) -> None:
    assert file_import.batch is not None
    assert release_money(file_import.batch).refused == {}


@FORMATS
def test_brought_again_nothing_is_new_changed_asked_or_refused(
    company: Company, exported: Exported, tmp_path: Path
) -> None:
    path = exported(company, tmp_path)
    found = proposed(path)
    assert found is not None
    assert found.code == "native-payments"
    again = written(brought(path, found.code, company))
    assert (refused(again), rows_by_outcome(again), again.batch) == ({}, {"unchanged": 8}, None)
    assert Payment.objects.count() == 6


@pytest.mark.slow
@FORMATS
def test_in_an_empty_company_it_is_the_same(
    company: Company, exported: Exported, tmp_path: Path
) -> None:
    other = make_company(legal_name="Elsewhere Ltd")
    with_methods(other)
    documents = written(brought(as_csv(company, tmp_path, "native-documents"), "native", other))
    assert documents.batch is not None
    release_batch(documents.batch)
    path = exported(company, tmp_path)

    found = written(brought(path, "native-payments", other))
    assert (refused(found), rows_by_outcome(found)) == ({}, {"new": 8})
    assert noted(found) == {
        9: "4.00 GBP of it settle what is no invoice of ours: they come on account"
    }
    released(found)

    assert stand(other) == stand(company)
    assert open_balances(other) == open_balances(company)
    again = written(brought(path, "native-payments", other))
    assert (rows_by_outcome(again), again.batch) == ({"unchanged": 8}, None)


def open_balances(company: Company) -> dict[str, Decimal]:
    rows = Invoice.objects.filter(company=company).order_by("number")
    return {number or "": due for number, due in rows.values_list("number", "balance_due")}


DIFFERENCES = {
    "Date": ("2026-03-17", "with the date 16 March 2026, the file has 17 March 2026. Cancel it"),
    "Amount": ("191.00", "with the amount 190, the file has 191. Cancel it"),
    "Customer code": ("", ""),
    "Reference": (
        "R-2",
        "with the reference “R-1”, the file has “R-2”. Change it on the payment's",
    ),
    "Invoice": ("", "a row tells an amount that is applied and no invoice"),
    "Applied": ("20.00", "settles"),
}


@pytest.mark.slow
def test_what_differs_from_what_stands_is_told(company: Company, tmp_path: Path) -> None:
    path = as_csv(company, tmp_path)
    headings, *rows = csv.reader(path.open(encoding="utf-8-sig", newline=""))
    number = next(row[0] for row in rows if row[headings.index("Reference")] == "R-1")
    for heading, (written_there, sentence) in DIFFERENCES.items():
        into = io.StringIO()
        changed = [list(row) for row in rows]
        of_it = [row for row in changed if row[0] == number]
        for row in of_it[:1] if heading in ("Invoice", "Applied") else of_it:
            row[headings.index(heading)] = written_there
        csv.writer(into).writerows([headings, *changed])
        path.write_text(into.getvalue(), encoding="utf-8")
        found = refused(brought(path, "native-payments", company))
        assert len(found) == (3 if sentence else 0), (heading, found)
        assert all(sentence in each for each in found.values()), (heading, found)


def test_receipts_of_sage_50_come_on_account_and_the_rest_is_passed_over(tmp_path: Path) -> None:
    company = make_company()
    make_customer(company, name="Bell", code="BELL1")
    path = tmp_path / "audit.csv"
    heading = (
        "Type,Account Reference,Nominal A/C Ref,Department Code,Date,Reference,Details,Net Amount,"
        "Tax Code,Tax Amount,Exchange Rate,Extra Reference,User Name"
    )
    rows = (
        "SI,BELL1,4000,,02/03/2026,INV1,Lanterns,100.00,T1,20.00,1,,MANAGER",
        "SR,BELL1,1200,,16/03/2026,BACS1,Sales receipt,120.00,T9,0.00,1,,MANAGER",
        "SA,BELL1,1200,,17/03/2026,BACS2,Payment on account,50.00,T9,0.00,1,,MANAGER",
        "SD,BELL1,4009,,17/03/2026,DISC,Discount,2.00,T9,0.00,1,,MANAGER",
        "PP,OAK,1200,,17/03/2026,CHQ,Purchase payment,5.00,T9,0.00,1,,MANAGER",
    )
    path.write_text("\n".join([heading, *rows, ""]))

    found = written(brought(path, "sage50-receipts", company))

    assert rows_by_outcome(found) == {"new": 2, "left_out": 1}
    assert noted(found) == {
        5: "left out: a discount is no payment: take it off the invoice on its page"
    }
    released(found)
    received = Payment.objects.order_by("date").values_list("reference", "amount", "on_account")
    assert list(received) == [("BACS1", 120, 120), ("BACS2", 50, 50)]
    # A file that holds only documents and receipts of one product has the headings of both.
    assert proposed(path).code == "sage50-audit-trail"  # type: ignore[union-attr] # else it fails here
