"""Differences of every kind are planted between books that agree: all are found, and none is invented.

`python -m tests.processes.differing [ledger ...] [documents] [of each kind]` lays so many documents on
both sides (`tests.benchmarks.both_sides`), plants, compares over real HTTP, and holds every row that the
comparison keeps against what was planted. By default 10,000 documents and 40 of each of eleven kinds.
"""

import sqlite3
import sys
import tempfile
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_compare import WAYS, begun, phase

DOCUMENTS, EACH = 10_000, 40
PENNIES = Decimal("1.00")
Planted = dict[tuple[str, int], str]  # kind and key of ours → what was planted in it

# What may differ where each was planted: the first must, the others follow from it.
FOLLOWS = {
    "number": ("number",),
    "date": ("date",),
    "customer": ("customer",),
    "amount": ("amount", "paid", "exchange"),
    "tax": ("tax", "amount", "paid", "exchange"),
    "void here": ("state",),
    "never sent": ("only_here",),
    "gone there": ("gone",),
    "un-applied here": ("paid",),
    "its payment": ("allocation", "paid"),
    "paid on another day": ("date",),
}


def _raw(model: Any, keys: Sequence[int]) -> Any:
    """Rows past the managers that keep traces: nobody did this by Tieout."""
    from django.db.models import QuerySet

    return QuerySet(model).filter(pk__in=list(keys))


def plant(way: str, folder: Path, each: int) -> dict[str, Any]:
    """Ours by raw writes, theirs in the rows of the simulated ledger, whose server is down; what was
    planted where, and how many stand there twice."""
    from django.db.models import F

    from apps.billing.models import Allocation, Customer, Invoice, InvoiceLine, Payment

    open_ones = Invoice.objects.filter(paid=0, credited=0, status="issued").order_by("pk")
    paid_ones = Invoice.objects.filter(paid=F("total"), status="issued").order_by("pk")
    heaps = _heaps(list(open_ones.values_list("pk", flat=True))[4:], each)
    planted: Planted = {}

    def takes(what: str) -> list[int]:
        keys = next(heaps)
        planted.update({("invoice", key): what for key in keys})
        return keys

    for invoice in _raw(Invoice, takes("number")):
        _raw(Invoice, [invoice.pk]).update(number=f"{invoice.number}X")
    _raw(Invoice, takes("date")).update(issue_date=F("issue_date") - timedelta(days=1))
    others = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    for invoice in _raw(Invoice, takes("customer")):
        another = next(key for key in others if key != invoice.customer_id)
        _raw(Invoice, [invoice.pk]).update(customer_id=another)
    dearer = takes("amount")
    _raw(Invoice, dearer).update(
        net=F("net") + PENNIES, total=F("total") + PENNIES, home_total=F("home_total") + PENNIES
    )
    for key in dearer:
        line = InvoiceLine.objects.filter(document=key).earliest("pk")
        _raw(InvoiceLine, [line.pk]).update(net=F("net") + PENNIES)
    _raw(Invoice, takes("tax")).update(
        tax=F("tax") + PENNIES,
        total=F("total") + PENNIES,
        home_tax=F("home_tax") + PENNIES,
        home_total=F("home_total") + PENNIES,
    )
    _raw(Invoice, takes("void here")).update(status="void")
    planted |= {("invoice", key): "never sent" for key in _never_sent(each)}
    gone = takes("gone there")
    twice = next(heaps)
    _change_there(way, folder / "sandbox.sqlite3", gone, twice)
    settled = list(paid_ones.values_list("pk", flat=True))[4:]
    loose = settled[:each]
    parts = list(Allocation.objects.filter(invoice__in=loose).values_list("pk", "payment_id"))
    _raw(Allocation, [key for key, _ in parts]).update(reversed_on=F("date"))
    _raw(Invoice, loose).update(paid=0)
    payments = [payment for _, payment in parts if payment is not None]
    _raw(Payment, payments).update(applied=0)
    planted |= {("invoice", key): "un-applied here" for key in loose}
    planted |= {("payment", key): "its payment" for key in payments}
    late = list(
        Allocation.objects.filter(invoice__in=settled[each : 2 * each]).values_list(
            "payment_id", flat=True
        )
    )
    _raw(Payment, [key for key in late if key]).update(date=F("date") - timedelta(days=1))
    planted |= {("payment", key): "paid on another day" for key in late if key}
    return {"planted": planted, "twice": len(twice)}


def _heaps(keys: list[int], each: int) -> Iterator[list[int]]:
    for start in range(0, len(keys) - each + 1, each):
        yield keys[start : start + each]


def _never_sent(each: int) -> list[int]:
    from apps.billing.models import Customer, Invoice, Item
    from tests.factories import make_invoice

    customer, item = Customer.objects.earliest("pk"), Item.objects.earliest("pk")
    day = Invoice.objects.latest("pk").issue_date
    made = (
        make_invoice(customer=customer, lines=[(item, 1, 10)], issue_date=day) for _ in range(each)
    )
    return [invoice.pk for invoice in made]


