"""What staff chose, as the engine reads it, on several sets of books of one company."""

from typing import Any

import pytest

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Side, SideRule
from apps.sync.rules.choosing import choose, held_there, rules_of
from tests.backoffice.world import make_connection
from tests.factories import make_company, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    made: Company = make_company()
    return made


def both(company: Company) -> tuple[Connection, Connection]:
    return tuple(  # type: ignore[return-value] # two of them
        make_connection(company, remote_company_id=str(each), name=f"Books {each}")
        for each in (1, 2)
    )


def wins(connection: Connection, side: Side = Side.THEIRS, **more: Any) -> None:
    told = {"kind": "customer", "field": "name", **more}
    SideRule.objects.create(connection=connection, side=side, **told)


def test_a_side_wins_only_where_staff_chose_one(company: Company) -> None:
    first, second = both(company)
    assert rules_of(first, Kind.CUSTOMER) == {}
    choose(first, Kind.CUSTOMER, "name", Side.THEIRS)
    choose(first, Kind.CUSTOMER, "email", Side.OURS)
    choose(first, Kind.CUSTOMER, "phone", Side.OURS)
    choose(first, Kind.CUSTOMER, "phone", Side.ASK)
    found = {name: rule.side for name, rule in rules_of(first, Kind.CUSTOMER).items()}
    assert found == {"name": "theirs", "email": "ours"}
    assert rules_of(second, Kind.CUSTOMER) == rules_of(first, Kind.ITEM) == {}


def test_of_two_masters_in_the_rows_neither_wins_until_one_is_disconnected(
    company: Company,
) -> None:
    first, second = both(company)
    wins(first)
    wins(second)
    assert rules_of(first, Kind.CUSTOMER) == rules_of(second, Kind.CUSTOMER) == {}
    Connection.objects.filter(pk=second.pk).update(stage="disconnected")
    assert rules_of(first, Kind.CUSTOMER)["name"].side == "theirs"


def test_a_row_of_a_fixed_field_counts_for_nothing(company: Company) -> None:
    first, _ = both(company)
    wins(first, kind="invoice", field="total")
    assert rules_of(first, Kind.INVOICE) == {}


def test_books_of_another_company_hold_nothing_up(company: Company) -> None:
    first, _ = both(company)
    stranger = make_connection(make_company(), remote_company_id="3")
    wins(stranger)
    choose(first, Kind.CUSTOMER, "name", Side.THEIRS)
    assert rules_of(first, Kind.CUSTOMER)["name"].side == "theirs"


def test_who_types_is_told_only_where_the_record_stands(company: Company) -> None:
    first, _ = both(company)
    wins(first)
    customer = make_customer(company)
    assert held_there(customer, ["name"]) == []
    customer.sync_records.create(connection=first, kind="customer", wanted=1, sent=1)
    assert [each.connection for each in held_there(customer, ["name", "email"])] == [first]
    assert held_there(customer, ["email"]) == []
