"""What changing customers and items by a file costs beside stock django-import-export, and its memory.

Run by hand: `uv run python -m tests.benchmarks.bench_changing [rows rounds]`, on SQLite or, with
`DATABASE_URL`, on a PostgreSQL of which a database of its own is made (CPU is then the client's alone).
Each round plays stock right before ours, so that a ratio holds while the machine's speed drifts. As many customers
and items stand here as the files have rows; each row differs in one or two fields, and the same file again
in none. Ours is all that an import does: how it is read, the check of the whole file with a remark for each
change, and the writing. Stock is one `import_data` with `skip_unchanged`, without the preview that its
screens do before it. Both leave history and changes behind. Each way is a process and a database of its own.
"""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.bench_export import ROOT, database
from tests.benchmarks.bench_import import measured

ROWS = 10_000
ROUNDS = 3
OWN = "bench_changing"  # the database on a PostgreSQL
WAYS = ("stock", "ours")
KINDS = ("customers", "items")
HEADINGS = {
    "customers": ("Code", "Name", "Email", "Phone", "Tax number", "Currency", "Address", "City",
                  "Region", "Postal code", "Country", "Terms", "Tax rate", "Notes"),
    "items": ("Code", "Name", "Description", "Unit price", "Tax rate"),
}  # fmt: skip
FIELDS = {
    "customers": ("code", "name", "email", "phone", "tax_number", "currency", "address_lines", "city",
                  "region", "postal_code", "country", "terms", "tax_rate", "notes"),
    "items": ("code", "name", "description", "unit_price", "tax_rate"),
}  # fmt: skip


def customer(place: int, *, changed: bool) -> tuple[str, ...]:
    return (
        f"C{place:06}", f"Thornfield & Hart {place} Ltd", f"books{place}@example.com",
        f"+44 20 79{place:06}" if not (changed and place % 2) else f"+44 161 {place:06}",
        f"GB{place:09}", "GBP", f"{place} High Street\nThe Old Mill",
        "York" if not changed else "Leeds", "Kent", f"EC{place % 99}A 1BB", "GB",
        "30 days" if place % 3 else "", "S20" if place % 4 else "", "Pays by transfer",
    )  # fmt: skip


def item(place: int, *, changed: bool) -> tuple[str, ...]:
    price = f"{1 + place % 90}.{place % 100:02}"
    return (
        f"S{place:06}", f"Brass lantern, lot {place}",
        f"Hand made, of brass, number {place}" + (" of a new kind" if changed and place % 2 else ""),
        price if not changed else f"{2 + place % 90}.{place % 100:02}",
        "S20" if place % 4 else "",
    )  # fmt: skip


