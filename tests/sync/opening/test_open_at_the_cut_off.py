"""What was open at the cut-off on both sides: linked, never sent, and paid since both ways."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
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
from apps.connectors.snapshots import Kind
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import retry
from apps.sync.decide.adopt import AlreadyTied
from apps.sync.models import OpeningItem, RemoteRecord, State, SyncRecord
from apps.sync.opening.items import open_items, pair
from apps.sync.opening.linking import link_open_item, unlink_open_item
from apps.sync.opening.open_then import Ours, Theirs
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
from tests.sync.theirs import change_there, pay_there, row_of, their_id

DECEMBER_20 = date(2025, 12, 20)
MARCH_20 = date(2026, 3, 20)
DECEMBER_10 = date(2025, 12, 10)
JANUARY_15 = date(2026, 1, 15)


def sold_there(books: Books, invoice: Any, amount: Any = None, **told: Any) -> str:
    """The same sale as it was typed over there long ago; its id."""
    customer = told.pop("customer", None) or customer_there(books, invoice)
    item = told.pop("item", None) or books.theirs("Item")[0]["Id"]
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": float(amount if amount is not None else invoice.total),
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {
        "CustomerRef": {"value": customer},
        "TxnDate": invoice.issue_date.isoformat(),
        "DocNumber": invoice.number,
        "Line": [line],
        **told,
    }
    kind = "Invoice" if invoice.kind == "invoice" else "CreditMemo"
    return str(books.server.act(books.realm, "create", kind=kind, body=body)["Id"])


def customer_there(books: Books, invoice: Any) -> str:
    rows = RemoteRecord.objects.filter(
        connection=books.connection, sync_record__customer=invoice.customer, retired=False
    )
    return str(rows.get().remote_id)


@pytest.fixture
def customer(books: Books) -> Any:
    """One of ours that is in their books."""
    return SyncRecord.objects.get(connection=books.connection, kind="invoice").subject.customer


def old_invoice(customer: Any, total: int = 1000, **fields: Any) -> Any:
    return make_invoice(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(customer.company), 1, total)],
        **fields,
    )


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


def linked(books: Books, subject: Any, remote_id: str, reason: str = "") -> OpeningItem:
    kind = {"invoice": "Invoice", "credit_note": "CreditMemo", "payment": "Payment"}[subject.kind]
    row = row_of(books, kind, remote_id)
    return link_open_item(books.connection, subject, row, user_id=books.fay.pk, reason=reason)


def test_the_list_has_both_sides_by_customer_with_every_difference_named(
    books: Books, customer: Any
) -> None:
    """By hand, open on 31 December: here 1,000 + 300 + 250 = 1,550 of the customer that is linked
    and 80 of the other. There 900 + 300 + 250 + 250 = 1,700, 80 and 77 of somebody of theirs.
    1,700 = 1,550 - (1,000 + 250 only here) + (900 + 500 only there) and 0 of what is linked."""
    unequal = old_invoice(customer)
    sold_there(books, unequal, 900)
    part_paid = old_invoice(customer, 500)
    make_payment(invoice=part_paid, amount=200, date=DECEMBER_20, method=books.method)
    paid_there = sold_there(books, part_paid)
    for amount, day in ((200, "2025-12-20"), (100, "2026-01-09")):
        books.server.act(
            books.realm, "record_payment", invoices={paid_there: amount}, amount=amount, date=day
        )
    twice = old_invoice(customer, 250)
    for number in ("A-1", "A-2"):
        sold_there(books, twice, DocNumber=number)
    namesake = old_invoice(make_customer(books.company, name="Ames  & Sons"), 80)
    strangers = [
        str(books.server.act(
            books.realm, "create", kind="Customer", body={"DisplayName": name}
        )["Id"])
        for name in ("Ames & Sons", "Only Theirs Ltd")
    ]  # fmt: skip
    sold_there(books, namesake, customer=strangers[0])
    sold_there(books, namesake, 77, customer=strangers[1], DocNumber="B-1")
    paid = old_invoice(customer, 60)  # and settled before on both sides: nobody asks for it
    make_payment(invoice=paid, date=DECEMBER_20, method=books.method)
    books.run()
    linked(books, part_paid, paid_there)

    found = open_items(books.connection)

    assert [(each.ours.open, each.theirs.open) for each in found.linked] == [(300, 300)]
    assert [each.ours.subject for each in found.proposed] == [namesake]
    here = {each.ours.subject: each for each in found.only_here}
    assert set(here) == {unequal, twice, namesake}
    assert [each.differences for each in here[unequal].candidates] == [
        ("1,000.00 GBP are open here and 900.00 GBP there, 100.00 GBP less there.",)
    ]
    assert [each.theirs.number for each in here[twice].candidates] == ["A-1", "A-2"]
    assert here[twice].proposed is None
    sums = {each.customer: each for each in found.sums}
    mine = sums[customer.name]
    assert (mine.ours, mine.theirs, mine.difference) == (1550, 1700, 150)
    assert (mine.only_here, mine.only_there, mine.linked) == (1250, 1400, 0)
    assert {name: (each.ours, each.theirs) for name, each in sums.items() if each is not mine} == {
        "Ames  & Sons": (80, 80),
        "Only Theirs Ltd": (0, 77),
    }
    assert not found.agrees
    books.run()  # what they were paid in January came back
    part_paid.refresh_from_db()
    assert part_paid.balance_due == 200


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


def test_two_in_unlike_currencies_or_of_unlike_customers_are_never_one() -> None:
    ours = _ours(currency="EUR", customers=frozenset({"7"}))
    assert "in EUR, the other in GBP" in pair(ours, _theirs(currency="GBP")).refusal
    assert "link these first" in pair(ours, _theirs(currency="EUR", customer_id="8")).refusal
    assert pair(ours, _theirs(currency="EUR", customer_id="7", ours_customer=1)).agrees
    assert "One is an invoice" in pair(ours, _theirs(currency="EUR", kind=Kind.PAYMENT)).refusal


def _ours(**fields: Any) -> Ours:
    values = {
        "subject": SimpleNamespace(customer="Bell"),
        "kind": Kind.INVOICE,
        "number": "7",
        "dated": DECEMBER_10,
        "currency": "GBP",
        "open": Decimal(10),
        "amount": Decimal(10),
        "customer": "bell",
        "customers": frozenset(),
        **fields,
    }
    return Ours(**values)


def _theirs(**fields: Any) -> Theirs:
    values = {
        "row": RemoteRecord(),
        "kind": Kind.INVOICE,
        "number": "7",
        "dated": DECEMBER_10,
        "currency": "GBP",
        "open": Decimal(10),
        "amount": Decimal(10),
        "customer": "Bell",
        "customer_id": "7",
        "ours_customer": None,
        **fields,
    }
    return Theirs(**values)


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
