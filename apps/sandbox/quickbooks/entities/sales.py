"""Invoices and credit memos, and what every sale has in common."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...models import StoredObject
from .. import faults, fields, linking
from ..book import Book, amount_of
from ..currencies import home_cents, rounded
from ..filing import Content
from ..kinds import Kind, Options, register
from ..numbering import doc_number
from ..taxes import NOT_APPLICABLE
from ..taxing import Regime, Sale, SalesTaxOff, regime_of
from ..wire import cents, from_cents
from .common import check_addresses, due_date, merged, refer, with_address_id
from .currency import document_currency
from .deposit_accounts import deposit_account
from .lines import Frame, build_lines, emptied, settle

SALE: dict[str, fields.Reader] = {
    "DocNumber": fields.text(21),
    "TxnDate": fields.day,
    "PrivateNote": fields.text(4000),
    "CustomerRef": fields.reference,
    "CustomerMemo": fields.MEMO,
    "BillAddr": fields.ADDRESS,
    "ShipAddr": fields.ADDRESS,
    "BillEmail": fields.EMAIL,
    "SalesTermRef": fields.reference,
    "DepartmentRef": fields.reference,
    "ClassRef": fields.reference,
    "PrintStatus": fields.choice("NotSet", "NeedToPrint", "PrintComplete"),
    "EmailStatus": fields.choice("NotSet", "NeedToSend", "EmailSent"),
    "ApplyTaxAfterDiscount": fields.flag,
    "ExchangeRate": fields.decimal,
    "Line": fields.rows,
}
INVOICE: fields.Spec = SALE | {
    "DueDate": fields.day,
    "Deposit": fields.decimal,
    "DepositToAccountRef": fields.reference,
    "BillEmailCc": fields.record({"Address": fields.text(200)}),
    "BillEmailBcc": fields.record({"Address": fields.text(200)}),
    "ShipDate": fields.day,
    "TrackingNum": fields.text(31),
    "AllowOnlineCreditCardPayment": fields.flag,
    "AllowOnlineACHPayment": fields.flag,
}
CREDIT_MEMO: fields.Spec = SALE
OF_DEPOSIT = ("Deposit", "DepositToAccountRef")

# Preferences switch these on; sent while off, they are dropped.
TRACKING = {
    "ClassRef": ("Class", "class_per_transaction"),
    "DepartmentRef": ("Department", "departments"),
}


def sale(
    book: Book,
    kind: str,
    spec: fields.Spec,
    sent: Mapping[str, Any],
    current: StoredObject | None,
    options: Options,
) -> Content:
    """What invoices and credit memos have in common, with their total worked out."""
    regime = regime_of(book)
    check_read_only(book, sent)
    content = merged(spec, sent, current)
    content.setdefault("TxnDate", book.today.isoformat())
    book.check_open(current.content["TxnDate"] if current else None)
    book.check_open(content["TxnDate"])
    refer(book, content, "CustomerRef", "Customer", current)
    if "CustomerRef" not in content:
        raise faults.missing("CustomerRef")
    customer = book.referred(
        "Customer", content["CustomerRef"]["value"], allow_inactive=True
    ).content
    code = customer["CurrencyRef"]["value"]
    content |= document_currency(book, content, sent, code, content["TxnDate"])
    number = doc_number(book, kind, content.pop("DocNumber", None), current, options)
    if number:
        content["DocNumber"] = number
    refer(book, content, "SalesTermRef", "Term", current)
    for name, (target, switch) in TRACKING.items():
        if not book.settings[switch]:
            content.pop(name, None)
        refer(book, content, name, target, current)
    if "Line" not in content:
        raise faults.missing("Line")
    before = current.content if current and is_sparse(sent) else {}
    mode = regime.mode(sent.get("GlobalTaxCalculation") or before.get("GlobalTaxCalculation"))
    frame = Frame(regime, mode, book.unit(code))
    if "Line" in sent or current is None:
        content["Line"] = build_lines(book, content["Line"], current, frame)
    if content.get("EmailStatus") == "NeedToSend" and not content.get("BillEmail"):
        raise faults.business("An e-mail address is needed to send this.", "BillEmail")
    for name in ("BillAddr", "ShipAddr"):
        if not content.get(name) and name in customer:
            content[name] = customer[name]
        with_address_id(book, content, name, current)
    check_addresses(book, content, "BillEmail", "BillEmailCc", "BillEmailBcc")
    sent_tax = sent.get("TxnTaxDetail")
    check_tax(book, sent_tax, mode)
    if not sent_tax and "Line" not in sent:
        sent_tax = before.get("TxnTaxDetail")
    sums = totals(book, Sale(content, customer, sent_tax or {}, mode, frame.unit), regime)
    for name in ("CustomerMemo", "BillEmail", "BillEmailCc", "BillEmailBcc"):
        if not content.get(name):
            content.pop(name, None)
    defaults = {
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
    }
    return {
        **defaults,
        **content,
        "CustomField": [],
        "FreeFormAddress": True,
        **sums,
    }


def check_read_only(book: Book, sent: Mapping[str, Any]) -> None:
    """Whoever sends back how a document was delivered is refused (python-quickbooks#388).

    Intuit's reference calls it read only; that the code is 2010 is a reading.
    """
    if sent.get("DeliveryInfo") and book.settings["delivery_info"] == "refuse":
        raise faults.Refused(
            "2010", "Property Name:DeliveryInfo specified is unsupported or invalid", "DeliveryInfo"
        )


def check_tax(book: Book, sent: Any, mode: str) -> None:
    """Intuit's table of codes: no TxnTaxDetail with NotApplicable."""
    given = isinstance(sent, dict) and (sent.get("TaxLine") or sent.get("TotalTax"))
    if given and mode == NOT_APPLICABLE and book.settings["tax_not_applicable"] == "refuse":
        raise faults.Refused(
            "6170",
            "TxnTaxDetail is not allowed when GlobalTaxCalculation is NotApplicable.",
            "TxnTaxDetail",
        )


def is_sparse(sent: Mapping[str, Any]) -> bool:
    return str(sent.get("sparse", "")).lower() == "true"


def totals(book: Book, sale: Sale, regime: Regime) -> Content:
    """Tax, total and, where the company has several currencies, the home total."""
    content = sale.content
    answer = settle(book, sale, regime)
    total = answer.taxed.total
    if total < 0:
        raise faults.business("Transaction amount must be 0 or greater.", "TotalAmt")
    out: Content = {"TxnTaxDetail": answer.detail, "TotalAmt": total}
    if book.company.country != "US" and not isinstance(regime, SalesTaxOff):
        out["GlobalTaxCalculation"] = sale.mode
    if book.multicurrency:
        out["HomeTotalAmt"] = from_cents(home_cents(cents(total), content["ExchangeRate"]))
    return out


def invoice(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = sale(book, "Invoice", INVOICE, sent, current, options)
    if "DueDate" not in content:
        term = content.get("SalesTermRef")
        found = book.referred("Term", term["value"], allow_inactive=True) if term else None
        content["DueDate"] = due_date(content["TxnDate"], found.content if found else None)
    before = current.content if current else {}
    applied = due_in_all(before) - amount_of(before, "Balance")
    settle_deposit(book, content, current)
    defaults = {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False,
        "AllowOnlineACHPayment": False,
    }
    return {
        **defaults,
        **content,
        **home_balance(content),
        "LinkedTxn": before.get("LinkedTxn", []),
        "Balance": due_in_all(content) - applied,
    }


def due_in_all(content: Content) -> Decimal:
    """What an invoice leaves on the receivable: its total without the deposit made towards it."""
    return amount_of(content, "TotalAmt") - amount_of(content, "Deposit")


def settle_deposit(book: Book, content: Content, current: StoredObject | None) -> None:
    """A deposit made towards the invoice: money on an account that nobody has to pay any more.

    Dropped while the preference is off, unless the invoice has one already.
    """
    unit = book.unit(content["CurrencyRef"]["value"])
    amount = rounded(amount_of(content, "Deposit"), unit)
    kept = bool(current and current.content.get("Deposit"))
    if not 0 <= amount <= content["TotalAmt"]:
        raise faults.business("A deposit lies between nil and the total of the invoice.", "Deposit")
    if not amount or not (kept or book.settings["allow_deposit"]):
        content.pop("Deposit", None)
        content.pop("DepositToAccountRef", None)
        return
    content["Deposit"] = amount
    if not content.get("DepositToAccountRef"):
        content["DepositToAccountRef"] = str(book.control.undeposited_funds)
    deposit_account(book, content, current)


def credit_memo(
    book: Book, sent: Mapping[str, Any], current: StoredObject | None, options: Options
) -> Content:
    content = sale(book, "CreditMemo", CREDIT_MEMO, sent, current, options)
    before = current.content if current else {}
    applied = amount_of(before, "TotalAmt") - amount_of(before, "RemainingCredit")
    remaining = content["TotalAmt"] - applied
    linked = {"LinkedTxn": before["LinkedTxn"]} if before.get("LinkedTxn") else {}
    return {
        **content,
        **home_balance(content),
        **linked,
        "RemainingCredit": remaining,
        "Balance": remaining,
    }


def home_balance(content: Content) -> Content:
    """The field that the book keeps up to date from then on."""
    return {"HomeBalance": content["HomeTotalAmt"]} if "HomeTotalAmt" in content else {}


def void_invoice(book: Book, current: StoredObject) -> Content:
    """Nothing is left but the number and the word; what was paid must first be un-applied."""
    content = current.content
    book.check_open(content["TxnDate"])
    if content["Balance"] != due_in_all(content) and book.settings["void_paid"] == "refuse":
        raise faults.business(
            "This transaction is linked to a payment and cannot be voided. Remove the payment first."
        )
    applied = due_in_all(content) - amount_of(content, "Balance")
    kept = {name: one for name, one in content.items() if name not in OF_DEPOSIT}
    return {
        **kept,
        "PrivateNote": voided_note(content),
        "Line": emptied(content["Line"]),
        "TotalAmt": Decimal(0),
        "Balance": -applied,
        **nothing_due(content),
    }


def nothing_due(content: Content) -> Content:
    """What a voided sale owes in tax and at home."""
    home = {"HomeTotalAmt": Decimal(0)} if "HomeTotalAmt" in content else {}
    return {"TxnTaxDetail": {"TotalTax": 0}, **home}


def voided_note(content: Content) -> str:
    """QuickBooks' only sign of a void: the word before the note."""
    note = content.get("PrivateNote", "")
    if note.startswith("Voided"):
        return str(note)
    return f"Voided - {note}"[:4000] if note else "Voided"


register(
    Kind(
        "Invoice",
        invoice,
        is_transaction=True,
        list_name="Txns",
        columns=("DocNumber", "TxnDate", "DueDate", "CustomerRef", "TotalAmt", "Balance"),
        counted=True,
        relink=linking.after_charge_or_credit,
        void=void_invoice,
        void_by="operation",
        deletable=True,
        open_amount=lambda content: cents(content["Balance"]),
    )
)
register(
    Kind(
        "CreditMemo",
        credit_memo,
        is_transaction=True,
        list_name="Txns",
        columns=("DocNumber", "TxnDate", "CustomerRef", "TotalAmt", "Balance"),
        relink=linking.after_charge_or_credit,
        deletable=True,
        open_amount=lambda content: -cents(content["RemainingCredit"]),
    )
)
