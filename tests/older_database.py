"""A database that is older than the books, and the process that then begins with it."""

import time
from typing import Any

from django.db import transaction

from apps.sync.calls import witness


class Copy:
    """A copy of the database as it is now: `restore` puts it back, everything since is forgotten.

    Its keys are given again on SQLite, as by a restored file; PostgreSQL goes on counting.
    """

    def __init__(self, books: Any) -> None:
        self.books = books
        self.at = transaction.savepoint()

    def restore(self) -> None:
        transaction.savepoint_rollback(self.at)
        time.sleep(0.25)  # until nothing of what was sent can still arrive there
        self.books.connection.refresh_from_db()


def begin_anew() -> None:
    """Another process works from now on: what this one remembered is gone."""
    witness._seen.clear()
    witness._read.clear()
