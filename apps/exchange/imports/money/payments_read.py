"""Rows of a file gathered into payments, and what each is said to settle; nothing here asks a database."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.core.money import ZERO
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.records.reading import ReadRecord

# What stands between several invoices in one cell.
BETWEEN = re.compile(r"\s*[,;|\n]\s*")


@dataclass(frozen=True, slots=True)
class ToldPart:
    """What a row says is settled: an invoice as it is written, several of them, or "" for none; how much
    where it says so, else as much as is open."""

    row: int
    invoice: str
    amount: Decimal | None
    on: date | None

    @property
    def numbers(self) -> list[str]:
        """Of a cell that holds several invoices."""
        return [each for each in BETWEEN.split(self.invoice) if each]


@dataclass(slots=True)
class ReadPayment:
    """A payment as the file tells it, on one row or on several. Its rows are all taken, or none."""

    records: list[ReadRecord]
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    # Of its rows: the invoices that they name, and whether one tells how much is applied.
    named: set[str] = field(default_factory=set)
    says_what_is_applied: bool = False

    def __post_init__(self) -> None:
        for each in self.records:
            self._know(each)

    def take(self, record: ReadRecord) -> None:
        self.records.append(record)
        self._know(record)

    def _know(self, record: ReadRecord) -> None:
        self.named.add(record.text("invoice"))
        self.says_what_is_applied |= record.number("applied") is not None

    @property
    def rows(self) -> int:
        return len(self.records)

    @property
    def first(self) -> ReadRecord:
        return self.records[0]

    @property
    def row(self) -> int:
        return self.first.row

    @property
    def left_out(self) -> str | None:
        return self.first.left_out

    def text(self, of: str) -> str:
        """Of the first row that tells it."""
        return next((told for each in self.records if (told := each.text(of))), "")

    def number(self, of: str) -> Decimal | None:
        told = (each.number(of) for each in self.records)
        return next((each for each in told if each is not None), None)

    @property
    def day(self) -> date | None:
        return self.first.day("date")

    @property
    def amount(self) -> Decimal | None:
        """What came: said on each row alike where they tell what is applied, else their sum."""
        told = [found for each in self.records if (found := each.number("amount")) is not None]
        if not told:
            return None
        return told[0] if self.says_what_is_applied else sum(told, ZERO)

    @property
    def parts(self) -> list[ToldPart]:
        return [
            ToldPart(
                each.row,
                each.text("invoice"),
                self._part_of(each),
                each.day("applied_on"),
            )
            for each in self.records
            if each.text("invoice") or each.number("applied") is not None
        ]

    def _part_of(self, record: ReadRecord) -> Decimal | None:
        if self.says_what_is_applied:
            return record.number("applied")
        return record.number("amount") if self.rows > 1 else None

    @property
    def invoices(self) -> str:
        """What it settles, as one text by which two payments are told apart."""
        return "|".join(each.invoice for each in self.parts)

    @property
    def called(self) -> str:
        """As staff find it in the file."""
        amount = self.amount
        told = (
            f"{amount:f} {self.text('currency')}".strip() if amount is not None else "",
            self.text("customer_name") or self.text("customer_code"),
            self.text("reference") or self.text("invoice"),
        )
        return ", ".join(each for each in told if each) or f"row {self.row}"


def payments_in(records: Iterable[ReadRecord]) -> Iterator[ReadPayment]:
    """The payments of a file in its order. What goes without saying that it is none is passed over."""
    current: ReadPayment | None = None
    for record in records:
        if record.left_out == "":
            continue
        if current is not None and _belongs_to(record, current):
            current.take(record)
            continue
        if current is not None:
            yield _checked(current)
        current = ReadPayment([record])
    if current is not None:
        yield _checked(current)


def refused(payment: ReadPayment, sentence: str) -> list[Refusal]:
    """Each of its rows, with the one sentence; its amount on the first."""
    called, currency, amount = payment.called, payment.text("currency"), payment.amount
    return [
        Refusal(
            row=each.row,
            document=called,
            sentence=sentence,
            day=payment.day,
            currency=currency,
            amount=amount if each is payment.first else None,
        )
        for each in payment.records
    ]


def _belongs_to(record: ReadRecord, payment: ReadPayment) -> bool:
    """Whether a row tells more of the payment above it: of the same number; or, without numbers, of the
    same customer, day, currency and reference, and each row settles an invoice that no other does."""
    first = payment.first
    if record.left_out is not None or first.left_out is not None:
        return False
    if record.text("number") or first.text("number"):
        return record.text("number") == first.text("number")
    alike = ("reference", "customer_code", "customer_name", "currency", "method")
    if not record.text("reference") or record.trouble or first.trouble:
        return False
    if any(record.text(each) != first.text(each) for each in alike):
        return False
    invoice = record.text("invoice")
    return (
        record.day("date") == first.day("date")
        and "" not in payment.named
        and bool(invoice)
        and invoice not in payment.named
    )


def _checked(payment: ReadPayment) -> ReadPayment:
    """With what can be refused of it whatever stands here."""
    if payment.left_out is None and (sentence := _trouble(payment)):
        payment.refusals += refused(payment, sentence)
    return payment


def _trouble(payment: ReadPayment) -> str:
    troubles = [
        f"row {each.row}: {each.trouble}" if payment.rows > 1 else each.trouble
        for each in payment.records
        if each.trouble
    ]
    if troubles:
        return "; ".join(troubles)
    if not (payment.text("customer_code") or payment.text("customer_name") or payment.invoices):
        return "neither a customer nor an invoice is named, so nobody knows whose it is"
    return _contradiction(payment)


def _contradiction(payment: ReadPayment) -> str:
    """Rows of one payment say of it the same, or nothing."""
    days = {each.day("date") for each in payment.records}
    if len(days) > 1:
        return f"its rows tell different days: {_named(sorted(filter(None, days)))}"
    for of in ("customer_code", "customer_name", "currency", "method", "reference"):
        told = {each.text(of) for each in payment.records} - {""}
        if len(told) > 1:
            return f"its rows tell different things: {_named(sorted(told))}"
    amounts = {each.number("amount") for each in payment.records} - {None}
    if payment.says_what_is_applied and len(amounts) > 1:
        return (
            f"its rows tell different amounts ({_named(amounts)}). Where a column says what is applied, "
            "the amount is that of the whole payment, the same on each of its rows"
        )
    if any(each.amount is not None and not each.invoice for each in payment.parts):
        return "a row tells an amount that is applied and no invoice that it is applied to"
    if any(each.amount is not None and each.amount <= 0 for each in payment.parts):
        return "what is applied to an invoice is more than nil"
    return ""


def _named(told: Iterable[object]) -> str:
    return ", ".join(str(each) for each in told)


def portions_of(payments: Iterable[ReadPayment], size: int) -> Iterator[Sequence[ReadPayment]]:
    """As many payments as have so many rows, at least one."""
    portion: list[ReadPayment] = []
    rows = 0
    for each in payments:
        if portion and rows + each.rows > size:
            yield portion
            portion, rows = [], 0
        portion.append(each)
        rows += each.rows
    if portion:
        yield portion
