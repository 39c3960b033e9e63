"""Invoices and credit notes of theirs as documents, and as the adjustments and refunds of ours that
they stand for. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    RefundSnapshot,
    TaxAmount,
)
from apps.connectors.xero.wire import (
    NIL,
    ONE,
    Raw,
    Unread,
    day,
    day_or_none,
    figure,
    figure_or,
    mark_in,
    members,
    our_rate,
    text,
    within,
    without_mark,
)
from apps.core.money import rounded

INVOICE, CREDIT_NOTE = "Invoice", "CreditNote"
SALES = {INVOICE: "ACCREC", CREDIT_NOTE: "ACCRECCREDIT"}
NUMBER = {INVOICE: "InvoiceNumber", CREDIT_NOTE: "CreditNoteNumber"}
VOIDED, DELETED = "VOIDED", "DELETED"
UNAPPROVED = ("DRAFT", "SUBMITTED")
INCLUSIVE, EXCLUSIVE, NO_TAX = "Inclusive", "Exclusive", "NoTax"
UNTAXED = "NONE"  # the tax type of a line without tax that is in every organisation
PAID_BACK = "Paid back"  # how the lines of a refund are called
BY_THE_BANK = "Paid back by the bank"  # the same, where a line of the bank bears it
FEE, FEE_TAX = "Bank charge", "Tax in the bank charge"

Snapshot = InvoiceSnapshot | CreditNoteSnapshot | AdjustmentSnapshot | RefundSnapshot


def is_sale(kind: str, raw: Raw) -> bool:
    """Lists mix sales with purchases; where a type is not said the answer is of ours."""
    return text(raw, "Type").upper() in ("", SALES[kind])


def status_of(raw: Raw) -> str:
    return text(raw, "Status").upper()


def kind_of(kind: str, raw: Raw) -> Kind:
    """What of ours it is like."""
    stands_for = mark_in(text(raw, "Reference"))[1]
    if stands_for == "refund" and kind == INVOICE:
        return Kind.REFUND
    if stands_for == "adjustment":
        return Kind.ADJUSTMENT
    return Kind.INVOICE if kind == INVOICE else Kind.CREDIT_NOTE


def document_of(kind: str, raw: Raw, home: str) -> Snapshot:
    like = kind_of(kind, raw)
    if like is Kind.ADJUSTMENT:
        return _adjustment(kind, raw, home)
    if like is Kind.REFUND:
        return _charge(raw, home)
    common = _shared(kind, raw, home)
    if like is Kind.CREDIT_NOTE:
        return CreditNoteSnapshot(**common, memo=text(raw, "Reference"))
    return InvoiceSnapshot(
        **common,
        due_date=day_or_none(raw, "DueDate"),
        purchase_order_number=text(raw, "Reference"),
    )


def customer_id_of(raw: Raw) -> str:
    return text(within(raw, "Contact"), "ContactID")


def currency_of(raw: Raw, home: str) -> str:
    return text(raw, "CurrencyCode") or home


def rate_of(raw: Raw, currency: str, home: str) -> Decimal:
    """Home currency per unit; theirs may be left out in home currency alone."""
    if currency == home:
        return ONE
    there = figure(raw, "CurrencyRate")
    try:
        return our_rate(there)
    except ValueError:
        raise Unread("CurrencyRate", there) from None


def _shared(kind: str, raw: Raw, home: str) -> dict[str, Any]:
    currency = currency_of(raw, home)
    void = status_of(raw) == VOIDED
    common: dict[str, Any] = {
        "marker": "",
        "number": text(raw, NUMBER[kind]),
        "customer_id": customer_id_of(raw),
        "issue_date": day(raw, "Date"),
        "currency": currency,
        "exchange_rate": rate_of(raw, currency, home),
        "void": void,
    }
    if void:
        # It keeps its figures and lines there, and counts for nothing.
        return common | {
            "lines": (), "net": NIL, "tax": NIL, "total": NIL, "home_total": NIL,
        }  # fmt: skip
    total, tax = figure(raw, "Total"), figure(raw, "TotalTax")
    lines = lines_of(raw)
    return common | {
        "lines": lines,
        "net": total - tax,
        "tax": tax,
        "total": total,
        "taxes": taxes_of(lines),
        "home_total": worth(total, raw, currency, home),
    }


def worth(amount: Decimal, raw: Raw, currency: str, home: str) -> Decimal:
    """At home, by their rate to its last digit."""
    if currency == home:
        return amount
    there = figure(raw, "CurrencyRate")
    return rounded(amount / there, home) if home else amount / there


def lines_of(raw: Raw) -> tuple[Line, ...]:
    kept_as = text(raw, "LineAmountTypes") or EXCLUSIVE
    return tuple(
        _line(str(place), each, kept_as) for place, each in enumerate(members(raw, "LineItems"), 1)
    )


def _line(key: str, raw: Raw, kept_as: str) -> Line:
    described, own = text(raw, "Description").strip(), text(raw, "LineItemID")
    if raw.get("LineAmount") is None and raw.get("UnitAmount") is None:
        return Line(key=key, net=NIL, description=described, remote_id=own)  # words alone
    amount, tax = figure(raw, "LineAmount"), figure_or(raw, "TaxAmount", NIL)
    quantity = figure_or(raw, "Quantity", ONE)
    return Line(
        key=key,
        net=amount - tax if kept_as.casefold() == INCLUSIVE.casefold() else amount,
        description=described,
        quantity=quantity,
        unit_price=figure_or(raw, "UnitAmount", amount),
        item_id=text(raw, "ItemCode"),
        account_id=text(raw, "AccountCode") or text(raw, "AccountID"),
        tax_code_id="" if kept_as.casefold() == NO_TAX.casefold() else text(raw, "TaxType"),
        tax=tax,
        remote_id=own,
    )


def taxes_of(lines: Sequence[Line]) -> tuple[TaxAmount, ...]:
    """By tax type: their rates have components, and a document tells the tax of none of them."""
    types = sorted(
        {each.tax_code_id for each in lines if each.tax}, key=lambda one: (len(one), one)
    )
    return tuple(
        TaxAmount(
            rate_id=one,
            net=sum((each.net for each in lines if each.tax_code_id == one), NIL),
            tax=sum((each.tax for each in lines if each.tax_code_id == one), NIL),
        )
        for one in types
    )


# --- What stands for an adjustment or a refund of ours ----------------------------------------


def _adjustment(kind: str, raw: Raw, home: str) -> AdjustmentSnapshot:
    currency, reference = currency_of(raw, home), text(raw, "Reference")
    cancelled = status_of(raw) == VOIDED
    lines = members(raw, "LineItems")
    return AdjustmentSnapshot(
        marker=mark_in(reference)[0],
        customer_id=customer_id_of(raw),
        dated=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else figure(raw, "Total"),
        debits=kind == INVOICE,
        account_id=text(lines[0], "AccountCode") if lines else "",
        exchange_rate=rate_of(raw, currency, home),
        memo=without_mark(reference),
        cancelled=cancelled,
    )


def _charge(raw: Raw, home: str) -> RefundSnapshot:
    """The charge of a refund. Where the money came from an account that is no bank, its lines say
    so, with the fee taken off; else a line of the bank does."""
    currency, reference = currency_of(raw, home), text(raw, "Reference")
    cancelled = status_of(raw) == VOIDED
    fee, tax = _called(raw, FEE), _called(raw, FEE_TAX)
    paid = _called(raw, PAID_BACK)
    return RefundSnapshot(
        marker=mark_in(reference)[0],
        customer_id=customer_id_of(raw),
        paid_on=day(raw, "Date"),
        currency=currency,
        amount=NIL if cancelled else figure(raw, "Total"),
        account_id=text(paid, "AccountCode") if paid else "",
        fee=-_amount(fee) if not cancelled else NIL,
        fee_account_id=text(fee, "AccountCode"),
        fee_tax=-_amount(tax) if not cancelled else NIL,
        fee_tax_account_id=text(tax, "AccountCode"),
        exchange_rate=rate_of(raw, currency, home),
        memo=without_mark(reference),
        cancelled=cancelled,
    )


def _called(raw: Raw, words: str) -> Raw:
    """The line of this text; empty where there is none."""
    for each in members(raw, "LineItems"):
        if text(each, "Description").strip() == words:
            return each
    return {}


def _amount(line: Raw) -> Decimal:
    return figure(line, "LineAmount") + NIL if line else NIL
