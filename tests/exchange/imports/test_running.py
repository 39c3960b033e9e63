"""A file is checked whole before a row is written, and written so that nothing is lost or doubled."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import set_closing_date
from apps.billing.acts.batches import release_batch, take_back_batch
from apps.billing.models import Change, Company, CreditNote, Customer, Invoice, Item
from apps.exchange.imports import documents_brought, on_hold
from apps.exchange.imports.on_hold import is_left_to_take_back, take_back
from apps.exchange.imports.running import (
    MovedMeanwhile,
    begin_writing,
    bring,
    check,
    write,
)
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import BroughtMaster, FileImport
from tests.exchange.imports.test_online_retail import HEADING, row
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db

Bring = Callable[..., FileImport]


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def brought(company: Company, tmp_path: Path) -> Bring:
    """A file of these rows on its way, checked."""

    def bring_rows(*rows: str, profile: str = "online-retail") -> FileImport:
        path = tmp_path / f"retail-{len(list(tmp_path.iterdir()))}.csv"
        path.write_text("\n".join([HEADING, *rows, ""]), encoding="utf-8")
        file_import = bring(path, profile, company)
        check(file_import)
        return file_import

    return bring_rows


def take(file_import: FileImport, **options: Any) -> FileImport:
    begin_writing(file_import, **options)
    if file_import.stage == FileImport.Stage.WRITING:
        assert write(file_import)
    return file_import


def rows_by_outcome(stored: Any) -> dict[str, int]:
    return {each: count for each, count in Tally.from_json(stored).rows.items() if count}


def refused(file_import: FileImport) -> list[tuple[int, str]]:
    rows = file_import.refused_rows.filter(tolerated=False)
    return [(each.row, each.sentence) for each in rows]


def everything() -> dict[str, int]:
    return {
        each.__name__: each._base_manager.count()
        for each in (Invoice, CreditNote, Customer, Item, Change)
    }


@pytest.fixture
def in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a portion."""
    monkeypatch.setattr(documents_brought, "PORTION", 2)


def test_checking_writes_no_record_and_counts_what_it_found(brought: Bring) -> None:
    before = everything()
    found = brought(row(), row(number="C2", quantity="-1"), row(number="3", quantity="none"))

    assert (found.stage, everything()) == ("checked", before)
    assert rows_by_outcome(found.tally) == {"new": 2, "refused": 1}
    assert Tally.from_json(found.tally).totals() == {"GBP": {"new": "12.75"}}  # 15.30 − 2.55
    assert refused(found) == [
        (4, "it cannot be read (row 4: Quantity “none” is not a number)"),
    ]


def test_written_it_waits_on_hold_in_a_batch_of_its_own(brought: Bring) -> None:
    done = take(brought(row(), row(number="C2", quantity="-1")))

    assert (done.stage, rows_by_outcome(done.counts)) == ("written", {"new": 2})
    invoice, note = Invoice.objects.get(), CreditNote.objects.get()
    assert invoice.batch == note.batch == done.batch
    assert (invoice.is_draft, invoice.number, invoice.total) == (True, "536365", Decimal("15.30"))
    assert done.batch is not None
    assert release_batch(done.batch).issued == 2


def test_nothing_is_written_while_rows_are_refused_unless_the_good_ones_are_taken(
    brought: Bring,
) -> None:
    found = brought(row(), row(number="3", quantity="none"))
    with pytest.raises(ValidationError, match="1 rows are refused"):
        begin_writing(found)
    assert not Invoice.objects.exists()
    assert rows_by_outcome(take(found, good_rows_only=True).counts) == {"new": 1, "refused": 1}
    assert len(refused(found)) == 1


def test_brought_again_it_writes_nothing_and_says_so(brought: Bring) -> None:
    rows = [row(), row(code="71053", description="LANTERN"), row(number="C2", quantity="-1")]
    take(brought(*rows))
    before = everything()

    again = take(brought(*rows))

    assert (again.stage, again.batch) == ("written", None)
    assert rows_by_outcome(again.counts) == {"unchanged": 3}
    assert everything() == before


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (row(price="2.56"), "line 1 differs in its price: 2.56 in the file, 2.550000 here"),
        (row(quantity="7"), "line 1 differs in its quantity"),
        (row(day="2010-12-02 08:26:00"), "its date is 2010-12-02 in the file and 2010-12-01 here"),
        (row(customer="13047.0"), "its customer is 13047 in the file and 17850 here"),
        (row(code="71053"), "line 1 differs in its item"),
        (row(description="OTHER"), "line 1 differs in its description"),
    ],
)
def test_a_row_that_differs_from_what_stands_here_is_refused(
    brought: Bring, other: str, why: str
) -> None:
    take(brought(row()))
    [(number, sentence)] = refused(brought(other))
    assert number == 2
    assert sentence.startswith("there is one of this number already, and")
    assert why in sentence
    assert sentence.endswith("Credit it instead")


def test_another_line_is_a_difference_too(brought: Bring) -> None:
    take(brought(row()))
    assert "its number of lines is 2 in the file and 1 here" in refused(brought(row(), row()))[0][1]


def test_broken_off_it_goes_on_behind_what_stands(brought: Bring, in_portions: None) -> None:
    found = brought(*(row(number=str(number)) for number in range(1, 8)))
    begin_writing(found)

    assert not write(found, lambda at: at.position < 4)
    assert Invoice.objects.count() == 4

    on = FileImport.objects.get()
    assert write(on)
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [*"1234567"]
    assert rows_by_outcome(on.counts) == {"new": 7}


