"""Their objects as the port knows them: a whole, and as parts of it what is set against others."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
    TaxAmount,
)
from tests.worked.connector.capabilities import SEND
from tests.worked.connector.wire import (
    NIL,
    Unread,
    day,
    figure,
    figure_or_none,
    marker_in,
    members,
    memo_in,
    moment,
    plain,
    word,
)

CONTACT, PRODUCT, INVOICE, CREDIT = "contact", "product", "invoice", "credit"
RECEIPT, REFUND = "receipt", "refund"

ENTITY = {
    Kind.CUSTOMER: CONTACT,
    Kind.ITEM: PRODUCT,
    Kind.INVOICE: INVOICE,
    Kind.CREDIT_NOTE: CREDIT,
    Kind.PAYMENT: RECEIPT,
    Kind.REFUND: REFUND,
}
KIND = {entity: kind for kind, entity in ENTITY.items()}
WATCHED = tuple(KIND)
SOURCE = {RECEIPT: Kind.PAYMENT, CREDIT: Kind.CREDIT_NOTE}
USED = {RECEIPT: "settled", CREDIT: "used"}  # how much of a source is set against something
ALLOCATIONS = "allocations"  # of a source, kept in its raw beside what they answer
DRAFT, SENT = "draft", "sent"
TAKEN_BACK = ("void", "cancelled")

Raw = Mapping[str, Any]


def gone(kind: str, remote_id: str, part: str = "") -> RemoteObject:
    of_kind = Kind.ALLOCATION if part else KIND.get(kind)
    return RemoteObject(kind=kind, remote_id=remote_id, part=part, of_kind=of_kind, gone=True)


def objects_of(kind: str, raw: Raw) -> tuple[RemoteObject, ...]:
    """The whole, and its parts: of a receipt or credit note each invoice it is set against, of a
    refund what it is of."""
    try:
        whole = _whole(kind, raw)
        return (whole, *_parts(kind, raw))
    except Unread as problem:
        return (_unread(kind, raw, problem),)


def object_of(kind: str, raw: Raw) -> RemoteObject:
    """The object that a kept `raw` stands for: a whole or a part."""
    if "part" in raw:
        try:
            return _part(kind, raw["of"], raw["part"])
        except Unread as problem:
            return _unread(kind, raw["of"], problem)
    return objects_of(kind, raw)[0] if raw else gone(kind, "")


def part_of(kind: str, raw: Raw, invoice_id: str, amount: Decimal, dated: str) -> RemoteObject:
    """What a source is set against an invoice, where it was just set: which version of the source
    that made, they do not say."""
    unversioned = {name: each for name, each in raw.items() if name not in _OF_A_VERSION}
    allocation = {"invoice": invoice_id, "amount": f"{amount:.2f}", "dated": dated}
    return _part(kind, unversioned, allocation)


_OF_A_VERSION = frozenset({"version", "changed_at", ALLOCATIONS})


def part_name(kind: str, remote_id: str) -> str:
    return f"{kind}:{remote_id}"


# --- Wholes -----------------------------------------------------------------------------------


def _whole(kind: str, raw: Raw) -> RemoteObject:
    state, words = word(raw, "state"), word(raw, "remark")
    marker = marker_in(words)
    # A draft of somebody over there is in no books yet: it is shown, and nothing else.
    readable = kind in KIND and (state != DRAFT or bool(marker))
    snapshot = _READ[kind](raw) if readable else None
    listed = kind in (CONTACT, PRODUCT)
    return RemoteObject(
        kind=kind,
        remote_id=word(raw, "id"),
        version=word(raw, "version"),
        updated_at=moment(raw, "changed_at"),
        of_kind=KIND[kind] if snapshot is not None else None,
        snapshot=snapshot,
        raw=raw,
        marker=marker,
        number=word(raw, "reference" if kind == RECEIPT else "number"),
        name=word(raw, "name") if listed else "",
        customer_id="" if listed else word(raw, "contact"),
        currency=word(raw, "currency"),
        amount=None if listed else figure(raw, "total" if "total" in raw else "amount"),
        balance=None if listed or kind == REFUND else figure(raw, "open"),
        dated=None if listed else day(raw, "dated"),
        links=_links(kind, raw),
        void=state in TAKEN_BACK,
        next_step=SEND if state == DRAFT and marker else "",
    )


def _unread(kind: str, raw: Raw, problem: Unread) -> RemoteObject:
    def said(name: str) -> str:
        value = raw.get(name)
        return str(value) if isinstance(value, str | int) else ""

    return RemoteObject(
        kind=kind,
        remote_id=said("id"),
        version=said("version"),
        updated_at=moment(raw, "changed_at"),
        of_kind=KIND.get(kind),
        raw=raw,
        marker=marker_in(said("remark")),
        number=said("number"),
        name=said("name"),
        unreadable=Unreadable(problem.field, problem.value),
    )


def _links(kind: str, raw: Raw) -> tuple[Link, ...]:
    if kind == REFUND:
        source = _source_of(raw)
        return (Link(kind=source[0], remote_id=source[1], amount=figure(raw, "amount")),)
    return tuple(
        Link(kind=INVOICE, remote_id=word(each, "invoice"), amount=figure(each, "amount"))
        for each in allocations_in(raw)
    )


def allocations_in(raw: Raw) -> list[Mapping[str, Any]]:
    return members(raw, ALLOCATIONS) if ALLOCATIONS in raw else []


def _source_of(raw: Raw) -> tuple[str, str]:
    """Kind and id of what a refund pays back."""
    source = raw.get("of")
    if not isinstance(source, Mapping) or word(source, "kind") not in SOURCE:
        raise Unread("of", source)
    return word(source, "kind"), word(source, "id")


def _contact(raw: Raw) -> CustomerSnapshot:
    street = word(raw, "street")
    return CustomerSnapshot(
        marker=marker_in(word(raw, "remark")),
        name=word(raw, "name"),
        email=word(raw, "email"),
        phone=word(raw, "phone"),
        address=Address(
            lines=(street,) if street else (),
            city=word(raw, "city"),
            postal_code=word(raw, "postcode"),
            country=word(raw, "country"),
        ),
        active=raw.get("archived") is not True,
    )


def _product(raw: Raw) -> ItemSnapshot:
    return ItemSnapshot(
        marker=marker_in(word(raw, "remark")),
        code=word(raw, "code"),
        name=word(raw, "name"),
        unit_price=figure_or_none(raw, "price"),
        active=raw.get("archived") is not True,
    )


def _invoice(raw: Raw) -> InvoiceSnapshot:
    return InvoiceSnapshot(**_document(raw), due_date=day(raw, "due"))


def _credit(raw: Raw) -> CreditNoteSnapshot:
    return CreditNoteSnapshot(**_document(raw))


def _document(raw: Raw) -> dict[str, Any]:
    lines = tuple(_line(str(place), each) for place, each in enumerate(members(raw, "lines"), 1))
    return {
        "marker": marker_in(word(raw, "remark")),
        "number": word(raw, "number"),
        "customer_id": word(raw, "contact"),
        "issue_date": day(raw, "dated"),
        "currency": word(raw, "currency"),
        "lines": lines,
        "net": figure(raw, "net"),
        "tax": figure(raw, "tax"),
        "total": figure(raw, "total"),
        "taxes": taxes_of(lines),
        "exchange_rate": figure(raw, "rate"),
        "memo": memo_in(word(raw, "remark")),
        "void": word(raw, "state") in TAKEN_BACK,
    }


def _line(key: str, raw: Raw) -> Line:
    """Where there are no codes, what a line is taxed by is the percentage itself."""
    percent = figure_or_none(raw, "tax_percent")
    return Line(
        key=key,
        net=figure(raw, "net"),
        description=word(raw, "text"),
        quantity=figure(raw, "quantity"),
        unit_price=figure(raw, "price"),
        item_id=word(raw, "product"),
        tax_code_id="" if percent is None else plain(percent),
        tax=figure(raw, "tax"),
    )


def taxes_of(lines: Sequence[Line]) -> tuple[TaxAmount, ...]:
    """By percentage, in the order of their texts."""
    return tuple(
        TaxAmount(
            rate_id=percent,
            net=sum((each.net for each in lines if each.tax_code_id == percent), NIL),
            tax=sum((each.tax for each in lines if each.tax_code_id == percent), NIL),
        )
        for percent in sorted({each.tax_code_id for each in lines if each.tax})
    )


def _receipt(raw: Raw) -> PaymentSnapshot:
    """Without what it is set against: that are records of their own."""
    return PaymentSnapshot(
        marker=marker_in(word(raw, "remark")),
        customer_id=word(raw, "contact"),
        paid_on=day(raw, "dated"),
        currency=word(raw, "currency"),
        amount=figure(raw, "amount"),
        method_id=word(raw, "method"),
        exchange_rate=figure(raw, "rate"),
        reference=word(raw, "reference"),
        memo=memo_in(word(raw, "remark")),
        cancelled=word(raw, "state") in TAKEN_BACK,
    )


def _refund(raw: Raw) -> RefundSnapshot:
    return RefundSnapshot(
        marker=marker_in(word(raw, "remark")),
        customer_id=word(raw, "contact"),
        paid_on=day(raw, "dated"),
        currency=word(raw, "currency"),
        amount=figure(raw, "amount"),
        exchange_rate=figure(raw, "rate"),
        memo=memo_in(word(raw, "remark")),
        cancelled=word(raw, "state") in TAKEN_BACK,
    )


_READ: dict[str, Callable[[Raw], Snapshot]] = {
    CONTACT: _contact,
    PRODUCT: _product,
    INVOICE: _invoice,
    CREDIT: _credit,
    RECEIPT: _receipt,
    REFUND: _refund,
}


# --- Parts ------------------------------------------------------------------------------------


def _parts(kind: str, raw: Raw) -> list[RemoteObject]:
    if kind == REFUND:
        return [_part(kind, raw, {})]
    return [_part(kind, raw, each) for each in allocations_in(raw)]


def _part(kind: str, raw: Raw, allocation: Raw) -> RemoteObject:
    """Its raw keeps what is needed to read it again: the head of its whole, and the allocation."""
    own = {name: each for name, each in raw.items() if name not in ("lines", ALLOCATIONS)}
    rate, currency = figure(raw, "rate"), word(raw, "currency")
    if kind == REFUND:
        source_kind, source_id = _source_of(raw)
        part, target = part_name(source_kind, source_id), word(raw, "id")
        amount, dated = figure(raw, "amount"), day(raw, "dated")
        link = Link(kind=source_kind, remote_id=source_id, amount=amount)
    else:
        source_kind, source_id = kind, word(raw, "id")
        target = word(allocation, "invoice")
        part = part_name(INVOICE, target)
        amount, dated = figure(allocation, "amount"), day(allocation, "dated")
        link = Link(kind=INVOICE, remote_id=target, amount=amount)
    void = word(raw, "state") in TAKEN_BACK
    snapshot = AllocationSnapshot(
        marker="",
        source=SOURCE[source_kind],
        source_id=source_id,
        target_kind=Kind.REFUND if kind == REFUND else Kind.INVOICE,
        target_id=target,
        amount=amount,
        currency=currency,
        applied_on=dated,
        customer_id=word(raw, "contact"),
        exchange_rate=rate,
        cancelled=void,
    )
    return RemoteObject(
        kind=kind,
        remote_id=word(raw, "id"),
        part=part,
        version=word(raw, "version"),
        updated_at=moment(raw, "changed_at"),
        of_kind=Kind.ALLOCATION,
        snapshot=snapshot,
        raw={"part": dict(allocation), "of": own},
        customer_id=snapshot.customer_id,
        currency=currency,
        amount=amount,
        dated=dated,
        links=(link,),
        void=void,
    )
