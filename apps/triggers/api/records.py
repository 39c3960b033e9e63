"""Finding records: of the key's companies alone, and as they stand under their locks."""

from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.billing.models import (
    BankAccount,
    Company,
    CreditNote,
    Customer,
    Invoice,
    Item,
    Payment,
    PaymentMethod,
    PaymentTerm,
    Refund,
    TaxRate,
)
from apps.billing.rules.families import stands_for
from apps.triggers.api.answers import etag
from apps.triggers.api.gate import Request
from apps.triggers.api.problems import Problem
from apps.triggers.shapes import rows_of

Record = TypeVar("Record", bound=Model)
NOT_THERE: Final = "Nothing of this address is there for this key."


def found(request: Request, kind: str, id: UUID) -> Any:
    """The record, loaded for its shape. One of another company is not there at all."""
    rows = rows_of(kind).filter(company__in=request.auth.company_ids)
    record = rows.filter(public_id=id).first()
    if record is None:
        raise Problem("not-found", NOT_THERE)
    return record


def held(request: Request, kind: str, id: UUID) -> Any:
    """The record as it stands once nobody else acts on its company until the transaction ends, if it
    is the version that `If-Match` names."""
    record = found(request, kind, id)
    Company.locked(record.company_id)
    record.hold()
    if request.matches is not None and record.revision not in request.matches:
        raise Problem(
            "changed-meanwhile",
            "It was changed since you read it. Read it again, and decide anew.",
            headers={"ETag": etag(record.revision)},
        )
    return record


# --- what a body names ---------------------------------------------------------------------------


def customer_of(company: Company, id: UUID, field: str = "customer") -> Customer:
    return _named(Customer.objects.filter(company=company, public_id=id), field, f"customer {id}")


def invoice_of(company: Company, id: UUID, field: str = "invoice") -> Invoice:
    return _named(Invoice.objects.filter(company=company, public_id=id), field, f"invoice {id}")


def payment_of(company: Company, id: UUID, field: str = "payment") -> Payment:
    return _named(Payment.objects.filter(company=company, public_id=id), field, f"payment {id}")


def refund_of(company: Company, id: UUID, field: str) -> Refund:
    return _named(Refund.objects.filter(company=company, public_id=id), field, f"refund {id}")


def item_of(company: Company, code: str, field: str) -> Item:
    return _named(Item.objects.filter(company=company, code__iexact=code), field, f"item {code}")


def tax_rate_of(company: Company, code: str, field: str = "tax_rate") -> TaxRate:
    rows = TaxRate.objects.filter(company=company, code__iexact=code)
    return _named(rows, field, f"tax rate {code}")


def terms_of(company: Company, name: str, field: str = "terms") -> PaymentTerm:
    rows = PaymentTerm.objects.filter(company=company, name__iexact=name)
    return _named(rows, field, f"payment terms “{name}”")


def bank_account_of(company: Company, name: str) -> BankAccount:
    rows = BankAccount.objects.filter(company=company, name__iexact=name)
    return _named(rows, "bank_account", f"bank account “{name}”")


def method_of(company: Company, name: str, currency: str) -> PaymentMethod:
    """In this currency, or, where there is none of that name in it, in the home currency."""
    rows = PaymentMethod.objects.filter(company=company, name__iexact=name, active=True)
    by_currency = {each.currency: each for each in rows}
    method = by_currency.get(currency) or by_currency.get(company.home_currency)
    if method is None:
        refuse("method", f"There is no payment method “{name}” in {currency} in use.")
    return method


def customer_anywhere(request: Request, id: UUID) -> Customer:
    """Of one of the key's companies: the body names no company beside it. One that was merged stands
    for its successor in what is new."""
    rows = Customer.objects.filter(company__in=request.auth.company_ids, public_id=id)
    return stands_for(_named(rows.select_related("company"), "customer", f"customer {id}"))


def refuse_merged(record: Customer | Item) -> None:
    """To use again what was merged: its successor stands for it."""
    if record.active and record.merged_into is not None:
        words = (
            f"It was merged into {record.merged_into}, which stands for it. Take that back first."
        )
        refuse("active", words)


def source_of(request: Request, **ids: UUID | None) -> Payment | CreditNote:
    """The payment or the credit note, of those that are named: exactly one."""
    named = {kind: id for kind, id in ids.items() if id is not None}
    if len(named) != 1:
        refuse("payment", "Name a payment or a credit note, one of both.")
    [(kind, id)] = named.items()
    rows = rows_of(kind).filter(company__in=request.auth.company_ids, public_id=id)
    source: Payment | CreditNote | None = rows.first()
    if source is None:
        refuse(kind, f"There is no such {kind.replace('_', ' ')}.")
    return source


def refuse(field: str, words: str) -> NoReturn:
    raise Problem("invalid", words, errors=[(field, words)])


def _named(rows: "QuerySet[Record]", field: str, what: str) -> Record:
    record = rows.first()
    if record is None:
        refuse(field, f"There is no {what} in this company.")
    return record
