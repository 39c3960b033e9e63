"""A customer is erased out of its rows, and by its own marks out of every text; others stay as they are."""

import json
import zlib
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.billing.models import Company, Customer, Erasure, Invoice
from apps.exchange.erasing import tasks, walking
from apps.exchange.erasing.tables import columns_of, rows, walked
from apps.exchange.models import MailedPrint
from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, note
from apps.sync.models import Call, State, SyncRecord, packed
from tests.backoffice.people import make_people
from tests.backoffice.world import make_connection
from tests.exchange.erasing.erased import LONG_AFTER, agreed, erased, paid_invoice
from tests.factories import make_company, make_customer
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)


def photograph(*without: int) -> dict[str, list[Any]]:
    """Every text of every table that is gone through, but the rows of these customers."""
    found: dict[str, list[Any]] = {}
    for model in walked():
        if model in (SecurityEvent,):
            continue
        names = [each.attname for each in columns_of(model)]
        found[model._meta.label] = list(rows(model).order_by("pk").values_list("pk", *names))
    others = rows(Customer).exclude(pk__in=without)
    found["others"] = list(others.order_by("pk").values_list("name", "email", "phone", "notes"))
    return found


def test_of_a_customer_called_bank_nothing_of_others_and_of_accounts_is_rewritten(
    people: dict[str, User],
) -> None:
    company = make_company()
    books = make_connection(company)
    books.codes.create(kind="account", remote_id="35", name="Bank", read_at=timezone.now())
    books.remote_records.create(
        kind="Account",
        remote_id="12",
        name="Bank",
        packed_raw=packed({"Id": "12", "Name": "Bank"}),
        read_at=timezone.now(),
    )
    make_customer(company, name="Bank of X", email="bank@x.example", notes="Bank asks for copies")
    note(Kind.DOWNLOADED, "Bank was downloaded, as bank.csv.")
    bank = make_customer(company, name="Bank", email="cash@bank.example", code="12")
    paid = paid_invoice(make_customer(company, name="Other"), message="By transfer to Bank")
    before = photograph(bank.pk)
    erasure = erased(bank, people["Fay"], people["Ada"])
    assert photograph(bank.pk) == before
    assert SecurityEvent.objects.filter(words__startswith="Bank was downloaded").exists()
    assert bank.name == f"Erased customer {bank.pk}"
    assert paid.message == "By transfer to Bank"
    # What holds the word and is not its own is said, table by table.
    assert erasure.left["mappings.RemoteCode"] == 1
    assert erasure.left["billing.Invoice"] == 1


def test_an_address_that_two_have_stays_but_in_rows_of_its_own(people: dict[str, User]) -> None:
    company = make_company()
    bell = make_customer(company, name="Bell Studio", email="anna@bell.example", phone="555 12 34")
    near = make_customer(company, name="Bell Studio North", email="Anna@bell.example")
    note(Kind.DOWNLOADED, "Written to anna@bell.example, 555 12 34.")
    own, others = (
        MailedPrint.objects.create(
            company=company, customer=each, to="anna@bell.example", subject=f"To {each}", text="x",
            file_name="a.pdf", sha256="0" * 64, sent_by=people["Fay"],
        )
        for each in (bell, near)
    )  # fmt: skip
    erased(bell, people["Fay"], people["Ada"])
    for each in (own, others, near):
        each.refresh_from_db()
    by = f"Erased customer {bell.pk}"
    assert (own.to, own.subject) == (by, f"To {by}")
    assert (others.to, others.subject) == ("anna@bell.example", "To Bell Studio North")
    assert near.email == "Anna@bell.example"
    words = SecurityEvent.objects.get(kind="downloaded").words
    assert words == f"Written to anna@bell.example, {by}."


