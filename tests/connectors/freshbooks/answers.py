"""Answers of FreshBooks in the shapes that its SDKs and live notes tell, and a courier that hands
them out and keeps what was asked. No ledger stands behind them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from apps.connectors.errors import ConnectorError, RecordRefused
from apps.connectors.freshbooks.connector import FreshBooks
from apps.connectors.freshbooks.objects import objects_of
from apps.connectors.port import Fate, Outcome, Push, RemoteObject, Reply, Request, Settings
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    TaxAmount,
    kind_of,
)

ACCOUNT = "ABC123"
BASE = f"/accounting/account/{ACCOUNT}/"
MARKER = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
CHANGED = "2026-11-28 09:15:00"  # Eastern
LATER = "2026-11-28 10:30:00"
VAT = "VAT@20"
HOME = "GBP"


def settings(home: str = "GBP") -> Settings:
    return Settings(
        remote_company_id=ACCOUNT,
        home_currency=home,
        today=lambda: TODAY,
        now=lambda: NOW,
        tax_regime="taxes",
        multi_currency=True,
    )


def freshbooks(home: str = "GBP") -> FreshBooks:
    return FreshBooks(settings(home))


# --- A courier --------------------------------------------------------------------------------

LOST = Reply(fate=Fate.LOST, problem="ConnectionError")
UNSENT = Reply(fate=Fate.UNSENT, problem="ConnectionRefused")


def said(content: Any, status: int = 200, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(fate=Fate.ANSWERED, status=status, body=body, headers=named)


def one(kind: str, raw: Mapping[str, Any] | None) -> Reply:
    return said({"response": {"result": {kind: raw}}})


def listed(name: str, *rows: Mapping[str, Any], page: int = 1, pages: int | None = None) -> Reply:
    """`pages` is 0 of an empty list."""
    told = (1 if rows else 0) if pages is None else pages
    result = {name: list(rows), "page": page, "pages": told, "per_page": 100}
    return said({"response": {"result": result | {"total": len(rows)}}} if pages is None else {
        "response": {"result": result}
    })  # fmt: skip


def error(errno: int, message: str, field: str = "", thing: str = "", status: int = 422) -> Reply:
    fault = {"errno": errno, "field": field, "message": message, "object": thing, "value": ""}
    return said({"response": {"errors": [fault]}}, status)


NOT_THERE = error(1012, "Not found.", "id", "invoice", 404)


class Script:
    """Answers by "METHOD path" below the account, each once in their order; the last stays."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {
            name: list(each) if isinstance(each, list) else [each] for name, each in answers.items()
        }
        self.asked: list[Request] = []

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.asked.append(request)
            name = f"{request.method} {request.path.removeprefix(BASE)}"
            assert name in self.answers, f"nobody foresaw {name} {dict(request.query)}"
            waiting = self.answers[name]
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            yield request, reply(request) if callable(reply) else reply

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.asked if each.writes]

    def bodies(self) -> list[Any]:
        return [json.loads(each.body) for each in self.writes]


# --- Pushes -----------------------------------------------------------------------------------


def push(snapshot: Any, *stands: RemoteObject, **more: Any) -> Push:
    known = next((each for each in stands if not each.gone), next(iter(stands), None))
    fields = {"ref": 7, "identity": "1-7-1-", "known": known, "stands": tuple(stands)} | more
    return Push(kind=kind_of(snapshot), snapshot=freshbooks().project(snapshot), **fields)


def pushed(script: Any, *pushes: Push) -> list[Outcome]:
    return sorted(freshbooks().push(pushes, script), key=lambda each: each.ref)


def outcome_of(script: Any, what: Push) -> Outcome:
    (outcome,) = pushed(script, what)
    return outcome


def refused(outcome: Outcome, kind: type[ConnectorError] = RecordRefused) -> str:
    """Its sentence; it has a way out as well."""
    assert isinstance(outcome.error, kind), outcome
    assert outcome.error.sentence
    assert outcome.error.remedy
    return outcome.error.sentence


