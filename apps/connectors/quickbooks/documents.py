"""Invoices and credit notes: snapshots as QuickBooks' JSON and back. Pure.

Without sales tax a line carries no tax code, and `NON` there says the same.
"""

import copy
import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar

from apps.connectors.quickbooks.masters import address_json, address_of, held_address
from apps.connectors.quickbooks.wire import (
    NIL,
    VOIDED,
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
NOT_TAXED = "NON"

SALES = "SalesItemLineDetail"
DISCOUNT = "DiscountLineDetail"
GROUP = "GroupLineDetail"
SUBTOTAL = "SubTotalLineDetail"
WORDS = "DescriptionOnly"

Document = TypeVar("Document", bound=DocumentSnapshot)


# --- What the ledger can hold -----------------------------------------------------------------


def held_document(document: Document) -> Document:
    """A void is a number with nothing in it; a line's net is its quantity × price there."""
    more: dict[str, Any] = {
        "number": document.number.strip(),
        "message": document.message.strip(),
        "memo": document.memo.strip(),
        "address": held_address(document.address),
    }
    if isinstance(document, InvoiceSnapshot):
        more["purchase_order_number"] = ""
    if document.void:
        more.update(lines=(), net=NIL, tax=NIL, total=NIL, home_total=NIL)
    else:
        more["lines"] = tuple(held_line(line, document.currency) for line in document.lines)
        if document.home_total is None and document.exchange_rate == ONE:
            more["home_total"] = document.total
    return dataclasses.replace(document, **more)


def is_only_words(line: Line) -> bool:
    return not line.item_id and not line.net


def held_line(line: Line, currency: str) -> Line:
    """QuickBooks refuses a line whose amount is not quantity × price (code 6070), so a discount
    goes into the price; where no price of seven decimals does it, it is one at the whole amount."""
    quantity, price = (ONE, NIL) if is_only_words(line) else (line.quantity, line.unit_price)
    if rounded(quantity * price, currency) != line.net:
        price = (line.net / quantity).quantize(PRICE_UNIT) if quantity else line.net
        if rounded(quantity * price, currency) != line.net:
            quantity, price = ONE, line.net
    return dataclasses.replace(
        line,
        description=line.description.strip(),
        quantity=quantity,
        unit_price=price,
        tax_code_id="" if line.tax_code_id == NOT_TAXED else line.tax_code_id,
    )


# --- Ours as JSON -----------------------------------------------------------------------------


def document_json(document: DocumentSnapshot) -> Json:
    held = held_document(document)
    body: Json = {
        "DocNumber": held.number,
        "TxnDate": held.issue_date.isoformat(),
        "CustomerRef": ref(held.customer_id),
        "PrivateNote": note(held.memo, held.marker),
        # Nothing of ours ever makes them send an e-mail.
        "EmailStatus": "NotSet",
        "Line": [line_json(line, place) for place, line in enumerate(held.lines, 1)],
    }
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


def line_json(line: Line, place: int) -> Json:
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
    if line.tax_code_id:
        detail["TaxCodeRef"] = ref(line.tax_code_id)
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
    tax = figure(mapping(source, "TxnTaxDetail").get("TotalTax"))
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
        dataclasses.replace(_line_of(each), key=str(place))
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


def _line_of(source: Mapping[str, Any]) -> Line:
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
    code = ref_of(detail, "TaxCodeRef")
    return Line(
        **common,
        net=amount,
        description=described,
        quantity=quantity,
        unit_price=price,
        item_id=ref_of(detail, "ItemRef"),
        account_id=ref_of(detail, "ItemAccountRef"),
        tax_code_id="" if code == NOT_TAXED else code,
    )


# --- Changes over what stands there -----------------------------------------------------------


def document_changes(
    document: DocumentSnapshot, source: Mapping[str, Any], home: str
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs, and the names of those to clear.

    Only what we hold: their item, account, class, memo and what we do not know stay.
    """
    ours = held_document(document)
    is_invoice = isinstance(ours, InvoiceSnapshot)
    theirs = held_document(invoice_of(source, home) if is_invoice else credit_note_of(source, home))
    over: Json = {}
    cleared: set[str] = set()
    if ours.number != theirs.number:
        over["DocNumber"] = ours.number
    if ours.issue_date != theirs.issue_date:
        over["TxnDate"] = ours.issue_date.isoformat()
    if ours.customer_id != theirs.customer_id:
        over["CustomerRef"] = ref(ours.customer_id)
    if ours.message != theirs.message:
        if ours.message:
            over["CustomerMemo"] = {"value": ours.message}
        else:
            cleared.add("CustomerMemo")
    if isinstance(ours, InvoiceSnapshot) and isinstance(theirs, InvoiceSnapshot):
        # Theirs stand where we say nothing: QuickBooks fills both in from the customer.
        if ours.terms_id and ours.terms_id != theirs.terms_id:
            over["SalesTermRef"] = ref(ours.terms_id)
        if ours.due_date and ours.due_date != theirs.due_date:
            over["DueDate"] = ours.due_date.isoformat()
    if _money(ours) != _money(theirs):
        over["Line"] = merged_lines(ours, source)
    return over, frozenset(cleared)


def _money(document: DocumentSnapshot) -> list[tuple[Decimal, str]]:
    """What the lines come to, apart from those that only say something."""
    return [(line.net, line.tax_code_id) for line in document.lines if not is_only_words(line)]


def kept_lines(source: Mapping[str, Any]) -> list[Json]:
    """Their lines as they may be sent back: whole, without what the service works out itself.

    A sent list of lines replaces theirs and a sent line is not merged, so every one goes back.
    """
    return [
        {name: copy.deepcopy(value) for name, value in each.items() if name not in _NEVER_BACK}
        for each in members(source, "Line")
        if text(each, "DetailType") != SUBTOTAL
    ]


# LineEx is a dump of their Java objects; LinkedTxn of an invoiced estimate is refused when it
# comes back ("Can't match for neo").
_NEVER_BACK = frozenset({"LineEx", "LinkedTxn"})


def merged_lines(ours: DocumentSnapshot, source: Mapping[str, Any]) -> list[Json]:
    """Our amounts on their lines, by their id of the line and else by place. What they added that
    has an amount goes, and what only says something stays."""
    kept = kept_lines(source)
    by_id = {text(each, "Id"): each for each in kept if text(each, "Id")}
    matched: list[Json] = []
    for place, line in enumerate(ours.lines):
        there = by_id.get(line.remote_id)
        if not line.remote_id and place < len(kept):
            there = kept[place]
        detail = WORDS if is_only_words(line) else SALES
        if there is None or text(there, "DetailType") != detail:
            matched.append(line_json(line, place + 1))
        else:
            matched.append(_over(there, line))
    ids = {text(each, "Id") for each in matched}
    added = [each for each in kept if text(each, "DetailType") == WORDS]
    return matched + [each for each in added if text(each, "Id") not in ids]


def _over(there: Json, line: Line) -> Json:
    if figure(there.get("Amount")) == line.net:
        return there
    detail = {**mapping(there, SALES), "Qty": line.quantity, "UnitPrice": line.unit_price}
    # Their tax-inclusive amount and line discount belong to the amount that is replaced.
    for name in ("TaxInclusiveAmt", "DiscountRate", "DiscountAmt"):
        detail.pop(name, None)
    return {**there, "Amount": line.net, SALES: detail}


def zeroed(source: Mapping[str, Any]) -> Json:
    """The fields that stand for the void of a credit memo, for which QuickBooks has none: the
    same lines at nil, under its number, with "Voided" before the memo."""
    lines: list[Json] = []
    for each in kept_lines(source):
        if "Amount" in each:
            each["Amount"] = NIL
        if SALES in each:
            each[SALES] = {**each[SALES], "Qty": NIL}
        if DISCOUNT in each:
            each[DISCOUNT] = {**each[DISCOUNT], "PercentBased": False}
            each[DISCOUNT].pop("DiscountPercent", None)
        lines.append(each)
    standing = text(source, "PrivateNote")
    return {"Line": lines, "PrivateNote": f"{VOIDED}\n{standing}" if standing else VOIDED}
