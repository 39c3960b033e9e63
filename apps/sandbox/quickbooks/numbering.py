"""Document numbers: given when none is sent, refused when another document has them."""

from ..models import StoredObject
from . import faults
from .book import Book
from .kinds import Options

FIRST = 1001


def doc_number(
    book: Book, kind: str, sent: str | None, current: StoredObject | None, options: Options
) -> str:
    """The number a sale gets; an empty text where the company numbers by hand and sent none.

    The automatic number follows the highest plain number in use, sent ones included.
    """
    own = current.content.get("DocNumber", "") if current else ""
    by_hand = book.settings["custom_txn_numbers"]
    number = sent or (own if current and not by_hand else "")
    if not number:
        return "" if by_hand else _next_free(book, kind)
    if number != own and "allowduplicatedocnum" not in options.include:
        owner = book.number_owner(kind, number, current.object_id if current else None)
        if owner is not None:
            raise faults.Refused(
                "6140",
                f"You must specify a different number. This number has already been used. "
                f"DocNumber={number} is assigned to TxnType={owner.kind} with TxnId={owner.object_id}",
            )
    if number.isdigit() and len(number) < 12:
        following = max(book.company.sequences.get("doc", FIRST), int(number) + 1)
        book.company.sequences["doc"] = following
        book.sequences_moved = True
    return number


def _next_free(book: Book, kind: str) -> str:
    while True:
        number = str(book.next_of("doc", FIRST))
        if book.number_owner(kind, number, None) is None:
            return number
