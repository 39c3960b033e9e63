"""Prints sent by e-mail, and the row that says to whom, when, by whom, and what became of it."""

import re
import unicodedata
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from smtplib import (
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email

from apps.billing.models import Company, CreditNote, Customer, Document, Invoice, Payment
from apps.exchange.models import MailedPrint
from apps.exchange.printing.documents import title_key
from apps.exchange.printing.kept import digest
from apps.exchange.printing.paper import writer_for
from apps.exchange.printing.script import shown
from apps.exchange.printing.words import captions

Subject = Invoice | CreditNote | Payment | Customer
FIELD: dict[type[Subject], str] = {
    Invoice: "invoice",
    CreditNote: "credit_note",
    Payment: "payment",
    Customer: "customer",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A mail before it leaves; `pdf` is what it brings."""

    to: str
    subject: str
    text: str
    file_name: str
    pdf: bytes


def proposed(record: Subject, language: str) -> tuple[str, str]:
    """(subject, text) of the mail that brings its print, to be changed before it leaves."""
    caption, company = captions(language), record.company
    write = writer_for(company, language)
    if isinstance(record, Document):
        what, number = caption[title_key(record, company)], shown(record.number or "")
        amount = f"{write.amount(record.total, record.currency)} {record.currency}"
    elif isinstance(record, Payment):
        what, number = caption["receipt"], write.day(record.date)
        amount = f"{write.amount(record.amount, record.currency)} {record.currency}"
    else:
        what, number, amount = caption["statement"], write.day(company.today()), ""
    name = shown(company.legal_name)
    subject = caption["mail_subject"].format(what=what, number=number, company=name)
    text = caption["mail_text" if amount else "mail_statement"].format(
        customer=shown(_customer(record).name),
        what=what,
        number=number,
        amount=amount,
        company=name,
    )
    return subject[:200], text


def send(record: Subject, letter: Letter, by: int) -> MailedPrint:
    """Send it and keep the row of it, with the key of whoever sends. Raises ValidationError, in a
    sentence, where it did not leave, and where nobody can know whether it did.

    No transaction may be open: the mail server is spoken to meanwhile.
    """
    _check(letter)
    row = MailedPrint.objects.create(
        company=record.company,
        to=letter.to,
        subject=letter.subject,
        text=letter.text,
        file_name=letter.file_name,
        sha256=digest(letter.pdf),
        sent_by_id=by,
        **{FIELD[type(record)]: record},
    )
    message = EmailMessage(
        subject=letter.subject,
        body=letter.text,
        from_email=sender(record.company),
        to=[letter.to],
        reply_to=[record.company.email] if record.company.email else None,
        attachments=[(letter.file_name, letter.pdf, "application/pdf")],
    )
    try:
        _hand_over(message)
    except _NotSent as refusal:
        row.state, row.sentence = MailedPrint.State.REFUSED, str(refusal)[:400]
        row.save()
        raise ValidationError(row.sentence) from refusal
    except OSError as error:
        row.sentence = (
            f"The mail server broke off before it answered ({error}), so nobody knows whether it "
            f"left. Ask {letter.to} before you send it again."
        )[:400]
        row.save()
        raise ValidationError(row.sentence) from error
    row.state = MailedPrint.State.SENT
    row.save()
    return row


class _NotSent(Exception):
    """It surely did not leave; the sentence says why and what to do."""


def _hand_over(message: EmailMessage) -> None:
    """An answer of the mail server says whether it left. Raises OSError where none came."""
    connection = get_connection()
    look = "Nothing was sent. Ask whoever runs Tieout to look at its mail settings."
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        raise _NotSent(f"The mail server could not be reached: {error}. {look}") from error
    try:
        connection.send_messages([message])
    except SMTPRecipientsRefused as refusal:
        (to, (code, words)), *_ = refusal.recipients.items()
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise _NotSent(
            f"The mail server refused the address {to}: {code} {said}. Nothing was sent. Correct the "
            "address and send again."
        ) from refusal
    except (SMTPResponseException, SMTPNotSupportedError) as refusal:
        raise _NotSent(f"The mail server refused it: {refusal}. {look}") from refusal
    finally:
        connection.close()


def file_name(record: Subject) -> str:
    """“INV-2026-00012.pdf”."""
    if isinstance(record, Document):
        name = record.number or ""
    elif isinstance(record, Payment):
        name = f"receipt-{record.date.isoformat()}-{record.pk}"
    else:
        name = f"statement-{record.pk}"
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '_', name).strip('._') or 'document'}.pdf"


def _check(letter: Letter) -> None:
    try:
        validate_email(letter.to)
    except ValidationError:
        raise ValidationError(
            f"“{letter.to}” is no e-mail address, so nothing was sent. Correct it and send again."
        ) from None
    # Some of these end a line of the head, and what follows would be a head of its own.
    if any(unicodedata.category(each) in ("Cc", "Zl", "Zp") for each in letter.subject):
        raise ValidationError(
            "A subject is one line without control characters. Nothing was sent. Type it anew."
        )


def sender(company: Company) -> str:
    """Our own address, which our mail server may send for, under the company's name."""
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((shown(company.legal_name), address))


def _customer(record: Subject) -> Customer:
    return record if isinstance(record, Customer) else record.customer
