"""What was open at the cut-off on both sides: linked, never sent, and paid since both ways."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    allocate,
    cancel_payment,
    change_open_fields,
    make_deposit,
    reverse,
    void,
)
from apps.billing.models import BankAccount, Payment
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import retry
from apps.sync.decide.adopt import AlreadyTied
from apps.sync.models import OpeningItem, RemoteRecord, State, SyncRecord
from apps.sync.opening.items import open_items
from apps.sync.opening.linking import link_open_item, unlink_open_item
from apps.sync.want.wishes import sweep
from tests.books import Books
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
)
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
from tests.sync.theirs import change_there, pay_there, row_of, their_id


@pytest.mark.slow
@pytest.mark.slow
def test_an_invoice_of_before_the_cut_off_is_paid_on_both_sides_once_it_is_linked(
    books: Books, customer: Any
) -> None:
    """By hand: they have Dr receivable 1,000 Cr income 1,000 of December. 15 January, typed here:
    Dr undeposited funds 400, Cr receivable 400. Typed there: 600 likewise. Nothing else."""
    invoice = old_invoice(customer)
    remote_id = sold_there(books, invoice)
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=books.method)
    books.run()
    held = books.record(payment)
    assert held.state == State.NEEDS_PERSON
    assert "before the cut-off" in held.sentence
    assert "Open at the cut-off" in held.remedy
    before = books.trial_balance()

    found = open_items(books.connection)
    assert [(each.ours.open, each.theirs.open) for each in found.proposed] == [(1000, 1000)]
    link_open_item(
        books.connection, invoice, row_of(books, "Invoice", remote_id), user_id=books.fay.pk
    )
    books.run()

    assert books.record(payment).state == State.IN_THE_BOOKS
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert (
        len([each for each in books.theirs("Invoice") if each["DocNumber"] == invoice.number]) == 1
    )
    assert Decimal(str(books.their_invoice(invoice.number)["Balance"])) == 600
    moved = {
        account: amount - before.get(account, Decimal(0))
        for account, amount in books.trial_balance().items()
        if amount != before.get(account, Decimal(0))
    }
    assert moved == {"Undeposited Funds": 400, "Accounts Receivable (A/R)": -400}

    pay_there(books, invoice, date="2026-01-20")
    books.run()
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert {each.amount for each in Payment.objects.all()} == {400, 600}
    assert books.balance("Undeposited Funds") == before.get("Undeposited Funds", 0) + 1000
    agreed = compare(books.connection)
    assert agreed.tied_out, agreed.refusals
    assert agreed.opening == [f"Invoice {invoice.number}: open with 1,000.00 GBP on both sides."]
    assert not agreed.only_there


@pytest.mark.slow
def test_a_credit_and_money_on_account_of_before_are_used_since_on_both_sides(
    books: Books, customer: Any
) -> None:
    """By hand: 100 of credit and 100 on account on both sides. An invoice of March over 100 takes
    60 of the credit and 40 of the money; one over 60 takes the rest of the money, over there."""
    note = make_credit_note(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(books.company), 1, 100)],
        reason="Loyalty",
    )
    money = make_payment(customer=customer, amount=100, date=DECEMBER_20, method=books.method)
    their_note = sold_there(books, note)
    account = customer_there(books, note)
    their_money = str(
        books.server.act(
            books.realm, "record_payment", customer=account, amount=100, date="2025-12-20"
        )["Id"]
    )
    invoice = make_invoice(customer=customer)
    other = make_invoice(customer=customer, lines=[(make_item(books.company), 1, 60)])
    parts = [
        allocate(note, invoice, Decimal(60), on=MARCH_20),
        allocate(money, invoice, Decimal(40), on=MARCH_20),
    ]
    books.run()
    for part in parts:
        held = books.record(part)
        assert held.state == State.NEEDS_PERSON, part
        assert "before the cut-off" in held.sentence
        assert "Open at the cut-off" in held.remedy
    assert not compare(books.connection).tied_out
    before = [len(books.theirs(kind)) for kind in ("Invoice", "CreditMemo")]

    assert len(open_items(books.connection).proposed) == 2
    linked(books, note, their_note)
    linked(books, money, their_money)
    books.run()

    assert [books.record(part).state for part in parts] == [State.IN_THE_BOOKS] * 2
    assert books.their_invoice(invoice.number)["Balance"] == 0
    assert [len(books.theirs(kind)) for kind in ("Invoice", "CreditMemo")] == before
    one = next(each for each in books.theirs("Payment") if each["Id"] == their_money)
    assert (one["UnappliedAmt"], one["TxnDate"]) == (60, "2025-12-20")

    lines = [
        {"Amount": 40, "LinkedTxn": [{"TxnId": their_id(books, invoice), "TxnType": "Invoice"}]},
        {"Amount": 60, "LinkedTxn": [{"TxnId": their_id(books, other), "TxnType": "Invoice"}]},
    ]
    change_there(books, "Payment", their_money, Line=lines)
    books.run()
    other.refresh_from_db()
    assert other.balance_due == 0
    assert compare(books.connection).refusals == []
    rows = _rows(books)
    books.run()
    books.run()
    assert _rows(books) == rows

    reverse(parts[1], on=MARCH_20, reason="For another one")
    books.run()
    assert books.their_invoice(invoice.number)["Balance"] == 40
    assert compare(books.connection).refusals == []


def _rows(books: Books) -> list[Any]:
    return [
        *SyncRecord.objects.filter(connection=books.connection).order_by("pk").values(),
        *RemoteRecord.objects.filter(connection=books.connection).order_by("pk").values(),
    ]


@pytest.mark.slow
def test_what_is_linked_is_refused_twice_and_taken_apart_only_before_it_was_used(
    books: Books, customer: Any
) -> None:
    invoice, second = old_invoice(customer), old_invoice(customer)
    remote_id, other_id = sold_there(books, invoice), sold_there(books, second)
    books.run()
    item = linked(books, invoice, remote_id)
    for subject, there in ((invoice, other_id), (second, remote_id)):
        with pytest.raises(AlreadyTied):
            linked(books, subject, there, "Why not")
    money = make_payment(customer=customer, amount=30, date=DECEMBER_20, method=books.method)
    account = customer_there(books, invoice)
    paid = {"customer": account, "amount": 30, "date": "2025-12-20"}
    their_money = str(books.server.act(books.realm, "record_payment", **paid)["Id"])
    books.run()
    linked(books, money, their_money)
    cancel_payment(money, reason="Typed twice")
    books.run()
    assert "was taken back here and stands there" in books.record(money).sentence
    assert books.theirs("Payment")[0]["TotalAmt"] == 30
    books.server.act(books.realm, "void_payment", id=their_money)
    books.run()
    assert books.record(money).state == State.IN_THE_BOOKS
    assert compare(books.connection).refusals == []
    with pytest.raises(ValidationError, match="dated before the cut-off"):
        linked(books, make_invoice(customer=customer), other_id)
    with pytest.raises(ValidationError, match="Say why they are not"):
        unlink_open_item(item, user_id=books.fay.pk, reason=" ")

    unlink_open_item(item, user_id=books.fay.pk, reason="Another year's")
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=books.method)
    change_open_fields(invoice, message="Thank you")
    sweep(books.connection)
    books.run()
    assert books.record(invoice).state == State.LEFT_OUT
    assert books.record(payment).state == State.NEEDS_PERSON
    assert {each.ours.subject for each in open_items(books.connection).only_here} == {
        invoice, second,
    }  # fmt: skip

    again = linked(books, invoice, remote_id)
    books.run()
    assert books.record(payment).state == State.IN_THE_BOOKS
    with pytest.raises(ValidationError, match="Un-apply that first"):
        unlink_open_item(again, user_id=books.fay.pk, reason="No")
    assert retry([books.record(invoice)])[0] == 0
    assert len(books.theirs("Invoice")) == 4  # with the test invoice and the new one


@pytest.mark.parametrize("wrong", ["less there", "backdated there", "deleted there", "void here"])
@pytest.mark.variants
@pytest.mark.slow
def test_agreement_is_refused_where_what_is_linked_differs_and_given_where_that_was_accepted(
    books: Books, customer: Any, wrong: str
) -> None:
    invoice = old_invoice(customer)
    remote_id = sold_there(books, invoice, 990 if wrong == "less there" else 1000)
    books.run()
    row = row_of(books, "Invoice", remote_id)
    if wrong == "less there":
        with pytest.raises(ValidationError, match=r"10\.00 GBP less there"):
            linked(books, invoice, remote_id)
        linked(books, invoice, remote_id, "They took a bank charge off in 2025")
        agreed = compare(books.connection)
        assert agreed.refusals == []
        (said,) = agreed.opening
        assert "1,000.00 GBP here and 990.00 GBP in QuickBooks. They took a bank charge" in said
        OpeningItem.objects.filter(remote_record=row).update(theirs=Decimal(995))
        expected = "open at the cut-off were 1,000.00 GBP here and 990.00 GBP in QuickBooks"
    else:
        linked(books, invoice, remote_id)
    if wrong == "backdated there":
        books.server.act(
            books.realm, "record_payment", invoices={remote_id: 7}, amount=7, date="2025-12-30"
        )
        expected = "open at the cut-off were 1,000.00 GBP here and 993.00 GBP in QuickBooks"
    if wrong == "deleted there":
        books.server.act(books.realm, "delete", kind="Invoice", id=remote_id)
        expected = "is gone from QuickBooks"
    if wrong == "void here":
        void(invoice, reason="Typed twice")
        expected = "was taken back here and stands in QuickBooks"
    books.run()

    refusals = compare(books.connection).refusals

    assert any(expected in each for each in refusals), refusals
    state = books.record(invoice).state
    assert (state == State.IN_THE_BOOKS) is (wrong in ("less there", "backdated there"))
    rows = _rows(books)
    books.run()
    assert _rows(books) == rows


@pytest.mark.slow
def test_what_they_set_against_it_before_it_was_linked_is_set_against_ours(
    books: Books, customer: Any
) -> None:
    """By hand: 1,000, less 100 of money that was taken over for a document of theirs, less a credit
    of 50 of before that they used in February: 850, on both sides."""
    invoice = old_invoice(customer)
    note = make_credit_note(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(books.company), 1, 50)],
        reason="Loyalty",
    )
    remote_id, their_note = sold_there(books, invoice), sold_there(books, note)
    pay = {"date": "2026-01-09", "invoices": {remote_id: 100}, "amount": 100}
    books.server.act(books.realm, "record_payment", **pay)
    use = [
        {"Amount": 50, "LinkedTxn": [{"TxnId": one, "TxnType": kind}]}
        for one, kind in ((remote_id, "Invoice"), (their_note, "CreditMemo"))
    ]
    body = {
        "CustomerRef": {"value": customer_there(books, invoice)},
        "TotalAmt": 0,
        "TxnDate": "2026-02-02",
        "Line": use,
    }
    books.server.act(books.realm, "create", kind="Payment", body=body)
    books.run()
    assert {(each.theirs.open) for each in open_items(books.connection).proposed} == {1000, 50}

    linked(books, note, their_note)
    linked(books, invoice, remote_id)
    books.run()

    invoice.refresh_from_db()
    note.refresh_from_db()
    assert (invoice.paid, invoice.credited, invoice.balance_due) == (100, 50, 850)
    assert note.open_credit == 0
    assert books.their_invoice(invoice.number)["Balance"] == 850
    assert compare(books.connection).refusals == []
    rows = _rows(books)
    books.run()
    assert _rows(books) == rows


@pytest.mark.slow
def test_money_of_before_is_banked_since_once_it_is_linked(books: Books, customer: Any) -> None:
    """Received and applied in December on both sides, banked in January here. By hand: Dr checking
    70, Cr undeposited funds 70, and nothing else."""
    invoice = old_invoice(customer, 70)
    money = make_payment(invoice=invoice, date=DECEMBER_20, method=books.method)
    remote_id = sold_there(books, invoice)
    paid = pay_there(books, date="2025-12-20", invoices=[remote_id])
    account = BankAccount.objects.create(company=books.company, name="Checking", currency="GBP")
    set_mapping(books.connection, "bank_account", code=books.code("Checking"), bank_account=account)
    deposit = make_deposit(account, date=JANUARY_15, payments=[money])
    books.run()
    assert "Open at the cut-off" in books.record(deposit).remedy
    before = books.trial_balance()

    found = open_items(books.connection)
    assert [each.ours.subject for each in found.only_here] == [money]
    assert [each.theirs.row.remote_id for each in found.proposed] == [paid]
    assert found.sums == []
    linked(books, money, paid)
    books.run()

    assert books.record(deposit).state == State.IN_THE_BOOKS
    after = books.trial_balance()
    assert after["Checking"] - before.get("Checking", Decimal(0)) == 70
    assert "Undeposited Funds" not in after
    assert compare(books.connection).refusals == []
    with pytest.raises(ValidationError, match="Undo that first"):
        unlink_open_item(OpeningItem.objects.get(), user_id=books.fay.pk, reason="Another one")


@pytest.mark.slow
def test_another_rate_there_is_theirs_and_what_money_realises_on_it_too(
    ledger: Any, db: None
) -> None:
    """By hand: 1,000 EUR stand there at 0.80. 400 of them come at 0.90: Dr undeposited funds 360,
    Cr receivable 320, Cr exchange gain 40, whatever ours was booked at (0.85)."""
    books = Books(ledger, multicurrency=True)
    books.go_live()
    books.company.refresh_from_db()
    customer = make_customer(books.company, currency="EUR")
    euros = make_method(books.company, currency="EUR")
    set_mapping(
        books.connection,
        "method_account",
        code=books.code("Undeposited Funds"),
        payment_method=euros,
    )
    sent = make_invoice(customer=customer, exchange_rate=Decimal("0.9"))
    books.run()
    assert books.record(sent).state == State.IN_THE_BOOKS, books.record(sent).sentence
    invoice = old_invoice(customer, exchange_rate=Decimal("0.85"))
    remote_id = sold_there(books, invoice, CurrencyRef={"value": "EUR"}, ExchangeRate=0.80)
    books.run()
    linked(books, invoice, remote_id)
    before = books.trial_balance()
    make_payment(
        invoice=invoice,
        amount=400,
        date=JANUARY_15,
        method=euros,
        exchange_rate=Decimal("0.90"),
    )

    books.run()

    moved = {
        account: amount - before.get(account, Decimal(0))
        for account, amount in books.trial_balance().items()
        if amount != before.get(account, Decimal(0))
    }
    assert sorted(moved.values()) == [-320, -40, 360]
    assert compare(books.connection).refusals == []


@pytest.mark.parametrize(
    "account", [pytest.param("Sales of Product Income", marks=pytest.mark.slow), "Services"]
)
@pytest.mark.variants
@pytest.mark.slow
def test_a_credit_of_since_is_set_against_what_is_linked(
    books: Books, customer: Any, account: str
) -> None:
    """By hand: Dr income 1,000, Cr receivable 1,000 of March; the invoice of December is settled.
    Where that stands on another income there, somebody is asked, as for a sale of since."""
    invoice = old_invoice(customer)
    item = books.server.act(
        books.realm,
        "create",
        kind="Item",
        body={
            "Name": "As ever",
            "Type": "Service",
            "IncomeAccountRef": {"value": books.code(account).remote_id},
        },
    )["Id"]
    remote_id = sold_there(books, invoice, item=item)
    books.run()
    linked(books, invoice, remote_id)
    before = books.trial_balance()

    note = make_credit_note(invoice=invoice)
    allocate(note, invoice, Decimal(1000), on=MARCH_20)
    books.run()

    assert books.record(note).state == State.IN_THE_BOOKS, books.record(note).sentence
    assert books.their_invoice(invoice.number)["Balance"] == 0
    after = books.trial_balance()
    for name, amount in (("Sales of Product Income", 1000), ("Accounts Receivable (A/R)", -1000)):
        assert after.get(name, Decimal(0)) - before.get(name, Decimal(0)) == amount
    refusals = compare(books.connection).refusals
    assert [each.split(":")[0] for each in refusals] == (
        [] if account == "Sales of Product Income" else ["Income that its credit did not take back"]
    )
