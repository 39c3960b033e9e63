"""Ten thousand deliveries in a minute: how long each waits for its answer, on the database of DATABASE_URL.

Run by hand: `uv run python -m tests.benchmarks.bench_webhooks [deliveries] [seconds]`. Sent evenly by
eight threads to gunicorn with two workers of four threads; beside them, in turns of the same run, the
same number to an address that stores nothing (an unsigned body, answered 401): the ratio is what
storing costs. Then the time that the duty takes to sort them.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from http.client import HTTPConnection
from pathlib import Path

from apps.connectors.webhooks import digest

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key"
THREADS = 8


def bodies(count: int) -> list[bytes]:
    return [
        json.dumps(
            [
                {
                    "specversion": "1.0",
                    "id": str(uuid.uuid4()),
                    "type": "qbo.invoice.updated.v1",
                    "time": "2026-09-10T21:31:25.179851517Z",
                    "intuitentityid": str(number),
                    "intuitaccountid": "1",
                    "data": {},
                }
            ]
        ).encode()
        for number in range(count)
    ]


def sent(port: int, told: list[bytes], seconds: float, key: str, right: int) -> list[float]:
    """Seconds that each waited from the moment it was due, so that a queue counts."""
    begun, waits = time.monotonic(), [0.0] * len(told)
    wrong: list[int] = []

    def work(first: int) -> None:
        line = HTTPConnection("127.0.0.1", port, timeout=60)
        for place in range(first, len(told), THREADS):
            due = begun + seconds * place / len(told)
            time.sleep(max(0.0, due - time.monotonic()))
            headers = {"intuit-signature": digest(key, told[place])}
            line.request("POST", "/webhooks/quickbooks/", told[place], headers)
            answer = line.getresponse()
            answer.read()
            waits[place] = time.monotonic() - due
            if answer.status != right:
                wrong.append(answer.status)

    threads = [threading.Thread(target=work, args=(each,)) for each in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} were answered {sorted(set(wrong))} instead of {right}")
    return sorted(waits)


def line_of(name: str, waits: list[float]) -> float:
    p99 = waits[int(len(waits) * 0.99)]
    print(
        f"{name:<12}{1000 * statistics.median(waits):>10.1f}{1000 * p99:>10.1f}{1000 * waits[-1]:>10.1f}"
    )
    return p99


def main(count: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "DATABASE_URL": f"sqlite:///{folder}/webhooks.sqlite3",
            **os.environ,
            "QUICKBOOKS_WEBHOOK_KEY": KEY,
            "LOG_LEVEL": "ERROR",
        }
        os.environ.update(environment)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = [
            sys.executable,
            "-m",
            "gunicorn",
            "-w",
            "2",
            "--threads",
            "4",
            "--keep-alive",
            "75",
        ]
        words += ["--log-level", "error", "-b", f"127.0.0.1:{port}", "config.wsgi"]
        server = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        try:
            time.sleep(5)
            sent(port, bodies(50), 1, KEY, 200)
            print(f"load {os.getloadavg()[0]:.1f} before; {count} in {seconds:g} s; milliseconds")
            print(f"{'':<12}{'median':>10}{'p99':>10}{'worst':>10}")
            bare = line_of("refused", sent(port, bodies(count), seconds, "other", 401))
            stored = line_of("stored", sent(port, bodies(count), seconds, KEY, 200))
            print(f"{'ratio p99':<12}{stored / bare:>20.1f}")
        finally:
            server.terminate()
            server.wait()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from apps.webhooks.sorting import sort_deliveries

        begun = time.monotonic()
        looked_at = sort_deliveries()
        print(f"sorted {looked_at} in {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 10_000,
        float(sys.argv[2]) if len(sys.argv) > 2 else 60.0,
    )
