"""Which records of the sync log failed: counted on the first page, and what its list is narrowed to."""

from typing import Any

from django.db.models import QuerySet

from apps.sync.models import Reason, State

# A person decides these elsewhere: they stand in the list of what they are.
DECIDED_ELSEWHERE = (
    Reason.CHANGED_ON_BOTH_SIDES,
    Reason.MAYBE_THE_SAME,
    Reason.MERGED,
    Reason.DOUBLE,
    Reason.FIRST_OF_ITS_KIND,
)
FAILED = "failed"


def failed(records: QuerySet[Any]) -> QuerySet[Any]:
    """Rejected over there, or held here until something is put right: nobody decides it elsewhere."""
    return records.filter(state=State.NEEDS_PERSON).exclude(reason__in=DECIDED_ELSEWHERE)
