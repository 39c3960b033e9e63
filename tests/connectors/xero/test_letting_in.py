"""Xero lets us in to one organisation, and is left again, over the product's own line."""

import pytest

from apps.connections.lifecycle import disconnect
from apps.connections.models import Connection, Grant
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_company
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db


def test_the_last_organisation_is_left_and_no_consent_of_anybody_is_ended(
    books: XeroBooks,
) -> None:
    assert books.server.state(books.realm)["connections"] == 1

    assert disconnect(books.connection) == ""

    books.connection.refresh_from_db()
    assert books.connection.stage == Connection.Stage.DISCONNECTED
    assert books.server.state(books.realm)["connections"] == 0
    assert not Grant.objects.exclude(refresh_token="").exists()


def test_one_that_somebody_ended_over_there_needs_nothing_more(books: XeroBooks) -> None:
    books.server.act(books.realm, "disconnect")
    assert disconnect(books.connection) == ""


def test_two_companies_are_connected_each_by_the_consent_of_its_own_person(
    twin: XeroTwin,
) -> None:
    first = XeroBooks(twin)
    second = XeroBooks(twin, company=make_company())
    assert first.connection.remote_company_id != second.connection.remote_company_id
    assert {each.system for each in Connection.objects.all()} == {"xero"}
