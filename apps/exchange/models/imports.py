"""An import: one file on its way into the company's records, and what became of each of its rows."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.billing.models import Batch, Company, Customer, Item
from apps.core.kept import NeverDeleted


class FileImport(NeverDeleted):
    """A file that was brought, how it is read, and how far it has come.

    Checked whole before a row is written; then written document by document in portions, each in
    one transaction with `position`, so that what is broken off goes on where it stood. `tally` is
    what checking found, `counts` what writing did: rows and documents by outcome, amounts by
    currency and day, as texts (see `imports/tally.py`).
    """

    class Stage(models.TextChoices):
        ASKING = "asking", "Asks how it is written"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked"
        UNREADABLE = "unreadable", "Cannot be read"
        WRITING = "writing", "Being written"
        WRITTEN = "written", "Written"
        CANCELLED = "cancelled", "Cancelled"

    company = models.ForeignKey(Company, models.PROTECT, related_name="file_imports")
    name = models.CharField("file", max_length=200)
    # A name in the storage of files, or, brought by the command, where it stands.
    path = models.CharField(max_length=300, editable=False)
    size = models.BigIntegerField(editable=False)  # bytes
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    # The code of a profile; "": its headings fit none, and nobody has said yet how it is read.
    profile = models.CharField("layout", max_length=60, blank=True)
    # A layout of our own as it stood when the check began (`imports/own/finding.py`); {} of others.
    read_by: Any = models.JSONField(default=dict, editable=False)
    # As `tables.port.Dialect` and `imports.styles.Styles`, found by the check or said; {}: not yet.
    dialect: Any = models.JSONField(default=dict, blank=True)
    styles: Any = models.JSONField(default=dict, editable=False)
    doubts: Any = models.JSONField(default=list, editable=False)  # as `tables.port.Doubt`
    notices: Any = models.JSONField(
        default=list, editable=False
    )  # what was tolerated, in sentences
    said = models.JSONField(default=dict, blank=True)  # decimal mark, order of days, by a person
    good_rows_only = models.BooleanField(
        "take the good rows",
        default=False,
        help_text="Write what is right although other rows are refused.",
    )
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.CHECKING)
    sentence = models.TextField(blank=True, editable=False)  # why it cannot be read
    # Documents, or what else it brings, gone by in this stage.
    position = models.PositiveIntegerField(default=0, editable=False)
    tally: Any = models.JSONField(default=dict, editable=False)
    counts: Any = models.JSONField(default=dict, editable=False)
    batch = models.OneToOneField(
        Batch, models.PROTECT, null=True, blank=True, editable=False, related_name="file_import"
    )
    brought_by_id = models.BigIntegerField(null=True, editable=False)
    # Who had it written: what it writes is that person's.
    written_by_id = models.BigIntegerField(null=True, editable=False)
    brought_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, editable=False)
    written_at = models.DateTimeField(null=True, editable=False)
    moved_at = models.DateTimeField(auto_now=True)  # when it last got further

    class Meta:
        ordering = ["-brought_at", "-id"]
        verbose_name = "import"

    def __str__(self) -> str:
        return self.name


class RefusedRow(models.Model):
    """A row that was not taken, with the sentence why; or, `tolerated`, what was odd about it; or,
    `asked`, what only a person can decide, and whether it is `taken`."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="refused_rows")
    row = models.PositiveIntegerField()
    document = models.CharField(max_length=200, blank=True)
    sentence = models.TextField()
    tolerated = models.BooleanField(default=False)
    asked = models.BooleanField(default=False)
    taken = models.BooleanField(null=True)  # None: nobody has said yet
    answered_by_id = models.BigIntegerField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["row", "id"]
        indexes = [
            models.Index(fields=["file_import", "tolerated", "row"], name="refused_row_of_import")
        ]

    def __str__(self) -> str:
        return f"Row {self.row}: {self.sentence}"


class BroughtMaster(models.Model):
    """A customer or an item that was made for documents of a batch, and goes with them when they are
    taken back."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="brought_masters")
    customer = models.OneToOneField(Customer, models.CASCADE, null=True, related_name="+")
    item = models.OneToOneField(Item, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(customer=None) ^ Q(item=None), name="brought_master_is_one"
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer or self.item)
