"""Invoices and credit notes: snapshots as QuickBooks' JSON and back. Pure.

Amounts there are net of tax, also on a document that was made with prices including it; `regime`
is the company's tax regime (`taxes`), `home` its home currency.
"""

import copy
import dataclasses
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from apps.connectors.errors import RecordRefused
from apps.connectors.quickbooks.masters import address_json, address_of, held_address
from apps.connectors.quickbooks.taxes import (
    NONE,
    TAX_CODES,
    code_there,
    held_code,
    held_taxes,
    line_code,
    tax_json,
    tax_of,
    taxes_of,
    without_tax,
)
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
CENT = Decimal("0.01")

SALES = "SalesItemLineDetail"
DISCOUNT = "DiscountLineDetail"
GROUP = "GroupLineDetail"
SUBTOTAL = "SubTotalLineDetail"
WORDS = "DescriptionOnly"

Document = TypeVar("Document", bound=DocumentSnapshot)


# --- What the ledger can hold -----------------------------------------------------------------


def held_document(document: Document, regime: str = NONE) -> Document:
    """A void is a number with nothing in it; a line's net is its quantity × price there, and tax
    stands on the document, by rate."""
    more: dict[str, Any] = {
        "number": document.number.strip(),
        "message": document.message.strip(),
        "memo": document.memo.strip(),
        "address": held_address(document.address),
    }
    if isinstance(document, InvoiceSnapshot):
        more["purchase_order_number"] = ""
    if document.void:
        more.update(lines=(), taxes=(), net=NIL, tax=NIL, total=NIL, home_total=NIL)
    else:
        more["lines"] = tuple(held_line(line, document.currency, regime) for line in document.lines)
        more["taxes"] = held_taxes(document.taxes, regime)
        if document.home_total is None and document.exchange_rate == ONE:
            more["home_total"] = document.total
    return dataclasses.replace(document, **more)


def is_only_words(line: Line) -> bool:
    return not line.item_id and not line.net


def held_line(line: Line, currency: str, regime: str = NONE) -> Line:
    """QuickBooks refuses a line whose amount is not quantity × price (code 6070), so a discount
    goes into the price; where no price of seven decimals does it, it is one at the whole amount."""
    quantity, price = (ONE, NIL) if is_only_words(line) else (line.quantity, line.unit_price)
    if not _comes_to(line.net, quantity * price, currency):
        price = (line.net / quantity).quantize(PRICE_UNIT) if quantity else line.net
        if not _comes_to(line.net, quantity * price, currency):
            quantity, price = ONE, line.net
    return dataclasses.replace(
        line,
        description=line.description.strip(),
        quantity=quantity,
        unit_price=price,
        tax_code_id="" if is_only_words(line) else held_code(line.tax_code_id, regime),
        tax=NIL,
    )


def _comes_to(net: Decimal, product: Decimal, currency: str) -> bool:
    """In the currency's minor unit and in cents alike: whether QuickBooks rounds yen to whole ones
    or to hundredths is not published."""
    return rounded(product, currency) == net == product.quantize(CENT, ROUND_HALF_UP)


# --- Ours as JSON -----------------------------------------------------------------------------


def document_json(document: DocumentSnapshot, home: str, regime: str = NONE) -> Json:
    held = held_document(document, regime)
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
    if held.currency != home:
        # Without a rate it may be booked at 1.
        body["CurrencyRef"] = ref(held.currency)
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


# --- Changes over what stands there -----------------------------------------------------------


def document_changes(
    document: DocumentSnapshot, source: Mapping[str, Any], home: str, regime: str = NONE
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs, and the names of those to clear.

    Only what we hold: their item, account, class, memo and what we do not know stay. Raises
    RecordRefused where they keep it in another currency.
    """
    ours = held_document(document, regime)
    is_invoice = isinstance(ours, InvoiceSnapshot)
    there = invoice_of(source, home) if is_invoice else credit_note_of(source, home)
    theirs = held_document(there, regime)
    if ours.currency != theirs.currency:
        raise RecordRefused(
            f"In QuickBooks it is in {theirs.currency}, here in {ours.currency}; a document there "
            "keeps the currency of its customer.",
            "Void it there and issue it again.",
        )
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
    if ours.exchange_rate != theirs.exchange_rate:
        over["CurrencyRef"] = ref(ours.currency)
        over["ExchangeRate"] = ours.exchange_rate
    if _money(ours) != _money(theirs):
        over["Line"] = merged_lines(ours, source, regime)
        over |= tax_json(ours, regime)
    return over, frozenset(cleared)


def _money(document: DocumentSnapshot) -> tuple[list[tuple[Decimal, str]], Decimal, Json]:
    """What the lines come to, apart from those that only say something, and the tax on them."""
    lines = [(line.net, line.tax_code_id) for line in document.lines if not is_only_words(line)]
    return lines, document.tax, {each.rate_id: each.tax for each in document.taxes}


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


def merged_lines(
    ours: DocumentSnapshot, source: Mapping[str, Any], regime: str = NONE
) -> list[Json]:
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
            matched.append(line_json(line, place + 1, regime))
        else:
            matched.append(_over(there, line, regime))
    ids = {text(each, "Id") for each in matched}
    added = [each for each in kept if text(each, "DetailType") == WORDS]
    return matched + [each for each in added if text(each, "Id") not in ids]


def _over(there: Json, line: Line, regime: str) -> Json:
    if SALES not in there:
        return there
    standing = mapping(there, SALES)
    detail = dict(standing)
    code = line_code(line.tax_code_id, regime)
    if code and code != ref_of(standing, "TaxCodeRef"):
        detail["TaxCodeRef"] = ref(code)
    if regime == TAX_CODES:
        # Ours are net amounts: a gross one would win over them.
        detail.pop("TaxInclusiveAmt", None)
    if figure(there.get("Amount")) != line.net:
        detail |= {"Qty": line.quantity, "UnitPrice": line.unit_price}
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
            each[SALES].pop("TaxInclusiveAmt", None)
        if DISCOUNT in each:
            each[DISCOUNT] = {**each[DISCOUNT], "PercentBased": False}
            each[DISCOUNT].pop("DiscountPercent", None)
        lines.append(each)
    standing = text(source, "PrivateNote")
    words = f"{VOIDED}\n{standing}" if standing else VOIDED
    return {"Line": lines, "PrivateNote": words, **without_tax(source)}
