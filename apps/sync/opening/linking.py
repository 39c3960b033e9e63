"""Link what was open at the cut-off on both sides, and take such a link apart again.

A linked record is never written over there: both sides had it before. What happens to it since does
go over and comes back: payments, credits and what is un-applied are set against theirs.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.billing.changes import quietly
from apps.billing.models import Allocation, Deposit
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.apply.books import Books
from apps.sync.apply.linking import AlreadyTied, refuse_second_tie, tie_parts
from apps.sync.apply.opening import look_again_at_what_settles, point_at_ours
from apps.sync.apply.verdicts import applied, note, only_theirs
from apps.sync.models import OpeningItem, Reason, RemoteRecord, State, SyncRecord
from apps.sync.opening.items import Pair, open_items, pair
from apps.sync.opening.open_then import Linked, Ours, open_there, ours_open
from apps.sync.there import ties
from apps.sync.there.compare import under_marker
from apps.sync.want.as_it_was import may_be_linked, stands
from apps.sync.want.wake import wake
from apps.sync.want.wishes import want
from apps.sync.wording import called, capital

AT_ONCE = 100  # linked by one press
LINKED = "Linked at the cut-off: it stands for the same on both sides."


def link_open_item(
    connection: Connection,
    subject: Linked,
    remote_record: RemoteRecord,
    *,
    user_id: int,
    reason: str = "",
) -> OpeningItem:
    """They are one, and were open at the cut-off on both sides.

    Raises `AlreadyTied` where one of both stands for another, ValidationError in words for staff
    where they cannot be one, and where they differ and no reason is given.
    """
    if not may_be_linked(connection, subject):
        raise ValidationError("Only what is dated before the cut-off is linked here.")
    if not stands(subject):
        raise ValidationError(f"{subject} does not stand here, so nothing of it was open.")
    with transaction.atomic():
        row = _free(connection, subject, remote_record)
        both = pair(ours_open(connection, subject), open_there(connection, row))
        books = Books(connection, open_connector(connection))
        item = _link(books, both, user_id, reason)
        look_again_at_what_settles(books, [row])
    wake(connection.pk)
    return item


def link_all_that_agree(connection: Connection, *, user_id: int) -> tuple[int, list[str]]:
    """Link pairs that agree in everything, as many as a page can wait for; how many, and a sentence
    for each that could not be."""
    books = Books(connection, open_connector(connection))
    done, refused = [], []
    for both in open_items(connection).proposed[:AT_ONCE]:
        try:
            with transaction.atomic():
                _free(connection, both.ours.subject, both.theirs.row)
                _link(books, both, user_id, "")
        except ValidationError as why:
            refused.append(f"{both.ours.subject}: {' '.join(why.messages)}")
        else:
            done.append(both.theirs.row)
    if done:
        look_again_at_what_settles(books, done)
        wake(connection.pk)
    return len(done), refused


def _free(connection: Connection, subject: Linked, remote_record: RemoteRecord) -> RemoteRecord:
    """Both locked; refused where one of them stands for another."""
    row = RemoteRecord.objects.select_for_update().get(pk=remote_record.pk, connection=connection)
    made = ties.sync_record_of(connection, subject)
    record = SyncRecord.objects.select_for_update().get(pk=made.pk)
    refuse_second_tie(row, record)
    if record.in_doubt:
        raise ValidationError("Tieout finds out first whether its own send of it arrived.")
    if ties.live_tie(record) is not None:
        raise AlreadyTied(f"{subject} and {row} are linked already.")
    former = record.opening_items.filter(unlinked_at=None).select_related("remote_record").first()
    if former is not None:
        raise AlreadyTied(
            f"{subject} is linked to {former.remote_record}, which is gone in "
            f"{connection.system_name}. Take that link apart first, under “Linked”."
        )
    return row


@quietly()
def _link(books: Books, both: Pair, user_id: int, reason: str) -> OpeningItem:
    if both.refusal:
        raise ValidationError(both.refusal)
    if both.differences and not reason.strip():
        said = " ".join(both.differences)
        raise ValidationError(f"Say why they are the same though they differ. {said}")
    row = RemoteRecord.objects.get(pk=both.theirs.row.pk)
    record = ties.sync_record_of(books.connection, both.ours.subject)
    item = OpeningItem.objects.create(
        sync_record=record,
        remote_record=row,
        currency=both.ours.currency,
        ours=both.ours.open,
        theirs=both.theirs.open,
        reason=reason.strip()[:200],
        linked_by_id=user_id,
    )
    _tie(books, both.ours, row, record)
    return item


def _tie(books: Books, ours: Ours, row: RemoteRecord, record: SyncRecord) -> None:
    """As what is in their books, without a word of ours: both sides agree on theirs as it stands."""
    remote = books.read(row)
    if remote.snapshot is None:
        raise ValidationError("It is gone over there, or has a shape that Tieout cannot read.")
    subject = ours.subject
    record.opening = True
    ties.tie(row, record)
    ties.agree(record, under_marker(books.projected(remote.snapshot), subject.public_id.hex))
    ties.in_the_books(record, subject.revision)
    note(row, applied(LINKED))
    tie_parts(books, row, remote, record)
    point_at_ours(books, row, subject)
    since = _since(books.connection, subject)
    want(books.connection, Kind.ALLOCATION, since)
    _plan_held(books.connection, since)


def _since(connection: Connection, subject: Linked) -> list[int]:
    """Applications of it of after the cut-off."""
    rows = Allocation._base_manager.filter(**{subject.kind: subject})
    if connection.starts_on is not None:
        rows = rows.filter(date__gte=connection.starts_on)
    return list(rows.values_list("pk", flat=True))


def _plan_held(connection: Connection, allocations: list[int]) -> None:
    """What was held since its money or credit stood for nothing there is planned again."""
    held = SyncRecord.objects.select_for_update().filter(
        connection=connection,
        allocation__in=allocations,
        state=State.NEEDS_PERSON,
        reason=Reason.WAITS_FOR_RECORD,
    )
    for record in held.order_by("pk"):
        record.plan_again()
        record.save()


@transaction.atomic
def unlink_open_item(item: OpeningItem, *, user_id: int, reason: str) -> None:
    """They are not one: each stands alone again, and ours is still not sent.

    Raises ValidationError without a reason, and while something that was set against it since the
    cut-off stands over there.
    """
    item = OpeningItem.objects.select_for_update().get(pk=item.pk)
    record = SyncRecord.objects.select_for_update().get(pk=item.sync_record_id)
    if item.unlinked_at is not None:
        raise ValidationError("It was taken apart already.")
    if not reason.strip():
        raise ValidationError("Say why they are not the same.")
    name, subject = record.connection.system_name, record.subject
    standing = _standing_there(record)
    if standing is not None:
        raise ValidationError(
            f"{capital(called(standing))} is in {name} since the cut-off. "
            f"{'Undo' if isinstance(standing, Deposit) else 'Un-apply'} that first."
        )
    item.unlinked_at, item.unlinked_by_id = now(), user_id
    item.unlink_reason = reason.strip()[:200]
    item.save()
    row = RemoteRecord.objects.select_for_update().get(pk=item.remote_record_id)
    row.sync_record = None
    row.save(update_fields=["sync_record"])
    note(row, only_theirs(f"It was in {name} before the cut-off."))
    if hasattr(record, "agreed"):
        record.agreed.delete()
    ties.left_out(
        record,
        subject.revision,
        Reason.BEFORE_CUT_OFF,
        "It is dated before the cut-off, and its link with theirs was taken apart.",
    )
    wake(record.connection_id)


def _standing_there(record: SyncRecord) -> Allocation | Deposit | None:
    """What is set against it, or it against, or it lies in, and went over or came back."""
    there = SyncRecord.objects.filter(
        Q(sent__gt=0) | Q(state__in=[State.ON_ITS_WAY, State.UNKNOWN]),
        connection=record.connection_id,
    ).exclude(state__in=[State.LEFT_OUT, State.GONE])
    applied = there.filter(
        kind=Kind.ALLOCATION,
        allocation__reversed_on=None,
        **{f"allocation__{record.kind}": record.subject_id},
    )
    first = applied.select_related("allocation").order_by("pk").first()
    if first is not None or record.kind != Kind.PAYMENT:
        return first.allocation if first is not None else None
    banked = there.filter(
        kind=Kind.DEPOSIT,
        deposit__lines__payment=record.subject_id,
        deposit__lines__standing=True,
    )
    first = banked.select_related("deposit").order_by("pk").first()
    return first.deposit if first is not None else None
