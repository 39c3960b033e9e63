"""What was open at the cut-off and is linked: what became of it since, and of the cut-off itself."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, pay_refund, reverse, void
from apps.connections.lifecycle import set_cut_off
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import decide_record, go_live
from apps.sync.decide.adopt import AlreadyTied
from apps.sync.models import Conflict, OpeningItem, State
from apps.sync.opening.items import open_items
from apps.sync.opening.linking import link_all_that_agree, unlink_open_item
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_payment
from tests.sync.opening.of_before import (
    DECEMBER_10,
    DECEMBER_20,
    JANUARY_15,
    MARCH_20,
    customer_there,
    linked,
    old_invoice,
    sold_there,
)
from tests.sync.theirs import change_there


@pytest.mark.slow
@pytest.mark.parametrize("became", ["delete", "void"])
def test_what_became_of_theirs_leaves_the_link_on_the_list_to_be_taken_apart(
    books: Books, customer: Any, became: str
) -> None:
    """The way out that is named: enter it there again, take the link apart, link the new one."""
    invoice = old_invoice(customer)
    remote_id = sold_there(books, invoice)
    books.run()
    item = linked(books, invoice, remote_id)
    act = {"delete": "delete_invoice", "void": "void_invoice"}[became]
    books.server.act(books.realm, act, id=remote_id)
    again = sold_there(books, invoice, DocNumber="R-1")
    books.run()
    assert "take its link apart" in books.record(invoice).remedy
    found = open_items(books.connection)
    assert [(each.item, each.ours.open, each.theirs.open) for each in found.linked] == [
        (item, 1000, 0)
    ]
    assert link_all_that_agree(books.connection, user_id=books.fay.pk) == (0, [])
    with pytest.raises(AlreadyTied):
        linked(books, invoice, again, "Entered again")

    unlink_open_item(item, user_id=books.fay.pk, reason="Entered again")
    linked(books, invoice, again, "Entered again")
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=books.method)
    books.run()

    assert books.record(payment).state == State.IN_THE_BOOKS
    assert compare(books.connection).refusals == []


@pytest.mark.parametrize("wrong", ["void there", "a draft here", "void here"])
def test_what_does_not_stand_any_more_is_refused_in_a_sentence(
    books: Books, customer: Any, wrong: str
) -> None:
    """A page that was opened before offers it still."""
    invoice = old_invoice(customer, issued=wrong != "a draft here")
    remote_id = sold_there(books, invoice, DocNumber="R-2")
    books.run()
    if wrong == "void there":
        books.server.act(books.realm, "void_invoice", id=remote_id)
    if wrong == "void here":
        void(invoice, reason="Typed twice")
    books.run()
    with pytest.raises(ValidationError, match=r"voided, deleted or dated anew|does not stand"):
        linked(books, invoice, remote_id, "The same")
    assert not OpeningItem.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("what", ["payment", "credit_note"])
def test_money_and_credit_of_before_are_paid_out_since(
    books: Books, customer: Any, what: str
) -> None:
    """By hand: 100 of before, paid out in March: Dr receivable 100, Cr undeposited funds 100. Nothing
    of it is open, and 100 were at the cut-off, on both sides."""
    subject: Any = None
    if what == "payment":
        subject = make_payment(customer=customer, amount=100, date=DECEMBER_20, method=books.method)
        paid = {"customer": customer_there(books, subject), "amount": 100, "date": "2025-12-20"}
        remote_id = str(books.server.act(books.realm, "record_payment", **paid)["Id"])
    else:
        make_payment(invoice=make_invoice(customer=customer), date=MARCH_20, method=books.method)
        subject = make_credit_note(
            customer=customer,
            issue_date=DECEMBER_10,
            lines=[(make_item(books.company), 1, 100)],
        )
        remote_id = sold_there(books, subject)
    books.run()
    linked(books, subject, remote_id)
    books.run()
    before = books.trial_balance()
    pay_refund(subject, amount=Decimal(100), on=MARCH_20, method=books.method, reason="Returned")
    books.run()
    books.run()

    moved = {
        account: amount - before.get(account, Decimal(0))
        for account, amount in books.trial_balance().items()
        if amount != before.get(account, Decimal(0))
    }
    assert moved.get("Accounts Receivable (A/R)") == 100
    (pair_,) = open_items(books.connection).linked
    assert (pair_.ours.open, pair_.theirs.open) == (100, 100)
    assert compare(books.connection).refusals == []


@pytest.mark.slow
def test_what_settled_it_before_and_is_un_applied_on_both_sides_since_agrees(
    books: Books, customer: Any
) -> None:
    """By hand: 100 of December, 60 of them set against an invoice until March: 40 were open at the
    cut-off, and 100 are now. Their books keep no day of it; ours does."""
    old = old_invoice(customer, 60)
    old_id = sold_there(books, old)
    money = make_payment(customer=customer, amount=100, date=DECEMBER_20, method=books.method)
    part = allocate(money, old, Decimal(60), on=DECEMBER_20)
    paid = {"customer": customer_there(books, old), "amount": 100, "date": "2025-12-20"}
    there = books.server.act(books.realm, "record_payment", invoices={old_id: 60}, **paid)
    books.run()
    linked(books, old, old_id)
    linked(books, money, str(there["Id"]))
    assert compare(books.connection).refusals == []
    reverse(part, on=MARCH_20, reason="Another invoice")
    books.run()
    assert compare(books.connection).refusals, "it is open here alone"

    change_there(books, "Payment", str(there["Id"]), Line=[])
    books.run()
    record = books.record(money)
    with pytest.raises(ValidationError, match="does not write it"):
        decide_record(record, Conflict.Decision.OURS, user_id=books.fay.pk)
    decide_record(record, Conflict.Decision.THEIRS, user_id=books.fay.pk)
    books.run()

    assert compare(books.connection).refusals == []
    change_there(books, "Payment", str(there["Id"]), Line=[
        {"Amount": 5, "LinkedTxn": [{"TxnId": old_id, "TxnType": "Invoice"}]}
    ])  # fmt: skip
    books.run()
    money.refresh_from_db()
    assert money.on_account == 95


@pytest.mark.slow
def test_a_cut_off_that_is_moved_back_sends_what_was_taken_apart_and_nothing_that_is_linked(
    books: Books, customer: Any
) -> None:
    """By hand, both of December: 1,000 that they have, linked; 50 that they do not have, after a
    wrong link was taken apart. Moved back to 1 December: Dr receivable 50, Cr income 50."""
    invoice, alone = old_invoice(customer), old_invoice(customer, 50)
    remote_id = sold_there(books, invoice)
    another = sold_there(books, alone, 77, DocNumber="B-7")
    books.run()
    linked(books, invoice, remote_id)
    unlink_open_item(
        linked(books, alone, another, "A typing error"), user_id=books.fay.pk, reason="It was not"
    )
    books.run()
    before = books.trial_balance()

    set_cut_off(books.connection, date(2025, 12, 1))
    books.connection.refresh_from_db()
    go_live(books.connection)
    books.run()

    moved = {
        account: amount - before.get(account, Decimal(0))
        for account, amount in books.trial_balance().items()
        if amount != before.get(account, Decimal(0))
    }
    assert moved == {"Accounts Receivable (A/R)": 50, "Sales of Product Income": -50}
    assert books.record(alone).state == State.IN_THE_BOOKS
    assert [each.ours.subject for each in open_items(books.connection).linked] == [invoice]
    assert open_items(books.connection).agrees
    assert compare(books.connection).refusals == []
