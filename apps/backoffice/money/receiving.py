"""Receive payment: money arrives at a customer and is set against what they owe."""

from collections.abc import Iterator, Sequence
from datetime import date as Day
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.performing import SHOW
from apps.backoffice.ledgers.mapping import no_accounts
from apps.backoffice.ledgers.rehearsal import will_book
from apps.backoffice.money import doubles
from apps.backoffice.money.deduction_rows import Deductions, deductions_of
from apps.backoffice.money.forms import fee_words
from apps.backoffice.money.settling_parts import (
    PartsForm,
    amount_input,
    credit_field,
    credit_words,
    dated_of,
    due_text,
    left_of,
    open_credits,
    open_invoices,
    settling_page,
)
from apps.billing import actions
from apps.billing.models import (
    AccountRole,
    CreditNote,
    Customer,
    Invoice,
    Payment,
    PaymentMethod,
)
from apps.billing.rules.days import Sense
from apps.billing.sums.exchange_rates import rate_for
from apps.core.money import ZERO
from apps.staff.acts import ActName
from apps.sync.assemble.foretelling import books_of

NEEDED = "Says which account the money lies in. Without it the payment is not sent."
CHOSEN, OLDEST_FIRST, ON_ACCOUNT = "chosen", "oldest", "account"


class MethodField(forms.ModelChoiceField):
    def label_from_instance(self, method: PaymentMethod) -> str:
        return f"{method} ({method.currency})"


