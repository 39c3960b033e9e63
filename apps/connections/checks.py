"""Refuses to start with settings that would lose money, tokens or tasks."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from apps.connections.courier import READS_UNTIL
from apps.connections.endpoints import REAL, setting_of
from apps.connectors.reach import reach_of
from apps.connectors.registry import systems
from apps.core.numbers import whole

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def register_checks() -> None:
    register(Tags.security)(no_insecure_transport)
    register()(task_queue_is_safe)
    register()(folders_are_plain)
    register()(limits_are_numbers)
    register()(own_receivers_are_places)


def no_insecure_transport(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Tokens over plain HTTP are for the demo and tests on this very machine."""
    if not os.environ.get("OAUTHLIB_INSECURE_TRANSPORT"):
        return []
    if settings.LOCAL and urlsplit(settings.SITE_URL).hostname in LOOPBACK:
        return []
    return [
        Error(
            "OAUTHLIB_INSECURE_TRANSPORT is set: tokens would leave over plain HTTP.",
            hint="Unset it. Only the demo and tests set it, for this machine alone, with a loopback SITE_URL.",
            id="connections.E001",
        )
    ]


def task_queue_is_safe(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The queue carries runs. It never retries one by itself, and never kills one in a call."""
    queue: dict[str, Any] = dict(settings.Q_CLUSTER)
    timeout, retry = queue.get("timeout") or 0, queue.get("retry") or 0
    longest = READS_UNTIL * settings.SYNC_TASK_BUDGET + settings.SYNC_CALL_DEADLINE
    rules = [
        (retry > timeout, "retry must be more than timeout, or a running task is started twice"),
        (timeout > longest, f"timeout must be more than the {longest:g} s a task may take"),
        (
            queue.get("max_attempts") == 1,
            "max_attempts must be 1: the tick recovers, not the queue",
        ),
        (
            queue.get("ack_failures") is True,
            "ack_failures must be True, or a failure runs for ever",
        ),
        (queue.get("catch_up") is False, "catch_up must be False, or a pause ends in a flood"),
        (
            queue.get("queue_limit", 0) <= queue.get("workers", 1),
            "queue_limit must not be more than workers, or a task outlives its lease while queued",
        ),
        (
            queue.get("orm") == "default",
            "orm must be default: a wake commits with what it wakes for",
        ),
        (
            settings.SYNC_LEASE > settings.SYNC_CALL_DEADLINE,
            "SYNC_LEASE must outlast SYNC_CALL_DEADLINE",
        ),
    ]
    return [
        Error(f"The task queue is not safe: {sentence}.", id="connections.E004")
        for holds, sentence in rules
        if not holds
    ]


def folders_are_plain(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A folder of books is the same one wherever a process was started."""
    return [
        Error(
            f"The folder “{name}” of LEDGER_FOLDERS is no absolute path.",
            hint="Give it from the root: journal=/srv/journal.",
            id="connections.E005",
        )
        for name, path in settings.LEDGER_FOLDERS.items()
        if not Path(path).is_absolute()
    ]


def limits_are_numbers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Else the published amount would hold, and nobody would know."""
    known = {
        setting_of(name, environment, f"{limit.name}_limit")
        for name, each in systems().items()
        for environment in (REAL, *each.environments)
        for limit in each.capabilities.limits
    }
    return [
        Error(
            f"{name} is {value!r}.",
            hint="Give a whole number: how many calls or reads this limit allows.",
            id="connections.E006",
        )
        for name, value in settings.LEDGER_LIMITS.items()
        if name in known and whole(value) is None
    ]


def own_receivers_are_places(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """What cannot be read would otherwise open nothing, and nobody would know."""
    try:
        reach_of(settings.RECEIVERS_IN_OWN_NETWORK)
    except ValueError as wrong:
        return [
            Error(
                f"RECEIVERS_IN_OWN_NETWORK: {wrong}",
                hint="Give names, addresses or networks, each with a port where it is unusual: "
                "n8n.internal:5678, 10.1.0.0/16.",
                id="connections.E007",
            )
        ]
    return []
