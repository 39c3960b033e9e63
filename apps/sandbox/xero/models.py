"""The rows of simulated Xero organisations; while the process runs their objects live in memory."""

from django.db import models


class XeroOrganisation(models.Model):
    """One organisation; `settings` holds preferences, switches and limits.

    `person` is who signs in to Xero and may connect it: a revocation ends all of that person's.
    """

    tenant = models.CharField(max_length=36, primary_key=True)
    name = models.CharField(max_length=255)
    person = models.CharField(max_length=60)
    settings = models.JSONField(default=dict)
    sequences = models.JSONField(default=dict)
    created_us = models.BigIntegerField()

    objects: models.Manager["XeroOrganisation"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return self.name


class XeroObject(models.Model):
    """One object as the books keep it (not as it is answered), its ledger entries in it."""

    tenant = models.CharField(max_length=36)
    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=36)
    # In the order in which they were made.
    number = models.BigIntegerField()
    body = models.TextField()

    objects: models.Manager["XeroObject"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "object_id"], name="sandbox_xero_one_row_an_object"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class XeroReplay(models.Model):
    """The answer kept under an Idempotency-Key, errors too, for six minutes from the first call."""

    tenant = models.CharField(max_length=36)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField()
    content_type = models.CharField(max_length=60)
    answer = models.TextField()
    created_us = models.BigIntegerField()

    objects: models.Manager["XeroReplay"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="sandbox_xero_one_answer_a_key"),
        ]

    def __str__(self) -> str:
        return self.key


class XeroConsent(models.Model):
    """What a person agreed to on the page, until its code is exchanged."""

    code = models.CharField(max_length=80, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    event = models.CharField(max_length=36)
    tenants = models.JSONField(default=list)
    scope = models.CharField(max_length=2000)
    redirect_uri = models.CharField(max_length=500)
    challenge = models.CharField(max_length=128, default="")
    used = models.BooleanField(default=False)
    created_us = models.BigIntegerField()

    objects: models.Manager["XeroConsent"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"{self.client_id} for {self.person}"


class XeroConnection(models.Model):
    """An organisation that a person lets an app use, until it is disconnected or all is revoked."""

    connection = models.CharField(max_length=36, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    tenant = models.CharField(max_length=36)
    event = models.CharField(max_length=36)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()

    objects: models.Manager["XeroConnection"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["client_id", "tenant"], name="sandbox_xero_one_connection"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} in {self.tenant}"


class XeroRefreshToken(models.Model):
    """One refresh token; superseded ones work on for half an hour."""

    token = models.CharField(max_length=100, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    event = models.CharField(max_length=36)
    scope = models.CharField(max_length=2000)
    created_us = models.BigIntegerField()
    superseded_us = models.BigIntegerField(null=True)

    objects: models.Manager["XeroRefreshToken"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"refresh token of {self.person}"
