"""What a row of history keeps beside the fields of its record."""

from django.db import models


class WithLines(models.Model):
    """A document's history row holds its lines as they were, as JSON (amounts as texts)."""

    lines_then = models.JSONField(default=list)

    class Meta:
        abstract = True
