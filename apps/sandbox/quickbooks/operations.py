"""Create, update, void, delete and read one object."""

from collections.abc import Mapping
from typing import Any

from ..models import StoredObject
from . import auto_apply, faults, fields
from .book import Book
from .entities import (
    attachable,
    company,
    currency,
    deposit,
    lists,
    money,
    names,
    payment,
    receipts,
    sales,
    tax,
)
from .filing import Content
from .kinds import Kind, Options, kind_at, kind_of

# Importing the entities registers their kinds.
ENTITIES = (
    attachable,
    company,
    currency,
    deposit,
    lists,
    money,
    names,
    payment,
    receipts,
    sales,
    tax,
)

Sent = Mapping[str, Any]


def kind_at_path(path: str) -> Kind:
    kind = kind_at(path)
    if kind is None:
        raise faults.Refused("500", f"Operation {path} is not supported.")
    return kind


def perform(book: Book, kind: Kind, operation: str, sent: Sent, options: Options) -> StoredObject:
    """One write, kept or refused as a whole.

    `operation` is create, update, delete, or void; create and update both mean "as the Id says".
    """
    with book.item():
        if operation == "delete":
            return _delete(book, kind, sent)
        if operation == "void":
            return _void(book, kind, sent)
        stored = _save(book, kind, sent, options)
    if identity_of(sent) is None and auto_apply.wanted(book, stored):
        _apply_by_itself(book, stored)
    return stored


def _apply_by_itself(book: Book, made: StoredObject) -> None:
    """What the company's preferences do right after a document was made; its answer is older."""
    unseen, book.made_in_batch = book.made_in_batch, set()
    try:
        for sent in auto_apply.applications(book, made):
            try:
                with book.item():
                    _save(book, kind_of("Payment"), sent, Options())
            except faults.Refused as refused:
                if not auto_apply.allowed(refused):
                    raise
    finally:
        book.made_in_batch = unseen


def identity_of(sent: Sent) -> str | None:
    """The id in a body; clients send "" or 0 for a new object."""
    identity = sent.get("Id")
    return None if identity in (None, "", "0", 0) else str(identity)


def _save(book: Book, kind: Kind, sent: Sent, options: Options) -> StoredObject:
    identity = identity_of(sent)
    if identity is None:
        after = book.add(kind, kind.build(book, sent, None, options))
        before = None
    else:
        before = _current(book, kind, identity, sent)
        after = book.rewrite(before, kind, kind.build(book, sent, before, options))
    if kind.relink:
        kind.relink(book, before, after)
    return after


def _void(book: Book, kind: Kind, sent: Sent) -> StoredObject:
    if kind.void is None:
        raise faults.Refused("500", "Operation void is not supported.")
    before = _current(book, kind, _required_id(sent), sent)
    after = book.rewrite(before, kind, kind.void(book, before))
    if kind.relink:
        kind.relink(book, before, after)
    return after


def _delete(book: Book, kind: Kind, sent: Sent) -> StoredObject:
    if not kind.deletable:
        raise faults.Refused("500", "Operation delete is not supported.")
    before = _current(book, kind, _required_id(sent), sent)
    book.check_open(before.content.get("TxnDate"))
    if kind.relink:
        kind.relink(book, before, None)
    book.delete(before)
    return book.staged[kind.name, before.object_id]


def _current(book: Book, kind: Kind, identity: str, sent: Sent) -> StoredObject:
    """The object as it stands, provided the caller has seen its newest version."""
    current = book.require(kind.name, identity)
    token = sent.get("SyncToken")
    if token in fields.ABSENT:
        raise faults.missing("SyncToken")
    if str(token) != str(current.sync_token):
        raise faults.Refused("5010", "You and another user were working on this at the same time.")
    return current


def _required_id(sent: Sent) -> str:
    identity = identity_of(sent)
    if identity is None:
        raise faults.missing("Id")
    return identity


def read(book: Book, kind: Kind, identity: str) -> StoredObject:
    """One live object, its balances worked out."""
    stored = book.require(kind.name, identity)
    if kind.enrich:
        kind.enrich(book, [stored])
    return stored


def tombstone(stored: StoredObject) -> Content:
    """How a delete is answered."""
    return {"domain": "QBO", "status": "Deleted", "Id": str(stored.object_id)}
