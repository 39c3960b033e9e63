"""What is no record of ours, or of which only one side can keep something: worked ledger."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import hold_as_retainer, use_retainer, write_off
from apps.connectors.port import Unreadable
from apps.connectors.totals import ControlTotal
from apps.reconciliation.compare import compare, lay_side_by_side
from apps.reconciliation.models import Cause, Question, Why
from apps.reconciliation.questions.answering import answer
from apps.reconciliation.theirs import Told
from apps.sync.decide.acts import recreate
from apps.sync.models import RemoteRecord
from apps.sync.opening.linking import link_open_item
from tests.factories import make_credit_note, make_invoice, make_item, make_payment
from tests.reconciliation.worked import (
    END_OF_MARCH,
    both,
    by_currency,
    explanations,
    fay,
    read,
    typed,
    until_calm,
)
from tests.worked.works import Works

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_an_object_that_stands_for_a_record_no_more_is_counted_nowhere(works: Works) -> None:
    """Deleted there and sent again from here: the first receipt is retired, the second counts. What
    was typed there and came over is ours."""
    payment = make_payment(company=works.company, amount=50, method=works.method)
    until_calm(works)
    works.act("POST", "/receipts/1/cancel")
    works.act("DELETE", "/receipts/1")
    works.run()
    recreate(works.record(payment), user_id=fay().pk, reason="Deleted by mistake")
    until_calm(works)
    rows = works.record(payment).remote_records.order_by("pk")
    assert [each.retired for each in rows] == [True, False]
    typed(works, "7.00", "2026-03-17")
    until_calm(works)

    found = compare(works.connection)

    assert (found.refusals, found.payments) == ([], 2)
    assert by_currency(found) == both(GBP="-57")


def test_what_this_ledger_has_not_is_explained_and_is_open_there_by_as_much(works: Works) -> None:
    """Of 100.00 are 4.00 written off here and 20.00 paid with a retainer, of which 30.00 were held
    of 50.00 on account: 100 - 4 - 20 - (50 - 30) are owed here, and 100 - 50 there."""
    invoice = make_invoice(company=works.company)
    paid = make_payment(customer=invoice.customer, amount=50, method=works.method)
    on = date(2026, 3, 28)
    loss = write_off(invoice, amount=Decimal(4), on=on, reason="Gone")
    held = hold_as_retainer(paid, amount=Decimal(30), on=on)
    used = use_retainer(invoice, amount=Decimal(20), on=on)
    until_calm(works)

    found = compare(works.connection)

    assert found.differences == []
    assert by_currency(found) == {"GBP": (56, 50)}
    assert {each.ours: (each.why, each.amount) for each in explanations(found)} == {
        (("adjustment", loss.pk),): (Why.LEFT_OUT, 4),
        (("adjustment", held.pk),): (Why.LEFT_OUT, -30),
        (("adjustment", used.pk),): (Why.LEFT_OUT, 20),
    }
    said = explanations(found)[0].sentence
    assert "Worked has no journals, deductions or write-offs: they stay here" in said
    assert found.totals[0].agrees
    assert {each.cause for each in found.questions} == {Cause.LEFT_OUT}
    for asked in found.questions:
        answer(asked, Question.Answer.RIGHT, user_id=fay().pk, reason="Booked by hand")
    assert compare(works.connection).tied_out


def test_what_was_open_at_the_cut_off_is_of_before_and_what_paid_it_since_is_ours(
    works: Works,
) -> None:
    """1,000.00 of November there and here are linked; of it 400.00 are paid in March. What was sold
    since is credited: 100.00 - 100.00."""
    new = make_invoice(company=works.company)
    until_calm(works)
    old = make_invoice(
        customer=new.customer,
        lines=[(make_item(works.company), 1, 1000)],
        issue_date=date(2025, 11, 3),
    )
    line = {"text": "Seed", "quantity": "1", "price": "1000.00", "net": "1000.00", "tax": "0.00"}
    body = {
        "number": old.number,
        "contact": works.theirs("contact")[0]["id"],
        "dated": "2025-11-03",
        "due": "2025-12-03",
        "currency": "GBP",
        "rate": "1.000000",
        "lines": [line],
        "net": "1000.00",
        "tax": "0.00",
        "total": "1000.00",
    }
    there = works.act("POST", "/invoices", body)["id"]
    works.act("POST", f"/invoices/{there}/send")
    works.run()
    row = RemoteRecord.objects.get(kind="invoice", remote_id=there, part="")
    link_open_item(works.connection, old, row, user_id=fay().pk)
    make_payment(invoice=old, amount=400, method=works.method)
    make_credit_note(invoice=new)
    until_calm(works)

    found = compare(works.connection)

    assert found.refusals == []
    assert by_currency(found) == {"GBP": (-400, 600)}
    assert [(each.why, each.amount) for each in explanations(found)] == [(Why.BEFORE, 1000)]


def test_what_cannot_be_read_is_told_as_such_and_no_sum_is_made_of_the_rest(works: Works) -> None:
    """Of the three receipts one: their own total still says that all of it is there."""
    make_payment(company=works.company, amount=25000, method=works.method)
    until_calm(works)
    theirs = read(works)
    receipt = theirs.payments.pop(("receipt", "2"))
    theirs.put(replace(receipt, snapshot=None, unreadable=Unreadable("dated", "n/a")))

    found = lay_side_by_side(works.connection, theirs)

    [said] = found.differences
    assert said.endswith("(id 2) in Worked cannot be read: dated is n/a.")
    assert (explanations(found), by_currency(found)) == ([], both(GBP="-25000"))


def test_a_total_of_theirs_that_no_record_accounts_for_is_a_difference(works: Works) -> None:
    make_invoice(company=works.company)
    until_calm(works)
    theirs = read(works)
    assert theirs.totals == {ControlTotal.RECEIVABLE: Told(END_OF_MARCH, {"GBP": Decimal(100)})}
    theirs.totals[ControlTotal.RECEIVABLE] = Told(
        END_OF_MARCH, {"GBP": Decimal("100.01"), "EUR": Decimal(3)}
    )

    found = lay_side_by_side(works.connection, theirs)

    told = "by our records and {} in Worked; {} of the difference are unexplained."
    assert found.differences == [
        f"Receivable in {currency} at the end of 31 March 2026: {ours} {told.format(there, left)}"
        for currency, ours, there, left in (
            ("EUR", "0.00 EUR", "3.00 EUR", "3.00 EUR"),
            ("GBP", "100.00 GBP", "100.01 GBP", "0.01 GBP"),
        )
    ]
