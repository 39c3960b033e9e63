"""Every posting of a comparison, record by record, for a tool of somebody else to add up again."""

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Booked:
    """What one record put on accounts: by the account's key, in home currency, debit above nil."""

    day: date
    words: str
    postings: tuple[tuple[str, Decimal], ...]


class Journal:
    """Takes down postings as they are made, packed as they come: some forty bytes for a document."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._packed = io.BytesIO()
        self._file = gzip.GzipFile(fileobj=self._packed, mode="wb", mtime=0)
        self._day, self._words = today, ""
        self._postings: list[tuple[str, str]] = []

    def begin(self, day: date | None, words: str) -> None:
        """What is posted from here on is of this record; None: it bears no day of its own."""
        self._write()
        self._day, self._words = day or self._today, words

    def post(self, account: str, amount: Decimal) -> None:
        if amount:
            self._postings.append((account, f"{amount:f}"))

    def packed(self) -> bytes:
        """All of it; nothing can be posted afterwards."""
        self._write()
        self._file.close()
        return self._packed.getvalue()

    def _write(self) -> None:
        if self._postings:
            told = [self._day.isoformat(), self._words, self._postings]
            self._file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        self._postings = []


def entries_of(packed: bytes) -> Iterator[Booked]:
    """What was packed, an entry at a time."""
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        for line in file:
            day, words, postings = json.loads(line)
            yield Booked(
                date.fromisoformat(day),
                words,
                tuple((account, Decimal(amount)) for account, amount in postings),
            )
