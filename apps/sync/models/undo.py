"""Runs that a person had taken back: what was asked for, and what was refused then."""

from django.conf import settings
from django.db import models

from apps.connections.clock import now
from apps.core.kept import EngineManager, Kept, NeverDeleted
from apps.sync.models.records import SyncRecord
from apps.sync.models.traffic import Run


class Undo(Kept):
    """A person had what one run made over there taken back. What becomes of it stands on the sync
    records that bear it (`SyncRecord.undo`): the engine carries it out as any change of ours."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="undos")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)

    class Meta:
        permissions = [("undo_run", "Can undo a run")]
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"Undo of run {self.run_id}"


class UndoPart(NeverDeleted):
    """One record that the run had written: to be taken back, or why it stays (`sentence`)."""

    undo = models.ForeignKey(Undo, models.PROTECT, related_name="parts")
    sync_record = models.ForeignKey(SyncRecord, models.PROTECT, related_name="undo_parts")
    sentence = models.TextField(blank=True)
    remedy = models.CharField(max_length=300, blank=True)
    left_at = models.DateTimeField(null=True)  # a person left it there after all
    left_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = EngineManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["undo", "sync_record"], name="once_in_an_undo")
        ]

    def __str__(self) -> str:
        return f"{self.sync_record_id} in undo {self.undo_id}"
