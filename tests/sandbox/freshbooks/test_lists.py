"""Lists: what narrows, what is ignored, days of US/Eastern, pages and their caps, includes, sorting."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example", note="likes cats")


@pytest.fixture
def clock(twin: FreshBooksTwin) -> Iterator[Any]:
    """Sets the servers' time to a moment of UTC."""

    def at(moment: str) -> None:
        wanted = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        seconds = (wanted - datetime.now(UTC)).total_seconds()
        twin.control("POST", "clock", {"offset_seconds": seconds})

    yield at
    twin.control("POST", "clock", {"offset_seconds": 0})


@pytest.mark.parametrize(
    "query",
    [
        {"search__create_date": "2026-03-02"},
        {"search__status": 1},
        {"search__statusid": 1},
        {"search__payment_status": "paid"},
        {"search__nothing": "x"},
        {"create_date": "2026-03-02"},
        {"sort": "nothing_desc"},
    ],
)
def test_what_is_not_known_returns_everything(
    fb: FreshBooksCaller, client: int, query: Any
) -> None:
    made = [fb.invoice(client, create_date=f"2026-03-0{day}")["id"] for day in (2, 3)]
    assert fb.ids("invoices", **query) == made[::-1]


def test_the_filters_that_work_on_invoices(fb: FreshBooksCaller, client: int) -> None:
    first = fb.invoice(client, create_date="2026-03-01", invoice_number="INV-1")["id"]
    second = fb.invoice(fb.client("B"), create_date="2026-03-02", invoice_number="INV-11")["id"]
    fb.pay(second, 100)

    def found(**query: Any) -> list[int]:
        return fb.ids("invoices", **query)

    assert found(search__invoice_number="INV-1") == [first]
    assert found(search__customerid=client) == [first]
    assert (
        fb.result("GET", "invoices/invoices", params={"search[customerids][]": [client, 1]})[
            "total"
        ]
        == 1
    )
    assert found(search__invoiceid=second) == [second]
    assert found(search__date_min="2026-03-02") == [second]
    # The last day is not included.
    assert found(search__date_max="2026-03-02") == [first]
    assert found(search__v3_status="paid") == [second]
    assert found(paid="true") == [second]
    assert found(outstanding="true") == [first]
    assert fb.refusal("GET", "invoices/invoices", params={"search[date_min]": "soon"})[:2] == (
        422,
        1033,
    )


def test_the_filters_of_clients_credits_and_payments(fb: FreshBooksCaller, client: int) -> None:
    other = fb.client("B", email="bo@birds.example")
    assert fb.ids("clients", search__email="amy@birds.example") == [client]
    assert fb.ids("clients", search__email_like="birds") == [other, client]
    assert fb.ids("clients", search__organization_like="amy") == [client]
    assert fb.ids("clients", search__organization="B") == [other, client]
    credit = fb.credit(client, create_date="2026-03-05")["id"]
    later = fb.credit(other, create_date="2026-03-06")["id"]
    assert fb.ids("credit_notes", search__clientid=client) == [credit]
    assert fb.ids("credit_notes", search__client_id=client) == [later, credit]
    assert fb.ids("credit_notes", search__create_date="2026-03-06") == [later, credit]
    assert fb.ids("credit_notes", search__date_min="2026-03-06") == [later]
    bill = fb.invoice(client)["id"]
    paid, spent = fb.pay(bill, 10, note="abc")["id"], fb.spend(credit, bill, 5)["id"]
    assert fb.ids("payments", search__invoiceid=bill) == [spent, paid]
    assert fb.ids("payments", search__type="Check") == [paid]
    assert fb.ids("payments", search__amount_min=6) == [paid]
    assert fb.ids("payments", search__notes="abc") == [paid]
    assert fb.ids("payments", from_credit="true") == [spent]
    fb.pay(bill, 200)
    assert fb.page("payments", search__payment_or_credit="credit")["total"] == 1


def test_updated_min_knows_days_of_new_york(fb: FreshBooksCaller, clock: Any) -> None:
    """Half past two at night of the 11th in London is still the 10th in New York."""
    clock("2026-03-11 02:30:00")
    client = fb.client()
    made = fb.invoice(client)
    assert made["updated"].startswith("2026-03-10 22:30:0")
    assert fb.ids("invoices", search__updated_min="2026-03-10") == [made["id"]]
    assert fb.ids("invoices", search__updated_min="2026-03-11") == []
    # A time of day in it is not looked at.
    assert fb.ids("invoices", search__updated_min="2026-03-10 23:59:59") == [made["id"]]
    assert fb.read("clients", client)["signup_date"].startswith("2026-03-11 02:30:0")
    clock("2026-03-12 02:30:00")
    assert fb.ids("invoices", search__updated_min="2026-03-11") == []
    fb.pay(made["id"], 5)
    assert fb.ids("invoices", search__updated_min="2026-03-11") == [made["id"]]


