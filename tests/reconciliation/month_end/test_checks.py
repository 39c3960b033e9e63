"""Whether a month is ready to be closed: everything that stands in the way is found and named."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.billing.actions import allocate, make_deposit, reverse
from apps.billing.models import BankAccount, Invoice, Payment
from apps.connections.models import Connection, Grant
from apps.reconciliation.models import ClosedMonth, KeptComparison, ReviewItem, ReviewKind
from apps.reconciliation.month_end.checks import (
    Check,
    Topic,
    Verdict,
    checks_of,
    last_of,
    month_after,
    months_to_close,
)
from apps.reconciliation.month_end.closing import close_month
from apps.staff.models import User
from apps.sync.models import Reason, State, SyncRecord
from tests.factories import make_invoice, make_method, make_payment
from tests.reconciliation.sides import Sides

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 31)
FINE, LOOK, BLOCKS = Verdict.FINE, Verdict.LOOK, Verdict.BLOCKS


@pytest.fixture
def sides() -> Sides:
    """A company with one invoice of 2 March that stands on both sides, compared in April."""
    found = Sides()
    books = found.connection
    books.grant = Grant.objects.create(
        system="quickbooks", environment="simulated", status=Grant.Status.ACTIVE
    )
    books.stage, books.trial_matched_at = Connection.Stage.LIVE, timezone.now()
    books.trial_fingerprint = books.settings_fingerprint = "as it is"
    books.save()
    invoice = make_invoice(company=found.company)
    found.document(invoice)
    compared(found)
    return found


def compared(sides: Sides, *, agrees: bool = True, on: date = MARCH) -> KeptComparison:
    at = datetime(2026, 4, 2, 8, tzinfo=UTC)
    return KeptComparison.objects.create(
        connection=sides.connection,
        on=on,
        state="done",
        agrees=agrees,
        begun_at=at,
        ended_at=at,
        sentence="Both sides agree." if agrees else "2 differences.",
    )


def found(sides: Sides, topic: Topic) -> list[Check]:
    return [each for each in checks_of(sides.company, MARCH) if each.topic == topic]


def verdicts(sides: Sides) -> dict[Topic, Verdict]:
    return {each.topic: each.verdict for each in checks_of(sides.company, MARCH)}


def test_a_month_in_order_is_fine_in_all(sides: Sides) -> None:
    assert verdicts(sides) == dict.fromkeys(
        [each for each in Topic if each != Topic.CONNECTED], FINE
    )


def test_what_was_issued_and_never_sent_stands_in_the_way(sides: Sides) -> None:
    make_invoice(company=sides.company)
    [check] = found(sides, Topic.SENT)
    assert (check.verdict, check.sentence[:36]) == (BLOCKS, "1 record of up to 31 Mar 2026 is not")
    make_invoice(company=sides.company, issue_date=date(2026, 4, 1))
    waiting = SyncRecord.objects.get(invoice__isnull=False)
    SyncRecord.objects.filter(pk=waiting.pk).update(state=State.WAITING)
    assert found(sides, Topic.SENT)[0].sentence.startswith("2 records")


def test_what_is_held_is_told_apart_from_what_is_under_way(sides: Sides) -> None:
    SyncRecord.objects.filter(invoice__isnull=False).update(
        state=State.NEEDS_PERSON, reason=Reason.NUMBER_TAKEN, sentence="It is taken."
    )
    assert found(sides, Topic.HELD)[0].verdict == BLOCKS
    assert found(sides, Topic.SENT)[0].verdict == FINE


def test_money_on_account_and_in_clearing_is_looked_at(sides: Sides) -> None:
    card = make_method(sides.company, name="Card", posts_to="clearing")
    sides.map("method_account", "4", payment_method=card)
    invoice = Invoice.objects.get()
    payment = make_payment(invoice=invoice, amount="130", method=card)
    sides.payment(payment, account="4")
    [unapplied], [clearing] = found(sides, Topic.UNAPPLIED), found(sides, Topic.CLEARING)
    assert unapplied.verdict == clearing.verdict == LOOK
    assert unapplied.sentence == (
        "30.00 GBP received up to 31 Mar 2026 were applied to nothing by then."
    )
    assert clearing.sentence == (
        "130.00 GBP received up to 31 Mar 2026 lay in clearing accounts at its end."
    )


def test_money_is_told_as_of_the_end_of_the_month_whatever_was_done_since(sides: Sides) -> None:
    """Two receipts of March, as they stood at its end and stand after April:

                       on account            in clearing
                     31 Mar   April        31 Mar   April
    130 by card        130      30           130       0     applied 100 and banked in April
     70 by card          0      20            70      70     un-applied 20 in April
    """
    card = make_method(sides.company, name="Card", posts_to="clearing")
    first, second = (make_invoice(company=sides.company) for _ in range(2))
    late = make_payment(customer=first.customer, amount="130", method=card)
    early = make_payment(customer=second.customer, amount="70", method=card)
    allocate(early, second, Decimal(50), on=date(2026, 3, 20))
    part = allocate(early, second, Decimal(20), on=date(2026, 3, 20))
    before = money_of(sides)
    assert before == [
        "130.00 GBP received up to 31 Mar 2026 were applied to nothing by then.",
        "200.00 GBP received up to 31 Mar 2026 lay in clearing accounts at its end.",
    ]

    allocate(late, first, Decimal(100), on=date(2026, 4, 3))
    reverse(part, on=date(2026, 4, 4), reason="Another customer's")
    bank = BankAccount.objects.create(company=sides.company, name="Current", currency="GBP")
    make_deposit(bank, date=date(2026, 4, 5), payments=[late])

    assert money_of(sides) == before
    april = money_of(sides, date(2026, 4, 30))
    assert [each.split()[0] for each in april] == ["50.00", "70.00"]


def money_of(sides: Sides, last: date = MARCH) -> list[str]:
    topics = (Topic.UNAPPLIED, Topic.CLEARING)
    return [each.sentence for each in checks_of(sides.company, last) if each.topic in topics]


@pytest.mark.parametrize(
    ("agrees", "on", "said"),
    [
        (False, MARCH, "differs: 2 differences."),
        (True, date(2026, 3, 30), "was not compared since 31 Mar 2026."),
    ],
)
def test_both_sides_agree_by_a_comparison_of_after_its_end(
    sides: Sides, agrees: bool, on: date, said: str
) -> None:
    KeptComparison.objects.all()._raw_delete("default")
    compared(sides, agrees=agrees, on=on)
    [check] = found(sides, Topic.AGREED)
    assert check.verdict == BLOCKS
    assert said in check.sentence


def test_paused_books_drafts_open_rows_and_missing_mappings(sides: Sides) -> None:
    Connection.objects.update(stage=Connection.Stage.PAUSED)
    make_invoice(company=sides.company, issued=False)
    ReviewItem.objects.create(
        company=sides.company,
        kind=ReviewKind.CLEARING,
        key="1:GBP",
        sentence="Not banked.",
        since=timezone.now(),
        seen_at=timezone.now(),
    )
    told = verdicts(sides)
    assert (told[Topic.CONNECTED], told[Topic.DRAFTS], told[Topic.REVIEW]) == (BLOCKS, LOOK, LOOK)


def test_months_come_one_after_another_from_the_first_document(sides: Sides) -> None:
    months = months_to_close(sides.company)
    assert months[:2] == [MARCH, date(2026, 4, 30)]
    sides.company.closing_date = date(2026, 4, 15)
    assert months_to_close(sides.company)[0] == date(2026, 4, 30)
    assert [month_after(date(2026, 1, 31)), last_of(date(2028, 2, 3))] == [
        date(2026, 2, 28),
        date(2028, 2, 29),
    ]


def test_it_closes_once_nothing_blocks_and_all_was_looked_at(sides: Sides) -> None:
    fay = User.objects.create_user(email="fay@example.com", password=None, name="Fay")

    def close(*looked: str, last: date = MARCH) -> ClosedMonth:
        return close_month(sides.company, last, looked_at=looked, reason="Reviewed", by=fay.pk)

    with pytest.raises(ValidationError, match="March 2026 comes first"):
        close(last=date(2026, 4, 30))
    make_payment(invoice=Invoice.objects.get(), amount="130", method=sides.bank)
    with pytest.raises(ValidationError, match="not in Books of Thornfield"):
        close("unapplied:")
    sides.payment(Payment.objects.get())
    with pytest.raises(ValidationError, match=r"Say that you looked at it: 30\.00 GBP"):
        close()
    sides.company.refresh_from_db()
    assert sides.company.closing_date is None

    closed = close("unapplied:")
    sides.company.refresh_from_db()
    assert sides.company.closing_date == MARCH
    [told] = [each for each in closed.found if each["topic"] == "unapplied"]
    assert (told["verdict"], Decimal(told["sentence"].split()[0])) == ("look", Decimal(30))
    with pytest.raises(ValidationError, match="March 2026 is closed"):
        close("unapplied:")
    with pytest.raises(ValidationError):
        closed.save()