def write_files(folder: Path, rows: int) -> None:
    for kind, of in (("customers", customer), ("items", item)):
        for name, changed in (("before", False), ("changed", True)):
            with (folder / f"{kind}-{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(HEADINGS[kind])
                writer.writerows(of(place, changed=changed) for place in range(rows))


def ours(path: Path, kind: str, company: Any) -> int:
    from apps.exchange.imports.running import begin_writing, bring, check, write
    from apps.exchange.imports.tally import Outcome, Tally
    from apps.exchange.models import FileImport

    file_import = bring(path, f"native-{kind}", company)
    assert check(file_import), file_import.sentence
    begin_writing(file_import)
    if file_import.stage == FileImport.Stage.WRITING:
        write(file_import)
    found = Tally.from_json(file_import.counts)
    assert not found.rows[Outcome.REFUSED], found.to_json()
    return int(found.rows.total())


def stock(path: Path, kind: str, company: Any) -> int:
    """Found by code and, for references, by name, as its guide does it."""
    import tablib
    from import_export import fields, resources, widgets

    from apps.billing.models import Customer, Item, PaymentTerm, TaxRate

    by: dict[str, Any] = {
        "terms": widgets.ForeignKeyWidget(PaymentTerm, "name"),
        "tax_rate": widgets.ForeignKeyWidget(TaxRate, "code"),
        "unit_price": widgets.DecimalWidget(),
    }
    columns: dict[str, Any] = {
        name: fields.Field(name, heading, by.get(name, widgets.CharWidget()))
        for name, heading in zip(FIELDS[kind], HEADINGS[kind], strict=True)
    }
    meta = type("Meta", (), {
        "model": Customer if kind == "customers" else Item, "fields": FIELDS[kind],
        "import_id_fields": ("code",), "skip_unchanged": True, "report_skipped": False,
    })  # fmt: skip
    resource = type("MasterResource", (resources.ModelResource,), {**columns, "Meta": meta})
    with path.open(newline="", encoding="utf-8") as file:
        first, *read = csv.reader(file)
    result = resource().import_data(tablib.Dataset(*read, headers=first), raise_errors=True)
    assert not result.has_errors(), result.row_errors()[:1]
    return len(read)


def kept(company: Any) -> dict[str, Any]:
    """What stands here then, and what was left behind."""
    from apps.billing.models import Change, Customer, Item

    sums: dict[str, Any] = {"changes": Change.objects.count()}
    for kind, model in (("customers", Customer), ("items", Item)):
        rows = model.objects.filter(company=company).order_by("code")
        told = repr([*rows.values_list(*FIELDS[kind], "revision").iterator()])
        sums[kind] = hashlib.sha256(told.encode()).hexdigest()
        sums[f"{kind} history"] = model.history.count()  # type: ignore[attr-defined] # simple-history adds it
    return sums


def in_a_process(way: str, folder: Path) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from apps.core.heap import leave_out_what_stays

    leave_out_what_stays()  # as each process of the product does, for stock too
    from tests.factories import make_company, make_tax_rate, make_term

    company = make_company(home_currency="GBP")
    make_tax_rate(company, 20, code="S20", name="Standard")
    make_term(company, name="30 days")
    do = stock if way == "stock" else ours
    found: dict[str, Any] = {}
    for kind in KINDS:
        ours(folder / f"{kind}-before.csv", kind, company)
        path = folder / f"{kind}-changed.csv"
        found[kind] = {
            "changing": measured(lambda path=path, kind=kind: do(path, kind, company)),  # type: ignore[misc]
            "unchanged": measured(lambda path=path, kind=kind: do(path, kind, company)),  # type: ignore[misc]
        }
    print(json.dumps({"found": found, "kept": kept(company)}))


def lines(rounds: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Of each round the ratio to stock right beside it; their median, least and most."""
    yield f"{'':24}{'':>11}{'rows':>9}{'CPU s':>8}{'rows/s':>9}{'× stock':>9}{'least':>7}{'most':>7}{'peak MB':>9}"
    for kind in KINDS:
        for way in WAYS:
            for what in ("changing", "unchanged"):
                pairs = [
                    (each[way]["found"][kind][what], each["stock"]["found"][kind][what])
                    for each in rounds
                ]
                times = sorted(
                    base["cpu"] / base["rows"] / (it["cpu"] / it["rows"]) for it, base in pairs
                )
                cpu, rows = median(it["cpu"] for it, _ in pairs), pairs[0][0]["rows"]
                yield (
                    f"{kind + ', ' + way:24}{what:>11}{rows:>9,}{cpu:>8.2f}{rows / cpu:>9,.0f}"
                    f"{median(times):>9.1f}{times[0]:>7.1f}{times[-1]:>7.1f}"
                    f"{max(it['mb'] for it, _ in pairs):>9.0f}"
                )


def played(way: str, rows: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rows)
        environment = {**os.environ, "DATABASE_URL": database(folder, OWN), "LOG_LEVEL": "ERROR"}
        run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
        words = [sys.executable, "-m", __spec__.name, way, folder]
        done = subprocess.run(words, **run, stdout=subprocess.PIPE, text=True)
        return dict(json.loads(done.stdout.splitlines()[-1]))


def main(rows: int, rounds: int) -> None:
    found = []
    for _ in range(rounds):
        found.append({way: played(way, rows) for way in WAYS})
        # Both ways leave the same rows, revisions, changes and history behind.
        assert found[-1]["stock"]["kept"] == found[-1]["ours"]["kept"], found[-1]
    print("\n".join(lines(found)))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and given[0] in WAYS:
        in_a_process(given[0], Path(given[1]))
    else:
        main(*([int(each) for each in given] or [ROWS, ROUNDS]))
