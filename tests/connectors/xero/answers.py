"""Answers of Xero as it was recorded to give them (key paths and types: observed-shapes.json), and a
courier that hands them out and keeps what was asked. No ledger stands behind them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Fate, Outcome, Push, RemoteObject, Reply, Request, Settings
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    TaxAmount,
    kind_of,
)
from apps.connectors.xero.connector import Xero, connect

TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
CONTACT = "aa000000-0000-0000-0000-000000000001"
INVOICE = "1a000000-0000-0000-0000-000000000001"
OTHER_INVOICE = "1a000000-0000-0000-0000-000000000002"
CREDIT = "c1000000-0000-0000-0000-000000000001"
PAYMENT = "ba000000-0000-0000-0000-000000000001"
BATCH = "bb000000-0000-0000-0000-000000000001"
OVERPAYMENT = "0e000000-0000-0000-0000-000000000001"
BANKED = "b7000000-0000-0000-0000-000000000001"
ALLOCATION = "a1000000-0000-0000-0000-000000000001"
BANK = "9f000000-0000-0000-0000-00000000000b"  # an account without a code
MARKER = "0123456789abcdef0123456789abcdef"
SHORT = "T04HMASW9NF6YY093"
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
DAY = "/Date(1795132800000+0000)/"  # 20 November 2026
CHANGED = "/Date(1795150000000+0000)/"
LATER = "/Date(1795160000000+0000)/"


def settings(home: str = "GBP", regime: str = "tax_types") -> Settings:
    return Settings(
        remote_company_id=TENANT,
        home_currency=home,
        today=lambda: TODAY,
        now=lambda: NOW,
        tax_regime=regime,
    )


def xero(home: str = "GBP", regime: str = "tax_types") -> Xero:
    return connect(settings(home, regime))


# --- A courier --------------------------------------------------------------------------------

Handler = Callable[[Request], Reply]


def said(content: Any, status: int = 200, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(fate=Fate.ANSWERED, status=status, body=body, headers=named)


def envelope(**lists: Any) -> dict[str, Any]:
    return {
        "Id": "11111111-2222-3333-4444-555555555555",
        "Status": "OK",
        "ProviderName": "Tieout",
        "DateTimeUTC": "/Date(1795924800000)/",
        **lists,
    }


NOT_THERE = Reply(
    fate=Fate.ANSWERED, status=404, headers={"content-type": "text/html; charset=utf-8"}
)
LOST = Reply(fate=Fate.LOST, problem="ConnectionError")


ID_OF = {
    "Contacts": ("ContactID",),
    "Items": ("Code", "ItemID"),
    "Invoices": ("InvoiceID",),
    "CreditNotes": ("CreditNoteID",),
    "Payments": ("PaymentID",),
    "BatchPayments": ("BatchPaymentID",),
    "BankTransactions": ("BankTransactionID",),
    "Overpayments": ("OverpaymentID",),
}


class Script:
    """Answers by "METHOD path" below the API's base, each once in their order; the last stays.

    What an answer says that was made is there when it is read, unless told otherwise."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {
            name: list(each) if isinstance(each, list) else [each] for name, each in answers.items()
        }
        self.asked: list[Request] = []
        self.made: dict[str, list[Any]] = {}

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.asked.append(request)
            name = f"{request.method} {request.path.removeprefix('/api.xro/2.0/')}"
            if name not in self.answers and (stands := self._stands(request)) is not None:
                yield request, stands
                continue
            assert name in self.answers, f"nobody foresaw {name} {dict(request.query)}"
            waiting = self.answers[name]
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            reply = reply(request) if callable(reply) else reply
            self._remember(request, reply)
            yield request, reply

    def _remember(self, request: Request, reply: Reply) -> None:
        plural = request.path.removeprefix("/api.xro/2.0/")
        if request.method != "PUT" or reply.status != 200 or plural not in ID_OF:
            return
        try:
            rows = json.loads(reply.body).get(plural, [])
        except (ValueError, AttributeError):
            return
        for row in rows:
            self.made.setdefault(plural, []).append(row)
            if "OverpaymentID" in row:
                self.made.setdefault("Overpayments", []).append(row)

    def _stands(self, request: Request) -> Reply | None:
        plural, _, one = request.path.removeprefix("/api.xro/2.0/").partition("/")
        query = dict(request.query)
        looked_for = {one, *query.get("IDs", "").split(",")} - {""}
        if request.method != "GET" or plural not in self.made:
            return None
        rows = [
            row
            for row in self.made[plural]
            if not looked_for or looked_for & {str(row.get(name)) for name in ID_OF[plural]}
        ]
        return said(envelope(**{plural: rows})) if rows or not one else None

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.asked if each.writes]

    def bodies(self) -> list[Any]:
        return [json.loads(each.body) if each.body else None for each in self.writes]


