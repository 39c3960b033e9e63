"""Lists: filters that are known, and all others ignored; sorting; pages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import QueryDict

from . import invoices, ledger, wire
from .refusals import Refused
from .store import Business, Content

LARGEST_PAGE = 100
# Whether an object passes, given what was asked.
Test = Callable[[Business, Content, list[str]], bool]


@dataclass(frozen=True)
class Filter:
    """`live`: somebody saw it narrow a list; else it is known from documentation alone."""

    test: Test
    live: bool = True


def equals(name: str) -> Test:
    return lambda books, one, asked: str(one.get(name)) == asked[0]


def among(name: str) -> Test:
    return lambda books, one, asked: str(one.get(name)) in asked


def like(*names: str) -> Test:
    def test(books: Business, one: Content, asked: list[str]) -> bool:
        return any(asked[0].lower() in str(one.get(name) or "").lower() for name in names)

    return test


def day_text(value: str, name: str) -> str:
    try:
        return wire.read_day(value)
    except ValueError:
        raise Refused(1033, f"The field '{name}' must be a date.", name, value) from None


def days(of: Callable[[Content], str], name: str) -> dict[str, Test]:
    """`…_min` and `…_max`: the first is included, the last is not."""
    return {
        f"{name}_min": lambda books, one, asked: of(one) >= day_text(asked[0], f"{name}_min"),
        f"{name}_max": lambda books, one, asked: of(one) < day_text(asked[0], f"{name}_max"),
    }


def dated(name: str) -> dict[str, Test]:
    return days(lambda one: str(one[name]), "date")


def amounts() -> dict[str, Test]:
    def at_least(books: Business, one: Content, asked: list[str]) -> bool:
        return wire.decimal(one["amount"]) >= wire.decimal(asked[0])

    def below(books: Business, one: Content, asked: list[str]) -> bool:
        return wire.decimal(one["amount"]) < wire.decimal(asked[0])

    return {"amount_min": at_least, "amount_max": below}


UPDATED = days(lambda one: wire.day_of(one["updated_us"]), "updated")


def live(tests: dict[str, Test]) -> dict[str, Filter]:
    return {name: Filter(test) for name, test in tests.items()}


def documented(tests: dict[str, Test]) -> dict[str, Filter]:
    return {name: Filter(test, live=False) for name, test in tests.items()}


def number_test(books: Business, one: Content, asked: list[str]) -> bool:
    if books.switch("number_search") == "contains":
        return asked[0].lower() in one["invoice_number"].lower()
    return bool(one["invoice_number"] == asked[0])


def v3_test(books: Business, one: Content, asked: list[str]) -> bool:
    return invoices.v3_status(books, one) == asked[0]


def note_like(books: Business, one: Content, asked: list[str]) -> bool:
    return books.switch("note_like") == "ignored" or like("note")(books, one, asked)


def for_what(books: Business, one: Content, asked: list[str]) -> bool:
    """`payment_or_credit`: money on an invoice, or on a credit."""
    return bool(one.get("invoiceid")) == (asked[0] == "invoice")


CLIENT_LIKES = {
    "email_like": like("email"),
    "fname_like": like("fname"),
    "lname_like": like("lname"),
    "organization_like": like("organization"),
    "address_like": like("p_street", "p_city", "p_code"),
    "phone_like": like("bus_phone", "mob_phone"),
    "user_like": like("organization", "fname", "lname", "email"),
}
FILTERS: dict[str, dict[str, Filter]] = {
    "clients": {
        **live({"email": equals("email"), **UPDATED}),
        **live({"userid": equals("id"), "userids": among("id"), "username": equals("username")}),
        **documented(CLIENT_LIKES),
        **live({"note_like": note_like}),
    },
    "items": documented({"sku": equals("sku"), **UPDATED}),
    "taxes": documented(
        {
            "taxid": equals("id"),
            "taxids": among("id"),
            "name": like("name"),
            "number": like("number"),
            **UPDATED,
        }
    ),
    "invoices": live(
        {
            "invoice_number": number_test,
            "invoiceid": equals("id"),
            "invoiceids": among("id"),
            "customerid": equals("customerid"),
            "customerids": among("customerid"),
            "v3_status": v3_test,
            **dated("create_date"),
            **UPDATED,
        }
    ),
    "payments": documented(
        {
            "logid": equals("id"),
            "logids": among("id"),
            "invoiceid": equals("invoiceid"),
            "clientid": equals("clientid"),
            "clientids": among("clientid"),
            "customerid": equals("clientid"),
            "customerids": among("clientid"),
            "type": equals("type"),
            "currency": equals("code"),
            "notes": like("note"),
            "payment_or_credit": for_what,
            **dated("date"),
            **amounts(),
            **UPDATED,
        }
    ),
    "credit_notes": live({"clientid": equals("clientid"), **dated("create_date")}),
    "expenses": documented(
        {
            "clientid": equals("clientid"),
            "categoryid": equals("categoryid"),
            "vendor": equals("vendor"),
            **dated("date"),
            **amounts(),
            **UPDATED,
        }
    ),
    "other_incomes": documented(
        {"incomeid": equals("id"), "category_name": equals("category_name")}
    ),
}
# Booleans travel without search[].
FLAGS: dict[str, dict[str, Callable[[Business, Content], bool]]] = {
    "invoices": {
        "paid": lambda books, one: invoices.payment_status(books, one) == "paid",
        "outstanding": lambda books, one: invoices.outstanding(one) > 0,
    },
    "taxes": {"compound": lambda books, one: bool(one["compound"])},
    "payments": {"from_credit": lambda books, one: bool(one["from_credit"])},
}
SORTS: dict[str, dict[str, Callable[[Content], Any]]] = {
    "clients": {
        "organization_name": lambda one: str(one.get("organization") or "").lower(),
        "fullname": lambda one: f"{one.get('lname')} {one.get('fname')}".lower(),
        "email": lambda one: str(one.get("email") or "").lower(),
        "updated": lambda one: one["updated_us"],
    },
    "invoices": {"invoice_date": lambda one: one["create_date"]},
}


def found(books: Business, kind: str, query: QueryDict) -> tuple[list[Content], int]:
    """What is asked for, sorted, and what `total` counts."""
    tests = tests_of(books, kind, query)
    rows = [one for one in books.all(kind) if all(test(one) for test in tests)]
    states = states_asked(query)
    listed = [one for one in rows if one["vis_state"] in states]
    rows.sort(key=lambda one: -one["id"])
    listed.sort(key=lambda one: -one["id"])
    word, _, way = query.get("sort", "").rpartition("_")
    key = SORTS.get(kind, {}).get(word)
    if key is not None and way in ("asc", "desc"):
        listed.sort(key=key, reverse=way == "desc")
    more = books.switch("total") == "with_deleted" and ledger.DELETED not in states
    return listed, len(rows) if more else len(listed)


def states_asked(query: QueryDict) -> set[int]:
    """Standing and archived ones, unless a state is asked for."""
    asked = query.get("search[vis_state]")
    return {int(asked)} if asked in ("0", "1", "2") else {0, 2}


def tests_of(books: Business, kind: str, query: QueryDict) -> list[Callable[[Content], bool]]:
    """What an object must pass; names that are not known narrow nothing."""
    honoured = books.switch("documented_filters") == "honoured"
    out: list[Callable[[Content], bool]] = []
    for name, each in FILTERS.get(kind, {}).items():
        asked = query.getlist(f"search[{name}]") or query.getlist(f"search[{name}][]")
        if asked and (each.live or honoured):
            out.append(partial(told, each.test, books, asked))
    for name, is_so in FLAGS.get(kind, {}).items():
        if name in query:
            out.append(partial(flagged, is_so, books, str(query[name]).lower() == "true"))
    return out


def told(test: Test, books: Business, asked: list[str], one: Content) -> bool:
    return test(books, one, asked)


def flagged(
    is_so: Callable[[Business, Content], bool], books: Business, wanted: bool, one: Content
) -> bool:
    return is_so(books, one) == wanted


def page(books: Business, kind: str, query: QueryDict) -> tuple[list[Content], Content]:
    """One page, and what the envelope says of it; past the end there is nothing."""
    rows, total = found(books, kind, query)
    size = number(query, "per_page", int(books.settings["default_per_page"]), 1013)
    size = min(size or int(books.settings["default_per_page"]), LARGEST_PAGE)
    at = number(query, "page", 1, 1014) or 1
    told: Content = {"page": at, "pages": -(-total // size), "per_page": size, "total": total}
    if "sort" in query:
        told["sort"] = query["sort"]
    return rows[(at - 1) * size : at * size], told


def number(query: QueryDict, name: str, default: int, errno: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit():
        raise Refused(errno, f"{name} must be a whole number.", name, text)
    return int(text)
