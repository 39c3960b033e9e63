"""Lays rows of the bookkeeper's table out on live books, whatever ledger keeps them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.core.exceptions import ValidationError

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Deposit,
    Invoice,
    Payment,
    Refund,
)
from apps.connections.times import today_in
from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison
from apps.reconciliation.models import Question
from apps.reconciliation.questions.answering import answer
from tests.reconciliation.our_side import Stands
from tests.reconciliation.situations import Situation

# What a company's records are dated by.
DAYS: dict[Any, tuple[str, ...]] = {
    Invoice: ("issue_date",),
    CreditNote: ("issue_date",),
    Payment: ("date",),
    Adjustment: ("date",),
    Refund: ("date",),
    Deposit: ("date",),
    Allocation: ("date", "reversed_on"),
}


class Side(Protocol):
    system: str
    company: Any
    connection: Any

    def settle(self) -> None: ...

    def change(self) -> dict[str, Decimal]: ...

    def expected(self, posts: Any) -> dict[str, Decimal]: ...

    def stands(self) -> dict[str, Stands]:
        """By number, those that are not void."""
        ...


def faults_of(shop: Side, rows: list[Situation]) -> Iterator[str]:
    """What is not as the bookkeeper says, row by row: the journal that their trial balance moved
    by, what invoices stand at, and what the comparison says that it did not say before. One set of
    books for all of them: what refused the agreement of one row stays, and is not asked again."""
    known: set[str] = set()
    for row in rows:
        worked, cause = row.on(shop.system)
        refused: list[str] = []
        made = None
        try:
            made = row.do(shop)  # type: ignore[arg-type]  # whatever the row needs of it
        except ValidationError as refusal:
            refused = refusal.messages
        if row.fetched:
            shop.settle()
        moved, posts = shop.change(), shop.expected(worked)
        if moved != posts:
            yield f"{row.words}: booked {_plain(moved)}, not {_plain(posts)}"
        found = [*apart(shop), *refusals(compare(shop.connection))]
        said = [*refused, *(each for each in found if each not in known)]
        known.update(said)
        if not cause and said:
            yield f"{row.words}: they do not agree: {said}"
        if cause and not any(cause in each for each in said):
            yield f"{row.words}: nothing says {cause!r}: {said}"
        if cause:
            put_right(shop, row, made)
            shop.change()
            known.update(refusals(compare(shop.connection)))


def faults_together(shop: Side, rows: list[Situation]) -> Iterator[str]:
    """The same of all rows at once, by the sum of their journals: for ledgers on which no row is
    new. Which one a fault is of is told by `faults_of`."""
    worked: dict[str, Decimal] = {}
    refused: list[str] = []
    for row in rows:
        for word, amount in row.on(shop.system)[0].items():
            worked[word] = worked.get(word, Decimal(0)) + amount
        try:
            row.do(shop)  # type: ignore[arg-type]  # whatever the row needs of it
        except ValidationError as refusal:
            refused += refusal.messages
    for _ in range(3):
        shop.settle()
    moved, posts = shop.change(), shop.expected(worked)
    if moved != posts:
        yield f"booked {_plain(moved)}, not {_plain(posts)}"
    said = [*refused, *apart(shop), *refusals(compare(shop.connection))]
    causes = {cause for _, cause in (row.on(shop.system) for row in rows) if cause}
    if said and not causes:
        yield f"they do not agree: {said}"
    for cause in causes:
        if not any(cause in each for each in said):
            yield f"nothing says {cause!r}: {said}"


def refused_for(found: Comparison, cause: str) -> bool:
    asked = {each.cause for each in found.questions}
    said = [*found.differences, *found.doubles, *found.only_here]
    return cause in asked or any(cause in sentence for sentence in said)


def put_right(shop: Any, situation: Situation, made: object) -> None:
    if situation.mend is not None:
        situation.mend(shop, made)
        shop.settle()
        return
    for question in Question.objects.filter(standing=True, answer=""):
        answer(
            question, Question.Answer.RIGHT, user_id=shop.fay.pk, reason="Looked at the vouchers"
        )


def refusals(found: Comparison) -> list[str]:
    named = [*found.differences, *found.doubles, *found.only_here]
    return [*named, *(f"{each.cause}: {each.sentence}" for each in found.questions)]


def apart(shop: Side) -> Iterator[str]:
    """Invoices of ours in their books at another total, or open there for another amount."""
    theirs = shop.stands()
    for each in Invoice.objects.filter(company=shop.company, status=Invoice.Status.ISSUED):
        own = theirs.get(str(each.number))
        if own is not None and own != Stands(each.total, each.balance_due):
            ours = f"{each.total} of which {each.balance_due} are due"
            yield f"invoice {each.number}: {ours}, not {own.total} and {own.due}"


def refused_on_days(shop: Any) -> Iterator[str]:
    """Of books that agree now: why they do not as of a day, of all days on which anything happened."""
    first = shop.connection.starts_on
    days: set[date] = set()
    for model, names in DAYS.items():
        for row in model.objects.filter(company=shop.company).values_list(*names):
            days.update(each for each in row if each is not None)
    for day in sorted(each for each in days if first <= each <= today_in(shop.company)):
        found = compare(shop.connection, as_of=day)
        yield from (f"{day}: {each}" for each in found.refusals)


def _plain(posts: dict[str, Decimal]) -> str:
    return ", ".join(f"{word} {amount}" for word, amount in sorted(posts.items())) or "nothing"
