"""Their objects as snapshots. Raises Unread for what holds nothing that could be meant. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.connectors.freshbooks.client import CLIENT, CREDIT, INVOICE, ITEM, PAYMENT
from apps.connectors.freshbooks.heads import (
    SOURCE,
    credit_kind,
    currency_in,
    id_of,
    is_money,
    marker_of,
    pays_by_credit,
    uses_in,
    words_in,
)
from apps.connectors.freshbooks.rounding import by_rate
from apps.connectors.freshbooks.taxes import code_of
from apps.connectors.freshbooks.wire import (
    ARCHIVED,
    NIL,
    VOIDED,
    Raw,
    amount,
    amount_or_nil,
    country_code,
    currency_of,
    day,
    figure,
    is_adjustment,
    marker_in,
    members,
    message_in,
    named,
    reference_in,
    text,
)
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


def _client(raw: Raw) -> CustomerSnapshot:
    streets = filter(None, (text(raw, "p_street").strip(), text(raw, "p_street2").strip()))
    return CustomerSnapshot(
        marker=marker_of(CLIENT, raw),
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
    if is_adjustment(words_in(raw, "notes")):
        return AdjustmentSnapshot(
            marker=marker_of(CREDIT, raw),
            customer_id=named(raw, "clientid"),
            dated=day(raw, "create_date"),
            currency=currency_in(CREDIT, raw),
            amount=amount(raw, "amount"),
            debits=False,
            memo=" ".join(_text_of(each) for each in members(raw, "lines")).strip(),
            cancelled=_is_void(raw),
        )
    return CreditNoteSnapshot(**_document(raw, "credit_number", "clientid"))


def _is_void(raw: Raw) -> bool:
    return words_in(raw, "notes").startswith(VOIDED) and not amount(raw, "amount")


def _document(raw: Raw, number: str, customer: str) -> dict[str, Any]:
    currency = text(raw, "currency_code") or currency_of(raw, "amount")
    lines = _lines(raw, currency)
    net = sum((each.net for each in lines), NIL)
    total = amount(raw, "amount")
    words = words_in(raw, "notes")
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
    streets = filter(None, (words_in(raw, "street").strip(), words_in(raw, "street2").strip()))
    return Address(
        lines=tuple(streets),
        city=words_in(raw, "city"),
        region=words_in(raw, "province"),
        postal_code=words_in(raw, "code"),
        country=country_code(words_in(raw, "country")),
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
        marker=marker_of(PAYMENT, raw),
        customer_id=named(raw, "clientid"),
        paid_on=day(raw, "date"),
        currency=currency_of(raw, "amount"),
        amount=amount(raw, "amount"),
        method_id=text(raw, "type"),
        reference=reference_in(words_in(raw, "note")),
        allocations=(_use(raw, Kind.PAYMENT, id_of(PAYMENT, raw)),),
    )


def _source_kind(raw: Raw) -> Kind:
    credit = raw.get(SOURCE)
    return credit_kind(credit) if isinstance(credit, Mapping) else Kind.CREDIT_NOTE


def _use(raw: Raw, source: Kind, source_id: str) -> AllocationSnapshot:
    """What a payment of theirs sets against its invoice."""
    return AllocationSnapshot(
        marker=marker_of(PAYMENT, raw) if source is not Kind.PAYMENT else "",
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
        marker=marker_of(CREDIT, raw),
        customer_id=named(raw, "clientid"),
        paid_on=day(raw, "create_date"),
        currency=currency_in(CREDIT, raw),
        amount=amount(raw, "amount"),
        allocations=tuple(_use(each, Kind.PAYMENT, own) for each in uses_in(raw)),
    )


READ: dict[str, Callable[[Raw], Snapshot | None]] = {
    CLIENT: _client,
    ITEM: _item,
    INVOICE: _invoice,
    CREDIT: _credit,
    PAYMENT: _payment,
}
