"""A business put aside as it is, and brought back: what was done since is gone."""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from .. import traffic
from ..models import BookRow, BusinessRow, SignInRow, TokenPairRow
from ..storage import one_writer
from . import callbacks, store
from .injection import armory
from .limits import windows

# The column by which the rows are found, and what of the business stands in it.
ROWS: tuple[tuple[type[models.Model], str, str], ...] = (
    (BusinessRow, "business", "id"),
    (BookRow, "business", "id"),
    (SignInRow, "person", "person"),
    (TokenPairRow, "person", "person"),
)


@dataclass(frozen=True)
class Kept:
    rows: list[tuple[type[models.Model], list[dict[str, Any]]]]
    traffic: traffic.Traffic


_kept: dict[int, Kept] = {}


def keep(books: store.Business) -> int:
    """Put it aside as it stands now; the number of its rows."""
    with books.lock, one_writer, transaction.atomic(using="sandbox"):
        rows = [(model, list(_of(model, by, whose, books).values())) for model, by, whose in ROWS]
    _kept[books.id] = Kept(rows, traffic.traffic_of(books.key).copy())
    return sum(len(each) for _, each in rows)


def bring_back(books: store.Business) -> int:
    """The business as it was kept, no fault armed. ValueError: never kept."""
    kept = _kept.get(books.id)
    if kept is None:
        raise ValueError(f"Business {books.id} was not kept.")
    with books.lock, one_writer, transaction.atomic(using="sandbox"):
        for model, by, whose in reversed(ROWS):
            _of(model, by, whose, books).delete()
        for model, rows in kept.rows:
            model._default_manager.bulk_create([model(**row) for row in rows])
        store.forget(books.id)
    armory.disarm(books.key)
    windows.forget(books.key)
    callbacks.forget(books.id)
    traffic.put(books.key, kept.traffic.copy())
    return sum(len(rows) for _, rows in kept.rows)


def forget_kept() -> None:
    _kept.clear()


def _of(
    model: type[models.Model], by: str, whose: str, books: store.Business
) -> models.QuerySet[models.Model]:
    return model._default_manager.filter(**{by: getattr(books, whose)})
