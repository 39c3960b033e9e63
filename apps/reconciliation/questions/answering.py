"""Questions kept from one comparison to the next, and answered by a person, once, with a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.connections.models import Connection
from apps.reconciliation.models import Question
from apps.reconciliation.questions.asked import Asked


@dataclass(frozen=True, slots=True)
class Kept:
    """The questions of one comparison: what blocks, and what somebody has answered."""

    open: list[Question]
    answered: list[Question]


def keep(connection: Connection, asked: Iterable[Asked]) -> Kept:
    """Write down what this comparison asks; what it asks no longer stands no more.

    A question that was answered is the same as long as what it is about is; where a figure behind
    it changed, it is a new one.
    """
    wanted = {each.fingerprint: each for each in asked}
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)  # one comparison at a time
        rows = Question.objects.filter(connection=connection)
        known = {
            row.fingerprint: row
            for row in rows.filter(Q(standing=True) | Q(fingerprint__in=wanted))
        }
        for fingerprint, each in wanted.items():
            row = known.setdefault(
                fingerprint, Question(connection=connection, fingerprint=fingerprint)
            )
            _say(row, each)
        for fingerprint, row in known.items():
            if row.standing and fingerprint not in wanted:
                row.standing = False
                row.save(update_fields=["standing"])
    found = [known[fingerprint] for fingerprint in wanted]
    return Kept(
        open=[row for row in found if not row.answer],
        answered=[row for row in found if row.answer],
    )


def keep_of_day(connection: Connection, day: date, asked: Iterable[Asked]) -> Kept:
    """What a comparison as of an earlier day asks. What is asked now too is answered there; anything else
    is of that day alone: it waits to be answered as such, and no list of now counts it. What that day
    asks no longer waits for nobody."""
    wanted = {each.fingerprint: each for each in asked}
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)  # one comparison at a time
        rows = Question.objects.filter(connection=connection)
        known = {
            row.fingerprint: row for row in rows.filter(Q(as_of=day) | Q(fingerprint__in=wanted))
        }
        for fingerprint, each in wanted.items():
            row = known.setdefault(
                fingerprint,
                Question(connection=connection, fingerprint=fingerprint, standing=False),
            )
            if not (row.standing or row.answer):
                _say(row, each, as_of=day)
        for fingerprint, row in known.items():
            if row.as_of == day and not row.answer and fingerprint not in wanted:
                row.as_of = None
                row.save(update_fields=["as_of"])
    found = [known[fingerprint] for fingerprint in wanted]
    return Kept(
        open=[row for row in found if not row.answer],
        answered=[row for row in found if row.answer],
    )


def _say(row: Question, asked: Asked, as_of: date | None = None) -> None:
    """Its words as of now, or of a day. What it is about never changes: that would be another question."""
    news: dict[str, object] = {"standing": True} if as_of is None else {"as_of": as_of}
    if not row.answer:
        news |= {
            "sentence": asked.sentence,
            "remedy": asked.remedy[:300],
            "amount": asked.amount,
            "currency": asked.currency,
        }
    if row.pk is None:
        row.cause = asked.cause
        row.ours, row.theirs = _listed(asked.ours), _listed(asked.theirs)
    elif all(getattr(row, name) == value for name, value in news.items()):
        return
    for name, value in news.items():
        setattr(row, name, value)
    row.save()


def _listed(records: Sequence[tuple[str, int] | tuple[str, str]]) -> list[list[object]]:
    return [list(each) for each in records]


def answer(question: Question, given: Question.Answer, *, user_id: int, reason: str) -> None:
    """A person says what is so, once. Raises ValidationError, in words for staff."""
    if not given:
        raise ValidationError("Choose an answer.")
    if not reason.strip():
        raise ValidationError("Give a reason: it stays listed with the answer.")
    with transaction.atomic():
        row = Question.objects.select_for_update().get(pk=question.pk)
        if row.answer:
            raise ValidationError(f"It was answered already: {row.get_answer_display()}.")
        if not row.is_open:
            raise ValidationError("The last comparison did not find it any more.")
        if given == Question.Answer.SETTLED and row.standing:
            raise ValidationError(
                "It still stands: the last comparison found it as it is now. Choose another answer."
            )
        row.answer, row.reason = given, reason.strip()[:200]
        row.answered_by_id, row.answered_at = user_id, timezone.now()
        row.save()
    question.refresh_from_db()
