"""Records at the border: plain frozen values that every accounting system can understand.

Ids of other records (customer, item, account, term) are *theirs*, already mapped. Amounts are in
document currency and fit its minor unit; of what is to be sent they are written in it
(`figures.with_decimals`). Dates are accounting dates. `whose` in a field's metadata says what a
difference between both sides means:

- HELD: we hold it and ours is sent (message to the customer, due date);
- ASK: money, tax, date, customer: a difference is always put before a person;
- KEPT: theirs to decide (item on an issued line, account, memo): read, kept on every write, shown.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_origin

HELD = {"whose": "held"}
ASK = {"whose": "ask"}
KEPT = {"whose": "kept"}
# The account of an amount that may be nil: where their side has none, ours says where it belongs.
KEPT_OF_FEE = {"whose": "kept", "of": "fee"}
KEPT_OF_FEE_TAX = {"whose": "kept", "of": "fee_tax"}
# Parts whose tax is nil are no difference: one side lists them and the other does not.
ASK_TAX = {"whose": "ask", "unless_nil": "tax"}


class Kind(StrEnum):
    """Kinds of records of ours that can stand in a ledger."""

    CUSTOMER = "customer"
    ITEM = "item"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    ALLOCATION = "allocation"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    DEPOSIT = "deposit"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166 alpha-2


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerSnapshot:
    marker: str  # our public id
    name: str = field(metadata=HELD)
    email: str = field(default="", metadata=HELD)
    phone: str = field(default="", metadata=HELD)
    address: Address = field(default=Address(), metadata=HELD)
    # The customer that may pay for it; empty where it stands alone.
    parent_id: str = field(default="", metadata=HELD)
    currency: str = field(default="", metadata=KEPT)
    active: bool = field(default=True, metadata=HELD)
    # Ours, by which some software names a customer from the day it is made there: no part of what
    # both sides are compared by.
    code: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemSnapshot:
    marker: str
    code: str = field(metadata=HELD)
    name: str = field(metadata=HELD)
    description: str = field(default="", metadata=HELD)
    unit_price: Decimal | None = field(default=None, metadata=HELD)
    account_id: str = field(default="", metadata=KEPT)  # where its sales are booked
    active: bool = field(default=True, metadata=HELD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a document. `net` = quantity × unit price less discount, rounded."""

    key: str  # ours: its place on the document, stable once issued
    net: Decimal = field(metadata=ASK)
    description: str = field(default="", metadata=KEPT)
    quantity: Decimal = field(default=Decimal(1), metadata=KEPT)
    unit_price: Decimal = field(default=Decimal(0), metadata=KEPT)
    item_id: str = field(default="", metadata=KEPT)
    account_id: str = field(default="", metadata=KEPT)
    # Their code; where a line bears its percentage instead, that as text: "20", "14.975".
    tax_code_id: str = field(default="", metadata=ASK)
    tax: Decimal = field(default=Decimal(0), metadata=ASK)
    remote_id: str = ""  # their id of this line, once read


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxAmount:
    """Tax of one rate of theirs on a document, in document currency."""

    # Theirs: a component of the lines' tax code, or what the lines bear instead of one.
    rate_id: str = field(metadata=ASK)
    net: Decimal = field(default=Decimal(0), metadata=KEPT)  # what it is due on
    tax: Decimal = field(default=Decimal(0), metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentSnapshot:
    """What an invoice and a credit note have in common. Amounts are positive on both.

    `taxes` are by rate of theirs, in the order of their ids; they add up to `tax`.
    """

    marker: str
    number: str = field(metadata=ASK)
    customer_id: str = field(metadata=ASK)
    issue_date: date = field(metadata=ASK)
    currency: str = field(metadata=ASK)
    lines: tuple[Line, ...] = field(metadata=ASK)
    net: Decimal = field(metadata=ASK)
    tax: Decimal = field(metadata=ASK)
    total: Decimal = field(metadata=ASK)
    taxes: tuple[TaxAmount, ...] = field(default=(), metadata=ASK_TAX)
    exchange_rate: Decimal = field(default=Decimal(1), metadata=ASK)
    home_total: Decimal | None = field(default=None, metadata=ASK)
    address: Address = field(default=Address(), metadata=KEPT)
    message: str = field(default="", metadata=HELD)
    memo: str = field(default="", metadata=KEPT)
    void: bool = field(default=False, metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceSnapshot(DocumentSnapshot):
    due_date: date | None = field(default=None, metadata=HELD)
    terms_id: str = field(default="", metadata=HELD)
    purchase_order_number: str = field(default="", metadata=HELD)


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditNoteSnapshot(DocumentSnapshot):
    pass


@dataclass(frozen=True, kw_only=True, slots=True)
class AllocationSnapshot:
    """A part of a payment, a credit note or an adjustment, set against one document of theirs."""

    marker: str
    source: str  # Kind.PAYMENT, Kind.CREDIT_NOTE or Kind.ADJUSTMENT (one that credits)
    source_id: str  # their id; empty inside a payment that does not exist there yet
    # Kind.INVOICE, Kind.REFUND, Kind.ADJUSTMENT (one that debits), or their own kind for what is
    # not ours (a journal).
    target_kind: str
    target_id: str = field(metadata=ASK)
    amount: Decimal = field(metadata=ASK)
    currency: str
    applied_on: date = field(metadata=KEPT)
    customer_id: str = ""
    # Of its source, for a ledger where the use of a credit is a transaction with a rate of its own.
    exchange_rate: Decimal = Decimal(1)
    cancelled: bool = field(default=False, metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentSnapshot:
    """Money received. `allocations` are those of the payment itself that stand today."""

    marker: str
    customer_id: str = field(metadata=ASK)
    paid_on: date = field(metadata=ASK)
    currency: str = field(metadata=ASK)
    amount: Decimal = field(metadata=ASK)
    account_id: str = field(default="", metadata=KEPT)  # where the money lies
    method_id: str = field(default="", metadata=KEPT)  # theirs, or words where they keep words
    exchange_rate: Decimal = field(default=Decimal(1), metadata=ASK)
    reference: str = field(default="", metadata=HELD)
    memo: str = field(default="", metadata=KEPT)
    allocations: tuple[AllocationSnapshot, ...] = field(default=(), metadata=ASK)
    cancelled: bool = field(default=False, metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class AdjustmentSnapshot:
    """An amount between the receivable of a customer and another account, without money.

    `debits`: the receivable is debited (money on account is taken up), else credited (a
    deduction, a write-off, a retainer that is used).
    """

    marker: str
    customer_id: str = field(metadata=ASK)
    dated: date = field(metadata=ASK)
    currency: str = field(metadata=ASK)
    amount: Decimal = field(metadata=ASK)
    debits: bool = field(metadata=ASK)
    account_id: str = field(default="", metadata=KEPT)  # of its role
    receivable_id: str = field(default="", metadata=KEPT)  # of its currency
    exchange_rate: Decimal = field(default=Decimal(1), metadata=ASK)
    memo: str = field(default="", metadata=KEPT)
    cancelled: bool = field(default=False, metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundSource:
    """What a refund pays back, and how much of it."""

    kind: str  # Kind.PAYMENT, Kind.CREDIT_NOTE or Kind.ADJUSTMENT (a retainer)
    source_id: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class RefundSnapshot:
    """Money that went out to a customer, on one line of the bank: amount + fee + fee_tax.

    `fee` is what the bank took beside it without its tax; `fee_tax` is that tax. `sources` are told
    where their ledger wants them (`Capabilities.refunds_name_sources`).
    """

    marker: str
    customer_id: str = field(metadata=ASK)
    paid_on: date = field(metadata=ASK)
    currency: str = field(metadata=ASK)
    amount: Decimal = field(metadata=ASK)
    account_id: str = field(default="", metadata=KEPT)  # where the money came from
    method_id: str = field(default="", metadata=KEPT)
    receivable_id: str = field(default="", metadata=KEPT)
    fee: Decimal = field(default=Decimal(0), metadata=ASK)
    fee_account_id: str = field(default="", metadata=KEPT_OF_FEE)
    fee_tax: Decimal = field(default=Decimal(0), metadata=ASK)
    fee_tax_account_id: str = field(default="", metadata=KEPT_OF_FEE_TAX)
    exchange_rate: Decimal = field(default=Decimal(1), metadata=ASK)
    reference: str = field(default="", metadata=HELD)
    memo: str = field(default="", metadata=KEPT)
    sources: tuple[RefundSource, ...] = ()
    cancelled: bool = field(default=False, metadata=ASK)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositLineSnapshot:
    """A payment of theirs, whole, or an amount on one of their accounts (a fee, a refund). Where
    their bank deposits name no payments, one of these too is an amount on the account it lies on."""

    payment_id: str = field(default="", metadata=ASK)
    account_id: str = field(default="", metadata=KEPT)
    amount: Decimal = field(default=Decimal(0), metadata=ASK)  # below nil: it went out
    description: str = field(default="", metadata=KEPT)
    # Their word for what it holds where that is like no payment of ours, such as a receipt; else "".
    kind: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DepositSnapshot:
    """A bank deposit: `total`, the sum of its lines, is the line of the bank."""

    marker: str
    account_id: str = field(metadata=ASK)  # the bank account
    dated: date = field(metadata=ASK)
    currency: str = field(metadata=ASK)
    lines: tuple[DepositLineSnapshot, ...] = field(metadata=ASK)
    total: Decimal = field(metadata=ASK)
    exchange_rate: Decimal = field(default=Decimal(1), metadata=ASK)
    memo: str = field(default="", metadata=KEPT)
    cancelled: bool = field(default=False, metadata=ASK)


Master = CustomerSnapshot | ItemSnapshot
Snapshot = (
    CustomerSnapshot
    | ItemSnapshot
    | InvoiceSnapshot
    | CreditNoteSnapshot
    | AllocationSnapshot
    | PaymentSnapshot
    | AdjustmentSnapshot
    | RefundSnapshot
    | DepositSnapshot
)

SHAPES: dict[Kind, type[Any]] = {
    Kind.CUSTOMER: CustomerSnapshot,
    Kind.ITEM: ItemSnapshot,
    Kind.INVOICE: InvoiceSnapshot,
    Kind.CREDIT_NOTE: CreditNoteSnapshot,
    Kind.PAYMENT: PaymentSnapshot,
    Kind.ALLOCATION: AllocationSnapshot,
    Kind.ADJUSTMENT: AdjustmentSnapshot,
    Kind.REFUND: RefundSnapshot,
    Kind.DEPOSIT: DepositSnapshot,
}


def kind_of(snapshot: Snapshot) -> Kind:
    return next(kind for kind, shape in SHAPES.items() if type(snapshot) is shape)


# --- As JSON: what was sent and agreed is kept -------------------------------------------------


def to_json(value: Any) -> Any:
    """A snapshot (or a part of one) as JSON values: decimals as texts, dates as ISO."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_json(each) for each in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return value


def from_json(kind: Kind | str, stored: Mapping[str, Any]) -> Snapshot:
    """The snapshot that `to_json` made. Fields that were added since take their default."""
    snapshot: Snapshot = _read(SHAPES[Kind(kind)], stored)
    return snapshot


def field_from_json(kind: Kind | str, name: str, stored: Any) -> Any:
    """The value of one field, as `to_json` made it."""
    return _read(typing.get_type_hints(SHAPES[Kind(kind)])[name], stored)


def _read(shape: Any, value: Any) -> Any:
    if get_origin(shape) in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _read(next(each for each in get_args(shape) if each is not type(None)), value)
    if get_origin(shape) is tuple:
        return tuple(_read(get_args(shape)[0], each) for each in value)
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        hints = typing.get_type_hints(shape)
        return shape(
            **{name: _read(hints[name], each) for name, each in value.items() if name in hints}
        )
    if shape is Decimal:
        return Decimal(value)
    if shape is date:
        return date.fromisoformat(value)
    return value


# --- Differences ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One field in which two snapshots of a record differ; `path` reads "lines.2.net"."""

    path: str
    ours: Any
    theirs: Any
    whose: str  # "held", "ask" or "kept"


def differences(ours: Any, theirs: Any, path: str = "") -> tuple[Difference, ...]:
    """Every field, down to the line, in which two snapshots of one kind differ.

    Markers, keys and fields without `whose` are not compared. Lines are matched by place; when
    their number differs that is one difference, of the whole list. Tax of nil is none.
    """
    found: list[Difference] = []
    for each in dataclasses.fields(ours):
        whose = each.metadata.get("whose")
        if whose is None:
            continue
        mine, yours = getattr(ours, each.name), getattr(theirs, each.name)
        name = f"{path}{each.name}"
        amount = each.metadata.get("unless_nil")
        if amount:
            mine = tuple(part for part in mine if getattr(part, amount))
            yours = tuple(part for part in yours if getattr(part, amount))
        if mine == yours:
            continue
        if _are_parts(mine) and len(mine) == len(yours):
            for place, (one, other) in enumerate(zip(mine, yours, strict=True)):
                found += differences(one, other, f"{name}.{place + 1}.")
            continue
        found.append(Difference(path=name, ours=mine, theirs=yours, whose=whose))
    return tuple(found)


def _are_parts(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and dataclasses.is_dataclass(value[0])
