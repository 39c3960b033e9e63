"""A proof of real books: what a comparison of the simulated ledger found, signed, and told by its page."""

from decimal import Decimal
from typing import Any

import pytest

from apps.reconciliation import keeping
from apps.reconciliation.models import BooksProof, KeptComparison
from apps.reconciliation.proof.sections import Part, lay
from apps.reconciliation.proof.signing import sign
from tests.books import Books
from tests.sync.conftest import begun, books, invoice, ledger  # noqa: F401 # fixtures
from tests.sync.theirs import pay_there, their_id

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def signed(books: Books) -> BooksProof:  # noqa: F811
    asked = keeping.ask(books.connection, books.fay.pk)
    kept = keeping.carry_out(asked.pk)
    assert kept is not None
    return sign(KeptComparison.objects.get(pk=kept.pk), "Known", by=books.fay.pk)


def part(proof: BooksProof) -> Part:
    [found] = lay(proof.told, proof.sha256).parts
    return found


def rows(proof: BooksProof, title: str) -> list[tuple[str, ...]]:
    return [
        row.cells
        for section in part(proof).sections
        if section.title.startswith(title)
        for row in section.rows
    ]


def amount(cell: str) -> Decimal:
    return Decimal(cell.split()[0].replace(",", ""))


def test_what_differs_there_is_told_with_both_sides_and_adds_up(
    books: Books,  # noqa: F811
    invoice: Any,  # noqa: F811
) -> None:
    """Over there somebody makes 120.00 of an invoice over 100.00, and takes 40.00 for it."""
    pay_there(books, invoice)
    books.run()
    agreed = signed(books)
    assert part(agreed).verdict == "Both sides agree"
    assert rows(agreed, "Differences") == []
    sums = rows(agreed, "Documents and money")
    assert ("Payments", "Amount") in [cells[:2] for cells in sums]
    assert {amount(cells[-1]) for cells in sums} == {0}

    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=120)
    differs = signed(books)
    assert part(differs).verdict == "Both sides do not agree"
    told = {cells[1]: cells for cells in rows(differs, "Differences")}
    [total] = [
        cells for sentence, cells in told.items() if ": total is 100.00 GBP here" in sentence
    ]
    assert (total[0], *total[3:]) == ("Amount", "100.00 GBP", "120.00 GBP", "20.00 GBP")
    assert all(cells[2] != "–" for cells in told.values())  # each was found in its row

    sums = rows(differs, "Documents and money")
    assert {cells[1]: amount(cells[4]) for cells in sums if amount(cells[4])} == {
        "Net": 20, "Total": 20, "Home total": 20, "Balance due": 20,
    }  # fmt: skip
    assert {amount(cells[-1]) for cells in sums} == {0}  # all of it is named below
    [receivable] = [cells for cells in rows(differs, "Accounts") if "Receivable" in cells[0]]
    assert [amount(cell) for cell in receivable[3:]] == [20, 0, 20]
    # The first one says what it said.
    assert part(BooksProof.objects.get(pk=agreed.pk)).verdict == "Both sides agree"
