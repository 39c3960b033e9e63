"""The test invoice of a ledger that cannot be read: they confirmed it, and a person has seen it."""

from django.core.exceptions import ValidationError

from apps.billing.models import Invoice
from apps.connections.checking import refuse_unconfirmed
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.fingerprint import fingerprint
from apps.mappings.look_up import Mappings
from apps.sync.assemble import Assembler
from apps.sync.models import Agreed, State, SyncRecord


def is_as_confirmed(record: SyncRecord, assembler: Assembler) -> bool:
    """Whether what they confirmed is what would be sent under the settings and mappings in force."""
    agreed = Agreed.objects.select_related("record").filter(record=record).first()
    ours = assembler.snapshot(Kind(record.kind), record.subject_id)
    return agreed is not None and ours is not None and agreed.snapshot == ours


def confirm_trial(connection: Connection, invoice: Invoice, *, user_id: int, words: str) -> None:
    """A person says that the test invoice stands there as it is here, and how they know: the
    connection may go live. Raises ValidationError with what stands in the way."""
    refuse_unconfirmed(connection)
    connector = open_connector(connection)
    name = connector.capabilities.name
    if connector.capabilities.reads_back:
        raise ValidationError(f"Tieout reads the test invoice back from {name} itself.")
    if not words.strip():
        raise ValidationError("Say how you know that it stands there as it is here.")
    record = SyncRecord.objects.filter(connection=connection, invoice=invoice).first()
    if record is None or record.state != State.IN_THE_BOOKS or record.sent != invoice.revision:
        raise ValidationError(f"{name} has not confirmed {invoice} as it is here.")
    used = fingerprint(connection)
    if not is_as_confirmed(record, Assembler(connection, connector, Mappings.of(connection))):
        raise ValidationError(f"{invoice} was sent under other settings. Send another one first.")
    Connection.objects.filter(pk=connection.pk).update(
        trial_matched_at=now(),
        trial_fingerprint=used,
        trial_confirmed_by=user_id,
        trial_confirmation=words.strip()[:300],
    )
