"""Send by e-mail: what leaves is shown before, and kept with whom it went to."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from apps.backoffice.files.printing import is_printable
from apps.backoffice.files.statements import PeriodForm, print_statement
from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import SEE_INVOICES, may, person
from apps.billing.models import CreditNote, Customer, Document, Invoice, Payment
from apps.exchange.models import MailedPrint
from apps.exchange.printing.kept import is_amended, kept_print, print_now
from apps.exchange.printing.mailing import Letter, Subject, file_name, proposed, send
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.receipts import print_receipt
from apps.exchange.printing.words import language_of
from apps.staff.acts import ActName


class MailForm(ActForm):
    to = forms.EmailField(label="To", max_length=254)
    subject = forms.CharField(max_length=200)
    text = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 9}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer = self.record if isinstance(self.record, Customer) else self.record.customer
        subject, text = proposed(self.record, language_of(self.record.company))
        self.fields["to"].initial = customer.email
        self.fields["subject"].initial, self.fields["text"].initial = subject, text
        self.fields["to"].help_text = (
            "" if customer.email else f"{customer} has no e-mail address yet."
        )


class StatementMailForm(MailForm, PeriodForm):
    field_order = ["how", "start", "on", "to", "subject", "text"]


def _pdf(record: Subject, answers: dict[str, Any]) -> bytes:
    language = language_of(record.company)
    if isinstance(record, Invoice | CreditNote):
        return print_now(record) if is_amended(record) else bytes(kept_print(record).pdf)
    if isinstance(record, Payment):
        return print_receipt(record, language)
    start: date | None = answers["start"] if answers["how"] == PeriodForm.MOVED else None
    return print_statement(record, answers["on"], start, language)


def _send(request: HttpRequest, record: Subject, answers: dict[str, Any]) -> str:
    if isinstance(record, Customer) and not may(request, SEE_INVOICES):
        raise PermissionDenied  # a statement lists them
    try:
        pdf = _pdf(record, answers)
    except CannotPrint as refusal:
        raise ValidationError(str(refusal)) from refusal
    letter = Letter(
        to=answers["to"],
        subject=answers["subject"],
        text=answers["text"],
        file_name=file_name(record),
        pdf=pdf,
    )
    sent = send(record, letter, person(request))
    return f"{sent.file_name} was handed to the mail server for {sent.to}."


def _brings(record: Any) -> str:
    name = file_name(record)
    if isinstance(record, Document):
        before = MailedPrint.objects.filter(
            **{str(record.kind): record}, state=MailedPrint.State.SENT
        ).first()
        again = f" It was sent to {before.to} on {before.sent_at:%-d %b %Y}." if before else ""
        how = "amended, and marked as a copy" if is_amended(record) else "issued"
        return f"{name} goes with it, as it was {how}.{again}"
    return f"{name} goes with it, as it stands now."


def _is_issued(document: Document) -> bool:
    return document.is_issued and is_printable(document)


def _stands(payment: Payment) -> bool:
    return payment.status == Payment.Status.RECEIVED


MAIL_DOCUMENT = ButtonAct(
    name="send-by-email",
    words="Send by e-mail",
    permission=ActName.SEND_BY_EMAIL,
    when=_is_issued,
    do=_send,
    asks=MailForm,
    means=_brings,
    calls_out=True,
)
MAIL_RECEIPT = ButtonAct(
    name="send-by-email",
    words="Send receipt by e-mail",
    permission=ActName.SEND_BY_EMAIL,
    when=_stands,
    do=_send,
    asks=MailForm,
    means=_brings,
    calls_out=True,
)
MAIL_STATEMENT = ButtonAct(
    name="send-statement",
    words="Send statement by e-mail",
    permission=ActName.SEND_BY_EMAIL,
    do=_send,
    asks=StatementMailForm,
    means=_brings,
    calls_out=True,
)
