"""A season of files under the real engine: out once, confirmed, paid, put right, and never again."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import void
from apps.billing.models import Allocation, Payment
from apps.connections.mailbox import FileDamaged, content_of, place
from apps.connections.models import BatchFile, BroughtRow, Said
from apps.connectors.errors import CannotTell
from apps.exchange.coming_back.bringing import all_taken_in, leave_out, refused_there, take
from apps.exchange.coming_back.from_folder import bring_what_lies
from apps.exchange.tables.port import FileRefused
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import retry
from apps.sync.models import Call, Reason, RemoteRecord, State, SyncRecord
from tests.connectors.csv_ledger.bookkeeper import as_csv, rows_of
from tests.connectors.csv_ledger.live import CsvLive
from tests.factories import make_customer, make_invoice, make_item, make_tax_rate

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAID = date(2026, 4, 2)


def confirmed(books: CsvLive, **more: Any) -> Any:
    """An invoice that is in their books."""
    invoice = make_invoice(company=books.company, **more)
    books.run()
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    return invoice


def paid(*rows: tuple[Any, ...]) -> bytes:
    """A payments file of theirs: invoice, amount, reference, currency."""
    head = "Invoice number;Date;Amount;Currency;Reference"
    lines = [
        f"{invoice.number};2026-04-02;{amount};{currency};{reference}"
        for invoice, amount, reference, currency in rows
    ]
    return "\r\n".join([head, *lines, ""]).encode()


def states(brought: Any) -> list[str]:
    return [each.state for each in brought.rows.all()]


# --- Out ------------------------------------------------------------------------------------------


def test_what_is_due_goes_into_one_numbered_file_of_its_kind_and_nothing_twice(
    books: CsvLive,
) -> None:
    customer = make_customer(books.company)
    made = [make_invoice(customer=customer) for _ in range(3)]
    books.run_alone()
    books.run_alone()

    files = books.files()
    assert [(each.number, each.holds, each.records) for each in files] == [
        (1, "customers", 1),
        (2, "items", 3),
        (3, "invoices", 3),
    ]
    assert files[2].totals == {"GBP": "300.00"}
    assert files[2].name == "thornfield-by-hand-000003-invoices.csv"
    rows = rows_of(content_of(files[2]))
    assert [each["Number"] for each in rows] == [each.number for each in made]
    assert {each["Account"] for each in rows} == {"4000"}
    assert {each["Tax code"] for each in rows} == {"T0"}
    states = SyncRecord.objects.values_list("state", flat=True)
    assert set(states) == {State.HANDED_OVER}


def test_documents_may_be_written_by_account_and_tax_code(db: None) -> None:
    books = CsvLive(layout="accounts")
    rate, item = make_tax_rate(books.company), make_item(books.company)
    books.map("tax", "Standard", tax_rate=rate)
    books.hold_as_tested()
    lines = [(item, 1, "10.00", rate), (item, 2, "5.00", rate), (item, 1, "7.50")]
    make_invoice(company=books.company, lines=lines)
    books.run_alone()

    (file,) = [each for each in books.files() if each.holds == "invoices"]
    found = [(each["Tax code"], each["Net"], each["Tax"]) for each in rows_of(content_of(file))]
    assert found == [("T1", "20.00", "4.00"), ("T0", "7.50", "0.00")]
    assert file.totals == {"GBP": "31.50"}


def test_a_customer_without_a_reference_there_waits_until_she_has_one(
    db: None, settings: Any, tmp_path: Path
) -> None:
    """Documents as Sage 50 takes them in, from the first file to the confirmation; a lost one again."""
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(layout="sage50-audit-trail", folder="theirs")
    customer = make_customer(books.company, code="")
    invoice = make_invoice(customer=customer)
    books.run_alone()
    held = books.record(customer)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    assert "Account Reference is empty, and Sage 50 asks for it." in held.sentence

    customer.code = "ASH01"
    customer.save()
    books.run_alone()
    books.run_alone()
    file = books.files()[-1]
    assert file.holds == "invoices"
    assert content_of(file).decode().splitlines()[1].startswith("SI,ASH01,4000,,")
    lost = tmp_path / file.name
    before = lost.read_bytes()
    lost.unlink()
    assert place(file)
    assert lost.read_bytes() == before
    said = f"Number,Result,Amount\n{invoice.number},accepted,{invoice.total}\n"
    books.bring("confirmation", said.encode())
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_a_lost_file_is_made_again_byte_for_byte(db: None, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(folder="theirs")
    make_invoice(company=books.company)
    books.run_alone()
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert sorted(before) == [each.name for each in books.files()]
    assert all(content_of(each) == before[each.name] for each in books.files())

    lost, changed, _ = books.files()
    (tmp_path / lost.name).unlink()
    (tmp_path / changed.name).write_text("by somebody else")
    assert place(lost)
    assert (tmp_path / lost.name).read_bytes() == before[lost.name]
    assert not place(changed)
    assert (tmp_path / changed.name).read_text() == "by somebody else"
    assert "Another file lies in the folder" in changed.problem

    call = Call.objects.get(key=lost.key)
    assert hashlib.sha256(content_of(lost)).hexdigest() == lost.sha256
    assert call.members


def test_a_file_that_a_worker_could_not_put_into_the_folder_lies_there_after_the_next_run(
    db: None, settings: Any, tmp_path: Path
) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path / "gone")}
    books = CsvLive(folder="theirs")
    make_invoice(company=books.company)
    books.run_alone()
    assert {bool(each.problem) for each in books.files()} == {True}

    (tmp_path / "gone").mkdir()
    books.run_alone()

    assert len(list((tmp_path / "gone").iterdir())) == len(books.files()) == 3
    assert {each.problem for each in books.files()} == {""}


def test_what_lies_in_the_folder_is_taken_once(db: None, settings: Any, tmp_path: Path) -> None:
    settings.LEDGER_FOLDERS = {"theirs": str(tmp_path)}
    books = CsvLive(folder="theirs")
    assert list(bring_what_lies(books.connection, books.fay)) == []
    invoice = make_invoice(company=books.company)
    books.run_alone()
    books.take_files()
    for name in ("confirmations", "payments"):
        (tmp_path / name).mkdir()
    (tmp_path / "confirmations" / "said.csv").write_bytes(as_csv(books.bookkeeper.work()))
    (tmp_path / "confirmations" / "odd.csv").write_text("A,B\r\n1,2\r\n")
    odd, said = bring_what_lies(books.connection, books.fay)
    assert "No column is called" in odd.problem
    assert said.brought is not None
    assert states(said.brought) == ["taken", "taken", "taken"]
    books.run_alone()
    (tmp_path / "payments" / "paid.csv").write_bytes(paid((invoice, "100.00", "A", "GBP")))
    for _ in range(2):
        assert len(list(bring_what_lies(books.connection, books.fay))) == 3
        books.run_alone()
    assert Payment.objects.get().amount == 100


def test_bytes_that_were_changed_at_rest_are_given_to_nobody(books: CsvLive) -> None:
    make_invoice(company=books.company)
    books.run_alone()
    one, two, *_ = books.files()
    BatchFile.objects.filter(pk=one.pk).update(sealed=two.sealed)
    one.refresh_from_db()
    with pytest.raises(FileDamaged, match="checksum"):
        content_of(one)


# --- Confirmed and refused --------------------------------------------------------------------------


def test_what_is_confirmed_is_in_the_books_and_the_same_file_again_changes_nothing(
    books: CsvLive,
) -> None:
    invoice = make_invoice(company=books.company)
    books.run_alone()
    books.take_files()
    said = as_csv(books.bookkeeper.work("invoices"))
    first = books.bring("confirmation", said)
    books.run_alone()

    assert states(first) == ["taken"]
    record = books.record(invoice)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, invoice.revision)
    # The customer and the item that the invoice names stand there with it.
    assert set(SyncRecord.objects.values_list("state", flat=True)) == {State.IN_THE_BOOKS}

    words = Said.objects.count()
    assert books.bring("confirmation", said) == first
    assert states(first) == ["taken"]
    assert Said.objects.count() == words
    again = books.bring("confirmation", said + b"\r\n")
    assert states(again) == ["known"]
    books.run_alone()
    assert books.record(invoice).attempts.count() == 2
    assert len(books.files()) == 3


def test_what_is_refused_says_why_in_their_words_and_goes_into_another_file_once_put_right(
    books: CsvLive,
) -> None:
    invoice = make_invoice(company=books.company)
    books.run_alone()
    books.confirm("invoices", refuse="Period 3 is closed.")
    books.run_alone()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.REFUSED)
    assert record.sentence == "Period 3 is closed."
    assert retry([record])[0] == 1
    books.run_alone()
    assert books.record(invoice).state == State.HANDED_OVER
    last = books.files()[-1]
    assert (last.holds, last.number) == ("invoices", 4)
    books.confirm("invoices")
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert [each.number for each in books.bookkeeper.booked] == [invoice.number]


def test_a_confirmation_that_cannot_hold_is_told_row_by_row(books: CsvLive) -> None:
    invoice = make_invoice(company=books.company)
    books.run_alone()
    head = "Number,Result,Amount\r\n"
    cases = {
        f"{invoice.number},accepted,90.00": "They booked 90.00 GBP, and 100.00 GBP were handed over.",
        "INV-9,accepted,": "Nothing of the number INV-9 was handed over.",
        f"{invoice.number},perhaps,": "neither that it was accepted",
        ",accepted,": "It names no number.",
        f"{invoice.number},accepted,lots": "“lots”",
    }
    for row, sentence in cases.items():
        (found,) = books.bring("confirmation", f"{head}{row}\r\n".encode()).rows.all()
        assert found.state == "refused", row
        assert sentence in found.sentence, (row, found.sentence)
        assert found.remedy
    books.run_alone()
    assert books.record(invoice).state == State.HANDED_OVER
    with pytest.raises(FileRefused, match="No column is called “Result”"):
        books.bring("confirmation", b"Number,Amount\r\nINV-1,5\r\n")


def test_a_whole_file_is_taken_in_or_refused_on_the_word_of_a_person(books: CsvLive) -> None:
    invoice = make_invoice(company=books.company)
    books.run_alone()
    customers, items, invoices = books.files()
    with pytest.raises(ValidationError, match="Say why"):
        refused_there(invoices, books.fay, " ")
    assert refused_there(invoices, books.fay, "The import broke off.") == 1
    assert all_taken_in(customers, books.fay, "Seen in the list") == 1
    assert all_taken_in(items, books.fay, "Seen in the list") == 1
    books.run_alone()
    assert books.record(invoice).sentence == "The import broke off."
    assert books.record(invoice.customer).state == State.IN_THE_BOOKS
    attempt = books.record(invoice.customer).attempts.first()
    assert attempt is not None
    assert attempt.sentence == "Fay has seen it there: Seen in the list"
    assert all_taken_in(customers, books.fay, "Again") == 0


def test_what_was_handed_over_is_never_changed_and_its_void_says_what_to_do_there(
    books: CsvLive,
) -> None:
    invoice = confirmed(books)
    before = {each.pk: content_of(each) for each in books.files()}
    void(invoice, reason="Typed twice")
    books.run_alone()

    last = books.files()[-1]
    assert last.holds == "by-hand"
    (told,) = rows_of(content_of(last))
    assert told["What to do"] == f"Void invoice {invoice.number}: it was taken back here."
    assert (told["Act"], told["Number"]) == ("Void", invoice.number)
    assert books.record(invoice).state == State.HANDED_OVER
    books.confirm()
    books.run_alone()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert {pk: content_of(BatchFile.objects.get(pk=pk)) for pk in before} == before


# --- Payments -----------------------------------------------------------------------------------------


def test_payments_settle_their_invoices_here_once_and_are_not_handed_back(books: CsvLive) -> None:
    invoice = confirmed(books)
    content = paid((invoice, "60,00", "BACS 1", "GBP"), (invoice, "40,00", "BACS 2", ""))
    first = books.bring("payments", content)
    assert states(first) == ["taken", "taken"]
    files = len(books.files())
    books.run_alone()
    books.run_alone()

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    received = list(Payment.objects.order_by("pk").values_list("amount", "reference", "date"))
    assert received == [(Decimal(60), "BACS 1", PAID), (Decimal(40), "BACS 2", PAID)]
    for each in [*Payment.objects.all(), *Allocation.objects.all()]:
        assert books.record(each).state == State.IN_THE_BOOKS
    assert len(books.files()) == files

    books.bring("payments", content)
    overlapping = books.bring("payments", content + b"\r\n")
    assert states(overlapping) == ["known", "known"]
    books.run_alone()
    assert Payment.objects.count() == 2
    assert not RemoteRecord.objects.filter(arrival="needs_person").exists()


def test_payments_that_are_not_plain_are_asked_about(books: CsvLive) -> None:
    invoice = confirmed(books)
    content = paid(
        (invoice, "60.00", "", "GBP"),
        (invoice, "60.00", "", "GBP"),
        (invoice, "70.00", "BACS 9", "GBP"),
    )
    brought = books.bring("payments", content)
    plain, alike, over = brought.rows.all()
    assert (plain.state, alike.state, over.state) == ("taken", "asked", "asked")
    assert "like row 2" in alike.sentence
    assert over.sentence == f"It is 30.00 GBP more than {invoice.number} is open for."
    books.run_alone()
    assert Payment.objects.count() == 1

    assert states(books.bring("payments", content)) == ["taken", "asked", "asked"]
    leave_out(alike, books.fay)
    take(over, books.fay)
    with pytest.raises(ValidationError, match="asks nothing any more"):
        take(alike, books.fay)
    books.run_alone()
    books.run_alone()

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert [each.amount for each in Payment.objects.order_by("pk")] == [60, 70]
    assert [each.amount for each in Allocation.objects.order_by("pk")] == [60, 40]
    assert states(books.bring("payments", content)) == ["taken", "left", "taken"]
    assert Payment.objects.count() == 2


def test_payments_that_cannot_be_received_are_refused_with_what_to_do(books: CsvLive) -> None:
    invoice = confirmed(books)
    waiting = make_invoice(company=books.company)
    books.run_alone()
    cases = {
        f"{waiting.number},2026-04-02,5,": "is not confirmed there yet",
        "INV-9,2026-04-02,5,": "No invoice INV-9 was handed over",
        f"{invoice.number},2026-04-02,5,USD": f"It is in USD, and {invoice.number} in GBP.",
        f"{invoice.number},2026-04-02,-5,": "is not above nil",
        f"{invoice.number},2026-04-02,5.0055,": "is no amount in GBP",
        f"{invoice.number},2099-04-02,5,": "is still to come",
        f"{invoice.number},,5,": "It has no date.",
        f"{invoice.number},2026-04-02,,": "It has no amount.",
    }
    for row, sentence in cases.items():
        text = f"Number,Date,Amount,Currency\r\n{row}\r\n"
        (found,) = books.bring("payments", text.encode()).rows.all()
        assert (found.state, sentence in found.sentence) == ("refused", True), found.sentence
        assert found.remedy
    assert not Said.objects.filter(sort="payments").exists()
    with pytest.raises(FileRefused, match="may name two days"):
        books.bring("payments", f"Number,Date,Amount\r\n{invoice.number},03/04/2026,5\r\n".encode())


def test_a_row_refused_before_is_taken_once_the_same_file_is_brought_again(books: CsvLive) -> None:
    invoice = make_invoice(company=books.company)
    books.run_alone()
    content = paid((invoice, "100.00", "BACS 3", "GBP"))
    brought = books.bring("payments", content)
    assert states(brought) == ["refused"]
    books.confirm()
    books.run_alone()
    assert books.bring("payments", content) == brought
    assert states(brought) == ["taken"]
    books.run_alone()
    invoice.refresh_from_db()
    assert invoice.balance_due == 0


# --- Their chart, and what is proved ------------------------------------------------------------------


def test_their_chart_is_brought_with_what_is_wrong_told(books: CsvLive) -> None:
    chart = "Code,Name,Kind,Type,Percent\r\n4000,Sales,,Income,\r\n9,Odd,,Mystery,\r\n"
    brought = books.bring("codes", f"{chart}T9,Tax,tax code,,\r\n".encode())
    found = {each.called: each for each in BroughtRow.objects.filter(brought=brought)}
    assert found["4000"].state == "taken"
    assert "no type of account" in found["9"].sentence
    assert "says no percentage" in found["T9"].sentence


def test_what_was_confirmed_is_all_that_is_said_of_both_sides(books: CsvLive) -> None:
    confirmed(books)
    with pytest.raises(CannotTell, match="what stands in a CSV ledger cannot be read"):
        compare(books.connection)
