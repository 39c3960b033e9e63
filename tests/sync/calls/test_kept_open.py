"""A run calls again over the connection that it has: each new one costs them and us a handshake."""

import pytest
import requests
from urllib3.connection import HTTPConnection

from tests.books import Books
from tests.factories import make_invoice
from tests.sandbox_server import SandboxServer


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[HTTPConnection]:
    """Every connection that is opened from here on."""
    found: list[HTTPConnection] = []
    connect = HTTPConnection.connect

    def noted(self: HTTPConnection) -> None:
        found.append(self)
        connect(self)

    monkeypatch.setattr(HTTPConnection, "connect", noted)
    return found


def test_the_calls_of_a_run_leave_by_one_connection(
    books: Books, opened: list[HTTPConnection]
) -> None:
    make_invoice(company=books.company)
    run = books.run()
    assert run.calls > 2
    assert len(opened) == 1


@pytest.mark.parametrize(
    "path", ["control/shapes", "quickbooks/v3/company/0/query", "xero/nowhere"]
)
def test_the_simulated_ledgers_keep_a_connection_open_after_an_answer_or_a_refusal(
    sandbox_server: SandboxServer, opened: list[HTTPConnection], path: str
) -> None:
    with requests.Session() as session:
        for _ in range(3):
            session.get(f"{sandbox_server.url}/{path}", timeout=20)
    assert len(opened) == 1
