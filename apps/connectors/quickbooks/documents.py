"""Invoices and credit notes: snapshots as QuickBooks' JSON and back. Pure.

Amounts there are net of tax, also on a document that was made with prices including it; `regime`
is the company's tax regime (`taxes`), `home` its home currency.
"""

import dataclasses
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, TypeVar

from apps.connectors.quickbooks.masters import address_json, address_of, projected_address
from apps.connectors.quickbooks.taxes import (
    NONE,
    code_there,
    line_code,
    projected_code,
    projected_taxes,
    tax_json,
    tax_of,
    taxes_of,
)
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    day,
    figure,
    mapping,
    marker_in,
    members,
    memo_in,
    note,
    ref,
    ref_of,
    says_voided,
    text,
)
from apps.connectors.snapshots import (
    Address,
    CreditNoteSnapshot,
    DocumentSnapshot,
    InvoiceSnapshot,
    Line,
)
from apps.core.money import rounded

ONE = Decimal(1)
PRICE_UNIT = Decimal("0.0000001")  # prices there have up to seven decimals
RATE_UNIT = Decimal("0.0000001")  # seven decimals of an exchange rate; no limit is published
CENT = Decimal("0.01")
AS_FLOAT = Context(prec=15)  # digits that a number of JSON keeps on its way through a float

SALES = "SalesItemLineDetail"
DISCOUNT = "DiscountLineDetail"
GROUP = "GroupLineDetail"
SUBTOTAL = "SubTotalLineDetail"
WORDS = "DescriptionOnly"

Document = TypeVar("Document", bound=DocumentSnapshot)


# --- What the ledger can hold -----------------------------------------------------------------


def projected_document(document: Document, regime: str = NONE, home: str = "") -> Document:
    """A void is a number with nothing in it; a line's net is its quantity × price there, tax
    stands on the document, by rate, and its worth at home follows from its rate."""
    more: dict[str, Any] = {
        "number": document.number.strip(),
        "message": document.message.strip(),
        "memo": document.memo.strip(),
        "address": projected_address(document.address),
        "exchange_rate": projected_rate(document.exchange_rate),
    }
    if isinstance(document, InvoiceSnapshot):
        more["purchase_order_number"] = ""
    if document.void:
        more.update(lines=(), taxes=(), net=NIL, tax=NIL, total=NIL, home_total=NIL)
    else:
        more["lines"] = tuple(
            projected_line(line, document.currency, regime) for line in document.lines
        )
        more["taxes"] = projected_taxes(document.taxes, regime)
        rate = more["exchange_rate"]
        if document.home_total is None and rate == ONE:
            more["home_total"] = document.total
        elif document.home_total is None and home:
            more["home_total"] = rounded(document.total * rate, home)
    return dataclasses.replace(document, **more)


def projected_rate(rate: Decimal) -> Decimal:
    """Home currency per unit, to seven decimals."""
    held = rate.quantize(RATE_UNIT, ROUND_HALF_UP)
    return rate if held == rate else held


def is_only_words(line: Line) -> bool:
    return not line.item_id and not line.net


def projected_line(line: Line, currency: str, regime: str = NONE) -> Line:
    """QuickBooks refuses a line whose amount is not quantity × price (code 6070), so a discount
    goes into the price; where no price of seven decimals does it, it is one at the whole amount."""
    quantity, price = (ONE, NIL) if is_only_words(line) else (line.quantity, line.unit_price)
    if not _comes_to(line.net, quantity * price, currency):
        price = (line.net / quantity).quantize(PRICE_UNIT) if quantity else line.net
        price = AS_FLOAT.plus(price)
        if not _comes_to(line.net, quantity * price, currency):
            quantity, price = ONE, line.net
    return dataclasses.replace(
        line,
        description=line.description.strip(),
        quantity=quantity,
        unit_price=price,
        tax_code_id="" if is_only_words(line) else projected_code(line.tax_code_id, regime),
        tax=NIL,
    )


def _comes_to(net: Decimal, product: Decimal, currency: str) -> bool:
    """In the currency's minor unit and in cents alike: whether QuickBooks rounds yen to whole ones
    or to hundredths is not published."""
    return rounded(product, currency) == net == product.quantize(CENT, ROUND_HALF_UP)


# --- Ours as JSON -----------------------------------------------------------------------------


def document_json(document: DocumentSnapshot, home: str, regime: str = NONE) -> Json:
    held = projected_document(document, regime, home)
    body: Json = {
        "DocNumber": held.number,
        "TxnDate": held.issue_date.isoformat(),
        "CustomerRef": ref(held.customer_id),
        "PrivateNote": note(held.memo, held.marker),
        # Nothing of ours ever makes them send an e-mail.
        "EmailStatus": "NotSet",
        "Line": [line_json(line, place, regime) for place, line in enumerate(held.lines, 1)],
        **tax_json(held, regime),
    }
    if held.currency:
        # Demanded where a company keeps several currencies, its own included.
        body["CurrencyRef"] = ref(held.currency)
    if held.currency != home:
        # Without a rate it may be booked at 1.
        body["ExchangeRate"] = held.exchange_rate
    if held.message:
        body["CustomerMemo"] = {"value": held.message}
    if held.address != Address():
        body["BillAddr"] = address_json(held.address)
    if isinstance(held, InvoiceSnapshot):
        if held.terms_id:
            body["SalesTermRef"] = ref(held.terms_id)
        if held.due_date:
            body["DueDate"] = held.due_date.isoformat()
    return body


