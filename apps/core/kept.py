"""History: rows that are added with each change and never altered or deleted afterwards."""

from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

KEPT = "History can be changed or deleted by nobody."
BY_ENGINE = (
    "What was exchanged and decided is written by the engine alone: {method}() is refused here."
)
KEPT_FOR_AUDIT = "What was sent is kept for the company's statutory period, so it is not deleted."


class KeptQuerySet(models.QuerySet[Any]):
    """Reads and adds; refuses to alter or delete what was added."""

    def update(self, **fields: Any) -> NoReturn:
        raise ValidationError(KEPT)

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise ValidationError(KEPT)

    def delete(self) -> NoReturn:
        raise ValidationError(KEPT)

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        if options.get("update_conflicts"):
            raise ValidationError(KEPT)
        return super().bulk_create(objs, *args, **options)


class KeptHistoricalQuerySet(KeptQuerySet, HistoricalQuerySet):
    """The same for `record.history`."""


class Kept(models.Model):
    """A row that is written once."""

    objects = models.Manager.from_queryset(KeptQuerySet)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise ValidationError(KEPT)
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise ValidationError(KEPT)


class NeverDeleted(models.Model):
    """A row that may change and is never deleted: what was sent, and what came of it."""

    class Meta:
        abstract = True

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise ValidationError(KEPT_FOR_AUDIT)


class EngineQuerySet(models.QuerySet[Any]):
    """What was exchanged and what was decided: the engine alone writes it, by `rewrite`, and the rest
    reads and adds. A set-based write elsewhere would say of the past what was not so."""

    def rewrite(self, **fields: Any) -> int:
        """For the engine's own functions: what `update` does elsewhere."""
        return super().update(**fields)

    def update(self, **fields: Any) -> NoReturn:
        raise TypeError(BY_ENGINE.format(method="update"))

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise TypeError(BY_ENGINE.format(method="bulk_update"))

    def delete(self) -> NoReturn:
        raise ValidationError(KEPT_FOR_AUDIT)

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        if options.get("update_conflicts"):
            raise TypeError(BY_ENGINE.format(method="bulk_create with update_conflicts"))
        return super().bulk_create(objs, *args, **options)


EngineManager = models.Manager.from_queryset(EngineQuerySet)


class KeptHistory(HistoricalRecords):
    """simple-history's records, which then refuse every change."""

    def __init__(self, *args: Any, bases: Any = (), **options: Any) -> None:
        super().__init__(
            *args,
            bases=(*bases, Kept),
            historical_queryset=KeptHistoricalQuerySet,
            **options,
        )
