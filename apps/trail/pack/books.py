"""What was signed of the books in the period, and the journal that another program reckons anew."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Q, QuerySet

from apps.exchange.exports.plain_text.ledger import plain_text
from apps.exchange.exports.writing import CHUNK
from apps.reconciliation.models import BooksProof
from apps.trail.pack.period import Period
from apps.trail.pack.tables import Row, Table
from apps.trail.pack.words import Words

OUTCOMES: Final = {True: "Both sides agree", False: "Differs", None: "Held against no books"}


def proofs(period: Period) -> "QuerySet[BooksProof]":
    """Of a comparison as of a day of the period, or of a month that ends in it."""
    days = (period.first_day, period.last_day)
    rows = BooksProof.objects.filter(
        Q(comparison__on__range=days) | Q(closed_month__last__range=days), company=period.company
    )
    return rows.order_by("pk")


def proof_name(key: int) -> str:
    return f"proofs/books-proof-{key}.json"


def signed(period: Period, words: Words) -> Iterator[Row]:
    rows = proofs(period).select_related("comparison__connection__grant", "closed_month")
    rows = rows.defer("comparison__found", "comparison__journal")
    for each in rows.iterator(chunk_size=1):  # each may be large
        yield (proof_name(each.pk), str(each), OUTCOMES[each.agrees],
               words.person(each.signed_by_id), each.signed_at, each.sha256, each.is_whole)  # fmt: skip


def contents(period: Period) -> Iterator[tuple[str, bytes]]:
    """(file, the bytes of which the checksum is told) of each, one at a time."""
    told = proofs(period).values_list("pk", "content")
    for key, content in told.iterator(chunk_size=1):
        yield proof_name(key), content.encode()


def journal_name(period: Period) -> str:
    return f"receivables-{period.last_day}.journal"


def journal(period: Period) -> Iterator[bytes]:
    """In pieces: a line at a time would be packed one by one."""
    buffer = bytearray()
    for line in plain_text(period.company, period.last_day, "journal"):
        buffer += line
        if len(buffer) >= CHUNK:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


PROOFS: Final = Table(
    name="proofs.csv",
    means=(
        "The books proofs that were signed of a day or month of the period: what they say, by whom and "
        "when they were signed, their checksum, and whether their content still comes to it. The content "
        "of each lies in the folder “proofs”; sha256sum of it is the checksum that was signed, and "
        "Tieout prints it as a PDF under “Books proofs”."
    ),
    headings=("File", "Proof of", "Outcome", "Signed by", "Signed (UTC)", "SHA-256",
              "Comes to its checksum"),
    rows=signed,
)  # fmt: skip
