"""Consents and the tokens they gave."""

import uuid

from django.conf import settings
from django.db import models

from apps.connectors import registry


class Grant(models.Model):
    """What lets us into an accounting system: a consent, a key, a login, an allowed folder.

    It opens one set of books or several. What is secret is sealed with this row's public id
    inside. The refresh lease: one worker renews, the others poll the row.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        LOST = "lost", "Connect again"
        REVOKED = "revoked", "Disconnected"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.CharField(max_length=40, choices=registry.choices)
    environment = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    lost_reason = models.CharField(max_length=300, blank=True)
    scopes = models.CharField(max_length=500, blank=True)
    # Who gave it, as the provider names that person; "" where it does not say.
    person = models.CharField(max_length=200, blank=True, editable=False)
    # The address of the API, or the name of the folder, where that is filled in.
    address = models.CharField(max_length=300, blank=True, editable=False)
    secrets = models.TextField(blank=True, editable=False)  # sealed: what staff filled in, as JSON
    access_token = models.TextField(editable=False)  # sealed
    refresh_token = models.TextField(editable=False)  # sealed
    access_expires_at = models.DateTimeField(null=True)  # None: used until it is refused
    refresh_expires_at = models.DateTimeField(null=True)
    refresh_hard_expires_at = models.DateTimeField(null=True)
    token_version = models.PositiveIntegerField(default=1)  # raised with every pair saved
    refresh_holder = models.CharField(max_length=80, blank=True)
    refresh_lease_until = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    granted_at = models.DateTimeField(auto_now_add=True)
    # The sets of books it opens, as last listed: [{"remote_id", "name", "country", "refusal"}];
    # empty where a grant opens exactly one.
    organisations = models.JSONField(default=list, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "environment", "person"],
                condition=~models.Q(person=""),
                name="one_grant_per_person_over_there",
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} ({self.environment}), {self.get_status_display()}"


class ConsentState(models.Model):
    """A consent page we sent somebody to. Its state is good once, in the session that asked."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the state
    session_digest = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    company = models.ForeignKey("billing.Company", models.CASCADE, related_name="+")
    system = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    # Connecting again: the connection whose books must be the ones that answer.
    connection = models.ForeignKey(
        "connections.Connection", models.CASCADE, null=True, related_name="+"
    )
    # A second set of books for this company was asked for in so many words.
    second_books = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.system} for {self.company}"
