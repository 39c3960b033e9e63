"""The truth: what the company sold, to whom, and what was paid."""

from apps.billing.models.approvals import ActLimit, Approval
from apps.billing.models.base import Change, Frozen, SetBasedWriteRefused, Synced, note_changes
from apps.billing.models.batches import Batch
from apps.billing.models.companies import Company, NumberGap, NumberSeries
from apps.billing.models.credit_notes import CreditNote, CreditNoteLine
from apps.billing.models.customers import Customer
from apps.billing.models.deposits import BankAccount, Deposit, DepositLine, OutsideDeposit
from apps.billing.models.documents import Document, DocumentLine, TaxMode, TaxShare
from apps.billing.models.entries import AccountRole, Adjustment, Refund
from apps.billing.models.erasures import Erasure, Tombstone
from apps.billing.models.invoices import Invoice, InvoiceLine
from apps.billing.models.items import Item, PaymentMethod, PaymentTerm
from apps.billing.models.kept_both import KeptBoth
from apps.billing.models.limit_requests import LimitRequest
from apps.billing.models.members import CompanyMember
from apps.billing.models.once import OneTimeKey
from apps.billing.models.outside import OutsideEntry
from apps.billing.models.payments import Allocation, Payment
from apps.billing.models.places import PaymentMethodPlace, Places, is_at_the_bank, where_it_posted
from apps.billing.models.taxes import (
    UNTAXED,
    ExchangeRate,
    TaxAgency,
    TaxComponent,
    TaxRate,
    Treatment,
)

__all__ = [
    "UNTAXED",
    "AccountRole",
    "ActLimit",
    "Adjustment",
    "Allocation",
    "Approval",
    "BankAccount",
    "Batch",
    "Change",
    "Company",
    "CompanyMember",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "Deposit",
    "DepositLine",
    "Document",
    "DocumentLine",
    "Erasure",
    "ExchangeRate",
    "Frozen",
    "Invoice",
    "InvoiceLine",
    "Item",
    "KeptBoth",
    "LimitRequest",
    "NumberGap",
    "NumberSeries",
    "OneTimeKey",
    "OutsideDeposit",
    "OutsideEntry",
    "Payment",
    "PaymentMethod",
    "PaymentMethodPlace",
    "PaymentTerm",
    "Places",
    "Refund",
    "SetBasedWriteRefused",
    "Synced",
    "TaxAgency",
    "TaxComponent",
    "TaxMode",
    "TaxRate",
    "TaxShare",
    "Tombstone",
    "Treatment",
    "is_at_the_bank",
    "note_changes",
    "where_it_posted",
]
