"""The chain: an entry for each row that was sealed, and how far the sealer has come."""

import uuid

from django.db import models

from apps.core.kept import Kept

__all__ = ["Again", "Chain", "Entry", "Floor", "Shape"]


class Shape(Kept):
    """Which columns of a kind were sealed, in their order; entries name it. A column that a later
    release adds changes no digest."""

    kind = models.CharField(max_length=80)
    columns = models.JSONField()

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.columns)}"


class Entry(Kept):
    """One row as it was sealed. Numbers are consecutive from 1.

    `digest` is over the row, with a salt of its own, so that equal rows have unequal digests; `link`
    over the entry and the link before it. Both are HMAC-SHA256 under a key that is not in the database
    (`under` names it). `turn` counts how often the same row was sealed: more than once only where a
    rule changed it. `looked_at` is when the last complete look at this kind before had begun.
    """

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=80)
    key = models.BigIntegerField()
    turn = models.PositiveSmallIntegerField(default=0)
    shape = models.ForeignKey(Shape, models.PROTECT, related_name="+")
    # By its key alone: what is sealed outlives what it is about.
    company_id = models.BigIntegerField(null=True)
    salt = models.BinaryField()
    digest = models.BinaryField()
    link = models.BinaryField()
    under = models.CharField(max_length=8)
    looked_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = "entry of the audit trail"
        verbose_name_plural = "entries of the audit trail"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "turn"], name="sealed_once_a_turn")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind} {self.key}"


class Chain(models.Model):
    """One row: which chain this is, and who seals now. The first link begins with its `public_id`."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.public_id)


class Floor(models.Model):
    """Of one kind: every row up to `key` was looked at once nothing could turn up below it any more.

    Keys commit out of order. So the highest one that was seen (`high`, at `high_at`) becomes the floor
    only an hour later. `looked_at` is when the last complete look began.
    """

    kind = models.CharField(max_length=80, unique=True)
    key = models.BigIntegerField(default=0)
    high = models.BigIntegerField(default=0)
    high_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} up to {self.key}"


class Again(models.Model):
    """A row below its floor that is to be looked at again: not over yet when the floor passed it, or
    changed by rule since it was sealed."""

    kind = models.CharField(max_length=80)
    key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="looked_at_again_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
