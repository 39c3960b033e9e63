"""Renewal of tokens: once, saved before use, and never in a loop."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.connections import tokens
from apps.connections.models import Connection, Grant
from apps.connections.tokens import access_token, opened, renew
from apps.connectors.errors import ConnectionLost, TryLater
from tests.connections.paper import Paper, move_endpoints
from tests.connections.people import a_grant

pytestmark = pytest.mark.django_db


def test_a_token_that_lives_is_used_as_it_is(paper: Paper) -> None:
    grant = a_grant(paper)
    assert access_token(grant) in paper.access
    assert paper.asked["refresh_token"] == 0


def test_a_token_about_to_end_is_renewed_and_saved_before_it_is_used(paper: Paper) -> None:
    grant = a_grant(paper, lives=timedelta(minutes=4))
    token = access_token(grant)
    row = Grant.objects.get(pk=grant.pk)
    assert token in paper.access
    assert opened(row, row.access_token) == token
    assert opened(row, row.refresh_token) in paper.refresh
    assert row.token_version == 2
    assert row.access_expires_at > timezone.now() + timedelta(minutes=55)
    assert row.refresh_hard_expires_at is not None
    assert (row.refresh_holder, row.refresh_lease_until) == ("", None)


def test_the_headers_a_provider_asks_for_are_sent(paper: Paper) -> None:
    renew(a_grant(paper), seen_version=1)
    assert paper.headers[-1]["x-wants-hard-end"] == "true"


def test_tokens_are_sealed_for_their_own_row(paper: Paper) -> None:
    one, other = a_grant(paper), a_grant(paper)
    assert not any(token in one.access_token + one.refresh_token for token in paper.issued)
    with pytest.raises(ConnectionLost, match="another record"):
        opened(other, one.access_token)


def test_a_pair_that_is_newer_already_is_taken_without_a_call(paper: Paper) -> None:
    grant = a_grant(paper)
    renew(grant, seen_version=1)
    assert renew(grant, seen_version=1).token_version == 2
    assert paper.asked["refresh_token"] == 1


def test_who_finds_the_lease_taken_waits_for_the_pair_of_the_other(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = a_grant(paper)
    Grant.objects.filter(pk=grant.pk).update(
        refresh_holder="other", refresh_lease_until=timezone.now() + timedelta(seconds=30)
    )

    def the_other_saves(_: float) -> None:
        Grant.objects.filter(pk=grant.pk).update(token_version=2)

    monkeypatch.setattr(tokens.time, "sleep", the_other_saves)
    assert renew(grant, seen_version=1).token_version == 2
    assert paper.asked["refresh_token"] == 0


def test_waiting_for_another_worker_is_bounded(
    paper: Paper, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_REFRESH_LEASE = 0.2
    grant = a_grant(paper)

    def the_other_goes_on(_: float) -> None:
        Grant.objects.filter(pk=grant.pk).update(
            refresh_holder="other", refresh_lease_until=timezone.now() + timedelta(seconds=0.3)
        )

    the_other_goes_on(0)
    monkeypatch.setattr(tokens.time, "sleep", the_other_goes_on)
    began = time.monotonic()
    with pytest.raises(TryLater, match="another worker"):
        renew(grant, seen_version=1)
    assert time.monotonic() - began < 3


def test_the_lease_of_a_worker_that_died_is_taken_over(paper: Paper) -> None:
    grant = a_grant(paper)
    Grant.objects.filter(pk=grant.pk).update(
        refresh_holder="dead", refresh_lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert renew(grant, seen_version=1).token_version == 2


def test_a_revoked_grant_is_lost_after_one_question_and_keeps_its_connections(
    paper: Paper, connection: Connection
) -> None:
    assert connection.grant is not None
    paper.refresh.clear()
    with pytest.raises(ConnectionLost) as lost:
        renew(connection.grant, seen_version=1)
    with pytest.raises(ConnectionLost):
        renew(connection.grant, seen_version=1)
    connection.refresh_from_db()
    assert paper.asked["refresh_token"] == 1
    assert connection.grant.status == Grant.Status.LOST
    assert "no longer accepts" in connection.grant.lost_reason
    assert lost.value.remedy == "Connect Paper again."
    assert connection.stage == Connection.Stage.SETUP


def test_a_rotation_lost_before_it_was_saved_stops_this_grant_only(paper: Paper) -> None:
    grant, other = a_grant(paper), a_grant(paper)
    # The server has rotated, and the worker died with the answer in its hands.
    paper.token(
        {"grant_type": "refresh_token", "refresh_token": opened(grant, grant.refresh_token)}
    )
    with pytest.raises(ConnectionLost):
        renew(grant, seen_version=1)
    assert renew(other, seen_version=1).token_version == 2


def test_who_is_refused_because_another_has_won_takes_the_others_pair(paper: Paper) -> None:
    grant = a_grant(paper)

    # The other worker's save is played between our lease and our call.
    def lease_then_win(grant: Grant, holder: str) -> bool:
        paper.refresh.clear()
        Grant.objects.filter(pk=grant.pk).update(token_version=2)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_lease_taken", lease_then_win)
        assert renew(grant, seen_version=1).token_version == 2
    assert Grant.objects.get(pk=grant.pk).status == Grant.Status.ACTIVE


@pytest.mark.parametrize(
    "answer",
    [
        (503, {}),
        (500, b"<html>out of order</html>"),
        (429, {}),
        (200, b"<html>hello</html>"),
        (200, {"token_type": "bearer"}),
        (401, {"error": "invalid_client"}),
    ],
)
def test_trouble_at_the_token_endpoint_leaves_the_grant_as_it_was(
    paper: Paper, answer: tuple[int, Any]
) -> None:
    grant = a_grant(paper)
    paper.on_refresh = lambda: answer
    with pytest.raises(TryLater):
        renew(grant, seen_version=1)
    row = Grant.objects.get(pk=grant.pk)
    assert (row.status, row.token_version, row.refresh_lease_until) == ("active", 1, None)
    paper.on_refresh = lambda: None
    assert renew(grant, seen_version=1).token_version == 2


def test_an_unreachable_token_endpoint_is_tried_later(paper: Paper) -> None:
    grant = a_grant(paper)
    move_endpoints(paper.url, authorization="http://127.0.0.1:1/a", token="http://127.0.0.1:1/t")
    with pytest.raises(TryLater, match="could not be reached"):
        renew(grant, seen_version=1)


def test_a_pair_that_comes_too_late_does_not_replace_a_newer_one(paper: Paper) -> None:
    grant = a_grant(paper)
    stale = Grant.objects.get(pk=grant.pk)
    renew(grant, seen_version=1)
    newest = Grant.objects.get(pk=grant.pk).access_token
    paper.on_refresh = lambda: (200, paper.new_pair())  # a provider with a grace window
    tokens._renew_alone(stale, "slow")
    assert Grant.objects.get(pk=grant.pk).access_token == newest


@pytest.mark.django_db(transaction=True)
def test_no_transaction_may_be_open_over_the_call(paper: Paper) -> None:
    grant = a_grant(paper)
    with pytest.raises(RuntimeError), transaction.atomic():
        renew(grant, seen_version=1)
    assert paper.asked["refresh_token"] == 0
