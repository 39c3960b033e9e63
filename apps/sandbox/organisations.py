"""The rows of ledgers whose books live in memory while the process runs, written through to these.

An organisation has objects with ids of theirs, people who sign in, and apps that they connect.
"""

from django.db import models


class OrganisationRow(models.Model):
    """One organisation; `settings` holds preferences, switches and limits.

    `person` is who signs in there and may connect it.
    """

    tenant = models.CharField(max_length=36, primary_key=True)
    name = models.CharField(max_length=255)
    person = models.CharField(max_length=60)
    settings = models.JSONField(default=dict)
    sequences = models.JSONField(default=dict)
    created_us = models.BigIntegerField()

    objects: models.Manager["OrganisationRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return self.name


class ObjectRow(models.Model):
    """One object as the books keep it (not as it is answered), its ledger entries in it."""

    tenant = models.CharField(max_length=36)
    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=36)
    # In the order in which they were made.
    number = models.BigIntegerField()
    body = models.TextField()

    objects: models.Manager["ObjectRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "object_id"], name="sandbox_one_row_an_object_there"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class AnswerRow(models.Model):
    """The answer kept under a key, errors too, given again to whoever sends the same request."""

    tenant = models.CharField(max_length=36)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField()
    content_type = models.CharField(max_length=60)
    answer = models.TextField()
    created_us = models.BigIntegerField()

    objects: models.Manager["AnswerRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "key"], name="sandbox_one_answer_a_key_there"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ConsentRow(models.Model):
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

    objects: models.Manager["ConsentRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"{self.client_id} for {self.person}"


class ConnectionRow(models.Model):
    """An organisation that a person lets an app use, until it is disconnected or all is revoked."""

    connection = models.CharField(max_length=36, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    tenant = models.CharField(max_length=36)
    event = models.CharField(max_length=36)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()

    objects: models.Manager["ConnectionRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["client_id", "tenant"], name="sandbox_one_connection_an_app"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} in {self.tenant}"


class RefreshTokenRow(models.Model):
    """One refresh token, and since when another one has its place."""

    token = models.CharField(max_length=100, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    event = models.CharField(max_length=36)
    scope = models.CharField(max_length=2000)
    created_us = models.BigIntegerField()
    superseded_us = models.BigIntegerField(null=True)

    objects: models.Manager["RefreshTokenRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"refresh token of {self.person}"
