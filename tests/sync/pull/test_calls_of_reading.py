"""How many calls it takes to read what changed, counted by the simulated ledgers themselves."""

from typing import Any

import pytest

from apps.connectors.registry import system
from apps.sync.models import Cursor, RemoteRecord
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.freshbooks_twin import FreshBooksTwin
from tests.freshbooks_twin import sale as freshbooks_sale
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sandbox_server import sale as quickbooks_sale
from tests.xero_twin import XeroTwin
from tests.xero_twin import sale as xero_sale

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MANY = 900


def live(name: str, ledger: SandboxServer) -> Any:
    match name:
        case "quickbooks":
            return live_on(Books, ledger)[0]
        case "xero":
            return live_on(XeroBooks, XeroTwin(ledger))[0]
        case _:
            books = FreshBooksBooks(FreshBooksTwin(ledger))
            books.go_live()
            return books


def read_there(books: Any) -> dict[str, int]:
    """One reading of what changed; calls by their own count and endpoint."""
    place = {"quickbooks": "companies", "xero": "organisations", "freshbooks": "businesses"}
    traffic = f"{place[books.system]}/{books.realm}/traffic"
    books.server.control("DELETE", traffic)
    assert books.run().outcome == "done"
    return dict(books.server.state(books.realm)["calls"])


@pytest.mark.parametrize(("name", "most"), [("quickbooks", 1), ("xero", 8), ("freshbooks", 11)])
def test_where_nothing_changed_it_takes_few_and_is_measured(
    ledger: SandboxServer, name: str, most: int
) -> None:
    books = live(name, ledger)
    books.run()
    calls = sum(read_there(books).values())
    assert calls <= most
    measured = Cursor.objects.get(connection=books.connection).idle_calls
    assert measured == calls <= system(name).capabilities.idle_calls


def made_at_quickbooks(books: Books) -> dict[str, int]:
    caller, made = books.server.connect(books.realm), []
    for start in range(0, MANY // 2, 30):
        told = [
            {"bId": str(place), "operation": "create", "Customer": {"DisplayName": f"C {place}"}}
            for place in range(start, start + 30)
        ]
        made += caller.post("batch", {"BatchItemRequest": told})["BatchItemResponse"]
    for start in range(0, MANY // 2, 30):
        told = [
            {
                "bId": each["bId"],
                "operation": "create",
                "Invoice": quickbooks_sale(each["Customer"]["Id"], 10),
            }
            for each in made[start : start + 30]
        ]
        caller.post("batch", {"BatchItemRequest": told})
    return {"Customer": MANY // 2, "Invoice": MANY // 2}


def made_at_xero(books: XeroBooks) -> dict[str, int]:
    caller = books.server.connect(books.realm)
    told = [{"Name": f"C {place}"} for place in range(MANY)]
    made = caller.done("PUT", "Contacts", {"Contacts": told})["Contacts"]
    line = {"Description": "Hours", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200"}
    sales = [xero_sale(each["ContactID"], LineItems=[line]) for each in made]
    caller.done("PUT", "Invoices", {"Invoices": sales}, unitdp="4")
    return {"Contact": MANY, "Invoice": MANY}


def made_at_freshbooks(books: FreshBooksBooks) -> dict[str, int]:
    caller = books.server.connect(books.there)
    client = caller.client("Theirs alone")
    for _ in range(MANY):
        caller.make("invoices", freshbooks_sale(client, 10))
    return {"invoice": MANY}


MADE = {
    "quickbooks": made_at_quickbooks,
    "xero": made_at_xero,
    "freshbooks": made_at_freshbooks,
}


@pytest.mark.parametrize(
    ("name", "idle", "of_a_kind", "most"),
    [("quickbooks", 1, 2, 2), ("xero", 8, 2, 10), ("freshbooks", 10, 11, 19)],
)
def test_nine_hundred_of_a_kind_take_a_call_a_page(
    ledger: SandboxServer, name: str, idle: int, of_a_kind: int, most: int
) -> None:
    """QuickBooks tells all kinds in one call, 900 in all; the others are asked kind by kind."""
    books: Any = live(name, ledger)
    books.run()
    made = MADE[name](books)
    calls = read_there(books)
    rows = RemoteRecord.objects.filter(connection=books.connection, part="")
    for kind, number in made.items():
        assert rows.filter(kind=kind).count() >= number
    assert max(calls.values()) <= of_a_kind, calls
    assert idle <= sum(calls.values()) <= most, calls
