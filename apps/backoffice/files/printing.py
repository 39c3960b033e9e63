"""The buttons that print one record, and the box that says what was printed and sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from apps.backoffice.files.answers import pdf_response
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, ButtonAct, PageAct, Screen, always
from apps.backoffice.frame.once import nothing_done
from apps.billing.models import CreditNote, Document, Invoice, Payment
from apps.exchange.models import IssuedPrint, MailedPrint
from apps.exchange.printing.documents import refuse_unprintable
from apps.exchange.printing.kept import has_moved, kept_print, print_now
from apps.exchange.printing.mailing import file_name
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.receipts import print_receipt
from apps.exchange.printing.words import LANGUAGES, language_of

PDF, AS_ISSUED, OTHER_LANGUAGE = "pdf", "pdf-as-issued", "pdf-in-another-language"


def is_printable(document: Document) -> bool:
    """Issued or void, and meant for a customer."""
    try:
        refuse_unprintable(document)
    except CannotPrint:
        return False
    return True


def stands_otherwise(document: Document) -> bool:
    """What is printed now is not what was issued."""
    return is_printable(document) and has_moved(document)


def show_pdf(
    screen: Screen, request: HttpRequest, record: Any, make: Callable[[], bytes], name: str
) -> HttpResponse:
    """The PDF that `make` makes; back to the record, with the sentence, where it cannot."""
    try:
        return pdf_response(make(), name)
    except CannotPrint as refusal:
        messages.error(request, str(refusal))
        return nothing_done(HttpResponseRedirect(screen.page("change", record.pk)))


def _now(screen: Screen, request: HttpRequest, document: Document) -> HttpResponse:
    name = file_name(_printed(document))
    return show_pdf(screen, request, document, lambda: print_now(document), name)


def _as_issued(screen: Screen, request: HttpRequest, document: Document) -> HttpResponse:
    name = file_name(_printed(document))
    return show_pdf(screen, request, document, lambda: bytes(kept_print(document).pdf), name)


def _receipt(screen: Screen, request: HttpRequest, payment: Payment) -> HttpResponse:
    language = language_of(payment.company)
    return show_pdf(
        screen, request, payment, lambda: print_receipt(payment, language), file_name(payment)
    )


def _printed(document: Document) -> Invoice | CreditNote:
    assert isinstance(document, Invoice | CreditNote)  # there is no third kind
    return document


class LanguageForm(ActForm):
    language = forms.ChoiceField(choices=list(LANGUAGES.items()), label="Language")


def _in_another(request: HttpRequest, record: Any, answers: dict[str, Any]) -> HttpResponse:
    language = answers["language"]
    try:
        if isinstance(record, Payment):
            pdf = print_receipt(record, language)
        else:
            pdf = print_now(record, language)
    except CannotPrint as refusal:
        raise ValidationError(str(refusal)) from refusal
    return pdf_response(pdf, file_name(record))


PRINT = PageAct(
    name=PDF, words="PDF", permission=permissions.SEE_INVOICES, when=is_printable, page=_now
)
PRINT_AS_ISSUED = PageAct(
    name=AS_ISSUED,
    words="PDF as issued",
    permission=permissions.SEE_INVOICES,
    when=stands_otherwise,
    page=_as_issued,
)
PRINT_IN_ANOTHER = ButtonAct(
    name=OTHER_LANGUAGE,
    words="PDF in another language",
    permission=permissions.SEE_INVOICES,
    when=is_printable,
    do=_in_another,
    asks=LanguageForm,
    means="Its captions and figures are in that language, and it says that it is a copy: what was "
    "issued is the first print alone. Nothing is stored.",
    calls_out=True,  # it takes a moment, and locks nobody out meanwhile
)
PRINT_RECEIPT = PageAct(
    name=PDF, words="Receipt (PDF)", permission=permissions.SEE_PAYMENTS, page=_receipt
)
RECEIPT_IN_ANOTHER = replace(
    PRINT_IN_ANOTHER,
    words="Receipt in another language",
    permission=permissions.SEE_PAYMENTS,
    when=always,
    means="Its captions and figures are in that language. Nothing is stored.",
)


def prints_box(request: HttpRequest, record: Any) -> str:
    """What was printed first, with its checksum, and every mail; "" where there is neither."""
    context = {"first": _first_print(record), "mails": _mails(record)}
    if not context["first"] and not context["mails"]:
        return ""
    return render_to_string("backoffice/files/prints.html", context, request)


def with_mails(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """With whether anything of it was sent by e-mail."""
    sent = MailedPrint.objects.filter(**{rows.model.kind: OuterRef("pk")})
    return rows.annotate(was_mailed=Exists(sent))


def _first_print(record: Any) -> IssuedPrint | None:
    if not isinstance(record, Invoice | CreditNote):
        return None
    if "issued_print" in record._state.fields_cache:
        return getattr(record, "issued_print", None)
    return IssuedPrint.objects.filter(**{_field(record): record}).defer("pdf").first()


def _mails(record: Any) -> list[MailedPrint]:
    if not getattr(record, "was_mailed", True):
        return []
    mails = MailedPrint.objects.filter(**{_field(record): record}).select_related("sent_by")
    return list(mails[:50])


def _field(record: Any) -> str:
    return str(getattr(record, "kind", ""))
