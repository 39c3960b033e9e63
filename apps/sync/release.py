"""Look again at what waits for something, once that something has happened."""

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping
from apps.sync.models import ENDED_STATES, RemoteRecord, State, SyncRecord

# Written out, not a parameter: only so SQLite sees that the index of what waits is meant.
NOTHING = RawSQL("''", ())
FOLDED = f"record:{Kind.PAYMENT}:"


def release_the_waiting(connection: Connection) -> int:
    """Make due again what waits for a mapping, an account, a record or a lock date that is news;
    the number.

    Nothing is decided here: the next plan finds out whether the way is free.
    """
    waiting = SyncRecord.objects.filter(
        connection=connection,
        state__in=[State.WAITING, State.NEEDS_PERSON],
        waits_for__gt=NOTHING,
    )
    freed = []
    mapped_at = (
        Mapping.objects.filter(connection=connection)
        .order_by("-changed_at")
        .values_list("changed_at", flat=True)
        .first()
    )
    if mapped_at is not None:
        freed += list(
            waiting.filter(waits_for__startswith="mapping:").filter(
                Q(checked_at=None) | Q(checked_at__lt=mapped_at)
            )
        )
    if connection.codes_read_at:
        # A tax code of theirs may bear the percentage again that a document waits for.
        of_codes = waiting.filter(
            Q(waits_for__startswith="account:") | Q(waits_for__startswith="mapping:tax:"),
            checked_at__lt=connection.codes_read_at,
        )
        known = {each.pk for each in freed}
        freed += [each for each in of_codes if each.pk not in known]
    locked = waiting.filter(waits_for="closing_date")
    if connection.company_read_at:
        freed += list(locked.filter(checked_at__lt=connection.company_read_at))
    freed += _whose_record_is_there(connection, waiting.filter(waits_for__startswith="record:"))
    freed += _whose_record_is_gone(connection, waiting.filter(waits_for__startswith="ended:"))
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(
        freed, ["state", "reason", "sentence", "remedy", "waits_for", "due_at"], batch_size=200
    )
    return len(freed)


def _whose_record_is_gone(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that wait for what was taken back here to end over there too."""
    records = [each for each in waiting if each.due_at is None]
    open_still: set[str] = set()
    for kind in {each.waits_for.split(":")[1] for each in records}:
        left = SyncRecord.objects.filter(connection=connection, kind=kind, sent__gt=0)
        keys = left.exclude(state__in=ENDED_STATES).values_list(f"{kind}_id", flat=True)
        open_still |= {f"ended:{kind}:{pk}" for pk in keys}
    return [each for each in records if each.waits_for not in open_still]


def _whose_record_is_there(
    connection: Connection, waiting: QuerySet[SyncRecord]
) -> list[SyncRecord]:
    """Those that wait for a record of ours which now stands in their books."""
    records = [each for each in waiting if each.due_at is None]
    needed: dict[Kind, set[int]] = {}
    for record in records:
        _, kind, pk = record.waits_for.split(":")
        needed.setdefault(Kind(kind), set()).add(int(pk))
    there: set[str] = set()
    for kind, keys in needed.items():
        rows = RemoteRecord.objects.filter(
            connection=connection,
            gone=False,
            retired=False,
            **{f"sync_record__{kind.value}__in": keys},
        )
        found = rows.values_list(f"sync_record__{kind.value}_id", flat=True)
        there |= {f"record:{kind}:{pk}" for pk in found}
    # An allocation folded into its payment is not waiting for the payment to exist: it goes with it.
    return [
        each
        for each in records
        if each.waits_for in there
        and not (each.kind == Kind.ALLOCATION and each.waits_for.startswith(FOLDED))
    ]
