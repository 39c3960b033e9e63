"""From a snapshot to the fields of their objects. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
)
from apps.connectors.xero.documents import (
    BY_THE_BANK,
    CREDIT_NOTE,
    EXCLUSIVE,
    FEE,
    FEE_TAX,
    INVOICE,
    NO_TAX,
    NUMBER,
    PAID_BACK,
    SALES,
    UNTAXED,
)
from apps.connectors.xero.masters import LINES, POSTAL, TELEPHONE
from apps.connectors.xero.money import SPEND
from apps.connectors.xero.rules import NO_TAXES, cents, discount_of, is_only_words
from apps.connectors.xero.wire import (
    NIL,
    ONE,
    Json,
    Raw,
    helper_number,
    members,
    money,
    plain,
    short_marker,
    text,
    their_rate,
    with_mark,
    with_short,
)

AUTHORISED = "AUTHORISED"
GUID_LENGTH = 36


# --- Masters ----------------------------------------------------------------------------------


def contact_body(customer: CustomerSnapshot) -> Json:
    return {
        "Name": customer.name,
        "ContactNumber": uuid.UUID(customer.marker).hex,
        **contact_fields(customer, {}),
    }


def contact_fields(customer: CustomerSnapshot, raw: Raw) -> Json:
    """Of lists that they keep, ours in its place and the others as they are: a list that is sent
    replaces theirs."""
    return {
        "EmailAddress": customer.email,
        "Phones": _in_place(raw, "Phones", "PhoneType", _phone(customer.phone)),
        "Addresses": _in_place(raw, "Addresses", "AddressType", _address(customer.address)),
    }


def _in_place(raw: Raw, name: str, by: str, ours: Json) -> list[Json]:
    others = [dict(each) for each in members(raw, name) if text(each, by) != ours[by]]
    return [ours, *others]


def _phone(phone: str) -> Json:
    return {
        "PhoneType": TELEPHONE,
        "PhoneNumber": phone,
        "PhoneAreaCode": "",
        "PhoneCountryCode": "",
    }


def _address(address: Address) -> Json:
    lines = [*address.lines, *[""] * LINES][:LINES]
    return {
        "AddressType": POSTAL,
        **{f"AddressLine{place}": line for place, line in enumerate(lines, 1)},
        "City": address.city,
        "Region": address.region,
        "PostalCode": address.postal_code,
        "Country": address.country,
    }


def item_body(item: ItemSnapshot) -> Json:
    body: Json = {"Code": item.code, "Name": item.name, "IsSold": item.active}
    if not item.active:
        return body
    sales: Json = {}
    if item.unit_price is not None:
        sales["UnitPrice"] = item.unit_price
    if item.account_id and len(item.account_id) < GUID_LENGTH:
        sales["AccountCode"] = item.account_id
    return {**body, "Description": item.description, "SalesDetails": sales}


# --- Documents --------------------------------------------------------------------------------


def document_body(document: InvoiceSnapshot | CreditNoteSnapshot, home: str, regime: str) -> Json:
    """As it is issued. Their totals are never sent: a cent's difference would be an error of theirs
    instead of one that is compared. Nor whether it was sent to the customer."""
    kind = INVOICE if isinstance(document, InvoiceSnapshot) else CREDIT_NOTE
    body: Json = {
        "Type": SALES[kind],
        "Status": AUTHORISED,
        NUMBER[kind]: document.number,
        "Contact": {"ContactID": document.customer_id},
        "Date": document.issue_date.isoformat(),
        "LineAmountTypes": NO_TAX if regime == NO_TAXES else EXCLUSIVE,
        "LineItems": lines_json(document.lines, kind, regime),
        "CurrencyCode": document.currency or home,
        **rate_json(document.exchange_rate, document.currency, home),
    }
    if isinstance(document, InvoiceSnapshot):
        body["DueDate"] = (document.due_date or document.issue_date).isoformat()
        if document.purchase_order_number:
            body["Reference"] = document.purchase_order_number
    elif document.memo:
        body["Reference"] = document.memo
    return body


def rate_json(rate: Decimal, currency: str, home: str) -> Json:
    """With every write of what is foreign: an update that posts lines has reset it."""
    return {} if currency in ("", home) else {"CurrencyRate": their_rate(rate)}


def lines_json(
    lines: Sequence[Line], kind: str, regime: str, standing: Sequence[Raw] = ()
) -> list[Json]:
    """`standing`: their lines in the same places, whose id and tracking are kept."""
    found = [line_json(each, kind, regime) for each in lines]
    for body, raw in zip(found, standing, strict=False):
        if text(raw, "LineItemID"):
            body["LineItemID"] = text(raw, "LineItemID")
        tracking = [
            {name: each[name] for name in ("TrackingCategoryID", "Name", "Option") if name in each}
            for each in members(raw, "Tracking")
        ]
        if tracking:
            body["Tracking"] = tracking
    return found


def line_json(line: Line, kind: str, regime: str) -> Json:
    if is_only_words(line):
        return {"Description": line.description}
    body: Json = {
        "Description": line.description,
        "Quantity": plain(line.quantity),
        "UnitAmount": plain(line.unit_price),
        "LineAmount": money(line.net),
        **account_of_line(line.account_id),
    }
    if line.item_id:
        body["ItemCode"] = line.item_id
    if regime != NO_TAXES:
        body |= {"TaxType": line.tax_code_id, "TaxAmount": money(line.tax)}
    if cents(line.quantity * line.unit_price) != line.net and kind == INVOICE:
        off = discount_of(line.net, line.quantity, line.unit_price)
        if off:
            body["DiscountAmount"] = off
    return body


def account_of_line(account_id: str) -> Json:
    return {"AccountID" if len(account_id) == GUID_LENGTH else "AccountCode": account_id}


def account_json(account_id: str) -> Json:
    return {"AccountID" if len(account_id) == GUID_LENGTH else "Code": account_id}


# --- Adjustments and refunds ------------------------------------------------------------------


def adjustment_body(adjustment: AdjustmentSnapshot, home: str) -> Json:
    """A document without tax on the account of its role, under a number of its own."""
    kind = INVOICE if adjustment.debits else CREDIT_NOTE
    line = untaxed(adjustment.memo or "Adjustment", adjustment.amount, adjustment.account_id)
    return _helper(
        kind,
        helper_number(adjustment.marker, "adjustment"),
        with_mark(adjustment.memo, adjustment.marker, "adjustment"),
        adjustment.customer_id,
        adjustment.dated.isoformat(),
        [line],
        {
            "CurrencyCode": adjustment.currency,
            **rate_json(adjustment.exchange_rate, adjustment.currency, home),
        },
    )


def charge_body(refund: RefundSnapshot, transit: str, home: str) -> Json:
    """What is paid back is due again. By the bank: on `transit`, which the line of the bank takes
    back. From any other account: on that account at once, with the fee taken off."""
    if transit:
        lines = [untaxed(BY_THE_BANK, refund.amount, transit)]
    else:
        whole = refund.amount + refund.fee + refund.fee_tax
        lines = [untaxed(PAID_BACK, whole, refund.account_id), *_fees(refund, -ONE)]
    return _helper(
        INVOICE,
        helper_number(refund.marker, "refund"),
        with_mark(refund.memo, refund.marker, "refund"),
        refund.customer_id,
        refund.paid_on.isoformat(),
        lines,
        {"CurrencyCode": refund.currency, **rate_json(refund.exchange_rate, refund.currency, home)},
    )


def bank_line_body(refund: RefundSnapshot, transit: str, home: str) -> Json:
    """One line of the bank: what was paid back, and its fee with the tax in it. It is in the
    currency of its account, which cannot be said; its rate has to be, or theirs of the day counts,
    and what it meets on the account of roundings is worth something else."""
    words = with_mark(BY_THE_BANK, refund.marker, "refund")
    return {
        "Type": SPEND,
        "Contact": {"ContactID": refund.customer_id},
        "BankAccount": account_json(refund.account_id),
        "Date": refund.paid_on.isoformat(),
        "Reference": with_short(refund.memo, refund.marker),
        "LineAmountTypes": NO_TAX,
        "LineItems": [untaxed(words, refund.amount, transit), *_fees(refund, ONE)],
        "Status": AUTHORISED,
        **rate_json(refund.exchange_rate, refund.currency, home),
    }


def _fees(refund: RefundSnapshot, sign: Decimal) -> list[Json]:
    fees = (
        (FEE, refund.fee, refund.fee_account_id),
        (FEE_TAX, refund.fee_tax, refund.fee_tax_account_id),
    )
    return [untaxed(words, sign * amount, account) for words, amount, account in fees if amount]


def untaxed(words: str, amount: Decimal, account_id: str) -> Json:
    return {
        "Description": words,
        "Quantity": ONE,
        "UnitAmount": money(amount),
        "LineAmount": money(amount),
        "TaxType": UNTAXED,
        "TaxAmount": money(NIL),
        **account_of_line(account_id),
    }


def _helper(
    kind: str,
    number: str,
    reference: str,
    customer_id: str,
    dated: str,
    lines: list[Json],
    money_of: Mapping[str, Any],
) -> Json:
    body: Json = {
        "Type": SALES[kind],
        "Status": AUTHORISED,
        NUMBER[kind]: number,
        "Contact": {"ContactID": customer_id},
        "Date": dated,
        "Reference": reference,
        "LineAmountTypes": NO_TAX,
        "LineItems": lines,
        **money_of,
    }
    if kind == INVOICE:
        body["DueDate"] = dated
    return body


# --- Receipts ---------------------------------------------------------------------------------


def payment_body(payment: PaymentSnapshot, of: AllocationSnapshot, words: str, home: str) -> Json:
    """One payment of one document: the money and what it is set against at once."""
    return {
        "Invoice": {"InvoiceID": of.target_id},
        "Account": account_json(payment.account_id),
        "Date": payment.paid_on.isoformat(),
        "Amount": money(of.amount),
        "Reference": with_short(words, payment.marker),
        **rate_json(payment.exchange_rate, payment.currency, home),
    }


def batch_body(payment: PaymentSnapshot) -> Json:
    """One receipt over several documents. In which field its mark is kept depends on the country,
    which a connector is not told: it stands in both."""
    mark = short_marker(payment.marker)
    return {
        "Account": account_json(payment.account_id),
        "Date": payment.paid_on.isoformat(),
        "Details": mark,
        "Reference": mark,
        "Payments": [
            {"Invoice": {"InvoiceID": each.target_id}, "Amount": money(each.amount)}
            for each in payment.allocations
        ],
    }


def overpayment_body(payment: PaymentSnapshot, words: str, home: str) -> Json:
    """The whole receipt. Their books put its one line on the receivable by themselves."""
    body: Json = {
        "Type": "RECEIVE-OVERPAYMENT",
        "Contact": {"ContactID": payment.customer_id},
        "BankAccount": account_json(payment.account_id),
        "Date": payment.paid_on.isoformat(),
        "LineAmountTypes": NO_TAX,
        "LineItems": [
            {
                "Description": with_mark(words, payment.marker),
                "Quantity": ONE,
                "UnitAmount": money(payment.amount),
                "LineAmount": money(payment.amount),
            }
        ],
        "Status": AUTHORISED,
    }
    if payment.currency not in ("", home):
        body["CurrencyCode"] = payment.currency
        body |= rate_json(payment.exchange_rate, payment.currency, home)
    return body


def allocation_json(target_id: str, amount: Decimal, dated: str) -> Json:
    """The date is theirs to work out; their description demands one all the same."""
    return {"Invoice": {"InvoiceID": target_id}, "Amount": money(amount), "Date": dated}
