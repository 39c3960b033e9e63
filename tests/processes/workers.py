"""Child processes that do a worker's work, and die or stand still where they are told."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from typing import Any

PACE = 30  # the product's times are divided by it


def prepare(folder: Path) -> None:
    """Environment of this process and of every worker it forks; before Django is loaded."""
    prepare_unhurried(folder)
    for name, seconds in (
        ("SYNC_LEASE", 90),
        ("SYNC_CALL_DEADLINE", 60),
        ("SYNC_TICK", 60),
        ("SYNC_PROVIDER_TIMEOUT", 120),
        ("SYNC_RETRY_BASE", 30),
        ("SYNC_REFRESH_LEASE", 30),
    ):
        os.environ[name] = str(seconds / PACE)


def prepare_unhurried(folder: Path) -> None:
    """The same with the product's own times."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'product.sqlite3'}")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["SIMULATED_LIMITS"] = "False"  # no minute of theirs is waited for
    os.environ["SYNC_WITNESS_DIR"] = str(folder / "witness")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def started(work: Callable[[], None]) -> int:
    """The id of a child process that does this work and then ends."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as trouble:
            print(f"worker: {trouble!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return child


def stood_still(child: int) -> bool:
    """Wait until a child stops or ends; whether it stopped (and lives)."""
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("a worker ended with an error of its own")
    return os.WIFSTOPPED(status)


def ended(child: int) -> int:
    """Wait for a child; the signal that ended it, 0 when it came to its end."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise RuntimeError("a worker ended with an error of its own")
    return 0


def forked(work: Callable[[], None]) -> int:
    """Run in a child process to its end; the signal that ended it, 0 when it came to it by itself."""
    return ended(started(work))


def rigged(point: str, nth: int, is_meant: Callable[[Any], bool]) -> None:
    """Let this process die, or stand still, at a point of its n-th write that is meant.

    `is_meant` is asked about each request. The first outcomes that are recorded once n such requests
    were answered are those of `before_record` and `after_record`. `before_look` is before the
    courier looks whether the time to leave has passed; `before_send` is after it.
    """
    from apps.connections.transport import HttpLine
    from apps.sync.calls import courier
    from apps.sync.calls.courier import SyncCourier
    from apps.sync.calls.record import Recorder

    wanted, gone_on = threading.Event(), threading.Event()
    writer = threading.get_ident()

    def alone() -> None:
        """Stand still while the thread that writes rows waits for answers: SQLite has one lock for
        all, and who stands still with it keeps every other process out until it wakes. A call that
        flies alone is made by that thread itself, which writes nothing then."""
        if threading.get_ident() == writer:
            stand_still()
            return
        wanted.set()
        gone_on.wait()

    def watched_wait(flying: Any, timeout: float | None = None, **how: Any) -> Any:
        ends = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while True:
            if wanted.is_set() and not gone_on.is_set():
                stand_still()
                gone_on.set()
            left = min(0.01, max(ends - time.monotonic(), 0))
            done, open_still = wait(flying, timeout=left, **how)
            if done or time.monotonic() >= ends:
                return done, open_still

    end = stand_still if point.startswith("stopped") else die
    end_of_sender = alone if point.startswith("stopped") else die
    count = Counter[str]()
    exchange, record, send = HttpLine.exchange, Recorder.record, SyncCourier._send

    def watched_send(self: Any, flight: Any) -> Any:
        if point.endswith("before_look") and flight.request.writes and is_meant(flight.request):
            count["looks"] += 1
            if count["looks"] == nth:
                end_of_sender()
        return send(self, flight)

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        if not (request.writes and is_meant(request)):
            return exchange(self, request, **options)
        count["calls"] += 1
        mine = count["calls"] == nth
        if mine and point.endswith("before_send"):
            end_of_sender()
        reply = exchange(self, request, **options)
        if mine and point in ("after_commit", "ledger_down", "clocks_apart"):
            end()
        return reply

    def watched_record(
        self: Any, outcomes: Any, sent: Any, answered: Any, *rest: Any, **more: Any
    ) -> None:
        writes = [each.request for each in answered if each.request.writes]
        count["heard"] += sum(is_meant(each) for each in writes)
        mine = bool(outcomes) and count["heard"] >= nth and not count["ends"]
        count["ends"] += mine
        if mine and point.endswith("before_record"):
            end()
        record(self, outcomes, sent, answered, *rest, **more)
        if mine and point == "after_record":
            end()

    courier.wait = watched_wait
    SyncCourier._send = watched_send
    HttpLine.exchange = watched_exchange
    Recorder.record = watched_record


def rigged_renewal(
    nth: int, is_meant: Callable[[Any], bool], end_token: Callable[[], None]
) -> None:
    """Let this process die between the answer that brings new tokens and their keeping. The token
    that it has ends as its n-th write that is meant leaves."""
    from apps.connections import tokens
    from apps.connections.transport import HttpLine

    exchange = HttpLine.exchange
    count = Counter[str]()

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        count["calls"] += request.writes and is_meant(request)
        if request.writes and is_meant(request) and count["calls"] == nth:
            end_token()
        return exchange(self, request, **options)

    HttpLine.exchange = watched_exchange
    tokens._save = lambda grant, pair: die()
