"""The bytes of a file, without a database: the same for the same records, and safe to open."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Push
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Line, PaymentSnapshot
from tests.connectors.csv_ledger.bench import CsvBench


def invoice(**more: Any) -> InvoiceSnapshot:
    lines = (
        line("1", "100.00", "20.00", description='Mugs, "blue"'),
        line("2", "-10.00", "-2.00", description="-10% for loyalty"),
        line("3", "5.00", "0.00", tax_code_id="T0"),
    )
    return InvoiceSnapshot(
        **{
            "marker": "ab" * 16,
            "number": "INV-1",
            "customer_id": "Ash & Elm (ABCDEF)",
            "issue_date": date(2026, 3, 2),
            "due_date": date(2026, 4, 1),
            "currency": "GBP",
            "lines": lines,
            "net": Decimal("95.00"),
            "tax": Decimal("18.00"),
            "total": Decimal("113.00"),
            **more,
        }
    )


def line(key: str, net: str, tax: str, **more: Any) -> Line:
    return Line(
        **{
            "key": key,
            "net": Decimal(net),
            "tax": Decimal(tax),
            "unit_price": Decimal(net),
            "item_id": "MUG",
            "account_id": "4000",
            "tax_code_id": "T1",
            **more,
        }
    )


def handed(bench: CsvBench, *pushes: Push) -> list[tuple[str, bytes]]:
    """What went over: path and bytes of each file."""
    outcomes = list(bench.connector.push(list(pushes), bench.courier))
    assert [each.error for each in outcomes] == [None] * len(pushes)
    return [(each.path, each.body) for each in bench.courier.sent if each.writes]


def push(snapshot: Any, kind: str = "invoice", ref: int = 1, **more: Any) -> Push:
    return Push(ref=ref, kind=kind, snapshot=snapshot, identity=f"1-{ref}-1-", **more)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_file_is_the_same_bytes_under_the_same_name_whoever_makes_it() -> None:
    pushes = [push(invoice(number=f"INV-{place}"), ref=place) for place in (3, 1, 2)]
    one, other = (handed(CsvBench(), *each) for each in (pushes, pushes[::-1]))
    assert one == other
    ((path, content),) = one
    assert [each["Number"] for each in rows(content)][::3] == ["INV-1", "INV-2", "INV-3"]
    again = [replace(each, identity=f"{each.identity}2") for each in pushes]
    ((other_path, same),) = handed(CsvBench(), *again)
    assert same == content
    assert other_path != path


def test_no_cell_runs_in_a_spreadsheet_and_every_figure_is_one() -> None:
    ((_, content),) = handed(CsvBench(), push(invoice()))
    found = rows(content)
    assert [each["Description"] for each in found] == ['Mugs, "blue"', "'-10% for loyalty", ""]
    assert [Decimal(each["Net"]) for each in found] == [100, -10, 5]
    connector = CsvBench().connector
    assert connector.objections(invoice(number="=1+1"))
    assert connector.objections(invoice(number="N" * 41))
    assert connector.objections(invoice()) == ()


def test_by_account_and_tax_code_each_sum_stands_once() -> None:
    bench = CsvBench()
    bench.connector.settings = replace(bench.connector.settings, there={"layout": "accounts"})
    ((_, content),) = handed(bench, push(invoice()))
    found = [(each["Tax code"], each["Net"], each["Tax"]) for each in rows(content)]
    assert found == [("T1", "90.00", "18.00"), ("T0", "5.00", "0.00")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"due_date": date(2026, 5, 1)},
            "due date of invoice INV-1 from “2026-04-01” to “2026-05-01”",
        ),
        ({"message": "Thank you"}, "message of invoice INV-1 from “nothing” to “Thank you”"),
        ({"void": True}, "Void invoice INV-1: it was taken back here."),
    ],
)
def test_what_changes_after_it_went_is_a_row_by_hand(change: dict[str, Any], told: str) -> None:
    bench, first = CsvBench(), invoice()
    (outcome,) = bench.connector.push([push(first)], bench.courier)
    again = push(replace(first, **change), known=outcome.remote[0], agreed=first)
    _, (path, content) = handed(bench, again)
    assert path.startswith("outbox/by-hand/")
    (row,) = rows(content)
    assert told in row["What to do"]
    assert row["Number"] == "INV-1"


def test_what_only_they_decide_is_no_change() -> None:
    bench, first = CsvBench(), invoice()
    (outcome,) = bench.connector.push([push(first)], bench.courier)
    again = push(replace(first, memo="ours"), known=outcome.remote[0], agreed=first)
    assert len(handed(bench, again)) == 1


def test_what_a_record_books_comes_to_nil_at_home_whatever_the_rate() -> None:
    connector = CsvBench().connector
    abroad = {"currency": "USD", "exchange_rate": Decimal("0.777777")}
    names = CreditNoteSnapshot.__dataclass_fields__
    note = CreditNoteSnapshot(**{name: getattr(invoice(), name) for name in names})
    payment = PaymentSnapshot(
        marker="cd" * 16,
        customer_id="Ash & Elm (ABCDEF)",
        paid_on=date(2026, 3, 9),
        amount=Decimal("50.00"),
        account_id="1200",
        **abroad,
    )
    for each in (invoice(**abroad), replace(note, **abroad), payment):
        booked = connector.effect(each)
        assert booked
        assert sum(one.debit - one.credit for one in booked) == 0
    owed = {one.account_id: one.debit - one.credit for one in connector.effect(invoice())}
    assert owed == {"4000": -95, "tax": -18, "receivable": 113}
