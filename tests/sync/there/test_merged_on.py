"""Customers that were merged over there: what was open at the cut-off, and what follows a merge."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, reverse
from apps.reconciliation.compare import compare
from apps.sync.decide.merged_customers import follow, keep_apart
from apps.sync.models import CustomerMerge, Reason, RemoteRecord, State
from apps.sync.opening.items import open_items
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_payment
from tests.sync.opening.test_open_at_the_cut_off import (
    DECEMBER_20,
    JANUARY_15,
    linked,
    old_invoice,
    sold_there,
)
from tests.sync.theirs import row_of, their_id
from tests.sync.there.test_merged_there import CUSTOMER, DAY, Two, agrees
from tests.sync.there.test_merged_there import begun as begun  # the fixtures
from tests.sync.there.test_merged_there import two as two

# --- What was open at the cut-off -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["follow", "keep apart"])
def test_what_was_open_at_the_cut_off_is_linked_and_used_after_a_merge(
    books: Books, two: Two, answer: str
) -> None:
    """By hand: an invoice of December over 1,000 and 100 on account, both moved with the merge. In
    January 400 came for the invoice, and 40 of the 100 settle the invoice of March."""
    invoice = old_invoice(two.marsh)
    there = two.ids[two.marsh.pk]
    invoice_id = sold_there(books, invoice)
    money = make_payment(customer=two.marsh, amount=100, date=DECEMBER_20, method=books.method)
    paid = {"customer": there, "amount": 100, "date": "2025-12-20"}
    money_id = str(books.server.act(books.realm, "record_payment", **paid)["Id"])
    books.run()
    linked(books, money, money_id)
    merge = two.merge()
    if answer == "follow":
        follow(merge, user_id=books.fay.pk)
    else:
        keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()
    for each in (two.marsh, invoice, money, two.old):
        each.refresh_from_db()

    found = open_items(books.connection)
    assert [each.ours.subject for each in found.proposed] == [invoice]
    if answer == "follow":
        assert found.agrees, "both are one customer's"
    linked(books, invoice, invoice_id)
    assert open_items(books.connection).agrees
    make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=books.method)
    allocate(money, two.old, Decimal(40), on=DAY)
    books.run()

    assert books.their_invoice(invoice.number)["Balance"] == 600
    assert books.their_invoice(two.old.number)["Balance"] == 20
    assert two.named_there(money, invoice) == ["Vale Ltd"] * 2
    agrees(books)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["money", "money of before", "a credit"])
def test_what_moved_settles_nothing_of_a_customer_that_was_kept_apart(
    books: Books, two: Two, what: str
) -> None:
    """Their books settle nothing across two customers: Tieout holds it, and goes on once it is
    un-applied here."""
    source: Any = two.note
    if what == "money":
        source = two.receive(two.marsh, "100")
    if what == "money of before":
        source = make_payment(customer=two.marsh, amount=100, date=DECEMBER_20, method=books.method)
        paid = {"customer": two.ids[two.marsh.pk], "amount": 100, "date": "2025-12-20"}
        money_id = str(books.server.act(books.realm, "record_payment", **paid)["Id"])
    books.run()
    if what == "money of before":
        linked(books, source, money_id)
    merge = two.merge()
    keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    new = make_invoice(customer=two.marsh)
    books.run()
    source.refresh_from_db()
    part = allocate(source, new, Decimal(25), on=DAY)
    books.run()

    held = books.record(part if what == "a credit" else source)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    assert f"It settles {new}, which QuickBooks keeps under another customer" in held.sentence
    assert f"Un-apply it from {new}" in held.remedy
    assert compare(books.connection).refusals

    reverse(part, on=DAY, reason="Not across two customers")
    books.run()
    books.run()
    agrees(books)


# --- A merge after a merge --------------------------------------------------------------------------


@pytest.mark.slow
def test_what_an_alias_has_follows_its_survivor_that_was_kept_apart_since(
    books: Books, two: Two
) -> None:
    """Marsh became Vale on both sides; Vale was merged into Wold there and is kept apart here. What
    Marsh owed lies under Wold, and so does the money for it."""
    wold = make_customer(books.company, name="Wold plc")
    make_invoice(customer=wold)
    books.run()
    two.ids[wold.pk] = their_id(books, wold)
    first = two.merge()
    follow(first, user_id=books.fay.pk)
    books.run()
    act = {"loser": two.ids[two.vale.pk], "winner": two.ids[wold.pk]}
    books.server.act(books.realm, "merge_customers", **act)
    books.run()
    second = CustomerMerge.objects.exclude(pk=first.pk).get()
    keep_apart(second, new_name="Vale (2)", user_id=books.fay.pk, reason="Two firms")
    two.marsh.refresh_from_db()
    two.old.refresh_from_db()
    settles = two.receive(two.marsh, "7", (two.old, "7"))
    alone = two.receive(two.marsh, "8")
    books.run()

    assert two.named_there(two.old, settles, alone) == ["Wold plc", "Wold plc", "Vale (2)"]
    agrees(books)


@pytest.mark.slow
def test_an_invoice_is_not_issued_before_the_question_about_its_customer_is_answered(
    books: Books, two: Two
) -> None:
    two.merge()
    with pytest.raises(ValidationError, match="Decide under “Merged customers”"):
        make_invoice(customer=two.marsh)


@pytest.mark.slow
def test_a_database_restored_to_before_the_answer_makes_no_second_customer(
    books: Books, two: Two
) -> None:
    """Kept apart before: what was made then is found there by its marker, and stands again."""
    merge = two.merge()
    keep_apart(merge, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()
    made = row_of(books, CUSTOMER, their_id(books, two.marsh))
    CustomerMerge.objects.rewrite(decision=CustomerMerge.Decision.OPEN)
    RemoteRecord.objects.filter(pk=merge.gone_record_id).update(retired=False)
    RemoteRecord.objects.filter(pk=made.pk).update(sync_record=None, arrival="new")
    two.marsh.refresh_from_db()
    two.marsh.name = "Marsh & Co"
    two.marsh.save()
    record = books.record(two.marsh)
    record.generation, record.sent = 1, record.sent - 1
    record.hold(Reason.MERGED, "Merged there.", "Decide.")
    record.save()
    books.run()

    again = CustomerMerge.objects.get()
    with pytest.raises(ValidationError, match="keep the two apart"):
        follow(again, user_id=books.fay.pk)
    keep_apart(again, new_name="Marsh (York)", user_id=books.fay.pk, reason="Two firms")
    books.run()
    books.run()

    marsh = [each for each in books.theirs(CUSTOMER) if "Marsh" in each["DisplayName"]]
    assert [each["DisplayName"] for each in marsh] == ["Marsh (York)"]
    agrees(books)
