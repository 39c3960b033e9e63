"""The list of what was open at the cut-off: both sides, every difference named, what is never one."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from apps.connectors.snapshots import Kind
from apps.sync.models import RemoteRecord
from apps.sync.opening.items import open_items, pair
from apps.sync.opening.open_then import Ours, Theirs
from tests.books import Books
from tests.factories import (
    make_customer,
    make_payment,
)
from tests.sync.opening.of_before import DECEMBER_10, DECEMBER_20, linked, old_invoice, sold_there


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
    (total,) = found.totals
    assert (total.ours, total.theirs, total.difference) == (1630, 1857, 227)
    assert (total.only_here, total.only_there, total.linked) == (1330, 1557, 0)
    assert not found.agrees
    books.run()  # what they were paid in January came back
    part_paid.refresh_from_db()
    assert part_paid.balance_due == 200


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
