"""Carry out one call that was let in: lists, single objects, writes in their phases."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from ..clock import clock
from . import charts, credits, invoices, other_money, reports, searching, wire
from .kinds import KINDS, Kind, named
from .refusals import Refused, Reply, Stopped, accounting, business_error
from .store import Business, Content, working

# Below the account; the newer resources lie below the business.
ACCOUNTS, DETAILS = (
    "journal_entry_accounts/journal_entry_accounts",
    "journal_entries/journal_entry_details",
)
SYSTEMS = "systems/systems"


@dataclass
class Call:
    """One request: its words below the account, its query, its body; `newer`: an API version."""

    method: str
    parts: list[str]
    query: QueryDict
    body: bytes = b""
    newer: bool = False
    # What a test armed for it.
    dropped: set[str] = field(default_factory=set)
    keep_status: Any = None
    told: str = "asked"
    twice: bool = False

    @property
    def path(self) -> str:
        return "/".join(self.parts[:2])

    @property
    def identity(self) -> str:
        return self.parts[2] if len(self.parts) > 2 else ""


class Undone(Exception):
    """The answer goes out, and nothing of it is kept: a lie that a test asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("undone")
        self.reply = reply


def execute(books: Business, call: Call, *, keep: bool = True) -> Reply:
    """Answer a call; a refusal leaves nothing behind."""
    as_200 = books.switch("errors_http") == "200"
    try:
        with working(books):
            reply = dispatch(books, call)
            if call.twice and call.method == "POST":
                again(books, call)
            if not keep:
                raise Undone(reply)
            return reply
    except Undone as undone:
        return undone.reply
    except Stopped as stopped:
        return stopped.reply
    except Refused as wrong:
        kind = KINDS.get(call.path)
        wrong.object = wrong.object or (kind.single if kind else "")
        return accounting(wrong, newer=call.newer, as_200=as_200 and wrong.status != 403)


def again(books: Business, call: Call) -> None:
    """The same write once more, as by a proxy that sent it twice; a refusal of it is nobody's."""
    try:
        with books.step():
            dispatch(books, call)
    except Refused:
        return


def result(content: Content) -> Reply:
    return Reply(200, {"response": {"result": content}})


def dispatch(books: Business, call: Call) -> Reply:
    if call.path.startswith("reports/accounting"):
        if call.method != "GET" or len(call.parts) != 3:
            raise Refused(1012, "Resource not found.")
        return result({call.identity: reports.run(books, call.identity, call.query)})
    if call.path == SYSTEMS:
        return about(books)
    if call.path in (ACCOUNTS, DETAILS):
        return journals_read(books, call)
    kind = KINDS.get(call.path)
    if kind is None:
        raise Refused(1012, "Resource not found.")
    if kind.name == "items" and not books.settings["items_feature"]:
        raise Refused(12001, "You do not have access to items.", object="item")
    if len(call.parts) > 3:
        return share_link(books, kind, call)
    rule = {"GET": read, "POST": create, "PUT": update, "DELETE": delete}.get(call.method)
    if rule is None:
        raise Refused(1012, "Resource not found.")
    return rule(books, kind, call)


def about(books: Business) -> Reply:
    """The settings of the account, as far as they matter here."""
    told = {"id": books.id, "systemid": books.id, "accounting_systemid": books.account}
    told |= {"currency_code": books.base, "name": books.name, "country": books.settings["country"]}
    return result({"system": told})


def share_link(books: Business, kind: Kind, call: Call) -> Reply:
    if kind.name != "invoices" or call.parts[3] != "share_link" or call.method != "GET":
        raise Refused(1012, "Resource not found.")
    invoice = named(books, kind, call.identity)
    if invoice["status"] == 1:
        raise Refused(1004, "A draft has no link.", "invoiceid", invoice["id"])
    told = {
        "resourceid": invoice["id"],
        "clientid": invoice["customerid"],
        "resource_type": "invoice",
        "share_link": f"https://my.freshbooks.com/#/link/{invoice['uuid']}",
        "share_method": "share_link",
    }
    return result({"share_link": told})