def line_json(line: Line, place: int, regime: str = NONE) -> Json:
    body: Json = {"LineNum": place}
    if line.description:
        body["Description"] = line.description
    if is_only_words(line):
        return {**body, "DetailType": WORDS, "DescriptionLineDetail": {}}
    detail: Json = {
        "ItemRef": ref(line.item_id),
        "Qty": line.quantity,
        "UnitPrice": line.unit_price,
    }
    code = line_code(line.tax_code_id, regime)
    if code:
        detail["TaxCodeRef"] = ref(code)
    return {**body, "Amount": line.net, "DetailType": SALES, SALES: detail}


# --- Theirs as a snapshot ---------------------------------------------------------------------


def invoice_of(source: Mapping[str, Any], home: str) -> InvoiceSnapshot:
    return InvoiceSnapshot(
        **_shared(source, home),
        due_date=day(source, "DueDate"),
        terms_id=ref_of(source, "SalesTermRef"),
        # The field exists in their schema; the service neither keeps nor returns it.
        purchase_order_number="",
    )


def credit_note_of(source: Mapping[str, Any], home: str) -> CreditNoteSnapshot:
    return CreditNoteSnapshot(**_shared(source, home))


def is_void(source: Mapping[str, Any]) -> bool:
    """There is no status: a note that begins so and a total of nil are the only sign."""
    return says_voided(text(source, "PrivateNote")) and not figure(source.get("TotalAmt"))


def currency_of(source: Mapping[str, Any], home: str) -> str:
    return ref_of(source, "CurrencyRef") or home


def _shared(source: Mapping[str, Any], home: str) -> dict[str, Any]:
    total = figure(source.get("TotalAmt"))
    tax = tax_of(source)
    rate = figure(source.get("ExchangeRate")) or ONE
    void = is_void(source)
    home_total = figure(source["HomeTotalAmt"]) if source.get("HomeTotalAmt") is not None else None
    if home_total is None and rate == ONE:
        home_total = total
    issued = day(source, "TxnDate")
    if issued is None:
        raise ValueError("a document without a date")
    return {
        "marker": marker_in(text(source, "PrivateNote")),
        "number": text(source, "DocNumber"),
        "customer_id": ref_of(source, "CustomerRef"),
        "issue_date": issued,
        "currency": currency_of(source, home),
        "lines": () if void else lines_of(source),
        "net": total - tax,
        "tax": tax,
        "total": total,
        "taxes": () if void else taxes_of(source),
        "exchange_rate": rate,
        "home_total": home_total,
        "address": address_of(mapping(source, "BillAddr")),
        "message": ref_of(source, "CustomerMemo"),
        "memo": memo_in(text(source, "PrivateNote")),
        "void": void,
    }


def lines_of(source: Mapping[str, Any]) -> tuple[Line, ...]:
    """Their lines without the subtotal, which is worked out: bundles line by line, a discount as a
    line below nil."""
    return tuple(
        dataclasses.replace(_line_of(each, source), key=str(place))
        for place, each in enumerate(_own_lines(members(source, "Line")), 1)
    )


def _own_lines(listed: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for each in listed:
        kind = text(each, "DetailType")
        if kind == GROUP:
            found += _own_lines(members(mapping(each, GROUP), "Line"))
        elif kind != SUBTOTAL:
            found.append(each)
    return found


def _line_of(source: Mapping[str, Any], document: Mapping[str, Any]) -> Line:
    amount = figure(source.get("Amount"))
    common: dict[str, Any] = {"key": "", "remote_id": text(source, "Id")}
    described = text(source, "Description").strip()
    if text(source, "DetailType") == DISCOUNT:
        return Line(
            **common,
            net=-amount,
            description=described or "Discount",
            unit_price=-amount,
            account_id=ref_of(mapping(source, DISCOUNT), "DiscountAccountRef"),
        )
    if text(source, "DetailType") == WORDS:
        return Line(**common, net=NIL, description=described)
    detail = mapping(source, SALES)
    has_quantity = detail.get("Qty") is not None
    quantity = figure(detail.get("Qty")) if has_quantity else ONE
    price = figure(detail.get("UnitPrice")) if detail.get("UnitPrice") is not None else None
    if price is None:
        price = (amount / quantity).quantize(PRICE_UNIT) if quantity else amount
    return Line(
        **common,
        net=amount,
        description=described,
        quantity=quantity,
        unit_price=price,
        item_id=ref_of(detail, "ItemRef"),
        account_id=ref_of(detail, "ItemAccountRef"),
        tax_code_id=code_there(detail, document),
    )
