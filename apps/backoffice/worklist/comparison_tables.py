"""What a comparison found, as tables for a file: what differs, and the figures of both sides.

A comparison keeps sentences for good, with what each knows. What became of each since, and what to do
about it, is told as it is now.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.backoffice.ledgers.status import KIND_WORDS, their_label
from apps.backoffice.worklist.remedies import Apart, remedies
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from apps.core.money import ZERO
from apps.exchange.exports.cells import Cell, Money
from apps.exchange.exports.writing import Row
from apps.reconciliation.figures import TOTALS
from apps.reconciliation.keeping import LISTS, in_words, words_of_day
from apps.reconciliation.models import Difference, KeptComparison, Question, ReviewItem
from apps.reconciliation.proof.sums import sums_of
from apps.reconciliation.review.causes import key_of
from apps.reconciliation.shelf_of_ours import PORTION, beside
from apps.sync.models import RemoteRecord, rows_of
from apps.sync.wording import day

DIFFERS: Final = ("differences", "doubles", "only_here")
ASKED: Final = {"questions": "Questions to be answered", "answered": "Answered"}
NO_FIGURE: Final = ("",) * 9  # of a sentence that names no figure
BLOCKS_NOT: Final = "Listed; both sides may agree with it"
AMOUNT: Final = re.compile(r"(-?[\d,]+(?:\.\d+)?) ([A-Z]{3})")
Place = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A sentence of a comparison with what is known of it; `row` is the one that lasts, if any."""

    sentence: str
    listed: str = ""
    why: str = ""  # its label
    ours: tuple[tuple[str, int], ...] = ()
    theirs: tuple[tuple[str, str], ...] = ()
    figure: str = ""
    here: str = ""
    there: str = ""
    amount: Decimal | None = None
    currency: str = ""
    row: Difference | None = None

    @property
    def place(self) -> Place:
        return (self.why, self.ours, self.theirs, self.figure)

    @property
    def may_stand(self) -> bool:
        """Whether something may still have to be done about it."""
        return bool(self.why) and (self.row is None or self.row.stands)

    @property
    def apart(self) -> Apart:
        return Apart(self.why, self.ours, self.theirs)


# --- what differs ---------------------------------------------------------------------------------


def of_differences() -> list[str]:
    return [
        *("List", "Why", "Kind", "Record here", "Record there", "Figure", "Here", "There"),
        *("Theirs less ours", "Currency", "In words", "What to do", "State"),
    ]


def differences(kept: KeptComparison) -> Iterator[Row]:
    """First what keeps both sides from agreeing, with questions; then what is only listed."""
    told = _differing(kept)
    stands = [place for place, each in enumerate(told) if each.may_stand]
    asked = (told[place].apart for place in stands)
    to_do = dict(zip(stands, remedies(kept.connection, asked), strict=True))
    names, left_out = _names(kept, told), _left_out(kept)
    for place, each in enumerate(told):
        yield [
            each.listed,
            each.why,
            KIND_WORDS.get(each.ours[0][0], "") if each.ours else "",
            ", ".join(names.get(one, "") for one in each.ours),
            ", ".join(names.get(one) or " ".join(one) for one in each.theirs),
            each.figure,
            _amount(each.here),
            _amount(each.there),
            None if each.amount is None else Money(each.amount, each.currency),
            each.currency,
            each.sentence,
            to_do.get(place, ""),
            _state(each, kept, left_out),
        ]
    yield from _questions(kept)
    for name, words in LISTS.items():
        if name not in DIFFERS:
            for sentence in kept.found.get(name, ()):
                yield [words, *NO_FIGURE, sentence, "", BLOCKS_NOT]


def _differing(kept: KeptComparison) -> list[Told]:
    """Each sentence with what it knows: kept with it, or by its row where it was kept without."""
    rows = _rows(kept)
    by_place = {each.place: each for each in map(_of_row, rows)}
    by_sentence = {each.sentence: each for each in by_place.values()}
    known = {each["sentence"]: _of_finding(each) for each in kept.found.get("findings", ())}
    found = []
    for name, words in LISTS.items():
        for sentence in kept.found.get(name, ()) if name in DIFFERS else ():
            told = known.get(sentence) or by_sentence.get(sentence) or Told(sentence=sentence)
            row = told.row or getattr(by_place.get(told.place), "row", None)
            found.append(replace(told, listed=words, row=row))
    return found


def _rows(kept: KeptComparison) -> QuerySet[Difference]:
    """Differences that stood when it was made; of an earlier day there are none."""
    if not kept.of_now:
        return Difference.objects.none()
    stood = Q(ended_at=None) | Q(ended_at__gt=kept.asked_at)
    rows = Difference.objects.filter(stood, connection=kept.connection_id)
    return rows.filter(found_at__lte=kept.ended_at or timezone.now()).order_by("found_at", "pk")


def _of_row(row: Difference) -> Told:
    return Told(
        sentence=row.sentence,
        why=row.get_why_display(),
        ours=_pairs(row.ours),
        theirs=_pairs(row.theirs),
        figure=row.figure,
        here=row.here,
        there=row.there,
        amount=row.amount,
        currency=row.currency,
        row=row,
    )


def _of_finding(known: Mapping[str, Any]) -> Told:
    return Told(
        sentence=known["sentence"],
        why=known["why"],
        ours=_pairs(known.get("ours", ())),
        theirs=_pairs(known.get("theirs", ())),
        figure=known["figure"],
        here=known["here"],
        there=known["there"],
        amount=Decimal(known["amount"]) if known["amount"] else None,
        currency=known["currency"],
    )


