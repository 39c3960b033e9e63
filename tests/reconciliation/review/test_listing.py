"""A row of the review lasts as long as its cause, unless a person ends it; weeks are signed once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.reconciliation.models import ReviewItem, ReviewKind, ReviewRemark, ReviewWeek
from apps.reconciliation.review import acts, listing
from apps.reconciliation.review.causes import Standing
from apps.staff.models import User
from tests.factories import make_company

pytestmark = pytest.mark.django_db
Outcome = ReviewItem.Outcome
SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)
CAUSE = Standing(
    kind=ReviewKind.REJECTED, key="1:refused", sentence="Rejected.", since=SINCE, count=3
)


@pytest.fixture
def fay() -> User:
    return User.objects.create_user(email="fay@example.com", password=None, name="Fay")


@pytest.fixture
def stands(monkeypatch: pytest.MonkeyPatch) -> list[Standing]:
    """What stands, as a test changes it."""
    found: list[Standing] = []
    monkeypatch.setattr(listing, "causes_of", lambda company: [*found])
    return found


@pytest.fixture
def company() -> Company:
    return make_company()


def rows(company: Company) -> list[tuple[str, int, bool]]:
    listed = ReviewItem.objects.filter(company=company).order_by("pk")
    return [(each.outcome, each.count, each.standing) for each in listed]


def test_a_row_moves_with_its_cause_and_ends_with_it(
    company: Company, stands: list[Standing]
) -> None:
    stands.append(CAUSE)
    assert listing.refresh(company) == 1
    stands[0] = replace(CAUSE, count=5, since=SINCE + timedelta(days=2))
    listing.refresh(company)
    [row] = ReviewItem.objects.all()
    assert (row.count, row.since) == (5, SINCE)  # since it stood first

    stands.clear()
    assert listing.refresh(company) == 0
    row.refresh_from_db()
    assert (row.outcome, row.standing, row.ended_by) == (Outcome.FIXED, False, None)

    stands.append(CAUSE)
    listing.refresh(company)
    assert rows(company) == [("fixed", 5, False), ("", 3, True)]


def test_what_a_person_ended_is_listed_again_only_once_it_grows(
    company: Company, stands: list[Standing], fay: User
) -> None:
    stands.append(CAUSE)
    listing.refresh(company)
    item = ReviewItem.objects.get()
    acts.end(item, Outcome.LEFT_OUT, "They are of a firm that we sold.", by=fay.pk)
    assert listing.refresh(company) == 0
    stands[0] = replace(CAUSE, count=2)
    assert listing.refresh(company) == 0
    assert rows(company) == [("left_out", 3, True)]

    stands[0] = replace(CAUSE, count=4)
    assert listing.refresh(company) == 1
    assert rows(company) == [("left_out", 3, False), ("", 4, True)]


def test_what_went_away_after_a_person_ended_it_is_listed_when_it_comes_back(
    company: Company, stands: list[Standing], fay: User
) -> None:
    stands.append(CAUSE)
    listing.refresh(company)
    acts.end(ReviewItem.objects.get(), Outcome.NOTED, "In both, on paper.", by=fay.pk)
    stands.clear()
    listing.refresh(company)
    stands.append(CAUSE)
    assert listing.refresh(company) == 1


def test_somebody_takes_it_on_and_says_something(
    company: Company, stands: list[Standing], fay: User
) -> None:
    stands.append(CAUSE)
    listing.refresh(company)
    item = ReviewItem.objects.get()
    acts.assign(item, fay, date(2026, 12, 4), by=fay.pk)
    acts.remark(item, "  Asked the bank. ", by=fay.pk)
    listing.refresh(company)
    item.refresh_from_db()
    assert (item.owner, item.due_on) == (fay, date(2026, 12, 4))
    assert [each.text for each in item.remarks.all()] == [
        "For Fay, due 4 Dec 2026.",
        "Asked the bank.",
    ]
    with pytest.raises(ValidationError):
        ReviewRemark.objects.get(text="Asked the bank.").save()


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [(Outcome.LEFT_OUT, " "), (Outcome.FIXED, "Because"), (Outcome.OPEN, "Because")],
)
def test_nothing_ends_without_a_reason_and_nobody_says_that_it_is_fixed(
    company: Company, stands: list[Standing], fay: User, outcome: Any, reason: str
) -> None:
    stands.append(CAUSE)
    listing.refresh(company)
    item = ReviewItem.objects.get()
    with pytest.raises(ValidationError):
        acts.end(item, outcome, reason, by=fay.pk)
    item.refresh_from_db()
    assert item.is_open


def test_it_ends_once(company: Company, stands: list[Standing], fay: User) -> None:
    stands.append(CAUSE)
    listing.refresh(company)
    item = ReviewItem.objects.get()
    acts.end(item, Outcome.LINKED, "It is theirs.", by=fay.pk)
    for again in (
        lambda: acts.end(item, Outcome.NOTED, "x", by=fay.pk),
        lambda: acts.assign(item, fay, None, by=fay.pk),
    ):
        with pytest.raises(ValidationError, match="It has ended already: Linked"):
            again()


# --- Weeks ----------------------------------------------------------------------------------------


@pytest.fixture
def books(company: Company) -> Connection:
    found = Connection.objects.create(
        company=company, system="quickbooks", environment="simulated", remote_company_id="1"
    )
    begun = timezone.now() - timedelta(days=16)
    Connection.objects.update(created_at=begun)
    return found


def last_monday(company: Company) -> date:
    return acts.monday_of(company.today()) - acts.WEEK


def test_weeks_that_are_over_are_unsigned_until_somebody_signs_them(
    company: Company, books: Connection, stands: list[Standing], fay: User
) -> None:
    weeks = acts.weeks_to_sign(company)
    assert len(weeks) in (2, 3)
    assert weeks[-1] == last_monday(company)
    assert weeks == sorted(weeks)

    stands.append(CAUSE)
    listing.refresh(company)
    with pytest.raises(ValidationError, match="1 row has no owner or no due date"):
        acts.sign_week(company, weeks[-1], "", by=fay.pk)
    acts.assign(ReviewItem.objects.get(), fay, company.today(), by=fay.pk)
    signed = acts.sign_week(company, weeks[-1], "All known.", by=fay.pk)
    [told] = signed.found["open"]
    assert (told["sentence"], told["owner"], told["records"]) == ("Rejected.", "Fay", 3)
    assert acts.weeks_to_sign(company) == weeks[:-1]

    with pytest.raises(ValidationError, match="was signed already"):
        acts.sign_week(company, weeks[-1], "", by=fay.pk)
    with pytest.raises(ValidationError):
        ReviewWeek.objects.get().save()


def test_a_week_holds_what_ended_in_it_and_is_over_when_signed(
    company: Company, books: Connection, stands: list[Standing], fay: User
) -> None:
    stands.append(CAUSE)
    with pytest.raises(ValidationError, match="not kept up for an hour"):
        acts.sign_week(company, last_monday(company), "", by=fay.pk)
    listing.refresh(company)
    acts.end(ReviewItem.objects.get(), Outcome.LEFT_OUT, "Known.", by=fay.pk)
    monday = last_monday(company)
    inside = datetime.combine(monday, datetime.min.time(), UTC) + timedelta(days=2)
    ReviewItem.objects.update(ended_at=inside)
    signed = acts.sign_week(company, monday, "", by=fay.pk)
    assert [each["reason"] for each in signed.found["ended"]] == ["Known."]
    assert signed.found["open"] == []
    with pytest.raises(ValidationError, match="is not over"):
        acts.sign_week(company, monday + acts.WEEK, "", by=fay.pk)
    with pytest.raises(ValidationError, match="begins on a Monday"):
        acts.sign_week(company, monday - timedelta(days=1), "", by=fay.pk)
