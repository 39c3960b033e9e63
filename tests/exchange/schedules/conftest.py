"""What schedules are tried with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.exchange.schedules import running, tasks
from apps.staff.models import User
from tests.backoffice.people import make_people
from tests.exchange.schedules.week import Inbox, Queue, mail_server
from tests.kept_rows import kept


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.PRIVATE_FILES_DIR = str(tmp_path / "files")
    settings.SITE_URL = "https://tieout.example"
    return tmp_path / "files"


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    found = Queue()
    monkeypatch.setattr(running, "async_task", found)
    monkeypatch.setattr(tasks, "async_task", found)
    return found


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    with mail_server(settings) as found:
        yield found


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return kept(make_people)
