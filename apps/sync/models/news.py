"""What became of records in their books, noted for whoever outside wants to be told.

Every write of a sync record goes through `save` or its manager, so it is noted there, in the
transaction that wrote it: for books that somebody listens to, one narrow row each time that a
record comes to rest or needs a person. For others nothing is written.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, Final

from django.db import models, transaction

from apps.billing.changes import maker
from apps.connections.clock import now
from apps.core.rows import update_rows
from apps.sync.models.states import ENDED_STATES, State

NOTED: Final = frozenset({*ENDED_STATES, State.NEEDS_PERSON})

# Of these connections, by their keys, those of which news are wanted; filled by `triggers` when ready.
askers: list[Callable[[Collection[int]], Collection[int]]] = []
# Called with such connections after a commit that left news of them.
listeners: list[Callable[[Collection[int]], None]] = []


class News(models.Model):
    """One record came to rest, or needs a person. `reason` and `revision` (wanted, as it stood then)
    are of what it needs one for.

    Whoever reads it deletes it, but for the one that says for what it needs a person since it was last
    at rest (`told`): by that the same is not told again.
    """

    sync_record = models.ForeignKey("sync.SyncRecord", models.CASCADE, related_name="+")
    connection = models.ForeignKey("connections.Connection", models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=20, blank=True)
    revision = models.PositiveIntegerField()
    told = models.BooleanField(default=False)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "id"],
                name="news_to_tell",
                condition=models.Q(told=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sync_record_id} {self.state}"


class NotedQuerySet(models.QuerySet[Any]):
    """Set-based writes of sync records, which leave news as single saves do. `update` leaves none: it
    brings no record to rest."""

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """By a plain statement (`core/rows.py`): compiling a condition for each value was a tenth of
        a run. All of them at once, whatever `batch_size` says."""
        objs, fields = list(objs), list(fields)
        with transaction.atomic():
            update_rows(self.model, objs, fields)
            note_news(objs, fields)
        return len(objs)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> Any:
        with transaction.atomic():
            made = super().bulk_create(objs, *args, **options)
            if not options.get(
                "ignore_conflicts"
            ):  # their keys are not known then; none is at rest
                note_news(made, None)
        return made


NotedManager = models.Manager.from_queryset(NotedQuerySet)


def note_news(records: Iterable[Any], fields: Iterable[str] | None) -> None:
    """Of sync records that were just written, these `fields` alone (None: all of them)."""
    if fields is not None and "state" not in fields:
        return
    rested = [each for each in records if each.state in NOTED and not each.opening]
    if not rested or not askers or maker().quiet:
        return
    of = {each.connection_id for each in rested}
    wanted = {key for asker in askers for key in asker(of)}
    news = [
        News(
            sync_record=each,
            connection_id=each.connection_id,
            state=each.state,
            reason=each.reason,
            revision=each.wanted,
        )
        for each in rested
        if each.connection_id in wanted
    ]
    if not news:
        return
    News.objects.bulk_create(news)
    for listener in listeners:
        transaction.on_commit(partial(listener, wanted))
