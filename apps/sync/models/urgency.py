"""The order of the sync log: what needs a person first, then what may need one, then what is done."""

from typing import Any, Final

from django.db.models import F, Func, Index, IntegerField, Q

from apps.sync.models.states import State

URGENCY: Final = (
    State.NEEDS_PERSON,
    State.UNKNOWN,
    State.GONE,
    State.WAITING,
    State.ON_ITS_WAY,
    State.HANDED_OVER,
    State.LEFT_OUT,
    State.IN_THE_BOOKS,
)


class Urgency(Func):
    """The place of a state in `URGENCY`, from nil.

    Its words stand in the statement and are no parameters of it: an index of an expression serves
    the same expression only, letter by letter.
    """

    template = (
        "CASE %(expressions)s "
        + " ".join(f"WHEN '{state.value}' THEN {place}" for place, state in enumerate(URGENCY))
        + f" ELSE {len(URGENCY)} END"
    )
    arity = 1

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, **{"output_field": IntegerField(), **extra})


def long_log() -> list[Index]:
    """By which the log of a million is read: in its order, by a reason, and what is held or never sent.
    The state stands in these, so that SQLite need not read the row."""
    return [
        Index(Urgency("state"), F("changed_at").desc(), F("id").desc(), name="sync_log_listed"),
        Index(fields=["reason"], name="sync_record_reason", condition=Q(reason__gt="")),
        Index(
            fields=["connection", "state", "reason"],
            name="sync_record_held",
            condition=Q(state="needs_person"),
        ),
        Index(fields=["connection", "kind", "state"], name="sync_unsent", condition=Q(sent=0)),
    ]
