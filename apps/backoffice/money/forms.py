"""What the buttons on money that is no payment ask: how much, when, by which method, why."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.figure_field import FigureField
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.reasons import DatedReasonForm
from apps.backoffice.money import doubles
from apps.backoffice.money.settling_parts import left_of, plain
from apps.billing import actions
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Invoice,
    Payment,
    PaymentMethod,
    TaxRate,
)
from apps.billing.rules.fee_tax import fee_rates, parts_of_fee
from apps.billing.rules.value import may_be_paid_out
from apps.core.money import ZERO

# What an invoice may be lowered by without money; a bad debt and a retainer have acts of their own.
DEDUCTIONS = [
    (role.value, role.label)
    for role in (
        AccountRole.BANK_CHARGE,
        AccountRole.EARLY_DISCOUNT,
        AccountRole.TAX_WITHHELD,
        AccountRole.SMALL_DIFFERENCE,
    )
]


class AmountForm(DatedReasonForm):
    """How much, when and why. `offered` is what the field starts with."""

    amount = FigureField(
        max_digits=19,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    field_order = ["amount", "on", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = self.record.currency
        self.fields["amount"].label = f"Amount ({currency})"
        offered = self.offered()
        self.fields["amount"].initial = None if offered is None else plain(offered, currency)

    def offered(self) -> Decimal | None:
        return left_of(self.record)

    def posts_to(self) -> str:
        """The account that an adjustment goes to; empty where it makes none."""
        return ""

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        role, answers = self.posts_to(), self.cleaned_data
        if role:
            of = self.record if isinstance(self.record, Invoice) else None
            customer = self.record.customer
            yield from doubles.deduction(customer, role, answers["amount"], answers["on"], of)


class DeductForm(AmountForm):
    role = forms.ChoiceField(label="What for", choices=DEDUCTIONS)
    tax_rate = forms.ModelChoiceField(
        TaxRate.objects.none(),
        label="Tax within a bank's charge",
        required=False,
        empty_label="None",
        help_text="It is booked apart from the charge, to be taken back from the tax office.",
    )
    field_order = ["role", "amount", "tax_rate", "on", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["tax_rate"]).queryset = fee_rates(self.record.company)
        if self.record.tax:
            self.fields["role"].help_text = (
                "It lowers no tax. A discount that lowers the tax too is a credit note: use "
                "“Credit this invoice”."
            )

    def posts_to(self) -> str:
        return str(self.cleaned_data["role"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("tax_rate") and cleaned.get("role") != AccountRole.BANK_CHARGE:
            self.add_error("tax_rate", "Only a bank's charge bears tax that you take back.")
        return cleaned

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers, currency = self.cleaned_data, self.record.currency
        yield from fee_words("charge", answers["amount"], answers["tax_rate"], currency)

    def offered(self) -> Decimal | None:
        # What is kept is a part, and which one only the person knows: offering the whole balance
        # would book it as a bank's charge with one careless click.
        return None


class UseRetainerForm(AmountForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]

    def posts_to(self) -> str:
        return AccountRole.RETAINER

    def offered(self) -> Decimal:
        return min(retainer(self.record), left_of(self.record))


class HoldForm(AmountForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False

    def posts_to(self) -> str:
        return AccountRole.RETAINER


class SurplusForm(AmountForm):
    def posts_to(self) -> str:
        return AccountRole.SMALL_DIFFERENCE


class FeeForm(ActForm):
    fee = FigureField(
        label="Fee of the bank on the same line",
        max_digits=19,
        decimal_places=4,
        min_value=ZERO,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="The line of the bank statement is the amount and this fee.",
    )
    fee_tax_rate = forms.ModelChoiceField(
        TaxRate.objects.none(),
        label="Tax in the fee",
        required=False,
        empty_label="None",
        help_text="It is booked apart from the fee, to be taken back from the tax office.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["fee_tax_rate"]).queryset = fee_rates(self.record.company)

    def clean_fee(self) -> Decimal:
        found: Decimal | None = self.cleaned_data["fee"]
        return found or ZERO

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("fee_tax_rate") and cleaned.get("fee") == ZERO:
            self.add_error("fee_tax_rate", "Type the fee that it is in, or leave it off.")
        return cleaned

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers, currency = self.cleaned_data, self.record.currency
        yield from fee_words("fee", answers["fee"], answers["fee_tax_rate"], currency)


class RefundForm(AmountForm, FeeForm):
    method = forms.ModelChoiceField(PaymentMethod.objects.none(), label="Paid out by")
    reference = forms.CharField(
        max_length=21, required=False, help_text="Cheque or transfer number."
    )
    field_order = ["amount", "on", "method", "reference", "fee", "fee_tax_rate", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_methods(self)
        self.fields["on"].label = "Date on the bank statement"

    def offered(self) -> Decimal | None:
        """What was received for it: never more goes out. Nothing is offered of nothing."""
        if isinstance(self.record, Adjustment):
            return actions.retainer_of(self.record.customer, self.record.currency) or None
        return may_be_paid_out(self.record) or None

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers, customer = self.cleaned_data, self.record.customer
        yield from doubles.refund(customer, answers["amount"], answers["on"], answers["reference"])


class ReturnForm(DatedReasonForm, FeeForm):
    what = forms.ChoiceField(
        label="What happened",
        choices=[
            ("returned", "Returned: a bounced cheque, a direct debit that was called back"),
            ("chargeback", "Chargeback: the card holder disputed it"),
        ],
        widget=forms.RadioSelect,
        initial="returned",
    )
    charge_back = FigureField(
        label="Of its charge the bank gives back",
        max_digits=19,
        decimal_places=4,
        min_value=ZERO,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Empty: the charge that the bank kept when the money came stays an expense.",
    )
    method = forms.ModelChoiceField(
        PaymentMethod.objects.none(), label="It went back by", empty_label=None
    )
    field_order = ["what", "on", "method", "fee", "fee_tax_rate", "charge_back", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        give_methods(self)
        self.fields["on"].label = "Date on the bank statement"
        if not self.record.deductions.filter(role=AccountRole.BANK_CHARGE, status="made").exists():
            del self.fields["charge_back"]


def fee_words(what: str, amount: Decimal, rate: TaxRate | None, currency: str) -> Iterator[str]:
    """“Of the fee of 12.00 GBP, 10.00 is the fee and 2.00 its tax at …, to be taken back. Yes, …”"""
    if rate is None:
        return
    parts = parts_of_fee(amount, rate, currency)
    yield (
        f"Of the {what} of {amount_text(amount, currency)} {currency}, "
        f"{amount_text(parts.net, currency)} is the {what} and {amount_text(parts.tax, currency)} "
        f"its tax at {rate}, to be taken back. Yes, that is meant."
    )


def give_methods(form: ActForm) -> None:
    """Offer the methods by which money of this record can go out; a payment's own first."""
    record, methods = form.record, cast(Any, form.fields["method"])
    methods.queryset = PaymentMethod.objects.filter(
        company=record.company_id,
        currency__in=[record.currency, record.company.home_currency],
        active=True,
    )
    if isinstance(record, Payment):
        methods.initial = record.method_id


def with_retainers(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """With whether a retainer was ever held of the customer, in the currency of the record."""
    held = Adjustment.objects.filter(
        customer=OuterRef("customer"), currency=OuterRef("currency"), role=AccountRole.RETAINER
    )
    return rows.annotate(retainer_held=Exists(held))


def may_hold_retainer(invoice: Invoice) -> bool:
    return bool(getattr(invoice, "retainer_held", True))


def retainer(invoice: Invoice) -> Decimal:
    return actions.retainer_of(invoice.customer, invoice.currency)


class MethodForm(ActForm):
    """How money reached us that came without a payment method."""

    method = forms.ModelChoiceField(PaymentMethod.objects.none(), label="Paid by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payment = self.record
        cast(Any, self.fields["method"]).queryset = PaymentMethod.objects.filter(
            company=payment.company_id,
            currency=payment.bank_currency or payment.currency,
            active=True,
        )
