"""What changed, what stands, by name and number: read in few calls, each row checked again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.connectors.errors import TryLater
from apps.connectors.port import Page, RemoteObject, Reply, Request
from apps.connectors.snapshots import Kind
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    BASE,
    LATER,
    NOW,
    Script,
    client_raw,
    credit_raw,
    error,
    freshbooks,
    gbp,
    invoice_raw,
    item_raw,
    listed,
    one,
    payment_raw,
    said,
    use_raw,
)

SINCE = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)  # still the 27th over there
KINDS = {
    "client": client_raw,
    "item": item_raw,
    "invoice": invoice_raw,
    "credit_note": credit_raw,
    "payment": payment_raw,
}
NAMES = {
    "clients": "client",
    "items": "item",
    "invoices": "invoice",
    "credit_notes": "credit_note",
    "payments": "payment",
    "taxes": "tax",
}


class Lists:
    """Lists of rows, by pages. `honours` says which filters narrow; what does not, lists all."""

    def __init__(
        self,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        honours: Callable[[str], bool] = lambda key: True,
        **headers: str,
    ) -> None:
        self.rows, self.honours, self.headers = rows, honours, headers
        self.asked: list[Request] = []

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            assert not request.writes
            self.asked.append(request)
            yield request, self._reply(request)

    def _reply(self, request: Request) -> Reply:
        name, _, one_id = request.path.removeprefix(BASE).split("/", 1)[1].partition("/")
        kind = NAMES[name]
        rows = list(self.rows.get(kind, ()))
        if one_id:
            found = [raw for raw in rows if str(raw["id"]) == one_id]
            return one(kind, found[0]) if found else answers.NOT_THERE
        query = {key: value for key, value in request.query if self.honours(key)}
        wanted = {value for key, value in request.query if key.endswith("ids][]")}
        if wanted:
            rows = [raw for raw in rows if str(raw["id"]) in wanted]
        deleted = query.get("search[vis_state]") == "1"
        rows = [raw for raw in rows if (raw.get("vis_state") == 1) == deleted]
        if "search[updated_min]" in query:
            rows = [raw for raw in rows if raw.get("updated", "9") >= query["search[updated_min]"]]
        if "search[clientid]" in query:
            rows = [raw for raw in rows if str(raw["clientid"]) == query["search[clientid]"]]
        page, size = int(query["page"]), int(query["per_page"])
        assert size == 100
        start = (page - 1) * size
        result = {name: rows[start : start + size], "page": page, "per_page": size}
        result |= {"pages": -(-len(rows) // size), "total": len(rows)}
        return said({"response": {"result": result}}, **self.headers)


class Known:
    """What is held already, by version."""

    def __init__(self, held: Mapping[tuple[str, str], str] | None = None) -> None:
        self.held = dict(held or {})

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        return [one for one, each in versions.items() if self.held.get((kind, one)) != each]

    def written(self, since: datetime) -> int:
        return 0


def changes(books: Any, known: Known | None = None) -> list[Page]:
    return list(freshbooks().changes(SINCE, books, known or Known()))


def objects(pages: Sequence[Page]) -> list[RemoteObject]:
    return [each for page in pages for each in page.objects]


# --- The feed ------------------------------------------------------------------------------------------


def test_idle_it_takes_ten_calls_by_the_day_before_in_their_zone() -> None:
    books = Lists({}, date="Sun, 29 Nov 2026 03:59:58 GMT")
    pages = changes(books)
    assert len(books.asked) == 10
    for each in books.asked:
        query = dict(each.query)
        assert query["search[updated_min]"] == "2026-11-26"
        assert query["per_page"] == "100"
    deleted = [each for each in books.asked if ("search[vis_state]", "1") in each.query]
    assert len(deleted) == 5
    assert [page.cursor for page in pages[:-1]] == [None] * 5
    assert pages[-1].cursor == datetime(2026, 11, 29, 3, 59, 58, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_nine_hundred_changes_of_a_kind_take_eleven_calls_of_it(kind: str) -> None:
    rows = [KINDS[kind](id=1000 + place) for place in range(900)]
    books = Lists({kind: rows})
    found = [each for each in objects(changes(books)) if not each.part]
    assert {each.remote_id for each in found} == {str(raw["id"]) for raw in rows}
    of_kind = [each for each in books.asked if NAMES[each.path.rsplit("/", 1)[1]] == kind]
    assert len(of_kind) <= 11
    assert len(books.asked) <= 11 + 10


def test_what_is_held_as_it_stands_is_left_out() -> None:
    books = Lists({"invoice": [invoice_raw(), invoice_raw(id=32, invoiceid=32)]})
    first = objects(changes(books))
    held = {(each.kind, each.remote_id): each.version for each in first}
    assert objects(changes(books, Known(held))) == []
    held["invoice", "32"] = "older"
    assert [each.remote_id for each in objects(changes(books, Known(held)))] == ["32"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_deleted_is_told_as_gone(kind: str) -> None:
    found = objects(changes(Lists({kind: [KINDS[kind](vis_state=1)]})))
    assert [(each.kind, each.gone) for each in found] == [(kind, True)]


def test_a_filter_that_is_not_honoured_brings_nothing_old_and_nothing_twice() -> None:
    """Everything is listed, the deleted with what stands, both times."""
    old = [invoice_raw(id=place, updated="2026-10-01 08:00:00") for place in range(500, 640)]
    rows = [*old, invoice_raw(), invoice_raw(id=33, vis_state=1)]

    class Ignoring(Lists):
        def _reply(self, request: Request) -> Reply:
            name = request.path.rsplit("/", 1)[1]
            page = int(dict(request.query)["page"])
            some = rows[(page - 1) * 100 : page * 100] if name == "invoices" else []
            return listed(name, *some, page=page, pages=2 if name == "invoices" else 0)

    found = objects(changes(Ignoring({})))
    assert [(each.remote_id, each.gone) for each in found] == [("31", False), ("33", True)]


def test_money_on_account_comes_with_what_it_pays_and_again_when_it_is_used() -> None:
    credit = credit_raw(
        id=61, creditid=61, credit_type="prepayment", notes="", amount=gbp("50.00")
    ) | {"lines": [], "paid": gbp("20.00"), "updated": LATER}
    use = use_raw(creditid=61, amount=gbp("20.00"), note="")
    books = Lists({"credit_note": [credit], "payment": [use]})
    found = objects(changes(books))
    money = [each for each in found if each.kind == "credit_note"]
    assert {(each.part, each.of_kind, str(each.amount)) for each in money} == {
        ("", Kind.PAYMENT, "50.00"),
        ("payment:41", Kind.ALLOCATION, "20.00"),
    }
    assert [each for each in found if each.kind == "payment"] == []
    # Only the use is news: the money is told with it.
    again = objects(changes(books, Known({("credit_note", "61"): money[0].version})))
    assert {each.part for each in again} == {"", "payment:41"}


def test_the_use_of_a_credit_note_of_before_asks_what_the_credit_is() -> None:
    old = credit_raw(updated="2026-01-01 08:00:00", notes=f"[Tieout adjustment {answers.MARKER}]")
    found = objects(changes(Lists({"credit_note": [old], "payment": [use_raw()]})))
    (use,) = [each for each in found if each.kind == "payment"]
    assert use.of_kind is Kind.ALLOCATION
    assert use.snapshot.source == Kind.ADJUSTMENT  # type: ignore[union-attr] # an allocation


def test_a_plan_without_items_has_none() -> None:
    """Under HTTP 200, and no list."""

    class Plan(Lists):
        def _reply(self, request: Request) -> Reply:
            denied = error(12001, "Not allowed.", status=200)
            return denied if "/items/" in request.path else super()._reply(request)

    assert objects(changes(Plan({"client": [client_raw()]})))[0].remote_id == "12"
    assert freshbooks().ids(["item"], Plan({})) == {"item": frozenset()}
    pages = list(freshbooks().survey([Kind.ITEM, Kind.INVOICE], "", Plan({})))
    assert pages[-1].position == ""


@pytest.mark.parametrize(
    "reply",
    [
        said({"response": {"result": {"page": 1}}}),
        error(1004, "No.", status=200),
        said(b"<html>", 200),
        said({"message": "down"}, 503),
    ],
)
def test_a_list_that_is_none_is_not_an_empty_one(reply: Reply) -> None:
    script = Script({"GET users/clients": reply})
    with pytest.raises(TryLater):
        changes(script)


def test_what_comes_without_an_id_is_counted() -> None:
    rows = [{"organization": "X"}, client_raw()]
    books = Script({f"GET {path}": listed(name) for path, name in PATHS.items()})
    books.answers["GET users/clients"] = [listed("clients", *rows), listed("clients")]
    pages = changes(books)
    assert [page.nameless for page in pages] == [1, 0, 0, 0, 0, 0]
    assert [each.remote_id for each in objects(pages)] == ["12"]


PATHS = {
    "users/clients": "clients",
    "items/items": "items",
    "invoices/invoices": "invoices",
    "credit_notes/credit_notes": "credit_notes",
    "payments/payments": "payments",
}


def test_without_a_time_of_theirs_it_is_ours() -> None:
    assert changes(Lists({}))[-1].cursor == NOW


# --- What stands ----------------------------------------------------------------------------------------------


BOOKS: dict[str, list[dict[str, Any]]] = {
    "client": [client_raw(id=place, userid=place) for place in range(200, 350)],
    "item": [item_raw(), item_raw(id=22, vis_state=2), item_raw(id=23, vis_state=1)],
    "invoice": [invoice_raw(), invoice_raw(id=32, vis_state=1)],
    "credit_note": [credit_raw()],
    "payment": [payment_raw(), use_raw(id=42), payment_raw(id=43, vis_state=1)],
}


def test_the_ids_are_those_of_what_stands_the_archived_among_them() -> None:
    found = freshbooks().ids(list(KINDS), Lists(BOOKS))
    assert {kind: len(ids) for kind, ids in found.items()} == {
        "client": 150,
        "item": 2,
        "invoice": 1,
        "credit_note": 1,
        "payment": 2,
    }


def test_a_survey_goes_on_behind_its_position_and_leaves_nothing_out() -> None:
    kinds = [
        Kind.CUSTOMER,
        Kind.ITEM,
        Kind.INVOICE,
        Kind.CREDIT_NOTE,
        Kind.PAYMENT,
        Kind.ALLOCATION,
    ]
    pages = [next(freshbooks().survey(kinds, "", Lists(BOOKS)))]
    while pages[-1].position:
        pages.append(next(freshbooks().survey(kinds, pages[-1].position, Lists(BOOKS))))
    surveyed = {(each.kind, each.remote_id, each.part) for page in pages for each in page.objects}
    everything = list(freshbooks().everything(kinds, Lists(BOOKS)))
    assert surveyed == {(each.kind, each.remote_id, each.part) for each in everything}
    assert len(pages) == 6  # two of clients
    for each in everything:
        assert freshbooks().parse(each.kind, each.raw) == each


def test_what_it_has_not_is_never_listed_and_never_asked_for() -> None:
    books = Lists(BOOKS)
    assert list(freshbooks().everything([Kind.REFUND, Kind.DEPOSIT], books)) == []
    assert books.asked == []


def test_a_list_that_lost_a_row_between_two_pages_is_read_once_more() -> None:
    rows = [client_raw(id=place) for place in range(1000, 1150)]

    class Moving(Lists):
        """Somebody deletes the first row after the first page: another one slips over its edge."""

        def _reply(self, request: Request) -> Reply:
            shown = rows if len(self.asked) == 1 else rows[1:]
            page = int(dict(request.query)["page"])
            result = {"clients": shown[(page - 1) * 100 : page * 100], "page": page, "pages": 2}
            return said({"response": {"result": result | {"total": 150}}})

    books = Moving({})
    ids = freshbooks().ids(["client"], books)["client"]
    assert {str(raw["id"]) for raw in rows} <= ids


def test_a_change_that_slipped_over_the_edge_of_a_page_is_read_all_the_same() -> None:
    """It may be of weeks ago, and never be listed again."""
    rows = [client_raw(id=place) for place in range(1000, 1150)]

    class Moving(Lists):
        def _reply(self, request: Request) -> Reply:
            name, page = request.path.rsplit("/", 1)[1], int(dict(request.query)["page"])
            if name != "clients" or ("search[vis_state]", "1") in request.query:
                return listed(name)
            shown = rows if len(self.asked) == 1 else rows[1:]
            result = {name: shown[(page - 1) * 100 : page * 100], "page": page, "pages": 2}
            return said({"response": {"result": result | {"total": 150}}})

    found = {each.remote_id for each in objects(changes(Moving({})))}
    assert found == {str(raw["id"]) for raw in rows}


# --- By id, name and number ---------------------------------------------------------------------------------------


def test_many_are_read_by_pages_and_what_is_gone_says_so() -> None:
    books = Lists(BOOKS)
    wanted = [("client", str(place)) for place in range(200, 350)] + [("client", "999")]
    found = list(freshbooks().read(wanted, books))
    assert [each.gone for each in found] == [False] * 150 + [True]
    assert len(books.asked) == 3
    assert [each.gone for each in freshbooks().read([("payment", "43")], books)] == [True]


@pytest.mark.parametrize(
    ("kind", "name", "remote_id"),
    [
        (Kind.CUSTOMER, "Brass & Oak Ltd", "12"),
        (Kind.ITEM, "C-1", "21"),
        (Kind.INVOICE, "INV-1", "31"),
        (Kind.CREDIT_NOTE, "CN-1", "51"),
    ],
)
def test_what_is_found_bears_the_very_name(kind: Kind, name: str, remote_id: str) -> None:
    """Filters of theirs may match a part of it, or nothing at all and list everything."""
    longer = {"organization": f"{name} & Sons", "sku": f"{name}0", "name": f"{name}0"}
    longer |= {"invoice_number": f"{name}0", "credit_number": f"{name}0"}
    rows = {each: [raw(), raw(**longer, id=99)] for each, raw in KINDS.items()}
    found = list(freshbooks().find(kind, [name], Lists(rows)))
    assert [each.remote_id for each in found] == [remote_id]


def test_whoever_has_a_name_is_found_and_a_payment_has_none() -> None:
    owners = freshbooks().who_has_name("Brass & Oak Ltd", Lists({"client": [client_raw()]}))
    assert [each.remote_id for each in owners] == ["12"]
    with pytest.raises(ValueError, match="payment"):
        list(freshbooks().find(Kind.PAYMENT, ["x"], Lists({})))


def test_taxes_are_codes_alone_and_in_twos() -> None:
    taxes = [
        {"id": 1, "taxid": 1, "name": "GST", "amount": "5", "number": "RT 1", "compound": False},
        {"id": 2, "taxid": 2, "name": "QST", "amount": "9.975", "number": "", "compound": False},
        {"id": 3, "taxid": 3, "name": "PST", "amount": "8", "number": None, "compound": True},
    ]
    codes = {each.remote_id: each for each in freshbooks().codes(Lists({"tax": taxes}))}
    assert set(codes) == {
        "No tax@0",
        "GST@5",
        "QST@9.975",
        "PST@8",
        "GST@5+QST@9.975",
        "GST@5>PST@8",
        "QST@9.975>PST@8",
    }
    assert [str(each.percent) for each in codes["GST@5>PST@8"].parts] == ["5", "8.4"]
    assert codes["GST@5"].parts[0].agency == "RT 1"
