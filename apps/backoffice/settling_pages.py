"""Guided pages that set money off: receive a payment, apply what is left of one or of a credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Day
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

    def __init__(
        self, *args: Any, customer: Customer, credits: Sequence[CreditNote | Payment], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.credits = credits
        for credit in credits:
            words = f"Use {_credit_words(credit)}"
            tick = forms.CheckboxInput(
                attrs={"data-credit": f"{_left(credit).normalize():f}", "aria-label": words}
            )
            self.fields[_credit_field(credit)] = forms.BooleanField(
                required=False, label=words, widget=tick
            )
        self.fields["date"].initial = customer.company.today()
        methods: Any = self.fields["method"]
        methods.queryset = PaymentMethod.objects.filter(
            company=customer.company, currency=customer.currency, active=True
        )

    def heads(self) -> list[Any]:
        return [self[name] for name in ("amount", "date", "method", "reference", "memo")]

    def credit_rows(self) -> list[tuple[Any, str, Day, Decimal, str]]:
        """(tick box, words, date, what is open of it, address) of each open credit."""
        return [
            (
                self[_credit_field(each)],
                _credit_words(each),
                _dated(each),
                _left(each),
                reverse(f"admin:billing_{each._meta.model_name}_change", args=[each.pk]),
            )
            for each in self.credits
        ]

    def ticked(self) -> list[CreditNote | Payment]:
        return [each for each in self.credits if self.cleaned_data[_credit_field(each)]]


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


def open_credits(customer: Customer) -> list[CreditNote | Payment]:
    """Credit notes and money on account, oldest first: what can be used with new money."""
    notes = CreditNote.objects.filter(customer=customer, status="issued", open_credit__gt=0)
    rest = Payment.objects.filter(customer=customer, status="received", on_account__gt=0)
    return sorted([*notes, *rest], key=lambda each: (_dated(each), each.pk))


def _dated(credit: CreditNote | Payment) -> Day:
    return credit.date if isinstance(credit, Payment) else credit.issue_date


def _left(credit: CreditNote | Payment) -> Decimal:
    return credit.on_account if isinstance(credit, Payment) else credit.open_credit


def _credit_field(credit: CreditNote | Payment) -> str:
    return f"credit_{credit._meta.model_name}_{credit.pk}"


def _credit_words(credit: CreditNote | Payment) -> str:
    if isinstance(credit, Payment):
        return f"money on account, {credit.reference}" if credit.reference else "money on account"
    return f"credit note {credit}"


def receive_page(
    screen: "RecordAdmin", request: HttpRequest, customer: Customer, first: Invoice | None = None
) -> HttpResponse:
    """Receive payment at the customer: amount, date, method, and what it pays."""
    invoices = open_invoices(customer)
    initial = (
        {"amount": _plain(first), "how": CHOSEN, f"part_{first.pk}": _plain(first)} if first else {}
    )
    posted = request.POST if request.method == "POST" else None
    form = ReceiveForm(
        posted,
        customer=customer,
        invoices=invoices,
        credits=open_credits(customer),
        initial=initial,
    )
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
        credits=[] if answers["how"] == ON_ACCOUNT else form.ticked(),
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
    dated: Day

    @classmethod
    def of(cls, record: Payment | CreditNote) -> "Source":
        return cls(record=record, left=_left(record), dated=_dated(record))


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