# --- Snapshots --------------------------------------------------------------------------------


def customer(**more: Any) -> CustomerSnapshot:
    return CustomerSnapshot(
        **{
            "marker": MARKER,
            "name": "Brass & Oak Ltd",
            "email": "ap@brass.example",
            "currency": "GBP",
        }
        | more
    )


def item(**more: Any) -> ItemSnapshot:
    return ItemSnapshot(
        **{"marker": MARKER, "code": "C-1", "name": "Consulting", "unit_price": Decimal("80.50")}
        | more
    )


def line(net: str = "100.00", tax: str = "20.00", **more: Any) -> Line:
    fields = {
        "key": "1",
        "net": Decimal(net),
        "description": "Consulting",
        "unit_price": Decimal(net),
        "tax_code_id": VAT if Decimal(tax) else "",
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
        "customer_id": "12",
        "issue_date": TODAY,
        "currency": "GBP",
        "lines": lines,
        "net": net,
        "tax": tax,
        "total": net + tax,
        "taxes": (TaxAmount(rate_id=VAT, net=net, tax=tax),) if tax else (),
        **more,
    }


def payment(amount: str = "120.00", invoice_id: str = "31", **more: Any) -> PaymentSnapshot:
    part = AllocationSnapshot(
        marker=OTHER,
        source=Kind.PAYMENT,
        source_id="",
        target_kind=Kind.INVOICE,
        target_id=invoice_id,
        amount=Decimal(amount),
        currency="GBP",
        applied_on=TODAY,
    )
    fields = {
        "marker": MARKER,
        "customer_id": "12",
        "paid_on": TODAY,
        "currency": "GBP",
        "amount": Decimal(amount),
        "method_id": "Bank transfer",
        "reference": "BACS 17",
        "allocations": (part,),
    }
    return PaymentSnapshot(**fields | more)


def applied(amount: str = "40.00", **more: Any) -> AllocationSnapshot:
    fields = {
        "marker": MARKER,
        "source": Kind.CREDIT_NOTE,
        "source_id": "51",
        "target_kind": Kind.INVOICE,
        "target_id": "31",
        "amount": Decimal(amount),
        "currency": "GBP",
        "applied_on": TODAY,
        "customer_id": "12",
    }
    return AllocationSnapshot(**fields | more)


def adjustment(amount: str = "3.00", **more: Any) -> AdjustmentSnapshot:
    fields = {
        "marker": MARKER,
        "customer_id": "12",
        "dated": TODAY,
        "currency": "GBP",
        "amount": Decimal(amount),
        "debits": False,
        "memo": "Bank charge",
    }
    return AdjustmentSnapshot(**fields | more)


# --- Their objects ----------------------------------------------------------------------------


def gbp(amount: str) -> dict[str, str]:
    return {"amount": amount, "code": "GBP"}


def client_raw(**more: Any) -> dict[str, Any]:
    return {
        "accounting_systemid": ACCOUNT,
        "allow_late_fees": True,
        "bus_phone": "",
        "currency_code": "GBP",
        "email": "ap@brass.example",
        "fname": "",
        "id": 12,
        "language": "en",
        "lname": "",
        "note": f"[Tieout {MARKER}]",
        "organization": "Brass & Oak Ltd",
        "p_city": "",
        "p_code": "",
        "p_country": "",
        "p_province": "",
        "p_street": "",
        "p_street2": "",
        "role": "client",
        "signup_date": "2026-11-20 15:25:34",
        "updated": CHANGED,
        "userid": 12,
        "vis_state": 0,
    } | more


def item_raw(**more: Any) -> dict[str, Any]:
    return {
        "accounting_systemid": ACCOUNT,
        "description": "",
        "id": 21,
        "inventory": None,
        "itemid": 21,
        "name": "Consulting",
        "qty": "1",
        "sku": "C-1",
        "tax1": 0,
        "tax2": 0,
        "unit_cost": gbp("80.50"),
        "updated": CHANGED,
        "vis_state": 0,
    } | more


