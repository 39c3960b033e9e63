"""Proposals: by name, by days, or because there is only one; never when two fit."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.billing.models import BankAccount, Item, PaymentMethod, PaymentTerm
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping, RemoteCode
from apps.mappings.proposals import propose

pytestmark = pytest.mark.django_db

Named = Callable[[str], RemoteCode]


def proposed(books: Connection) -> dict[tuple[str, str], str]:
    return {(each.subject, str(each.thing or "")): each.code.name for each in propose(books)}


def test_everything_that_is_clear_is_proposed_and_nothing_is_chosen(
    books: Connection,
    mug: Item,
    card: PaymentMethod,
    transfer: PaymentMethod,
    net_30: PaymentTerm,
) -> None:
    assert proposed(books) == {
        ("income", ""): "Sales",
        ("method_account", "Card"): "Undeposited",
        ("method_account", "Transfer"): "Bank",
        ("method", "Card"): "Card",
        ("term", "30 days"): "Net 30",
    }
    assert not Mapping.objects.exists()


def test_every_proposal_can_be_taken_as_it_is(
    books: Connection, mug: Item, card: PaymentMethod, net_30: PaymentTerm
) -> None:
    for each in propose(books):
        given = {each.argument: each.thing} if each.argument else {}
        set_mapping(books, each.subject, code=each.code, **given)
    assert propose(books) == []


def test_an_item_named_like_an_income_account_is_proposed_it(books: Connection) -> None:
    Item.objects.create(company=books.company, code="C1", name="consulting")
    assert proposed(books)[("item_account", "C1 consulting")] == "Consulting"


def test_where_two_fit_a_person_chooses(
    books: Connection, transfer: PaymentMethod, net_30: PaymentTerm
) -> None:
    for remote_id, kind, name, roles, detail in (
        ("20", "account", "Savings", ["bank"], {}),
        ("21", "term", "End of month", [], {"due_days": "30"}),
    ):
        RemoteCode.objects.create(
            connection=books,
            kind=kind,
            remote_id=remote_id,
            name=name,
            roles=roles,
            detail=detail,
            read_at=books.created_at,
        )
    assert ("method_account", "Transfer") not in proposed(books)
    assert ("term", "30 days") not in proposed(books)


def test_a_bank_account_that_can_clear_too_is_not_proposed_for_clearing(
    books: Connection, card: PaymentMethod
) -> None:
    RemoteCode.objects.filter(name="Bank").update(roles=["bank", "clearing"])
    assert proposed(books)[("method_account", "Card")] == "Undeposited"


def test_an_inactive_code_is_never_proposed(books: Connection) -> None:
    RemoteCode.objects.filter(name__in=["Sales", "Consulting"]).update(active=False)
    assert ("income", "") not in proposed(books)


def test_their_only_bank_account_is_proposed_for_one_of_ours_alone(
    books: Connection,
) -> None:
    codes = RemoteCode.objects.filter(connection=books, kind="account")
    [theirs] = [each for each in codes if "bank" in each.roles]
    common = {"company": books.company, "currency": "GBP"}
    barclays = BankAccount.objects.create(name="Barclays", **common)

    def offered() -> list[Any]:
        return [each.thing for each in propose(books) if each.subject == "bank_account"]

    assert offered() == [barclays]
    BankAccount.objects.create(name="Lloyds", **common)
    assert offered() == []  # which of the two it is, a person says
    named = BankAccount.objects.create(name=theirs.name, **common)
    assert offered() == [named]
    set_mapping(books, "bank_account", code=theirs, bank_account=named)
    assert offered() == []
