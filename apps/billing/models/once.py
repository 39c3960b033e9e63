"""The keys of what was posted by a form: each posts once."""

from django.db import models


class OneTimeKey(models.Model):
    """A key that was used, in the transaction that booked what was posted with it.

    A second post of the same key finds the row and books nothing.
    """

    key = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=120)  # which page, of which record
    user_id = models.BigIntegerField(null=True)
    used_at = models.DateTimeField(auto_now_add=True)
    made = models.CharField(max_length=300, blank=True)  # the address of what it made

    def __str__(self) -> str:
        return self.purpose
