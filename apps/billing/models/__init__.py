"""The truth: what the company sold, to whom, and what was paid."""

from apps.billing.models.approvals import ActLimit, Approval
from apps.billing.models.base import Change, Frozen, SetBasedWriteRefused, Synced, note_changes
from apps.billing.models.companies import Company, NumberGap, NumberSeries
from apps.billing.models.credit_notes import CreditNote, CreditNoteLine
from apps.billing.models.customers import Customer
from apps.billing.models.documents import Document, DocumentLine
from apps.billing.models.invoices import Invoice, InvoiceLine
from apps.billing.models.items import Item, PaymentMethod, PaymentTerm
from apps.billing.models.payments import Allocation, Payment

__all__ = [
    "ActLimit",
    "Allocation",
    "Approval",
    "Change",
    "Company",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "Document",
    "DocumentLine",
    "Frozen",
    "Invoice",
    "InvoiceLine",
    "Item",
    "NumberGap",
    "NumberSeries",
    "Payment",
    "PaymentMethod",
    "PaymentTerm",
    "SetBasedWriteRefused",
    "Synced",
    "note_changes",
]
