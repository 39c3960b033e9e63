"""An organisation put aside as it is, and brought back: what was done since is gone."""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from .. import traffic
from ..models import (
    AnswerRow,
    ConnectionRow,
    ConsentRow,
    ObjectRow,
    OrganisationRow,
    RefreshTokenRow,
)
from ..storage import one_writer
from . import store
from .injection import armory
from .limits import windows

# By which column the rows of an organisation, or of the person who may connect it, are found.
ROWS: tuple[tuple[type[models.Model], str], ...] = (
    (OrganisationRow, "tenant"),
    (ObjectRow, "tenant"),
    (AnswerRow, "tenant"),
    (ConnectionRow, "tenant"),
    (ConsentRow, "person"),
    (RefreshTokenRow, "person"),
)


@dataclass(frozen=True)
class Kept:
    rows: list[tuple[type[models.Model], list[dict[str, Any]]]]
    traffic: traffic.Traffic


_kept: dict[str, Kept] = {}


def keep(org: store.Organisation) -> int:
    """Put it aside as it stands now; the number of its rows."""
    with org.lock, one_writer, transaction.atomic(using="sandbox"):
        rows = [(model, list(_of(model, by, org).values())) for model, by in ROWS]
    _kept[org.tenant] = Kept(rows, traffic.traffic_of(org.tenant).copy())
    return sum(len(each) for _, each in rows)


def bring_back(org: store.Organisation) -> int:
    """The organisation as it was kept, no fault armed. ValueError: never kept."""
    kept = _kept.get(org.tenant)
    if kept is None:
        raise ValueError(f"Organisation {org.tenant} was not kept.")
    with org.lock, one_writer, transaction.atomic(using="sandbox"):
        for model, by in reversed(ROWS):
            _of(model, by, org).delete()
        for model, rows in kept.rows:
            model._default_manager.bulk_create([model(**row) for row in rows])
        store.forget(org.tenant)
    armory.disarm(org.tenant)
    windows.forget(org.tenant)
    traffic.put(org.tenant, kept.traffic.copy())
    return sum(len(rows) for _, rows in kept.rows)


def forget_kept() -> None:
    _kept.clear()


def _of(
    model: type[models.Model], by: str, org: store.Organisation
) -> models.QuerySet[models.Model]:
    return model._default_manager.filter(**{by: getattr(org, by)})
