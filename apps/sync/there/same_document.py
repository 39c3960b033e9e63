"""The same sale on both sides: an invoice or credit note of theirs and one of ours that may be one."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from apps.billing.models import CreditNote, Invoice
from apps.connections.models import Connection
from apps.connectors.snapshots import DocumentSnapshot, Kind
from apps.sync.models import Candidate, Reason, RemoteRecord, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.wording import called, capital, day, money

NEAR = timedelta(days=7)
READ_AGAIN = timedelta(days=1)  # around the moment in which it shows that a database is older
REMEDY = "Decide: the same sale (link them), or two of them (keep both, with a reason)."
Arrival = RemoteRecord.Arrival


def ask_about_same_documents(
    connection: Connection, kind: Kind, about: Sequence[tuple[SyncRecord, DocumentSnapshot]]
) -> set[int]:
    """Keys of those sync records that may be typed over there too, and wait for a person now.

    Theirs stands for nothing of ours, is of the same customer, and bears the same number, or the
    same currency and total within seven days. Pairs that somebody keeps apart are not asked about
    again. Two questions for all of them, and a few more for each that is found.
    """
    rows = _of_these_customers(connection, kind, [snapshot for _, snapshot in about])
    if not rows:
        return set()
    pairs = [
        (record, row)
        for record, ours in about
        for row in rows
        if row.customer_id_there == ours.customer_id and _is_like(row, ours)
    ]
    apart = _kept_apart([record for record, _ in pairs])
    asked = set()
    for record, row in pairs:
        if (record.pk, row.pk) not in apart:
            propose(row, record)
            asked.add(record.pk)
    return asked


def _of_these_customers(
    connection: Connection, kind: Kind, documents: Sequence[DocumentSnapshot]
) -> list[RemoteRecord]:
    if not documents:
        return []
    days = [each.issue_date for each in documents]
    amounts = Q(
        amount__in={each.total for each in documents},
        dated__range=(min(days) - NEAR, max(days) + NEAR),
    )
    numbers = Q(number__in={each.number for each in documents if each.number})
    found = RemoteRecord.objects.filter(
        amounts | numbers,
        connection=connection,
        customer_id_there__in={each.customer_id for each in documents},
        of_kind=kind,
        part="",
        sync_record=None,
        marker="",  # what bears our mark nobody typed: a taken number of it is told as that
        retired=False,
        void=False,
        gone=False,
    )
    rows = list(found.defer("packed_raw"))
    if not rows:
        return []
    older = Connection.objects.values_list("found_older_at", flat=True).get(pk=connection.pk)
    if older is None:
        return rows
    # What an older database forgot and reads again is ours: its keys and numbers tell that.
    return [each for each in rows if abs(each.first_read_at - older) > READ_AGAIN]


def _is_like(row: RemoteRecord, ours: DocumentSnapshot) -> bool:
    if row.number and row.number == ours.number:
        return True
    near = row.dated is not None and abs(row.dated - ours.issue_date) <= NEAR
    return near and (row.currency, row.amount) == (ours.currency, ours.total)


def _kept_apart(records: Sequence[SyncRecord]) -> set[tuple[int, int]]:
    kept = Candidate.objects.filter(
        sync_record__in=records, decision=Candidate.Decision.KEEP_BOTH
    ).order_by()
    return set(kept.values_list("sync_record_id", "remote_record_id")) if records else set()


def propose(row: RemoteRecord, record: SyncRecord, besides: str = "") -> None:
    """Let a person decide whether both are the same sale. `besides`: a sentence more about them."""
    evidence = " ".join(filter(None, (evidence_of(row, record), besides)))
    with transaction.atomic():
        Candidate.objects.get_or_create(
            remote_record=row, sync_record=record, defaults={"evidence": evidence}
        )
        maker = "" if row.made_here else " Tieout did not make it."
        sentence = f"It may be the same sale as one that stands there: {evidence}{maker}"
        ties.hold(record, Reason.MAYBE_THE_SAME, sentence, REMEDY)
        said = f"It may be the same sale as one of yours: {evidence}"
        RemoteRecord.objects.filter(pk=row.pk).update(
            arrival=Arrival.WAITS, waits_for=On.DECISION.of(), sentence=said, remedy=REMEDY
        )


def evidence_of(row: RemoteRecord, record: SyncRecord) -> str:
    document = record.subject
    assert isinstance(document, Invoice | CreditNote), "asked of documents alone"
    here = f"of {day(document.issue_date)} over {money(document.total, document.currency)} here"
    dated = day(row.dated) if row.dated else "an unknown day"
    amount = money(row.amount, row.currency) if row.amount is not None else "an unknown amount"
    there = f"{row.number or 'one without a number'} of {dated} over {amount} there"
    return f"{capital(called(document))} {here}, {there}."
