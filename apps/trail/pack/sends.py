"""What was sent to the ledgers, and what came of it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.db.models import prefetch_related_objects

from apps.connectors.snapshots import Kind
from apps.sync.models import Attempt, SyncRecord
from apps.sync.models.records import SUBJECTS
from apps.trail.pack.period import Period
from apps.trail.pack.tables import PORTION, Row, Table
from apps.trail.pack.words import Words

# What the name of a record of ours reads beside it.
BESIDE: Final = {Kind.ALLOCATION: ("invoice", "refund", "charge")}


def sends(period: Period, words: Words) -> Iterator[Row]:
    """Each try to send a record, and what came of it; several where a record takes several steps."""
    rows = Attempt.objects.filter(
        sync_record__connection__company=period.company, at__gte=period.begin, at__lt=period.end
    )
    rows = rows.select_related("sync_record", "call").order_by("pk")
    rows = rows.defer("call__body", "call__answer", "call__headers", "call__evidence")
    told = rows.iterator(chunk_size=PORTION)
    while portion := list(islice(told, PORTION)):
        records = [each.sync_record for each in portion]
        with_subjects(records)
        prefetch_related_objects(records, "remote_records")
        for each in portion:
            record, call = each.sync_record, each.call
            theirs = [other for other in record.remote_records.all() if not other.retired]
            yield (each.at, words.ledgers[record.connection_id], in_words(record),
                   str(record.subject), record.subject_id, each.revision, each.step,
                   call.run_id if call else None, call.pk if call else None,
                   each.get_result_display(), " ".join(other.remote_id for other in theirs),
                   " ".join(other.version for other in theirs), each.code, each.sentence)  # fmt: skip


def in_words(record: SyncRecord) -> str:
    return record.kind.replace("_", " ")


def with_subjects(records: Sequence[SyncRecord]) -> None:
    """Load the records of ours that they are about, in a statement for each kind."""
    for kind in SUBJECTS:
        of_kind = [each for each in records if each.kind == kind]
        if of_kind:
            beside = (f"{kind.value}__{each}" for each in BESIDE.get(kind, ()))
            prefetch_related_objects(of_kind, kind.value, *beside)


SENDS: Final = Table(
    name="sends.csv",
    means=(
        "Each record's sends to each ledger in the period: when, in which run and call (their pages in "
        "Tieout tell both whole), what came of it, and what was said. Their id and version are those "
        "that the ledger had when this pack was made; a record that stands there under several objects "
        "has several."
    ),
    headings=(
        "When (UTC)", "Ledger", "Kind", "Record", "Key", "Revision", "Step", "Run", "Call", "Result",
        "Their id", "Their version", "Code", "What was said",
    ),
    rows=sends,
)  # fmt: skip
