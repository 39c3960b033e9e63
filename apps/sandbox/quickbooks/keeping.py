"""A company's books put aside as they are, and brought back: what was done since is gone.

Kept in this process's memory, one state a company. Tests begin from it, and it is what a restored
company file looks like to whoever was connected to it.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from .. import traffic
from ..models import AccessToken, Company, FileRow, Grant, Posting, Replay, StoredObject
from ..storage import one_writer
from .injection import armory

# In the order in which they may be made; deleted in the other one.
OF_A_REALM: tuple[tuple[type[models.Model], str], ...] = (
    (Company, "realm"),
    (StoredObject, "realm"),
    (FileRow, "realm"),
    (Posting, "realm"),
    (Replay, "realm"),
    (Grant, "realm"),
    (AccessToken, "grant__realm"),
)


@dataclass(frozen=True)
class Kept:
    """The rows of a company, as values by column, and what had been counted of its calls."""

    rows: list[tuple[type[models.Model], list[dict[str, Any]]]]
    traffic: traffic.Traffic


_kept: dict[str, Kept] = {}


def keep(realm: str) -> int:
    """Put the company aside as it stands now; the number of its rows."""
    with one_writer, transaction.atomic(using="sandbox"):
        rows = [(model, list(_of(model, by, realm).values())) for model, by in OF_A_REALM]
    _kept[realm] = Kept(rows, traffic.traffic_of(realm).copy())
    return sum(len(each) for _, each in rows)


def bring_back(realm: str) -> int:
    """The company as it was kept, no fault armed; the number of its rows. ValueError: never kept."""
    kept = _kept.get(realm)
    if kept is None:
        raise ValueError(f"Company {realm} was not kept.")
    with one_writer, transaction.atomic(using="sandbox"):
        for model, by in reversed(OF_A_REALM):
            _of(model, by, realm).delete()
        for model, rows in kept.rows:
            model._default_manager.bulk_create([model(**row) for row in rows])
    armory.disarm(realm)
    traffic.put(realm, kept.traffic.copy())
    return sum(len(rows) for _, rows in kept.rows)


def _of(model: type[models.Model], by: str, realm: str) -> models.QuerySet[models.Model]:
    return model._default_manager.filter(**{by: realm})
