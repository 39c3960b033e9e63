"""What each customer owes here and there, worked by hand.

Debits and credits of the receivable, in the currency of each; a euro is 0.85 pounds:

                                             here                       there
    Ames     02 Mar  invoice               200.00 Dr                  200.00 Dr
             20 Mar  credit note, only theirs                           20.00 Cr
                                           200.00                     180.00      −20.00, known
    Bell     02 Mar  invoice               100.00 Dr                  100.00 Dr
             16 Mar  payment, 100.00 of it set against the invoice, the rest on account
                                           150.00 Cr                  150.00 Cr
                                           −50.00                     −50.00        agree
    Cordes   02 Mar  invoice           EUR 200.00 Dr              EUR 210.00 Dr   EUR +10.00

At home the receivable is 200.00 + 100.00 − 150.00 + 170.00 = 320.00 here, and there 200.00 − 20.00 + 100.00
− 150.00 + 178.50 = 308.50. They are −11.50 apart, which is −20.00 + 8.50.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.port import Posting, RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind
from apps.reconciliation.compare import lay_side_by_side
from apps.reconciliation.figures import Comparison, CustomerLine
from apps.reconciliation.laid_aside import LaidAside
from apps.reconciliation.ledger import RECEIVABLE as OWED
from apps.reconciliation.theirs import Theirs
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.reconciliation.sides import BANK, RECEIVABLE, SALES, Sides

pytestmark = pytest.mark.django_db

Told = tuple[str, str, str, str, str]  # currency, here, there, apart, not explained


@pytest.fixture
def sides() -> Sides:
    sides = Sides()
    item = make_item(sides.company)
    ames, bell = (make_customer(sides.company, name=name) for name in ("Ames", "Bell"))
    cordes = make_customer(sides.company, name="Cordes", currency="EUR")
    noted = sides.document(make_invoice(customer=ames, lines=[(item, 1, 200)]))
    paid = make_invoice(customer=bell, lines=[(item, 1, 100)])
    money = make_payment(invoice=paid, amount=150, method=sides.bank, date=date(2026, 3, 16))
    sides.document(paid)
    sides.payment(money)
    euros = make_invoice(
        customer=cordes, lines=[(item, 1, 200)], currency="EUR", exchange_rate=Decimal("0.85")
    )
    there = sides.document(euros)
    sides.change(
        there,
        amount=Decimal(210),
        balance=Decimal(210),
        snapshot={
            "total": Decimal(210), "net": Decimal(210), "exchange_rate": Decimal("0.85"),
        },
    )  # fmt: skip
    assert isinstance(noted.snapshot, InvoiceSnapshot)
    credit_only_there(sides, noted.snapshot)
    # In home currency, as their ledger has it.
    sides.balances = {
        RECEIVABLE: Decimal("308.50"), BANK: Decimal(150), SALES: Decimal("-458.50"),
    }  # fmt: skip
    return sides


def credit_only_there(sides: Sides, invoice: InvoiceSnapshot) -> None:
    amount = Decimal(20)
    snapshot = CreditNoteSnapshot(
        marker="", number="CM-9", customer_id=invoice.customer_id, issue_date=date(2026, 3, 20),
        currency="GBP", lines=(replace(invoice.lines[0], net=amount),), net=amount, tax=Decimal(0),
        total=amount,
    )  # fmt: skip
    sides.put(
        RemoteObject(
            kind="CreditMemo", remote_id="typed-9", of_kind=Kind.CREDIT_NOTE, snapshot=snapshot,
            number="CM-9", customer_id=invoice.customer_id, currency="GBP", amount=amount,
            balance=amount, dated=date(2026, 3, 20),
        )
    )  # fmt: skip


def told(found: Comparison) -> dict[str, Told]:
    return {
        each.name: (
            each.currency,
            *(f"{amount:.2f}" for amount in (each.ours, each.theirs, each.difference,
                                             each.unexplained)),
        )
        for each in found.customers
    }  # fmt: skip


def at_home(lines: list[CustomerLine]) -> Decimal:
    assert all(each.home is not None for each in lines)
    return sum(
        (each.home.theirs - each.home.ours for each in lines if each.home is not None), Decimal(0)
    )


def receivable(found: Comparison) -> tuple[Decimal, Decimal]:
    [line] = [each for each in found.accounts if each.role == OWED]
    return line.ours, line.theirs


def test_each_customer_is_told_with_both_balances_and_they_add_up_to_the_receivable(
    sides: Sides,
) -> None:
    found = sides.compare()

    # What differs and is not known stands first.
    assert list(told(found)) == ["Cordes", "Ames", "Bell"]
    assert told(found) == {
        "Cordes": ("EUR", "200.00", "210.00", "10.00", "10.00"),
        "Ames": ("GBP", "200.00", "180.00", "-20.00", "0.00"),
        "Bell": ("GBP", "-50.00", "-50.00", "0.00", "0.00"),
    }
    assert receivable(found) == (Decimal("320.00"), Decimal("308.50"))
    assert at_home(found.customers) == Decimal("-11.50")


def test_as_of_an_earlier_day_each_has_what_was_owed_then(sides: Sides) -> None:
    """By 10 March neither the payment of the 16th nor the credit note of the 20th is there: Ames owes
    200.00, Bell 100.00, Cordes the same; at home 470.00 here and 478.50 there."""
    march = date(2026, 3, 10)
    then = Theirs(aside=LaidAside(march), item_accounts=sides.theirs.item_accounts)
    for shelf in (sides.theirs.documents, sides.theirs.payments):
        for _, remote in list(shelf.pairs()):
            then.put(remote)
    then.turn_back()
    then.balances = {RECEIVABLE: Decimal("478.50"), SALES: Decimal("-478.50")}

    found = lay_side_by_side(sides.connection, then)

    assert told(found) == {
        "Cordes": ("EUR", "200.00", "210.00", "10.00", "10.00"),
        "Ames": ("GBP", "200.00", "200.00", "0.00", "0.00"),
        "Bell": ("GBP", "100.00", "100.00", "0.00", "0.00"),
    }
    assert receivable(found) == (Decimal("470.00"), Decimal("478.50"))
    assert at_home(found.customers) == Decimal("8.50")


def test_a_document_that_stands_under_another_customer_makes_both_differ(sides: Sides) -> None:
    """Bell's 100.00 stand under Ames there, a difference of nil altogether."""
    documents = [each for _, each in sides.theirs.documents.pairs()]
    ames, bell = documents[0], documents[1]
    sides.change(bell, customer_id=ames.customer_id, snapshot={"customer_id": ames.customer_id})

    found = sides.compare()

    assert told(found)["Bell"] == ("GBP", "-50.00", "-150.00", "-100.00", "-100.00")
    assert told(found)["Ames"] == ("GBP", "200.00", "280.00", "80.00", "100.00")
    assert at_home(found.customers) == Decimal("-11.50")


def test_what_names_no_customer_is_a_line_of_its_own(sides: Sides) -> None:
    """A journal takes 30.00 off the receivable; another 1.00 are of nothing that was read."""
    sides.put(
        RemoteObject(
            kind="JournalEntry", remote_id="8", dated=date(2026, 3, 20),
            postings=(
                Posting(account_id=SALES, debit=Decimal(30)),
                Posting(account_id=RECEIVABLE, credit=Decimal(30)),
            ),
        )
    )  # fmt: skip
    sides.post(RECEIVABLE, Decimal(-31))

    found = sides.compare()

    assert told(found)["Of no customer"] == ("GBP", "0.00", "-31.00", "-31.00", "-1.00")
    assert at_home(found.customers) == Decimal("-42.50")
    ours, theirs = receivable(found)
    assert theirs - ours == Decimal("-42.50")