class CurrencyForm(PartsForm):
    """What a foreign payment came to: at a rate, or as the bank took it in home currency."""

    exchange_rate = FigureField(
        label="Exchange rate",
        required=False,
        min_value=ZERO,
        max_digits=20,
        decimal_places=10,
        widget=amount_input(),
    )
    bank_amount = FigureField(
        label="Amount on the bank",
        required=False,
        min_value=ZERO,
        max_digits=19,
        decimal_places=4,
        widget=amount_input(),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = self.customer = customer
        self.home = home = customer.company.home_currency
        self.foreign = customer.currency != home
        if not self.foreign:
            del self.fields["exchange_rate"], self.fields["bank_amount"]
            return
        rate, bank = self.fields["exchange_rate"], self.fields["bank_amount"]
        rate.label = f"Exchange rate: {home} per {customer.currency}"
        bank.label = f"Amount on the bank in {home}"
        bank.help_text = "Where the bank exchanged it. The rate then follows from both amounts."
        listed = rate_for(customer.company, customer.currency, customer.company.today())
        rate.help_text = (
            f"Empty: the listed rate, now {listed.rate.normalize():f} ({listed.source}, "
            f"{listed.date:%d %b %Y})."
            if listed
            else f"No rate of {customer.currency} is listed yet: type one, or the amount on the bank."
        )

    def currency_heads(self) -> list[Any]:
        return [self["exchange_rate"], self["bank_amount"]] if self.foreign else []

    def currency_answers(self) -> dict[str, Any]:
        if not self.foreign:
            return {}
        on_bank = self.cleaned_data["bank_amount"]
        return {
            "exchange_rate": self.cleaned_data["exchange_rate"] or None,
            "bank_amount": on_bank or None,
            "bank_currency": self.home if on_bank else "",
        }


class ReceiveForm(CurrencyForm):
    amount = FigureField(
        max_digits=19,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        widget=amount_input(),
    )
    date = DayField(label="Date on the bank statement", sense=Sense.MONEY)
    method = MethodField(
        PaymentMethod.objects.none(), required=False, label="Payment method", empty_label="Not said"
    )
    reference = forms.CharField(
        max_length=21, required=False, help_text="Cheque or transfer number."
    )
    payout_reference = forms.CharField(
        label="Payout",
        max_length=60,
        required=False,
        help_text="The processor's payout it reaches the bank with.",
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
    rest_is = forms.ChoiceField(
        label="What is left over is",
        choices=[
            (Payment.OnAccount.OVERPAYMENT, "An overpayment: it waits for the next invoices"),
            (
                Payment.OnAccount.PREPAYMENT,
                "A retainer: paid in advance, owed to the customer until an invoice uses it",
            ),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=Payment.OnAccount.OVERPAYMENT,
    )

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        credits: Sequence[CreditNote | Payment],
        retainers: bool,
        kept: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        self.kept = kept
        if not retainers:
            del self.fields["rest_is"]
        self.credits = credits
        for credit in credits:
            words = f"Use {credit_words(credit)}"
            tick = forms.CheckboxInput(
                attrs={"data-credit": f"{left_of(credit).normalize():f}", "aria-label": words}
            )
            self.fields[credit_field(credit)] = forms.BooleanField(
                required=False, label=words, widget=tick
            )
        self.fields["date"].initial = customer.company.today()
        methods: Any = self.fields["method"]
        methods.queryset = PaymentMethod.objects.filter(
            company=customer.company,
            currency__in=[customer.currency, customer.company.home_currency],
            active=True,
        )
        offered = list(methods.queryset)
        methods.initial = _usual_method(customer, offered)
        needed = _needs_a_method(customer)
        methods.help_text = NEEDED if needed else "Says how the money came."
        if needed and not offered:
            methods.help_text = f"{NEEDED} None is set up yet: add one under “Payment methods”."
        if needed and offered:
            methods.required = True
            methods.empty_label = "Choose"
            methods.error_messages["required"] = (
                "Say how the money came: it tells which account it lies in."
            )

    def heads(self) -> list[Any]:
        names = ("amount", "date", "method", "reference", "payout_reference", "memo")
        return [self[name] for name in names]

    def credit_rows(self) -> list[tuple[Any, str, Day, Decimal, str]]:
        """(tick box, words, date, what is open of it, address) of each open credit."""
        return [
            (
                self[credit_field(each)],
                credit_words(each),
                dated_of(each),
                left_of(each),
                reverse(f"admin:billing_{each._meta.model_name}_change", args=[each.pk]),
            )
            for each in self.credits
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors or cleaned.get("how") != CHOSEN:
            return cleaned
        there = cleaned["amount"] + sum((left_of(each) for each in self.ticked()), ZERO)
        wanted = sum((amount for _, amount in self.parts()), ZERO)
        if wanted > there:
            currency = self.customer.currency
            raise ValidationError(
                f"{amount_text(wanted, currency)} {currency} is set against invoices, and only "
                f"{amount_text(there, currency)} {currency} is there. Lower an amount beside an "
                "invoice; what the customer kept is typed as a deduction and needs no money."
            )
        return cleaned

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers = self.cleaned_data
        yield from doubles.payment(
            self.customer, answers["amount"], answers["date"], answers["reference"]
        )
        for each in deductions_of(self.kept):
            yield from fee_words("charge", each.amount, each.tax_rate, self.customer.currency)

    def ticked(self) -> list[CreditNote | Payment]:
        return [each for each in self.credits if self.cleaned_data[credit_field(each)]]


def _needs_a_method(customer: Customer) -> bool:
    """Whether the payment goes to books that ask in which account it lies."""
    return any(not no_accounts(each) for each in books_of(customer.company_id))


def _usual_method(customer: Customer, offered: Sequence[PaymentMethod]) -> PaymentMethod | None:
    """How this customer paid last; else the only method there is."""
    if len(offered) == 1:
        return offered[0]
    paid = Payment.objects.filter(customer=customer, method__in=offered).order_by("-date", "-pk")
    last = paid.select_related("method").first()
    return last.method if last else None


def receive_page(
    screen: Screen, request: HttpRequest, customer: Customer, first: Invoice | None = None
) -> HttpResponse:
    """Receive payment at the customer: amount, date, method, what it pays and what was kept."""
    invoices = open_invoices(customer, below=True)
    initial = (
        {"amount": due_text(first), "how": CHOSEN, f"part_{first.pk}": due_text(first)}
        if first
        else {}
    )
    posted = request.POST if request.method == "POST" else None
    # A page that was sent without the rows of deductions has none.
    rows = posted if posted is not None and "deductions-TOTAL_FORMS" in posted else None
    given = {"company": customer.company, "invoices": invoices}
    kept = Deductions(rows, prefix="deductions", form_kwargs=given)
    form = ReceiveForm(
        posted,
        customer=customer,
        invoices=invoices,
        credits=open_credits(customer),
        retainers=permissions.may(request, ActName.HOLD_RETAINER),
        kept=kept,
        initial=initial,
    )
    told, payment = SafeString(""), None
    if posted is not None and form.is_valid() and (rows is None or kept.is_valid()):
        deductions = deductions_of(kept)
        try:
            _refuse_deductions(request, deductions)
            if SHOW in posted:
                told = will_book(request, customer, _receive, customer, form, deductions)
            else:
                payment = _receive(customer, form, deductions)
        except actions.NeedsApproval as above:
            form.add_error(None, [*above.messages, ASK_APART])
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        if payment is not None:
            messages.success(request, _received(payment))
            return HttpResponseRedirect(reverse("admin:billing_payment_change", args=[payment.pk]))
    back = first or customer
    return settling_page(
        screen,
        request,
        "backoffice/money/receive.html",
        title=f"Receive payment: {customer}",
        step="Receive payment",
        form=form,
        kept=kept,
        told=told,
        customer=customer,
        currency=customer.currency,
        available=None,
        back=reverse(f"admin:billing_{back._meta.model_name}_change", args=[back.pk]),
        original=back,
    )


ASK_APART = (
    "Receive the money without this deduction, then take it off on the invoice's own page: a "
    "second person is asked there, and the money is not held up."
)


def _refuse_deductions(request: HttpRequest, deductions: Sequence[actions.Deducted]) -> None:
    """The acts are others than receiving: whoever may not do them does not do them here."""
    for each in deductions:
        bad_debt = each.role == AccountRole.BAD_DEBT
        needed = ActName.WRITE_OFF if bad_debt else ActName.DEDUCT
        if not permissions.may(request, needed):
            raise ValidationError("You may receive payments, but take nothing off an invoice.")


def _receive(
    customer: Customer, form: ReceiveForm, deductions: Sequence[actions.Deducted]
) -> Payment:
    answers = form.cleaned_data
    rest_is = answers.get("rest_is") or Payment.OnAccount.OVERPAYMENT
    with transaction.atomic():
        payment = actions.receive_payment(
            customer=customer,
            amount=answers["amount"],
            date=answers["date"],
            method=answers["method"],
            reference=answers["reference"],
            payout_reference=answers["payout_reference"],
            memo=answers["memo"],
            apply=form.parts() if answers["how"] == CHOSEN else (),
            oldest_first=answers["how"] == OLDEST_FIRST,
            credits=[] if answers["how"] == ON_ACCOUNT else form.ticked(),
            rest_is=rest_is,
            deductions=deductions,
            **form.currency_answers(),
        )
        if rest_is == Payment.OnAccount.PREPAYMENT and payment.on_account > 0:
            actions.hold_as_retainer(payment, amount=payment.on_account, on=payment.date)
            payment.refresh_from_db()
    return payment


def _received(payment: Payment) -> str:
    rest = amount_text(payment.on_account, payment.currency)
    left = f" {rest} {payment.currency} is on account." if payment.on_account else ""
    return f"{amount_text(payment.amount, payment.currency)} {payment.currency} received.{left}"
