"""A company taken out as a file from its page: who may, what is asked, what is noted."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.backoffice.frame.formatting import in_groups
from apps.exchange.archive import making, sealed
from apps.exchange.archive.reading import Archive
from apps.exchange.models import CompanyArchive
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World

Browse = Callable[[str], Client]
PASSPHRASE = "four words that do well"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_N", 1 << 4)


def asked(world: World, client: Any, again: str = PASSPHRASE, passphrase: str = PASSPHRASE) -> Any:
    form = {"passphrase": passphrase, "again": again}
    return client.post(page(world.company, "archive"), form)


def test_an_administrator_takes_it_and_that_is_noted(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    client = browse("Ada")
    response = asked(world, client)
    assert response["Content-Disposition"] == (
        'attachment; filename="thornfield-trading-ltd-2026-11-28.tieout"'
    )
    taken = b"".join(response.streaming_content)

    archive = Archive(io.BytesIO(taken), PASSPHRASE)
    assert archive.manifest.legal_name == "Thornfield Trading Ltd"
    row = CompanyArchive.objects.get()
    assert (row.taken_by, row.size) == (people["Ada"], len(taken))
    assert (
        f"SHA-256 {in_groups(row.sha256)}"
        in client.get(page(world.company, "archive")).content.decode()
    )
    # Its form is still good: what broke off on its way is taken again.
    assert b"".join(asked(world, client).streaming_content).startswith(sealed.MARK)


def test_what_breaks_off_is_noted_without_an_end(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(company: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "totals", full)
    response = asked(world, browse("Ada"))
    with pytest.raises(OSError, match="No space left"):
        b"".join(response.streaming_content)

    assert CompanyArchive.objects.get().ended_at is None


def test_two_that_differ_and_a_weak_one_are_asked_again(world: World, browse: Browse) -> None:
    client = browse("Ada")

    assert "The two are not the same" in asked(world, client, again="other").content.decode()
    assert "at least 12 characters" in asked(world, client, "short", "short").content.decode()
    assert not CompanyArchive.objects.exists()
