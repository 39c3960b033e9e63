"""Their side of the journal: the program that takes files out of the folder, and confirms them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was handed over: its name, its head and its lines."""

    name: str
    head: dict[str, Any]
    lines: list[dict[str, Any]]

    @property
    def kind(self) -> str:
        return str(self.head["kind"])


class Office:
    """One folder, and what was booked out of it."""

    def __init__(self, root: Path, home: str = "GBP", name: str = "Journal Company") -> None:
        self.root = root
        for each in ("outbox", "confirmed"):
            (root / each).mkdir(parents=True, exist_ok=True)
        company = {"name": name, "country": "GB", "home_currency": home}
        (root / "company.json").write_text(json.dumps(company))
        self.booked: list[Entry] = []
        self.refused: list[Entry] = []
        self._done: set[str] = set()

    def handed_over(self, kind: str = "") -> list[Entry]:
        """Every file that was handed over, in the order in which they came."""
        files = sorted((self.root / "outbox").iterdir(), key=lambda each: each.stat().st_mtime_ns)
        found = []
        for file in files:
            head, *lines = map(json.loads, file.read_text().splitlines())
            found.append(Entry(file.stem, head, lines))
        return [each for each in found if kind in ("", each.kind)]

    def work(self, *, refuse: str = "", kind: str = "") -> list[Entry]:
        """Book what was handed over since, of a kind or all; with `refuse` for that reason nothing
        is booked. A number that stands there already is refused."""
        new = [each for each in self.handed_over(kind) if each.name not in self._done]
        for entry in new:
            self._done.add(entry.name)
            why = refuse or self._taken(entry)
            (self.refused if why else self.booked).append(entry)
            said = {"kind": entry.kind, "id": entry.head["id"], "booked": not why, "why": why}
            (self.root / "confirmed" / f"{entry.name}.jsonl").write_text(json.dumps(said) + "\n")
        return new

    def _taken(self, entry: Entry) -> str:
        """Why it is turned away; "" where nothing stands in its way."""
        number = entry.head.get("number")
        if number and any(
            (each.kind, each.head.get("number")) == (entry.kind, number)
            and each.head["id"] != entry.head["id"]
            for each in self.booked
        ):
            return f"{number} stands in the journal already."
        return ""