def _pairs(listed: Iterable[Sequence[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple((one, key) for one, key in listed)


def _names(kept: KeptComparison, told: Iterable[Told]) -> Mapping[tuple[str, Any], str]:
    """What each record of either side is called: a query for each kind."""
    found: dict[tuple[str, Any], str] = {}
    ours: dict[str, set[int]] = defaultdict(set)
    theirs: dict[str, set[str]] = defaultdict(set)
    for each in told:
        for kind, key in each.ours:
            ours[kind].add(key)
        for kind, remote_id in each.theirs:
            theirs[kind].add(remote_id)
    for kind, keys in ours.items():
        rows = rows_of(Kind(kind)).prefetch_related(*beside(Kind(kind))).in_bulk(keys)
        found |= {(kind, key): str(row) for key, row in rows.items()}
    objects = RemoteRecord.objects.filter(connection=kept.connection_id, part="")
    for kind, ids in theirs.items():
        waiting = iter(ids)
        while portion := list(islice(waiting, PORTION)):
            named = objects.filter(kind=kind, remote_id__in=portion).defer("packed_raw")
            found |= {(kind, row.remote_id): their_label(row) for row in named}
    return found


def _left_out(kept: KeptComparison) -> Mapping[str, str]:
    """By the review's key of a difference, why somebody left it out there."""
    rows = ReviewItem.objects.filter(
        company=kept.connection.company_id, kind="difference", standing=True
    ).exclude(ended_by=None)
    return {row.key: row.reason for row in rows}


def _state(each: Told, kept: KeptComparison, left_out: Mapping[str, str]) -> str:
    if not kept.of_now:
        return f"Differs {words_of_day(kept)}"
    if each.row is None:
        return f"Differed on {kept.on:%-d %b %Y}"
    if each.row.ended_at is not None:
        return f"Differs no more since {_day(each.row.ended_at)}"
    stands = f"Differs since {_day(each.row.found_at)}"
    reason = left_out.get(key_of(each.row))
    return stands if reason is None else f"{stands}; left out of the review: {reason}"


def _questions(kept: KeptComparison) -> Iterator[Row]:
    """What it asked and what it found answered, with what became of each."""
    rows = Question.objects.filter(connection=kept.connection_id).select_related("answered_by")
    known = {str(row): row for row in rows}
    known |= {in_words(row): row for row in known.values() if row.answer}
    for name, words in ASKED.items():
        for sentence in kept.found.get(name, ()):
            row = known.get(sentence)
            if row is None:
                yield [words, *NO_FIGURE, sentence, "", ASKED[name]]
                continue
            kind = KIND_WORDS.get(str(row.ours[0][0]), "") if row.ours else ""
            amount = Money(row.amount, row.currency) if row.amount is not None else None
            heads = [words, row.get_cause_display(), kind, "", "", "", "", ""]
            yield [*heads, amount, row.currency, row.sentence, _remedy(row), _answered(row)]


def _remedy(row: Question) -> str:
    return row.remedy if row.is_open else ""


def _answered(row: Question) -> str:
    if not row.answer:
        return "To be answered" if row.is_open else "Settled by itself"
    return f"{row.get_answer_display()}: {row.reason} ({row.answered_by}, {_day(row.answered_at)})"


def _day(at: datetime | None) -> str:
    return "–" if at is None else f"{timezone.localtime(at):%-d %b %Y}"


def _amount(shown: str) -> Cell:
    """A figure where it is one, so that a spreadsheet adds it up; else the words."""
    found = AMOUNT.fullmatch(shown)
    if found is None:
        return shown
    return Money(Decimal(found[1].replace(",", "")), found[2])


# --- figures --------------------------------------------------------------------------------------


def of_figures() -> list[str]:
    return ["Part", "What", "Currency", "Here", "Explained", "There", "Difference", "Unexplained"]


def figures(kept: KeptComparison) -> Iterator[Row]:
    """Sums of documents and money, accounts, and each receivable with what explains it; each figure
    theirs less ours, an account or a receivable debit above nil."""
    found, home = kept.found, kept.connection.company.home_currency
    for each in sums_of(found.get("sums", {}), home):
        yield _line("Documents and money", each.words, each.currency, each.ours, each.theirs)
    for account in found.get("accounts", ()):
        ours, theirs, explained = (
            Decimal(account[name]) for name in ("ours", "theirs", "explained")
        )
        yield _line("Accounts", account["name"], home, ours, theirs, explained)
    for total in found.get("totals", ()):
        currency = total["currency"]
        part = f"{TOTALS[ControlTotal(total['total'])]} in {currency}"
        by = [Decimal(each["amount"]) for each in total["explanations"]]
        ours, theirs = Decimal(total["ours"]), Decimal(total["theirs"])
        yield _line(
            part,
            f"At the end of {day(date.fromisoformat(total['on']))}",
            currency,
            ours,
            theirs,
            sum(by, ZERO),
        )
        for each, amount in zip(total["explanations"], by, strict=True):
            money = Money(amount, currency)
            yield [f"{part}: explained", each["sentence"], currency, None, money, None, None, None]


def _line(
    part: str,
    what: str,
    currency: str,
    ours: Decimal,
    theirs: Decimal,
    explained: Decimal | None = None,
) -> Row:
    apart = theirs - ours
    cells = (ours, explained, theirs, apart, apart - (explained or ZERO))
    return [
        part,
        what,
        currency,
        *(None if each is None else Money(each, currency) for each in cells),
    ]
