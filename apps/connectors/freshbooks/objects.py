"""Their objects as the port knows them: a whole, and as parts of it what money is set against."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from apps.connectors.freshbooks.capabilities import SEND
from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE, ITEM, PAYMENT
from apps.connectors.freshbooks.heads import (
    KINDS,
    USUAL,
    credit_kind,
    currency_in,
    id_of,
    is_deleted,
    is_draft,
    marker_of,
    pays_by_credit,
    uses_in,
    version_of,
)
from apps.connectors.freshbooks.reading import READ
from apps.connectors.freshbooks.wire import (
    NIL,
    Json,
    Raw,
    Unread,
    amount,
    amount_or_nil,
    day,
    moment,
    named,
    text,
)
from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.snapshots import (
    AllocationSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
)


def gone(kind: str, remote_id: str, raw: Raw | None = None) -> RemoteObject:
    """It was deleted, by them or by us. A payment that is deleted is taken back as well: there is no
    other way to void one."""
    raw = raw or {}
    return RemoteObject(
        kind=kind,
        remote_id=remote_id,
        version=version_of(kind, raw) if raw else "",
        updated_at=moment(raw, "updated"),
        of_kind=_gone_kind(kind, raw),
        raw=raw,
        marker=marker_of(kind, raw),
        gone=True,
        void=kind == PAYMENT,
    )


def _gone_kind(kind: str, raw: Raw) -> Kind | None:
    if kind == CREDIT:
        return credit_kind(raw)
    return Kind.ALLOCATION if kind == PAYMENT and pays_by_credit(raw) else USUAL.get(kind)


def objects_of(kind: str, raw: Raw, home: str) -> tuple[RemoteObject, ...]:
    """The whole, and the parts of what is money. Never raises. What is in another currency than `home`
    and not ours is listed and no more: its rate, and so its worth at home, is told by nobody."""
    if is_deleted(raw):
        return (gone(kind, id_of(kind, raw), raw),)
    try:
        whole = _whole(kind, raw, home)
        return whole, *_parts(whole)
    except Unread as problem:
        return (_unread(kind, raw, problem),)


def object_of(kind: str, raw: Raw, home: str) -> RemoteObject:
    """The object, or the part of one, that a kept `raw` stands for."""
    part = raw.get("tieout_part", "")
    whole = raw["of"] if part else raw
    found = objects_of(kind, whole, home)
    return next((each for each in found if each.part == part), found[0])


def newest_first(rows: Iterable[Raw], home: str) -> list[InvoiceSnapshot]:
    """Invoices as they stand, whose lines alone say how their tax came about: none is discounted."""
    found = [
        (raw, whole.snapshot)
        for raw in rows
        if isinstance((whole := objects_of(INVOICE, raw, home)[0]).snapshot, InvoiceSnapshot)
        and not amount_or_nil(raw, "discount_total")
    ]
    found.sort(key=lambda each: (each[1].issue_date, id_of(INVOICE, each[0])), reverse=True)
    return [snapshot for _, snapshot in found]


# --- Wholes -----------------------------------------------------------------------------------


def _whole(kind: str, raw: Raw, home: str) -> RemoteObject:
    snapshot = READ[kind](raw)
    marker = marker_of(kind, raw)
    waits = kind in (INVOICE, CREDIT) and is_draft(raw)
    listed = kind in (CLIENT, ITEM)
    abroad = not listed and currency_in(kind, raw) not in ("", home)
    if (waits or abroad) and not marker:
        snapshot = None  # a draft of somebody there is in no books yet
    whole = RemoteObject(
        kind=kind,
        remote_id=id_of(kind, raw),
        version=version_of(kind, raw),
        updated_at=moment(raw, "updated"),
        of_kind=None if snapshot is None else _kind_of(kind, raw),
        snapshot=snapshot,
        raw=raw,
        marker=marker,
        number=_number(kind, raw),
        name=text(raw, "organization" if kind == CLIENT else "name") if listed else "",
        customer_id="" if listed else _customer_of(kind, raw),
        tax_number=text(raw, "vat_number").strip() if kind == CLIENT else "",
        currency=currency_in(kind, raw),
        amount=None if listed else amount(raw, "amount"),
        balance=_balance(kind, raw),
        dated=None if listed else day(raw, "date" if kind == PAYMENT else "create_date"),
        links=_links(kind, raw),
        void=bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False)),
        next_step=SEND if waits and marker else "",
    )
    if not whole.remote_id:
        raise Unread("id", raw.get("id"))
    return whole


def _kind_of(kind: str, raw: Raw) -> Kind:
    if kind == CREDIT:
        return credit_kind(raw)
    return Kind.ALLOCATION if kind == PAYMENT and pays_by_credit(raw) else USUAL[kind]


def _unread(kind: str, raw: Raw, problem: Unread) -> RemoteObject:
    return RemoteObject(
        kind=kind,
        remote_id=id_of(kind, raw),
        version=version_of(kind, raw),
        updated_at=moment(raw, "updated"),
        of_kind=_kind_of(kind, raw) if kind in KINDS else None,
        raw=raw,
        marker=marker_of(kind, raw),
        unreadable=Unreadable(problem.field, problem.value),
    )


def _number(kind: str, raw: Raw) -> str:
    names = {INVOICE: "invoice_number", CREDIT: "credit_number", ITEM: "sku"}
    return text(raw, names[kind]) if kind in names else ""


def _customer_of(kind: str, raw: Raw) -> str:
    return named(raw, "customerid" if kind == INVOICE else "clientid")


def _balance(kind: str, raw: Raw) -> Decimal | None:
    if kind == INVOICE:
        return amount(raw, "outstanding") if raw.get("outstanding") is not None else None
    if kind == CREDIT:
        return amount(raw, "amount") - amount_or_nil(raw, "paid")
    return NIL if kind == PAYMENT else None


def _links(kind: str, raw: Raw) -> tuple[Link, ...]:
    uses = [raw] if kind == PAYMENT and named(raw, "invoiceid") else uses_in(raw)
    return tuple(
        Link(kind=INVOICE, remote_id=named(each, "invoiceid"), amount=amount(each, "amount"))
        for each in uses
    )


# --- Parts ------------------------------------------------------------------------------------


def _parts(whole: RemoteObject) -> Sequence[RemoteObject]:
    if not isinstance(whole.snapshot, PaymentSnapshot):
        return ()
    raws = uses_in(whole.raw) if whole.kind == CREDIT else [whole.raw]
    names = [
        f"{PAYMENT}:{id_of(PAYMENT, each)}"
        if whole.kind == CREDIT
        else f"{INVOICE}:{part.target_id}"
        for each, part in zip(raws, whole.snapshot.allocations, strict=True)
    ]
    return [_part(whole, *each) for each in zip(names, whole.snapshot.allocations, strict=True)]


def _part(whole: RemoteObject, name: str, allocation: AllocationSnapshot) -> RemoteObject:
    raw: Json = {"tieout_part": name, "of": whole.raw}
    return RemoteObject(
        kind=whole.kind,
        remote_id=whole.remote_id,
        part=name,
        version=whole.version,
        updated_at=whole.updated_at,
        of_kind=Kind.ALLOCATION,
        snapshot=allocation,
        raw=raw,
        customer_id=allocation.customer_id,
        currency=allocation.currency,
        amount=allocation.amount,
        dated=allocation.applied_on,
        links=(Link(kind=INVOICE, remote_id=allocation.target_id, amount=allocation.amount),),
    )
