"""Limits per role and act, and what a second person was asked to approve."""

from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q

from apps.billing.models.base import MONEY, Frozen, Remembered
from apps.billing.models.companies import Company, GuardedManager
from apps.billing.models.credit_notes import CreditNote
from apps.billing.models.entries import Adjustment, Refund
from apps.billing.models.invoices import Invoice
from apps.billing.models.payments import Allocation, Payment
from apps.core.kept import KeptHistory, KeptQuerySet
from apps.staff.acts import ACTS, LIMITED, RoleName, act_words


def limited_acts() -> list[tuple[str, str]]:
    return [(act.value, ACTS[act].words) for act in LIMITED]


def roles() -> list[tuple[str, str]]:
    return [(role.value, role.value) for role in RoleName]


SUBJECTS = (
    "invoice",
    "credit_note",
    "payment",
    "allocation",
    "adjustment",
    "refund",
)


def _exactly_one(*names: str) -> Q:
    """Exactly one of these foreign keys is set."""
    choices = Q()
    for chosen in names:
        choices |= Q(**{f"{name}__isnull": name != chosen for name in names})
    return choices


class ActLimit(Remembered):
    """Up to this amount a role does an act alone; above it a second person approves."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="act_limits")
    role = models.CharField(max_length=20, choices=roles)
    act = models.CharField(max_length=60, choices=limited_acts)
    amount = models.DecimalField(
        **MONEY,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="In home currency. Nil: always a second person. Empty: no limit.",
    )

    history = KeptHistory()
    objects = GuardedManager()

    class Meta:
        verbose_name = "limit"
        ordering = ["company", "act", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "role", "act"],
                name="one_limit_per_role_and_act",
                violation_error_message="There is a limit for this role and act already.",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0), name="limit_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {act_words(self.act)}"

    def clean(self) -> None:
        super().clean()
        allowed = {(role.value, act.value) for act in LIMITED for role in ACTS[act].roles}
        if self.role and self.act and (self.role, self.act) not in allowed:
            raise ValidationError(f"A {self.role} may not {act_words(self.act)} at all.")


class Approval(Remembered):
    """A request for an act above its asker's limit. Whoever decides it is another person.

    `answers` hold what the act was asked with (dates as ISO texts); `fingerprint` what the record
    was then, so that nothing else is posted than what was seen. Amounts are in home currency.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    company = models.ForeignKey(Company, models.PROTECT, related_name="approvals")
    act = models.CharField(max_length=60, choices=limited_acts)
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="approvals")
    credit_note = models.ForeignKey(CreditNote, models.PROTECT, null=True, related_name="approvals")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="approvals")
    allocation = models.ForeignKey(Allocation, models.PROTECT, null=True, related_name="approvals")
    adjustment = models.ForeignKey(Adjustment, models.PROTECT, null=True, related_name="approvals")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="approvals")
    answers = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    amount = models.DecimalField(**MONEY)
    limit = models.DecimalField(**MONEY)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True)

    history = KeptHistory()
    objects = models.Manager.from_queryset(KeptQuerySet)()

    class Meta:
        ordering = ["-requested_at", "-id"]
        permissions = [("approve", "Can approve what others ask for")]
        constraints = [
            models.CheckConstraint(
                condition=_exactly_one(*SUBJECTS), name="approval_of_one_record"
            ),
            models.CheckConstraint(
                condition=(~Q(state="approved"))
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
                name="approved_by_a_second_person",
            ),
            *(
                models.UniqueConstraint(
                    fields=["act", subject],
                    condition=Q(state="waiting"),
                    name=f"one_open_approval_{subject}",
                )
                for subject in SUBJECTS
            ),
        ]
        indexes = [models.Index(fields=["company", "state", "id"], name="approval_listed")]

    def __str__(self) -> str:
        return f"{act_words(self.act).capitalize()}: {self.subject}"

    @property
    def subject(self) -> Invoice | CreditNote | Payment | Allocation | Adjustment | Refund:
        found = next(held for name in SUBJECTS if (held := getattr(self, name)))
        assert found is not None  # a CHECK: exactly one of them
        return found

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def save(self, *args: Any, **options: Any) -> None:
        """Raises `Frozen` for a request that is decided already: a decision is final."""
        with transaction.atomic():
            if self.pk:
                rows = Approval.objects.select_for_update().filter(pk=self.pk)
                if rows.values_list("state", flat=True).get() != self.State.WAITING:
                    raise Frozen("This request is decided already.")
            super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise Frozen("A request is never deleted. Withdraw it instead.")
