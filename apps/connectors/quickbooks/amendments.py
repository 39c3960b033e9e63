"""Changes to an invoice or a credit note that stands in QuickBooks: ours over theirs. Pure."""

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.errors import RecordRefused
from apps.connectors.quickbooks.documents import (
    DISCOUNT,
    SALES,
    SUBTOTAL,
    WORDS,
    credit_note_of,
    invoice_of,
    is_only_words,
    line_json,
    projected_document,
)
from apps.connectors.quickbooks.taxes import NONE, TAX_CODES, line_code, tax_json, without_tax
from apps.connectors.quickbooks.wire import (
    NIL,
    VOIDED,
    Json,
    figure,
    mapping,
    members,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import DocumentSnapshot, InvoiceSnapshot, Line


def document_changes(
    document: DocumentSnapshot, source: Mapping[str, Any], home: str, regime: str = NONE
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs, and the names of those to clear.

    Only what we hold: their item, account, class, memo and what we do not know stay. Raises
    RecordRefused where they keep it in another currency.
    """
    ours = projected_document(document, regime, home)
    is_invoice = isinstance(ours, InvoiceSnapshot)
    there = invoice_of(source, home) if is_invoice else credit_note_of(source, home)
    theirs = projected_document(there, regime, home)
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
        over |= tax_json(ours, regime, source)
    return over, frozenset(cleared)


def _money(document: DocumentSnapshot) -> tuple[list[tuple[Decimal, str]], Decimal, Json]:
    """What the lines come to, apart from those that only say something, and the tax on them."""
    lines = [(line.net, line.tax_code_id) for line in document.lines if not is_only_words(line)]
    return lines, document.tax, {each.rate_id: each.tax for each in document.taxes if each.tax}


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
