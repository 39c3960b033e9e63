"""A mailbox: the files that went to books without an interface, and what came back from them."""

from django.conf import settings
from django.db import models

from apps.connections.clock import now
from apps.connections.models.connections import Connection
from apps.core.kept import NeverDeleted


class BatchFile(NeverDeleted):
    """One file that was handed over, under the next number of its connection. Its bytes are sealed
    and never change: whoever takes it, and as often as it is taken, has the same."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="batch_files")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=64)  # of what it says and whose that is: the connector's
    holds = models.CharField(max_length=20)  # "invoices", "by-hand": the folder of the outbox
    name = models.CharField(max_length=120)
    records = models.PositiveIntegerField()
    totals = models.JSONField(default=dict)  # currency → what its records come to, as text
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    sealed = models.TextField(editable=False)
    made_at = models.DateTimeField(default=now)
    placed_at = models.DateTimeField(null=True)  # in the folder of the connection, where it has one
    problem = models.CharField(max_length=300, blank=True)  # why it does not lie there

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "number"], name="one_file_of_a_number"),
            models.UniqueConstraint(fields=["connection", "key"], name="a_file_is_made_once"),
        ]

    def __str__(self) -> str:
        return self.name


class BatchDownload(NeverDeleted):
    """Who took a file, and when."""

    file = models.ForeignKey(BatchFile, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.file_id} by {self.user_id}"


class BroughtFile(NeverDeleted):
    """A file that came back, sealed. The same bytes again are the same file."""

    class Sort(models.TextChoices):
        CONFIRMATION = "confirmation", "Confirmation"
        PAYMENTS = "payments", "Payments"
        CODES = "codes", "Accounts and tax codes"

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="brought_files")
    sort = models.CharField(max_length=12, choices=Sort.choices)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    sealed = models.TextField(editable=False)
    brought_at = models.DateTimeField(default=now)
    # None: it lay in the folder, and was taken by itself.
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-brought_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "sort", "sha256"], name="a_file_is_brought_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FolderLook(models.Model):
    """What was found when the folder of a connection was last looked at by itself.

    `seen` holds the SHA-256 of each file by its path: one that is the same twice is whole, and is
    taken. `problems` are pairs: which file (none: the folder), and a sentence why it was not.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="folder_look")
    looked_at = models.DateTimeField(default=now)
    seen = models.JSONField(default=dict)
    problems = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"The folder of {self.connection_id}"


class BroughtRow(NeverDeleted):
    """One row of a file that came back, and what became of it."""

    class State(models.TextChoices):
        TAKEN = "taken", "Taken"
        KNOWN = "known", "Known already"
        ASKED = "asked", "Asks you"
        REFUSED = "refused", "Not taken"
        LEFT = "left", "Left out"

    brought = models.ForeignKey(BroughtFile, models.PROTECT, related_name="rows")
    row = models.PositiveIntegerField()  # as a spreadsheet numbers it
    called = models.CharField(max_length=200)  # what it is about, as written there
    state = models.CharField(max_length=8, choices=State.choices)
    sentence = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    said = models.JSONField(default=dict)  # what is told on, once it is taken
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["brought", "row"], name="one_fate_of_a_row")]

    def __str__(self) -> str:
        return f"{self.brought_id}, row {self.row}"


class Said(NeverDeleted):
    """What they said, as the connector reads it, in the order in which it was taken. `key` tells it
    from anything else of its sort: the same is never said twice."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="said")
    sort = models.CharField(max_length=12, choices=BroughtFile.Sort.choices)
    key = models.CharField(max_length=200)
    version = models.CharField(
        max_length=64, blank=True
    )  # of the file that a confirmation is about
    said = models.JSONField()
    row = models.OneToOneField(BroughtRow, models.PROTECT, null=True, related_name="told")
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "sort", "key"], name="the_same_is_said_once"
            )
        ]
        indexes = [models.Index(fields=["connection", "sort", "version"], name="said_of_a_file")]

    def __str__(self) -> str:
        return f"{self.sort}: {self.key}"
