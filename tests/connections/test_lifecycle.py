"""A connection's stages: live only after a matching test, paused in words, ended for good."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.connections import lifecycle
from apps.connections.models import Connection, Grant
from apps.connections.tokens import renew
from apps.connectors.errors import ConnectionLost
from apps.staff.models import User
from tests.connections.paper import Paper, move_endpoints
from tests.connections.people import a_connection

pytestmark = pytest.mark.django_db

MATCHED: dict[str, Any] = {"trial_fingerprint": "f" * 64, "settings_fingerprint": "f" * 64}


@pytest.fixture
def tested(connection: Connection) -> Connection:
    Connection.objects.filter(pk=connection.pk).update(
        trial_matched_at=timezone.now(), starts_on=date(2026, 1, 1), **MATCHED
    )
    connection.refresh_from_db()
    return connection


def test_it_goes_live_after_a_matching_test_and_history_names_the_person(
    tested: Connection, fay: User
) -> None:
    with made_by(fay.pk, reason="All agreed."):
        lifecycle.go_live(tested)
    assert tested.is_live
    latest = tested.history.first()
    assert (latest.stage, latest.history_user, latest.history_change_reason) == (
        "live",
        fay,
        "All agreed.",
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"trial_matched_at": None}, "Send a test invoice first"),
        ({"settings_fingerprint": "e" * 64}, "have changed since the test invoice"),
        ({"settings_fingerprint": "", "trial_fingerprint": ""}, "have changed since"),
        ({"starts_on": None}, "Choose the cut-off first"),
        ({"stage": "disconnected"}, "Connect it again first"),
    ],
)
def test_what_stands_in_the_way_of_going_live_is_said(
    tested: Connection, fields: dict[str, Any], sentence: str
) -> None:
    Connection.objects.filter(pk=tested.pk).update(**fields)
    with pytest.raises(ValidationError, match=sentence):
        lifecycle.go_live(tested)
    assert not tested.is_live


def test_a_lost_grant_does_not_go_live(tested: Connection) -> None:
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="It was ended there.")
    with pytest.raises(ValidationError, match=r"It was ended there. Connect Paper again"):
        lifecycle.go_live(Connection.objects.get(pk=tested.pk))


def test_the_database_itself_refuses_live_without_a_test(connection: Connection) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(stage="live")


def test_a_pause_needs_a_reason(tested: Connection) -> None:
    lifecycle.go_live(tested)
    with pytest.raises(ValidationError, match="Say why"):
        lifecycle.pause(tested, " ")
    lifecycle.pause(tested, "Month end at the accountant's.")
    assert (tested.stage, tested.stage_reason) == ("paused", "Month end at the accountant's.")


def test_moving_a_stage_leaves_the_engines_lease_alone(tested: Connection) -> None:
    Connection.objects.filter(pk=tested.pk).update(lease_holder="worker 1", fence=7)
    lifecycle.go_live(tested)
    tested.refresh_from_db()
    assert (tested.lease_holder, tested.fence) == ("worker 1", 7)


def test_disconnecting_revokes_there_and_erases_here(paper: Paper, tested: Connection) -> None:
    lifecycle.go_live(tested)
    refresh_token = next(token for token in paper.issued if token.startswith("refresh"))
    assert lifecycle.disconnect(tested) == ""
    grant = Grant.objects.get()
    assert paper.revoked == [refresh_token]
    assert (grant.status, grant.access_token, grant.refresh_token) == ("revoked", "", "")
    assert tested.stage == Connection.Stage.DISCONNECTED
    with pytest.raises(ConnectionLost, match="was disconnected here"):
        renew(grant, seen_version=grant.token_version)


@pytest.mark.parametrize("status", [400, 503])
def test_a_provider_that_does_not_confirm_is_told_and_tokens_are_erased_all_the_same(
    paper: Paper, connection: Connection, status: int
) -> None:
    paper.revoke_status = status
    left = lifecycle.disconnect(connection)
    grant = Grant.objects.get()
    assert f"answered {status}" in left
    assert "remove Tieout from the connected apps in Paper" in left
    assert (grant.status, grant.refresh_token) == ("revoked", "")
    assert connection.stage == Connection.Stage.DISCONNECTED


def test_a_provider_out_of_reach_is_told_too(paper: Paper, connection: Connection) -> None:
    move_endpoints(
        paper.url,
        authorization=paper.url,
        token=paper.url,
        revocation="http://127.0.0.1:1/revoke",
    )
    assert "could not be reached" in lifecycle.disconnect(connection)
    assert Grant.objects.get().access_token == ""


def test_a_consent_that_other_books_live_on_is_kept(paper: Paper, connection: Connection) -> None:
    other = a_connection(paper, connection.company, remote_id="78", grant=connection.grant)
    assert lifecycle.disconnect(connection) == ""
    assert paper.revoked == []
    assert Grant.objects.get().status == Grant.Status.ACTIVE
    assert lifecycle.disconnect(other) == ""
    assert len(paper.revoked) == 1


def test_reading_the_company_again_raises_our_closing_date(
    paper: Paper, connection: Connection
) -> None:
    paper.ledger |= {"closing_date": "2026-02-28", "name": "Willow (UK) Ltd"}
    lifecycle.refresh_company(connection)
    assert connection.name == "Willow (UK) Ltd"
    assert connection.remote_closing_date == date(2026, 2, 28)
    assert Company.objects.get().closing_date == date(2026, 2, 28)


def test_reading_an_unchanged_company_leaves_no_history(
    paper: Paper, connection: Connection
) -> None:
    lifecycle.refresh_company(connection)
    before = connection.history.count()
    lifecycle.refresh_company(connection)
    assert connection.history.count() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tax_regime": "us"}, "tax settings of Books 77 were changed"),
        ({"refusals": ["Sales tax is on there."]}, "Sales tax is on there."),
        ({"home_currency": "EUR"}, "keeps its books in EUR"),
    ],
)
def test_books_that_no_longer_serve_pause_the_connection(
    paper: Paper, tested: Connection, change: dict[str, Any], reason: str
) -> None:
    lifecycle.go_live(tested)
    paper.ledger |= change
    lifecycle.refresh_company(tested)
    assert tested.stage == Connection.Stage.PAUSED
    assert reason in tested.stage_reason


def test_a_connection_knows_today_in_its_companys_time_zone(
    paper: Paper, connection: Connection
) -> None:
    connection.company.time_zone = "Pacific/Auckland"
    connection.company.save()
    connection = Connection.objects.get(pk=connection.pk)
    with time_machine.travel("2026-03-31T20:00:00+00:00", tick=False):
        assert lifecycle.open_connector(connection).settings.today() == date(2026, 4, 1)
