"""What a person should look at before a document is frozen: nothing refuses it, much follows."""

from collections.abc import Iterator

from apps.billing.models import Document
from apps.billing.models.documents import TaxMode
from apps.sync.assemble.foresee import main_books


def doubts(document: Document) -> list[str]:
    """Sentences on lines without item or tax rate, each with what comes of it."""
    return [*_without_item(document), *_without_tax(document)]


def _without_item(document: Document) -> Iterator[str]:
    places = _places(document, "item_id")
    books = main_books(document.company_id) if places else None
    if books is None or not books.capabilities.item_on_every_amount:
        return
    through = document.company.plain_item
    if through is not None:
        yield f"{_lines(places)} no item, and would go to {books.system_name} as {through}."
    else:
        yield (
            f"{_lines(places)} no item. {books.system_name} takes no amount without one, so this "
            "cannot be issued. Choose an item, or set the item for lines without one in the "
            "company."
        )


def _without_tax(document: Document) -> Iterator[str]:
    places = [] if document.tax_mode == TaxMode.NONE else _places(document, "tax_rate_id")
    bears = document.lines.exclude(tax_rate=None)
    if places and bears.exists():
        yield (
            f"{_lines(places)} no tax rate, so no tax. Where that is meant, a rate such as "
            "zero or exempt says why."
        )


def _places(document: Document, field: str) -> list[int]:
    """Which lines with an amount lack it, counted from 1."""
    lines = document.lines.all()
    return [
        place
        for place, line in enumerate(lines, start=1)
        if line.net and getattr(line, field) is None
    ]


def _lines(places: list[int]) -> str:
    """“Line 3 has”, “Lines 2 and 3 have”."""
    if len(places) == 1:
        return f"Line {places[0]} has"
    *most, last = map(str, places)
    return f"Lines {', '.join(most)} and {last} have"
