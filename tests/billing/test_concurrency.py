"""Processes at once on one database: no gap, no double, nothing applied twice."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database that each test takes a copy of."""
    file = tmp_path_factory.mktemp("migrated") / "books.sqlite3"
    command = [sys.executable, "-m", "tests.template_database"]
    subprocess.run(command, cwd=ROOT, env=environment(f"sqlite:///{file}"), check=True)
    return file


@pytest.fixture
def books(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a migrated database that other processes can open."""
    if connection.vendor == "postgresql":
        held = connection.settings_dict
        return (
            f"postgres://{held['USER']}:{held['PASSWORD']}@{held['HOST'] or 'localhost'}"
            f":{held['PORT'] or 5432}/{held['NAME']}"
        )
    file = tmp_path / "books.sqlite3"
    shutil.copy(request.getfixturevalue("migrated"), file)
    return f"sqlite:///{file}"


def environment(address: str) -> dict[str, str]:
    """Of a process that acts as these people do, who sign in without a second factor."""
    return {**os.environ, "DATABASE_URL": address, "SECOND_FACTOR": "waived"}


@pytest.fixture(scope="module")
def loaded() -> Iterator[list[subprocess.Popen[str]]]:
    """The process that the others are forked from, once there is one."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for each in started:
        each.communicate(timeout=30)


@pytest.fixture
def at_once(books: str, loaded: list[subprocess.Popen[str]]) -> Callable[..., list[Any]]:
    """A process for each act: they go together, and their answers are given."""
    if not loaded:
        loaded.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.billing.child"],
                cwd=ROOT,
                env=environment(books),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def act(*acts: list[Any]) -> list[Any]:
        (process,) = loaded
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"books": books, "acts": acts}) + "\n")
        process.stdin.flush()
        answers = process.stdout.readline()
        assert answers, "it broke, and said why above"
        found: list[Any] = json.loads(answers)
        return found

    return act


def test_two_that_issue_at_once_leave_no_gap_and_no_double(at_once: Any) -> None:
    [made] = at_once(["prepare", 21])
    shared, *rest = made["drafts"]
    first, second = at_once(["issue", shared, *rest[:10]], ["issue", shared, *rest[10:]])
    assert len(first["issued"]) + len(second["issued"]) == 21
    [refused] = [*first["refused"], *second["refused"]]
    assert refused.endswith("is issued already.")
    [seen] = at_once(["look", made["payment"], made["invoice"]])
    assert seen["numbers"] == [f"INV-2026-{number:05d}" for number in range(1, 22)]
    assert sorted(first["issued"] + second["issued"]) == seen["numbers"]


def test_two_that_apply_one_payment_at_once_apply_it_once(at_once: Any) -> None:
    [made] = at_once(["prepare", 0])
    ends = [made["payment"], made["invoice"]]
    first, second = at_once(["apply", *ends], ["apply", *ends])
    assert first["applied"] + second["applied"] == 10
    assert all("is left, not 10.00" in each for each in first["refused"] + second["refused"])
    [seen] = at_once(["look", *ends])
    assert (seen["applied"], seen["paid"]) == ("100", "100")
    assert (seen["allocations"], seen["changes"]) == (10, 10)


def test_two_that_refund_one_credit_at_once_pay_out_no_more_than_it_has(at_once: Any) -> None:
    [made] = at_once(["prepare_money"])
    ends = [made["note"], made["method"]]
    first, second = at_once(["refund", *ends], ["refund", *ends])
    assert first["refunded"] + second["refunded"] == 3
    assert all("Only 10.00 GBP" in each for each in first["refused"] + second["refused"])
    [seen] = at_once(["look_at_money", made["note"], made["payment"]])
    assert (seen["open_credit"], seen["refunds"]) == ("10.00", 3)


def test_two_that_deposit_one_payment_at_once_make_one_deposit(at_once: Any) -> None:
    [made] = at_once(["prepare_money"])
    ends = [made["account"], made["payment"]]
    answers = at_once(["deposit", *ends], ["deposit", *ends])
    assert sorted(str(each["made"]) for each in answers) == ["100.00", "None"]
    [refused] = [*answers[0]["refused"], *answers[1]["refused"]]
    assert "lies in the bank deposit of" in refused
    [seen] = at_once(["look_at_money", made["note"], made["payment"]])
    assert seen["standing"] == 1


def test_a_payment_is_deposited_or_cancelled_but_never_both(at_once: Any) -> None:
    [made] = at_once(["prepare_money"])
    deposited, cancelled = at_once(
        ["deposit", made["account"], made["payment"]], ["cancel", made["payment"]]
    )
    assert (deposited["made"] is None) == cancelled["cancelled"]
    [seen] = at_once(["look_at_money", made["note"], made["payment"]])
    assert (seen["standing"], seen["payment"]) in {(1, "received"), (0, "cancelled")}


def test_eight_that_issue_at_once_with_rollbacks_in_between_leave_no_gap(at_once: Any) -> None:
    each_issues, count = 12, 8
    [made] = at_once(["prepare", each_issues * count])
    drafts = made["drafts"]
    shares = [drafts[place::count] for place in range(count)]
    answers = at_once(*(["issue_with_rollbacks", *share] for share in shares))
    numbers = sorted(number for answer in answers for number in answer["issued"])
    assert numbers == [f"INV-2026-{number:05d}" for number in range(1, 97)]
    assert [answer["broken"] for answer in answers] == [4] * count
    # They really went at once: no process had its numbers in one piece.
    assert any(
        sorted(answer["issued"]) != numbers[start : start + each_issues]
        for answer in answers
        for start in [numbers.index(min(answer["issued"]))]
    )
    [report] = at_once(["report"])
    assert report == {"first": numbers[0], "last": numbers[-1], "count": 96, "gaps": 0}
