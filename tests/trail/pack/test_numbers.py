"""What the numbers of a series say, without a database."""

from collections.abc import Iterator

import pytest

from apps.billing.models import NumberGap
from apps.trail.pack.numbers import Found


def found(counters: str, *, gaps: tuple[tuple[int, int], ...] = (), last: int = 0) -> Found:
    """`"1 2 2 4d"`: two documents bear 2, a draft bears 4."""

    def told() -> Iterator[tuple[int, str, str]]:
        for each in counters.split():
            digits = each.removesuffix("d")
            yield int(digits), f"INV-{digits}", "draft" if each != digits else "issued"

    kept = [NumberGap(first=first, last=end) for first, end in gaps]
    read = Found(kept, last)
    read.read(told())
    return read


@pytest.mark.parametrize(
    ("counters", "gaps", "last", "missing"),
    [
        ("1 2 3", (), 3, []),
        ("", (), 3, [(1, 3)]),
        ("2 5", (), 6, [(1, 1), (3, 4), (6, 6)]),
        ("1 6", ((2, 5),), 6, []),
        ("1 9", ((3, 4), (6, 7)), 9, [(2, 2), (5, 5), (8, 8)]),
        ("1", ((2, 5),), 7, [(6, 7)]),
        ("1 2 90", (), 3, [(3, 3)]),  # 90 came with its document
        ("2000000000", (), 2_000_000_000, [(1, 1_999_999_999)]),
    ],
)
def test_what_neither_a_document_nor_a_skip_explains_is_missing(
    counters: str, gaps: tuple[tuple[int, int], ...], last: int, missing: list[tuple[int, int]]
) -> None:
    assert found(counters, gaps=gaps, last=last).missing == missing


def test_first_last_twice_skipped_and_drafts_are_told() -> None:
    read = found("3 4 4 6 7d 9 9 9", gaps=((6, 6),), last=9)
    assert (read.first, read.last, read.count) == (3, 9, 8)
    assert read.twice == [["INV-4", "INV-4"], ["INV-9", "INV-9", "INV-9"]]
    assert (read.skipped_and_used, read.drafts) == (["INV-6"], ["INV-7"])
