"""Lists: which objects, in what order, which page, in how much detail."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from .kinds import Call, Kind
from .refusals import Reply, Stopped, bad_query, not_found
from .store import Content, Organisation, moment
from .where import ordered, where

USUAL_PAGE, LONGEST_PAGE = 100, 1000
Test = Callable[[Content], bool]
# What an answer says in the words of the books: all objects of a list are sorted and filtered by it.
DOCUMENT: dict[str, Callable[[Content], Any]] = {
    "UpdatedDateUTC": moment,
    "Type": itemgetter("type"),
    "Status": itemgetter("status"),
}
AT_HAND: dict[str, dict[str, Callable[[Content], Any]]] = {
    **dict.fromkeys(
        ("Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions"), DOCUMENT
    ),
    "Payments": {"UpdatedDateUTC": moment, "Status": itemgetter("status")},
}
# Without page these come without their lines.
SUMMARISED = ("Invoices", "CreditNotes", "BankTransactions", "Overpayments", "Prepayments")


def whole_number(call: Call, name: str, usual: int, most: int) -> int:
    told = call.params.get(name, "")
    if not told:
        return usual
    if not told.isdigit() or not 1 <= int(told) <= most:
        raise bad_query(f"{name} must be a number between 1 and {most}")
    return int(told)


class Answered:
    """An object as it will be answered: made out whole only where a filter asks for more of it than
    its books hold in the same words."""

    def __init__(self, org: Organisation, kind: Kind, content: Content, call: Call) -> None:
        self._org, self._kind, self._content, self._call = org, kind, content, call
        self._at_hand = AT_HAND.get(kind.plural, {})
        self._whole: Content | None = None

    def get(self, name: str) -> Any:
        if self._whole is None and name in self._at_hand:
            return self._at_hand[name](self._content)
        return self.whole.get(name)

    @property
    def whole(self) -> Content:
        if self._whole is None:
            form = detail(self._kind, self._call)
            self._whole = self._kind.render(self._org, self._content, form, self._call.unitdp)
        return self._whole


def listed(org: Organisation, kind: Kind, call: Call) -> tuple[list[Content], Content | None]:
    """What a list answers, and its pagination where a page was asked for."""
    is_shown = shown(org, kind, call)
    chosen = [one for one in asked_for(org, kind, call) if is_shown(one)]
    chosen = modified(org, kind, call, chosen)
    found = narrowed([Answered(org, kind, one, call) for one in chosen], call)
    count = len(found)
    pagination = None
    first, last = 0, count
    if kind.paged and call.params.get("page"):
        page = whole_number(call, "page", 1, 10**9)
        size = whole_number(call, "pagesize", USUAL_PAGE, LONGEST_PAGE)
        first, last = (page - 1) * size, page * size
        pages = -(-count // size)
        if page > max(pages, 1) and org.switch("past_the_end") == "not_found":
            raise not_found()
        pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": count}
    return [one.whole for one in found[first:last]], pagination


def narrowed(found: list[Answered], call: Call) -> list[Answered]:
    if call.params.get("where"):
        test = where(call.params["where"])
        found = [one for one in found if test(one)]
    if call.params.get("order"):
        found = ordered(found, call.params["order"])
    return found


def detail(kind: Kind, call: Call) -> str:
    if kind.plural == "Contacts":
        return "summary" if call.flag("summaryonly") else "list"
    paged = bool(call.params.get("page"))
    light = call.flag("summaryonly") or (kind.plural in SUMMARISED and not paged)
    return "light" if light else "list"


def asked_for(org: Organisation, kind: Kind, call: Call) -> list[Content]:
    """By ids (one that is unknown makes the whole list a 404), by numbers, or all."""
    ids = split(call, "ids")
    if ids and kind.plural in ("Invoices", "CreditNotes", "Contacts"):
        found = [org.find(kind.plural, one) for one in ids]
        if any(one is None for one in found):
            raise not_found()
        return [one for one in found if one is not None]
    numbers = split(call, "invoicenumbers")
    if numbers and kind.plural == "Invoices":
        return [one for number in numbers for one in org.by("Invoices", "number", number)]
    return org.all(kind.plural)


def split(call: Call, name: str) -> list[str]:
    return [one.strip() for one in call.params.get(name, "").split(",") if one.strip()]


def shown(org: Organisation, kind: Kind, call: Call) -> Test:
    """What a list shows of a kind, by what was asked."""
    plural, tests = kind.plural, list[Test]()
    if plural in ("Contacts", "TrackingCategories") and not call.flag("includearchived"):
        tests.append(lambda one: one.get("status", "") != "ARCHIVED")
    if plural in ("Accounts", "TaxRates"):
        tests.append(lambda one: one.get("status", "") != "DELETED")
    if plural in ("Invoices", "CreditNotes") and org.switch("deleted_in_lists") == "hide":
        tests.append(lambda one: one.get("status", "") != "DELETED")
    if plural == "Invoices":
        tests += of_invoices(call)
    references = split(call, "references")
    if references and plural in ("Overpayments", "Prepayments"):
        tests.append(lambda one: one["reference"] in references)
    elif term := call.params.get("searchterm", "").lower():
        tests.append(lambda one: found_by_term(kind, term, one))
    return lambda one: all(test(one) for test in tests)


def of_invoices(call: Call) -> Iterator[Test]:
    if wanted := [each.upper() for each in split(call, "statuses")]:
        yield lambda one: one.get("status", "") in wanted
    if people := split(call, "contactids"):
        yield lambda one: one["contact"] in people
    if call.flag("createdbymyapp"):
        yield lambda one: one.get("app") == call.app


def found_by_term(kind: Kind, term: str, one: Content) -> bool:
    if kind.plural not in ("Invoices", "Contacts"):
        return True
    names = ("number", "reference") if kind.plural == "Invoices" else ("name", "email", "number")
    return any(term in str(one.get(name) or "").lower() for name in names)


def modified(org: Organisation, kind: Kind, call: Call, chosen: list[Content]) -> list[Content]:
    """If-Modified-Since, to the second; nothing newer is an empty list, or 304."""
    told = call.headers.get("If-Modified-Since", "")
    if not told or not kind.modified:
        return chosen
    since = read_moment(told)
    exclusive = org.switch("modified_since") == "exclusive"
    fine = org.switch("modified_precision") == "millisecond"

    def newer(one: Content) -> bool:
        at = moment(one) if fine else moment(one).replace(microsecond=0)
        return at > since if exclusive else at >= since

    found = [one for one in chosen if newer(one)]
    if not found and org.switch("nothing_modified") == "304":
        raise Stopped(Reply(304, content_type=""))
    return found


def read_moment(told: str) -> datetime:
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise bad_query("If-Modified-Since is not a date") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.replace(microsecond=0)


def one(org: Organisation, kind: Kind, identity: str, call: Call) -> Any:
    return kind.render(org, named(org, kind, identity), "single", call.unitdp)


def named(org: Organisation, kind: Kind, identity: str) -> Content:
    """By id, or by what else a path may name it by; 404 otherwise."""
    found = org.find(kind.plural, identity)
    for name in kind.names if found is None else ():
        found = found or next(iter(org.by(kind.plural, name, identity)), None)
    if found is None and kind.plural == "TaxRates":
        found = next((each for each in org.all("TaxRates") if each["type"] == identity), None)
    if found is None:
        raise not_found()
    return found
