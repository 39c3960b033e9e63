"""Their object and our record are found to be one: tied, compared, and what follows from it."""

from collections.abc import Iterator
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import Allocation, Customer, Payment
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import CustomerSnapshot, Kind
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import close_settled, put_before_a_person
from apps.sync.apply.parents import adopt_children, take_parent
from apps.sync.apply.verdicts import APPLIED, Verdict, needs_person, note, only_theirs, waits
from apps.sync.calls.doubles import REMEDY
from apps.sync.calls.doubles import put_before_a_person as put_double_before_a_person
from apps.sync.models import Candidate, Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import UNFOLLOWED, On
from apps.sync.there import ties
from apps.sync.there.compare import Clash, Split, agreed_after, split_of, told_apart, under_marker
from apps.sync.wording import called, forgotten

# What Tieout made and its database has forgotten: what a person does, by kind. Payments, allocations
# and bank deposits are taken over as if they had been made there.
FORGOTTEN = {
    Kind.INVOICE: "Enter it here again under the same number; Tieout then asks whether both are one. "
    "Or take it back in {}.",
    Kind.CREDIT_NOTE: "Enter it here again under the same number; Tieout then asks whether both are "
    "one. Or take it back in {}.",
    Kind.ADJUSTMENT: "Take it back in {}, then enter it here again.",
    Kind.REFUND: "Take it back in {}, then enter it here again.",
}

# What no longer holds a record once theirs is as was agreed.
OVER_ONCE_ALIKE = (Reason.CHANGED_ON_BOTH_SIDES, Reason.GONE, Reason.MERGED)


class AlreadyTied(ValidationError):
    """One of the two stands for another record already."""


def link(remote_record: RemoteRecord, sync_record: SyncRecord, connector: Connector) -> Verdict:
    """Tie their object to our record; what differs in money, date or customer is asked.

    Other differences of fields that we hold are sent as ours. Nothing is written into ours, but
    that a customer without a parent gets the one that it has there.
    Raises `AlreadyTied` where one of both stands for another, ValidationError where theirs is
    gone or cannot be read.
    """
    with transaction.atomic():
        row = RemoteRecord.objects.select_for_update().get(pk=remote_record.pk)
        record = SyncRecord.objects.select_for_update().get(pk=sync_record.pk)
        refuse_second_tie(row, record)
        books = Books(record.connection, connector)
        remote = books.read(row)
        if remote.snapshot is None:
            raise ValidationError("It is gone over there, or has a shape that Tieout cannot read.")
        verdict = tie_and_compare(books, row, remote, record)
        note(row, verdict)
        return verdict


def refuse_second_tie(row: RemoteRecord, record: SyncRecord) -> None:
    if row.sync_record_id not in (None, record.pk) and not row.retired:
        raise AlreadyTied(f"{row} stands for another record of yours already.")
    other = ties.live_tie(record)
    if other is not None and other.pk != row.pk:
        raise AlreadyTied(f"{record.subject} is linked to {other} already.")


