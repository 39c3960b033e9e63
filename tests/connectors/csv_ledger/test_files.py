"""The bytes of a file, without a database: the same for the same records, and safe to open."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Push
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    Line,
    PaymentSnapshot,
)
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


def shared(code: str) -> CsvBench:
    bench = CsvBench()
    bench.connector.settings = replace(bench.connector.settings, there={"layout": code})
    return bench


def test_documents_are_written_as_another_product_takes_them_in() -> None:
    """By account and tax code, above nil, its own days; no text of ours runs or is kept with a mark."""
    sold = invoice(customer_id="ASH01", purchase_order_number="PO 88")
    names = CreditNoteSnapshot.__dataclass_fields__
    back = CreditNoteSnapshot(**{name: getattr(sold, name) for name in names if name != "code"})
    bench = shared("sage50-audit-trail")
    (path, content), (_, credited) = sorted(
        handed(bench, push(sold), push(replace(back, number="CN-1"), "credit_note", 2)),
        reverse=True,
    )
    assert path.startswith("outbox/invoices/")
    assert content.decode() == (
        "Type,Account Reference,Nominal A/C Ref,Department Code,Date,Reference,Details,Net Amount,"
        "Tax Code,Tax Amount,Exchange Rate,Extra Reference,User Name\r\n"
        'SI,ASH01,4000,,02/03/2026,INV-1,"Mugs, ""blue""",90.00,T1,18.00,1,PO 88,\r\n'
        "SI,ASH01,4000,,02/03/2026,INV-1,MUG,5.00,T0,0.00,1,PO 88,\r\n"
    )
    assert [each["Type"] for each in rows(credited)] == ["SC", "SC"]
    assert handed(shared("sage50-audit-trail"), push(sold)) == [(path, content)]

    ((_, quick),) = handed(shared("sage-quick-entries"), push(sold))
    first = rows(quick)[0]
    assert (first["Type"], first["Customer Reference"], first["Date"]) == (
        "Invoice", "ASH01", "02-03-2026",
    )  # fmt: skip
    risky = (line("1", "10.00", "2.00", description="=1+1"),)
    ((_, kept),) = handed(shared("sage50-audit-trail"), push(replace(sold, lines=risky)))
    assert rows(kept)[0]["Details"] == "INV-1"


def test_what_another_product_has_no_room_for_is_refused_with_what_to_do() -> None:
    connector, sold = shared("sage50-audit-trail").connector, invoice(customer_id="ASH01")
    assert connector.objections(sold) == ()
    assert connector.objections(CustomerSnapshot(marker="ab" * 16, name="Ash", code="ASH01")) == ()

    def refused(**change: Any) -> str:
        (told,) = connector.objections(replace(sold, **change))
        return str(told)

    (told,) = connector.objections(CustomerSnapshot(marker="ab" * 16, name="Ash"))
    assert told == (
        "Account Reference is empty, and Sage 50 asks for it. Give the customer the reference that it "
        "has there as its code here."
    )
    assert "would arrive as GBP" in refused(currency="USD")
    assert "has 31 characters, and Sage 50 takes 30" in refused(number="N" * 31)
    assert "takes amounts above nil alone" in refused(lines=(line("1", "-1.00", "0.00"),))
    assert "Codes there are T0 to T99" in refused(lines=(line("1", "1.00", "0", tax_code_id="X"),))


def test_a_document_of_a_customer_that_is_known_otherwise_there_is_turned_away() -> None:
    """She was handed over before their layout was chosen; another in the same file goes."""
    bench = shared("sage50-audit-trail")
    pushes = [push(invoice()), push(invoice(number="INV-2", customer_id="ASH01"), ref=2)]
    refused, sent = bench.connector.push(pushes, bench.courier)
    assert "“Ash & Elm (ABCDEF)” does not fit in Sage 50." in str(refused.error)
    assert (refused.ref, sent.error, sent.handed_over) == (1, None, True)


def test_a_file_is_no_larger_than_their_software_takes() -> None:
    """And its parts are the same whoever makes them again."""
    many = [
        push(
            invoice(
                number=f"INV-{place:03}", customer_id="ASH01",
                lines=tuple(line(str(key), "1.00", "0.20", account_id=str(4000 + key),
                                 description="x" * 200) for key in range(20)),
            ),
            ref=place,
        )
        for place in range(140)
    ]  # fmt: skip
    made = handed(shared("sage-quick-entries"), *many)
    assert len(made) == 2
    assert all(len(content) <= 500_000 for _, content in made)
    assert sum(len({row["Reference"] for row in rows(content)}) for _, content in made) == 140
    assert handed(shared("sage-quick-entries"), *many[::-1]) == made
