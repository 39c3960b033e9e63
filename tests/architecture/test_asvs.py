"""docs/asvs is whole: each requirement of OWASP ASVS 5.0.0, levels 1 and 2, once, with a verdict, and beside
it a proof that exists. Numbers and levels are facts of the standard and stand here."""

import ast
import re
from collections import Counter
from functools import cache
from typing import NamedTuple

import pytest

from tests.architecture.source import ROOT

# By section: how many requirements it has; then those of level 3, which are left out, and of level 1.
SECTIONS = {
    "1.1": 2, "1.2": 10, "1.3": 12, "1.4": 3, "1.5": 3,
    "2.1": 3, "2.2": 3, "2.3": 5, "2.4": 2,
    "3.1": 1, "3.2": 3, "3.3": 5, "3.4": 8, "3.5": 8, "3.6": 1, "3.7": 5,
    "4.1": 5, "4.2": 5, "4.3": 2, "4.4": 4,
    "5.1": 1, "5.2": 6, "5.3": 3, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2,
    "8.1": 4, "8.2": 4, "8.3": 3, "8.4": 2,
    "9.1": 3, "9.2": 4,
    "10.1": 2, "10.2": 3, "10.3": 5, "10.4": 16, "10.5": 5, "10.6": 2, "10.7": 3,
    "11.1": 4, "11.2": 5, "11.3": 5, "11.4": 4, "11.5": 2, "11.6": 2, "11.7": 2,
    "12.1": 5, "12.2": 2, "12.3": 5,
    "13.1": 4, "13.2": 6, "13.3": 4, "13.4": 7,
    "14.1": 2, "14.2": 8, "14.3": 3,
    "15.1": 5, "15.2": 5, "15.3": 7, "15.4": 4,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4,
    "17.1": 2, "17.2": 8, "17.3": 2,
}  # fmt: skip
LEVEL_3 = [
    "1.2.10",
    "1.3.12",
    "1.5.3",
    "2.3.5",
    "2.4.2",
    "3.1.1",
    "3.2.3",
    "3.3.5",
    "3.4.7",
    "3.4.8",
    "3.5.6",
    "3.5.7",
    "3.5.8",
    "3.6.1",
    "3.7.3",
    "3.7.4",
    "3.7.5",
    "4.1.4",
    "4.1.5",
    "4.2.2",
    "4.2.3",
    "4.2.4",
    "4.2.5",
    "5.2.4",
    "5.2.5",
    "5.2.6",
    "5.3.3",
    "6.3.5",
    "6.3.6",
    "6.3.7",
    "6.3.8",
    "6.4.5",
    "6.4.6",
    "6.5.6",
    "6.5.7",
    "6.5.8",
    "6.6.4",
    "6.7.1",
    "6.7.2",
    "7.5.3",
    "8.1.3",
    "8.1.4",
    "8.2.4",
    "8.3.2",
    "8.3.3",
    "8.4.2",
    "10.2.3",
    "10.3.5",
    "10.4.12",
    "10.4.13",
    "10.4.14",
    "10.4.15",
    "10.4.16",
    "11.1.3",
    "11.1.4",
    "11.2.4",
    "11.2.5",
    "11.3.4",
    "11.3.5",
    "11.5.2",
    "11.6.2",
    "11.7.1",
    "11.7.2",
    "12.1.4",
    "12.1.5",
    "12.3.5",
    "13.1.2",
    "13.1.3",
    "13.1.4",
    "13.2.6",
    "13.3.3",
    "13.3.4",
    "13.4.6",
    "13.4.7",
    "14.2.5",
    "14.2.6",
    "14.2.7",
    "14.2.8",
    "15.1.4",
    "15.1.5",
    "15.2.4",
    "15.2.5",
    "15.4.1",
    "15.4.2",
    "15.4.3",
    "15.4.4",
    "16.5.4",
    "17.1.2",
    "17.2.5",
    "17.2.6",
    "17.2.7",
    "17.2.8",
]
LEVEL_1 = [
    "1.2.1",
    "1.2.2",
    "1.2.3",
    "1.2.4",
    "1.2.5",
    "1.3.1",
    "1.3.2",
    "1.5.1",
    "2.1.1",
    "2.2.1",
    "2.2.2",
    "2.3.1",
    "3.2.1",
    "3.2.2",
    "3.3.1",
    "3.4.1",
    "3.4.2",
    "3.5.1",
    "3.5.2",
    "3.5.3",
    "4.1.1",
    "4.4.1",
    "5.2.1",
    "5.2.2",
    "5.3.1",
    "5.3.2",
    "6.1.1",
    "6.2.1",
    "6.2.2",
    "6.2.3",
    "6.2.4",
    "6.2.5",
    "6.2.6",
    "6.2.7",
    "6.2.8",
    "6.3.1",
    "6.3.2",
    "6.4.1",
    "6.4.2",
    "7.2.1",
    "7.2.2",
    "7.2.3",
    "7.2.4",
    "7.4.1",
    "7.4.2",
    "8.1.1",
    "8.2.1",
    "8.2.2",
    "8.3.1",
    "9.1.1",
    "9.1.2",
    "9.1.3",
    "9.2.1",
    "10.4.1",
    "10.4.2",
    "10.4.3",
    "10.4.4",
    "10.4.5",
    "11.3.1",
    "11.3.2",
    "11.4.1",
    "12.1.1",
    "12.2.1",
    "12.2.2",
    "13.4.1",
    "14.2.1",
    "14.3.1",
    "15.1.1",
    "15.2.1",
    "15.3.1",
]
VERDICTS = {"met", "installation", "not met", "does not apply"}


