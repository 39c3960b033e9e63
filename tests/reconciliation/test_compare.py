"""Whatever differs between both sides is found, said with both amounts, and nothing else is."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.billing.actions import allocate, cancel_payment, pay_refund, void
from apps.connections.models import Connection
from apps.connectors.port import Posting, Purpose, Reply, Request
from apps.connectors.registry import system, systems
from apps.connectors.totals import ControlTotal
from apps.mappings.models import RemoteCode
from apps.reconciliation.ledger import Chart
from apps.reconciliation.models import Cause, Why
from apps.reconciliation.theirs import ProofCourier, Told
from apps.sync.models import Reason, State
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
)
from tests.reconciliation.sides import BANK, CLEARING, GOODS, RECEIVABLE, SALES, Sides

pytestmark = pytest.mark.django_db


@pytest.fixture
def sides() -> Sides:
    return Sides()


def test_two_sides_that_agree_tie_out_with_their_figures(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    payment = make_payment(invoice=invoice, amount="60", method=sides.bank)
    sides.document(invoice)
    sides.payment(payment)

    found = sides.compare()

    assert found.tied_out, found.differences
    assert (found.documents, found.payments) == (1, 1)
    assert found.sums["invoices: total"].ours == found.sums["invoices: total"].theirs == 100
    assert found.sums["invoices: paid"].theirs == 60
    assert found.sums["invoices: balance due"].theirs == 40
    assert {line.role: line.ours for line in found.accounts} == {
        "receivable": 40,
        "income": -100,
        "bank": 60,
    }


@pytest.mark.parametrize(
    ("there", "balance", "said"),
    [
        (
            {"total": Decimal("99.99")},
            "100",
            "total is 100.00 GBP here and 99.99 GBP in QuickBooks",
        ),
        ({"net": Decimal("100.01")}, "100", "net is 100.00 GBP here and 100.01 GBP in QuickBooks"),
        ({"tax": Decimal("0.01")}, "100", "tax is 0.00 GBP here and 0.01 GBP in QuickBooks"),
        ({}, "40", "balance due is 100.00 GBP here and 40.00 GBP in QuickBooks"),
        ({"number": "INV-1"}, "100", "number is INV-2026-00001 here and INV-1 in QuickBooks"),
        ({"issue_date": date(2026, 3, 3)}, "100", "date is 2 March 2026 here and 3 March 2026"),
        ({"customer_id": "9999"}, "100", "here and of another customer in QuickBooks"),
        ({"home_total": Decimal("80")}, "100", "home total is 100.00 GBP here and 80.00 GBP"),
    ],
)
def test_every_field_of_an_invoice_that_differs_is_said_with_both_values(
    sides: Sides, there: dict, balance: str, said: str
) -> None:
    remote = sides.document(make_invoice(company=sides.company))
    sides.change(remote, snapshot=there, balance=Decimal(balance))

    found = sides.compare()

    assert not found.tied_out
    assert any(said in sentence for sentence in found.differences), found.differences


def test_another_due_date_there_is_listed_and_keeps_nobody_from_agreeing(sides: Sides) -> None:
    remote = sides.document(make_invoice(company=sides.company, due_date=date(2026, 4, 1)))
    sides.change(remote, snapshot={"due_date": date(2026, 4, 1)})
    assert sides.compare().due_elsewhere == []

    sides.change(remote, snapshot={"due_date": date(2026, 5, 5)})
    found = sides.compare()
    assert found.tied_out
    assert found.due_elsewhere == [
        "Invoice INV-2026-00001 is due on 1 April 2026 here and on 5 May 2026 there."
    ]


def test_a_credit_note_is_compared_by_what_is_still_open_of_it(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    note = make_credit_note(invoice=invoice)
    used = allocate(note, invoice, Decimal(30), on=date(2026, 3, 10))
    sides.document(invoice)
    remote = sides.document(note)
    sides.application(used)
    found = sides.compare()
    assert found.tied_out, found.differences
    assert found.sums["invoices: credited"].theirs == 30

    sides.change(remote, balance=Decimal(100))

    [applied, still_open] = sides.compare().differences
    assert "applied is 30.00 GBP here and 0.00 GBP" in applied
    assert "open credit is 70.00 GBP here and 100.00 GBP" in still_open


def test_a_void_invoice_agrees_with_a_void_one_only(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    remote = sides.document(invoice)
    void(invoice, reason="Typed twice", on=date(2026, 3, 5))

    assert "is void here and stands in QuickBooks with 100.00 GBP" in sides.compare().differences[0]

    sides.change(remote, void=True, snapshot={"void": True}, balance=Decimal(0))
    sides.balances.clear()
    assert sides.compare().tied_out


def test_an_invoice_void_over_there_alone_is_a_difference(sides: Sides) -> None:
    remote = sides.document(make_invoice(company=sides.company))
    sides.change(remote, void=True)

    assert "is void in QuickBooks and stands here with 100.00" in sides.compare().differences[0]


def test_a_document_deleted_over_there_is_a_difference(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company))
    sides.theirs.documents.clear()

    assert "is here with 100.00 GBP and is gone from QuickBooks" in sides.compare().differences[0]


@pytest.mark.parametrize(
    ("there", "balance", "said"),
    [
        ({"amount": Decimal(61)}, "0", "amount is 60.00 GBP here and 61.00 GBP in QuickBooks"),
        ({}, "5", "on account is 0.00 GBP here and 5.00 GBP in QuickBooks"),
        ({"allocations": ()}, "0", "is 60.00 GBP here and 0.00 GBP in QuickBooks"),
        ({"paid_on": date(2026, 3, 17)}, "0", "date is 16 March 2026 here and 17 March 2026"),
        ({"cancelled": True}, "0", "is cancelled in QuickBooks and stands here with 60.00 GBP"),
    ],
)
def test_every_field_of_a_payment_that_differs_is_said(
    sides: Sides, there: dict, balance: str, said: str
) -> None:
    invoice = make_invoice(company=sides.company)
    payment = make_payment(invoice=invoice, amount="60", method=sides.bank)
    sides.document(invoice)
    sides.change(sides.payment(payment), snapshot=there, balance=Decimal(balance))

    assert any(said in each for each in sides.compare().differences), sides.compare().differences


def test_a_payment_cancelled_on_both_sides_agrees(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    payment = make_payment(invoice=invoice, method=sides.bank)
    remote = sides.payment(payment)
    sides.post(BANK, Decimal(-100))
    sides.post(RECEIVABLE, Decimal(100))
    cancel_payment(payment, reason="Bounced", on=date(2026, 3, 20))
    sides.document(invoice)
    sides.change(remote, void=True, snapshot={"amount": Decimal(0), "allocations": ()})

    assert sides.compare().tied_out, sides.compare().differences


@pytest.mark.parametrize("cancelled_here", [True, False])
def test_a_payment_deleted_over_there_agrees_only_where_it_is_cancelled_here(
    sides: Sides, cancelled_here: bool
) -> None:
    payment = make_payment(customer=make_customer(sides.company), method=sides.bank)
    sides.tie(payment, state=State.GONE, sentence="It was deleted there.")
    if cancelled_here:
        cancel_payment(payment, reason="Deleted there", on=date(2026, 3, 20))

    assert sides.compare().tied_out is cancelled_here


def test_a_number_that_stands_there_twice_is_a_double(sides: Sides) -> None:
    remote = sides.document(make_invoice(company=sides.company))
    sides.put(replace(remote, remote_id="555", marker=""))
    # The ledger has posted the second one too: only the double itself is left to find.
    sides.post(RECEIVABLE, Decimal(100))
    sides.post(SALES, Decimal(-100))

    found = sides.compare()

    assert not found.tied_out
    assert len(found.doubles) == 1
    assert f"{remote.number} stands there 2 times" in found.doubles[0]


def test_one_marker_on_two_payments_is_a_double(sides: Sides) -> None:
    customer = make_customer(sides.company)
    remote = sides.payment(make_payment(customer=customer, method=sides.bank))
    sides.put(replace(remote, remote_id="556"))

    assert any("with our marker" in each for each in sides.compare().doubles)


def test_what_exists_only_over_there_is_listed_and_its_effect_explained(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company))
    sides.type_invoice_there("T-1", Decimal(75))

    found = sides.compare()

    assert found.tied_out, found.differences
    assert found.only_there == ["Invoice T-1 of 1 April 2026, 75.00 GBP"]
    receivable = next(line for line in found.accounts if line.role == "receivable")
    assert (receivable.ours, receivable.explained, receivable.theirs) == (100, 75, 175)


@pytest.mark.parametrize(
    ("state", "sentence", "said"),
    [
        (State.NEEDS_PERSON, "Its name is taken.", "Its name is taken."),
        (State.UNKNOWN, "", "Outcome unknown"),
        (State.WAITING, "", "Waiting"),
    ],
)
def test_what_should_be_there_and_is_not_keeps_both_sides_from_agreeing(
    sides: Sides, state: State, sentence: str, said: str
) -> None:
    invoice = make_invoice(company=sides.company)
    sides.tie(invoice, state=state, sentence=sentence)
    invoice.sync_records.get().remote_records.update(sync_record=None)

    found = sides.compare()

    assert not found.tied_out
    assert found.only_here == [
        f"Invoice {invoice.number} is not in QuickBooks as it is here: {said}"
    ]


def test_an_issued_invoice_that_nothing_took_up_is_found(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    make_invoice(company=sides.company, issued=False)

    assert sides.compare().only_here == [f"Invoice {invoice.number} was never sent to QuickBooks."]


def test_what_was_left_out_before_the_cut_off_is_listed_and_no_difference(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    sides.tie(invoice, state=State.LEFT_OUT, sentence="Dated before the cut-off.")
    invoice.sync_records.update(reason=Reason.BEFORE_CUT_OFF)

    found = sides.compare()

    assert found.tied_out
    assert found.left_out == [f"Invoice {invoice.number}: Dated before the cut-off."]


# --- Accounts ---------------------------------------------------------------------------------


def test_an_account_that_their_trial_balance_shows_otherwise_is_a_difference(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company))
    sides.post(SALES, Decimal("-0.01"))
    sides.post(GOODS, Decimal("0.01"))

    assert sides.compare().differences == [
        "Account Sales: -100.00 GBP by our records and -100.01 GBP in QuickBooks, -0.01 GBP apart."
    ]


def test_each_items_own_account_takes_its_sales(sides: Sides) -> None:
    item = make_item(sides.company)
    sides.map("item_account", GOODS, item=item)
    customer = make_customer(sides.company)
    sides.document(make_invoice(customer=customer, lines=[(item, 2, "7.50")]), item_account=GOODS)
    sides.document(make_invoice(customer=customer))

    found = sides.compare()

    assert found.tied_out, found.differences
    assert {line.name: line.ours for line in found.accounts} == {
        "Accounts Receivable": 115,
        "Goods": -15,
        "Sales": -100,
    }


def test_a_line_recoded_by_hand_over_there_is_explained_and_not_different(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company), item_account=GOODS)

    found = sides.compare()

    assert found.tied_out, found.differences
    assert len(found.recoded) == 1
    assert "100.00 GBP was given another account in QuickBooks" in found.recoded[0]
    assert {line.name: (line.ours, line.explained, line.theirs) for line in found.accounts} == {
        "Accounts Receivable": (100, 0, 100),
        "Goods": (0, -100, -100),
        "Sales": (-100, 100, 0),
    }


def test_cents_on_another_account_differ_where_it_is_known_where_they_fall(sides: Sides) -> None:
    sides.document(make_invoice(company=sides.company))
    sides.post(SALES, Decimal("-0.01"))
    sides.post(RECEIVABLE, Decimal("0.01"))

    found = sides.compare()

    assert len(found.differences) == 2
    assert all("0.01 GBP apart" in each for each in found.differences)
    assert found.recoded == []


def test_money_moved_to_another_account_over_there_is_explained_and_asked(sides: Sides) -> None:
    customer = make_customer(sides.company)
    sides.payment(make_payment(customer=customer, method=sides.bank), account=CLEARING)

    found = sides.compare()

    assert not found.differences
    assert [each.cause for each in found.questions] == [Cause.MONEY_ELSEWHERE]
    assert "lies in another account in QuickBooks" in found.recoded[0]
    assert {line.role: line.theirs for line in found.accounts if line.name != "Checking"} == {
        "receivable": -100,
        "clearing": 100,
    }


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_bank_account_that_was_chosen_for_what_is_to_be_banked_is_its_clearing_account(
    sides: Sides, elsewhere: bool
) -> None:
    """Where staff keep what a card processor holds on a bank account of its own, each receipt lies
    there until it is paid out; on another one it was banked already."""
    cards = make_method(sides.company, posts_to="clearing")
    sides.codes[CLEARING].roles = ["bank", "clearing"]
    sides.codes[CLEARING].save()
    sides.map("method_account", CLEARING, payment_method=cards)
    customer = make_customer(sides.company)
    account = BANK if elsewhere else CLEARING
    sides.payment(make_payment(customer=customer, method=cards), account=account)

    found = sides.compare()

    assert [each.cause for each in found.questions] == [Cause.MONEY_ELSEWHERE] * elsewhere


def test_a_credit_note_posts_the_reverse_of_its_invoice(sides: Sides) -> None:
    invoice = make_invoice(company=sides.company)
    note = make_credit_note(invoice=invoice)
    sides.document(invoice)
    sides.document(note)

    found = sides.compare()

    assert found.tied_out, found.differences
    assert all(line.ours == 0 for line in found.accounts)


# --- Calls --------------------------------------------------------------------------------------


def test_the_reads_of_a_proof_are_marked_and_counted(sides: Sides) -> None:
    carried: list[Request] = []

    class Carrier:
        def carry(self, requests):
            carried.extend(requests)
            for request in reversed(requests):
                yield request, Reply(fate="answered", status=200, body=request.path.encode())

    courier = ProofCourier(Carrier())
    asked = [Request(method="GET", path=path, purpose=Purpose.READS) for path in ("a", "b")]

    answers = list(courier.carry(asked))

    assert {each.purpose for each in carried} == {Purpose.PROOF}
    assert courier.calls == 2
    assert [(request is asked[1], reply.body) for request, reply in answers] == [
        (True, b"b"),
        (False, b"a"),
    ]


@pytest.mark.parametrize(
    ("per_currency", "key", "accounts"),
    [(True, "receivable:EUR", ["85"]), (False, "receivable", [RECEIVABLE, "85"])],
)
def test_euros_are_held_against_the_receivable_that_their_ledger_keeps_them_on(
    sides: Sides,
    monkeypatch: pytest.MonkeyPatch,
    per_currency: bool,
    key: str,
    accounts: list[str],
) -> None:
    quickbooks = system("quickbooks")
    has = replace(quickbooks.capabilities, receivable_per_currency=per_currency)
    monkeypatch.setitem(systems(), "quickbooks", replace(quickbooks, capabilities=has))
    RemoteCode.objects.create(
        connection=sides.connection,
        kind="account",
        remote_id="85",
        name="Accounts Receivable - EUR",
        roles=["receivable"],
        currency="EUR",
        read_at=timezone.now(),
    )

    chart = Chart(sides.connection)

    assert chart.receivable("EUR") == key
    assert chart.members(key) == accounts


def test_what_was_typed_there_and_linked_is_no_difference_of_the_receivable(sides: Sides) -> None:
    """It says itself what it books, and is the refund of ours all the same."""
    payment = make_payment(company=sides.company, amount=30, method=sides.bank)
    sides.payment(payment)
    refund = pay_refund(
        payment, amount=Decimal(30), on=payment.date, method=sides.bank, reason="Too much"
    )
    remote = sides.refund(refund)
    del sides.theirs.entries[remote.kind, remote.remote_id]
    booked = (
        Posting(account_id=RECEIVABLE, debit=Decimal(30)),
        Posting(account_id=BANK, credit=Decimal(30)),
    )
    sides.theirs.put(replace(remote, postings=booked))
    sides.theirs.totals[ControlTotal.RECEIVABLE] = Told(date(2026, 3, 31), {"GBP": Decimal(0)})
    found = sides.compare()
    assert [each.explanations for each in found.totals] == [()]
    assert found.differences == []


# --- Their sum of tax -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "counts_credits", "explained", "unexplained"),
    [
        ("16.00", True, [], "0"),  # 20 of the invoice, less 4 of the credit note
        ("20.00", None, [(Why.NOT_COUNTED, Decimal(4))], "0"),
        ("20.00", True, [], "4.00"),
        ("19.99", None, [], "3.99"),  # not theirs to the cent
    ],
)
def test_tax_on_sales_is_held_against_their_own_sum(
    sides: Sides,
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    counts_credits: bool | None,
    explained: list[tuple[Why, Decimal]],
    unexplained: str,
) -> None:
    vat = make_tax_rate(sides.company, 20)
    item = make_item(sides.company)
    invoice = make_invoice(company=sides.company, lines=[(item, 1, 100, vat)])
    note = make_credit_note(customer=invoice.customer, lines=[(item, 1, 20, vat)], reason="Late")
    for each in (invoice, note):
        sides.document(each)
    has = replace(sides.connection.capabilities, tax_total_counts_credits=counts_credits)
    monkeypatch.setattr(Connection, "capabilities", property(lambda _: has))
    sides.theirs.totals[ControlTotal.TAX] = Told(date(2026, 3, 31), {"GBP": Decimal(told)})
    found = sides.compare()
    (line,) = found.totals
    assert line.ours == Decimal(16)
    assert [(each.why, each.amount) for each in line.explanations] == explained
    assert line.unexplained == Decimal(unexplained)
    assert line.agrees is (not line.unexplained)
    named = [each for each in found.differences if "Tax on sales in GBP" in each]
    assert len(named) == bool(line.unexplained)
