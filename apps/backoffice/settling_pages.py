"""Guided pages that set money off: receive a payment, apply what is left of one or of a credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.formatting import amount_text
from apps.billing import actions
from apps.billing.models import CreditNote, Customer, Invoice, Payment, PaymentMethod
from apps.core.money import ZERO, minor_unit

if TYPE_CHECKING:
    from apps.backoffice.admin_base import RecordAdmin

CHOSEN, OLDEST_FIRST, ON_ACCOUNT = "chosen", "oldest", "account"


def _day_input() -> forms.DateInput:
    widget = forms.DateInput(format="%Y-%m-%d")
    widget.input_type = "date"
    return widget


class PartsForm(forms.Form):
    """An amount per open invoice; an empty one takes no part."""

    def __init__(self, *args: Any, invoices: Sequence[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoices = invoices
        for invoice in invoices:
            self.fields[f"part_{invoice.pk}"] = forms.DecimalField(
                required=False,
                min_value=ZERO,
                max_digits=19,
                decimal_places=4,
                label=f"Amount for {invoice}",
                widget=forms.TextInput(
                    attrs={
                        "class": "t-money",
                        "inputmode": "decimal",
                        "autocomplete": "off",
                        "data-due": f"{invoice.balance_due.normalize():f}",
                        "aria-label": f"Amount for {invoice}",
                    }
                ),
            )

    def rows(self) -> list[tuple[Invoice, Any]]:
        return [(invoice, self[f"part_{invoice.pk}"]) for invoice in self.invoices]

    def parts(self) -> list[tuple[Invoice, Decimal]]:
        amounts = [(each, self.cleaned_data[f"part_{each.pk}"]) for each in self.invoices]
        return [(invoice, amount) for invoice, amount in amounts if amount]


class ReceiveForm(PartsForm):
    amount = forms.DecimalField(
        max_digits=19,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    date = forms.DateField(label="Date on the bank statement", widget=_day_input())
    method = forms.ModelChoiceField(
        PaymentMethod.objects.none(), required=False, label="Payment method", empty_label="Not said"
    )
    reference = forms.CharField(
        max_length=21, required=False, help_text="Cheque or transfer number."
    )
    memo = forms.CharField(max_length=400, required=False)
    how = forms.ChoiceField(
        label="Set it against",
        choices=[
            (OLDEST_FIRST, "The oldest invoices first"),
            (CHOSEN, "The invoices that I tick"),
            (ON_ACCOUNT, "Nothing yet: keep it on account"),
        ],
        widget=forms.RadioSelect,
        initial=OLDEST_FIRST,
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["date"].initial = customer.company.today()
        methods: Any = self.fields["method"]
        methods.queryset = PaymentMethod.objects.filter(
            company=customer.company, currency=customer.currency, active=True
        )

    def heads(self) -> list[Any]:
        return [self[name] for name in ("amount", "date", "method", "reference", "memo")]


class ApplyForm(PartsForm):
    on = forms.DateField(label="Date of the application", widget=_day_input())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.parts():
            raise ValidationError("Type an amount beside at least one invoice.")
        return cleaned


def open_invoices(customer: Customer) -> list[Invoice]:
    """Oldest first, as money is set off."""
    rows = Invoice.objects.filter(customer=customer, status="issued", balance_due__gt=0)
    return list(rows.order_by("due_date", "issue_date", "id"))


def receive_page(
    screen: "RecordAdmin", request: HttpRequest, customer: Customer, first: Invoice | None = None
) -> HttpResponse:
    """Receive payment at the customer: amount, date, method, and what it pays."""
    invoices = open_invoices(customer)
    initial = (
        {"amount": _plain(first), "how": CHOSEN, f"part_{first.pk}": _plain(first)} if first else {}
    )
    posted = request.POST if request.method == "POST" else None
    form = ReceiveForm(posted, customer=customer, invoices=invoices, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            payment = _receive(customer, form)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, _received(payment))
            return HttpResponseRedirect(reverse("admin:billing_payment_change", args=[payment.pk]))
    back = first or customer
    return _page(
        screen,
        request,
        "backoffice/receive.html",
        title=f"Receive payment: {customer}",
        step="Receive payment",
        form=form,
        customer=customer,
        currency=customer.currency,
        available=None,
        back=reverse(f"admin:billing_{back._meta.model_name}_change", args=[back.pk]),
        original=back,
    )


def _receive(customer: Customer, form: ReceiveForm) -> Payment:
    answers = form.cleaned_data
    return actions.receive_payment(
        customer=customer,
        amount=answers["amount"],
        date=answers["date"],
        method=answers["method"],
        reference=answers["reference"],
        memo=answers["memo"],
        apply=form.parts() if answers["how"] == CHOSEN else (),
        oldest_first=answers["how"] == OLDEST_FIRST,
    )


def _received(payment: Payment) -> str:
    rest = amount_text(payment.on_account, payment.currency)
    left = f" {rest} {payment.currency} is on account." if payment.on_account else ""
    return f"{amount_text(payment.amount, payment.currency)} {payment.currency} received.{left}"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is left of a payment or a credit note, to be set against invoices."""

    record: Payment | CreditNote
    left: Decimal
    dated: date

    @classmethod
    def of(cls, record: Payment | CreditNote) -> "Source":
        if isinstance(record, Payment):
            return cls(record=record, left=record.on_account, dated=record.date)
        return cls(record=record, left=record.open_credit, dated=record.issue_date)


def apply_page(
    screen: "RecordAdmin", request: HttpRequest, record: Payment | CreditNote
) -> HttpResponse:
    """Apply what is left of a payment or credit note to open invoices of its customer."""
    source = Source.of(record)
    invoices = open_invoices(record.customer)
    initial: dict[str, Any] = {"on": max(record.company.today(), source.dated)}
    if isinstance(record, CreditNote) and record.invoice_id:
        mirrored = next((each for each in invoices if each.pk == record.invoice_id), None)
        if mirrored:
            initial[f"part_{mirrored.pk}"] = f"{min(mirrored.balance_due, source.left):f}"
    posted = request.POST if request.method == "POST" else None
    form = ApplyForm(posted, invoices=invoices, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                for invoice, amount in form.parts():
                    actions.allocate(record, invoice, amount, on=form.cleaned_data["on"])
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, "Applied.")
            return HttpResponseRedirect(screen.page("change", record.pk))
    return _page(
        screen,
        request,
        "backoffice/apply.html",
        title=f"Apply {record}",
        step="Apply",
        form=form,
        customer=record.customer,
        currency=record.currency,
        available=source.left,
        back=screen.page("change", record.pk),
        original=record,
    )


def _plain(invoice: Invoice) -> str:
    return f"{invoice.balance_due.quantize(minor_unit(invoice.currency)):f}"


def _page(
    screen: "RecordAdmin", request: HttpRequest, template: str, **context: Any
) -> TemplateResponse:
    return TemplateResponse(
        request,
        template,
        {
            **screen.admin_site.each_context(request),
            "opts": screen.opts,
            "trail": screen.trail(context["step"], record=context["original"]),
            "decimals": -int(minor_unit(context["currency"]).as_tuple().exponent),
            **context,
        },
    )
