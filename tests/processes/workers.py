"""Workers as child processes, and the points at which one is killed or stopped."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

POINTS = ("before_send", "after_commit", "before_record", "after_record")
STOPS = ("stopped_before_send", "stopped_before_record")
PACE = 30  # the product's times are divided by it


def prepare(folder: Path) -> None:
    """Environment of this process and of every worker it forks; before Django is loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'product.sqlite3'}")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["SYNC_WITNESS_DIR"] = str(folder / "witness")
    for name, seconds in (
        ("SYNC_LEASE", 90),
        ("SYNC_CALL_DEADLINE", 60),
        ("SYNC_TICK", 60),
        ("SYNC_PROVIDER_TIMEOUT", 120),
        ("SYNC_RETRY_BASE", 30),
    ):
        os.environ[name] = str(seconds / PACE)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop_or_die(point: str) -> None:
    """End this process at once; or let it stand still until somebody wakes it."""
    if point in STOPS:
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        die()


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


def rigged(point: str, nth: int) -> None:
    """Let this process die, or stand still, at this point of its n-th write."""
    from apps.connections.transport import HttpLine
    from apps.sync.calls.record import Recorder

    count = Counter[str]()
    exchange, record = HttpLine.exchange, Recorder.record

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        if not request.writes:
            return exchange(self, request, **options)
        count["calls"] += 1
        mine = count["calls"] == nth
        if mine and point.endswith("before_send"):
            stop_or_die(point)
        reply = exchange(self, request, **options)
        if mine and point in ("after_commit", "ledger_down", "clocks_apart"):
            stop_or_die(point)
        return reply

    def watched_record(self: Any, outcomes: Any, *rest: Any, **more: Any) -> None:
        if outcomes:
            count["records"] += 1
        mine = bool(outcomes) and count["records"] == nth
        if mine and point.endswith("before_record"):
            stop_or_die(point)
        record(self, outcomes, *rest, **more)
        if mine and point == "after_record":
            stop_or_die(point)

    HttpLine.exchange = watched_exchange
    Recorder.record = watched_record
