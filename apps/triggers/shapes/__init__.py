"""How records look outside: one shape each, for events, samples and the API alike."""

from apps.triggers.shapes.books import (
    AgreementShape,
    ConnectionShape,
    RecordBrief,
    StandingShape,
    agreement_shape,
    connection_shape,
    standing_shape,
)
from apps.triggers.shapes.documents import (
    CreditNoteShape,
    InvoiceShape,
    credit_note_shape,
    invoice_shape,
)
from apps.triggers.shapes.envelope import Envelope
from apps.triggers.shapes.loading import ROWS, rows_of
from apps.triggers.shapes.masters import CustomerShape, ItemShape, customer_shape, item_shape
from apps.triggers.shapes.money import (
    AllocationShape,
    DepositShape,
    PaymentShape,
    RefundShape,
    allocation_shape,
    deposit_shape,
    payment_shape,
    refund_shape,
)
from apps.triggers.shapes.parts import Company, Shape

__all__ = [
    "ROWS",
    "AgreementShape",
    "AllocationShape",
    "Company",
    "ConnectionShape",
    "CreditNoteShape",
    "CustomerShape",
    "DepositShape",
    "Envelope",
    "InvoiceShape",
    "ItemShape",
    "PaymentShape",
    "RecordBrief",
    "RefundShape",
    "Shape",
    "StandingShape",
    "agreement_shape",
    "allocation_shape",
    "connection_shape",
    "credit_note_shape",
    "customer_shape",
    "deposit_shape",
    "invoice_shape",
    "item_shape",
    "payment_shape",
    "refund_shape",
    "rows_of",
    "standing_shape",
]
