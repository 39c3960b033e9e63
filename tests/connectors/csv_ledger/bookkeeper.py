"""Their side of a CSV ledger: a bookkeeper who imports the files, and says what became of each row.

Knows the files by their headings alone, and nothing of the connector.
"""

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

KEY = {
    "customers": "Customer",
    "items": "Item",
    "invoices": "Number",
    "credit-notes": "Number",
    "payments": "Payment",
    "allocations": "Allocation",
}
WORDS = {
    "customers": "Customer",
    "items": "Item",
    "invoices": "Invoice",
    "credit-notes": "Credit note",
    "payments": "Payment",
    "allocations": "Allocation",
}
AMOUNT = {
    "invoices": "Document total",
    "credit-notes": "Document total",
    "payments": "Amount",
    "allocations": "Amount",
}


@dataclass
class Entry:
    """A record of a file: its rows, and what they come to."""

    holds: str
    number: str
    rows: list[dict[str, str]]
    file: str

    @property
    def amount(self) -> Decimal | None:
        column = AMOUNT.get(self.holds)
        return Decimal(self.rows[0][column]) if column else None


@dataclass
class Bookkeeper:
    """`files` are those that came, by name, as (what it holds, bytes)."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    booked: list[Entry] = field(default_factory=list)
    void: set[tuple[str, str]] = field(default_factory=set)
    done: set[str] = field(default_factory=set)

    def take(self, name: str, holds: str, content: bytes) -> None:
        assert self.files.setdefault(name, (holds, content)) == (holds, content), name

    def entries(self, holds: str = "") -> list[Entry]:
        """What stands in the files, in their order."""
        found = []
        for name, (of, content) in self.files.items():
            if of in KEY and holds in ("", of):
                rows: dict[str, list[dict[str, str]]] = defaultdict(list)
                for row in rows_of(content):
                    rows[row[KEY[of]]].append(row)
                found += [Entry(of, number, each, name) for number, each in rows.items()]
        return found

    def told_by_hand(self) -> list[dict[str, str]]:
        return [
            row
            for of, content in self.files.values()
            if of == "by-hand"
            for row in rows_of(content)
        ]

    def void_there(self) -> set[tuple[str, str]]:
        """What they were told to void, as (record, number)."""
        return {
            (row["Record"], row["Number"]) for row in self.told_by_hand() if row["Act"] == "Void"
        }

    def work(self, holds: str = "", refuse: str = "") -> list[dict[str, str]]:
        """Book what came since, of one kind or all; a row for each record: what became of it."""
        said = []
        for name in list(self.files):
            of, content = self.files[name]
            if name in self.done or holds not in ("", of):
                continue
            self.done.add(name)
            if of == "by-hand":
                for row in rows_of(content):
                    if not refuse and row["Act"] == "Void":
                        self.void.add((row["Record"], row["Number"]))
                    said.append(answer(row["Record"], row["Number"], refuse, file=name))
                continue
            for entry in self.entries(of):
                if entry.file == name:
                    if not refuse:
                        self.booked.append(entry)
                    said.append(
                        answer(WORDS[of], entry.number, refuse, file=name, amount=entry.amount)
                    )
        return said


def answer(
    record: str, number: str, refuse: str, *, file: str, amount: Decimal | None = None
) -> dict[str, str]:
    return {
        "File": file,
        "Record": record,
        "Ledger number": "" if refuse else f"L-{number}",
        "Number": number,
        "Result": "refused" if refuse else "accepted",
        "Reason": refuse,
        "Amount": "" if amount is None else f"{amount:f}",
    }


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def as_csv(rows: list[dict[str, str]]) -> bytes:
    into = io.StringIO(newline="")
    writer = csv.DictWriter(into, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return into.getvalue().encode()