# --- Pushes -----------------------------------------------------------------------------------


def push(snapshot: Any, *stands: RemoteObject, connector: Xero | None = None, **more: Any) -> Push:
    at = connector or xero()
    wholes = [each for each in stands if not each.gone] or list(stands)
    known = at.together(wholes) if len(wholes) > 1 else next(iter(wholes), None)
    fields = {"ref": 7, "identity": "1-7-1-", "known": known, "stands": tuple(stands)} | more
    return Push(kind=kind_of(snapshot), snapshot=at.project(snapshot), **fields)


def pushed(script: Script, *pushes: Push, connector: Xero | None = None) -> list[Outcome]:
    at = connector or xero()
    return sorted(at.push(pushes, script), key=lambda each: each.ref)


def one(script: Script, what: Push, connector: Xero | None = None) -> Outcome:
    (outcome,) = pushed(script, what, connector=connector)
    return outcome


# --- Snapshots --------------------------------------------------------------------------------


def customer(**more: Any) -> CustomerSnapshot:
    return CustomerSnapshot(
        **{"marker": MARKER, "name": "Brass & Oak Ltd", "email": "ap@brass.example"} | more
    )


def line(net: str = "100.00", tax: str = "20.00", **more: Any) -> Line:
    fields = {
        "key": "1",
        "net": Decimal(net),
        "description": "Consulting",
        "quantity": Decimal(1),
        "unit_price": Decimal(net),
        "account_id": "200",
        "tax_code_id": "OUTPUT2",
        "tax": Decimal(tax),
    }
    return Line(**fields | more)


def invoice(*lines: Line, **more: Any) -> InvoiceSnapshot:
    return InvoiceSnapshot(**{"due_date": date(2026, 12, 20)} | _document(lines, "INV-1", more))


def credit_note(*lines: Line, **more: Any) -> CreditNoteSnapshot:
    return CreditNoteSnapshot(**_document(lines, "CN-1", more))


def _document(lines: Sequence[Line], number: str, more: Mapping[str, Any]) -> dict[str, Any]:
    lines = tuple(lines) or (line(),)
    net = sum((each.net for each in lines), Decimal(0))
    tax = sum((each.tax for each in lines), Decimal(0))
    return {
        "marker": MARKER,
        "number": number,
        "customer_id": CONTACT,
        "issue_date": TODAY,
        "currency": "GBP",
        "lines": lines,
        "net": net,
        "tax": tax,
        "total": net + tax,
        "taxes": (TaxAmount(rate_id="OUTPUT2", net=net, tax=tax),) if tax else (),
        **more,
    }


def against(target: str, amount: str, **more: Any) -> AllocationSnapshot:
    fields = {
        "marker": MARKER,
        "source": Kind.PAYMENT,
        "source_id": "",
        "target_kind": Kind.INVOICE,
        "target_id": target,
        "amount": Decimal(amount),
        "currency": "GBP",
        "applied_on": TODAY,
        "customer_id": CONTACT,
    }
    return AllocationSnapshot(**fields | more)


def applied(**more: Any) -> AllocationSnapshot:
    """A part of a credit note."""
    fields = {"source": Kind.CREDIT_NOTE, "source_id": CREDIT}
    return against(INVOICE, "40.00", **fields | more)


def payment(amount: str = "120.00", *parts: AllocationSnapshot, **more: Any) -> PaymentSnapshot:
    fields = {
        "marker": MARKER,
        "customer_id": CONTACT,
        "paid_on": TODAY,
        "currency": "GBP",
        "amount": Decimal(amount),
        "account_id": "090",
        "reference": "BACS 17",
        "allocations": tuple(parts),
    }
    return PaymentSnapshot(**fields | more)


def adjustment(amount: str = "3.00", *, debits: bool = False, **more: Any) -> AdjustmentSnapshot:
    fields = {
        "marker": MARKER,
        "customer_id": CONTACT,
        "dated": TODAY,
        "currency": "GBP",
        "amount": Decimal(amount),
        "debits": debits,
        "account_id": "404",
        "memo": "Bank charges and fees",
    }
    return AdjustmentSnapshot(**fields | more)


def refund(amount: str = "100.00", **more: Any) -> RefundSnapshot:
    fields = {
        "marker": MARKER,
        "customer_id": CONTACT,
        "paid_on": TODAY,
        "currency": "GBP",
        "amount": Decimal(amount),
        "account_id": "090",
    }
    return RefundSnapshot(**fields | more)


