"""The rows of ledgers where a person opens all of their businesses at once; ids there are numbers.

Their books live in memory while the process runs, written through to these.
"""

from django.db import models


class BusinessRow(models.Model):
    """One business; `settings` holds preferences, switches and limits. `person` signs in there."""

    business = models.BigIntegerField(primary_key=True)
    account = models.CharField(max_length=20, unique=True)
    uuid = models.CharField(max_length=36)
    name = models.CharField(max_length=255)
    person = models.CharField(max_length=60, db_index=True)
    settings = models.JSONField(default=dict)
    sequences = models.JSONField(default=dict)
    created_us = models.BigIntegerField()

    # Declared, so that types are known where the app is not installed.
    objects: models.Manager["BusinessRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return self.name


class BookRow(models.Model):
    """One object as the books keep it (not as it is answered), its ledger entries in it."""

    business = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    object_id = models.BigIntegerField()
    body = models.TextField()

    objects: models.Manager["BookRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["business", "kind", "object_id"],
                name="sandbox_one_row_an_object_of_a_business",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class SignInRow(models.Model):
    """What a person agreed to on the page, until its code is exchanged."""

    code = models.CharField(max_length=80, primary_key=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    scope = models.CharField(max_length=2000)
    redirect_uri = models.CharField(max_length=500)
    challenge = models.CharField(max_length=128, default="")
    used = models.BooleanField(default=False)
    created_us = models.BigIntegerField()

    objects: models.Manager["SignInRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"{self.client_id} for {self.person}"


class TokenPairRow(models.Model):
    """A pair of tokens; `access` is the id inside the access token."""

    refresh = models.CharField(max_length=64, primary_key=True)
    access = models.CharField(max_length=40, db_index=True)
    person = models.CharField(max_length=60)
    client_id = models.CharField(max_length=100)
    scope = models.CharField(max_length=2000)
    created_us = models.BigIntegerField()
    expires_us = models.BigIntegerField()
    # The refresh token was used, or the whole grant is gone.
    refreshed = models.BooleanField(default=False)
    dead = models.BooleanField(default=False)

    objects: models.Manager["TokenPairRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"tokens of {self.person}"