def test_pages_and_their_caps(fb: FreshBooksCaller, twin: FreshBooksTwin) -> None:
    for name in range(16):
        fb.make("items", {"name": f"I{name}"})
    first = fb.page("items")
    assert [first[one] for one in ("page", "pages", "per_page", "total")] == [1, 2, 15, 16]
    assert fb.page("items", page=0)["page"] == 1
    assert len(fb.page("items", page=2)["items"]) == 1
    past = fb.page("items", page=9)
    assert (past["items"], past["page"], past["total"]) == ([], 9, 16)
    assert fb.page("items", per_page=5000)["per_page"] == 100
    empty = fb.page("taxes")
    assert (empty["taxes"], empty["pages"], empty["total"]) == ([], 0, 0)
    assert fb.refusal("GET", "items/items", params={"page": "x"})[1] == 1014
    assert fb.refusal("GET", "items/items", params={"per_page": "x"})[1] == 1013
    twin.set_up(fb.id, default_per_page=30)
    assert fb.page("items")["pages"] == 1


def test_any_sort_is_echoed_and_few_are_kept(fb: FreshBooksCaller) -> None:
    first = fb.client("Bo", email="b@x.example")
    second = fb.client("Amy", email="z@x.example")
    assert fb.ids("clients", sort="organization_name_asc") == [second, first]
    assert fb.ids("clients", sort="email_desc") == [second, first]
    assert fb.ids("clients", sort="organization_asc") == [second, first]
    assert fb.page("clients", sort="whatever_asc")["sort"] == "whatever_asc"
    early = fb.invoice(first, create_date="2026-03-09")["id"]
    late = fb.invoice(first, create_date="2026-03-01")["id"]
    assert fb.ids("invoices") == [late, early]
    assert fb.ids("invoices", sort="invoice_date_desc") == [early, late]
    assert fb.ids("invoices", sort="create_date_desc") == [late, early]


def test_parts_come_only_when_included(fb: FreshBooksCaller, client: int) -> None:
    made = fb.invoice(client)
    assert "lines" not in made
    assert "lines" not in fb.listed("invoices")[0]
    told = {"include[]": ["lines", "presentation"]}
    [found] = fb.result("GET", "invoices/invoices", params=told)["invoices"]
    assert found["lines"][0]["name"] == "Hours"
    assert found["presentation"]["invoiceid"] == made["id"]
    assert fb.credit(client).get("lines") is None
    assert fb.read("clients", client, "contacts")["contacts"] == []


# --- each reading -----------------------------------------------------------------------------------------
def test_a_number_may_be_found_by_a_part_of_it(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    client = fb.client()
    made = [fb.invoice(client, invoice_number=one)["id"] for one in ("INV-1", "INV-11")]
    twin.set_up(fb.id, number_search="contains")
    assert fb.ids("invoices", search__invoice_number="INV-1") == made[::-1]


@pytest.mark.parametrize(("word", "count"), [("filters", 1), ("ignored", 2)])
def test_a_note_narrows_or_does_not(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, word: str, count: int
) -> None:
    fb.client("B")
    twin.set_up(fb.id, note_like=word)
    assert len(fb.ids("clients", search__note_like="cats")) == count


def test_what_is_only_documented_may_not_narrow(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    bills = [fb.invoice(client)["id"] for _ in range(2)]
    for bill in bills:
        fb.pay(bill, 5)
    assert fb.page("payments", search__invoiceid=bills[0])["total"] == 1
    twin.set_up(fb.id, documented_filters="ignored")
    assert fb.page("payments", search__invoiceid=bills[0])["total"] == 2
    assert fb.page("invoices", search__invoiceid=bills[0])["total"] == 1


def test_the_total_may_count_what_is_not_listed(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    gone, left = (fb.invoice(client)["id"] for _ in range(2))
    fb.change("invoices", gone, {"vis_state": 1})
    twin.set_up(fb.id, total="with_deleted")
    told = fb.page("invoices")
    assert (told["total"], [one["id"] for one in told["invoices"]]) == (2, [left])
