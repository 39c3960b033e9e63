"""Settings that would lose tokens, money or tasks are refused."""

from typing import Any

import pytest

from apps.connections.checks import (
    folders_are_plain,
    limits_are_numbers,
    no_insecure_transport,
    task_queue_is_safe,
)


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("local", "site", "refused"),
    [
        (True, "http://127.0.0.1:8000", False),
        (True, "http://localhost:8000", False),
        (True, "http://[::1]:8000", False),
        (True, "https://tieout.example", True),
        (True, "http://127.0.0.1.example", True),
        (False, "http://127.0.0.1:8000", True),
    ],
)
def test_plain_http_for_tokens_is_refused_except_on_this_machine(
    settings: Any, monkeypatch: pytest.MonkeyPatch, local: bool, site: str, refused: bool
) -> None:
    settings.LOCAL, settings.SITE_URL = local, site
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    assert ids(no_insecure_transport(None)) == (["connections.E001"] if refused else [])
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    assert no_insecure_transport(None) == []


def test_the_queue_as_delivered_is_safe() -> None:
    assert task_queue_is_safe(None) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"retry": 150}, "retry"),
        ({"retry": None}, "retry"),
        ({"timeout": 100}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": 3}, "max_attempts"),
        ({"ack_failures": False}, "ack_failures"),
        ({"catch_up": True}, "catch_up"),
        ({"queue_limit": 50}, "queue_limit"),
        ({"orm": "other"}, "orm"),
    ],
)
def test_an_unsafe_queue_is_refused(settings: Any, change: dict[str, Any], word: str) -> None:
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **change}
    messages = task_queue_is_safe(None)
    assert ids(messages) == ["connections.E004"]
    assert word in messages[0].msg


def test_a_lease_shorter_than_a_call_is_refused(settings: Any) -> None:
    settings.SYNC_LEASE = settings.SYNC_CALL_DEADLINE
    assert "SYNC_LEASE" in task_queue_is_safe(None)[0].msg


def test_a_folder_that_depends_on_where_a_process_starts_is_refused(settings: Any) -> None:
    settings.LEDGER_FOLDERS = {"journal": "/srv/journal"}
    assert folders_are_plain(None) == []
    settings.LEDGER_FOLDERS = {"journal": "srv/journal"}
    assert ids(folders_are_plain(None)) == ["connections.E005"]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"XERO_DAY_LIMIT": "1000", "QUICKBOOKS_SANDBOX_READS_LIMIT": "2000000"}, False),
        ({"XERO_DAY_LIMIT": "a thousand"}, True),
        ({"MEMORY_LIMIT": "2 GB"}, False),  # somebody else's
    ],
)
def test_a_limit_that_is_no_number_is_refused(
    settings: Any, given: dict[str, str], refused: bool
) -> None:
    settings.LEDGER_LIMITS = given
    assert ids(limits_are_numbers(None)) == (["connections.E006"] if refused else [])
