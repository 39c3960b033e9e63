"""Choosing accounts and codes: what is refused, and what is still missing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.changes import made_by
from apps.billing.models import (
    Customer,
    Invoice,
    InvoiceLine,
    Item,
    PaymentMethod,
    PaymentTerm,
)
from apps.connections.models import Connection
from apps.mappings.choices import missing, set_mapping
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping, RemoteCode
from apps.staff.models import User
from tests.connections.paper import Paper
from tests.connections.people import a_company, a_connection

pytestmark = pytest.mark.django_db

Named = Callable[[str], RemoteCode]


def test_a_choice_is_looked_up_and_names_who_made_it(
    books: Connection, code: Named, mug: Item, fay: User
) -> None:
    with made_by(fay.pk):
        chosen = set_mapping(books, "item_account", code=code("Consulting"), item=mug)
    assert chosen.changed_by == fay
    assert Mappings.of(books).income_account(mug) == code("Consulting")


def test_an_item_without_its_own_account_takes_the_default(
    books: Connection, code: Named, mug: Item
) -> None:
    assert Mappings.of(books).income_account(mug) is None
    set_mapping(books, "income", code=code("Sales"))
    known = Mappings.of(books)
    assert known.income_account(mug) == known.income_account(None) == code("Sales")


def test_an_account_gone_inactive_is_not_passed_over_for_the_default(
    books: Connection, code: Named, mug: Item
) -> None:
    set_mapping(books, "income", code=code("Sales"))
    set_mapping(books, "item_account", code=code("Consulting"), item=mug)
    RemoteCode.objects.filter(name="Consulting").update(active=False)
    assert Mappings.of(books).income_account(mug) is None
    assert [str(each) for each in missing(books)] == [
        "410 Consulting, the Paper account for the sales of item MUG Mug, is inactive there. Choose another."
    ]


def test_methods_and_terms_are_looked_up(
    books: Connection, code: Named, card: PaymentMethod, net_30: PaymentTerm
) -> None:
    set_mapping(books, "method_account", code=code("Undeposited"), payment_method=card)
    set_mapping(books, "method", code=code("Card"), payment_method=card)
    set_mapping(books, "term", code=code("Net 30"), payment_term=net_30)
    known = Mappings.of(books)
    assert known.method_account(card, date(2026, 3, 2)) == code("Undeposited")
    assert known.method(card) == code("Card")
    assert known.term(net_30) == code("Net 30")
    assert (known.method_account(None, date(2026, 3, 2)), known.method(None), known.term(None)) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("subject", "name", "thing", "sentence"),
    [
        ("item_account", "Debtors", "mug", "cannot take the sales of an item"),
        ("item_account", "Bank", "mug", "cannot take the sales of an item"),
        ("item_account", "Undeposited", "mug", "cannot take the sales of an item"),
        ("item_account", "Net 30", "mug", "is of the kind “term”"),
        ("income", "Vouchers", "", "cannot be the sales account by default"),
        ("income", "Debtors", "", "cannot be the sales account by default"),
        ("method_account", "Bank", "card", "posts to a clearing account"),
        ("method_account", "Undeposited", "transfer", "posts to a bank account"),
        ("method_account", "Sales", "card", "posts to a clearing account"),
        ("method_account", "Undeposited", "", "Say which payment method"),
        ("method", "Net 30", "card", "is of the kind “term”"),
        ("term", "Card", "net_30", "is of the kind “payment method”"),
        ("colour", "Sales", "", "nothing that can be mapped"),
    ],
)
def test_a_code_that_does_not_fit_is_refused_in_words(
    books: Connection,
    code: Named,
    request: pytest.FixtureRequest,
    subject: str,
    name: str,
    thing: str,
    sentence: str,
) -> None:
    argument = {"mug": "item", "net_30": "payment_term"}.get(thing, "payment_method")
    given: dict[str, Any] = {argument: request.getfixturevalue(thing)} if thing else {}
    with pytest.raises(ValidationError) as refusal:
        set_mapping(books, subject, code=code(name), **given)
    assert sentence in " ".join(refusal.value.messages)
    assert not Mapping.objects.exists()


def test_a_liability_may_take_the_sales_of_an_item(
    books: Connection, code: Named, mug: Item
) -> None:
    set_mapping(books, "item_account", code=code("Vouchers"), item=mug)
    assert Mappings.of(books).income_account(mug) == code("Vouchers")


@pytest.mark.parametrize("role", ["input_tax", "tax_withheld"])
def test_a_current_asset_takes_tax_though_no_money_may_be_received_on_it(
    books: Connection, code: Named, role: str
) -> None:
    RemoteCode.objects.filter(name="Vouchers").update(roles=["current_asset"])
    set_mapping(books, role, code=code("Vouchers"))
    assert Mapping.objects.get().subject == role


def test_an_account_that_serves_as_bank_too_never_takes_sales(
    books: Connection, code: Named, mug: Item
) -> None:
    RemoteCode.objects.filter(name="Sales").update(roles=["income", "bank"])
    with pytest.raises(ValidationError):
        set_mapping(books, "item_account", code=code("Sales"), item=mug)


def test_a_subject_without_its_thing_is_refused(books: Connection, code: Named) -> None:
    with pytest.raises(ValidationError):
        set_mapping(books, "item_account", code=code("Sales"))
    with pytest.raises(ValidationError):
        set_mapping(books, "term", code=code("Net 30"))


def test_an_inactive_code_is_refused(books: Connection, code: Named) -> None:
    RemoteCode.objects.filter(name="Sales").update(active=False)
    with pytest.raises(ValidationError, match="inactive over there"):
        set_mapping(books, "income", code=code("Sales"))


def test_an_account_in_another_currency_than_the_method_is_refused(
    books: Connection, code: Named, transfer: PaymentMethod
) -> None:
    RemoteCode.objects.filter(name="Bank").update(currency="EUR")
    with pytest.raises(ValidationError, match="in GBP, and 120 Bank is kept in EUR"):
        set_mapping(books, "method_account", code=code("Bank"), payment_method=transfer)


def test_a_code_of_other_books_and_a_thing_of_another_company_are_refused(
    paper: Paper, books: Connection, code: Named
) -> None:
    elm = a_company("Elm Ltd")
    other = a_connection(paper, elm, remote_id="78")
    theirs = Item.objects.create(company=elm, code="OAK", name="Oak")
    with pytest.raises(ValidationError, match="belongs to other books"):
        set_mapping(other, "income", code=code("Sales"))
    with pytest.raises(ValidationError, match="belongs to another company"):
        set_mapping(books, "item_account", code=code("Sales"), item=theirs)


def test_a_mapping_is_changed_and_never_deleted(books: Connection, code: Named, mug: Item) -> None:
    set_mapping(books, "item_account", code=code("Sales"), item=mug)
    chosen = set_mapping(books, "item_account", code=code("Consulting"), item=mug)
    with pytest.raises(ValidationError, match="cannot be deleted"):
        chosen.delete()
    assert Mapping.objects.get().code == code("Consulting")
    assert [row.code_id for row in chosen.history.order_by("history_id")] == [
        code("Sales").pk,
        code("Consulting").pk,
    ]


def test_listeners_are_told_once_the_choice_is_committed(
    books: Connection,
    code: Named,
    told: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_mapping(books, "income", code=code("Sales"))
        assert told == []
    assert told == [books.pk]
    with django_capture_on_commit_callbacks(execute=True):
        set_mapping(books, "income", code=code("Sales"))
    assert told == [books.pk]  # nothing was changed


def test_every_missing_mapping_is_named_at_once(
    books: Connection, code: Named, mug: Item, card: PaymentMethod, transfer: PaymentMethod
) -> None:
    PaymentMethod.objects.create(
        company=books.company, name="Till", currency="GBP", recorded_by="ledger"
    )
    found = missing(books)
    assert [str(each) for each in found] == [
        "No Paper account is chosen for the sales of item MUG Mug, and there is no default.",
        "No Paper account is chosen for payments by Card.",
        "No Paper account is chosen for payments by Transfer.",
    ]
    assert [each.key for each in found] == [
        f"mapping:item:{mug.pk}",
        f"mapping:method:{card.pk}",
        f"mapping:method:{transfer.pk}",
    ]


def test_what_some_invoices_need_is_asked_of_these_alone(
    books: Connection, code: Named, mug: Item
) -> None:
    Item.objects.create(company=books.company, code="CUP", name="Cup")
    ash = Customer.objects.create(company=books.company, name="Ash & Co", currency="GBP")
    invoice = Invoice.objects.create(
        company=books.company, customer=ash, currency="GBP", issue_date=date(2026, 3, 1)
    )
    InvoiceLine.objects.create(document=invoice, position=1, item=mug, description="A mug")
    InvoiceLine.objects.create(document=invoice, position=2, description="Delivery")
    assert [each.key for each in missing(books, [invoice])] == [
        f"mapping:item:{mug.pk}",
        "mapping:income",
    ]
    set_mapping(books, "income", code=code("Sales"))
    assert missing(books, [invoice]) == []
