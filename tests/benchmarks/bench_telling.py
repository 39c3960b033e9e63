"""Events to a receiver on this machine: how fast many that wait go out and in how much memory, and how
long one takes from its commit to its arrival under a real `qcluster`.

Run by hand: `uv run python -m tests.benchmarks.bench_telling [waiting] [single]`, on the database of
DATABASE_URL, else on a file of SQLite. The receiver is a process of its own. Those that wait are sent
by `send_due` of this process, of one endpoint, in order; its memory is looked at after each tenth.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KB = 1024

RECEIVER = """
import sys, time
from tests.triggers.receiver import receiving, Says
with receiving() as receiver:
    def answer(got):
        print(got.id, time.time(), flush=True)
        receiver.got.clear(); receiver.taken.clear()
        return Says()
    receiver.answer = answer
    print(receiver.address, flush=True)
    sys.stdin.read()
"""


def resident() -> float:
    """MB of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / KB**2


def drained(waiting: int, address: str) -> None:
    from apps.triggers.delivery import endpoints
    from apps.triggers.delivery.sending import send_due
    from apps.triggers.models import Delivery
    from tests.factories import make_company
    from tests.triggers.happened import happen

    company = make_company()
    endpoint = endpoints.add(company, name="Bench", address=address)
    for first in range(0, waiting, 1000):
        happen(company, *(each % 700 for each in range(first, min(first + 1000, waiting))))
    from apps.triggers.models import Event

    Event.objects.update(body=json.dumps({"text": "x" * 2000}))  # as large as a short invoice's
    held, sent, begun = [resident()], 0, time.monotonic()
    while Delivery.objects.filter(endpoint=endpoint, state="waiting").exists():
        sent += send_due()
        held.append(resident())
    seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB
    print(
        f"{sent} sent in {seconds:.1f} s, {sent / seconds:.0f} a second; memory {held[0]:.0f} MB "
        f"before, {held[-1]:.0f} behind, {peak:.0f} at most"
    )


def told(single: int, address: str, receiver: "subprocess.Popen[str]") -> None:
    """The whole way, one after the other: an invoice is issued, its change is read, its event is
    sent."""
    from apps.triggers.delivery import endpoints
    from apps.triggers.models import EventType
    from tests.factories import make_customer, make_invoice, make_item

    customer = make_customer()
    item = make_item(customer.company)
    endpoints.add(customer.company, name="One", address=address, types=[EventType.INVOICE_ISSUED])
    cluster = subprocess.Popen([sys.executable, "manage.py", "qcluster"], cwd=ROOT)
    waits = []
    try:
        time.sleep(5)
        assert receiver.stdout is not None
        for _ in range(single):
            make_invoice(customer=customer, lines=[(item, 1, 100)])
            committed = time.time()
            _, at = receiver.stdout.readline().split()
            waits.append(float(at) - committed)
    finally:
        cluster.terminate()
        cluster.wait()
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    print(
        f"{single} from commit to arrival: median {statistics.median(waits):.2f} s, p95 {p95:.2f} s, "
        f"worst {waits[-1]:.2f} s"
    )


def main(waiting: int, single: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/telling.sqlite3")
        os.environ.update(OAUTHLIB_INSECURE_TRANSPORT="1", LOG_LEVEL="ERROR")
        import django

        django.setup()
        from tests.template_database import migrate

        migrate()
        receiver = subprocess.Popen(
            [sys.executable, "-c", RECEIVER], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert receiver.stdout is not None
        address = receiver.stdout.readline().strip()
        print(f"load {os.getloadavg()[0]:.1f} before, {os.environ['DATABASE_URL'].split(':')[0]}")
        try:
            told(single, address, receiver)
            if waiting:
                from threading import Thread

                Thread(target=receiver.stdout.read, daemon=True).start()  # nobody reads its lines
                drained(waiting, address)
        finally:
            receiver.terminate()


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 10_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 100,
    )
