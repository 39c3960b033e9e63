"""Lines of the work list of what the engine holds for a person, each with the list that it opens."""

from django.urls import reverse

from apps.backoffice.ledgers.conflict_words import one_per_question
from apps.backoffice.worklist.failed import FAILED, failed
from apps.backoffice.worklist.lines import Then, counted, just
from apps.backoffice.worklist.reading import Reading
from apps.reconciliation.models import Difference, Question
from apps.sync.models import (
    Candidate,
    Conflict,
    CustomerMerge,
    Edit,
    RemoteRecord,
    SyncRecord,
)


def of_records(reading: Reading) -> Then:
    asked = reading.asked
    arrived = RemoteRecord.Arrival.NEEDS_PERSON
    return just(
        counted(
            asked,
            failed(reading.of_books(SyncRecord)),
            what="Records that failed",
            more="Rejected over there, or held here until something is put right.",
            url=f"{_list('sync_syncrecord')}?reason={FAILED}",
        ),
        counted(
            asked,
            one_per_question(reading.of_records(Conflict).filter(decision="")),
            what="Changed on both sides",
            more="Decide whose change stands.",
            url=_list("sync_conflict") + "?decided=no",
        ),
        counted(
            asked,
            reading.of_records(Candidate).filter(decision=""),
            what="Maybe the same",
            more="Link them, or keep both: until then neither is created.",
            url=_list("sync_candidate") + "?decided=no",
        ),
        counted(
            asked,
            reading.of_records(CustomerMerge).filter(decision=""),
            what="Merged customers",
            more="Decide whether both are one here too: what waits of the one is named.",
            url=_list("sync_customermerge") + "?decided=no",
        ),
        counted(
            asked,
            reading.of_books(Edit).filter(state__in=[Edit.State.ASKS, Edit.State.REFUSED]),
            what="Changed by hand without a note",
            more="Something that stands in the books: say why, and it is read on both sides.",
            url=_list("sync_edit") + "?note=no",
        ),
        counted(
            asked,
            reading.of_books(Difference).filter(ended_at=None),
            what="Differ between both sides",
            more="By the last comparison: each with both figures, and what to do.",
            url=_list("reconciliation_difference") + "?standing=yes",
        ),
        counted(
            asked,
            reading.of_books(Question).filter(answer="", standing=True),
            what="Questions of a comparison",
            more="Both sides cannot be said to agree until they are answered.",
            url=_list("reconciliation_question") + "?answered=no",
        ),
        counted(
            asked,
            reading.of_books(RemoteRecord).filter(arrival=arrived),
            what="Arrived, and could not be applied",
            more="Changes over there that Tieout does not take over by itself.",
            url=f"{_list('sync_remoterecord')}?arrival__exact={arrived}",
        ),
    )


def _list(name: str) -> str:
    return reverse(f"admin:{name}_changelist")
