"""How long each hostile file takes until it is refused or read, and the memory of all.

Run by hand: `uv run python -m tests.benchmarks.bench_hostile`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.exchange.tables import hostile_csv, hostile_xlsx
from tests.exchange.tables.hostile import write_all, wrong

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 15


def main() -> None:
    cases = {case.name: case for case in (*hostile_csv.CASES, *hostile_xlsx.CASES)}
    with tempfile.TemporaryDirectory() as name:
        write_all(Path(name), cases.values())
        words = [sys.executable, "-m", "tests.exchange.tables.hostile", name]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = sorted(map(json.loads, done.stdout.splitlines()), key=lambda each: -each["seconds"])
    refused = [each for each in found if each["refused"]]
    print(f"{len(found)} files, {len(refused)} refused, {len(found) - len(refused)} read")
    print(f"wrong: {[each for case in found if (each := wrong(cases[case['name']], case))]}")
    print(f"slowest refusal: {refused[0]['seconds']:.2f} s ({refused[0]['name']})")
    most = [max(each[key] for each in found) for key in ("own_mb", "child_mb")]
    print(f"most memory: {most[0]} MB of the process, {most[1]} MB of the one it starts")
    for each in found[:SHOWN]:
        print(f"{each['seconds']:>8.3f}  {each['name']:<24}{each['refused'][:70]}")


if __name__ == "__main__":
    main()
