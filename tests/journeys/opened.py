"""Their company, not connected yet; the way through its consent page; and the first reading."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.sync import tasks
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin


def opened(system: str, server: SandboxServer, company: Company, **theirs: Any) -> Books:
    """Their company, not connected yet."""
    kinds = {"quickbooks": Books, "xero": XeroBooks, "freshbooks": FreshBooksBooks}
    twins = {"quickbooks": server, "xero": XeroTwin(server), "freshbooks": FreshBooksTwin(server)}
    books = kinds[system].__new__(kinds[system])
    books.server, books.company = twins[system], company
    books.realm = books.opened(**theirs)
    return books


def consent(page: Page, books: Books) -> None:
    page.goto("/admin/connections/connection/connect/")
    page.locator(f"a[href*='/{books.system}/simulated/']").first.click()
    page.wait_for_url(lambda address: "/connections/start/" not in address)  # it goes on by itself
    for name, value in books.pressed().items():
        if name == "decision":
            continue
        wanted = value[0] if isinstance(value, list) else value
        box = page.locator(f"[name={name}][value='{wanted}']")
        if box.count():
            box.check()
        else:
            page.locator(f"select[name={name}]").select_option(wanted)
    page.locator(f"button[value={books.pressed()['decision']}]").click()
    if "/choose/" in page.url:
        page.check(f"input[value='{books.realm}']")
        page.click("text=Connect what is ticked")
        page.get_by_role("link", name=re.compile("Go on with")).click()
        page.get_by_role("link", name=re.compile("Go on: connect")).click()


@contextmanager
def closed(page: Page) -> Iterator[None]:
    """The browser is elsewhere while a worker works: a page that asks again by itself would use the
    one connection of a database in memory from another thread, and both could wait for ever."""
    address = page.url
    page.goto("about:blank")
    yield
    page.goto(address)


def read_there(page: Page) -> Connection:
    """What the worker does with the task that consent has enqueued, and with its successors."""
    with closed(page):
        return _read_there()


def _read_there() -> Connection:
    connection = Connection.objects.get()
    assert connection.woken_at is not None
    while connection.first_read_at is None:
        said = tasks.read_at_first(connection.pk)
        connection.refresh_from_db()
        assert said.startswith(("done", "yielded")), (said, connection.last_error)
    return connection
