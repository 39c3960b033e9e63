"""An import killed where it stands, again and again, writes each row once.

`python -m tests.processes.importing --kills 50 --seed 8` writes, releases and takes back imports in
child processes, each killed with SIGKILL after a time drawn from the seed; the next one goes on,
until one comes to its end. Then everything that stands is held against the file. Ends with 1 where
something is missing, doubled or half.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tests.processes.workers import prepare_unhurried, started

DOCUMENTS, LINES, CREDITS = 240, 3, 24
UNREADABLE = 77  # the document of which a row cannot be read
HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


class Fault(Exception):
    """What stands is not what the file says."""


def is_credit(number: int) -> bool:
    return number % 10 == 3


def price(number: int) -> Decimal:
    return number % 7 + Decimal("1.25")


def file_in(folder: Path) -> Path:
    rows = [HEADING]
    for number in range(DOCUMENTS):
        for place in range(LINES):
            asked = "bad" if (number, place) == (UNREADABLE, 1) else price(number)
            rows.append(
                f"{'C' if is_credit(number) else ''}{number},SKU{(number * 7 + place) % 90},LANTERN,"
                f"{-2 if is_credit(number) else 2},2010-12-01 08:26:00,{asked},{number % 40}.0,EIRE"
            )
    path = folder / "many.csv"
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")
    return path


def expected() -> Decimal:
    """By hand: two of each on three lines; what is credited is taken off."""
    taken = [number for number in range(DOCUMENTS) if number != UNREADABLE]
    return sum(
        ((-1 if is_credit(number) else 1) * LINES * 2 * price(number) for number in taken),
        Decimal(0),
    )


def killed(work: Callable[[], None], after: float) -> bool:
    """Let a child work, and kill it after so many seconds; whether it was still at it."""
    child = started(work)
    deadline = time.monotonic() + after
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            if status:
                raise Fault(f"a child ended with {status}")
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def until_done(work: Callable[[], None], chance: random.Random, most: int) -> int:
    """Kill it up to so many times, then let it come to its end; how often it was killed."""
    for times in range(most):
        if not killed(work, chance.uniform(0.01, 0.12)):
            return times
    if killed(work, 120):
        raise Fault("it came to no end in two minutes")
    return most


def hold(name: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Fault(f"{name}: {found}, and {wanted} were expected")


def play(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Import, take back, import again, release: each killed on its way."""
    from django.db.models import Count, Sum

    from apps.billing.acts import batches
    from apps.billing.models import (
        Batch,
        Change,
        Company,
        CreditNote,
        Customer,
        Invoice,
        InvoiceLine,
    )
    from apps.exchange.imports import documents_brought, running
    from apps.exchange.imports.tally import Outcome, Tally
    from apps.exchange.models import FileImport

    documents_brought.PORTION = batches.PORTION = 15  # more points between which it may stand
    chance, done = random.Random(seed), Counter[str]()
    company = Company.objects.create(legal_name="Thornfield Ltd", home_currency="GBP")
    path = file_in(folder)

    def brought() -> int:
        file_import = running.bring(path, "online-retail", company)
        running.check(file_import)
        running.begin_writing(file_import, good_rows_only=True)
        key = file_import.pk
        done["writing"] += until_done(
            lambda: hold("written", running.write(FileImport.objects.get(pk=key)), True),
            chance,
            max(kills - done["writing"], 1),
        )
        file_import.refresh_from_db()
        counts = Tally.from_json(file_import.counts)
        hold("stage", file_import.stage, FileImport.Stage.WRITTEN)
        hold("rows taken", counts.rows[Outcome.NEW], (DOCUMENTS - 1) * LINES)
        hold("rows refused", counts.rows[Outcome.REFUSED], LINES)
        hold("amount", counts.totals()["GBP"]["new"], f"{expected():f}")
        hold("refused rows", file_import.refused_rows.filter(tolerated=False).count(), LINES)
        of_each = Invoice.objects.annotate(of=Count("lines")).values_list("of", flat=True)
        hold("invoices by lines", Counter(of_each), {LINES: DOCUMENTS - CREDITS - 1})
        hold("credit notes", CreditNote.objects.count(), CREDITS)
        hold("customers", Customer.objects.count(), 40)
        hold(
            "lines",
            InvoiceLine.objects.aggregate(net=Sum("net")),
            Invoice.objects.aggregate(net=Sum("net")),
        )
        hold(
            "history",
            Invoice.history.filter(history_type="+").count() % (DOCUMENTS - CREDITS - 1),
            0,
        )  # type: ignore[attr-defined]
        assert file_import.batch_id is not None
        return file_import.batch_id

    def take_back(key: int) -> None:
        batches.take_back_batch(Batch.objects.get(pk=key))

    while done["writing"] < kills:
        taken = brought()
        done["taking back"] += until_done(partial(take_back, taken), chance, 5)
        left = (
            Invoice.objects.exists() or CreditNote.objects.exists() or InvoiceLine.objects.exists()
        )
        hold("left behind", left, False)
    key = brought()
    Change.objects.all().delete()
    done["releasing"] += until_done(
        lambda: hold("unfit", batches.release_batch(Batch.objects.get(pk=key)).unfit, {}),
        chance,
        8,
    )
    hold("released", Batch.objects.get(pk=key).released_at is not None, True)
    states = set(Invoice.objects.values_list("status", "revision"))
    hold("issued once", states, {("issued", 2)})
    hold("changes", Change.objects.filter(kind="invoice").count(), DOCUMENTS - CREDITS - 1)
    return done


def played(play: Callable[[Path, int, int], Counter[str]], doc: str | None, kills: int) -> int:
    """From the command line, on a database of its own; 1 where something is not what the file says."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        prepare_unhurried(folder)
        import django

        django.setup()
        from tests.template_database import migrate

        migrate()
        try:
            done = play(folder, asked.kills, asked.seed)
        except Fault as fault:
            print(f"fault: {fault}")
            return 1
    print("killed " + ", ".join(f"{count} times {name}" for name, count in done.items()))
    return 0


if __name__ == "__main__":
    sys.exit(played(play, __doc__, 50))
