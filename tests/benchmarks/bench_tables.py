"""How fast files are read, and in how much memory, beside the libraries that others use.

Run by hand: `uv run python -m tests.benchmarks.bench_tables [RETAIL.csv.gz]`. Each figure is of a
process of its own, and CPU time is that of the process and of the one it starts. Without the retail
file a file of as many rows is made. The workbook has 100,000 rows of 10 columns.
"""

import csv
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

ROOT = Path(__file__).resolve().parents[2]
RETAIL_ROWS = 541_909
SHEET_ROWS = 100_000


def by_csv_alone(path: Path) -> Iterator[object]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


def by_tablib(path: Path) -> Iterator[object]:
    import tablib

    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from tablib.Dataset().load(file.read(), "csv")


def by_us(path: Path) -> Iterator[object]:
    """Rows alone, as an import reads them: what was found at the first look is kept with it."""
    from apps.exchange.tables.port import Dialect, FileFormat
    from apps.exchange.tables.rows import rows

    of_sheet = Dialect(format=FileFormat.XLSX, sheet="Lines")
    yield from rows(path, of_sheet if path.suffix == ".xlsx" else Dialect())


def look_by_us(path: Path) -> Iterator[object]:
    from apps.exchange.tables.look import look

    yield look(path)


def by_openpyxl_streaming(path: Path) -> Iterator[object]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    yield from book.active.iter_rows(values_only=True)


def by_openpyxl(path: Path) -> Iterator[object]:
    import openpyxl

    yield from openpyxl.load_workbook(path, data_only=True).active.iter_rows(values_only=True)


def by_tablib_xlsx(path: Path) -> Iterator[object]:
    import tablib

    yield from tablib.Dataset().load(path.read_bytes(), "xlsx")


def by_calamine(path: Path) -> Iterator[object]:
    import python_calamine

    yield from python_calamine.load_workbook(path).get_sheet_by_index(0).iter_rows()


WAYS: dict[str, Callable[[Path], Iterator[object]]] = {
    each.__name__: each
    for each in (
        by_csv_alone,
        by_tablib,
        by_us,
        look_by_us,
        by_openpyxl_streaming,
        by_openpyxl,
        by_tablib_xlsx,
        by_calamine,
    )
}


def measured(way: str, path: Path) -> dict[str, float]:
    """In this process: rows, CPU seconds, seconds, and megabytes over the idle process."""
    idle = _peak()
    began, wall = _cpu(), time.perf_counter()
    count = sum(1 for _ in WAYS[way](path))
    own = _peak()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "rows": count,
        "cpu": _cpu() - began,
        "seconds": time.perf_counter() - wall,
        "megabytes": (own - idle + child) / 1024,
    }


def _peak() -> int:
    """Kilobytes. Not `ru_maxrss`, which begins at what the starting process had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def write_retail(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        out = csv.writer(file)
        out.writerow(
            ["Number", "Code", "Description", "Quantity", "Date", "Price", "Customer", "Country"]
        )
        for row in range(RETAIL_ROWS):
            what = f"{85000 + row % 4000}A", f"WHITE METAL LANTERN {row % 977}", row % 12
            price = f"{row % 999 / 100:.2f}"
            when = "2010-12-01 08:26:00"
            out.writerow([536365 + row // 21, *what, when, price, "17850.0", "France"])


def write_sheet(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Lines")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(
            0,
            0,
            [
                f"{kind} {n}"
                for n in (1, 2)
                for kind in ("Number", "Date", "Amount", "Quantity", "Item")
            ],
        )
        for row in range(1, SHEET_ROWS + 1):
            for start in (0, 5):
                page.write_string(row, start, f"INV-{row // 4:06}-{start}")
                page.write_datetime(row, start + 1, date(2024, 1, 1) + timedelta(row % 700), day)
                page.write_number(row, start + 2, (row * 7919 + start) % 10_000_000 / 100)
                page.write_number(row, start + 3, row % 9)
                page.write_string(row, start + 4, f"Widget {row % 3000} of many")


def main(given: Path | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        retail = given or Path(name) / "retail.csv.gz"
        if given is None:
            write_retail(retail)
        sheet = Path(name) / "sheet.xlsx"
        write_sheet(sheet)
        print(f"{'':<24}{'rows':>9}{'CPU s':>8}{'wall s':>8}{'rows/CPU s':>12}{'MB over idle':>14}")
        for way in (by_csv_alone, by_tablib, by_us, look_by_us):
            show(way.__name__, retail)
        for way in (
            by_openpyxl_streaming,
            by_openpyxl,
            by_tablib_xlsx,
            by_calamine,
            by_us,
            look_by_us,
        ):
            show(way.__name__, sheet)


def show(way: str, path: Path) -> None:
    words = [sys.executable, "-m", __spec__.name, way, str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    speed = found["rows"] / found["cpu"]
    label = f"{way.removeprefix('by_')} ({'xlsx' if path.suffix == '.xlsx' else 'csv'})"
    print(
        f"{label:<24}{found['rows']:>9,}{found['cpu']:>8.2f}{found['seconds']:>8.2f}{speed:>12,.0f}"
        f"{found['megabytes']:>14.0f}"
    )


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
