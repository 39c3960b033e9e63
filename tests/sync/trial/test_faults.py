"""Faults on the way over, planted in the translation: the test invoice finds each, and names what to
change. Put right, the same invoice is corrected in place: no second one stands there.

By hand: 85.50 and 104.50 of two items with 20 % are 190.00, 38.00 and 228.00.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.connectors.quickbooks.connector import QuickBooks
from apps.connectors.snapshots import InvoiceSnapshot, ItemSnapshot, Snapshot
from apps.mappings.models import Mapping
from apps.sync.models import Call, State, SyncRecord
from apps.sync.trial.running import Ended, TrialResult, Way, run_trial
from tests.books import Books
from tests.factories import make_invoice, make_term
from tests.sync.assemble.conftest import uk  # noqa: F401 # a fixture
from tests.sync.assemble.test_foretold import SALES, SERVICES, taxed

pytestmark = pytest.mark.django_db
Fault = Callable[[Books, Snapshot], Snapshot]


class Translation:
    """What leaves is turned into something else on its way, until it is `mended`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, turn: Callable[[Snapshot], Snapshot]):
        self.turn: Callable[[Snapshot], Snapshot] | None = turn
        real = QuickBooks.push

        def push(connector: Any, pushes: Any, courier: Any) -> Iterator[Any]:
            turned = [
                replace(each, snapshot=self.turn(each.snapshot)) if self.turn else each
                for each in pushes
            ]
            return real(connector, turned, courier)

        monkeypatch.setattr(QuickBooks, "push", push)

    def mended(self) -> None:
        self.turn = None


def wrong_account(books: Books, snapshot: Snapshot) -> Snapshot:
    """Their item is booked elsewhere than was chosen."""
    services = books.code(SERVICES).remote_id
    if isinstance(snapshot, ItemSnapshot) and snapshot.account_id != services:
        return replace(snapshot, account_id=services)
    return snapshot


def wrong_tax_code(books: Books, snapshot: Snapshot) -> Snapshot:
    if not isinstance(snapshot, InvoiceSnapshot):
        return snapshot
    nil, rates = books.code("0.0% Z"), books.code("0.0% Z").parts
    lines = tuple(
        replace(each, tax_code_id=nil.remote_id, tax=Decimal(0)) for each in snapshot.lines
    )
    taxes = tuple(
        replace(each, rate_id=rates[0]["remote_id"], tax=Decimal(0)) for each in snapshot.taxes
    )
    return replace(snapshot, lines=lines, taxes=taxes, tax=Decimal(0), total=snapshot.net)


def wrong_rounding(books: Books, snapshot: Snapshot) -> Snapshot:
    if not isinstance(snapshot, InvoiceSnapshot):
        return snapshot
    cent = Decimal("0.01")
    taxes = tuple(replace(each, tax=each.tax + cent) for each in snapshot.taxes)
    return replace(snapshot, taxes=taxes, tax=snapshot.tax + cent, total=snapshot.total + cent)


def swapped_dates(books: Books, snapshot: Snapshot) -> Snapshot:
    if not isinstance(snapshot, InvoiceSnapshot) or snapshot.due_date is None:
        return snapshot
    return replace(snapshot, issue_date=snapshot.due_date, due_date=snapshot.issue_date)


def lost_line(books: Books, snapshot: Snapshot) -> Snapshot:
    if not isinstance(snapshot, InvoiceSnapshot):
        return snapshot
    kept = snapshot.lines[:1]
    net, tax = kept[0].net, kept[0].net / 5
    taxes = tuple(replace(each, net=net, tax=tax) for each in snapshot.taxes)
    return replace(snapshot, lines=kept, taxes=taxes, net=net, tax=tax, total=net + tax)


def tried(books: Books, invoice: Invoice, *, way: Way = Way.SEND) -> TrialResult:
    books.connection.refresh_from_db()
    return run_trial(books.connection, invoice, user_id=books.fay.pk, way=way)


FAULTS = [
    (wrong_account, "Line 1: account", f"{SERVICES} instead of {SALES}", "income"),
    (wrong_tax_code, "Line 1: tax code", "0.0% Z instead of 20.0% S", "tax"),
    (wrong_rounding, "Tax", "its tax by 0.01 GBP more", ""),
    (swapped_dates, "Due date", "The dates changed places", "term"),
    (lost_line, "Number of lines", "was lost: QuickBooks has 1 of 2 lines", "item_account"),
]


