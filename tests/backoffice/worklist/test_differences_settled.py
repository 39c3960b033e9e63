"""Differences between real books, settled by what is pressed on their own page, and gone by the next
comparison."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.changes import made_by
from apps.reconciliation.compare import compare
from apps.reconciliation.models import Difference
from apps.sync.models import State
from tests.all_rights import give_every_permission
from tests.backoffice.desk import Desk
from tests.books import Books
from tests.factories import make_customer, make_invoice
from tests.sync.conftest import begun, books, invoice, ledger  # noqa: F401 # fixtures
from tests.sync.theirs import their_id

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def differing(books: Books, subject: Any) -> Difference:  # noqa: F811
    """What a comparison of now finds to differ of a record of ours, one figure of it."""
    compare(books.connection)
    rows = Difference.objects.filter(ended_at=None)
    of_it = [each for each in rows if each.ours == [[subject.kind, subject.pk]]]
    assert of_it, list(rows)
    return of_it[0]


def press(books: Books, difference: Difference, act: str, **typed: str) -> str:  # noqa: F811
    """By Fay; what the page says then."""
    client: Client = Desk()
    client.force_login(give_every_permission(books.fay))
    page = reverse("admin:reconciliation_difference_change", args=[difference.pk])
    address = reverse(f"admin:reconciliation_difference_{act}", args=[difference.pk])
    assert address in client.get(page).content.decode()
    answer = client.post(address, typed, follow=True)
    assert answer.redirect_chain[-1][0] == page
    return answer.content.decode()


def agree(books: Books) -> bool:  # noqa: F811
    return compare(books.connection).tied_out and not Difference.objects.filter(ended_at=None)


def test_an_amount_changed_there_is_put_back_from_the_page_of_the_difference(
    books: Books,  # noqa: F811
    invoice: Any,  # noqa: F811
) -> None:
    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=120)
    found = differing(books, invoice)
    assert found.amount == 20
    # Nothing is known of it here yet: their changes are read first, from the same page.
    assert "Their changes are read now" in press(books, found, "read-now")
    books.run()
    said = press(books, found, "ours")
    assert "Decided: ours is put back over there." in said
    assert "Compare both sides again once it is there." in said
    books.run()

    assert books.their_invoice(invoice.number)["TotalAmt"] == 100
    assert agree(books)


def test_an_invoice_voided_there_is_voided_here_by_taking_theirs(
    books: Books,  # noqa: F811
    invoice: Any,  # noqa: F811
) -> None:
    books.server.act(books.realm, "void_invoice", id=their_id(books, invoice))
    books.run()
    found = differing(books, invoice)
    with made_by(books.fay.pk):
        press(books, found, "theirs")
    books.run()

    invoice.refresh_from_db()
    assert invoice.status == "void"
    assert agree(books)


def test_what_waits_for_a_customer_who_may_be_theirs_is_linked_from_its_difference(
    books: Books,  # noqa: F811
) -> None:
    theirs = books.server.connect(books.realm)
    theirs.customer("Vale & Sons")
    books.run()
    waiting = make_invoice(customer=make_customer(books.company, name="Vale & Sons"))
    books.run()
    found = differing(books, waiting)
    press(books, found, "match")
    books.run()

    assert books.record(waiting).state == State.IN_THE_BOOKS
    assert (
        len([each for each in books.theirs("Customer") if each["DisplayName"] == "Vale & Sons"])
        == 1
    )
    assert agree(books)


def test_what_they_refused_is_sent_again_once_they_take_it(
    books: Books,  # noqa: F811
) -> None:
    books.server.arm(
        books.realm, "status", times=1, match={"endpoint": "batch", "contains": "Invoice"},
        status=400, body="fault", code="2010",
    )  # fmt: skip
    refused = make_invoice(company=books.company)
    books.run(get=False)
    books.server.disarm(books.realm)
    assert books.record(refused).state == State.NEEDS_PERSON
    found = differing(books, refused)
    assert "It will be tried again now." in press(books, found, "retry")
    books.run()

    assert books.their_invoice(refused.number)["TotalAmt"] == 100
    assert agree(books)
