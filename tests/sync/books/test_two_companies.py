"""Two companies of ours on one database, each with its own books over there: nothing of one is
ever in the other's, not by number, not by name, not by a mapping, not in a run."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, receive_payment
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import Attempt, Call, RemoteRecord, Run, SyncRecord
from tests.books import Books
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
)
from tests.kept_books import live_together
from tests.sandbox_server import SandboxServer

KINDS = ("Customer", "Item", "Invoice", "CreditMemo", "Payment")


@pytest.fixture
def both(ledger: SandboxServer, db: None) -> tuple[Books, Books]:
    first, second = live_together(both_live, ledger)
    return first, second


def both_live(ledger: SandboxServer) -> tuple[Books, Books]:
    first = Books(ledger, company=make_company(legal_name="Thornfield Trading Ltd"))
    second = Books(ledger, company=make_company(legal_name="Bleak House Ltd"))
    first.go_live()
    second.go_live()
    return first, second


def a_month(books: Books, customer: str, amount: int) -> None:
    """The same names, codes and numbers in each company; other amounts."""
    bought_by = make_customer(books.company, name=customer)
    item = make_item(books.company, code="LANTERN", name="Lantern")
    lines = [(item, 1, amount)]
    paid = make_invoice(customer=bought_by, lines=lines, on_number="M-1")
    credited = make_invoice(customer=bought_by, lines=lines, on_number="M-2")
    make_invoice(customer=bought_by, lines=lines, on_number="M-3")
    make_payment(invoice=paid, method=books.method)
    note = make_credit_note(invoice=credited)
    allocate(note, credited, Decimal(amount), on=date(2026, 3, 20))


def amounts(books: Books, kind: str) -> list[Decimal]:
    return sorted(Decimal(str(each["TotalAmt"])) for each in books.theirs(kind))


@pytest.mark.slow
def test_the_same_names_and_numbers_in_two_companies_never_mix(both: tuple[Books, Books]) -> None:
    first, second = both
    a_month(first, "Bell & Daughters", 70)
    a_month(second, "Bell & Daughters", 11)

    runs = [first.run(), second.run(), first.run(), second.run()]

    for books, amount in ((first, 70), (second, 11)):
        assert amounts(books, "Invoice") == sorted([Decimal(amount)] * 3 + [Decimal(100)])
        assert amounts(books, "CreditMemo") == [amount]
        assert Decimal(amount) in amounts(books, "Payment")
        # The test invoice of 100.00 and the third one are owed; the month sold three, less one.
        assert books.balance("Accounts Receivable (A/R)") == 100 + amount
        assert books.balance("Sales of Product Income") == -(100 + 2 * amount)
        assert books.balance("Undeposited Funds") == amount
        names = [each["DisplayName"] for each in books.theirs("Customer")]
        assert names.count("Bell & Daughters") == 1
    assert [run.connection_id for run in runs] == [
        each.connection.pk for each in (first, second, first, second)
    ]
    nothing_crosses(first.connection, second.connection)


def nothing_crosses(*connections: Connection) -> None:
    """Each row that joins two things joins things of one connection, and of its company."""
    for record in SyncRecord.objects.select_related("connection"):
        assert record.connection in connections
        assert record.subject.company_id == record.connection.company_id
    for call in Call.objects.select_related("run"):
        assert call.run is None or call.run.connection_id == call.connection_id
        assert f"/{call.connection.remote_company_id}" in f"/{call.path}"
    for attempt in Attempt.objects.select_related("call", "sync_record"):
        assert attempt.call.connection_id == attempt.sync_record.connection_id
    for remote in RemoteRecord.objects.prefetch_related("ties__sync_record"):
        for tie in remote.ties.all():
            assert tie.sync_record.connection_id == remote.connection_id
    for mapping in Mapping.objects.select_related("code", "connection"):
        assert mapping.code.connection_id == mapping.connection_id
        thing: Any = mapping.thing
        assert thing is None or thing.company_id == mapping.connection.company_id
    assert Run.objects.exclude(connection__in=connections).count() == 0


@pytest.mark.slow
def test_a_run_of_one_company_leaves_the_other_untouched(both: tuple[Books, Books]) -> None:
    first, second = both
    a_month(first, "Bell & Daughters", 70)
    a_month(second, "Krook", 11)
    before = {kind: second.theirs(kind) for kind in KINDS}
    waiting = set(
        SyncRecord.objects.filter(connection=second.connection).values_list("pk", "state")
    )

    first.run()

    assert {kind: second.theirs(kind) for kind in KINDS} == before
    standing = SyncRecord.objects.filter(connection=second.connection)
    assert set(standing.values_list("pk", "state")) == waiting
    assert "Krook" not in str([first.theirs(kind) for kind in KINDS])


@pytest.mark.slow
def test_money_of_one_company_pays_no_invoice_of_the_other(both: tuple[Books, Books]) -> None:
    first, second = both
    invoice = make_invoice(company=second.company)
    payment = make_payment(company=first.company, amount=50)
    with pytest.raises(ValidationError, match="another customer"):
        allocate(payment, invoice, Decimal(50), on=date(2026, 3, 20))
    with pytest.raises(ValidationError, match="another customer"):
        receive_payment(
            customer=make_customer(first.company),
            amount=Decimal(50),
            date=date(2026, 3, 20),
            apply=[(invoice, Decimal(50))],
        )
    with pytest.raises(ValidationError, match="another company"):
        receive_payment(
            customer=make_customer(first.company),
            amount=Decimal(50),
            date=date(2026, 3, 20),
            method=make_method(second.company),
        )


@pytest.mark.slow
def test_a_mapping_never_names_what_is_of_the_other_company(both: tuple[Books, Books]) -> None:
    first, second = both
    theirs = RemoteCode.objects.filter(connection=second.connection, name="Undeposited Funds").get()
    assert first.method is not None
    before = set(Mapping.objects.values_list("pk", "code_id"))
    with pytest.raises(ValidationError):
        set_mapping(first.connection, "method_account", code=theirs, payment_method=first.method)
    with pytest.raises(ValidationError):
        set_mapping(
            first.connection,
            "method_account",
            code=first.code("Undeposited Funds"),
            payment_method=second.method,
        )
    assert set(Mapping.objects.values_list("pk", "code_id")) == before
