"""Compare both sides: the button on a connection, and the last word of a comparison about it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN
from apps.backoffice.frame.permissions import person
from apps.backoffice.ledgers.steps import is_authorised
from apps.connections.models import Connection
from apps.core.together import Together, moment
from apps.reconciliation.keeping import ask, done_of
from apps.staff.acts import ActName


@dataclass(frozen=True, kw_only=True, slots=True)
class LastWord:
    """What the newest comparison said of a connection; `url` is "" where there is none."""

    words: str
    colour: str
    at: Any = None  # when that was
    url: str = ""


def ask_last_word(asked: Together, connection: Connection) -> None:
    """Put what `last_word` reads."""
    agrees = Case(When(agrees=True, then=Value(1)), default=Value(0))
    rows = done_of(connection).annotate(agreed=agrees)[:1]
    asked.rows((connection, "compared"), rows, "pk", "agreed", "open_count", "ended_at")


def last_word(asked: Together, connection: Connection) -> LastWord:
    if not connection.capabilities.reads_back:
        return LastWord(words="Cannot be read", colour=PLAIN)
    for key, agrees, count, ended_at in asked.rows_of((connection, "compared")):
        url, at = (
            reverse("admin:reconciliation_keptcomparison_change", args=[key]),
            moment(ended_at),
        )
        if int(agrees):
            return LastWord(words="Both sides agree", colour=GOOD, at=at, url=url)
        words = f"{int(count):,} to look at" if int(count) else "Totals differ"
        return LastWord(words=words, colour=BAD, at=at, url=url)
    return LastWord(words="Not compared yet", colour=PLAIN)


def can_be_compared(connection: Connection) -> bool:
    return is_authorised(connection) and connection.is_live and connection.capabilities.reads_back


class CompareForm(ActForm):
    as_of = DayField(
        required=False,
        label="As of the end of",
        help_text=(
            "Empty: as both sides stand now. With a day: as they stood at its end, by what is known "
            "now, with what was paid, credited and owed by then."
        ),
    )


def _compare(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> HttpResponse:
    asked = ask(connection, person(request), answers.get("as_of"))
    return HttpResponseRedirect(
        reverse("admin:reconciliation_keptcomparison_change", args=[asked.pk])
    )


COMPARE_ACT = ButtonAct(
    name="compare",
    words="Compare both sides",
    permission=ActName.COMPARE,
    when=can_be_compared,
    do=_compare,
    asks=CompareForm,
    means=(
        "Every document, payment and account of these books is read afresh and laid beside ours; "
        "nothing is written over there. What differs now stays listed until it is settled; what differed "
        "on an earlier day is told by that comparison alone."
    ),
)
