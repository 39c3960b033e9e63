"""What a person answers when customers were merged over there: one customer here too, or two."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.actions import merge_customers
from apps.billing.changes import made_by
from apps.billing.models import Customer
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import CustomerMerge, Reason, RemoteRecord, SyncRecord
from apps.sync.there import ties
from apps.sync.there.merges import free_what_waits, merged_sentence, survivors
from apps.sync.want.wake import wake

Arrival = RemoteRecord.Arrival


@transaction.atomic
def follow(merge: CustomerMerge, *, user_id: int) -> None:
    """One customer here too: the one that is gone there becomes an alias of the survivor, issued
    documents keep it, and what waits goes to the survivor.

    Raises ValidationError, in words for staff, where the two cannot be one, or the survivor is
    only theirs.
    """
    merge, record, loser = _open(merge)
    name = open_connector(record.connection).capabilities.name
    row = _last_survivor(merge)
    standing = ties.live_tie(record)
    if standing is not None:
        raise ValidationError(f"{loser} stands in {name} as {standing.name}: keep the two apart.")
    with made_by(user_id, reason=f"Merged in {name}"):
        merge_customers(loser, _here(row, name), reason=f"Merged in {name}")
    merge.gone_record.retired = True
    merge.gone_record.save(update_fields=["retired"])
    ties.left_out(record, loser.revision, Reason.MERGED, merged_sentence(name, loser))
    _decided(merge, CustomerMerge.Decision.FOLLOW, user_id)


@transaction.atomic
def keep_apart(merge: CustomerMerge, *, new_name: str, user_id: int, reason: str) -> None:
    """Two customers: ours is made over there again under a name that differs, and what waits goes
    there. What moved with the merge stays with the survivor there.

    Raises ValidationError, in words for staff, without a reason, or where somebody has the name.
    """
    if not reason.strip():
        raise ValidationError("Say why these are two customers.")
    merge, record, loser = _open(merge)
    connection = record.connection
    name = open_connector(connection).capabilities.name
    new_name = " ".join(new_name.split())
    # A database that was restored to before the answer finds by its marker what was made then.
    standing = ties.live_tie(record)
    if standing is None or new_name.casefold() != standing.name.casefold():
        _refuse_name(connection, loser, new_name, name)
    with made_by(user_id, reason=f"Kept apart after a merge in {name}"):
        loser.name = new_name
        loser.full_clean()
        loser.save()
    merge.gone_record.retired = True
    merge.gone_record.save(update_fields=["retired"])
    if standing is None:
        _send_anew(record, loser)
    merge.reason = reason.strip()[:200]
    _decided(merge, CustomerMerge.Decision.KEEP_APART, user_id)


def _send_anew(record: SyncRecord, customer: Customer) -> None:
    record.generation += 1
    record.wanted, record.sent = customer.revision, 0
    record.plan_anew()
    record.save()
    if hasattr(record, "agreed"):
        record.agreed.delete()


def _open(merge: CustomerMerge) -> tuple[CustomerMerge, SyncRecord, Customer]:
    """Locked and read afresh, with the customer of ours that it is about."""
    merge = CustomerMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.decision != CustomerMerge.Decision.OPEN:
        raise ValidationError("This was decided already.")
    record = SyncRecord.objects.select_for_update(of=("self",)).get(pk=merge.sync_record_id)
    assert record.customer is not None, "asked of a customer of ours"
    return merge, record, record.customer


def _last_survivor(merge: CustomerMerge) -> RemoteRecord:
    """Who bears the documents today: the survivor, or who survived that since."""
    connection = merge.sync_record.connection
    remote_id = survivors(connection)[merge.gone_record.remote_id]
    return RemoteRecord.objects.get(
        connection=connection, kind=merge.gone_record.kind, remote_id=remote_id, part=""
    )


def _here(row: RemoteRecord, name: str) -> Customer:
    """Our customer that the survivor stands for."""
    record = row.sync_record
    if row.gone:
        raise ValidationError(f"{row.name} is gone in {name} too: keep the two apart.")
    if record is None or record.customer is None or row.retired:
        raise ValidationError(
            f"{row.name} is only in {name}. Take it over into Tieout first (“In {name}”, under "
            "Customers), then follow the merge."
        )
    return record.customer


def _refuse_name(connection: Connection, loser: Customer, new_name: str, name: str) -> None:
    if not new_name or new_name.casefold() == loser.name.casefold():
        raise ValidationError(
            f"Give {loser} another name: after the merge {name} would take the old one for the "
            "customer that it was merged into."
        )
    taken = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.CUSTOMER, gone=False, part="", name__iexact=new_name
    )
    if taken.exists():
        raise ValidationError(f"There is a customer {new_name} in {name} already.")


def _decided(merge: CustomerMerge, decision: CustomerMerge.Decision, user_id: int) -> None:
    merge.decision, merge.decided_by_id, merge.decided_at = decision, user_id, now()
    merge.save()
    row, record = merge.gone_record, merge.sync_record
    words = {
        CustomerMerge.Decision.FOLLOW: "It was merged there, and here too.",
        CustomerMerge.Decision.KEEP_APART: "It was merged there, and kept apart here.",
    }
    RemoteRecord.objects.filter(pk=row.pk).update(
        arrival=Arrival.APPLIED, sentence=words[decision], remedy="", waits_for=""
    )
    # What arrived under the survivor meanwhile may be taken over now.
    RemoteRecord.objects.filter(
        connection=record.connection,
        customer_id_there=merge.remote_record.remote_id,
        arrival=Arrival.NEEDS_PERSON,
    ).update(arrival=Arrival.NEW, sentence="", remedy="", waits_for="")
    assert record.customer is not None, "asked of a customer of ours"
    free_what_waits(record.connection, record.customer)
    wake(record.connection_id)
