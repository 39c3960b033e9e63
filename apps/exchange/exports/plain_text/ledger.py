"""The receivables of a company as of a day, as a file of either program."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from apps.billing.models import Company
from apps.exchange.exports.plain_text import beancount, hledger
from apps.exchange.exports.plain_text.entries import Books
from apps.exchange.exports.plain_text.posting import Poster
from apps.exchange.exports.plain_text.proof import assertions

# By the end of the file's name.
PROGRAMS: Final[dict[str, Callable[[Books], Iterator[str]]]] = {
    "journal": hledger.lines,
    "beancount": beancount.lines,
}


def books(company: Company, day: date) -> Books:
    """Read as they are written down: nothing is held but what each allocation has left."""
    poster = Poster(company, day)
    return Books(
        company=company.legal_name,
        home=company.home_currency,
        day=day,
        entries=poster.entries(),
        assertions=assertions(company, day, is_cut=lambda: poster.is_cut),
    )


def plain_text(company: Company, day: date, program: str) -> Iterator[bytes]:
    """The file in UTF-8, a line at a time; `program` is a key of `PROGRAMS`."""
    return (line.encode() for line in PROGRAMS[program](books(company, day)))
