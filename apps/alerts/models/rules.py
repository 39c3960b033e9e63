"""Who is told what, by which way and when; and each telling with what became of it."""

import uuid
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.alerts.models.alerts import Event, Kind, Severity
from apps.billing.models import Company
from apps.billing.models.base import Remembered
from apps.connections.models import Connection
from apps.core.kept import KeptHistory, NeverDeleted
from apps.core.sealing import Sealer
from apps.staff.acts import RoleName

NEEDS_ROLE = "Choose the role whose people get the mails."
NEEDS_ADDRESS = "Enter the address that the chat gave for a webhook."
OTHERS_BOOKS = "These are books of another company. Choose books of this one, or none for all."
HALF_QUIET = "Enter both ends of the quiet hours, or neither."


class AlertRule(Remembered, NeverDeleted):
    """People of one role, or a chat, are told of one company's alerts. What is of the whole
    installation goes to the rules of every company.

    `kinds` are values of `Kind`; empty: all. What falls into the quiet hours waits for their end,
    unless it is at least as grave as `breaks_through`. The chat's address lets anybody write there,
    so it is kept sealed. All times are those of the company's clock.
    """

    class How(models.TextChoices):
        AT_ONCE = "at_once", "By e-mail, at once"
        DAILY = "daily", "By e-mail, once a day"
        WEEKLY = "weekly", "By e-mail, once a week"
        CHAT = "chat", "In a chat, at once"

    class Weekday(models.IntegerChoices):
        MONDAY = 1, "Monday"
        TUESDAY = 2, "Tuesday"
        WEDNESDAY = 3, "Wednesday"
        THURSDAY = 4, "Thursday"
        FRIDAY = 5, "Friday"
        SATURDAY = 6, "Saturday"
        SUNDAY = 7, "Sunday"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="alert_rules")
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="alert_rules",
        verbose_name="books", help_text="None: all books of the company.",
    )  # fmt: skip
    how = models.CharField("how", max_length=8, choices=How.choices, default=How.AT_ONCE)
    role = models.CharField(
        max_length=20,
        blank=True,
        choices=[(each.value, each.value) for each in RoleName if each != RoleName.AUDITOR],
    )
    chat_name = models.CharField(
        "chat", max_length=80, blank=True, help_text="What you call it, such as “#finance”."
    )
    sealed_address = models.TextField(blank=True, editable=False)
    kinds: Any = models.JSONField("of what", default=list, blank=True)
    at_least = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.TROUBLE)
    digest_at = models.TimeField("sent at", default=time(8), help_text="Of a daily or weekly mail.")
    weekday = models.PositiveSmallIntegerField(
        "sent on", choices=Weekday.choices, default=Weekday.MONDAY, help_text="Of a weekly mail."
    )
    quiet_from = models.TimeField("quiet from", null=True, blank=True)
    quiet_until = models.TimeField("quiet until", null=True, blank=True)
    breaks_through = models.PositiveSmallIntegerField(
        "told even in quiet hours", null=True, blank=True, choices=Severity.choices,
        help_text="What is at least as grave. None: everything waits.",
    )  # fmt: skip
    active = models.BooleanField("in use", default=True)

    history = KeptHistory(excluded_fields=["sealed_address"])

    class Meta:
        ordering = ["company", "id"]
        verbose_name = "alert rule"
        constraints = [
            models.CheckConstraint(
                name="an_alert_rule_names_whom",
                condition=(Q(how="chat", role="") & ~Q(sealed_address=""))
                | (~Q(how="chat") & ~Q(role="")),
            ),
            models.CheckConstraint(
                name="quiet_hours_have_two_ends",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        whom = f"Chat {self.chat_name}" if self.is_chat else f"{self.role}s"
        return f"{whom}, {self.get_how_display().lower()}"

    @property
    def is_chat(self) -> bool:
        return self.how == self.How.CHAT

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.company.time_zone)

    @property
    def chat_address(self) -> str:
        """Raises `CannotOpen` where the key that sealed it is gone."""
        return _sealer().open(self.sealed_address, self.public_id) if self.sealed_address else ""

    @chat_address.setter
    def chat_address(self, address: str) -> None:
        self.sealed_address = _sealer().seal(address, self.public_id) if address else ""

    def clean(self) -> None:
        found: dict[str, str] = {}
        if not self.is_chat and not self.role:
            found["role"] = NEEDS_ROLE
        if self.is_chat and not self.sealed_address:
            found["how"] = NEEDS_ADDRESS
        if self.connection is not None and self.connection.company_id != self.company_id:
            found["connection"] = OTHERS_BOOKS
        if (self.quiet_from is None) != (self.quiet_until is None):
            found["quiet_until"] = HALF_QUIET
        if unknown := set(self.kinds) - set(Kind.values):
            found["kinds"] = f"There is no kind of alert called {', '.join(sorted(unknown))}."
        if found:
            raise ValidationError(found)


class Delivery(NeverDeleted):
    """One event for one recipient: written before it leaves, so that none is told twice.

    `to` is an e-mail address, or "chat:" with the key of its rule; without a rule it is an operator's,
    from the settings. All that one recipient gets by one
    mail has one `claim`. A worker that ended while it was sending leaves it in doubt: it is said so,
    and not sent again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Not known whether it left"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Not sent"

    event = models.ForeignKey(Event, models.PROTECT, related_name="deliveries")
    rule = models.ForeignKey(AlertRule, models.PROTECT, null=True, related_name="deliveries")
    to = models.CharField(max_length=254)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sentence = models.CharField(max_length=400, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "to"], name="an_event_is_told_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="alert_delivery_waiting", condition=Q(state="waiting")
            ),
            models.Index(fields=["claim"], name="alert_delivery_claim"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.to}"


def _sealer() -> Sealer:
    return Sealer(settings.TOKEN_KEYS)
