"""Books that are connected: who let us in, from where, and nothing of what lets us in."""

import pytest
from django.test import Client

from apps.billing.models import Company
from apps.connections.models import Connection, Grant
from apps.connections.tokens import opened
from apps.staff.models import SecurityEvent, User
from tests.connections.paper import Paper
from tests.connections.test_consent import come_back, sent_off

pytestmark = pytest.mark.django_db


def test_books_that_are_connected_are_noted(
    client: Client, paper: Paper, company: Company, fay: User
) -> None:
    client.force_login(fay)
    come_back(client, paper, sent_off(client, company))
    connection, grant = Connection.objects.get(), Grant.objects.get()
    event = SecurityEvent.objects.get(kind="connected")
    assert (event.person, event.address) == (fay, "127.0.0.1")
    assert event.details == {"connection": connection.pk, "again": False}
    told = event.words + event.browser + str(event.details)
    for secret in (opened(grant, grant.access_token), opened(grant, grant.refresh_token)):
        assert secret
        assert secret not in told


def test_a_consent_that_connects_nothing_notes_nothing(
    client: Client, paper: Paper, company: Company, fay: User
) -> None:
    client.force_login(fay)
    come_back(client, paper, "a state of nobody's")
    assert not SecurityEvent.objects.exists()
