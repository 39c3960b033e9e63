"""A fault counts as caught only where each test that is named for it failed by itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.planted.__main__ import _by_its_tests, _by_the_suite
from tests.planted.catalogue import Planted
from tests.planted.copy_of_tree import Result, _named

FAULT = Planted("a-penny-off", Path("a.patch"), ("tests/a.py::test_one", "tests/b.py::test_two"))
CAUGHT = Result(1, ("tests/a.py::test_one", "tests/b.py::test_two[1-x]"), (), 1.0, "")


def test_all_named_tests_failed() -> None:
    verdict = _by_its_tests(FAULT, CAUGHT)
    assert (verdict.trouble, verdict.caught_by) == ("", CAUGHT.failed)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(CAUGHT, code=0, failed=()), "test_one, tests/b.py::test_two did not fail"),
        (replace(CAUGHT, failed=("tests/a.py::test_one",)), "tests/b.py::test_two did not fail"),
        (replace(CAUGHT, failed=("tests/a.py::test_one_more",)), "did not fail"),
        (replace(CAUGHT, failed=(), broken=FAULT.tests), "broken before"),
        (replace(CAUGHT, code=2, failed=()), "pytest ended with 2"),
        (replace(CAUGHT, code=4, failed=()), "pytest ended with 4"),
        (replace(CAUGHT, code=None), "longer than"),
    ],
)
def test_whatever_else_does_not_count(found: Result, said: str) -> None:
    assert said in _by_its_tests(FAULT, found).trouble


def test_the_suite_catches_by_whatever_fails_in_it() -> None:
    assert _by_the_suite(FAULT, CAUGHT).trouble == ""
    assert _by_the_suite(FAULT, replace(CAUGHT, code=0, failed=())).trouble


def test_names_are_read_out_of_pytests_summary() -> None:
    output = "FAILED tests/a.py::test_one[a b] - assert 1 == 2\nERROR tests/b.py::test_two\n..."
    assert _named(output, "FAILED") == ("tests/a.py::test_one[a b]",)
    assert _named(output, "ERROR") == ("tests/b.py::test_two",)
