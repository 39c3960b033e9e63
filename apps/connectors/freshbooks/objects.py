"""Their objects as the port knows them: a whole, and as parts of it what money is set against."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.freshbooks.capabilities import SEND
from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE, ITEM, PAYMENT
from apps.connectors.freshbooks.taxes import by_rate, code_of
from apps.connectors.freshbooks.wire import (
    ARCHIVED,
    DELETED,
    NIL,
    VOIDED,
    Json,
    Raw,
    Unread,
    amount,
    amount_or_nil,
    country_code,
    currency_of,
    day,
    digest,
    figure,
    is_adjustment,
    marker_in,
    members,
    message_in,
    moment,
    named,
    reference_in,
    text,
)
from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
)
from apps.core.money import apportioned

ENTITY = {
    Kind.CUSTOMER: CLIENT,
    Kind.ITEM: ITEM,
    Kind.INVOICE: INVOICE,
    Kind.CREDIT_NOTE: CREDIT,
    Kind.ADJUSTMENT: CREDIT,
    Kind.PAYMENT: PAYMENT,
    Kind.ALLOCATION: PAYMENT,
}
# The order of a feed: a credit before what it pays.
KINDS = (CLIENT, ITEM, INVOICE, CREDIT, PAYMENT)
USUAL = {CLIENT: Kind.CUSTOMER, ITEM: Kind.ITEM, INVOICE: Kind.INVOICE, PAYMENT: Kind.PAYMENT}
ON_ACCOUNT = ("overpayment", "prepayment")  # credits that are money
DRAFT, DRAFT_STATUS = "draft", 1
# Kept in a raw beside what they answer: of a credit what it pays, of such a payment its credit.
USES, SOURCE = "tieout_uses", "tieout_credit"
IDS = {
    CLIENT: ("id", "userid"),
    ITEM: ("id", "itemid"),
    INVOICE: ("id", "invoiceid"),
    PAYMENT: ("id", "logid"),
    CREDIT: ("id", "creditid"),
}
# What a version is made of beside their time, which is of whole seconds.
TOLD = {
    CLIENT: (
        "organization", "email", "bus_phone", "p_street", "p_street2", "p_city", "p_province",
        "p_code", "p_country", "currency_code", "note", "vis_state",
    ),
    ITEM: ("name", "description", "sku", "unit_cost", "vis_state"),
    INVOICE: (
        "invoice_number", "customerid", "create_date", "due_date", "due_offset_days", "amount",
        "outstanding", "status", "notes", "po_number", "vis_state",
    ),
    CREDIT: ("credit_number", "clientid", "create_date", "amount", "paid", "notes", "vis_state"),
    PAYMENT: ("amount", "date", "note", "type", "invoiceid", "creditid", "vis_state"),
}  # fmt: skip


def id_of(kind: str, raw: Raw) -> str:
    for name in IDS[kind]:
        value = raw.get(name)
        if isinstance(value, int | str) and not isinstance(value, bool) and value:
            return str(value)
    return ""


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
        marker=_marker(kind, raw),
        gone=True,
        void=kind == PAYMENT,
    )


def _gone_kind(kind: str, raw: Raw) -> Kind | None:
    if kind == CREDIT:
        return _credit_kind(raw)
    return Kind.ALLOCATION if kind == PAYMENT and pays_by_credit(raw) else USUAL.get(kind)


def version_of(kind: str, raw: Raw) -> str:
    told = [_told(raw.get(name)) for name in TOLD[kind]]
    return f"{raw.get('updated') or ''}~{digest(told)}"


def _told(value: Any) -> Any:
    """As it is told whichever answer tells it: 100 and "100.00" are one figure."""
    if isinstance(value, Mapping):
        try:
            return [str(figure(value, "amount").normalize()), str(value.get("code") or "")]
        except Unread:
            return str(value.get("amount"))
    return "" if value is None else str(value)


def is_deleted(raw: Raw) -> bool:
    return raw.get("vis_state") in (DELETED, str(DELETED))


def is_draft(raw: Raw) -> bool:
    status = raw.get("status")
    if isinstance(status, int) and not isinstance(status, bool):
        return status == DRAFT_STATUS
    return raw.get("display_status") == DRAFT or status == DRAFT


def pays_by_credit(raw: Raw) -> bool:
    return raw.get("from_credit") is True or (
        raw.get("creditid") not in (None, 0, "") and bool(raw.get("invoiceid"))
    )


def is_money(credit: Raw) -> bool:
    return credit.get("credit_type") in ON_ACCOUNT


def _credit_kind(raw: Raw) -> Kind:
    if is_money(raw):
        return Kind.PAYMENT
    return Kind.ADJUSTMENT if is_adjustment(_words(raw, "notes")) else Kind.CREDIT_NOTE


def objects_of(kind: str, raw: Raw) -> tuple[RemoteObject, ...]:
    """The whole, and the parts of what is money. Never raises."""
    if is_deleted(raw):
        return (gone(kind, id_of(kind, raw), raw),)
    try:
        whole = _whole(kind, raw)
        return whole, *_parts(whole)
    except Unread as problem:
        return (_unread(kind, raw, problem),)


def object_of(kind: str, raw: Raw) -> RemoteObject:
    """The object, or the part of one, that a kept `raw` stands for."""
    part = raw.get("tieout_part", "")
    whole = raw["of"] if part else raw
    found = objects_of(kind, whole)
    return next((each for each in found if each.part == part), found[0])


# --- Wholes -----------------------------------------------------------------------------------


def _whole(kind: str, raw: Raw) -> RemoteObject:
    snapshot = _READ[kind](raw)
    marker = _marker(kind, raw)
    waits = kind in (INVOICE, CREDIT) and is_draft(raw)
    if waits and not marker:
        snapshot = None  # a draft of somebody there is in no books yet
    listed = kind in (CLIENT, ITEM)
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
        currency=_currency(kind, raw),
        amount=None if listed else amount(raw, "amount"),
        balance=_balance(kind, raw),
        dated=None if listed else day(raw, "date" if kind == PAYMENT else "create_date"),
        links=_links(kind, raw),
        void=bool(getattr(snapshot, "void", False)),
        next_step=SEND if waits and marker else "",
    )
    if not whole.remote_id:
        raise Unread("id", raw.get("id"))
    return whole


def _kind_of(kind: str, raw: Raw) -> Kind:
    if kind == CREDIT:
        return _credit_kind(raw)
    return Kind.ALLOCATION if kind == PAYMENT and pays_by_credit(raw) else USUAL[kind]


def _unread(kind: str, raw: Raw, problem: Unread) -> RemoteObject:
    return RemoteObject(
        kind=kind,
        remote_id=id_of(kind, raw),
        version=version_of(kind, raw),
        updated_at=moment(raw, "updated"),
        of_kind=_kind_of(kind, raw) if kind in KINDS else None,
        raw=raw,
        marker=_marker(kind, raw),
        unreadable=Unreadable(problem.field, problem.value),
    )


def _words(raw: Raw, name: str) -> str:
    value = raw.get(name)
    return value if isinstance(value, str) else ""


def _marker(kind: str, raw: Raw) -> str:
    """An item has no room for one that nobody copies onto an invoice."""
    where = {CLIENT: "note", PAYMENT: "note", INVOICE: "notes", CREDIT: "notes"}.get(kind, "")
    return marker_in(_words(raw, where)) if where else ""


def _number(kind: str, raw: Raw) -> str:
    names = {INVOICE: "invoice_number", CREDIT: "credit_number", ITEM: "sku"}
    return text(raw, names[kind]) if kind in names else ""


def _customer_of(kind: str, raw: Raw) -> str:
    return named(raw, "customerid" if kind == INVOICE else "clientid")


def _currency(kind: str, raw: Raw) -> str:
    if kind == ITEM:
        return currency_of(raw, "unit_cost")
    return text(raw, "currency_code") or currency_of(raw, "amount")


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


def uses_in(raw: Raw) -> list[Raw]:
    return members(raw, USES) if USES in raw else []


def _client(raw: Raw) -> CustomerSnapshot:
    streets = filter(None, (text(raw, "p_street").strip(), text(raw, "p_street2").strip()))
    return CustomerSnapshot(
        marker=_marker(CLIENT, raw),
        name=text(raw, "organization").strip() or _person(raw),
        email=text(raw, "email").strip(),
        phone=text(raw, "bus_phone").strip(),
        address=Address(
            lines=tuple(streets),
            city=text(raw, "p_city").strip(),
            region=text(raw, "p_province").strip(),
            postal_code=text(raw, "p_code").strip(),
            country=country_code(text(raw, "p_country")),
        ),
        currency=text(raw, "currency_code"),
        active=raw.get("vis_state") not in (ARCHIVED, str(ARCHIVED)),
    )


def _person(raw: Raw) -> str:
    return " ".join(filter(None, (text(raw, "fname").strip(), text(raw, "lname").strip())))


def _item(raw: Raw) -> ItemSnapshot:
    name = text(raw, "name").strip()
    return ItemSnapshot(
        marker="",
        code=text(raw, "sku").strip() or name,
        name=name,
        description=text(raw, "description").strip(),
        unit_price=amount_or_nil(raw, "unit_cost"),
        active=raw.get("vis_state") not in (ARCHIVED, str(ARCHIVED)),
    )


def _invoice(raw: Raw) -> InvoiceSnapshot:
    return InvoiceSnapshot(
        **_document(raw, "invoice_number", "customerid"),
        due_date=day(raw, "due_date"),
        purchase_order_number=text(raw, "po_number").strip(),
    )


def _credit(raw: Raw) -> Snapshot:
    if is_money(raw):
        return _on_account(raw)
    if is_adjustment(_words(raw, "notes")):
        return AdjustmentSnapshot(
            marker=_marker(CREDIT, raw),
            customer_id=named(raw, "clientid"),
            dated=day(raw, "create_date"),
            currency=_currency(CREDIT, raw),
            amount=amount(raw, "amount"),
            debits=False,
            memo=" ".join(_text_of(each) for each in members(raw, "lines")).strip(),
            cancelled=_is_void(raw),
        )
    return CreditNoteSnapshot(**_document(raw, "credit_number", "clientid"))


def _is_void(raw: Raw) -> bool:
    return _words(raw, "notes").startswith(VOIDED) and not amount(raw, "amount")


def _document(raw: Raw, number: str, customer: str) -> dict[str, Any]:
    currency = text(raw, "currency_code") or currency_of(raw, "amount")
    lines = _lines(raw, currency)
    net = sum((each.net for each in lines), NIL)
    total = amount(raw, "amount")
    words = _words(raw, "notes")
    return {
        "marker": marker_in(words),
        "number": text(raw, number),
        "customer_id": named(raw, customer),
        "issue_date": day(raw, "create_date"),
        "currency": currency,
        "lines": lines,
        "net": net,
        "tax": total - net,
        "total": total,
        "taxes": by_rate(lines, total - net, currency),
        "address": _address(raw),
        "message": message_in(words),
        "void": _is_void(raw),
    }


def _address(raw: Raw) -> Address:
    streets = filter(None, (_words(raw, "street").strip(), _words(raw, "street2").strip()))
    return Address(
        lines=tuple(streets),
        city=_words(raw, "city"),
        region=_words(raw, "province"),
        postal_code=_words(raw, "code"),
        country=country_code(_words(raw, "country")),
    )


def _lines(raw: Raw, currency: str) -> tuple[Line, ...]:
    """Each at its net. A discount of the whole document lowers all of them, as it lowers their tax."""
    rows = members(raw, "lines")
    nets = [amount(each, "amount") for each in rows]
    discount = amount_or_nil(raw, "discount_total")
    whole = sum(nets, NIL)
    if discount and whole:
        lowered = apportioned(discount, [discount * net / whole for net in nets], currency)
        nets = [net + less for net, less in zip(nets, lowered, strict=True)]
    return tuple(
        Line(
            key=str(place),
            net=net,
            description=_text_of(each),
            quantity=figure(each, "qty"),
            unit_price=amount(each, "unit_cost"),
            tax_code_id=code_of(each),
            remote_id=text(each, "lineid"),
        )
        for place, (each, net) in enumerate(zip(rows, nets, strict=True), 1)
    )


def _text_of(line: Raw) -> str:
    """A long text stands in the description, and its beginning in the name."""
    return text(line, "description").strip() or text(line, "name").strip()


def _payment(raw: Raw) -> Snapshot | None:
    """Without an invoice it is the other side of a credit; of nil, all of it became one. Either way
    the credit is the money."""
    if not named(raw, "invoiceid"):
        return None
    if pays_by_credit(raw):
        return _use(raw, _source_kind(raw), named(raw, "creditid"))
    if not amount(raw, "amount"):
        return None
    return PaymentSnapshot(
        marker=_marker(PAYMENT, raw),
        customer_id=named(raw, "clientid"),
        paid_on=day(raw, "date"),
        currency=currency_of(raw, "amount"),
        amount=amount(raw, "amount"),
        method_id=text(raw, "type"),
        reference=reference_in(_words(raw, "note")),
        allocations=(_use(raw, Kind.PAYMENT, id_of(PAYMENT, raw)),),
    )


def _source_kind(raw: Raw) -> Kind:
    credit = raw.get(SOURCE)
    return _credit_kind(credit) if isinstance(credit, Mapping) else Kind.CREDIT_NOTE


def _use(raw: Raw, source: Kind, source_id: str) -> AllocationSnapshot:
    """What a payment of theirs sets against its invoice."""
    return AllocationSnapshot(
        marker=_marker(PAYMENT, raw) if source is not Kind.PAYMENT else "",
        source=source,
        source_id=source_id,
        target_kind=Kind.INVOICE,
        target_id=named(raw, "invoiceid"),
        amount=amount(raw, "amount"),
        currency=currency_of(raw, "amount"),
        applied_on=day(raw, "date"),
        customer_id=named(raw, "clientid"),
    )


def _on_account(raw: Raw) -> PaymentSnapshot:
    """A credit that is money: what over-paid an invoice, or was paid before there was one."""
    own = id_of(CREDIT, raw)
    return PaymentSnapshot(
        marker=_marker(CREDIT, raw),
        customer_id=named(raw, "clientid"),
        paid_on=day(raw, "create_date"),
        currency=_currency(CREDIT, raw),
        amount=amount(raw, "amount"),
        allocations=tuple(_use(each, Kind.PAYMENT, own) for each in uses_in(raw)),
    )


_READ: dict[str, Callable[[Raw], Snapshot | None]] = {
    CLIENT: _client,
    ITEM: _item,
    INVOICE: _invoice,
    CREDIT: _credit,
    PAYMENT: _payment,
}


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
