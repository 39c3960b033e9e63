"""A thousand invoices on paper: seconds and memory, each print kept, then all of them as one ZIP.

Run by hand: `uv run python -m tests.benchmarks.bench_print [invoices] [lines]`, on a database of its
own in a temporary folder. CPU seconds are of this process; memory is what it grew by over itself after
its first print. Then the same invoices through the background job, whose prints are kept by then.
"""

import os
import resource
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path


def set_up(folder: Path) -> None:
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'bench.sqlite3'}"
    os.environ["PRIVATE_FILES_DIR"] = str(folder / "files")
    # With DEBUG the database's answers are remembered, and the PDFs with them.
    os.environ |= {"DEBUG": "False"}
    os.environ["SYNC_TASK_BUDGET"] = "100000"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def resident() -> float:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main(count: int, lines: int, folder: Path) -> None:
    from apps.billing.models import Invoice
    from apps.exchange.models import IssuedPrint, PrintJob
    from apps.exchange.printing import many
    from apps.exchange.printing.kept import kept_print
    from apps.staff.models import User
    from tests.factories import make_company, make_customer, make_invoice, make_tax_rate

    company = make_company(address="14 Wharf Street\nBristol", tax_number="GB1", country="GB")
    customer = make_customer(company, address_lines="3 Mill Lane", city="York")
    rate = make_tax_rate(company)
    for number in range(count):
        rows = [(f"Lantern {number}-{place}", place, Decimal("12.5"), rate)
                for place in range(1, lines + 1)]  # fmt: skip
        make_invoice(customer=customer, lines=rows)
    invoices = Invoice.objects.select_related("company", "customer").order_by("pk")
    first = time.perf_counter()
    kept_print(invoices[0])
    print(f"first print {time.perf_counter() - first:.2f} s, fonts and templates included")

    begun, cpu, before = time.perf_counter(), time.process_time(), resident()
    quarters = []
    for place, invoice in enumerate(invoices.iterator(chunk_size=100), start=1):
        kept_print(invoice)
        if place % max(1, count // 4) == 0:
            quarters.append(resident() - before)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    size = sum(IssuedPrint.objects.values_list("size", flat=True)) / count
    grown = ", ".join(f"{each:.0f}" for each in quarters)
    print(
        f"{count} invoices of {lines} lines: {cpu:.1f} s CPU, {wall:.1f} s "
        f"({1000 * cpu / count:.1f} ms each), {size / 1000:.1f} kB each, "
        f"grown by {grown} MB after each quarter"
    )
    begun, before = time.perf_counter(), resident()
    by = User.objects.create_user("bench@example.com", "a-long-enough-password-1")
    job = PrintJob.objects.create(
        requested_by=by, count=count, invoice_ids=[each.pk for each in invoices]
    )
    many.go_on(job.pk)
    job.refresh_from_db()
    print(
        f"as one ZIP of {job.size / 1e6:.1f} MB, from the kept prints: "
        f"{time.perf_counter() - begun:.1f} s, grown by {resident() - before:.0f} MB"
    )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as name:
        set_up(Path(name))
        main(*(given + [1000, 5][len(given) :]), folder=Path(name))