@pytest.mark.variants
@pytest.mark.parametrize(
    ("fault", "field", "words", "subject"), FAULTS, ids=[each[0].__name__ for each in FAULTS]
)
def test_a_planted_fault_is_found_and_named_with_what_to_change(
    fault: Fault,
    field: str,
    words: str,
    subject: str,
    uk: Books,  # noqa: F811 # the fixture of that name
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terms = make_term(uk.company)
    invoice = taxed(uk, terms=terms)
    way = Translation(monkeypatch, lambda snapshot: fault(uk, snapshot))
    result = tried(uk, invoice)
    assert result.ended is Ended.DIFFERS, result.sentence
    assert field in {row.field for row in result.rows if not row.agrees}
    assert words in " ".join(each.sentence for each in result.advice), result
    found = next(each for each in result.advice if words in each.sentence)
    assert found.subject == subject
    if not subject:
        assert found.record == uk.company
        assert "tax rounding" in found.change
    headline = result.headline("QuickBooks")
    assert headline.startswith(f"It went over and differs in {result.wrong} field")
    there = [each["Id"] for each in uk.theirs("Invoice")]

    way.mended()
    if fault is wrong_account:  # put right where it is wrong: at their item
        assert not result.in_place
        return
    mended = tried(uk, invoice, way=Way.CORRECT)
    assert mended.matched, (mended.sentence, [row for row in mended.rows if not row.agrees])
    assert [each["Id"] for each in uk.theirs("Invoice")] == there
    assert uk.record(invoice).state == State.IN_THE_BOOKS


def test_a_test_invoice_that_was_changed_there_is_told_as_that(
    uk: Books,  # noqa: F811 # the fixture of that name
) -> None:
    invoice = taxed(uk)
    assert tried(uk, invoice).matched
    number, before = uk.their_invoice(invoice.number or ""), written(uk)
    uk.server.act(uk.realm, "change_line", id=number["Id"], line=1, amount=1)
    result = tried(uk, invoice, way=Way.COMPARE)
    assert result.changed_there
    assert "was changed in QuickBooks after it was sent" in result.headline("QuickBooks")
    assert written(uk) == before > 0


def written(books: Books) -> int:
    """How many calls that write left for these books."""
    return Call.objects.filter(
        connection=books.connection, may_have_left_until__isnull=False
    ).count()


def test_what_they_answered_otherwise_is_settled_once_it_is_put_right_there(
    uk: Books,  # noqa: F811 # the fixture of that name
) -> None:
    """By hand, over there: comparing again writes nothing, and the invoice is in the books."""
    invoice = taxed(uk)
    assert tried(uk, invoice).matched
    SyncRecord.objects.filter(pk=uk.record(invoice).pk).update(
        state=State.NEEDS_PERSON, reason="amounts_differ", sentence="QuickBooks answered otherwise"
    )
    before = written(uk)
    again = tried(uk, invoice, way=Way.COMPARE)
    assert again.matched, again.sentence
    assert uk.record(invoice).state == State.IN_THE_BOOKS
    assert written(uk) == before


def test_what_is_held_and_what_they_refuse_are_told_apart(
    uk: Books,  # noqa: F811 # the fixture of that name
) -> None:
    invoice = taxed(uk)
    Mapping.objects.filter(connection=uk.connection, subject="tax").delete()
    held = tried(uk, invoice)
    assert held.ended is Ended.HELD
    assert held.headline("QuickBooks") == "Tieout is holding it"
    assert "no QuickBooks tax code is chosen for tax rate S20" in held.sentence.replace("No", "no")

    plain = make_invoice(company=uk.company)
    uk.server.arm(
        uk.realm,
        "item_fault",
        index=0,
        code="2500",
        match={"endpoint": "batch", "contains": plain.number},
    )
    refused = tried(uk, plain)
    assert refused.ended is Ended.REJECTED, refused.sentence
    assert refused.headline("QuickBooks") == "QuickBooks rejected it"
