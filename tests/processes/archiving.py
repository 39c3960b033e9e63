"""A season's company goes into a file and comes back: killed on its way, and across databases.

`python -m tests.processes.archiving kill --kills 20 --seed 8` restores in child processes, each killed
with SIGKILL after a time drawn from the seed: nothing of it stands, or all of it where the blow fell
after its commit, and the next one begins anew, until one comes to its end and nothing differs.

`… write FOLDER` makes the company and its archive; `… read FOLDER` restores it into whatever database
`DATABASE_URL` names, compares every field of every row and the figures, and archives it again there.
"""

import argparse
import io
import os
import pickle
import random
import signal
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.processes.workers import prepare_unhurried, started

TODAY = date(2026, 11, 20)
PASSPHRASE = "four words that do well"
ARCHIVE, THEN = "company.tieout", "then.pickle"


class Fault(Exception):
    """What came back is not what went in."""


def season() -> Any:
    """Forty invoices, credit notes, payments and what happens beside them, in two currencies."""
    from apps.billing.actions import merge_customers, void
    from apps.billing.models import Customer, Invoice
    from apps.demo.payments import lay_payments
    from apps.demo.season import live_a_season
    from apps.demo.studio import build_studio
    from apps.exchange.printing.kept import kept_print
    from tests.factories import make_invoice

    company = build_studio(TODAY).company
    lay_payments(company, until=TODAY)
    live_a_season(company, TODAY)
    customer = Customer.objects.filter(company=company, currency="GBP").latest("pk")
    void(make_invoice(customer=customer), on=date(2026, 3, 5), reason="Typed twice")
    alias = Customer.objects.create(company=company, name="The same again", currency="GBP")
    merge_customers(alias, customer, reason="One firm")
    kept_print(Invoice.objects.filter(company=company, status="issued").earliest("pk"))
    return company


def figures(company: Any) -> dict[str, Any]:
    """The books by a hand that knows nothing of archives: balances, receivable, ageing, numbers."""
    from apps.billing.sums.series_report import report_on_company
    from apps.exchange.printing.open_items import aged, balance, by_currency, open_items
    from tests.billing.bookkeeper import balances, receivable_by_open_amounts

    ageing = {
        (back, currency): (balance(items), {str(key): sum_ for key, sum_ in aged(items).items()})
        for back in (0, 30, 60)
        for currency, items in by_currency(
            open_items(company, TODAY - timedelta(days=back))
        ).items()
    }
    return {
        "balances": balances(company),
        "receivable": receivable_by_open_amounts(company),
        "ageing": ageing,
        "numbers": [(str(each.series), len(each.gaps)) for each in report_on_company(company)],
    }


def write(folder: Path, company: Any) -> None:
    from apps.exchange.archive.taking import taken_to
    from tests.exchange.archive.photograph import photograph

    then = (company.pk, photograph(), figures(company))
    (folder / THEN).write_bytes(pickle.dumps(then))
    taken_to(folder / ARCHIVE, company, PASSPHRASE)


def restore_from(folder: Path) -> Any:
    from apps.exchange.archive.reading import Archive
    from apps.exchange.archive.restoring import restore

    return restore(Archive(io.BytesIO((folder / ARCHIVE).read_bytes()), PASSPHRASE))


def compared(folder: Path, company: Any) -> int:
    """How many rows are as they were; raises `Fault` for what is not."""
    from tests.exchange.archive.photograph import differences, photograph

    key, before, then = pickle.loads((folder / THEN).read_bytes())
    found = differences(before, photograph(), company.pk - key)
    if found:
        raise Fault("\n".join(found[:20]))
    if figures(company) != then:
        raise Fault(f"{figures(company)}\nand it was\n{then}")
    return sum(map(len, before.values()))


def kill(folder: Path, kills: int, seed: int) -> int:
    """How often a restore was killed on its way."""
    from apps.billing.models import Company
    from apps.staff.models import User
    from tests.exchange.archive.photograph import cleared

    def emptied() -> None:
        from django.db import transaction

        with transaction.atomic():
            cleared()

    write(folder, season())
    emptied()
    began = time.monotonic()
    wait_for(started(lambda: restore_from(folder)), 120)
    longest = time.monotonic() - began
    compared(folder, Company.objects.get())
    emptied()
    people, chance, done = User.objects.count(), random.Random(seed), 0
    while done < kills:
        child = started(lambda: restore_from(folder))
        time.sleep(chance.uniform(0.3, 0.95) * longest)
        os.kill(child, signal.SIGKILL)
        killed = wait_for(child, 10) != 0
        let_the_server_end()
        if company := Company.objects.first():  # it had committed before the blow fell
            compared(folder, company)
            emptied()
        elif not killed or User.objects.count() != people:
            raise Fault("Of a restore, only a part stands.")
        else:
            done += 1
    again = restore_from(folder)
    compared(folder, again)
    (folder / ARCHIVE).unlink()
    write(folder, again)
    emptied()
    compared(folder, restore_from(folder))  # what was restored is archived and restored
    return done


def let_the_server_end() -> None:
    """PostgreSQL may be busy still with the last words of a child that was killed."""
    from django.db import connection, transaction

    from apps.exchange.archive.restoring import LOCK

    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def wait_for(child: int, seconds: float) -> int:
    """The signal that ended it; 0 where it came to its end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found and os.WIFSIGNALED(status):
            return os.WTERMSIG(status)
        if found and os.WEXITSTATUS(status):
            raise Fault("A restore ended with an error of its own.")
        if found:
            return 0
        time.sleep(0.01)
    raise Fault(f"It came to no end in {seconds} seconds.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["kill", "write", "read"])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        prepare_unhurried(Path(made))
        import django

        django.setup()
        from tests.template_database import migrate

        migrate()
        try:
            if asked.what == "kill":
                print(f"killed {kill(Path(made), asked.kills, asked.seed)} times restoring")
            elif asked.what == "write":
                write(asked.folder, season())
                print("written")
            else:
                company = restore_from(asked.folder)
                print(f"{compared(asked.folder, company)} rows are as they were")
                (asked.folder / ARCHIVE).unlink()
                write(asked.folder, company)
        except Fault as fault:
            print(f"fault: {fault}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
