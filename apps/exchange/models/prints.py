"""Documents as they were first printed, prints that were sent by e-mail, and prints of many."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment
from apps.core.kept import Kept, NeverDeleted


def exactly_one(*names: str) -> Q:
    """A condition: one of these foreign keys is set, and no other."""
    found = Q()
    for name in names:
        found |= Q(**{f"{each}__isnull": each != name for each in names})
    return found


class IssuedPrint(Kept):
    """An issued document as it was first printed: written once, never made again.

    `pdf` shows it as it was issued, whatever was paid since. What is printed later says that it is a
    copy. `template_version` is that of `exchange/printing/paper.py`.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="issued_print")
    credit_note = models.OneToOneField(
        CreditNote, models.PROTECT, null=True, related_name="issued_print"
    )
    language = models.CharField(max_length=2)
    template_version = models.PositiveSmallIntegerField()
    pdf = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    # Of what is frozen on the document, so that an amendment is seen.
    frozen_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=exactly_one("invoice", "credit_note"), name="print_of_one_document"
            )
        ]

    def __str__(self) -> str:
        return f"Print of {self.invoice or self.credit_note}"


class MailedPrint(NeverDeleted):
    """A print that was sent by e-mail: of what, to whom, when, by whom, and what became of it.

    The row is written before the mail leaves, so that what left is never without one.
    """

    class State(models.TextChoices):
        SENDING = "sending", "Not known whether it left"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Refused"

    SUBJECTS: ClassVar[tuple[str, ...]] = ("invoice", "credit_note", "payment", "customer")

    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="mailed")
    credit_note = models.ForeignKey(CreditNote, models.PROTECT, null=True, related_name="mailed")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="mailed")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="mailed")
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=State.choices, default=State.SENDING)
    sentence = models.CharField(max_length=400, blank=True)
    sent_at = models.DateTimeField(auto_now_add=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        permissions = [("send_by_email", "Can send prints by e-mail")]
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=exactly_one("invoice", "credit_note", "payment", "customer"),
                name="mail_of_one_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} to {self.to}"


class PrintJob(models.Model):
    """Many invoices as one ZIP, made in the background and kept for a week.

    `done` of `count` are printed; `left_out` says of each that could not be why. The file lies under
    `settings.PRIVATE_FILES_DIR` and is handed to signed-in people alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Stopped"
        GONE = "gone", "Deleted after a week"

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="asked by"
    )
    requested_at = models.DateTimeField("asked", auto_now_add=True)
    invoice_ids = models.JSONField(default=list)
    count = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=list)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    sentence = models.CharField(max_length=400, blank=True)
    touched_at = models.DateTimeField(auto_now=True)
    ready_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]

    def __str__(self) -> str:
        return f"{self.count} invoices as PDF"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    def delete(self, *args: Any, **options: Any) -> Any:
        raise ValidationError("Who downloaded what is kept, so a print of many is not deleted.")


class PrintDownload(Kept):
    """Who downloaded a print of many, and when."""

    job = models.ForeignKey(PrintJob, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user} at {self.at}"
