"""Read again: what no longer holds is asked, a new name is told, and nothing is mapped anew."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Item
from apps.connections.models import Connection
from apps.connectors.port import Code, CodeKind, CodePart, Role
from apps.mappings.choices import set_mapping
from apps.mappings.codes import keep_codes
from apps.mappings.doubts import TOLD_FOR, doubts
from apps.mappings.models import Mapping, RemoteCode
from tests.factories import make_tax_rate

pytestmark = pytest.mark.django_db
Named = Callable[[str], RemoteCode]


def theirs(books: Connection) -> list[Code]:
    """What was read last, as their side would tell it again."""
    return [
        Code(
            kind=CodeKind(row.kind),
            remote_id=row.remote_id,
            name=row.name,
            number=row.number,
            currency=row.currency,
            roles=frozenset(Role(each) for each in row.roles),
            detail=row.detail,
            parts=row.code_parts,
            active=row.active,
        )
        for row in RemoteCode.objects.filter(connection=books)
    ]


def read_again(books: Connection, called: str, **changed: Any) -> None:
    told = [replace(each, **changed) if each.name == called else each for each in theirs(books)]
    keep_codes(books, tuple(told))


@pytest.fixture
def mapped(books: Connection, code: Named, mug: Item) -> Mapping:
    return set_mapping(books, "item_account", code=code("Consulting"), item=mug)


def test_all_is_well_while_nothing_changes(books: Connection, mapped: Mapping) -> None:
    read_again(books, "Consulting")
    assert doubts(books) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"active": False}, "410 Consulting is inactive over there. Choose an active one."),
        (
            {"roles": frozenset({Role.BANK})},
            "410 Consulting cannot take the sales of an item: choose an income account",
        ),
    ],
)
def test_an_account_that_is_none_any_more_is_asked_and_stays_chosen(
    books: Connection, mapped: Mapping, changed: dict[str, Any], sentence: str
) -> None:
    read_again(books, "Consulting", **changed)
    [doubt] = doubts(books)
    assert doubt.asks
    assert sentence in doubt.sentence
    assert doubt.key == ("item_account", mapped.item_id)
    mapped.refresh_from_db()
    assert mapped.code.name == "Consulting"


def test_a_new_name_is_told_for_a_while_and_asks_nothing(
    books: Connection, mapped: Mapping
) -> None:
    read_again(books, "Consulting", name="Advice")
    [doubt] = doubts(books)
    assert not doubt.asks
    assert "410 Consulting is called 410 Advice in Paper now" in doubt.sentence
    RemoteCode.objects.filter(name="Advice").update(renamed_at=timezone.now() - TOLD_FOR)
    assert doubts(books) == []


def test_a_rate_that_changed_there_is_asked(books: Connection, mug: Item) -> None:
    rate = make_tax_rate(books.company, 20)
    part = CodePart(remote_id="9", name="VAT", percent=Decimal(20), agency="HMRC")
    standard = Code(
        kind=CodeKind.TAX_CODE,
        remote_id="70",
        name="20.0% S",
        roles=frozenset({Role.SALES_TAX}),
        parts=(part,),
    )
    keep_codes(books, (*theirs(books), standard))
    set_mapping(books, "tax", code=RemoteCode.objects.get(name="20.0% S"), tax_rate=rate)
    dearer = replace(part, percent=Decimal(21))
    read_again(books, "20.0% S", parts=(dearer,))
    [doubt] = doubts(books)
    said = f"{rate} is 20 %, and 20.0% S is 21 % over there. Choose a code of the same rate."
    assert doubt.sentence.endswith(said)
    rate.active = False
    rate.save()
    assert doubts(books) == []  # of no use any more
