"""How long somebody who writes waits while the sealer adds its portions: alone, and beside it, in turns.

Run by hand: `uv run python -m tests.benchmarks.bench_sealing [rows]`, with `DATABASE_URL` of a server for
PostgreSQL (an empty database of its own is made there). Each turn leaves so many rows unsealed; then one
process writes small transactions until another has sealed them all. Their times are of each transaction
whole: to begin, write one row, and commit.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.processes.apart import environment_apart

ROOT: Final = Path(__file__).resolve().parents[2]
TURNS: Final = 3
ALONE: Final = 300  # transactions of a turn with nobody beside
ENDED: Final = "sealed"  # a file that says the sealer has come to its end


def prepare(rows: int) -> None:
    """So many rows that are not sealed, in one transaction."""
    from django.db import transaction

    from apps.staff.security import Kind, note

    with transaction.atomic():
        for number in range(rows):
            note(Kind.OPERATED, f"Row {number}")


def write(folder: Path, count: int) -> None:
    """Print the milliseconds of each transaction: so many, or until the sealer has ended."""
    from django.db import connection, transaction

    from apps.staff.security import Kind, note

    connection.ensure_connection()
    done = 0
    while (done < count) if count else not (folder / ENDED).exists():
        began = time.perf_counter()
        with transaction.atomic():
            note(Kind.OPERATED, f"Written {done}")
        print(f"{(time.perf_counter() - began) * 1000:.3f}")
        done += 1
        time.sleep(0.002)  # as people write: not back to back


def seal_all(folder: Path) -> None:
    from apps.trail.sealing import seal

    began = time.perf_counter()
    entries = seal(600).entries
    (folder / ENDED).touch()
    print(f"{entries} {time.perf_counter() - began:.3f}")


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            **os.environ,
            **environment_apart("bench_sealing"),
            "TRAIL_HEADS_DIR": f"{name}/heads",
            "LOG_LEVEL": "ERROR",
        }
        environment.setdefault("DATABASE_URL", f"sqlite:///{name}/product.sqlite3")

        def child(*words: str) -> "subprocess.Popen[str]":
            told = [sys.executable, "-m", __spec__.name, *words]
            return subprocess.Popen(
                told, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
            )

        migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(migrate, cwd=ROOT, env={**environment, "DEBUG": "True"}, check=True)
        alone: list[float] = []
        beside: list[float] = []
        for _ in range(TURNS):
            alone += times_of(child("write", name, str(ALONE)))
            said(child("prepare", str(rows)))
            (folder / ENDED).unlink(missing_ok=True)
            writer, sealer = child("write", name, "0"), child("seal", name)
            entries, seconds = said(sealer).split()
            beside += times_of(writer)
            print(f"sealed {int(entries):,} rows in {float(seconds):.2f} s")
        vendor = environment["DATABASE_URL"].partition(":")[0]
        print(f"{vendor}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(f"{'':<10}{'writes':>8}{'median ms':>12}{'p99 ms':>10}{'worst ms':>10}")
        for word, found in (("alone", alone), ("beside", beside)):
            p99 = statistics.quantiles(found, n=100)[98]
            middle = statistics.median(found)
            print(f"{word:<10}{len(found):>8}{middle:>12.2f}{p99:>10.1f}{max(found):>10.1f}")


def said(process: "subprocess.Popen[str]") -> str:
    told, _ = process.communicate(timeout=600)
    if process.returncode:
        raise RuntimeError(f"A child ended with {process.returncode}.")
    return told


def times_of(process: "subprocess.Popen[str]") -> list[float]:
    return [float(line) for line in said(process).split()]


if __name__ == "__main__":
    if sys.argv[1:2] and not sys.argv[1].isdecimal():
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ.setdefault("DEBUG", "True")
        django.setup()
        match sys.argv[1:]:
            case ["prepare", count]:
                prepare(int(count))
            case ["write", place, count]:
                write(Path(place), int(count))
            case ["seal", place]:
                seal_all(Path(place))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 4_000)