def journals_read(books: Business, call: Call) -> Reply:
    """Accounts and details of journals: whole lists, no filter works."""
    if call.method != "GET" or call.identity:
        raise Refused(1012, "Resource not found.")
    if call.path == ACCOUNTS:
        rows = [other_money.account_answer(books, one, set()) for one in charts.parents(books)]
    else:
        rows = [
            other_money.detail_answer(one, detail)
            for one in books.all("journal_entries")
            for detail in one["details"]
        ]
    size, at = searching.LARGEST_PAGE, searching.number(call.query, "page", 1, 1014) or 1
    told = {"page": at, "pages": -(-len(rows) // size), "per_page": size, "total": len(rows)}
    return result({call.parts[1]: rows[(at - 1) * size : at * size], **told})


def includes(call: Call) -> set[str]:
    return set(call.query.getlist("include[]"))


def shown(books: Business, kind: Kind, content: Content, call: Call) -> Reply:
    return result({kind.single: kind.answer(books, content, includes(call))})


def read(books: Business, kind: Kind, call: Call) -> Reply:
    if call.identity:
        found = named(books, kind, call.identity)
        if deleted(found) and books.switch("deleted_read") == "error_in_200":
            return accounting(gone(kind, found), newer=call.newer, as_200=True)
        return shown(books, kind, found, call)
    rows, told = searching.page(books, kind.name, call.query)
    return result({kind.plural: [kind.answer(books, one, includes(call)) for one in rows], **told})


def sent(call: Call, kind: Kind) -> Content:
    """The object under its singular key; what a test drops is gone already."""
    try:
        content = json.loads(call.body)
    except ValueError:
        raise Refused(1005, "The request body could not be parsed.") from None
    found = content.get(kind.single) if isinstance(content, dict) else None
    if not isinstance(found, dict):
        # Under another key nothing arrives, and the first required field is what is missed.
        found = {}
        if not isinstance(content, dict):
            raise Refused(1005, "The request body must be an object.")
    return without(found, call.dropped)


def without(content: Content, names: set[str]) -> Content:
    """Without these fields, in its lines too."""
    out = {name: value for name, value in content.items() if name not in names}
    if isinstance(out.get("lines"), list):
        out["lines"] = [
            without(one, names) if isinstance(one, dict) else one for one in out["lines"]
        ]
    return out


def create(books: Business, kind: Kind, call: Call) -> Reply:
    if call.identity or kind.make is None:
        raise Refused(1012, "Resource not found.")
    body = sent(call, kind)
    made = kind.make(books, body)
    books.tell(f"{kind.event}.create", made["id"])
    return otherwise(books, kind, made, body, call)


def update(books: Business, kind: Kind, call: Call) -> Reply:
    """Only the first phase that is present runs; everything else is dropped without a word."""
    if not call.identity or kind.change is None:
        raise Refused(1012, "Resource not found.")
    stands = named(books, kind, call.identity)
    body = sent(call, kind)
    content = books.edit(kind.name, stands["id"])
    event = "update"
    if "ext_vis_state" in body:
        pass
    elif "vis_state" in body and kind.deletes != "real":
        event = move(books, kind, content, body["vis_state"])
    elif action := next((one for one in kind.actions if body.get(one)), ""):
        if deleted(content):
            raise gone(kind, content)
        kind.actions[action](books, content)
        event = "sendByEmail" if action == "action_email" else event
    elif deleted(content):
        raise gone(kind, content)
    else:
        kind.change(books, content, body)
    books.tell(f"{kind.event}.{event}", content["id"])
    return otherwise(books, kind, books.objects[kind.name][content["id"]], body, call)


def deleted(content: Content) -> bool:
    return bool(content["vis_state"] == 1)


def gone(kind: Kind, content: Content) -> Refused:
    return Refused(1011, f"{kind.word} is deleted.", kind.identity, content["id"], kind.single)


def move(books: Business, kind: Kind, content: Content, state: Any) -> str:
    if state not in (0, 1, 2) or isinstance(state, bool):
        raise Refused(1004, "The field 'vis_state' must be 0, 1 or 2.", "vis_state", state)
    if state == 1:
        if not deleted(content):
            kind.end(books, content)
        return "delete"
    kind.move(books, content, state)
    return "update"


def delete(books: Business, kind: Kind, call: Call) -> Reply:
    if not call.identity or not kind.deletes:
        raise Refused(1012, "Resource not found.")
    found = named(books, kind, call.identity)
    if kind.deletes == "real":
        books.remove(kind.name, found["id"])
    elif not deleted(found):
        kind.end(books, books.edit(kind.name, found["id"]))
    books.tell(f"{kind.event}.delete", found["id"])
    return Reply(200, {"response": {}})


def otherwise(books: Business, kind: Kind, content: Content, body: Content, call: Call) -> Reply:
    """The answer; where a test armed it, another status is kept than the one that is told."""
    if call.keep_status is None:
        return shown(books, kind, content, call)
    truth = books.edit(kind.name, content["id"])
    asked = shown(books, kind, truth, call)
    truth["status"] = call.keep_status
    if kind.name == "invoices":
        invoices.refresh(books, truth)
    else:
        credits.refresh(books, truth)
    return asked if call.told == "asked" else shown(books, kind, truth, call)


# --- below the business ------------------------------------------------------------------------------
def ledger_accounts(books: Business, call: Call) -> Reply:
    """`ledger_accounts/accounts`: the chart, flat, in the newer shape."""
    with books.lock:
        books.now = clock.now()
        known = books.all("accounts")
        if call.method == "POST":
            return open_account(books, call)
        if call.method != "GET":
            return business_error(405, ("Method not allowed.", None))
        if call.identity:
            known = [one for one in known if one["uuid"] == call.identity]
            if not known:
                return business_error(404, ("Not found.", None))
            return Reply(200, {"data": as_data(books, known[0])})
        return Reply(200, {"data": [as_data(books, one) for one in known]})


def as_data(books: Business, account: Content) -> Content:
    return charts.as_data(books, account, wire.stamp_z(account["updated_us"]))


def open_account(books: Business, call: Call) -> Reply:
    try:
        told = json.loads(call.body)
    except ValueError:
        return business_error(400, ("The request could not be parsed.", None))
    missed = [one for one in ("name", "sub_type", "parent_account") if not told.get(one)]
    if missed:
        return business_error(400, *[("This field is required.", one) for one in missed])
    wanted = told["parent_account"]
    parent = next((one for one in charts.parents(books) if one["uuid"] == wanted), None)
    if parent is None:
        return business_error(400, ("Not found.", "parent_account"))
    with working(books):
        made = charts.add_sub(books, parent, str(told["name"]))
        return Reply(201, {"data": as_data(books, made)})
