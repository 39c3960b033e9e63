"""Customers under one another, and a parent's payment, in both directions over real HTTP."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from apps.billing.actions import allocate, credit_invoice, issue, receive_payment, reverse
from apps.billing.models import Customer, Payment
from apps.billing.sums.as_of import as_of
from apps.reconciliation.compare import compare
from apps.sync.decide.adopt import adopt_customer
from apps.sync.models import Run, State, SyncRecord
from tests.books import Books
from tests.factories import make_customer, make_invoice
from tests.sync.books.test_money import change, in_the_books
from tests.sync.theirs import change_there, pay_there, row_of, their_id

pytestmark = pytest.mark.slow

CUSTOMER, PAYMENT = "Customer", "Payment"
RECEIVABLE, SALES, CLEARING = (
    "Accounts Receivable (A/R)",
    "Sales of Product Income",
    "Undeposited Funds",
)
DAY = date(2026, 3, 16)


@pytest.fixture
def group(books: Books) -> Customer:
    return make_customer(books.company, name="Ashdown Group")


@pytest.fixture
def branch(books: Books, group: Customer) -> Customer:
    return make_customer(books.company, name="Ashdown Leeds", parent=group)


def theirs(books: Books, customer: Customer) -> dict[str, Any]:
    identity = their_id(books, customer)
    return next(each for each in books.theirs(CUSTOMER) if each["Id"] == identity)


def above(books: Books, customer: Customer) -> str:
    return str(theirs(books, customer).get("ParentRef", {}).get("value", ""))


def receive(books: Books, customer: Customer, amount: str, *parts: Any) -> Payment:
    return receive_payment(
        customer=customer,
        amount=Decimal(amount),
        date=DAY,
        method=books.method,
        apply=[(invoice, Decimal(part)) for invoice, part in parts],
    )


def agrees(books: Books) -> None:
    """Both sides agree, and each customer owes here what it owes there."""
    assert compare(books.connection).refusals == []
    owed = as_of(books.company, date(2026, 12, 31)).balances
    there = {each["Id"]: Decimal(str(each["Balance"])) for each in books.theirs(CUSTOMER)}
    for customer in Customer.objects.filter(company=books.company):
        here = owed.get((customer.pk, customer.currency), Decimal(0))
        assert there[their_id(books, customer)] == here, customer


# --- Customers, ours there ------------------------------------------------------------------------


def test_parents_go_before_their_sub_customers_in_one_run(books: Books, group: Customer) -> None:
    chain = [group]
    for _ in range(4):
        chain.append(make_customer(books.company, parent=chain[-1]))
    make_invoice(customer=chain[-1])

    books.run()

    in_the_books(books)
    for parent, child in pairwise(chain):
        assert above(books, child) == their_id(books, parent)
        assert theirs(books, child)["Job"] is True
    assert "ParentRef" not in theirs(books, group)


def test_a_change_of_parent_is_a_change_of_the_customer(
    books: Books, group: Customer, branch: Customer
) -> None:
    other = make_customer(books.company)
    make_invoice(customer=branch)
    make_invoice(customer=other)
    books.run()
    for parent in (other, None, group):
        branch.parent = parent
        branch.full_clean()
        branch.save()
        books.run()
        in_the_books(books)
        assert above(books, branch) == (their_id(books, parent) if parent else "")
        assert theirs(books, branch)["Job"] is (parent is not None)


# --- Customers, theirs here ---------------------------------------------------------------------


def nest_there(books: Books, child: str, parent: str) -> None:
    under = {"ParentRef": {"value": parent}, "Job": True}
    change_there(books, CUSTOMER, child, sparse=True, **under)


def test_a_sub_customer_made_so_there_gets_its_parent_here(books: Books) -> None:
    group, branch = make_customer(books.company), make_customer(books.company)
    for each in (group, branch):
        make_invoice(customer=each)
    books.run()

    nest_there(books, their_id(books, branch), their_id(books, group))
    books.run()

    branch.refresh_from_db()
    assert branch.parent == group
    in_the_books(books)


def test_a_parent_that_is_only_theirs_is_left_as_it_is_and_ours_once_taken_over(
    books: Books,
) -> None:
    branch = make_customer(books.company)
    make_invoice(customer=branch)
    books.run()
    made = books.server.act(books.realm, "create_customer", name="Holding of theirs")
    nest_there(books, their_id(books, branch), made["Id"])
    books.run()
    branch.refresh_from_db()
    assert branch.parent is None

    branch.phone = "01 23"
    branch.save()
    books.run()
    in_the_books(books)
    assert above(books, branch) == made["Id"], "our own change took it away"

    parent = adopt_customer(row_of(books, CUSTOMER, made["Id"]), user_id=books.fay.pk)
    branch.refresh_from_db()
    assert branch.parent == parent
    books.run()
    assert above(books, branch) == made["Id"]
    in_the_books(books)


# --- Money --------------------------------------------------------------------------------------


def test_a_parents_payment_goes_over_alone_and_mixed_with_its_own(
    books: Books, group: Customer, branch: Customer
) -> None:
    before = books.trial_balance()
    own, theirs_, more = (make_invoice(customer=each) for each in (group, branch, branch))
    alone = receive(books, group, "100", (theirs_, "100"))
    mixed = receive(books, group, "150", (own, "100"), (more, "30"))

    books.run()

    in_the_books(books)
    # 300.00 sold; 250.00 received, of which 20.00 are on account.
    assert change(books, before) == {SALES: -300, CLEARING: 250, RECEIVABLE: 50}
    due = {
        each.number: books.their_invoice(each.number)["Balance"] for each in (own, theirs_, more)
    }
    assert list(due.values()) == [0, 0, 70]
    paid = {each["Id"]: each for each in books.theirs(PAYMENT)}
    for payment, open_there in ((alone, 0), (mixed, 20)):
        there = paid[their_id(books, payment)]
        assert there["CustomerRef"]["value"] == their_id(books, group)
        assert there["UnappliedAmt"] == open_there
    agrees(books)

    last = allocate(mixed, more, Decimal(20), on=DAY)
    books.run()
    in_the_books(books)
    assert books.their_invoice(more.number)["Balance"] == 50
    reverse(last, on=DAY, reason="To the wrong one")
    books.run()
    in_the_books(books)
    assert books.their_invoice(more.number)["Balance"] == 70
    assert change(books, before) == {SALES: -300, CLEARING: 250, RECEIVABLE: 50}
    agrees(books)


def test_a_parents_payment_typed_there_arrives_as_one_with_its_allocations(
    books: Books, group: Customer, branch: Customer
) -> None:
    own, below = make_invoice(customer=group), make_invoice(customer=branch)
    books.run()
    before = books.trial_balance()
    pay_there(
        books,
        customer=their_id(books, group),
        invoices={their_id(books, own): 60, their_id(books, below): 100},
        amount=175,
    )

    books.run()

    payment = Payment.objects.get()
    assert (payment.customer, payment.amount, payment.on_account) == (group, 175, 15)
    parts = {each.invoice: each.amount for each in payment.allocations.all()}
    assert parts == {own: 60, below: 100}
    assert change(books, before) == {CLEARING: 175, RECEIVABLE: -175}
    in_the_books(books)
    agrees(books)
    assert nothing_more(books)


def test_a_parents_payment_split_anew_there_is_followed(
    books: Books, group: Customer, branch: Customer
) -> None:
    first, second = make_invoice(customer=branch), make_invoice(customer=group)
    books.run()
    ids = their_id(books, first), their_id(books, second)
    remote_id = pay_there(books, customer=their_id(books, group), invoices={ids[0]: 100})
    books.run()

    links = [{"TxnId": ids[1], "TxnType": "Invoice"}]
    change_there(books, PAYMENT, remote_id, Line=[{"Amount": 100, "LinkedTxn": links}])
    books.run()

    for each, due in ((first, 100), (second, 0)):
        each.refresh_from_db()
        assert each.balance_due == due
    in_the_books(books)
    agrees(books)


def test_a_payment_of_a_parent_that_is_only_theirs_arrives_once_it_is_taken_over(
    books: Books,
) -> None:
    branch = make_customer(books.company)
    invoice = make_invoice(customer=branch)
    books.run()
    made = books.server.act(books.realm, "create_customer", name="Holding of theirs")
    nest_there(books, their_id(books, branch), made["Id"])
    remote_id = pay_there(books, customer=made["Id"], invoices={their_id(books, invoice): 100})
    books.run()
    row = row_of(books, PAYMENT, remote_id)
    assert row.arrival == "needs_person"
    assert "Take Holding of theirs over as a customer" in row.remedy

    parent = adopt_customer(row_of(books, CUSTOMER, made["Id"]), user_id=books.fay.pk)
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert Payment.objects.get().customer == parent
    agrees(books)


def test_a_parents_payment_waits_until_the_customer_is_under_it_there(
    books: Books, group: Customer
) -> None:
    """What holds up the change of the customer holds up the payment, and both go afterwards."""
    branch = make_customer(books.company)
    invoice = make_invoice(customer=branch)
    make_invoice(customer=group)
    books.run()
    branch.parent = group
    branch.save()
    record = books.record(branch)
    SyncRecord.objects.filter(pk=record.pk).update(
        state=State.NEEDS_PERSON,
        reason="name_taken",
        sentence="Somebody else has its name.",
        remedy="Choose another.",
        wanted=branch.revision,
    )
    payment = receive(books, group, "100", (invoice, "100"))
    books.run()
    held = books.record(payment)
    assert (held.state, held.waits_for) == (State.WAITING, f"in_step:customer:{branch.pk}")
    assert "not yet under Ashdown Group in QuickBooks" in held.sentence
    assert nothing_more(books)

    record.refresh_from_db()
    record.plan_again()
    record.save()
    books.run()
    books.run()
    in_the_books(books)
    assert books.their_invoice(invoice.number)["Balance"] == 0
    agrees(books)


def test_credits_of_two_sub_customers_inside_a_parents_payment_arrive(
    books: Books, group: Customer, branch: Customer
) -> None:
    """Their payment says no more than sums; how its credits are paired is ours to say."""
    sister = make_customer(books.company, parent=group)
    invoices = [make_invoice(customer=each) for each in (branch, sister)]
    old = make_invoice(customer=sister)
    note = credit_invoice(old, reason="Sent back", on=DAY)
    issue(note)
    books.run()
    before = books.trial_balance()
    lines = [
        {"Amount": 100, "LinkedTxn": [{"TxnId": their_id(books, each), "TxnType": "Invoice"}]}
        for each in invoices
    ]
    lines.append(
        {"Amount": 100, "LinkedTxn": [{"TxnId": their_id(books, note), "TxnType": "CreditMemo"}]}
    )
    body = {
        "CustomerRef": {"value": their_id(books, group)},
        "TotalAmt": 100,
        "TxnDate": "2026-03-16",
        "Line": lines,
    }
    books.server.act(books.realm, "create", kind=PAYMENT, body=body)

    books.run()

    for each in invoices:
        each.refresh_from_db()
    note.refresh_from_db()
    assert [each.balance_due for each in invoices] == [0, 0]
    assert (note.open_credit, Payment.objects.get().amount) == (0, 100)
    assert change(books, before) == {CLEARING: 100, RECEIVABLE: -100}
    in_the_books(books)
    agrees(books)


def nothing_more(books: Books) -> bool:
    """A further run changes no row of ours."""
    rows = SyncRecord.objects.filter(connection=books.connection).order_by("pk")
    before = list(rows.values())
    run: Run = books.run()
    return list(rows.values()) == before and run.pk is not None
