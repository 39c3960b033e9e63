"""A company that is live on both sides, made once a session and brought back for each test.

Going live takes hundreds of statements and a dozen calls; most tests begin only after it. What it
left is kept: the rows it added here, the company over there, and what this process remembers of the
two. Brought back they are the same to the byte, made some minutes ago, as a real company's are.
"""

import json
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction

from apps.billing.models import Company, PaymentMethod
from apps.connections.models import Connection
from apps.staff.models import User
from apps.sync.calls import witness
from tests.books import Books
from tests.kept_rows import Rows, added, put, rows_of
from tests.sandbox_server import SandboxServer

Staged = TypeVar("Staged")
LiveOn = TypeVar("LiveOn", bound=Books)


def _nothing(books: Books) -> None:
    return None


@dataclass(frozen=True)
class KeptBooks:
    """One set of books: where it lies over there, its rows' keys here, what the process knew of it."""

    of: type[Books]
    server: Any
    realm: str
    company: int
    connection: int
    fay: int
    method: int | None
    seen: witness.Seen | None
    is_read: bool


@dataclass(frozen=True)
class Kept:
    rows: Rows
    sets: tuple[KeptBooks, ...]
    staged: bytes


_kept: dict[str, Kept] = {}


def live_books(server: SandboxServer, **theirs: Any) -> Books:
    """`Books(server, **theirs)`, connected, mapped, tested with one invoice, live."""
    books, _ = live_books_after(_nothing, server, **theirs)
    return books


def live_books_after(
    stage: Callable[[Books], Staged], server: SandboxServer, **theirs: Any
) -> tuple[Books, Staged]:
    """Live books after something more, and what that returned."""
    return live_on(Books, server, stage, **theirs)


def live_on(
    of: type[LiveOn],
    server: Any,
    stage: Callable[[LiveOn], Staged] = _nothing,
    **theirs: Any,
) -> tuple[LiveOn, Staged]:
    """The same on another ledger: `of(server, **theirs)`, whose server keeps and brings back."""
    told = json.dumps(theirs, sort_keys=True)
    name = f"{of.__module__}.{of.__qualname__} {stage.__module__}.{stage.__qualname__} {told}"

    def made() -> tuple[tuple[LiveOn], Staged]:
        books = of(server, **theirs)
        books.go_live()
        return (books,), stage(books)

    (books,), staged = _kept_as(name, [server], made)
    return books, staged


def live_together(make: Callable[..., tuple[Any, ...]], *servers: Any) -> tuple[Any, ...]:
    """Several sets of books, kept together: `make(*servers)` connects each and takes it live."""

    def made() -> tuple[tuple[Any, ...], None]:
        return make(*servers), None

    return _kept_as(f"{make.__module__}.{make.__qualname__}", servers, made)[0]


def _kept_as(
    name: str, servers: Sequence[Any], make: Callable[[], tuple[Any, Staged]]
) -> tuple[Any, Staged]:
    if Company.objects.exists() or User.objects.exists():
        return make()  # not alone here: its rows could be somebody's
    kept = _kept.get(name)
    if kept is not None and all(each.server in servers for each in kept.sets):
        return _brought_back(kept), pickle.loads(kept.staged)
    before = rows_of()
    sets, staged = make()
    rows = added(before)
    _kept[name] = Kept(rows, tuple(_keep(each) for each in sets), pickle.dumps(staged))
    return sets, staged


def _keep(books: Books) -> KeptBooks:
    books.server.keep(books.realm)
    seen_as = books.connection.public_id.hex
    return KeptBooks(
        of=type(books),
        server=books.server,
        realm=books.realm,
        company=books.company.pk,
        connection=books.connection.pk,
        fay=books.fay.pk,
        method=books.method.pk if books.method else None,
        seen=witness._seen.get(seen_as),
        is_read=seen_as in witness._read,
    )


def _brought_back(kept: Kept) -> tuple[Any, ...]:
    for each in kept.sets:
        each.server.bring_back(each.realm)
    with transaction.atomic():
        put(kept.rows)
    return tuple(_again(each) for each in kept.sets)


def _again(kept: KeptBooks) -> Books:
    books = kept.of.__new__(kept.of)
    books.server = kept.server
    books.realm = kept.realm
    books.company = Company.objects.get(pk=kept.company)
    books.connection = Connection.objects.get(pk=kept.connection)
    books.fay = User.objects.get(pk=kept.fay)
    books.method = PaymentMethod.objects.get(pk=kept.method) if kept.method else None
    _remember(books.connection.public_id.hex, kept)
    return books


def _remember(seen_as: str, kept: KeptBooks) -> None:
    """This process knows of these books what it knew then, nothing of the tests in between."""
    witness._seen.pop(seen_as, None)
    witness._read.discard(seen_as)
    if kept.seen is not None:
        witness._seen[seen_as] = kept.seen
    if kept.is_read:
        witness._read.add(seen_as)
