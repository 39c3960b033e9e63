"""Records that tests begin with, made as the product makes them: through saves and acts."""

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.actions import credit_invoice, issue, receive_payment
from apps.billing.models import (
    Company,
    CreditNote,
    CreditNoteLine,
    Customer,
    ExchangeRate,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    PaymentMethod,
    PaymentTerm,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.billing.sums.totals import work_out

_count = itertools.count(1)

Figure = Decimal | int | str
# A line: (item or description, quantity, unit price[, tax rate[, fields]]).
LineOf = (
    tuple[Item | str, Figure, Figure]
    | tuple[Item | str, Figure, Figure, TaxRate | None]
    | tuple[Item | str, Figure, Figure, TaxRate | None, dict[str, Any]]
)


def make_company(**fields: Any) -> Company:
    defaults = {"legal_name": f"Thornfield Trading {next(_count)} Ltd", "home_currency": "GBP"}
    return Company.objects.create(**{**defaults, **fields})


def make_customer(company: Company | None = None, **fields: Any) -> Customer:
    company = company or make_company()
    defaults = {"name": f"Bell & Daughters {next(_count)}", "currency": company.home_currency}
    return Customer.objects.create(company=company, **{**defaults, **fields})


def make_item(company: Company | None = None, **fields: Any) -> Item:
    number = next(_count)
    defaults = {"code": f"SKU-{number}", "name": f"Lantern {number}", "unit_price": Decimal(10)}
    return Item.objects.create(company=company or make_company(), **{**defaults, **fields})


def make_term(company: Company, **fields: Any) -> PaymentTerm:
    defaults = {"name": f"30 days ({next(_count)})", "due_days": 30}
    return PaymentTerm.objects.create(company=company, **{**defaults, **fields})


def make_method(company: Company, **fields: Any) -> PaymentMethod:
    defaults = {"name": f"Bank transfer {next(_count)}", "currency": company.home_currency}
    return PaymentMethod.objects.create(company=company, **{**defaults, **fields})


def make_tax_rate(company: Company, *percents: Figure, **fields: Any) -> TaxRate:
    """A rate of these components (20 % unless given), each owed to an agency of its own."""
    number = next(_count)
    defaults = {"code": f"S{number}", "name": f"Standard {number}", "country": "GB"}
    rate = TaxRate.objects.create(company=company, **{**defaults, **fields})
    for position, percent in enumerate(percents or (20,), start=1):
        agency = TaxAgency.objects.create(company=company, name=f"Revenue {number}-{position}")
        TaxComponent.objects.create(
            rate=rate,
            agency=agency,
            name=f"{rate.code} part {position}",
            percent=Decimal(percent),
            position=position,
        )
    return rate


def make_exchange_rate(
    company: Company, currency: str, rate: Figure, on: date = date(2026, 3, 1), **fields: Any
) -> ExchangeRate:
    """Home currency per unit of `currency`, from the ECB on 1 March 2026 unless told otherwise."""
    return ExchangeRate.objects.create(
        company=company,
        currency=currency,
        date=on,
        rate=Decimal(rate),
        **{"source": "ECB", **fields},
    )


def make_invoice(
    *,
    issued: bool = True,
    lines: Sequence[LineOf] | None = None,
    customer: Customer | None = None,
    company: Company | None = None,
    on_number: str | None = None,
    **fields: Any,
) -> Invoice:
    """An invoice over 100.00 of one item unless `lines` say otherwise, dated 2 March 2026."""
    customer = customer or make_customer(company)
    lines = [(make_item(customer.company), 10, 10)] if lines is None else lines
    invoice = _draft(Invoice, customer, lines, fields)
    if issued:
        issue(invoice, on_number=on_number)
        invoice.refresh_from_db()
    return invoice


def make_credit_note(
    *,
    issued: bool = True,
    invoice: Invoice | None = None,
    lines: Sequence[LineOf] | None = None,
    customer: Customer | None = None,
    company: Company | None = None,
    **fields: Any,
) -> CreditNote:
    """A credit note that mirrors `invoice`, or one of its own over 100.00, dated 9 March 2026."""
    fields = {"issue_date": date(2026, 3, 9), **fields}
    if invoice is not None and lines is None:
        note = credit_invoice(invoice, reason="Sent back", on=fields["issue_date"])
    else:
        customer = customer or (invoice.customer if invoice else make_customer(company))
        lines = [(make_item(customer.company), 10, 10)] if lines is None else lines
        own = {"invoice": invoice, "reason": "Agreed with the customer"}
        note = _draft(CreditNote, customer, lines, {**own, **fields})
    if issued:
        issue(note)
        note.refresh_from_db()
    return note


def make_paid_credit_note(company: Company | None = None, **fields: Any) -> CreditNote:
    """A credit note over the whole of an invoice of 100.00 that was paid: it may be paid out."""
    invoice = make_invoice(company=company, **fields)
    make_payment(invoice=invoice, date=date(2026, 3, 9))
    return make_credit_note(invoice=invoice)


def make_payment(
    *,
    invoice: Invoice | None = None,
    customer: Customer | None = None,
    company: Company | None = None,
    amount: Decimal | int | str | None = None,
    **fields: Any,
) -> Payment:
    """Money of 16 March 2026: the balance due of `invoice`, set against it, or 100.00 on account."""
    fields = {"date": date(2026, 3, 16), **fields}
    if invoice is None:
        customer = customer or make_customer(company)
        return receive_payment(customer=customer, amount=Decimal(amount or 100), **fields)
    amount = invoice.balance_due if amount is None else Decimal(amount)
    applied = min(amount, invoice.balance_due)
    return receive_payment(
        customer=invoice.customer, amount=amount, apply=[(invoice, applied)], **fields
    )


def _draft(model: type[Any], customer: Customer, lines: Sequence[LineOf], fields: Any) -> Any:
    defaults = {"issue_date": date(2026, 3, 2), "currency": customer.currency}
    document = model(company=customer.company, customer=customer, **{**defaults, **fields})
    document.save()
    line_model = InvoiceLine if model is Invoice else CreditNoteLine
    for position, (what, quantity, unit_price, *more) in enumerate(lines, start=1):
        line_model.objects.create(
            document=document,
            position=position,
            item=what if isinstance(what, Item) else None,
            description="" if isinstance(what, Item) else what,
            quantity=Decimal(quantity),
            unit_price=Decimal(unit_price),
            tax_rate=more[0] if more else None,
            **(more[1] if len(more) > 1 else {}),
        )
    work_out(document)
    return document
