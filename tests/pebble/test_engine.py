"""Pebble under the real engine: what it has not is said in words before any call, and its feed is
read from where it was left."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, cancel_payment, issue, reverse
from apps.connectors import registry
from apps.connectors.snapshots import Kind
from apps.reconciliation.compare import compare
from apps.sync.models import Cursor, Reason, State
from tests.contract.benches import found_benches
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
)
from tests.pebble.bench import PebbleLive
from tests.pebble.connector import CAPABILITIES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CANNOT = CAPABILITIES.cannot


def runs(live: PebbleLive) -> None:
    for _ in range(4):
        live.run()


def invoiced(live: PebbleLive, *amounts: str) -> list[Any]:
    customer, item = make_customer(live.company), make_item(live.company)
    return [make_invoice(customer=customer, lines=[(item, 1, each)]) for each in amounts]


def needs_person(live: PebbleLive, subject: Any) -> str:
    record = live.record(subject)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    return str(record.sentence)


def in_the_books(live: PebbleLive, *subjects: Any) -> None:
    for each in subjects:
        assert live.record(each).state == State.IN_THE_BOOKS, live.record(each).sentence


# --- What it has not ------------------------------------------------------------------------------


def test_a_payment_on_account_needs_a_person_and_goes_over_once_it_pays_one_invoice(
    live: PebbleLive,
) -> None:
    (invoice,) = invoiced(live, "50.00")
    payment = make_payment(customer=invoice.customer, amount="50.00", method=live.method)
    runs(live)
    assert CANNOT["on_account"] in needs_person(live, payment)
    assert live.standing(Kind.PAYMENT) == []

    allocate(payment, invoice, Decimal(50), on=payment.date)
    runs(live)

    in_the_books(live, invoice, payment, payment.allocations.get())
    (there,) = live.books.standing("payment")
    assert (there["amount"], live.books.paid(there["invoice"])) == ("50.00", Decimal(50))


def test_a_payment_set_twice_against_one_invoice_pays_it_whole(live: PebbleLive) -> None:
    (invoice,) = invoiced(live, "50.00")
    payment = make_payment(customer=invoice.customer, amount="50.00", method=live.method)
    for part in (30, 20):
        allocate(payment, invoice, Decimal(part), on=payment.date)
    runs(live)
    in_the_books(live, invoice, payment, *payment.allocations.all())
    (there,) = live.books.standing("payment")
    assert (there["amount"], live.books.paid(there["invoice"])) == ("50.00", Decimal(50))


def test_a_payment_of_two_invoices_needs_a_person_and_nothing_of_it_stands(
    live: PebbleLive,
) -> None:
    one, two = invoiced(live, "50.00", "50.00")
    payment = make_payment(customer=one.customer, amount="100.00", method=live.method)
    for each in (one, two):
        allocate(payment, each, Decimal(50), on=payment.date)
    runs(live)
    assert CANNOT["on_account"] in needs_person(live, payment)
    assert live.standing(Kind.PAYMENT) == []


@pytest.mark.slow
def test_a_payment_that_stands_there_is_moved_to_another_invoice_and_taken_back(
    live: PebbleLive,
) -> None:
    wrong, right = invoiced(live, "50.00", "50.00")
    payment = make_payment(invoice=wrong, amount="50.00", method=live.method)
    runs(live)
    part = payment.allocations.get()
    reverse(part, on=payment.date, reason="Meant for the other one")
    runs(live)
    assert CANNOT["on_account"] in needs_person(live, payment)

    allocate(payment, right, Decimal(50), on=payment.date)
    runs(live)
    in_the_books(live, payment)
    (there,) = live.books.standing("payment")
    assert there["invoice"] == live.record(right).remote_records.get().remote_id

    reverse(payment.allocations.get(reversed_on=None), on=payment.date, reason="Not paid at all")
    cancel_payment(payment, reason="Not paid at all")
    runs(live)
    assert [each.void for each in live.standing(Kind.PAYMENT)] == [True]


def test_what_is_in_another_currency_is_refused_at_issue_and_money_in_it_held(
    live: PebbleLive,
) -> None:
    make_exchange_rate(live.company, "USD", "0.8")
    customer = make_customer(live.company, currency="USD")
    draft = make_invoice(customer=customer, issued=False)
    with pytest.raises(ValidationError, match=CANNOT["several_currencies"]):
        issue(draft)
    payment = make_payment(customer=customer, method=live.method)
    runs(live)
    assert CANNOT["several_currencies"] in needs_person(live, payment)
    assert live.standing(Kind.CUSTOMER) == []


def test_a_credit_note_is_left_out_with_its_sentence_and_with_what_it_is_set_against(
    live: PebbleLive,
) -> None:
    (invoice,) = invoiced(live, "50.00")
    note = make_credit_note(invoice=invoice)
    runs(live)
    in_the_books(live, invoice)
    record = live.record(note)
    assert (record.state, record.sentence) == (State.LEFT_OUT, CANNOT["credit_note"])


# --- What goes over, and what comes back --------------------------------------------------------------


def test_money_leaves_in_two_decimals_whatever_our_columns_hold(live: PebbleLive) -> None:
    """The twin takes no other figure."""
    invoices = invoiced(live, "50", "10.10")
    runs(live)
    in_the_books(live, *invoices)
    assert {each["total"] for each in live.books.standing("invoice")} == {"50.00", "10.10"}


def test_the_feed_is_read_on_from_its_version_and_a_quiet_run_asks_once(live: PebbleLive) -> None:
    invoiced(live, "50.00")
    runs(live)
    cursor = Cursor.objects.get(connection=live.connection)
    assert (cursor.read_until, cursor.position) == (None, str(live.books.version))

    live.books.asked.clear()
    live.books.save("customer", None, {"name": "Typed there Ltd"})
    live.run()
    assert [each for each in live.books.asked if "everything" in each] == [
        f"GET /v1/everything?since={cursor.position}"
    ]
    cursor.refresh_from_db()
    assert cursor.position == str(live.books.version)
    assert live.connection.remote_records.filter(name="Typed there Ltd").exists()


def test_a_payment_that_they_delete_is_asked_about(live: PebbleLive) -> None:
    (invoice,) = invoiced(live, "50.00")
    payment = make_payment(invoice=invoice, amount="50.00", method=live.method)
    runs(live)
    (there,) = live.standing(Kind.PAYMENT)
    live.books.delete("payment", there.remote_id)
    runs(live)
    record = live.record(payment)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE), record.sentence


def test_both_sides_agree_by_their_records_alone_and_say_so(live: PebbleLive) -> None:
    (invoice,) = invoiced(live, "50.00")
    make_payment(invoice=invoice, amount="20.00", method=live.method)
    runs(live)

    found = compare(live.connection)

    assert found.refusals == []
    assert (found.tied_out, found.refusals, found.documents, found.payments) == (True, [], 1, 1)
    assert found.not_held_against.endswith(CANNOT["trial_balance"])
    live.books.save(
        "invoice",
        live.record(invoice).remote_records.get().remote_id,
        {
            "lines": [{"net": "45.00", "quantity": "1", "price": "45.00"}],
            "total": "45.00",
        },
    )
    assert not compare(live.connection).tied_out


# --- Installed ------------------------------------------------------------------------------------


def test_a_package_names_its_connector_and_its_bench_by_entry_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """As pip leaves it: metadata on the path. A bench that nobody names is not found."""
    about = tmp_path / "somebodys_ledger-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys-ledger\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(
        "[tieout.connectors]\npebble = tests.pebble.connector\n"
    )
    assert "pebble" not in found_benches([str(tmp_path)])
    with (about / "entry_points.txt").open("a") as file:
        file.write("[tieout.benches]\npebble = tests.pebble.bench:SYSTEM\n")

    assert found_benches([str(tmp_path)])["pebble"].capabilities is CAPABILITIES
    assert "pebble" not in registry.systems()
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.systems.cache_clear()
    try:
        assert registry.system("pebble").capabilities is CAPABILITIES
    finally:
        monkeypatch.undo()
        registry.systems.cache_clear()
