"""One crash of each kind under a real `qcluster`, with the product's own times.

`uv run python -m tests.processes.real_queue` takes about six minutes: a worker is killed with
SIGKILL at each point (one company each), the cluster replaces it, and the tick, the lease and the
provider's time-out do the rest. Nothing is called by hand. `--ledger xero` or `freshbooks` plays it
with one of these.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.processes.ledgers import LEDGERS, Ledger, books_of
from tests.processes.schedule import POINTS
from tests.processes.standing import faults_of
from tests.processes.workers import die

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600.0  # seconds until both sides must agree
LEDGER = "TIEOUT_TEST_LEDGER"
RIG = "TIEOUT_TEST_RIG"  # connection id → {point, nth}; a file beside it marks what has fired


def rigged_qcluster() -> None:
    """The child: a `qcluster` whose workers die once at the point of their connection."""
    import django

    django.setup()
    from django.core.management import call_command

    ledger = LEDGERS[os.environ[LEDGER]]()
    rig_workers(ledger, json.loads(os.environ[RIG]), Path(os.environ["TIEOUT_TEST_FIRED"]))
    call_command("qcluster")


def rig_workers(ledger: Ledger, points: dict[str, dict[str, Any]], fired: Path) -> None:
    from apps.connections.transport import HttpLine
    from apps.sync.calls.record import Recorder

    open_line, exchange, record = HttpLine.__init__, HttpLine.exchange, Recorder.record
    serves: dict[int, int] = {}  # id of a line → connection

    def watched_line(self: Any, connection: Any, *rest: Any, **options: Any) -> None:
        open_line(self, connection, *rest, **options)
        serves[id(self)] = connection.pk

    def fires(connection_id: int, point: str) -> bool:
        rig = points.get(str(connection_id))
        mark = fired / str(connection_id)
        if rig is None or rig["point"] != point or mark.exists():
            return False
        mark.touch()
        return True

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        writes_invoices = request.writes and ledger.sends_invoices(request)
        if writes_invoices and fires(serves[id(self)], "before_send"):
            die()
        reply = exchange(self, request, **options)
        if writes_invoices and fires(serves[id(self)], "after_commit"):
            die()
        return reply

    def watched_record(self: Any, outcomes: Any, sent: Any, answered: Any, **more: Any) -> None:
        of_invoices = bool(outcomes) and any(sent[each.ref].record.invoice_id for each in outcomes)
        if of_invoices and fires(self.connection.pk, "before_record"):
            die()
        record(self, outcomes, sent, answered, **more)
        if of_invoices and fires(self.connection.pk, "after_record"):
            die()

    HttpLine.__init__ = watched_line
    HttpLine.exchange = watched_exchange
    Recorder.record = watched_record


def stage(ledger: Ledger, server: Any, point: str) -> Any:
    """Books of a live company with three invoices, one of them paid, waiting to be sent."""
    from tests.factories import make_company, make_customer, make_invoice, make_item, make_payment

    books = books_of(ledger, server, make_company(legal_name=f"Killed {point}"))
    books.go_live()
    customer, item = make_customer(books.company), make_item(books.company)
    invoices = [make_invoice(customer=customer, lines=[(item, 2, "9.99")]) for _ in range(3)]
    make_payment(invoice=invoices[0], method=books.method)
    return books


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--ledger", choices=LEDGERS, default=next(iter(LEDGERS)))
    os.environ[LEDGER] = words.parse_args().ledger
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'product.sqlite3'}")
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        from tests.sandbox_server import SandboxServer

        server = SandboxServer(folder).start()
        os.environ["SIMULATED_LEDGERS_URL"] = server.url
        try:
            return watch(server, folder)
        finally:
            server.stop()


def watch(server: Any, folder: Path) -> int:
    import django

    django.setup()
    from tests.template_database import migrate

    migrate()
    ledger = LEDGERS[os.environ[LEDGER]]()
    stages = {point: stage(ledger, server, point) for point in POINTS}
    fired = folder / "fired"
    fired.mkdir()
    rig = {str(books.connection.pk): {"point": point} for point, books in stages.items()}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.real_queue", "--cluster"],
        cwd=ROOT,
        env={**os.environ, RIG: json.dumps(rig), "TIEOUT_TEST_FIRED": str(fired)},
        start_new_session=True,
    )
    agreed: dict[str, float] = {}
    begun = time.monotonic()
    try:
        while len(agreed) < len(stages) and time.monotonic() - begun < PATIENCE:
            time.sleep(5)
            for point, books in stages.items():
                shot = (fired / str(books.connection.pk)).exists()
                if point not in agreed and shot and not faults_of(ledger, books):
                    agreed[point] = time.monotonic() - begun
    finally:
        stop(child)
    print(f"{'killed':<16}{'both sides agree after':>24}")
    for point, books in stages.items():
        told = f"{agreed[point]:.0f} s" if point in agreed else "never"
        print(f"{point:<16}{told:>24}")
        for fault in faults_of(ledger, books):
            print(f"  {fault}")
    return 0 if len(agreed) == len(stages) else 1


def stop(child: "subprocess.Popen[bytes]") -> None:
    """Ask the parent alone (a signal to the group hangs it); kill the group when it does not go."""
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


if __name__ == "__main__":
    if "--cluster" in sys.argv:
        rigged_qcluster()
    else:
        sys.exit(main())
