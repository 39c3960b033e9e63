"""The outbox's door: who makes a change, how it is noted, and who is told on commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.db import transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Maker:
    """Who makes the changes of this context.

    `origin` names the side a change came from ("connection:12"), so that it is not sent back there;
    "" is Tieout itself: staff, an import, a task. `user_id` is the person behind it, whoever runs.
    `quiet` changes bring what was so before (an import, what is taken over from their books at the
    start): nobody outside is told of them by itself. `batch_id` is the import that they belong to.
    """

    user_id: int | None = None
    origin: str = ""
    reason: str = ""
    quiet: bool = False
    batch_id: int | None = None


NOBODY = Maker()
_maker: ContextVar[Maker] = ContextVar("maker", default=NOBODY)

# Called without payload after a commit that left changes; filled by `sync` and `triggers` when ready.
listeners: list[Callable[[], None]] = []


def maker() -> Maker:
    return _maker.get()


@contextmanager
def made_by(user_id: int | None = None, *, origin: str = "", reason: str = "") -> Iterator[None]:
    """Name the person, the side and the reason behind every change made inside."""
    outer = _maker.get()
    token = _maker.set(
        Maker(
            user_id=user_id if user_id is not None else outer.user_id,
            origin=origin or outer.origin,
            reason=reason or outer.reason,
            quiet=outer.quiet,
            batch_id=outer.batch_id,
        )
    )
    try:
        yield
    finally:
        _maker.reset(token)


@contextmanager
def quietly(batch_id: int | None = None) -> Iterator[None]:
    """Changes inside bring what was so before: no event of them goes out, unless a person says so of
    the batch that they belong to."""
    token = _maker.set(replace(_maker.get(), quiet=True, batch_id=batch_id))
    try:
        yield
    finally:
        _maker.reset(token)


@contextmanager
def brought_along(reason: str) -> Iterator[None]:
    """Changes inside were decided elsewhere, before: a company's history that is taken over as it
    was. Nobody here stands behind them, so that no limit or second person is asked for, and nobody
    outside is told of them."""
    token = _maker.set(Maker(reason=reason, quiet=True))
    try:
        yield
    finally:
        _maker.reset(token)


def tell_on_commit() -> None:
    """Tell the listeners once this transaction is committed (once for a burst)."""
    connection = transaction.get_connection()
    waiting = {hook[1] for hook in connection.run_on_commit}
    if _tell not in waiting:
        transaction.on_commit(_tell)


def _tell() -> None:
    for listener in listeners:
        listener()
