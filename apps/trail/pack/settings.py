"""What was set and moved: what things are called over there, the closing date, and notes of changes by
hand."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

from apps.billing.models import Company
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import Edit
from apps.trail.pack.period import Period
from apps.trail.pack.sends import in_words, with_subjects
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import EMPTY, Words


def mappings(period: Period, words: Words) -> Iterator[Row]:
    """Every mapping since it was first made, up to the period's end."""
    rows = Mapping.history.filter(connection__in=list(words.ledgers))
    rows = rows.filter(history_date__lt=period.end).order_by("id", "history_id")
    told = rows.iterator(chunk_size=PORTION)
    before: Any = None
    while portion := list(islice(told, PORTION)):
        named = _mapped({each.id for each in portion})
        codes = _codes([*portion, *([before] if before else [])])
        for row in portion:
            last = before.code_id if before is not None and before.id == row.id else None
            before = row
            if last == row.code_id:
                continue
            person = row.history_user_id or row.changed_by_id
            yield (row.history_date, words.ledgers[row.connection_id],
                   named.get(row.id, row.get_subject_display()), codes.get(last or 0, EMPTY),
                   codes.get(row.code_id, EMPTY), words.person(person),
                   words.came_from(row.history_change_reason)[1], period.holds(row.history_date))  # fmt: skip


def _mapped(keys: set[int]) -> dict[int, str]:
    rows = Mapping.objects.filter(pk__in=keys).select_related(
        "item", "payment_method", "method_place", "payment_term", "tax_rate", "bank_account"
    )
    return {each.pk: each.of_what() for each in rows}


def _codes(rows: Sequence[Any]) -> dict[int, str]:
    found = RemoteCode.objects.filter(pk__in={each.code_id for each in rows})
    return {each.pk: str(each) for each in found.only("number", "name")}


def closing_dates(period: Period, words: Words) -> Iterator[Row]:
    """Every move since the company was added, up to the period's end."""
    rows = Company.history.filter(id=period.company.pk, history_date__lt=period.end)
    told = rows.order_by("history_id").values_list(
        "closing_date", "history_date", "history_user", "history_change_reason"
    )
    before: date | None = None
    for day, at, user, said in told.iterator(chunk_size=PORTION):
        if day != before:
            back = before is not None and (day is None or day < before)
            origin, reason = words.came_from(said)
            yield (before or EMPTY, day or EMPTY, "back" if back else "forth", at,
                   words.person(user), origin, reason, period.holds(at))  # fmt: skip
        before = day


def notes(period: Period, words: Words) -> Iterator[Row]:
    """What was changed by hand after it stood in the books, and why."""
    rows = Edit.objects.filter(
        connection__company=period.company, found_at__gte=period.begin, found_at__lt=period.end
    )
    rows = rows.select_related("sync_record").defer("packed_there").order_by("pk")
    told = rows.iterator(chunk_size=PORTION)
    while portion := list(islice(told, PORTION)):
        with_subjects([each.sync_record for each in portion])
        for each in portion:
            record = each.sync_record
            yield (each.found_at, words.ledgers[each.connection_id], each.get_side_display(),
                   in_words(record), str(record.subject), each.dated, each.what,
                   words.person(each.by_id), each.note, words.person(each.noted_by_id),
                   each.noted_at, each.get_state_display(), each.where)  # fmt: skip


MAPPINGS: Final = Table(
    name="mappings.csv",
    means=(
        "What things of this company are called in each ledger: every mapping from when it was first "
        "made up to the end of the period, from what to what, and whether that was in the period. "
        "Codes of the ledger bear the name that they have now."
    ),
    headings=("When (UTC)", "Ledger", "What", "From", "To", "By", "Reason", "In the period"),
    rows=mappings,
)
CLOSING_DATES: Final = Table(
    name="closing-dates.csv",
    means=(
        "Every move of the closing date since the company was added, up to the end of the period: "
        "nothing dated on or before it can be posted. “back” opens what was closed."
    ),
    headings=("From", "To", "Direction", "When (UTC)", "By", "Came from", "Reason",
              "In the period"),
    rows=closing_dates,
)  # fmt: skip
NOTES: Final = Table(
    name="adjustment-notes.csv",
    means=(
        "What somebody changed by hand in the period after it stood in the books, here or in the "
        "ledger: the fields with both values, the day by which its month is closed, the note of why, "
        "and where that note is read."
    ),
    headings=(
        "Found (UTC)", "Ledger", "Changed", "Kind", "Record", "Dated", "What", "By", "Note",
        "Noted by", "Noted (UTC)", "State", "Read over there",
    ),
    rows=notes,
)  # fmt: skip
