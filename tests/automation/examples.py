"""One story from which every example outside is made: an invoice of a trading company, its payment,
what came back, and how it stands in the books. Each is held to the shape that is really sent.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from apps.triggers.events.catalogue import CATALOGUE
from apps.triggers.models.events import VERSION
from apps.triggers.shapes import Envelope

BACK_OFFICE: Final = "https://tieout.example.com/admin"
COMPANY: Final = {"id": 1, "name": "Thornfield Trading Ltd"}


def uuid(number: int) -> str:
    return f"6f1c2a9e-4b7d-4c1e-9d52-{number:012x}"


def at(day: int, time: str) -> str:
    return f"2026-03-{day:02}T{time}.250000Z"


CUSTOMER_BRIEF: Final = {
    "id": uuid(1),
    "code": "BELL",
    "name": "Bell & Daughters Ltd",
    "email": "accounts@bell.example",
}
NUMBERED: Final = {"id": uuid(2), "number": "INV-0042"}

CUSTOMER: Final = {
    **CUSTOMER_BRIEF,
    "revision": 1,
    "company": COMPANY,
    "phone": "+44 20 7946 0018",
    "tax_number": "GB123456789",
    "currency": "GBP",
    "address_lines": ["12 Lantern Row", "Second floor"],
    "city": "London",
    "region": "",
    "postal_code": "EC1A 1BB",
    "country": "GB",
    "terms": "30 days",
    "tax_rate": "S20",
    "parent": {"id": uuid(9), "name": "Bell Group plc"},
    "active": True,
    "merged_into": None,
    "created_at": at(2, "09:30:12"),
    "updated_at": at(2, "09:30:12"),
    "page": f"{BACK_OFFICE}/billing/customer/17/change/",
}

_DOCUMENT: Final = {
    "revision": 2,
    "company": COMPANY,
    "status": "issued",
    "customer": CUSTOMER_BRIEF,
    "issue_date": "2026-03-02",
    "supply_date": "2026-02-27",
    "currency": "GBP",
    "exchange_rate": "1",
    "tax_mode": "exclusive",
    "discount_percent": None,
    "discount_amount": None,
    "message": "Thank you for your order.",
    "purchase_order_number": "PO-7781",
    "void_date": None,
    "void_reason": "",
}
INVOICE: Final = {
    **_DOCUMENT,
    **NUMBERED,
    "net": "1250.00",
    "tax": "250.00",
    "total": "1500.00",
    "home_total": "1500.00",
    "lines": [
        {
            "position": 1,
            "item_code": "LAMP-12",
            "description": "Storm lantern, brass",
            "quantity": "10",
            "unit_price": "100",
            "discount_percent": "5",
            "discount_amount": None,
            "tax_code": "S20",
            "tax_percent": "20",
            "net": "950.00",
            "tax": "190.00",
        },
        {
            "position": 2,
            "item_code": "FIT",
            "description": "Fitting on site, hours",
            "quantity": "7.5",
            "unit_price": "42",
            "discount_percent": None,
            "discount_amount": "15.00",
            "tax_code": "S20",
            "tax_percent": "20",
            "net": "300.00",
            "tax": "60.00",
        },
    ],
    "taxes": [{"code": "S20", "name": "VAT", "percent": "20", "base": "1250.00", "tax": "250.00"}],
    "issued_at": at(2, "10:05:00"),
    "created_at": at(2, "09:58:41"),
    "updated_at": at(2, "10:05:00"),
    "page": f"{BACK_OFFICE}/billing/invoice/42/change/",
    "terms": "30 days",
    "due_date": "2026-04-01",
    "overdue": False,
    "paid": "0.00",
    "credited": "0.00",
    "written_off": "0.00",
    "balance_due": "1500.00",
}
_PAID: Final = {**INVOICE, "paid": "1500.00", "balance_due": "0.00"}
_VOIDED: Final = {
    **INVOICE,
    "revision": 3,
    "status": "void",
    "balance_due": "0.00",
    "void_date": "2026-03-03",
    "void_reason": "Typed twice",
    "updated_at": at(3, "08:12:09"),
}
_CREDIT_NOTE: Final = {
    **_DOCUMENT,
    "id": uuid(3),
    "number": "CN-0007",
    "issue_date": "2026-03-19",
    "supply_date": "2026-03-19",
    "net": "100.00",
    "tax": "20.00",
    "total": "120.00",
    "home_total": "120.00",
    "lines": [
        {
            **INVOICE["lines"][0],
            "description": "Storm lantern, brass (returned)",
            "quantity": "1",
            "discount_percent": None,
            "net": "100.00",
            "tax": "20.00",
        }
    ],
    "taxes": [{"code": "S20", "name": "VAT", "percent": "20", "base": "100.00", "tax": "20.00"}],
    "message": "",
    "issued_at": at(19, "15:20:30"),
    "created_at": at(19, "15:18:02"),
    "updated_at": at(19, "15:20:30"),
    "page": f"{BACK_OFFICE}/billing/creditnote/7/change/",
    "invoice": NUMBERED,
    "writes_off": None,
    "reason": "Returned in its box",
    "applied": "0.00",
    "open_credit": "120.00",
}


def _allocation(number: int, amount: str, day: str, **of: Any) -> dict[str, Any]:
    nothing = {"payment": None, "credit_note": None, "invoice": None, "refund": None}
    return {
        "id": uuid(number),
        "date": day,
        "amount": amount,
        "currency": "GBP",
        **nothing,
        "other": "",
        "stands": True,
        "reversed_on": None,
        "reversal_reason": "",
        **of,
    }


PAYMENT: Final = {
    "id": uuid(4),
    "revision": 1,
    "company": COMPANY,
    "status": "received",
    "customer": CUSTOMER_BRIEF,
    "date": "2026-03-17",
    "method": "Bank transfer",
    "currency": "GBP",
    "exchange_rate": "1",
    "amount": "1500.00",
    "applied": "1500.00",
    "on_account": "0.00",
    "reference": "BELL INV-0042",
    "payout_reference": "",
    "memo": "",
    "allocations": [
        _allocation(5, "1500.00", "2026-03-17", payment=uuid(4), invoice=NUMBERED),
    ],
    "cancelled_on": None,
    "cancel_reason": "",
    "recorded_here": True,
    "created_at": at(17, "11:47:33"),
    "updated_at": at(17, "11:47:33"),
    "page": f"{BACK_OFFICE}/billing/payment/31/change/",
}
_REFUND: Final = {
    "id": uuid(6),
    "revision": 1,
    "company": COMPANY,
    "status": "made",
    "why": "refund",
    "customer": CUSTOMER_BRIEF,
    "date": "2026-03-20",
    "method": "Bank transfer",
    "currency": "GBP",
    "amount": "120.00",
    "fee": "0.00",
    "reference": "REFUND CN-0007",
    "reason": "Returned in its box",
    "memo": "",
    "pays_out": [
        _allocation(
            7,
            "120.00",
            "2026-03-20",
            credit_note={"id": uuid(3), "number": "CN-0007"},
            refund=uuid(6),
        ),
    ],
    "cancelled_on": None,
    "cancel_reason": "",
    "recorded_here": True,
    "created_at": at(20, "09:02:18"),
    "updated_at": at(20, "09:02:18"),
    "page": f"{BACK_OFFICE}/billing/refund/5/change/",
}
_RETURNED: Final = {
    **_REFUND,
    "id": uuid(8),
    "why": "returned",
    "amount": "1500.00",
    "fee": "12.00",
    "reference": "RETURNED DD",
    "reason": "Direct debit failed",
    "pays_out": [_allocation(10, "1500.00", "2026-03-20", payment=uuid(4), refund=uuid(8))],
    "page": f"{BACK_OFFICE}/billing/refund/6/change/",
}
_DEPOSIT: Final = {
    "id": uuid(11),
    "revision": 1,
    "company": COMPANY,
    "status": "made",
    "date": "2026-03-18",
    "bank_account": "Current account",
    "currency": "GBP",
    "total": "1497.50",
    "reference": "Paying-in slip 118",
    "memo": "",
    "lines": [
        {"payment": uuid(4), "refund": None, "description": "", "amount": "1500.00"},
        {"payment": None, "refund": None, "description": "Bank charge", "amount": "-2.50"},
    ],
    "undone_on": None,
    "undo_reason": "",
    "recorded_here": True,
    "created_at": at(18, "16:40:55"),
    "updated_at": at(18, "16:40:55"),
    "page": f"{BACK_OFFICE}/billing/deposit/12/change/",
}
_CONNECTION: Final = {
    "id": uuid(12),
    "company": COMPANY,
    "name": "Thornfield Trading, main books",
    "system": "books",
    "stage": "live",
    "problem": "",
    "last_ok_at": at(17, "11:48:02"),
    "page": f"{BACK_OFFICE}/connections/connection/1/change/",
}
_STANDING: Final = {
    "record": {"kind": "invoice", "id": uuid(2), "name": "INV-0042", "page": INVOICE["page"]},
    "connection": _CONNECTION,
    "state": "in_the_books",
    "reason": "",
    "held_by": "",
    "sentence": "",
    "remedy": "",
    "revision_wanted": 2,
    "revision_in_books": 2,
    "their_id": "1184",
    "changed_at": at(2, "10:05:14"),
    "page": f"{BACK_OFFICE}/sync/syncrecord/205/change/",
}
_FAILED: Final = {
    **_STANDING,
    "state": "needs_person",
    "reason": "missing_mapping",
    "held_by": "tieout",
    "sentence": "The tax rate S20 has no tax code in the books yet.",
    "remedy": "Choose one under Mappings; the invoice then goes by itself.",
    "revision_in_books": 0,
    "their_id": "",
}
_AGREEMENT: Final = {
    "connection": _CONNECTION,
    "agrees": False,
    "as_of": "2026-03-31",
    "compared_at": at(31, "06:30:00"),
    "open_count": 2,
    "sentence": "2 documents differ by 14.20 GBP.",
    "page": f"{BACK_OFFICE}/reconciliation/keptcomparison/88/change/",
}

# When each happened, and what its `data` is.
_STORY: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "invoice.issued": (at(2, "10:05:00"), INVOICE),
    "invoice.paid": (at(17, "11:47:33"), _PAID),
    "invoice.voided": (at(3, "08:12:09"), _VOIDED),
    "invoice.overdue": ("2026-04-02T00:00:00.000000Z", {**INVOICE, "overdue": True}),
    "payment.received": (at(17, "11:47:33"), PAYMENT),
    "payment.returned": (at(20, "09:02:18"), _RETURNED),
    "credit_note.issued": (at(19, "15:20:30"), _CREDIT_NOTE),
    "refund.paid": (at(20, "09:02:18"), _REFUND),
    "deposit.made": (at(18, "16:40:55"), _DEPOSIT),
    "customer.created": (at(2, "09:30:12"), CUSTOMER),
    "customer.updated": (
        at(5, "13:00:45"),
        {**CUSTOMER, "revision": 2, "phone": "+44 20 7946 0700", "updated_at": at(5, "13:00:45")},
    ),
    "record.in_books": (at(2, "10:05:14"), _STANDING),
    "sync.failed": (at(2, "10:05:14"), _FAILED),
    "connection.lost": (
        at(24, "02:15:00"),
        {**_CONNECTION, "stage": "paused", "problem": "The consent was withdrawn over there."},
    ),
    "agreement.broken": (at(31, "06:30:00"), _AGREEMENT),
}


def envelope_shape(type: str) -> type[BaseModel]:
    return Envelope[CATALOGUE[type].shape]  # type: ignore[name-defined]


def example(type: str) -> dict[str, Any]:
    """What is sent for such an event, by the story; pydantic's error where it is not of the shape."""
    happened_at, data = _STORY[type]
    number = list(CATALOGUE).index(type) + 1
    told = {
        "id": f"evt_{number:032x}",
        "type": type,
        "version": VERSION,
        "timestamp": happened_at,
        "company": COMPANY,
        "source": "",
        "test": False,
        "data": data,
    }
    checked = envelope_shape(type).model_validate_json(json.dumps(told))
    read: dict[str, Any] = json.loads(checked.model_dump_json())
    return read
