"""Every type of event: what it is about, what it says, and real examples of it.

Sample, list and hook are one thing: each is `envelope(...)` around the same shape of a record as it
stands, so that what somebody mapped by a sample is there in each delivery.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from django.db.models import Model

from apps.billing.models import Company
from apps.triggers.events import samples
from apps.triggers.models.events import VERSION, EventType
from apps.triggers.shapes import (
    AgreementShape,
    ConnectionShape,
    CreditNoteShape,
    CustomerShape,
    DepositShape,
    Envelope,
    InvoiceShape,
    PaymentShape,
    RefundShape,
    Shape,
    StandingShape,
    credit_note_shape,
    customer_shape,
    deposit_shape,
    invoice_shape,
    payment_shape,
    refund_shape,
)
from apps.triggers.shapes.parts import company_shape, written

SAMPLES: Final = UUID("7b0a7f0e-52f4-4d5c-9a57-6f3c3c1f3d55")  # ids of samples are made from it


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a type of event tells. `shape` is what its `data` is, `describe` makes it of a record,
    `last` are the newest records of a company to which it happened, with when, newest first."""

    what: EventType
    about: str  # the kind of billing's, "sync_record" or "connection"
    says: str  # one sentence, for the pages and the documentation
    shape: type[Shape]
    describe: Callable[[Any], Shape]
    last: Callable[[Company, int], Sequence[tuple[Model, datetime]]]


_ALL: Final = (
    Told(
        what=EventType.INVOICE_ISSUED,
        about="invoice",
        says="An invoice got its number and is owed from now on.",
        shape=InvoiceShape,
        describe=invoice_shape,
        last=samples.issued_invoices,
    ),
    Told(
        what=EventType.INVOICE_PAID,
        about="invoice",
        says="Nothing is owed of an invoice any more, and money was set against it. Where a payment "
        "is taken off it and another settles it again, it is told again.",
        shape=InvoiceShape,
        describe=invoice_shape,
        last=samples.paid_invoices,
    ),
    Told(
        what=EventType.INVOICE_VOIDED,
        about="invoice",
        says="An invoice that was issued counts for nothing any more.",
        shape=InvoiceShape,
        describe=invoice_shape,
        last=samples.voided_invoices,
    ),
    Told(
        what=EventType.INVOICE_OVERDUE,
        about="invoice",
        says="The due date of an invoice has gone by and money is still expected: told once, on the "
        "day after, by the company's calendar. With a later due date it may become so again.",
        shape=InvoiceShape,
        describe=invoice_shape,
        last=samples.overdue_invoices,
    ),
    Told(
        what=EventType.PAYMENT_RECEIVED,
        about="payment",
        says="Money was received from a customer, recorded here or in the books.",
        shape=PaymentShape,
        describe=payment_shape,
        last=samples.payments,
    ),
    Told(
        what=EventType.PAYMENT_RETURNED,
        about="refund",
        says="A payment came back (a bounced cheque, a failed direct debit) or was charged back.",
        shape=RefundShape,
        describe=refund_shape,
        last=samples.returned_payments,
    ),
    Told(
        what=EventType.CREDIT_NOTE_ISSUED,
        about="credit_note",
        says="A credit note got its number.",
        shape=CreditNoteShape,
        describe=credit_note_shape,
        last=samples.credit_notes,
    ),
    Told(
        what=EventType.REFUND_PAID,
        about="refund",
        says="Money was paid out to a customer: of a credit note, or of money on account.",
        shape=RefundShape,
        describe=refund_shape,
        last=samples.refunds,
    ),
    Told(
        what=EventType.DEPOSIT_MADE,
        about="deposit",
        says="Payments were put together as one line of the bank statement.",
        shape=DepositShape,
        describe=deposit_shape,
        last=samples.deposits,
    ),
    Told(
        what=EventType.CUSTOMER_CREATED,
        about="customer",
        says="A customer was added.",
        shape=CustomerShape,
        describe=customer_shape,
        last=samples.new_customers,
    ),
    Told(
        what=EventType.CUSTOMER_UPDATED,
        about="customer",
        says="Something about a customer was changed.",
        shape=CustomerShape,
        describe=customer_shape,
        last=samples.changed_customers,
    ),
    Told(
        what=EventType.RECORD_IN_BOOKS,
        about="sync_record",
        says="The accounting books confirmed that they hold a record as it stands here.",
        shape=StandingShape,
        describe=samples.standing,
        last=samples.in_books,
    ),
    Told(
        what=EventType.SYNC_FAILED,
        about="sync_record",
        says="A record does not get into the accounting books without a person: held by Tieout, or "
        "rejected by the books.",
        shape=StandingShape,
        describe=samples.standing,
        last=samples.failed,
    ),
    Told(
        what=EventType.CONNECTION_LOST,
        about="connection",
        says="Tieout may not speak to a set of books any more until somebody connects it again.",
        shape=ConnectionShape,
        describe=samples.connection,
        last=samples.lost_connections,
    ),
    Told(
        what=EventType.AGREEMENT_BROKEN,
        about="connection",
        says="A comparison found that both sides differ, where the one before found them agreed.",
        shape=AgreementShape,
        describe=samples.agreement,
        last=samples.broken_agreements,
    ),
)
CATALOGUE: Final[Mapping[str, Told]] = {str(each.what): each for each in _ALL}


def envelope(
    type: str,
    data: Shape,
    *,
    id: str,
    company: Company,
    happened_at: datetime,
    source: str = "",
    test: bool = False,
) -> str:
    """JSON, as it is signed and sent."""
    told = CATALOGUE[type]
    if not isinstance(data, told.shape):
        raise TypeError(f"{type} tells {told.shape.__name__}, not {data.__class__.__name__}.")
    made: Envelope[Any] = Envelope[told.shape](  # type: ignore[name-defined] # known at run time
        id=id,
        type=type,
        version=VERSION,
        timestamp=happened_at,
        company=company_shape(company),
        source=source,
        test=test,
        data=data,
    )
    return made.model_dump_json()


def sample_list(company: Company, type: str, count: int = 3) -> list[dict[str, Any]]:
    """The newest real ones, newest first, as they would be sent: of records as they stand now. An id
    of a sample is the same each time it is asked for, and never the id of an event."""
    told = CATALOGUE[type]
    found = told.last(company, count)
    return [_sample(told, company, record, moment) for record, moment in found]


def _sample(told: Told, company: Company, record: Model, moment: datetime) -> dict[str, Any]:
    name = f"{told.what} {record._meta.label_lower} {record.pk} {written(moment)}"
    text = envelope(
        told.what,
        told.describe(record),
        id=f"sample_{uuid5(SAMPLES, name).hex}",
        company=company,
        happened_at=moment,
    )
    read: dict[str, Any] = json.loads(text)
    return read
