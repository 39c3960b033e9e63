"""What would do harm is refused in a sentence, or read as what it is; in little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exchange.tables import hostile_csv, hostile_xlsx
from tests.exchange.tables.hostile import Hostile, outcome_of, write_all, wrong

CASES = (*hostile_csv.CASES, *hostile_xlsx.CASES)
MOST_MEGABYTES = 200
ROOT = Path(__file__).parents[3]


def test_there_are_many_and_each_is_another() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("cases", [hostile_csv.CASES, hostile_xlsx.CASES], ids=["csv", "xlsx"])
def test_each_is_refused_or_read_rightly(tmp_path: Path, cases: tuple[Hostile, ...]) -> None:
    small = [case for case in cases if not case.large]
    write_all(tmp_path, small)

    assert [each for case in small if (each := wrong(case, outcome_of(tmp_path / case.name)))] == []


@pytest.mark.slow
def test_none_takes_much_memory(tmp_path: Path) -> None:
    """All in one process, so that the most of it is the most of any; and of the one it starts."""
    write_all(tmp_path, CASES)
    words = [sys.executable, "-m", "tests.exchange.tables.hostile", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]

    by_name = {case.name: case for case in CASES}
    assert [each for case in found if (each := wrong(by_name[case["name"]], case))] == []
    assert len(found) == len(CASES)
    assert found[-1]["own_mb"] + found[-1]["child_mb"] <= MOST_MEGABYTES
