"""Keys of the API, what was asked with each, and what was done once by a key of the caller."""

import uuid
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.billing.models import Company
from apps.billing.models.base import Remembered
from apps.connections.clock import now
from apps.core.kept import KeptHistory, NeverDeleted

# Events hold records whole: who may read the list of them may read what they say.
READS_EVENTS: Final = "triggers.view_delivery"


class Scope(models.TextChoices):
    """What a key is for. It narrows what its person may do, and widens nothing."""

    READ = "read", "Read records"
    PREPARE = "prepare", "Add and change customers, items and drafts"
    POST = "post", "Issue, void, credit, receive, apply, refund and bank"
    HOOKS = "hooks", "Subscribe to events"


class ApiKey(Remembered, NeverDeleted):
    """A key of a person or of a service, for some companies.

    Whatever is done with it is done as its `user`: their rights, limits and second persons hold, and
    history names them. A service's user has a role and cannot sign in; `made_by` is the administrator
    who gave it. The text is shown once; what is kept is its SHA-256, of 256 random bits, so that
    neither a salt nor a slow hash would add anything.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "A person's"
        SERVICE = "service", "A service's"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=7, choices=Kind.choices, editable=False)
    name = models.CharField(max_length=80, help_text="What it is for, such as “Web shop”.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys", editable=False
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    companies = models.ManyToManyField(Company, related_name="+")
    scopes = models.JSONField(default=list)  # values of Scope
    shown = models.CharField("begins with", max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField("expires", null=True, blank=True)
    # A service's that works on the books opens nothing before a second person released it.
    released_at = models.DateTimeField("released", null=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = KeptHistory(excluded_fields=["digest", "last_used_at"])

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]
        permissions = [
            ("make_key", "Can make API keys with one's own rights"),
            ("make_service_key", "Can make API keys for services, and revoke everybody's"),
            ("release_key", "Can release API keys of services"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if unknown := sorted(set(self.scopes) - set(Scope.values)):
            raise ValidationError({"scopes": f"There is no scope called {', '.join(unknown)}."})

    @property
    def waits_for_release(self) -> bool:
        return self.kind == self.Kind.SERVICE and self.released_at is None

    def is_alive(self, moment: datetime | None = None) -> bool:
        """Whether it opens anything: its person may be gone, its time over, itself revoked or not
        released yet."""
        if self.waits_for_release:
            return False
        moment = moment or now()
        expired = self.expires_at is not None and self.expires_at <= moment
        return self.revoked_at is None and not expired and self.user.is_active


class ApiCall(models.Model):
    """One request with a key, narrowly: neither what was sent nor what was answered. `path` is the
    pattern of the address, "" where there is none of it. Kept 30 days; the calls of the last minute
    are what the limit counts."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="calls")
    at = models.DateTimeField(default=now)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=120, blank=True)
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        verbose_name = "API call"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["key", "at"], name="api_call_of_key"),
            models.Index(fields=["at"], name="api_call_to_purge"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"


class ApiRequest(models.Model):
    """A request that did something, known by its `Idempotency-Key`, with its answer.

    Written in the transaction of what it did: where that stands, so does this, and a second request
    of the same key finds it. `asked` is the SHA-256 of method, address and body. Kept 30 days.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="requests")
    idempotency_key = models.CharField(max_length=255)
    asked = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)  # of the answer: ETag, Location
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "idempotency_key"], name="api_request_done_once"
            ),
            models.CheckConstraint(name="what_was_asked_is_known", condition=~Q(asked="")),
        ]
        indexes = [models.Index(fields=["made_at"], name="api_request_to_purge")]

    def __str__(self) -> str:
        return self.idempotency_key