# --- Their objects ----------------------------------------------------------------------------


def contact_raw(**more: Any) -> dict[str, Any]:
    """GET Contacts: two empty addresses and four phones that nobody sent."""
    return {
        "ContactID": CONTACT,
        "ContactNumber": MARKER,
        "ContactStatus": "ACTIVE",
        "Name": "Brass & Oak Ltd",
        "EmailAddress": "ap@brass.example",
        "BankAccountDetails": "",
        "Addresses": [
            {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""}
            for kind in ("STREET", "POBOX")
        ],
        "Phones": [
            {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
            for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
        ],
        "UpdatedDateUTC": CHANGED,
        "ContactGroups": [],
        "IsSupplier": False,
        "IsCustomer": False,
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    } | more


def line_raw(**more: Any) -> dict[str, Any]:
    return {
        "Description": "Consulting",
        "UnitAmount": 100.0,
        "TaxType": "OUTPUT2",
        "TaxAmount": 20.0,
        "LineAmount": 100.0,
        "AccountCode": "200",
        "Tracking": [],
        "Quantity": 1.0,
        "LineItemID": "11000000-0000-0000-0000-000000000001",
        "ValidationErrors": [],
    } | more


def invoice_raw(**more: Any) -> dict[str, Any]:
    """PUT Invoices: no Payments, CreditNotes or AmountCredited in the answer of a creation."""
    return {
        "Type": "ACCREC",
        "InvoiceID": INVOICE,
        "InvoiceNumber": "INV-1",
        "Reference": "",
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": 120.0,
        "AmountPaid": 0.0,
        "SentToContact": False,
        "CurrencyRate": 1.0,
        "IsDiscounted": False,
        "HasErrors": False,
        "InvoicePaymentServices": [],
        "UpdatedDateUTCString": "2026-11-20T04:46:40Z",
        "Contact": {"ContactID": CONTACT, "Name": "Brass & Oak Ltd", "HasValidationErrors": False},
        "DateString": "2026-11-20T00:00:00",
        "Date": DAY,
        "DueDateString": "2026-12-20T00:00:00",
        "DueDate": "/Date(1797724800000+0000)/",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Exclusive",
        "LineItems": [line_raw()],
        "SubTotal": 100.0,
        "TotalTax": 20.0,
        "Total": 120.0,
        "UpdatedDateUTC": CHANGED,
        "CurrencyCode": "GBP",
    } | more


def credit_raw(**more: Any) -> dict[str, Any]:
    return {
        "CreditNoteID": CREDIT,
        "CreditNoteNumber": "CN-1",
        "Payments": [],
        "ID": CREDIT,
        "HasErrors": False,
        "CurrencyRate": 1.0,
        "Type": "ACCRECCREDIT",
        "Reference": "",
        "RemainingCredit": 120.0,
        "Allocations": [],
        "HasAttachments": False,
        "Contact": {"ContactID": CONTACT, "Name": "Brass & Oak Ltd"},
        "DateString": "2026-11-20T00:00:00",
        "Date": DAY,
        "Status": "AUTHORISED",
        "LineAmountTypes": "Exclusive",
        "LineItems": [line_raw()],
        "SubTotal": 100.0,
        "TotalTax": 20.0,
        "Total": 120.0,
        "UpdatedDateUTC": CHANGED,
        "CurrencyCode": "GBP",
    } | more


def allocation_raw(amount: float = 40.0, **more: Any) -> dict[str, Any]:
    return {
        "AllocationID": ALLOCATION,
        "Amount": amount,
        "Date": DAY,
        "Invoice": {"InvoiceID": INVOICE, "InvoiceNumber": "INV-1", "HasErrors": False},
    } | more


def payment_raw(**more: Any) -> dict[str, Any]:
    return {
        "PaymentID": PAYMENT,
        "Date": DAY,
        "BankAmount": 120.0,
        "Amount": 120.0,
        "Reference": f"BACS 17 {SHORT}",
        "CurrencyRate": 1.0,
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "UpdatedDateUTC": CHANGED,
        "HasAccount": True,
        "IsReconciled": False,
        "Account": {"AccountID": BANK, "Code": "090"},
        "Invoice": {
            "Type": "ACCREC",
            "InvoiceID": INVOICE,
            "InvoiceNumber": "INV-1",
            "Contact": {"ContactID": CONTACT, "Name": "Brass & Oak Ltd"},
            "CurrencyCode": "GBP",
        },
        "HasValidationErrors": False,
    } | more


def batch_raw(**more: Any) -> dict[str, Any]:
    return {
        "Account": {"AccountID": BANK, "Code": "090"},
        "BatchPaymentID": BATCH,
        "DateString": "2026-11-20T00:00:00",
        "Date": DAY,
        "Details": SHORT,
        "Payments": [
            {"PaymentID": PAYMENT, "Invoice": {"InvoiceID": INVOICE}, "Amount": 100.0},
            {
                "PaymentID": PAYMENT[:-1] + "2",
                "Invoice": {"InvoiceID": OTHER_INVOICE},
                "Amount": 50.0,
            },
        ],
        "Type": "RECBATCH",
        "Status": "AUTHORISED",
        "TotalAmount": 150.0,
        "UpdatedDateUTC": CHANGED,
        "IsReconciled": False,
    } | more


def overpayment_raw(**more: Any) -> dict[str, Any]:
    return {
        "OverpaymentID": OVERPAYMENT,
        "Type": "RECEIVE-OVERPAYMENT",
        "Contact": {"ContactID": CONTACT, "Name": "Brass & Oak Ltd"},
        "DateString": "2026-11-20T00:00:00",
        "Date": DAY,
        "Status": "AUTHORISED",
        "LineAmountTypes": "NoTax",
        "LineItems": [
            {
                "Description": f"BACS 17 [Tieout {MARKER}]",
                "UnitAmount": 130.0,
                "TaxAmount": 0.0,
                "LineAmount": 130.0,
                "AccountCode": "610",
                "Quantity": 1.0,
            }
        ],
        "SubTotal": 130.0,
        "TotalTax": 0.0,
        "Total": 130.0,
        "RemainingCredit": 130.0,
        "Allocations": [],
        "Payments": [],
        "CurrencyCode": "GBP",
        "CurrencyRate": 1.0,
        "UpdatedDateUTC": CHANGED,
    } | more


def bank_raw(**more: Any) -> dict[str, Any]:
    """The bank transaction that made an overpayment."""
    own = overpayment_raw()
    kept = {name: own[name] for name in own if name not in ("Allocations", "Payments")}
    kept.pop("RemainingCredit")
    return {
        **kept,
        "BankTransactionID": BANKED,
        "BankAccount": {"AccountID": BANK, "Code": "090", "Name": "Current account"},
        "IsReconciled": False,
        "StatusAttributeString": "OK",
    } | more


def accounts_raw() -> list[dict[str, Any]]:
    common = {"Status": "ACTIVE", "EnablePaymentsToAccount": False, "BankAccountType": ""}
    rows = (
        ("090", "Current account", "BANK", "", {"BankAccountType": "BANK", "CurrencyCode": "GBP"}),
        ("", "Uncoded bank", "BANK", "", {"AccountID": BANK, "CurrencyCode": "EUR"}),
        ("200", "Sales", "REVENUE", "", {}),
        ("404", "Bank fees", "EXPENSE", "", {}),
        ("610", "Accounts receivable", "CURRENT", "DEBTORS", {}),
        ("620", "Card clearing", "CURRENT", "", {"EnablePaymentsToAccount": True}),
        ("820", "VAT", "CURRLIAB", "GST", {}),
        ("830", "Retainers", "LIABILITY", "", {}),
        ("860", "Rounding", "EXPENSE", "ROUNDING", {}),
        ("960", "Retained earnings", "EQUITY", "RETAINEDEARNINGS", {}),
    )
    found = []
    for place, (code, name, kind, system, more) in enumerate(rows):
        row = {"AccountID": f"ac000000-0000-0000-0000-0000000000{place:02}", "Name": name}
        row |= {"Type": kind, "TaxType": "NONE", "Class": "ASSET", **common}
        row |= {"Code": code} if code else {}
        row |= {"SystemAccount": system} if system else {}
        found.append(row | more)
    return found


def refused(outcome: Outcome, kind: type = RecordRefused) -> str:
    """Its sentence; it has a way out as well."""
    assert isinstance(outcome.error, kind), outcome
    assert outcome.error.sentence
    assert outcome.error.remedy
    return outcome.error.sentence


def objects(kind: str, raw: Mapping[str, Any], home: str = "GBP") -> list[RemoteObject]:
    from apps.connectors.xero.objects import objects_of

    return list(objects_of(kind, raw, home))


def whole(kind: str, raw: Mapping[str, Any], home: str = "GBP") -> RemoteObject:
    return objects(kind, raw, home)[0]


def newer(raw: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**raw, "UpdatedDateUTC": LATER, **more}


ACCOUNTS = said(envelope(Accounts=accounts_raw()))
