"""What of our records is set off now and was not at the end of an earlier day.

The sums that a record stores are of now. What was applied after the day counts now and did not then;
what was un-applied after it counted then, as far as both of its ends had room
(`billing/standing/parts.py`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet

from apps.billing.models import AccountRole, Allocation
from apps.billing.standing.parts import shortfalls
from apps.billing.standing.reading import STANDS, Reading, streamed
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO

Place = tuple[Kind, int]  # kind and key of ours
# Kind → its accounting date.
DATED: Final = {Kind(kind): dated for kind, (_, _, dated) in STANDS.items()}


@dataclass(slots=True)
class Since:
    """Of one record, in its currency: what was set off since the day, less what was un-applied since.

    Of an invoice by what it came from; of any other record all of it is `paid`.
    """

    paid: Decimal = ZERO
    credited: Decimal = ZERO
    written_off: Decimal = ZERO

    @property
    def whole(self) -> Decimal:
        return self.paid + self.credited + self.written_off


NOTHING: Final = Since()


def standing(connection: Connection, until: date | None) -> "QuerySet[Any]":
    """Our applications that count now, or at the end of a day."""
    if until is None:
        return Allocation.objects.filter(company=connection.company_id, reversed_on=None)
    return Reading(connection.company, until).allocations()


# The field by which an allocation names what it joins → its kind; of an outside entry, which is no
# record of a connection, none.
_ENDS: Final = {
    "invoice_id": Kind.INVOICE,
    "credit_note_id": Kind.CREDIT_NOTE,
    "payment_id": Kind.PAYMENT,
}
_TOLD: Final = (
    "adjustment__role",
    "outside_entry__is_money",
    "credit_note__relieves_id",
)  # what the part counts as


def set_off_since(reading: Reading) -> Mapping[Place, Since]:
    """By invoice, credit note and payment; in memory, one for each that anything moved since."""
    found: dict[Place, Since] = defaultdict(Since)
    later = reading.rows(Allocation).filter(date__gt=reading.on, reversed_on=None)
    undone = reading.allocations().filter(reversed_on__gt=reading.on)
    short = shortfalls(reading)
    for rows, sign in ((later, 1), (undone, -1)):
        for key, amount, *told in streamed(rows.order_by(), "id", "amount", *_ENDS, *_TOLD):
            _add(found, sign * (amount - short.get(key, ZERO)), *told)
    return dict(found)


def _add(
    found: dict[Place, Since],
    amount: Decimal,
    invoice: int | None,
    credit_note: int | None,
    payment: int | None,
    role: str | None,
    is_money: bool | None,
    relieves: int | None,
) -> None:
    if credit_note is not None:
        found[Kind.CREDIT_NOTE, credit_note].paid += amount
    if payment is not None:
        found[Kind.PAYMENT, payment].paid += amount
    if invoice is None:
        return
    of_invoice = found[Kind.INVOICE, invoice]
    if relieves is not None:
        of_invoice.written_off += amount
    elif credit_note is not None or is_money is False:
        of_invoice.credited += amount
    elif payment is not None or is_money or role == AccountRole.RETAINER:
        of_invoice.paid += amount
    else:
        of_invoice.written_off += amount
