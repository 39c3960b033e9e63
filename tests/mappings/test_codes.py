"""Reading their chart and lists."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.connections.models import Connection
from apps.connectors.errors import TryLater
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import Mapping, RemoteCode
from tests.connections.paper import Paper

pytestmark = pytest.mark.django_db


def test_their_codes_are_kept_with_what_they_may_serve_as(books: Connection) -> None:
    sales = RemoteCode.objects.get(name="Sales")
    assert (sales.kind, sales.remote_id, sales.number) == ("account", "1", "400")
    assert sales.roles == ["income"]
    assert RemoteCode.objects.get(name="Net 30").detail == {"due_days": "30"}
    assert books.codes_read_at is not None


def test_reading_again_follows_their_changes_and_tells_only_then(
    paper: Paper,
    books: Connection,
    told: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert read_codes(books) == len(paper.chart)
    assert told == []
    paper.chart[0]["name"] = "Sales of goods"
    paper.chart.append({"id": "9", "kind": "account", "name": "Fees", "roles": ["expense"]})
    with django_capture_on_commit_callbacks(execute=True):
        read_codes(books)
    assert told == [books.pk]
    assert RemoteCode.objects.get(remote_id="1", kind="account").name == "Sales of goods"
    assert RemoteCode.objects.filter(name="Fees").exists()


def test_a_code_that_is_gone_becomes_inactive_and_keeps_its_mapping(
    paper: Paper, books: Connection, code: Callable[[str], RemoteCode]
) -> None:
    set_mapping(books, "income", code=code("Sales"))
    del paper.chart[0]
    read_codes(books)
    assert not RemoteCode.objects.get(name="Sales").active
    assert Mapping.objects.get().code.name == "Sales"


def test_a_failed_reading_changes_nothing(paper: Paper, books: Connection) -> None:
    before = list(RemoteCode.objects.values())
    paper.on_read = lambda: (503, {})
    with pytest.raises(TryLater):
        read_codes(books)
    assert list(RemoteCode.objects.values()) == before
