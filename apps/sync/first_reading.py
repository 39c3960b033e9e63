"""What stands in books that were just connected: their codes, and then everything there is.

It begins as soon as there is consent, while nothing is sent, and goes on run after run until its
end. What was read stands where later runs look for it: the feed is read from here on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from apps.connections.clock import now
from apps.connections.lifecycle import take_company
from apps.connections.models import Connection, Grant
from apps.connectors.snapshots import Kind
from apps.mappings.codes import keep_codes
from apps.mappings.models import RemoteCode
from apps.sync.lease import Lease
from apps.sync.models import RemoteRecord, Run
from apps.sync.pull.feed import is_surveyed, survey
from apps.sync.run import Crew, pass_over, with_crew
from apps.sync.want.wake import wake_connected

DUTY = "first reading"
AGAIN = timedelta(minutes=10)  # until what failed is tried again without a person


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the first reading has come. `trouble`: why it stands still, in a sentence."""

    is_over: bool
    now_read: str  # what is read at the moment, in words
    counts: Mapping[str, int]  # kind → how many stand there
    codes: int
    trouble: str = ""

    @property
    def counted(self) -> list[tuple[str, int]]:
        """For a template, to which `counts.items` would be what stands under "items"."""
        return list(self.counts.items())


def read_all_there(connection_id: int) -> Run | None:
    """One run of the first reading. None where another run has the lease, or all was read."""
    return pass_over(connection_id, duty=DUTY, wanted=is_unread, work=_work)


def is_unread(connection: Connection) -> bool:
    return connection.stage == Connection.Stage.SETUP and connection.first_read_at is None


def _work(connection: Connection, lease: Lease, run: Run) -> tuple[Run.Outcome, str]:
    outcome, sentence = with_crew(connection, lease, run, _read)
    if outcome == Run.Outcome.STOPPED:
        # Not at every tick: what failed costs calls, and a person may try again at any time.
        still = Q(paused_until=None) | Q(paused_until__lte=now())
        Connection.objects.filter(
            still, pk=connection.pk, grant__status=Grant.Status.ACTIVE
        ).update(paused_until=now() + AGAIN)
    return outcome, sentence


def _read(crew: Crew) -> str:
    connection, connector, courier = crew.connection, crew.connector, crew.courier
    if connection.codes_read_at is None:
        take_company(connection, connector.company(courier))
        keep_codes(connection, connector.codes(courier))
    if not is_surveyed(connection, connector):
        try:
            survey(connection, connector, courier)
        finally:
            stored = RemoteRecord.objects.filter(
                connection=connection, read_at__gte=crew.run.started_at
            )
            Run.objects.filter(pk=crew.run.pk).rewrite(pulled=stored.count())
    Connection.objects.filter(pk=connection.pk).update(first_read_at=now())
    return "Everything that stands there was read."


def try_again(connection: Connection) -> bool:
    """A person does not wait for the next try; False where it is about to begin already."""
    Connection.objects.filter(pk=connection.pk).update(paused_until=None, last_error="")
    return wake_connected(connection.pk)


# --- What a person sees of it ---------------------------------------------------------------------

COUNTED = {
    Kind.CUSTOMER: "customers",
    Kind.ITEM: "items",
    Kind.INVOICE: "invoices",
    Kind.CREDIT_NOTE: "credit notes",
    Kind.PAYMENT: "payments",
    Kind.REFUND: "refunds",
    Kind.DEPOSIT: "bank deposits",
}


def progress_of(connection: Connection) -> Progress:
    """From our rows alone, in four queries."""
    rows = RemoteRecord.objects.filter(connection=connection, part="", gone=False)
    held = dict(rows.order_by().values_list("of_kind").annotate(Count("pk")))
    counts = {words: held[kind] for kind, words in COUNTED.items() if held.get(kind)}
    codes = RemoteCode.objects.filter(connection=connection, active=True).count()
    is_over = connection.first_read_at is not None or not is_unread(connection)
    return Progress(
        is_over=is_over,
        now_read="" if is_over else _now_read(connection),
        counts=counts,
        codes=codes,
        trouble="" if is_over else connection.last_error,
    )


def _now_read(connection: Connection) -> str:
    if connection.codes_read_at is None:
        return "accounts, tax codes, terms and payment methods"
    rows = RemoteRecord.objects.filter(connection=connection, part="")
    last = rows.order_by("-pk").values_list("of_kind", flat=True).first()
    return COUNTED.get(Kind(last), "entries") if last else COUNTED[Kind.CUSTOMER]


@dataclass(frozen=True, kw_only=True, slots=True)
class LastInvoice:
    """The newest invoice that stands there, by its date."""

    number: str
    dated: date | None
    customer: str
    amount: Decimal | None
    currency: str


def last_invoice(connection: Connection) -> LastInvoice | None:
    rows = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.INVOICE, part="", gone=False, dated__isnull=False
    )
    row = rows.order_by("-dated", "-pk").defer("packed_raw").first()
    if row is None:
        return None
    whose = RemoteRecord.objects.filter(
        connection=connection, of_kind=Kind.CUSTOMER, remote_id=row.customer_id_there, part=""
    )
    return LastInvoice(
        number=row.number,
        dated=row.dated,
        customer=whose.values_list("name", flat=True).first() or "",
        amount=row.amount,
        currency=row.currency,
    )