@pytest.mark.django_db(transaction=True)
def test_a_portion_and_how_far_it_came_are_one(
    brought: Bring, in_portions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = brought(*(row(number=str(number)) for number in range(1, 6)))
    begin_writing(found)
    save = FileImport.save

    def fails(self: FileImport, *args: Any, **options: Any) -> None:
        if self.position == 4:
            raise KeyboardInterrupt
        save(self, *args, **options)

    monkeypatch.setattr(FileImport, "save", fails)
    with pytest.raises(KeyboardInterrupt):
        write(found)
    monkeypatch.undo()
    on = FileImport.objects.get()
    assert (on.position, Invoice.objects.count()) == (2, 2)
    monkeypatch.setattr(documents_brought, "PORTION", 2)
    assert write(on)
    assert Invoice.objects.count() == 5


def test_a_second_process_at_one_import_leaves(brought: Bring, in_portions: None) -> None:
    found = brought(*(row(number=str(number)) for number in range(1, 6)))
    begin_writing(found)
    other = FileImport.objects.get()
    assert not write(found, lambda at: at.position < 2)
    with pytest.raises(MovedMeanwhile):
        write(other)
    assert Invoice.objects.count() == 2


def test_what_changed_between_check_and_writing_is_refused_then(
    brought: Bring, company: Company
) -> None:
    found = brought(row(), row(number="2", customer="13047.0"))
    make_customer(company, name="Customer 13047", code="OTHER")

    done = take(found)

    assert rows_by_outcome(done.counts) == {"new": 1, "refused": 1}
    assert "there is a customer Customer 13047 with the code OTHER" in refused(done)[0][1]


def test_what_is_to_be_made_must_be_fit(brought: Bring) -> None:
    long = "X" * 41
    assert "cannot be made here" in refused(brought(row(code=long)))[0][1]


def test_a_closed_month_refuses(brought: Bring, company: Company) -> None:
    set_closing_date(company, date(2010, 12, 31), reason="Filed")
    assert "closed up to 31 December 2010" in refused(brought(row()))[0][1]


def test_masters_that_stand_here_are_used_and_never_renamed(
    brought: Bring, company: Company
) -> None:
    mine = make_customer(company, name="Bell & Daughters", code="17850")
    take(brought(row()))
    assert Invoice.objects.get().customer == mine
    assert Customer.objects.get().name == "Bell & Daughters"


def test_a_customer_without_a_code_here_is_known_by_name(brought: Bring, company: Company) -> None:
    mine = make_customer(company, name="customer 17850")
    take(brought(row()))
    assert Invoice.objects.get().customer == mine


def test_taken_back_it_can_be_brought_again(brought: Bring) -> None:
    done = take(brought(row()))
    assert done.batch is not None
    take_back_batch(done.batch)
    assert rows_by_outcome(take(brought(row())).counts) == {"new": 1}


def _broken_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_taken_back_what_came_with_it_goes_unless_it_is_used_or_was_changed(
    brought: Bring, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_customer(company, name="Mine", code="1")
    done = take(
        brought(
            row(number="1", customer="1.0", code="A"),
            row(number="2", customer="2.0", code="B"),
            row(number="3", customer="3.0", code="C"),
            row(number="4", customer="4.0", code="D"),
        )
    )
    make_invoice(customer=Customer.objects.get(code="2"))
    changed = Customer.objects.get(code="3")
    changed.notes = "Rings on Mondays"
    changed.save()

    monkeypatch.setattr(on_hold, "_take_along", _broken_off)
    with pytest.raises(KeyboardInterrupt):
        take_back(done)
    monkeypatch.undo()
    assert is_left_to_take_back(done)

    taken = take_back(done)

    assert not is_left_to_take_back(done)
    assert (taken.count, taken.masters, taken.stay) == (
        0, {"customer": 1, "item": 4}, {"customer": 2, "item": 0},
    )  # fmt: skip
    assert set(Customer.objects.values_list("code", flat=True)) == {mine.code, "2", "3"}
    assert list(Customer.history.filter(code="4").values_list("history_type", flat=True)) == [
        "-", "+",
    ]  # fmt: skip
    assert not BroughtMaster.objects.exists()


def test_a_cancelled_import_stops(brought: Bring, in_portions: None) -> None:
    found = brought(*(row(number=str(number)) for number in range(1, 6)))
    begin_writing(found)

    def cancel(at: FileImport) -> bool:
        FileImport.objects.filter(pk=at.pk).update(stage=FileImport.Stage.CANCELLED)
        return True

    assert not write(found, cancel)
    assert (Invoice.objects.count(), found.stage) == (2, "cancelled")


def test_a_file_that_cannot_be_read_says_why(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Number,Day\n1,2010-12-01\n")
    found = bring(path, "online-retail", company)
    assert check(found)
    assert found.stage == "unreadable"
    assert "has no column InvoiceNo, StockCode" in found.sentence


def test_the_questions_do_not_grow_with_the_documents(brought: Bring) -> None:
    def asked(prefix: str, count: int) -> tuple[int, int]:
        rows = [
            row(number=f"{prefix}{number}", code=f"{prefix}{number}") for number in range(count)
        ]
        with CaptureQueriesContext(connection) as checking:
            found = brought(*rows)
        begin_writing(found)
        with CaptureQueriesContext(connection) as writing:
            write(found)
        assert Tally.from_json(found.counts).rows[Outcome.NEW] == count
        return len(checking), len(writing)

    # The customer of the second file stands there by then.
    few, many = asked("P", 3), asked("Q", 60)
    assert many[0] <= few[0] <= 15
    assert many[1] <= few[1] <= 37


def test_a_credit_note_that_is_refused_takes_off_as_one_that_is_taken(brought: Bring) -> None:
    take(brought(row(number="C2", quantity="-1")))
    other = brought(row(number="C2", quantity="-1", price="2.56"))
    assert Tally.from_json(other.tally).totals() == {"GBP": {"refused": "-2.56"}}
