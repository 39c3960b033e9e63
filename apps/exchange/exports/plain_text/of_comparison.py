"""What a comparison of both sides rests on, as a file of either program: the books proof.

Every posting of every record, by our rows and by what is theirs alone, and at the end what their own
trial balance says of each account: the program adds up, and refuses the file where both sides differ.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from apps.core.money import ZERO
from apps.exchange.exports.plain_text.entries import (
    OTHER_BOOKS,
    Account,
    Assertion,
    Books,
    Entry,
    Posting,
    account,
    part,
)
from apps.exchange.exports.plain_text.ledger import PROGRAMS
from apps.reconciliation.journal import Booked, entries_of
from apps.reconciliation.models import KeptComparison

# Both programs know an account by its root.
_ROOTS: Final = {
    "receivable": "Assets",
    "income": "Income",
    "tax": "Liabilities",
    "clearing": "Assets",
    "bank": "Assets",
    "other": "Expenses",
    "exchange": "Income",
    "theirs": "Equity",
}


def proof_of(kept: KeptComparison) -> Books:
    """Raises LookupError of a comparison that keeps no postings."""
    if kept.journal is None:
        raise LookupError(f"{kept} keeps no postings.")
    packed = bytes(kept.journal)
    home, accounts = kept.connection.company.home_currency, kept.found["accounts"]
    names = {
        each["account_id"]: account(_ROOTS[each["role"]], part(each["name"], place))
        for place, each in enumerate(accounts, start=1)
    }
    last = max((each.day for each in entries_of(packed)), default=kept.on)
    return Books(
        company=f"{kept.connection.company} and {kept.connection}",
        home=home,
        day=max(last, kept.on),
        entries=(_entry(each, names, home) for each in entries_of(packed)),
        assertions=iter(
            [
                Assertion(names[each["account_id"]], home, Decimal(each["theirs"]))
                for each in accounts
            ]
        ),
        title="Proof of the books",
    )


def proof_text(kept: KeptComparison, program: str) -> Iterator[bytes]:
    """The file in UTF-8, a line at a time; `program` is a key of `PROGRAMS`."""
    return (line.encode() for line in PROGRAMS[program](proof_of(kept)))


def _entry(entry: Booked, names: Mapping[str, Account], home: str) -> Entry:
    """What an entry of theirs puts on accounts that are not compared stands as one amount."""
    amounts: dict[Account, Decimal] = {}
    for key, amount in entry.postings:
        name = names.get(key, OTHER_BOOKS)
        amounts[name] = amounts.get(name, ZERO) + amount
    rest = -sum(amounts.values(), ZERO)
    if rest:
        amounts[OTHER_BOOKS] = amounts.get(OTHER_BOOKS, ZERO) + rest
    return Entry(
        day=entry.day,
        what=entry.words,
        who="",
        postings=tuple(Posting(name, amount, home, amount) for name, amount in amounts.items()),
    )