def by_marker(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict | None:
    """Link what carries the marker of one of our records; None where it carries none of ours.

    This settles a send of ours whose answer was lost. What bears a marker that no record here has
    was made by Tieout all the same, and is told so.
    """
    subject = ties.by_marker(books.connection, remote)
    if subject is None and remote.of_kind in FORGOTTEN and ties.is_forgotten(remote.marker):
        return needs_person(forgotten(books.name), FORGOTTEN[remote.of_kind].format(books.name))
    if subject is None or remote.snapshot is None:
        return None
    record = ties.sync_record_of(books.connection, subject)
    capabilities = books.connector.capabilities
    if capabilities.steps and (record.in_doubt or record.step):
        # It may be the first step of several: settling tells what is still to come.
        return waits(
            On.SYNC_RECORD.of(record.pk), f"Tieout has not finished sending {called(subject)}."
        )
    if record.kind in capabilities.several_objects:
        return _all_of_it(books, row, record)
    try:
        refuse_second_tie(row, record)
    except AlreadyTied:
        standing = ties.live_tie(record)
        if standing is None or standing.pk == row.pk:
            return needs_person(
                f"It carries Tieout's mark of {called(subject)}, and stands for another record.",
                f"If it is a copy made in {books.name}, remove Tieout's mark from its memo.",
            )
        return _twice(books, row, record, standing)
    return tie_and_compare(books, row, remote, record)


def _all_of_it(books: Books, row: RemoteRecord, record: SyncRecord) -> Verdict:
    """Every object that bears the mark of a record that may be several there, tied and compared as
    the one that they are."""
    marked = RemoteRecord.objects.filter(
        connection=books.connection, of_kind=row.of_kind, marker=row.marker, sync_record=None
    )
    for other in marked.filter(gone=False).exclude(pk=row.pk):
        ties.tie(other, record)
    ties.tie(row, record)
    return tie_and_compare(books, row, books.whole(row), record)


def _twice(
    books: Books, row: RemoteRecord, record: SyncRecord, standing: RemoteRecord
) -> Verdict | None:
    """Two of theirs for one of ours. None for a copy that somebody made there and means to keep:
    copying a document over there copies its memo, and our marker in it."""
    found = put_double_before_a_person(books.name, row, record, standing)
    if found.decision == Candidate.Decision.KEEP_BOTH:
        return None
    if found.taken_back_at is not None:
        return only_theirs(f"A double of {called(record.subject)}, taken back in {books.name}.")
    return waits(On.DECISION.of(), found.evidence, REMEDY)


def tie_and_compare(
    books: Books, row: RemoteRecord, remote: RemoteObject, record: SyncRecord
) -> Verdict:
    """The new tie, what both sides agree on with it, and what is left to send or to ask."""
    assert remote.snapshot is not None, "checked by the callers"
    subject = record.subject
    theirs = under_marker(books.projected(remote.snapshot), subject.public_id.hex)
    if isinstance(subject, Customer) and isinstance(theirs, CustomerSnapshot):
        take_parent(books, subject, theirs)
    ours = books.ours(record)
    carried = record.intent_revision  # set while the answer of a send of ours is missing
    ties.tie(row, record)
    tie_parts(books, row, remote, record)
    if isinstance(subject, Customer):
        adopt_children(books, row)
    found = () if ours is None else told_apart(ours, theirs)
    asked = [each for each in found if each.whose == "ask"]
    # What is asked stays open until a person answers, whatever else arrives of it.
    ties.agree(record, theirs if ours is None else agreed_after(ours, theirs, asked))
    if remote.next_step:
        record.step = remote.next_step
        ties.wanted_again(record, subject.revision, sent=0)
        return APPLIED
    if carried is not None and carried < subject.revision:
        ties.wanted_again(record, subject.revision, sent=carried)
        return APPLIED
    if asked:
        clashes = [
            Clash(path=each.path, base=None, ours=each.ours, theirs=each.theirs) for each in asked
        ]
        return put_before_a_person(books, record, clashes)
    if ours is None or any(each.whose == "held" for each in found):
        ties.wanted_again(record, subject.revision, sent=record.sent)
    else:
        ties.in_the_books(record, subject.revision)
    return APPLIED


def tie_parts(books: Books, row: RemoteRecord, remote: RemoteObject, record: SyncRecord) -> None:
    """The lines of their payment stand for our allocations that say the same."""
    payment = record.subject
    inside = books.connector.capabilities.payments_carry_allocations
    if not isinstance(payment, Payment) or not inside:
        return
    assert remote.snapshot is not None, "checked by the callers"
    split = in_our_words(books, split_of(books.projected(remote.snapshot)))
    for allocation, target in standing(books, payment):
        if split.get(target) != allocation.amount:
            continue
        part_record = ties.sync_record_of(books.connection, allocation)
        ties.tie_part(row, part_name(remote, target), allocation, part_record)
        ties.in_the_books(part_record, allocation.revision)


def close_reversed(books: Books, payment: Payment) -> None:
    """Allocations that were un-applied here because they are gone there: nothing is left to send."""
    for allocation in payment.allocations.exclude(reversed_on=None):
        record = allocation.sync_records.filter(connection=books.connection).first()
        if record is None or (record.state == State.GONE and record.sent == allocation.revision):
            continue
        record.remote_records.filter(retired=False).update(gone=True)
        ties.gone_there(record, allocation.revision)


def standing(books: Books, payment: Payment) -> Iterator[tuple[Allocation, tuple[str, str]]]:
    """Our allocations of a payment that stand, each with what it settles over there."""
    rows = payment.allocations.filter(reversed_on=None)
    for each in rows.select_related("invoice", "refund", "charge").order_by("pk"):
        if each.target is None:
            yield each, (each.outside_kind, each.outside_id)
            continue
        record = SyncRecord.objects.filter(
            connection=books.connection, **{each.target.kind: each.target.pk}
        ).first()
        tied = ties.live_tie(record) if record is not None else None
        yield each, (each.target.kind, tied.remote_id if tied is not None else "")


def in_our_words(books: Books, split: Split) -> Split:
    """A split whose targets that are ours go by our word for their kind, whatever theirs is."""
    found: Split = {}
    for (kind, remote_id), amount in split.items():
        ours = None if kind in set(Kind) else books.ours_behind(kind, remote_id)
        target = (ours.kind if ours is not None else kind, remote_id)
        found[target] = found.get(target, Decimal(0)) + amount
    return found


def part_name(remote: RemoteObject, target: tuple[str, str]) -> str:
    """How the part of an object that settles this target is told from its other parts."""
    kind, remote_id = target
    their_kind = next((each.kind for each in remote.links if each.remote_id == remote_id), kind)
    return f"{their_kind}:{remote_id}"


def calm(record: SyncRecord) -> None:
    """Nothing of theirs is in dispute any more: close conflicts that settled themselves."""
    close_settled(record)
    followed = record.awaits.on in UNFOLLOWED  # what could not be followed is undone there
    if not followed and record.reason not in OVER_ONCE_ALIKE:
        return
    if record.wanted > record.sent:
        ties.wanted_again(record, record.wanted, sent=record.sent)
    else:
        ties.in_the_books(record, record.wanted)