def line_raw(net: str = "100.00", percent: str = "20", **more: Any) -> dict[str, Any]:
    return {
        "amount": gbp(net),
        "compounded_tax": False,
        "description": "",
        "expenseid": 0,
        "invoiceid": 31,
        "lineid": 1,
        "name": "Consulting",
        "qty": "1",
        "taxAmount1": percent,
        "taxAmount2": "0",
        "taxName1": "VAT" if percent != "0" else "",
        "taxName2": None,
        "type": 0,
        "unit_cost": gbp(net),
        "updated": CHANGED,
    } | more


def invoice_raw(**more: Any) -> dict[str, Any]:
    return {
        "accountid": ACCOUNT,
        "amount": gbp("120.00"),
        "create_date": "2026-11-20",
        "created_at": CHANGED,
        "currency_code": "GBP",
        "customerid": 12,
        "deposit_status": "none",
        "discount_total": gbp("0.00"),
        "discount_value": "0",
        "display_status": "sent",
        "due_date": "2026-12-20",
        "due_offset_days": 30,
        "id": 31,
        "invoice_number": "INV-1",
        "invoiceid": 31,
        "lines": [line_raw()],
        "notes": f"[Tieout {MARKER}]",
        "outstanding": gbp("120.00"),
        "paid": gbp("0.00"),
        "payment_status": "unpaid",
        "po_number": None,
        "status": 2,
        "terms": None,
        "updated": CHANGED,
        "v3_status": "sent",
        "vis_state": 0,
    } | more


def credit_raw(**more: Any) -> dict[str, Any]:
    return {
        "accounting_systemid": ACCOUNT,
        "amount": gbp("120.00"),
        "clientid": 12,
        "create_date": "2026-11-20",
        "credit_number": "CN-1",
        "credit_type": "goodwill",
        "creditid": 51,
        "currency_code": "GBP",
        "display_status": "created",
        "id": 51,
        "lines": [line_raw(creditid=51)],
        "notes": f"[Tieout {MARKER}]",
        "paid": gbp("0.00"),
        "payment_status": "unpaid",
        "status": "created",
        "vis_state": 0,
    } | more


def payment_raw(**more: Any) -> dict[str, Any]:
    return {
        "accounting_systemid": ACCOUNT,
        "amount": gbp("120.00"),
        "bulk_paymentid": None,
        "clientid": 12,
        "creditid": None,
        "date": "2026-11-20",
        "from_credit": False,
        "gateway": None,
        "id": 41,
        "invoiceid": 31,
        "logid": 41,
        "note": f"[Tieout {MARKER}: BACS 17]",
        "orderid": None,
        "overpaymentid": None,
        "send_client_notification": None,
        "transactionid": None,
        "type": "Bank Transfer",
        "updated": CHANGED,
        "vis_state": 0,
    } | more


def use_raw(**more: Any) -> dict[str, Any]:
    """A credit that pays an invoice."""
    return payment_raw(
        **{
            "amount": gbp("40.00"),
            "creditid": 51,
            "from_credit": True,
            "type": "Credit",
            "note": f"[Tieout {MARKER}]",
        }
        | more
    )


def whole(kind: str, raw: Mapping[str, Any]) -> RemoteObject:
    return objects_of(kind, raw, HOME)[0]


# --- As they would answer, by what was sent: their arithmetic as it is told ----------------------


def kept_invoice(fields: Mapping[str, Any], remote_id: int = 31, **more: Any) -> dict[str, Any]:
    currency = fields.get("currency_code", "GBP")
    lines = [_kept_line(place, each, currency) for place, each in enumerate(fields["lines"], 1)]
    total = money_of(sum_of(lines), currency)
    issued = date.fromisoformat(fields["create_date"])
    due = date.fromordinal(issued.toordinal() + fields.get("due_offset_days", 0))
    known = {name: value for name, value in fields.items() if name != "lines"}
    return invoice_raw(
        **known
        | {"lines": lines, "amount": total, "outstanding": total, "due_date": due.isoformat()}
        | {"id": remote_id, "invoiceid": remote_id}
        | more
    )


