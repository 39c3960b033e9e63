"""The buttons on bad debts: written off with or without their tax, undone, recovered after all."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.days import spelled
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.reasons import DatedReasonForm
from apps.backoffice.ledgers.rehearsal import will_book
from apps.backoffice.money import doubles
from apps.backoffice.money.forms import AmountForm
from apps.billing import actions
from apps.billing.acts.relief_drafts import left_of_relief
from apps.billing.models import AccountRole, CreditNote, Invoice, Payment
from apps.billing.rules.families import payers_of
from apps.staff.acts import ActName


class WriteOffForm(AmountForm):
    """What it would come to is shown, and ticked, before it is done."""

    relief = forms.BooleanField(required=False, label="Take its tax back from the tax office")
    field_order = ["amount", "relief", "on", "reason"]
    shown: actions.Relief | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.record.tax:
            del self.fields["relief"]
            return
        first = actions.relieved_from(self.record, self.record.company)
        when = (
            "if the law of its country relieves it"
            if first is None
            else f"from {spelled(first)}, {self.record.company.months_to_relief} months after it "
            "was due"
        )
        self.fields["relief"].help_text = (
            f"The loss is then booked without the tax. Possible {when}. Without it the whole amount "
            "is a loss, and the tax stays owed."
        )

    def posts_to(self) -> str:
        return AccountRole.BAD_DEBT

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("relief") and not self.errors:
            try:
                self.shown = actions.relief_of(self.record, cleaned["amount"], cleaned["on"])
            except ValidationError as refusal:
                self.add_error(None, refusal.messages)
        return cleaned

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        if self.shown is None:
            return
        answers, invoice = self.cleaned_data, self.record
        yield from doubles.relief(invoice, answers["amount"], answers["on"])
        yield _parts(
            self.shown, answers["amount"], invoice.currency, "is a loss", "is taken back as tax"
        )
        if actions.relieved_from(invoice, invoice.company) is None:
            yield (
                f"Tieout does not know when the law relieves the tax of a bad debt of "
                f"{invoice.company}. Yes, it does on {spelled(answers['on'])}."
            )


class RecoverForm(AmountForm):
    payment = forms.ModelChoiceField(
        Payment.objects.none(),
        label="Money on account",
        help_text="Receive the payment first, and leave it on account.",
    )
    field_order = ["payment", "amount", "on", "reason"]
    shown: actions.Relief | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(Any, self.fields["payment"]).queryset = Payment.objects.filter(
            customer__in=payers_of(self.record.customer),
            currency=self.record.currency,
            status=Payment.Status.RECEIVED,
            on_account__gt=0,
        )

    def offered(self) -> Decimal | None:
        return None  # what came is a part, and which one only the person knows

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.shown = actions.recovery_of(self.record, cleaned["amount"], cleaned["on"])
            except ValidationError as refusal:
                self.add_error(None, refusal.messages)
        return cleaned

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        answers = self.cleaned_data
        yield from doubles.recovery(self.record, answers["amount"], answers["on"])
        if self.shown is not None:
            yield _parts(
                self.shown,
                answers["amount"],
                self.record.currency,
                "lowers the loss",
                "is owed as tax again",
            )


def _parts(found: actions.Relief, amount: Decimal, currency: str, loss: str, tax: str) -> str:
    """“Of 900.00 GBP, 750.00 is a loss and 150.00 is taken back as tax (S20 150.00). Yes, …”"""
    rates = ", ".join(f"{code} {amount_text(each, currency)}" for code, each in found.taxes)
    return (
        f"Of {amount_text(amount, currency)} {currency}, {amount_text(found.net, currency)} {loss} "
        f"and {amount_text(found.tax, currency)} {tax} ({rates}). Yes, that is meant."
    )


# --- what may be done when -----------------------------------------------------------------------


def is_open(invoice: Invoice) -> bool:
    return invoice.is_open


def is_relief(note: CreditNote) -> bool:
    return note.is_issued and note.relieves_id is not None


def can_recover(note: CreditNote) -> bool:
    return is_relief(note) and left_of_relief(note) > 0


def can_undo(note: CreditNote) -> bool:
    return is_relief(note) and left_of_relief(note) == note.total


# --- what the buttons do -------------------------------------------------------------------------


def _write_off(
    request: HttpRequest, invoice: Invoice, answers: dict[str, Any]
) -> str | HttpResponse:
    told = {name: answers[name] for name in ("amount", "on", "reason")}
    written = f"{amount_text(answers['amount'], invoice.currency)} {invoice.currency} of {invoice}"
    if not answers.get("relief"):
        actions.write_off(invoice, **told)
        return f"{written} written off as a bad debt."
    # Where the law is not known, its question was ticked: the form asks it before it comes here.
    unknown = actions.relieved_from(invoice, invoice.company) is None
    note = actions.write_off_with_relief(invoice, **told, lawful=unknown)
    tax = f"{amount_text(note.tax, note.currency)} {note.currency}"
    return f"{written} written off by {note}, and {tax} of tax taken back."


def _recover(request: HttpRequest, note: CreditNote, answers: dict[str, Any]) -> HttpResponse:
    owed = actions.recover(
        answers["payment"],
        note=note,
        amount=answers["amount"],
        on=answers["on"],
        reason=answers["reason"],
    )
    return HttpResponseRedirect(reverse("admin:billing_invoice_change", args=[owed.pk]))


def _undo(request: HttpRequest, note: CreditNote, answers: dict[str, Any]) -> str:
    actions.void(note, reason=answers["reason"], on=answers["on"])
    return f"{note} is void: what it wrote off is due again, and its tax owed."


# --- the buttons ---------------------------------------------------------------------------------

WRITE_OFF = ButtonAct(
    name="write-off",
    words="Write off",
    permission=ActName.WRITE_OFF,
    when=is_open,
    do=_write_off,
    asks=WriteOffForm,
    danger=True,
    means="A bad debt: nobody expects this money any more. It is booked as a loss.",
    rehearses=will_book,
)
RECOVER = ButtonAct(
    name="recover",
    words="Recovered after all",
    permission=ActName.DEDUCT,
    when=can_recover,
    do=_recover,
    asks=RecoverForm,
    means=(
        "Money came for what was written off. The loss falls, and the tax that was taken back is "
        "owed again in that proportion."
    ),
    rehearses=will_book,
)
UNDO_RELIEF = ButtonAct(
    name="undo-write-off",
    words="Undo write-off",
    permission=ActName.VOID_CREDIT_NOTE,
    when=can_undo,
    do=_undo,
    asks=DatedReasonForm,
    danger=True,
    means=(
        "For an error, in an open month. Its invoice is due again and the tax owed; it keeps its "
        "number."
    ),
)
