"""The rows behind the simulated ledgers: one row an object, one row an account it posts to.

A ledger whose objects are of another make has its own rows, in its own folder.
"""

import json
from decimal import Decimal
from typing import Any

from django.db import models

from .businesses import BookRow as BookRow
from .businesses import BusinessRow as BusinessRow
from .businesses import SignInRow as SignInRow
from .businesses import TokenPairRow as TokenPairRow
from .organisations import AnswerRow as AnswerRow
from .organisations import ConnectionRow as ConnectionRow
from .organisations import ConsentRow as ConsentRow
from .organisations import ObjectRow as ObjectRow
from .organisations import OrganisationRow as OrganisationRow
from .organisations import RefreshTokenRow as RefreshTokenRow


class Company(models.Model):
    """One set of books over there; `settings` holds preferences, switches and limits."""

    realm = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2, default="US")
    home_currency = models.CharField(max_length=3, default="USD")
    zone = models.CharField(max_length=40, default="America/Los_Angeles")
    profile = models.CharField(max_length=20, default="us_no_tax")
    settings = models.JSONField(default=dict)
    # The next number of each sequence: "txn" for all transactions, one per name list, "doc".
    sequences = models.JSONField(default=dict)
    created_us = models.BigIntegerField()

    # Declared, so that types are known where the app is not installed.
    objects: models.Manager["Company"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return self.name


class StoredObject(models.Model):
    """One object as the API answers it, with the columns that questions and rules need.

    `total` and `open_amount` are cents of the document's currency. `open_amount` is signed as it
    stands on the customer's account: an open invoice adds, an open credit or money on account
    takes away. Instants are microseconds since 1970 UTC.
    """

    realm = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    sync_token = models.IntegerField(default=0)
    # Folded to lower case and without the suffix of inactive ones: what uniqueness compares. Of what
    # hangs on others: those, as `|invoice:5|customer:7|`.
    name_key = models.CharField(max_length=600, default="")
    doc_number = models.CharField(max_length=21, default="")
    txn_date = models.DateField(null=True)
    customer = models.BigIntegerField(null=True)
    active = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False)
    total = models.BigIntegerField(default=0)
    open_amount = models.BigIntegerField(default=0)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()
    body = models.TextField()

    objects: models.Manager["StoredObject"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["realm", "kind", "object_id"], name="sandbox_one_row_an_object"
            ),
        ]
        indexes = [
            models.Index(fields=["realm", "kind", "updated_us"], name="sandbox_by_update"),
            models.Index(fields=["realm", "kind", "doc_number"], name="sandbox_by_number"),
            models.Index(fields=["realm", "kind", "name_key"], name="sandbox_by_name"),
            models.Index(fields=["realm", "customer"], name="sandbox_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    @property
    def content(self) -> dict[str, Any]:
        """The object as parsed JSON; change it only on a copy that the book gave out for writing."""
        parsed: dict[str, Any] | None = self.__dict__.get("parsed")
        if parsed is None:
            parsed = json.loads(self.body, parse_float=Decimal)
            self.__dict__["parsed"] = parsed
        return parsed

    @content.setter
    def content(self, value: dict[str, Any]) -> None:
        self.__dict__["parsed"] = value


class FileRow(models.Model):
    """The bytes of one uploaded file, beside the object that describes it."""

    realm = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    content = models.BinaryField()

    objects: models.Manager["FileRow"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(fields=["realm", "object_id"], name="sandbox_one_file_each"),
        ]

    def __str__(self) -> str:
        return f"file of {self.object_id}"


class Posting(models.Model):
    """What one document debits (plus) or credits (minus) on one account, in cents, home currency."""

    realm = models.CharField(max_length=20)
    txn = models.BigIntegerField()
    account = models.BigIntegerField()
    cents = models.BigIntegerField()
    txn_date = models.DateField()

    objects: models.Manager["Posting"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["realm", "txn", "account"], name="sandbox_one_posting_an_account"
            ),
        ]
        indexes = [models.Index(fields=["realm", "account"], name="sandbox_by_account")]

    def __str__(self) -> str:
        return f"{self.txn} on {self.account}: {self.cents}"


class Replay(models.Model):
    """The answer kept under a `requestid`, given again to whoever sends the same request."""

    realm = models.CharField(max_length=20)
    request_id = models.CharField(max_length=50)
    fingerprint = models.CharField(max_length=64)
    status = models.IntegerField()
    answer = models.TextField()
    created_us = models.BigIntegerField()

    objects: models.Manager["Replay"] = models.Manager()

    class Meta:
        app_label = "sandbox"
        constraints = [
            models.UniqueConstraint(
                fields=["realm", "request_id"], name="sandbox_one_answer_a_key"
            ),
        ]

    def __str__(self) -> str:
        return self.request_id


class Grant(models.Model):
    """One consent: an app may use one company until it is revoked or grows too old."""

    realm = models.CharField(max_length=20)
    client_id = models.CharField(max_length=100)
    scope = models.CharField(max_length=300)
    redirect_uri = models.CharField(max_length=500)
    code = models.CharField(max_length=80, unique=True)
    code_used = models.BooleanField(default=False)
    refresh_token = models.CharField(max_length=120, default="", db_index=True)
    rotated_us = models.BigIntegerField(default=0)
    refreshed_us = models.BigIntegerField(default=0)
    rotate_next = models.BooleanField(default=False)
    revoked = models.BooleanField(default=False)
    created_us = models.BigIntegerField()

    objects: models.Manager["Grant"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"{self.client_id} for {self.realm}"


class AccessToken(models.Model):
    token = models.CharField(max_length=120, primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="access_tokens")
    expires_us = models.BigIntegerField()

    objects: models.Manager["AccessToken"] = models.Manager()

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"token of {self.grant}"
