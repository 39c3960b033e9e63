"""Payments that they received: each is taken over once, and asked about where it is not plain."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from apps.billing.models import Invoice
from apps.connections.models import BroughtFile, Connection, Said
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO, minor_unit
from apps.exchange.coming_back.fates import Fate, State, known, refused
from apps.exchange.coming_back.table import Columns, Read
from apps.exchange.tables.port import CellRefused
from apps.sync.models import RemoteRecord
from apps.sync.models import State as RecordState
from apps.sync.wording import day, money

COLUMNS = Columns(
    headings={
        "number": ("Invoice number", "Number", "Invoice", "Invoice no", "Document number"),
        "date": ("Date", "Paid on", "Payment date"),
        "amount": ("Amount", "Paid", "Amount paid", "Payment amount"),
        "currency": ("Currency", "Currency code"),
        "reference": ("Reference", "Payment reference", "Details"),
        "account": ("Account", "Account code", "Bank account"),
        "rate": ("Exchange rate", "Rate"),
    },
    required=("number", "date", "amount"),
    numbers=("amount", "rate"),
    days=("date",),
)
ONE_BY_ONE = "Put it right in the file, then bring it again: what was taken is not taken twice."


def judged(
    brought: BroughtFile, rows: Sequence[Read], settled: Collection[int]
) -> Iterator[tuple[int, Fate]]:
    """The number and fate of each row of a file; `settled` are the numbers of those that were taken
    or left out before."""
    judge = _Judge(brought, rows)
    for row in rows:
        try:
            if row.number in settled:
                judge.pass_over(row)
            else:
                yield row.number, judge.fate(row)
        except CellRefused as problem:
            yield row.number, refused(row.text("number"), str(problem), ONE_BY_ONE)


class _Judge:
    def __init__(self, brought: BroughtFile, rows: Sequence[Read]) -> None:
        connection = brought.connection
        self.connection, self.brought = connection, brought
        numbers = sorted({each.text("number") for each in rows} - {""})
        self.there = _invoices(connection, numbers)
        self.open = {each.pk: each.balance_due for each in self._ours()}
        self._take_off_what_is_on_its_way()
        self.seen: Counter[str] = Counter()
        self.first_rows: dict[str, int] = {}

    def _ours(self) -> Iterator[Invoice]:
        for each in self.there.values():
            invoice = each.sync_record.invoice if each.sync_record is not None else None
            if invoice is not None:
                yield invoice

    def _take_off_what_is_on_its_way(self) -> None:
        """What was taken of a file and is not received here yet settles its invoice all the same."""
        arrived = RemoteRecord.objects.filter(connection=self.connection, kind=Kind.PAYMENT.value)
        known_ids = set(arrived.exclude(sync_record=None).values_list("remote_id", flat=True))
        said = Said.objects.filter(connection=self.connection, sort=BroughtFile.Sort.PAYMENTS)
        for told in said.values_list("said", flat=True):
            if told["id"] in known_ids:
                continue
            for each in told["settles"]:
                remote = self.there.get(each["invoice"])
                if remote is not None and remote.sync_record is not None:
                    pk = remote.sync_record.invoice_id
                    if pk in self.open:
                        self.open[pk] -= Decimal(each["amount"])

    def pass_over(self, row: Read) -> None:
        """It counts among those that are alike."""
        amount, paid_on = row.figure("amount"), row.day("date")
        remote = self.there.get(row.text("number"))
        if remote is not None and amount is not None and paid_on is not None:
            alike = _alike(remote.number, paid_on, amount, remote.currency, row.text("reference"))
            self.seen[alike] += 1
            self.first_rows.setdefault(alike, row.number)

    def fate(self, row: Read) -> Fate:
        number, amount, paid_on = row.text("number"), row.figure("amount"), row.day("date")
        remote = self.there.get(number)
        if remote is None or remote.sync_record is None or remote.sync_record.invoice is None:
            return refused(
                number,
                f"No invoice {number or 'without a number'} was handed over to these books.",
                f"Receive it here by hand, or name the invoice. {ONE_BY_ONE}",
            )
        if remote.sync_record.state != RecordState.IN_THE_BOOKS:
            return refused(
                number,
                f"{number} is not confirmed there yet.",
                "Bring the confirmation first, then this file again.",
            )
        invoice = remote.sync_record.invoice
        fault = _fault(row, invoice, amount, paid_on)
        if fault:
            return refused(number, *fault)
        assert amount is not None, "a payment without an amount is a fault"
        assert paid_on is not None, "a payment without a day is a fault"
        return self._plain_or_asked(row, remote, invoice, amount, paid_on)

    def _plain_or_asked(
        self, row: Read, remote: RemoteRecord, invoice: Invoice, amount: Decimal, paid_on: date
    ) -> Fate:
        reference = row.text("reference")[:200]
        alike = _alike(remote.number, paid_on, amount, invoice.currency, reference)
        self.seen[alike] += 1
        first = self.first_rows.setdefault(alike, row.number)
        taken = self._taken(alike)
        if taken and self.seen[alike] <= len(taken) and reference:
            return known(remote.number, f"It was taken already, on {day(taken[0])}.")
        place = max(self.seen[alike], len(taken) + 1)
        # What is left is divided between the rows in their order.
        left = max(self.open.get(invoice.pk, ZERO), ZERO)
        settles = min(amount, left)
        asked = ""
        if taken:
            asked = f"It is like one that was taken on {day(taken[0])}, and bears no reference."
        elif self.seen[alike] > 1:
            asked = f"It is like row {first}: it may be the same money, written twice."
        elif amount > left:
            over = money(amount - left, invoice.currency)
            asked = f"It is {over} more than {invoice.number} is open for."
        key = _payment_id(alike, place)
        said = {
            "id": key,
            "customer_id": remote.customer_id_there,
            "paid_on": paid_on.isoformat(),
            "currency": invoice.currency,
            "amount": f"{amount:f}",
            "rate": f"{row.figure('rate') or 1:f}",
            "account_id": row.text("account"),
            "reference": reference,
            "settles": [{"invoice": remote.remote_id, "amount": f"{settles:f}"}] if settles else [],
        }
        if not asked:
            self.open[invoice.pk] = left - settles
        return Fate(
            called=remote.number,
            state=State.ASKED if asked else State.TAKEN,
            sentence=asked or f"{money(amount, invoice.currency)} of {day(paid_on)} settle it.",
            remedy=_what_taking_means(amount, settles, invoice) if asked else "",
            said=said,
            key=key,
        )

    def _taken(self, alike: str) -> list[date]:
        """When payments like this were taken of other files, or of this one the time before."""
        keys = [_payment_id(alike, place) for place in range(1, 6)]
        rows = Said.objects.filter(
            connection=self.connection, sort=BroughtFile.Sort.PAYMENTS, key__in=keys
        ).exclude(row__brought=self.brought)
        return [each.date() for each in rows.order_by("pk").values_list("at", flat=True)]


def _fault(
    row: Read, invoice: Invoice, amount: Decimal | None, paid_on: date | None
) -> tuple[str, str] | None:
    """Why it cannot be received here at all, and what to do."""
    currency = row.text("currency").upper()
    if paid_on is None:
        return "It has no date.", ONE_BY_ONE
    if amount is None:
        return "It has no amount.", ONE_BY_ONE
    if currency and currency != invoice.currency:
        return (
            f"It is in {currency}, and {invoice.number} in {invoice.currency}.",
            "Receive it here by hand: what it is worth is on the bank's line.",
        )
    if amount <= 0:
        return (
            f"Its amount, {amount:f}, is not above nil.",
            "A payment that went back is entered here by hand, as returned.",
        )
    if amount % minor_unit(invoice.currency):
        return f"{amount:f} is no amount in {invoice.currency}.", ONE_BY_ONE
    if paid_on > invoice.company.today():
        return f"{day(paid_on)} is still to come.", ONE_BY_ONE
    if invoice.currency != invoice.company.home_currency and not row.text("rate"):
        return (
            f"It is in {invoice.currency} and says no exchange rate.",
            f"Add a column “Exchange rate”. {ONE_BY_ONE}",
        )
    return None


def _what_taking_means(amount: Decimal, settles: Decimal, invoice: Invoice) -> str:
    rest = amount - settles
    if not rest:
        return "Take it if it is money of its own; else leave it out."
    if not settles:
        return "Taken, all of it stays on account of the customer."
    return f"Taken, {money(rest, invoice.currency)} stay on account of the customer."


def _invoices(connection: Connection, numbers: Sequence[str]) -> dict[str, RemoteRecord]:
    found: dict[str, RemoteRecord] = {}
    for start in range(0, len(numbers), 500):
        rows = RemoteRecord.objects.filter(
            connection=connection,
            kind=Kind.INVOICE.value,
            part="",
            retired=False,
            remote_id__in=numbers[start : start + 500],
        )
        for each in rows.select_related("sync_record__invoice__company"):
            found[each.remote_id] = each
    return found


def _alike(number: str, paid_on: date, amount: Decimal, currency: str, reference: str) -> str:
    """What two rows have in common that may be the same money."""
    figure = f"{amount.normalize():f}"
    return "|".join((number, paid_on.isoformat(), figure, currency, reference[:200].casefold()))


def _payment_id(alike: str, place: int) -> str:
    """Their name for a payment, made of what the row says: the same row has the same."""
    return f"T-{hashlib.sha256(f'{alike}|{place}'.encode()).hexdigest()[:16].upper()}"
