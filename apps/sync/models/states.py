"""The states of a record in a ledger, in the words of staff, and why one is not there yet."""

from django.db import models


class State(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ON_ITS_WAY = "on_its_way", "On its way"
    UNKNOWN = "unknown", "Outcome unknown"
    HANDED_OVER = "handed_over", "Handed over"
    IN_THE_BOOKS = "in_the_books", "In the books"
    LEFT_OUT = "left_out", "Left out"
    GONE = "gone", "Gone over there"
    NEEDS_PERSON = "needs_person", "Needs a person"


# A sync record in one of these is looked at again when `due_at` has passed.
OPEN_STATES = (State.WAITING, State.ON_ITS_WAY, State.UNKNOWN)
# A send of it is not finished: it may stand there, or may still come to stand there.
IN_DOUBT = (State.ON_ITS_WAY, State.UNKNOWN)
# Why one is left out that was taken back with its run.
UNDONE = (
    "It was taken back over there with the run that had made it, and stands here as before. Nothing "
    "sends it again by itself."
)
# Nothing more is to be done about it over there.
ENDED_STATES = (State.IN_THE_BOOKS, State.LEFT_OUT, State.GONE)


class Reason(models.TextChoices):
    """Why a record is not in the books. HELD reasons are ours, REFUSED ones theirs."""

    NONE = "", "-"
    MAPPING_MISSING = "mapping_missing", "A mapping is missing"
    WAITS_FOR_RECORD = "waits_for_record", "Waits for another record"
    PERIOD_CLOSED = "period_closed", "Their books are closed at its date"
    CANNOT_HOLD = "cannot_hold", "Their books cannot hold it"
    BEFORE_CUT_OFF = "before_cut_off", "Dated before the cut-off"
    REFUSED = "refused", "Rejected over there"
    NUMBER_TAKEN = "number_taken", "Its number is taken over there"
    NAME_TAKEN = "name_taken", "Its name is taken over there"
    AMOUNTS_DIFFER = "amounts_differ", "Their amounts differ from ours"
    CHANGED_ON_BOTH_SIDES = "conflict", "Changed on both sides"
    MAYBE_THE_SAME = "candidate", "May be the same as one over there"
    GONE = "gone", "Deleted over there"
    ANSWER_LOST = "answer_lost", "The answer was lost"
    TRY_LATER = "try_later", "Will be tried again"
    CANCELLED_HERE = "cancelled_here", "Cancelled before it was sent"
    MERGED = "merged", "Merged over there"
    DOUBLE = "double", "Stands twice over there"
    UNREADABLE = "unreadable", "Cannot be read over there"
    NEXT_STEP = "next_step", "Partly over there; its next step follows"
    FIRST_OF_ITS_KIND = "first_of_its_kind", "Waits for the first of its kind"
    STOPPED = "stopped", "Partly over there, and its steps were stopped"
    NOT_BY_ITSELF = "not_by_itself", "Waits for a person to send it"
    FOR_THE_HOUR = "for_the_hour", "Waits for the next files"
    UNDONE = "undone", "Taken back with its run"


HELD_REASONS = frozenset(
    {
        Reason.MAPPING_MISSING,
        Reason.WAITS_FOR_RECORD,
        Reason.PERIOD_CLOSED,
        Reason.CANNOT_HOLD,
        Reason.AMOUNTS_DIFFER,
        Reason.CHANGED_ON_BOTH_SIDES,
        Reason.MAYBE_THE_SAME,
        Reason.ANSWER_LOST,
        Reason.MERGED,
        Reason.DOUBLE,
        Reason.UNREADABLE,
        Reason.STOPPED,
        Reason.NOT_BY_ITSELF,
        Reason.FIRST_OF_ITS_KIND,
    }
)
