"""In which order records go over, and which of them wait when calls are scarce."""

from dataclasses import dataclass

from django.db.models import Q

from apps.connectors.snapshots import Kind
from apps.sync.models import IN_DOUBT


@dataclass(frozen=True, slots=True)
class Wave:
    """Kinds that go side by side. `back`: what was taken back here; otherwise what stands."""

    kinds: tuple[Kind, ...]
    back: bool = False


# What is set against something comes after it, and goes before it. A payment may carry both at
# once, so what leaves it goes after it, and what joins it before. Money that is received anew
# finds its invoice open only after the first was taken back.
WAVES = (
    Wave((Kind.DEPOSIT,), back=True),
    Wave((Kind.ALLOCATION,), back=True),
    Wave((Kind.CUSTOMER, Kind.ITEM)),
    Wave((Kind.INVOICE, Kind.CREDIT_NOTE, Kind.ADJUSTMENT, Kind.REFUND)),
    Wave((Kind.PAYMENT,), back=True),
    Wave((Kind.PAYMENT,)),
    Wave((Kind.ALLOCATION,)),
    Wave((Kind.ADJUSTMENT, Kind.REFUND, Kind.INVOICE, Kind.CREDIT_NOTE), back=True),
    Wave((Kind.DEPOSIT,)),
)
# What never goes out of the calls that are kept for settling and payments.
NOT_FROM_THE_RESERVE = (Kind.CUSTOMER, Kind.ITEM, Kind.INVOICE, Kind.CREDIT_NOTE)
# Of sync records that are due: what may use them.
MAY_USE_RESERVE = Q(state__in=IN_DOUBT) | ~Q(kind__in=NOT_FROM_THE_RESERVE)
