"""What the pages that set money off share: open invoices, open credits, an amount for each."""

from collections.abc import Sequence
from datetime import date as Day
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.asking import Asking
from apps.backoffice.frame.figure_field import FigureField
from apps.billing.models import CreditNote, Customer, Invoice, Payment
from apps.billing.rules.families import with_those_below
from apps.core.money import ZERO, minor_unit


def amount_input(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **attributes})


class PartsForm(Asking, forms.Form):
    """An amount per open invoice; an empty one takes no part."""

    def __init__(self, *args: Any, invoices: Sequence[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoices = invoices
        for invoice in invoices:
            self.fields[f"part_{invoice.pk}"] = FigureField(
                required=False,
                min_value=ZERO,
                max_digits=19,
                decimal_places=4,
                label=f"Amount for {invoice}",
                widget=amount_input(
                    **{
                        "class": "t-money",
                        "data-due": f"{invoice.balance_due.normalize():f}",
                        "data-invoice": str(invoice.pk),
                        "aria-label": f"Amount for {invoice}",
                    }
                ),
            )

    def rows(self) -> list[tuple[Invoice, Any]]:
        return [(invoice, self[f"part_{invoice.pk}"]) for invoice in self.invoices]

    def parts(self) -> list[tuple[Invoice, Decimal]]:
        amounts = [(each, self.cleaned_data[f"part_{each.pk}"]) for each in self.invoices]
        return [(invoice, amount) for invoice, amount in amounts if amount]


def open_invoices(customer: Customer, *, below: bool) -> list[Invoice]:
    """Oldest first, as money is set off; `below`: also those of its sub-customers, whom it pays for."""
    whose = with_those_below(customer) if below else [customer.pk]
    rows = Invoice.objects.filter(customer__in=whose, status="issued", balance_due__gt=0)
    return list(rows.select_related("customer").order_by("due_date", "issue_date", "id"))


def open_credits(customer: Customer) -> list[CreditNote | Payment]:
    """Credit notes and money on account, oldest first: what can be used with new money."""
    notes = CreditNote.objects.filter(customer=customer, status="issued", open_credit__gt=0)
    rest = Payment.objects.filter(customer=customer, status="received", on_account__gt=0)
    return sorted([*notes, *rest], key=lambda each: (dated_of(each), each.pk))


def dated_of(credit: CreditNote | Payment) -> Day:
    return credit.date if isinstance(credit, Payment) else credit.issue_date


def left_of(record: Invoice | CreditNote | Payment) -> Decimal:
    """What is still open of it."""
    if isinstance(record, Payment):
        return record.on_account
    return record.balance_due if isinstance(record, Invoice) else record.open_credit


def credit_field(credit: CreditNote | Payment) -> str:
    return f"credit_{credit._meta.model_name}_{credit.pk}"


def credit_words(credit: CreditNote | Payment) -> str:
    if isinstance(credit, Payment):
        return f"money on account, {credit.reference}" if credit.reference else "money on account"
    return f"credit note {credit}"


def due_text(invoice: Invoice) -> str:
    """Its balance due as it stands in a field: “1234.50”."""
    return plain(invoice.balance_due, invoice.currency)


def plain(amount: Decimal, currency: str) -> str:
    """An amount as it stands in a field: “1234.50”."""
    return f"{amount.quantize(minor_unit(currency)):f}"


def settling_page(
    screen: Screen, request: HttpRequest, template: str, **context: Any
) -> TemplateResponse:
    form, customer = context["form"], context["customer"]
    return TemplateResponse(
        request,
        template,
        {
            **screen.admin_site.each_context(request),
            "opts": screen.opts,
            "below": any(each.customer_id != customer.pk for each in form.invoices),
            "trail": screen.trail(context["step"], record=context["original"]),
            "decimals": -int(minor_unit(context["currency"]).as_tuple().exponent),
            **context,
        },
    )
