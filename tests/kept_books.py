"""A company that is live on both sides, made once a session and brought back for each test.

Going live takes hundreds of statements and a dozen calls; most tests begin only after it. What it
left is kept: the rows it added here, the company over there, and what this process remembers of the
two. Brought back they are the same to the byte, made some minutes ago, as a real company's are.
"""

import json
import pickle
from collections.abc import Callable
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
class Kept:
    server: Any
    realm: str
    rows: Rows
    company: int
    connection: int
    fay: int
    method: int | None
    seen: witness.Seen | None
    is_read: bool
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
    kept = _kept.get(name)
    if Company.objects.exists() or User.objects.exists():
        books = _made(of, server, theirs)  # not alone here: its rows could be somebody's
        return books, stage(books)
    if kept is not None and kept.server == server:
        return _brought_back(of, kept), pickle.loads(kept.staged)
    before = rows_of()
    books = _made(of, server, theirs)
    staged = stage(books)
    _kept[name] = _keep(books, before, staged)
    return books, staged


def _made(of: type[LiveOn], server: Any, theirs: dict[str, Any]) -> LiveOn:
    books = of(server, **theirs)
    books.go_live()
    return books


def _keep(books: Books, before: Rows, staged: object) -> Kept:
    rows = added(before)
    books.server.keep(books.realm)
    seen_as = books.connection.public_id.hex
    return Kept(
        server=books.server,
        realm=books.realm,
        rows=rows,
        company=books.company.pk,
        connection=books.connection.pk,
        fay=books.fay.pk,
        method=books.method.pk if books.method else None,
        seen=witness._seen.get(seen_as),
        is_read=seen_as in witness._read,
        staged=pickle.dumps(staged),
    )


def _brought_back(of: type[LiveOn], kept: Kept) -> LiveOn:
    kept.server.bring_back(kept.realm)
    with transaction.atomic():
        put(kept.rows)
    books = of.__new__(of)
    books.server = kept.server
    books.realm = kept.realm
    books.company = Company.objects.get(pk=kept.company)
    books.connection = Connection.objects.get(pk=kept.connection)
    books.fay = User.objects.get(pk=kept.fay)
    books.method = PaymentMethod.objects.get(pk=kept.method) if kept.method else None
    _remember(books.connection.public_id.hex, kept)
    return books


def _remember(seen_as: str, kept: Kept) -> None:
    """This process knows of these books what it knew then, nothing of the tests in between."""
    witness._seen.pop(seen_as, None)
    witness._read.discard(seen_as)
    if kept.seen is not None:
        witness._seen[seen_as] = kept.seen
    if kept.is_read:
        witness._read.add(seen_as)
