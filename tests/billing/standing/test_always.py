"""Whatever was done: what is open is what the receivable says, each closing is the next opening, and
a reading as known at a moment is what was read then. In the end it is what a bookkeeper posts by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.billing.standing.entries import entries
from apps.billing.standing.open_records import open_records
from apps.billing.standing.parts import shortfalls
from apps.billing.standing.reading import Reading
from apps.billing.sums.as_of import Then, as_of
from tests.billing.bookkeeper import RECEIVABLE, balances
from tests.billing.standing.walk import DAYS, Walked, drawn, open_by, owed_by, walk


@pytest.mark.django_db
@pytest.mark.parametrize(("seed", "acts"), [(12, 30), (5, 45), (11, 60)])
@pytest.mark.variants
def test_what_was_read_at_a_moment_is_read_again_and_every_day_adds_up(
    seed: int, acts: int
) -> None:
    walked = walk(drawn(seed, acts), seed)

    for before, day in zip([None, *DAYS], DAYS, strict=False):
        reading = Reading(walked.company, day)
        assert open_by(reading) == owed_by(reading)
        assert opens(reading) == opens_of(as_of(walked.company, day))
        if before is not None:
            moved = home(reading, before + timedelta(days=1))
            assert home(reading) == home(reading.as_of(before)) + moved
    assert seed != 5 or too_full(walked), "a part gives way to another in this walk"
    last = Reading(walked.company, date(2027, 1, 1))
    assert home(last) == balances(walked.company).get(RECEIVABLE, 0)
    for photograph in walked.photographs:
        for day, owed in photograph.owed.items():
            known = Reading(walked.company, day, photograph.at)
            assert owed_by(known) == owed == open_by(known)


def home(reading: Reading, since: date | None = None) -> Decimal:
    return sum((each.home for each in entries(reading, since)), Decimal(0))


def opens(reading: Reading) -> list[Decimal]:
    return sorted(abs(each.open) for each in open_records(reading))


def opens_of(then: Then) -> list[Decimal]:
    held = (then.credit_notes, then.payments, then.refunds, then.adjustments)
    open_ = [each.open for rows in held for each in rows.values()]
    return sorted(each for each in [*open_, *(row.due for row in then.invoices.values())] if each)


def too_full(walked: Walked) -> bool:
    days = (date(2026, 3, 1) + timedelta(days=each) for each in range(0, 70, 4))
    return any(shortfalls(Reading(walked.company, day)) for day in days)