def test_of_calls_its_own_are_cleared_and_shared_ones_where_they_say_its_key(
    people: dict[str, User],
) -> None:
    company = make_company()
    books = make_connection(company)
    bank, other = make_customer(company, name="Bank"), make_customer(company, name="Other")
    records = []
    for key, each in (("12", bank), ("13", other)):
        record = SyncRecord.objects.create(
            connection=books, kind="customer", customer=each, wanted=1, state=State.IN_THE_BOOKS
        )
        books.remote_records.create(
            kind="Customer", of_kind="customer", remote_id=key, name=each.name,
            sync_record=record, packed_raw=packed({"Id": key}), read_at=timezone.now(),
        )  # fmt: skip
        records.append(record.pk)
    accounts = {"Account": [{"Id": "12", "Name": "Bank"}], "Note": "As Bank says"}
    page = {"Customer": [{"Id": "12", "DisplayName": "Bank"}, {"Id": "13", "Title": "Bank Ltd"}]}

    def call(body: dict[str, Any], *members: int) -> Call:
        said = zlib.compress(json.dumps(body).encode())
        return Call.objects.create(
            connection=books, purpose="push", method="POST", path="/batch", body=said,
            members=list(members), started_at=timezone.now(),
        )  # fmt: skip

    own, shared, read = (
        call({"DisplayName": "Bank", "Note": "As Bank says"}, records[0]),
        call({**accounts, **page}, *records),
        call({**accounts, **page}),
    )
    erased(bank, people["Fay"], people["Ada"])

    def body(of: Call) -> Any:
        of.refresh_from_db()
        return json.loads(zlib.decompress(of.body))

    by = f"Erased customer {bank.pk}"
    assert body(own) == {"DisplayName": by, "Note": f"As {by} says"}
    cleared = {"Customer": [{"Id": "12", "DisplayName": by}, page["Customer"][1]]}
    assert body(shared) == body(read) == {**accounts, **cleared}


def test_the_books_say_to_whom_until_a_day_and_then_no_more(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = make_customer(name="Bell Studio", email="anna@bell.example", phone="+44 20 7946 0000")
    invoice = paid_invoice(bell, message="Ask anna@bell.example")
    erasure = erased(bell, people["Fay"], people["Ada"])
    invoice.refresh_from_db()
    assert (bell.name, bell.email, bell.phone, bell.active) == ("Bell Studio", "", "", False)
    assert (invoice.customer_name, invoice.message) == ("Bell Studio", "Ask anna@bell.example")
    assert erasure.rest_kept_until == date(2036, 12, 31)
    assert tasks.begin_the_rest() == 0

    monkeypatch.setattr(Company, "today", lambda self: LONG_AFTER)
    rows(Erasure).update(rest_kept_until=date(2026, 1, 1))
    assert tasks.begin_the_rest() == 1
    assert tasks.go_on(erasure.pk) == "Done."
    invoice.refresh_from_db()
    by = f"Erased customer {bell.pk}"
    assert (invoice.customer_name, invoice.message) == (by, f"Ask {by}")
    assert invoice.total == 100
    assert {each.name for each in Customer.objects.get(pk=bell.pk).history.all()} == {by}
    assert {each.customer_name for each in Invoice.objects.get(pk=invoice.pk).history.all()} <= {
        by,
        "",
    }
    assert tasks.begin_the_rest() == 0


def test_a_queue_that_was_killed_goes_on_where_it_stood(
    people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    company = make_company()
    bell = make_customer(company, name="Bell Studio", email="anna@bell.example")
    for number in range(5):
        note(Kind.DOWNLOADED, f"{number} to anna@bell.example")
    monkeypatch.setattr(walking, "AT_ONCE", 2)
    asked = agreed(bell, people["Fay"], people["Ada"])
    looks = iter([True])
    assert not walking.go_on(Erasure.objects.get(pk=asked.pk), lambda: next(looks, False))
    begun = Erasure.objects.get(pk=asked.pk)
    assert begun.table
    assert begun.is_running
    # A worker that dies in the middle of a portion leaves it as it was.
    write = walking.write

    def killed(*given: Any) -> Any:
        write(*given)
        raise SystemExit

    monkeypatch.setattr(walking, "write", killed)
    with pytest.raises(SystemExit):
        walking.go_on(Erasure.objects.get(pk=asked.pk))
    monkeypatch.setattr(walking, "write", write)
    rows(Erasure).update(moved_at="2026-01-01T00:00:00Z")
    assert tasks.take_up_again() == 1
    stale = Erasure.objects.get(pk=asked.pk)
    assert tasks.go_on(asked.pk) == "Done."
    done = Erasure.objects.get(pk=asked.pk)
    assert done.counts["staff.SecurityEvent"] == 5, "each once"
    assert not SecurityEvent.objects.filter(words__contains="anna@").exists()
    assert tasks.go_on(asked.pk) == "Done."
    stale.table = "nowhere"
    with pytest.raises(walking.TakenOver):
        walking.go_on(stale)


def test_rows_that_do_not_name_it_cost_no_question_each(people: dict[str, User]) -> None:
    company = make_company()

    def questions(count: int) -> int:
        customer = make_customer(company, name=f"Bell {count}", email=f"{count}@bell.example")
        for number in range(count):
            note(Kind.DOWNLOADED, f"File {number}")
        asked = agreed(customer, people["Fay"], people["Ada"])
        with CaptureQueriesContext(connection) as asking:
            tasks.go_on(asked.pk)
        return len(asking)

    assert questions(2) == questions(60)