def _change_there(way: str, file: Path, gone: Sequence[int], twice: Sequence[int]) -> None:
    """Rows of the first vanish over there; of the others another object stands beside them."""
    from apps.sync.models import RemoteRecord
    from tests.benchmarks.both_sides import LEDGERS

    def ids(keys: Sequence[int]) -> list[str]:
        rows = RemoteRecord.objects.filter(sync_record__invoice__in=keys, part="")
        return list(rows.values_list("remote_id", flat=True))

    with closing(sqlite3.connect(file)) as there, there:
        there.row_factory = sqlite3.Row
        for table, column in LEDGERS[way].tables.items():
            there.executemany(
                f"DELETE FROM {table} WHERE {column} = ?",
                [(each,) for each in ids(gone)],
            )
        news = {old: _new_id(old) for old in ids(twice)}
        for table, column in LEDGERS[way].tables.items():
            for old, new in news.items():
                rows = there.execute(f"SELECT * FROM {table} WHERE {column} = ?", (old,))
                for row in rows.fetchall():
                    _copy(there, table, dict(row), column, old, new)


def _new_id(old: str) -> str:
    """In the place that all leave free between two copies."""
    return str(int(old) + 500) if old.isdigit() else str(uuid.uuid5(uuid.UUID(old), "twice"))


def _copy(there: Any, table: str, row: dict[str, Any], column: str, old: str, new: str) -> None:
    copied = {**row, column: int(new) if isinstance(row[column], int) else new}
    for name in ("body", "data", "number"):
        if isinstance(copied.get(name), str):
            copied[name] = (
                copied[name].replace(f'"{old}"', f'"{new}"').replace(f":{old},", f":{new},")
            )
        elif name == "number" and isinstance(copied.get(name), int):
            copied[name] += 500
    del copied["id"]
    names = ", ".join(copied)
    places = ", ".join("?" * len(copied))
    there.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(copied.values()))


def compared(folder: Path, told: dict[str, Any]) -> str:
    """Compare, and hold what is kept against what was planted; a line of figures."""
    from django.conf import settings

    from apps.connections.models import Bucket, Connection
    from apps.reconciliation.compare import compare
    from tests.books import point_at
    from tests.sandbox_server import SandboxServer

    server = SandboxServer(folder).start()
    try:
        point_at(server, settings)
        connection = Connection.objects.get()
        Bucket.objects.all().delete()
        found = compare(connection)
    finally:
        server.stop()
    held = judge(told["planted"], told["twice"])
    apart = sum((line.difference for line in found.accounts), Decimal(0))
    assert apart == 0, apart
    assert all(line.unexplained == 0 for line in found.totals), found.totals
    return (
        f"{found.documents:,} documents, {held}; {found.calls} calls, {found.seconds:.0f} s, "
        f"{len(found.accounts)} accounts apart by {apart} together, "
        f"{len(found.totals)} totals without anything unexplained"
    )


def judge(planted: Planted, twice: int) -> str:
    """Raises AssertionError for what was planted and not found, or found and not planted."""
    from apps.reconciliation.models import Difference, Why

    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    by_why: Counter[str] = Counter()
    doubles: set[str] = set()
    invented = []
    for row in Difference.objects.filter(ended_at=None):
        by_why[row.why] += 1
        if row.why == Why.TWICE:
            doubles.add(str(sorted(map(tuple, row.theirs))))
        elif row.ours:
            [(kind, key)] = row.ours
            found[kind, key].add(row.why)
            what = planted.get((kind, key), "")
            if row.why not in FOLLOWS.get(what, ()):
                invented.append(f"{what or 'nothing planted'}: {row.sentence}")
        elif row.why != Why.BALANCE:
            invented.append(str(row))
    assert not invented, (len(invented), invented[:5])
    missed = [place for place, what in planted.items() if FOLLOWS[what][0] not in found[place]]
    assert not missed, (len(missed), [(planted[each], each) for each in missed[:5]])
    assert len(doubles) == twice, (len(doubles), twice)
    return f"{len(planted) + twice} planted and found, none invented, rows: " + ", ".join(
        f"{count} {why}" for why, count in sorted(by_why.items())
    )


def play(way: str, documents: int, each: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun(way, folder)
        phase(folder, "-m", "tests.benchmarks.bench_compare", "lay", way, name, str(documents))
        return phase(folder, "-m", __spec__.name, "play", way, name, str(each))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and given[0] == "play":
        import django

        django.setup()
        _, way, folder, number = given
        print(compared(Path(folder), plant(way, Path(folder), int(number))))
    else:
        numbers = [int(each) for each in given if each.isdigit()] + [DOCUMENTS, EACH][
            len([each for each in given if each.isdigit()]) :
        ]
        for way in [each for each in given if each in WAYS] or WAYS:
            print(f"{way:12}{play(way, *numbers)}", flush=True)
