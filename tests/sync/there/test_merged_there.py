"""Customers that were merged over there: one question, the waiting work named, both answers.

By hand: Marsh owes 100.00 less 40.00 paid and less a credit of 25.00 set against nothing yet, so
35.00; Vale owes 100.00. Merged there, Vale owes 135.00 there, and the ledger's accounts stay as
they were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    allocate,
    change_open_fields,
    deduct,
    issue,
    merge_customers,
    pay_refund,
    receive_payment,
)
from apps.billing.models import CreditNote, Customer, Invoice, Payment
from apps.billing.sums.as_of import as_of
from apps.reconciliation.compare import compare
from apps.sync.decide.adopt import adopt_customer
from apps.sync.decide.merged_customers import follow, keep_apart
from apps.sync.models import (
    Candidate,
    Conflict,
    CustomerMerge,
    Reason,
    State,
    SyncRecord,
)
from apps.sync.there.merges import waiting_work
from tests.books import Books
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
)
from tests.kept_books import live_books_after
from tests.sandbox_server import SandboxServer
from tests.sync.books.test_money import change, in_the_books
from tests.sync.theirs import pay_there, row_of, their_id

CUSTOMER = "Customer"
RECEIVABLE, SALES, CLEARING = (
    "Accounts Receivable (A/R)",
    "Sales of Product Income",
    "Undeposited Funds",
)
DAY = date(2026, 3, 16)


@dataclass
class Two:
    """Marsh, who is merged into Vale over there, each with what went over before."""

    books: Books
    marsh: Customer
    vale: Customer
    old: Invoice
    of_vale: Invoice
    note: CreditNote
    paid: Payment
    ids: dict[int, str]  # over there, of the two

    def receive(self, customer: Customer, amount: str, *parts: Any) -> Payment:
        return received(self.books, customer, amount, *parts)

    def merge(self) -> CustomerMerge:
        loser, winner = self.ids[self.marsh.pk], self.ids[self.vale.pk]
        self.books.server.act(self.books.realm, "merge_customers", loser=loser, winner=winner)
        self.books.run()
        return CustomerMerge.objects.get()

    def owed_there(self) -> dict[str, Decimal]:
        rows = self.books.theirs(CUSTOMER)
        return {
            each["DisplayName"]: Decimal(str(each["Balance"])) for each in rows if each["Balance"]
        }

    def owed_here(self) -> dict[str, Decimal]:
        found = as_of(self.books.company, date(2026, 12, 31)).balances
        names = dict(Customer.objects.values_list("pk", "name"))
        return {names[pk]: amount for (pk, _), amount in found.items() if amount}

    def named_there(self, *documents: Any) -> list[str]:
        """Their names of the customers that these bear there."""
        found = []
        for each in documents:
            row = self.books.record(each).remote_records.get(part="", retired=False)
            there = next(one for one in self.books.theirs(row.kind) if one["Id"] == row.remote_id)
            found.append(there["CustomerRef"]["name"])
        return found


def received(books: Books, customer: Customer, amount: str, *parts: Any) -> Payment:
    return receive_payment(
        customer=customer,
        amount=Decimal(amount),
        date=DAY,
        method=books.method,
        apply=[(invoice, Decimal(part)) for invoice, part in parts],
    )


def went_over_before(books: Books) -> dict[str, Any]:
    marsh = make_customer(books.company, name="Marsh & Co")
    vale = make_customer(books.company, name="Vale Ltd")
    old = make_invoice(customer=marsh)
    of_vale = make_invoice(customer=vale)
    note = make_credit_note(customer=marsh, lines=[(make_item(books.company), 1, 25)])
    paid = received(books, marsh, "40", (old, "40"))
    books.run()
    in_the_books(books)
    ids = {each.pk: their_id(books, each) for each in (marsh, vale)}
    made = {"marsh": marsh, "vale": vale, "old": old, "of_vale": of_vale, "note": note}
    return {**made, "paid": paid, "ids": ids}


@pytest.fixture
def begun(ledger: SandboxServer, db: None) -> tuple[Books, dict[str, Any]]:
    return live_books_after(went_over_before, ledger)


@pytest.fixture
def two(begun: tuple[Books, dict[str, Any]]) -> Two:
    books, made = begun
    return Two(books, **made)


def agrees(books: Books) -> None:
    in_the_books(books)
    assert compare(books.connection).refusals == []
    rows = SyncRecord.objects.filter(connection=books.connection).order_by("pk")
    before = list(rows.values())
    books.run()
    assert list(rows.values()) == before, "a further run wrote something"


def asks_nothing_else() -> None:
    assert not Conflict.objects.exists()
    assert not Candidate.objects.exists()


@pytest.mark.slow
def test_a_merge_over_there_is_one_question_that_names_the_waiting_work(
    books: Books, two: Two
) -> None:
    before = books.trial_balance()
    assert two.owed_here() == {**two.owed_here(), "Marsh & Co": 35, "Vale Ltd": 100}
    new = make_invoice(customer=two.marsh)
    money = two.receive(two.marsh, "60", (two.old, "60"))

    merge = two.merge()

    asks_nothing_else()
    assert merge.evidence.startswith("QuickBooks merged Marsh & Co into Vale Ltd")
    record = books.record(two.marsh)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.MERGED)
    assert f"invoice {new.number} over 100.00 GBP" in record.sentence
    assert "the payment of 60.00 GBP by Marsh & Co" in record.sentence
    assert waiting_work(books.connection, two.marsh) == [
        f"invoice {new.number} over 100.00 GBP",
        "the payment of 60.00 GBP by Marsh & Co",
    ]
    for each in (new, money):
        held = books.record(each)
        assert held.state == State.WAITING
        assert "QuickBooks merged customer Marsh & Co into Vale Ltd" in held.sentence
    # What was sent before moved over there with the merge, and that is no change of ours.
    assert [books.record(each).state for each in (two.old, two.note, two.paid)] == (
        [State.IN_THE_BOOKS] * 3
    )
    assert two.named_there(two.old, two.note, two.paid) == ["Vale Ltd"] * 3
    assert change(books, before) == {}
    assert two.owed_there()["Vale Ltd"] == 135
    assert compare(books.connection).refusals, "a question is open"

    follow(merge, user_id=books.fay.pk)
    books.run()

    two.marsh.refresh_from_db()
    assert (two.marsh.merged_into, two.marsh.active) == (two.vale, False)
    assert two.named_there(new, money) == ["Vale Ltd"] * 2
    assert change(books, before) == {SALES: -100, CLEARING: 60, RECEIVABLE: 40}
    # Issued documents keep their customer here.
    assert (new.customer, money.customer) == (two.marsh, two.marsh)
    here = two.owed_here()
    assert (here["Marsh & Co"], here["Vale Ltd"]) == (75, 100)
    assert two.owed_there()["Vale Ltd"] == 175
    agrees(books)


@pytest.mark.slow
def test_kept_apart_the_waiting_work_goes_to_a_new_customer_there(books: Books, two: Two) -> None:
    before = books.trial_balance()
    new = make_invoice(customer=two.marsh)
    money = two.receive(two.marsh, "30", (new, "30"))
    settles = two.receive(two.marsh, "60", (two.old, "60"))
    merge = two.merge()

    with pytest.raises(ValidationError, match="another name"):
        keep_apart(merge, new_name="marsh & co", user_id=books.fay.pk, reason="Two firms")
    with pytest.raises(ValidationError, match="Vale Ltd in QuickBooks already"):
        keep_apart(merge, new_name="Vale Ltd", user_id=books.fay.pk, reason="Two firms")
    with pytest.raises(ValidationError, match="Say why"):
        keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason=" ")
    keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()

    two.marsh.refresh_from_db()
    assert (two.marsh.merged_into, two.marsh.active) == (None, True)
    assert two.named_there(new, money) == ["Marsh (York)"] * 2
    # What settles an invoice that moved goes where that is: they settle nothing across customers.
    assert two.named_there(two.old, two.note, two.paid, settles) == ["Vale Ltd"] * 4
    assert change(books, before) == {SALES: -100, CLEARING: 90, RECEIVABLE: 10}
    there = two.owed_there()
    assert (there["Marsh (York)"], there["Vale Ltd"]) == (70, 75)
    here = two.owed_here()
    assert (here["Marsh (York)"], here["Vale Ltd"]) == (45, 100)
    agrees(books)

    # A later change of what moved leaves it where it is.
    change_open_fields(two.old, message="Thank you")
    books.run()
    assert two.named_there(two.old) == ["Vale Ltd"]
    agrees(books)
    asks_nothing_else()


# --- Every kind of record --------------------------------------------------------------------------


def an_invoice(two: Two) -> Any:
    return make_invoice(customer=two.marsh)


def a_credit_note(two: Two) -> Any:
    return make_credit_note(invoice=make_invoice(customer=two.marsh))


def a_payment(two: Two) -> Any:
    return two.receive(two.marsh, "10")


def a_refund(two: Two) -> Any:
    source = two.receive(two.marsh, "15")
    return pay_refund(
        source, amount=Decimal(15), on=DAY, method=two.books.method, reason="Paid too much"
    )


def an_adjustment(two: Two) -> Any:
    invoice = make_invoice(customer=two.marsh)
    return deduct(invoice, role="bank_charge", amount=Decimal(5), on=DAY, reason="Charge")


KINDS = [an_invoice, a_credit_note, a_payment, a_refund, an_adjustment]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("answer", ["follow", "keep apart"])
@pytest.mark.parametrize("make", KINDS)
def test_every_kind_is_held_or_moves_and_both_sides_agree_afterwards(
    books: Books, two: Two, make: Callable[[Two], Any], answer: str, when: str
) -> None:
    """What waited goes over after the answer; what stood there moved, and is no change of ours."""
    books.map_role("bank_charge", "Bank Charges")
    made = make(two)
    if when == "before":
        books.run()
        in_the_books(books)
        balances = books.trial_balance()
        merge = two.merge()
        assert change(books, balances) == {}
        assert books.record(made).state == State.IN_THE_BOOKS
        assert waiting_work(books.connection, two.marsh) == []
        assert "Nothing of Marsh & Co waits" in books.record(two.marsh).sentence
    else:
        merge = two.merge()
        assert books.record(made).state == State.WAITING
        assert "merged customer Marsh & Co" in books.record(made).sentence
        assert waiting_work(books.connection, two.marsh)
    asks_nothing_else()

    if answer == "follow":
        follow(merge, user_id=books.fay.pk)
    else:
        keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()
    books.run()

    there, here = two.owed_there(), two.owed_here()
    ours = {name: here.get(name, 0) for name in ("Marsh & Co", "Marsh (York)", "Vale Ltd")}
    theirs = {name: there.get(name, 0) for name in ("Marsh (York)", "Vale Ltd")}
    assert sum(ours.values()) == sum(theirs.values())
    if (answer, when) == ("keep apart", "after"):
        assert theirs["Vale Ltd"] == 135, "what waited goes to the new one"
    asks_nothing_else()
    agrees(books)


# --- Money that arrives meanwhile -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["follow", "keep apart"])
def test_money_for_what_moved_waits_for_the_answer_and_arrives_with_it(
    books: Books, two: Two, answer: str
) -> None:
    invoice = their_id(books, two.old)
    merge = two.merge()
    before = books.trial_balance()
    paid = pay_there(books, customer=two.ids[two.vale.pk], invoices={invoice: 60}, amount=60)
    books.run()
    row = row_of(books, "Payment", paid)
    assert row.arrival == "waits"
    assert "merged customer Marsh & Co into Vale Ltd" in row.sentence

    if answer == "follow":
        follow(merge, user_id=books.fay.pk)
    else:
        keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()

    two.old.refresh_from_db()
    assert two.old.balance_due == 0
    payment = Payment.objects.exclude(pk=two.paid.pk).get()
    # One customer: who paid there paid here. Two: what moved is the loser's, and so its money.
    assert payment.customer == (two.vale if answer == "follow" else two.marsh)
    assert change(books, before) == {CLEARING: 60, RECEIVABLE: -60}
    agrees(books)


@pytest.mark.slow
def test_once_followed_money_and_credits_of_each_settle_what_the_other_owes(
    books: Books, two: Two
) -> None:
    follow(two.merge(), user_id=books.fay.pk)
    two.marsh.refresh_from_db()
    both = {their_id(books, each): 50 for each in (two.old, two.of_vale)}
    pay_there(books, customer=two.ids[two.vale.pk], invoices=both, amount=100)
    books.run()
    before = books.trial_balance()
    two.of_vale.refresh_from_db()
    here = two.receive(two.vale, "10", (two.old, "10"))
    allocate(two.note, two.of_vale, Decimal(25), on=DAY)
    books.run()

    for each, due in ((two.old, 0), (two.of_vale, 25)):
        each.refresh_from_db()
        assert each.balance_due == due
        assert books.their_invoice(each.number)["Balance"] == due
    assert two.named_there(here) == ["Vale Ltd"]
    assert change(books, before) == {CLEARING: 10, RECEIVABLE: -10}
    agrees(books)


@pytest.mark.slow
def test_the_same_money_is_still_asked_of_customers_that_are_one(books: Books, two: Two) -> None:
    follow(two.merge(), user_id=books.fay.pk)
    two.marsh.refresh_from_db()
    two.receive(two.marsh, "33")
    pay_there(books, customer=two.ids[two.vale.pk], invoices=[], amount=33)
    books.run()
    assert Candidate.objects.filter(decision="").count() == 1


# --- What cannot be followed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "ours", "theirs", "said"),
    [
        ("tax_number", "GB 1", "GB 2", "has the tax number GB 1, Vale Ltd has GB 2"),
        ("currency", "EUR", "GBP", "is invoiced in EUR, Vale Ltd in GBP"),
    ],
)
@pytest.mark.django_db
def test_customers_of_two_currencies_or_tax_numbers_are_not_one(
    field: str, ours: str, theirs: str, said: str
) -> None:
    company = make_company()
    loser = make_customer(company, name="Marsh & Co", **{field: ours})
    survivor = make_customer(company, name="Vale Ltd", **{field: theirs})
    with pytest.raises(ValidationError, match=said):
        merge_customers(loser, survivor, reason="Merged")
    loser.refresh_from_db()
    assert (loser.merged_into, loser.active) == (None, True)


@pytest.mark.django_db
def test_an_alias_gets_no_new_work_and_no_second_survivor() -> None:
    company = make_company()
    loser, survivor = make_customer(company), make_customer(company)
    draft = make_invoice(customer=loser, issued=False)
    merge_customers(loser, survivor, reason="Merged")
    draft.refresh_from_db()
    assert draft.customer == survivor
    with pytest.raises(ValidationError, match="was merged into"):
        issue(make_invoice(customer=loser, issued=False))
    with pytest.raises(ValidationError, match="already"):
        merge_customers(loser, make_customer(company), reason="Merged")
    with pytest.raises(ValidationError, match="was merged into it"):
        merge_customers(survivor, loser, reason="Merged")
    with pytest.raises(ValidationError, match="another company"):
        merge_customers(survivor, make_customer(), reason="Merged")


@pytest.mark.slow
def test_a_survivor_that_is_only_theirs_is_taken_over_first(books: Books, two: Two) -> None:
    made = books.server.act(books.realm, "create_customer", name="Holding of theirs")
    two.ids[two.vale.pk] = made["Id"]
    new = make_invoice(customer=two.marsh)
    merge = two.merge()
    with pytest.raises(ValidationError, match="Holding of theirs is only in QuickBooks"):
        follow(merge, user_id=books.fay.pk)

    taken = adopt_customer(row_of(books, CUSTOMER, made["Id"]), user_id=books.fay.pk)
    follow(merge, user_id=books.fay.pk)
    books.run()
    two.marsh.refresh_from_db()
    assert two.marsh.merged_into == taken
    assert two.named_there(new) == ["Holding of theirs"]
    agrees(books)


@pytest.mark.slow
def test_merges_in_a_row_lead_to_the_last_survivor(books: Books, two: Two) -> None:
    """Marsh into Vale, and Vale into Wold before anybody answered: each is a question of its own."""
    wold = make_customer(books.company, name="Wold plc")
    make_invoice(customer=wold)
    books.run()
    two.ids[wold.pk] = their_id(books, wold)
    new = make_invoice(customer=two.marsh)
    first = two.merge()
    act = {"loser": two.ids[two.vale.pk], "winner": two.ids[wold.pk]}
    books.server.act(books.realm, "merge_customers", **act)
    books.run()
    second = CustomerMerge.objects.exclude(pk=first.pk).get()
    asks_nothing_else()

    follow(first, user_id=books.fay.pk)
    books.run()
    two.marsh.refresh_from_db()
    assert two.marsh.merged_into == wold
    assert two.named_there(new) == ["Wold plc"]
    follow(second, user_id=books.fay.pk)
    books.run()
    agrees(books)
    assert two.owed_there()["Wold plc"] == 335


@pytest.mark.slow
def test_an_alias_that_is_edited_stays_left_out(books: Books, two: Two) -> None:
    follow(two.merge(), user_id=books.fay.pk)
    books.run()
    two.marsh.refresh_from_db()
    two.marsh.phone = "01 23"
    two.marsh.save()
    books.run()
    record = books.record(two.marsh)
    assert (record.state, record.reason) == (State.LEFT_OUT, Reason.MERGED)
    agrees(books)


@pytest.mark.slow
def test_a_customer_deleted_with_nothing_that_tells_of_a_merge_is_asked_as_before(
    books: Books,
) -> None:
    customer = make_customer(books.company)
    make_invoice(customer=customer)
    books.run()
    alone = make_customer(books.company, name="Alone")
    note = make_invoice(customer=alone)
    books.run()
    gone = their_id(books, alone)
    books.server.act(books.realm, "delete_invoice", id=their_id(books, note))
    books.server.act(books.realm, "merge_customers", loser=gone, winner=their_id(books, customer))
    books.run()
    record = books.record(alone)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert not CustomerMerge.objects.exists()


@pytest.mark.slow
def test_a_customer_that_stands_there_again_is_asked_about_no_more(books: Books, two: Two) -> None:
    new = make_invoice(customer=two.marsh)
    merge = two.merge()
    row = merge.gone_record
    row.gone, row.arrival = False, "new"
    row.save()

    books.run(get=False)  # the feed would tell of the deletion once more

    merge.refresh_from_db()
    assert merge.decision == CustomerMerge.Decision.RETURNED
    assert books.record(two.marsh).state == State.IN_THE_BOOKS
    assert "merged" not in books.record(new).sentence
    with pytest.raises(ValidationError, match="decided already"):
        follow(merge, user_id=books.fay.pk)
