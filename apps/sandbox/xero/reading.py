"""Lists: which objects, in what order, which page, in how much detail."""

from datetime import UTC, datetime
from typing import Any

from .kinds import Call, Kind
from .refusals import Reply, Stopped, bad_query, not_found
from .store import Content, Organisation, moment
from .where import ordered, where

USUAL_PAGE, LONGEST_PAGE = 100, 1000
# Without page these come without their lines.
SUMMARISED = ("Invoices", "CreditNotes", "BankTransactions", "Overpayments", "Prepayments")


def whole_number(call: Call, name: str, usual: int, most: int) -> int:
    told = call.params.get(name, "")
    if not told:
        return usual
    if not told.isdigit() or not 1 <= int(told) <= most:
        raise bad_query(f"{name} must be a number between 1 and {most}")
    return int(told)


def listed(org: Organisation, kind: Kind, call: Call) -> tuple[list[Content], Content | None]:
    """What a list answers, and its pagination where a page was asked for."""
    chosen = [one for one in asked_for(org, kind, call) if shown(org, kind, call, one)]
    chosen = modified(org, kind, call, chosen)
    form = detail(kind, call)
    # A filter looks at what is answered: only then all of it is made out before the page is cut.
    rendered = None
    if call.params.get("where") or call.params.get("order"):
        rendered = [kind.render(org, one, form, call.unitdp) for one in chosen]
        rendered = narrowed(rendered, call)
    count = len(chosen if rendered is None else rendered)
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
    if rendered is not None:
        return rendered[first:last], pagination
    return [kind.render(org, one, form, call.unitdp) for one in chosen[first:last]], pagination


def narrowed(rendered: list[Content], call: Call) -> list[Content]:
    if call.params.get("where"):
        test = where(call.params["where"])
        rendered = [one for one in rendered if test(one)]
    if call.params.get("order"):
        rendered = ordered(rendered, call.params["order"])
    return rendered


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


def shown(org: Organisation, kind: Kind, call: Call, one: Content) -> bool:
    status = one.get("status", "")
    archived = status == "ARCHIVED" and kind.plural in ("Contacts", "TrackingCategories")
    if archived and not call.flag("includearchived"):
        return False
    if kind.plural in ("Accounts", "TaxRates") and status == "DELETED":
        return False
    deleted = status == "DELETED" and kind.plural in ("Invoices", "CreditNotes")
    if deleted and org.switch("deleted_in_lists") == "hide":
        return False
    wanted = [each.upper() for each in split(call, "statuses")]
    if wanted and kind.plural == "Invoices" and status not in wanted:
        return False
    people = split(call, "contactids")
    if people and kind.plural == "Invoices" and one["contact"] not in people:
        return False
    if call.flag("createdbymyapp") and kind.plural == "Invoices" and one.get("app") != call.app:
        return False
    references = split(call, "references")
    if references and kind.plural in ("Overpayments", "Prepayments"):
        return one["reference"] in references
    return found_by_term(kind, call.params.get("searchterm", "").lower(), one)


def found_by_term(kind: Kind, term: str, one: Content) -> bool:
    if not term or kind.plural not in ("Invoices", "Contacts"):
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
