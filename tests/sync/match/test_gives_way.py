"""What a link changes of a name, a code or a price, before anybody accepts it. Pure."""

from decimal import Decimal
from typing import Any, cast

import pytest

from apps.connectors.port import Connector
from apps.sync.match.gives_way import Field, GivesWay, counted, gives_way
from apps.sync.match.likeness import Party, Thing
from tests.sync.desk import PlainLedger

PLAIN = cast(Connector, PlainLedger())


def thing(**fields: Any) -> Thing:
    return Thing(**{"key": 1, "name": "Oak board", "code": "OB", "currency": "GBP", **fields})


def test_two_of_one_name_leave_both_as_they_are() -> None:
    one, other = Party(key=1, name="Bell & Co"), Party(key=2, name="Bell & Co")
    assert gives_way(PLAIN, one, other, standing="Bell & Co") == ()


@pytest.mark.parametrize(
    ("theirs_win", "expected"),
    [
        ([], GivesWay(field=Field.NAME, old="Bell and Co.", new="Bell & Co", there=True)),
        (["name"], GivesWay(field=Field.NAME, old="Bell & Co", new="Bell and Co.", there=False)),
        (["email"], GivesWay(field=Field.NAME, old="Bell and Co.", new="Bell & Co", there=True)),
    ],
)
def test_the_side_that_wins_gives_the_name(theirs_win: list[str], expected: GivesWay) -> None:
    one, other = Party(key=1, name="Bell & Co"), Party(key=2, name="Bell and Co.")
    told = gives_way(PLAIN, one, other, standing="Bell and Co.", theirs_win=frozenset(theirs_win))
    assert told == (expected,)


def test_another_e_mail_address_is_told_where_both_have_one_alone() -> None:
    def told(*ours: str, theirs_win: frozenset[str] = frozenset()) -> list[tuple[str, str, bool]]:
        one = Party(key=1, name="Bell & Co", emails=frozenset(ours))
        other = Party(key=2, name="Bell & Co", emails=frozenset({"new@bell.example"}))
        found = gives_way(PLAIN, one, other, standing="Bell & Co", theirs_win=theirs_win)
        assert {each.field for each in found} <= {Field.EMAIL}
        return [(each.old, each.new, each.there) for each in found]

    assert told("ap@bell.example") == [("new@bell.example", "ap@bell.example", True)]
    theirs = told("ap@bell.example", theirs_win=frozenset({"email"}))
    assert theirs == [("ap@bell.example", "new@bell.example", False)]
    assert told() == []  # filled from theirs
    assert told("new@bell.example") == []
    assert told("ap@bell.example", "new@bell.example") == []


def test_of_an_item_code_and_price_are_told_and_what_is_empty_gives_no_way() -> None:
    ours = thing(price=Decimal("12.50"))
    told = gives_way(PLAIN, ours, thing(code="OB-1", price=Decimal(10)), standing="Oak board")
    assert [(each.field, each.old, each.new, each.there) for each in told] == [
        (Field.CODE, "OB-1", "OB", True),
        (Field.PRICE, "10.00 GBP", "12.50 GBP", True),
    ]
    kept = gives_way(
        PLAIN,
        ours,
        thing(code="OB-1", price=Decimal(10)),
        standing="Oak board",
        theirs_win=frozenset({"unit_price"}),
    )
    assert [(each.field, each.new, each.there) for each in kept] == [
        (Field.CODE, "OB", True),
        (Field.PRICE, "10.00 GBP", False),
    ]
    assert gives_way(PLAIN, ours, thing(code="", price=None), standing="Oak board") == ()
    assert gives_way(PLAIN, thing(), thing(price=Decimal(10)), standing="Oak board") == ()


def test_they_are_counted_by_side_and_field() -> None:
    name = GivesWay(field=Field.NAME, old="A", new="B", there=True)
    price = GivesWay(field=Field.PRICE, old="1", new="2", there=False)
    told = [(name, price), (), (name,)]
    assert counted(told, there=True) == {Field.NAME: 2}
    assert counted(told, there=False) == {Field.PRICE: 1}