def kept_credit(fields: Mapping[str, Any], remote_id: int = 51, **more: Any) -> dict[str, Any]:
    currency = fields.get("currency_code", "GBP")
    lines = [_kept_line(place, each, currency) for place, each in enumerate(fields["lines"], 1)]
    known = {name: value for name, value in fields.items() if name != "lines"}
    return credit_raw(
        **known
        | {"lines": lines, "amount": money_of(sum_of(lines), currency)}
        | {"id": remote_id, "creditid": remote_id}
        | more
    )


def money_of(amount: Decimal, currency: str) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "code": currency}


def sum_of(lines: Sequence[Mapping[str, Any]]) -> Decimal:
    """Net, and the tax of each rate rounded once."""
    net = sum((Decimal(each["amount"]["amount"]) for each in lines), Decimal(0))
    taxes: dict[tuple[str, str], Decimal] = {}
    for each in lines:
        amount = Decimal(each["amount"]["amount"])
        first = Decimal(each.get("taxAmount1") or 0)
        for place in (1, 2):
            percent = Decimal(each.get(f"taxAmount{place}") or 0)
            base = amount
            if place == 2 and each.get("compounded_tax"):
                base = amount * (100 + first) / 100
            key = (str(each.get(f"taxName{place}")), str(percent))
            taxes[key] = taxes.get(key, Decimal(0)) + base * percent / 100
    return net + sum((cents(each) for each in taxes.values()), Decimal(0))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _kept_line(place: int, fields: Mapping[str, Any], currency: str) -> dict[str, Any]:
    amount = Decimal(fields["qty"]) * Decimal(fields["unit_cost"]["amount"])
    return {"taxAmount1": "0", "taxAmount2": "0"} | dict(fields) | {
        "lineid": place,
        "amount": money_of(cents(amount), currency),
    }  # fmt: skip


class Kept:
    """What was posted is kept as it was sent, numbered from 100, and told by id and by lists of ids:
    the least that a read-back needs. `status` is what an invoice comes back with; `change` what
    they make of it."""

    def __init__(
        self, status: int | None = None, change: Callable[[dict[str, Any]], Any] | None = None
    ) -> None:
        self.status = status
        self.change = change
        self.rows: dict[str, dict[int, dict[str, Any]]] = {"invoices": {}, "credit_notes": {}}
        self.asked: list[Request] = []

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.asked.append(request)
            yield request, self._reply(request)

    def _reply(self, request: Request) -> Reply:
        name, _, remote_id = request.path.removeprefix(BASE).split("/", 1)[1].partition("/")
        kind = {"invoices": "invoice", "credit_notes": "credit_note"}[name]
        rows = self.rows[name]
        if request.method == "POST":
            fields = json.loads(request.body)[kind]
            new = 100 + len(rows)
            make = kept_invoice if kind == "invoice" else kept_credit
            raw = make(fields, new)
            if self.status is not None:
                raw |= {"status": self.status, "display_status": "draft"}
            if self.change is not None:
                self.change(raw)
            rows[new] = raw
            return one(kind, raw)
        if request.method == "PUT":
            raw = rows[int(remote_id)]
            fields = json.loads(request.body)[kind]
            sent = fields.pop("action_mark_as_sent", False)
            raw |= fields | ({"status": 2, "display_status": "sent"} if sent else {})
            raw["updated"] = LATER
            return one(kind, raw)
        if remote_id:
            found = rows.get(int(remote_id))
            return one(kind, found) if found else NOT_THERE
        wanted = {int(value) for key, value in request.query if key.endswith("ids][]")}
        return listed(name, *[raw for one_id, raw in rows.items() if one_id in wanted])
