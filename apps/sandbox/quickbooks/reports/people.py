"""Rows by customer, sub-customers under the one they belong to."""

from collections.abc import Callable

from ..book import Book
from . import frame
from .frame import Json
from .receivables import names

# A customer's id -> its figures, one a money column.
Figures = dict[int, list[int]]


def by_customer(book: Book, figures: Figures, *, backwards: bool = False) -> list[Json]:
    """Customers with figures by name; a parent with such children is a section with its own total."""
    if book.settings["sub_customer_rows"] == "flat":
        called = names(book)
        ordered = sorted(figures, key=lambda one: called[one], reverse=backwards)
        return [line(called[one], one, figures[one]) for one in ordered]
    tree = Tree(book, figures, backwards)
    return [row for top in tree.children(None) for row in tree.rows(top)]


class Tree:
    def __init__(self, book: Book, figures: Figures, backwards: bool) -> None:
        self.figures = figures
        self.backwards = backwards
        self.customers = {one.object_id: one.content for one in book.everything("Customer")}
        self.width = len(next(iter(figures.values()), []))

    def children(self, parent: int | None) -> list[int]:
        found = [
            one
            for one, content in self.customers.items()
            if (int(content["ParentRef"]["value"]) if "ParentRef" in content else None) == parent
        ]
        return sorted(found, key=self.name, reverse=self.backwards)

    def name(self, identity: int) -> str:
        return str(self.customers[identity]["DisplayName"])

    def rows(self, identity: int) -> list[Json]:
        """Nothing, a row, or a section with the rows of those below it."""
        own = self.figures.get(identity)
        below = [row for child in self.children(identity) for row in self.rows(child)]
        if not below:
            return [line(self.name(identity), identity, own)] if own else []
        header = written(own, frame.money) if own else [""] * self.width
        summary = written(self.sums(identity), frame.total)
        return [
            {
                "Header": {
                    "ColData": frame.cells(self.name(identity), *header, identity=str(identity))
                },
                "Rows": {"Row": below},
                "Summary": {"ColData": frame.cells(f"Total {self.name(identity)}", *summary)},
                "type": "Section",
            }
        ]

    def sums(self, identity: int) -> list[int]:
        """A customer's figures and those of all below it."""
        parts = [self.figures.get(identity) or [0] * self.width]
        parts += [self.sums(child) for child in self.children(identity)]
        return [sum(column) for column in zip(*parts, strict=True)]


def line(name: str, identity: int, figures: list[int]) -> Json:
    values = written(figures, frame.money)
    return {"ColData": frame.cells(name, *values, identity=str(identity))}


def written(figures: list[int], how: Callable[[int], str]) -> list[str]:
    return [how(one) for one in figures]


def grand_total(figures: Figures, width: int) -> Json:
    sums = [sum(column) for column in zip(*figures.values(), strict=True)] or [0] * width
    return frame.total_row("TOTAL", *(frame.total(one) for one in sums))