class Row(NamedTuple):
    number: str
    level: int
    asks: str
    verdict: str
    how: str
    proofs: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    found = []
    for path in sorted((ROOT / "docs/asvs").glob("V*.md")):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("| V"):
                number, level, asks, verdict, how, proof = (
                    each.strip() for each in line.strip("|").split("|")
                )
                assert path.stem == f"V{int(number[1:].split('.')[0]):02}", (
                    f"{number} in {path.name}"
                )
                found.append(
                    Row(
                        number[1:],
                        int(level),
                        asks,
                        verdict,
                        how,
                        tuple(re.findall(r"`([^`]+)`", proof)),
                    )
                )
    return tuple(found)


def wanted() -> dict[str, int]:
    """Level by number."""
    numbers = (f"{of}.{each}" for of, most in SECTIONS.items() for each in range(1, most + 1))
    return {each: 1 if each in LEVEL_1 else 2 for each in numbers if each not in LEVEL_3}


def test_the_list_is_that_of_the_standard() -> None:
    """345 requirements: 70 of level 1, 183 of level 2, 92 of level 3."""
    levels = Counter(wanted().values())
    assert (sum(SECTIONS.values()), levels[1], levels[2], len(LEVEL_3)) == (345, 70, 183, 92)


def test_each_requirement_stands_once_with_its_level() -> None:
    assert [
        each for each, times in Counter(row.number for row in rows()).items() if times > 1
    ] == []
    assert {row.number: row.level for row in rows()} == wanted()


def test_each_has_a_verdict_its_reason_and_a_proof() -> None:
    assert [row.number for row in rows() if row.verdict not in VERDICTS] == []
    assert [row.number for row in rows() if not row.asks or not row.how] == []
    bare = [
        row.number for row in rows() if row.verdict in ("met", "installation") and not row.proofs
    ]
    assert bare == []


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def stands(proof: str) -> bool:
    """A test of a file, a line of `.ci/run`, or a heading of a page."""
    if proof.startswith(".ci/run: "):
        return proof.removeprefix(".ci/run: ") in (ROOT / ".ci/run").read_text("utf-8")
    path, sign, name = (
        re.split(r"(::|#)", proof, maxsplit=1) if re.search("::|#", proof) else (proof, "", "")
    )
    if not (ROOT / path).is_file():
        return False
    if sign == "::":
        return name.startswith("test_") and name in names_in(path)
    return (
        sign == "#"
        and re.search(rf"^#+ {re.escape(name)}$", (ROOT / path).read_text("utf-8"), re.M)
        is not None
    )


def test_each_proof_stands_where_it_is_said_to() -> None:
    assert sorted({each for row in rows() for each in row.proofs if not stands(each)}) == []


@pytest.mark.parametrize(
    "proof",
    ["tests/architecture/test_asvs.py::test_nothing", "tests/nothing.py::test_x", ".ci/run: rm x",
     "docs/words.md#Nothing", "docs/words.md", "tests/architecture/test_asvs.py::stands"],
)  # fmt: skip
def test_a_proof_that_is_not_there_would_be_found(proof: str) -> None:
    assert not stands(proof)


def test_the_page_of_all_counts_them() -> None:
    text = (ROOT / "docs/asvs/README.md").read_text("utf-8")
    counted = Counter(row.verdict for row in rows())
    together = " | ".join(
        str(counted[each]) for each in ("met", "installation", "not met", "does not apply")
    )
    assert f"| together | {together} |" in text
    named = re.findall(r"V(\d+\.\d+\.\d+)", text)
    assert sorted(named) == sorted(row.number for row in rows() if row.verdict == "not met")
