"""Rows of one file that are the same record: the first of them is meant."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence

from apps.exchange.imports.records.reading import ReadRecord

Keys = Callable[[ReadRecord], Sequence[tuple[str, tuple[str, str]]]]
ONE_WORD = 2**63 - 1


class Once:
    """Marks what stands in the file twice. `keys` are those of which a record shares none with another,
    each with how staff call it ("code"). Holds two numbers a row and one a key, whatever the rows tell."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._rows: dict[int, int] = {}
        self._seen = array("q")  # by the order in which they came, what they told, as one number
        self._numbers = array("q")

    def rows(self, records: Iterable[ReadRecord]) -> Iterator[ReadRecord]:
        for each in records:
            if not each.trouble and each.left_out is None:
                self._mark(each)
            yield each

    def _mark(self, record: ReadRecord) -> None:
        told = hash(tuple(record.told.items())) & ONE_WORD
        keys = [(words, hash(key)) for words, key in self._keys(record)]
        for words, key in keys:
            place = self._rows.get(key)
            if place is None:
                continue
            row = self._numbers[place]
            if self._seen[place] == told:
                record.same_as = row
            else:
                record.trouble = f"row {row} has this {words} too, and says something else. Leave one of the two out"
            return
        for _, key in keys:
            self._rows[key] = len(self._numbers)
        self._seen.append(told)
        self._numbers.append(record.row)


def in_portions(records: Iterable[ReadRecord], size: int) -> Iterator[Sequence[ReadRecord]]:
    portion: list[ReadRecord] = []
    for each in records:
        portion.append(each)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
