"""A customer of ours that was there before the cut-off."""

from typing import Any

import pytest

from apps.sync.models import SyncRecord
from tests.books import Books


@pytest.fixture
def customer(books: Books) -> Any:
    """One of ours that is in their books."""
    return SyncRecord.objects.get(connection=books.connection, kind="invoice").subject.customer
