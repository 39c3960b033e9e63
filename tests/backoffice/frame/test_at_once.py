"""Two people at once, each in a process of their own: what is the same money is asked about, one form
books once, and of two saves one wins."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.billing.models import Company
from tests.backoffice.clerk import EDITED, TWINS
from tests.backoffice.frame.test_posted_once import add_invoice, apply, issue, make_deposit, receive
from tests.billing.test_concurrency import ROOT, environment, migrated

__all__ = ["migrated"]  # the fixture

pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

# One of each way in, since the key is looked at there: acts, screens that add, pages of a list.
DOORS = [each.__name__ for each in (receive, issue, apply, add_invoice, make_deposit)]
LONGEST = 20.0  # seconds until both wait for the lock


class Clerks:
    """Two processes with one database."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, "-m", "tests.backoffice.clerk"]
        self.file = ""
        self.processes = [
            subprocess.Popen(
                command, cwd=ROOT, env=environment(address), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for _ in "ab"
        ]  # fmt: skip

    def use(self, file: Path) -> None:
        self.file = str(file)
        for place in range(2):
            self.ask(place, "use", self.file)

    def tell(self, place: int, *command: Any) -> None:
        line = self.processes[place].stdin
        assert line is not None
        line.write(json.dumps(command) + "\n")
        line.flush()

    def hear(self, place: int) -> Any:
        line = self.processes[place].stdout
        assert line is not None
        return json.loads(line.readline())

    def ask(self, place: int, *command: Any) -> Any:
        self.tell(place, *command)
        return self.hear(place)

    def send_at_once(self, company: int) -> list[dict[str, Any]]:
        """Both send what they have open while somebody else still acts on the company."""
        with self.held(company):
            for place in range(2):
                self.tell(place, "send")
            self._wait_until_both_wait()
        return [self.hear(place) for place in range(2)]

    @contextmanager
    def held(self, company: int) -> Iterator[None]:
        if connection.vendor == "postgresql":
            with transaction.atomic():
                Company.locked(company)
                yield
            return
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    def _wait_until_both_wait(self) -> None:
        if connection.vendor != "postgresql":
            time.sleep(0.3)  # SQLite does not tell who waits
            return
        until = time.monotonic() + LONGEST
        with connection.cursor() as cursor:
            while time.monotonic() < until:
                cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone() == (2,):
                    return
                time.sleep(0.02)
        raise AssertionError("they never came to wait for the company's lock")

    def end(self) -> None:
        for each in self.processes:
            each.kill()
            each.wait()


@pytest.fixture(scope="module")
def pair(request: pytest.FixtureRequest) -> Iterator[Clerks]:
    """Started once, since a process takes longer to start than to post a form."""
    request.getfixturevalue("django_db_setup")
    address = "sqlite:///unused.sqlite3"
    if connection.vendor == "postgresql":
        held = connection.settings_dict
        address = (
            f"postgres://{held['USER']}:{held['PASSWORD']}@{held['HOST'] or 'localhost'}"
            f":{held['PORT'] or 5432}/{held['NAME']}"
        )
    clerks = Clerks(address)
    yield clerks
    clerks.end()


@pytest.fixture
def clerks(pair: Clerks, tmp_path: Path, request: pytest.FixtureRequest) -> Clerks:
    if connection.vendor == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "books.sqlite3")
        pair.use(tmp_path / "books.sqlite3")
    return pair


@pytest.mark.parametrize("what", TWINS)
def test_the_same_money_or_document_sent_by_two_at_once_is_asked_of_one_of_them(
    what: str, clerks: Clerks
) -> None:
    made = clerks.ask(0, "prepare", "twins", what)
    for place, (address, form) in enumerate(made["posts"]):
        clerks.ask(place, "open", address, form)
    before = sum(clerks.ask(0, "booked"))

    answers = clerks.send_at_once(made["company"])

    listed = what.endswith("from the list")  # which tells what was not done, and goes on
    assert sorted(each["status"] for each in answers) == ([302, 302] if listed else [200, 302])
    sentences = [words for each in answers for words in each["asked"]]
    assert listed or (len(sentences) == 1 and sentences[0].endswith("Yes, this is another one."))
    after = sum(clerks.ask(0, "booked"))
    if listed:
        assert after == before + 1
        return
    # One of them alone was booked: the other's yes to that sentence books as much again.
    assert after > before
    asked = [bool(each["asked"]) for each in answers].index(True)
    clerks.ask(asked, "confirm", sentences[0])
    assert clerks.ask(asked, "send")["status"] == 302
    assert sum(clerks.ask(0, "booked")) - after == after - before


@pytest.mark.parametrize("what", DOORS)
def test_one_form_sent_twice_at_the_same_moment_books_once(what: str, clerks: Clerks) -> None:
    made = clerks.ask(0, "prepare", "posts", what)
    [(address, form)] = made["posts"]
    unseen = clerks.ask(0, "open", address, form)
    clerks.ask(1, "open", address, {**form, **unseen})
    before = clerks.ask(0, "booked")

    answers = clerks.send_at_once(made["company"])

    assert [each["status"] for each in answers] == [302, 302]
    after = clerks.ask(0, "booked")
    gained = [now - then for now, then in zip(after, before, strict=True)]
    assert max(gained) == 1


@pytest.mark.parametrize("what", EDITED)
def test_of_two_saves_that_were_open_at_once_one_wins_and_one_is_refused(
    what: str, clerks: Clerks
) -> None:
    made = clerks.ask(0, "prepare", "edited", what)
    [(address, _)] = made["posts"]
    for place, words in enumerate(("First's", "Second's")):
        clerks.ask(place, "fill", address, {"message": words})

    answers = clerks.send_at_once(made["company"])

    statuses = [each["status"] for each in answers]
    assert sorted(statuses) == [302, 409]
    winner = ("First's", "Second's")[statuses.index(302)]
    assert clerks.ask(0, "messages") == [winner]
