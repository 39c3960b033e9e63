"""How many of what was open at the cut-off wait to be linked, for the stepper."""

from collections.abc import Mapping

from django.core.cache import caches
from django.db.models import Count, Max

from apps.billing.models import Allocation, CreditNote, Invoice, Payment
from apps.connections.models import Connection
from apps.sync.models import OpeningItem, RemoteRecord, SyncRecord
from apps.sync.opening.items import open_items

KEPT = 3600  # seconds; what is kept is of the very state that it was counted in


def open_to_link(connection: Connection) -> int:
    """Pairs that agree in number, customer, currency and open amount, and that nobody has linked.
    Nil where no cut-off is chosen. Found anew only once something of either side has changed."""
    if connection.starts_on is None:
        return 0
    state = _state(connection)
    key = f"open_to_link:{connection.pk}"
    kept = caches["process"].get(key)
    if kept is None or kept[0] != state:
        kept = state, len(open_items(connection).proposed)
        caches["process"].set(key, kept, KEPT)
    count: int = kept[1]
    return count


def _state(connection: Connection) -> Mapping[str, object]:
    """Whatever moves when a pair may be another than it was."""
    items = OpeningItem.objects.filter(sync_record__connection=connection)
    records = SyncRecord.objects.filter(connection=connection)
    ours = {
        model.__name__: model._base_manager.filter(company_id=connection.company_id).aggregate(
            Count("pk"), Max("updated_at")
        )
        for model in (Invoice, CreditNote, Payment, Allocation)
    }
    theirs = RemoteRecord.objects.filter(connection=connection)
    return ours | {
        "theirs": theirs.aggregate(Count("pk"), Max("read_at")),
        "records": records.aggregate(Count("pk"), Max("changed_at")),
        "linked": items.aggregate(Count("pk"), Max("linked_at"), Max("unlinked_at")),
        "from": connection.starts_on,
    }
