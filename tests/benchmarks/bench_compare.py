"""What comparing whole books costs: seconds, memory, and calls.

Run by hand: `uv run python -m tests.benchmarks.bench_compare [ledger ...] [documents ...]
[day]`, on SQLite; with a day (2026-03-12: before the payments, which are dated 16 March) as of its end. Of ten documents nine are invoices of two taxed lines, six of these paid, and one is a
credit note, set against an invoice; both sides agree. Each way is a process and a database of its
own, and the ledger another process, served over real HTTP. CPU is the comparing process's alone; memory its peak over what it held when idle.
`theirs` is the time in which it waited for answers, `limits` that in which it waited until it might
ask again by the published limits.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (2_500, 10_000, 25_000)
WAYS = ("quickbooks", "xero", "freshbooks")


def memory(what: str) -> float:
    """Megabytes: VmHWM is the peak since it was last forgotten, VmRSS what is held now."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


class Waiting:
    """How long this process waited inside a function."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def waited(*given: Any, **told: Any) -> Any:
            began = time.monotonic()
            try:
                return act(*given, **told)
            finally:
                self.seconds += time.monotonic() - began

        return waited


@contextmanager
def waiting() -> Any:
    from apps.connections.courier import ReadCourier

    theirs, limits = Waiting(), Waiting()
    exchange, wait = ReadCourier._exchange, ReadCourier._wait_for
    ReadCourier._exchange = theirs.timed(exchange)  # type: ignore[method-assign]
    ReadCourier._wait_for = limits.timed(wait)  # type: ignore[method-assign]
    try:
        yield theirs, limits
    finally:
        ReadCourier._exchange, ReadCourier._wait_for = exchange, wait  # type: ignore[method-assign]


def measured(folder: Path, day: date | None) -> dict[str, Any]:
    from django.conf import settings

    from apps.connections.courier import ReadCourier
    from apps.connections.lifecycle import open_connector
    from apps.connections.models import Bucket, Connection
    from apps.reconciliation.compare import compare
    from tests.books import point_at
    from tests.sandbox_server import SandboxServer

    server = SandboxServer(folder).start()
    try:
        point_at(server, settings)
        connection = Connection.objects.get()
        with ReadCourier(connection) as courier:  # the ledger has its books in hand
            open_connector(connection).company(courier)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        Bucket.objects.all().delete()  # what was called until now
        idle, cpu, began = memory("VmRSS"), time.process_time(), time.monotonic()
        with waiting() as (theirs, limits):
            found = compare(connection, as_of=day)
        return {
            "wall": time.monotonic() - began, "cpu": time.process_time() - cpu,
            "mb": memory("VmHWM") - idle, "theirs": theirs.seconds, "limits": limits.seconds,
            "calls": found.calls, "documents": found.documents, "payments": found.payments,
            "refusals": found.refusals[:3],
        }  # fmt: skip
    finally:
        server.stop()


def sent(way: str, folder: Path) -> None:
    from tests.benchmarks.both_sides import send_a_few
    from tests.sandbox_server import SandboxServer

    server = SandboxServer(folder).start()
    try:
        send_a_few(way, server)
    finally:
        server.stop()


def laid(way: str, folder: Path, documents: int) -> None:
    from tests.benchmarks.both_sides import lay_copies

    lay_copies(way, folder / "sandbox.sqlite3", documents)


def phase(folder: Path, *words: str) -> str:
    """What a process of its own says at last; its databases lie in the folder."""
    told = {
        "DATABASE_URL": f"sqlite:///{folder}/product.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "ERROR",
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
        "SYNC_WITNESS_DIR": f"{folder}/witness",
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT, env={**os.environ, **told}, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout.strip().rpartition("\n")[2]


def begun(way: str, folder: Path) -> None:
    phase(folder, "manage.py", "migrate", "-v", "0")
    phase(folder, "-m", __spec__.name, "send", way, str(folder))


def played(way: str, begun_in: Path, documents: int, days: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(begun_in, f"{name}/books"))
        phase(folder, "-m", __spec__.name, "lay", way, str(folder), str(documents))
        words = "-m", __spec__.name, "compare", str(folder), *days
        return dict(json.loads(phase(folder, *words)))


def main(numbers: list[int], ways: list[str], days: list[str]) -> None:
    heads = ("documents", "payments", "wall s", "CPU s", "theirs s", "limits s", "peak MB", "calls")
    print(f"{'':12}" + "".join(f"{head:>10}" for head in heads), flush=True)
    for way in ways:
        with tempfile.TemporaryDirectory() as folder:
            begun(way, Path(folder))
            for number in numbers:
                show(way, played(way, Path(folder), number, days))


def show(way: str, found: dict[str, Any]) -> None:
    assert not found["refusals"], found
    print(
        f"{way:12}{found['documents']:>10,}{found['payments']:>10,}{found['wall']:>10.1f}"
        f"{found['cpu']:>10.1f}{found['theirs']:>10.1f}{found['limits']:>10.1f}"
        f"{found['mb']:>10.0f}{found['calls']:>10,}",
        flush=True,
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and given[0] in ("send", "lay", "compare"):
        import django

        django.setup()
        match given:
            case ["send", way, folder]:
                sent(way, Path(folder))
            case ["lay", way, folder, number]:
                laid(way, Path(folder), int(number))
            case ["compare", folder, *days]:
                as_of = date.fromisoformat(days[0]) if days else None
                print(json.dumps(measured(Path(folder), as_of)))
    else:
        numbers = [int(each) for each in given if each.isdigit()]
        ways = [each for each in given if each in WAYS]
        days = [each for each in given if each.startswith("20") and not each.isdigit()]
        main(numbers or list(DOCUMENTS), ways or list(WAYS), days)
