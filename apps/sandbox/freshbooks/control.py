"""The control of simulated FreshBooks: how tests and the demo set the stage. JSON, this machine only."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from .. import asking, traffic
from ..clock import clock
from ..controlling import CLOCK, NotFound, answering, forgetters, move_clock, read_clock
from ..models import BookRow, BusinessRow, SignInRow, TokenPairRow
from ..storage import one_writer
from . import acts, callbacks, charts, credits, invoices, keeping, ledger, store, wire
from .businesses import open_business
from .identity import App, app
from .injection import ARMING, armory
from .kinds import KINDS
from .limits import windows
from .shapes import recorder
from .store import Business, working
from .switches import READERS

Json = Any
NOTHING: asking.Spec = {}
OPENING: asking.Spec = {"name": asking.words, "person": asking.words, **READERS}
SETTING: asking.Spec = {"name": asking.words, **READERS}
APP: asking.Spec = {
    "refresh_created_at": asking.one_of("now", "first"),
    "refresh_redirect": asking.one_of("required", "optional"),
    "old_access": asking.one_of("dies", "lives"),
}
# Switches that decide what stands where: what is in the books already follows them.
REPOSTING = {"credits_on", "tax_accounts", "prepayment_lines", "tax_rounding", "half_rounding"}
# How many words follow some of a business's controls: a kind, and an id.
WORDS_AFTER = {"objects": 1, "notes": 2}
# Where a kind keeps the words that staff leave on it.
NOTED = {"clients": "note", "payments": "note", "invoices": "notes", "credit_notes": "notes"}
TOKENS = ("expire_access", "revoke_grant")
DELIVERING: asking.Spec = {"backwards": asking.flag, "doubled": asking.flag}


def control(request: HttpRequest, what: str) -> HttpResponse:
    return answering(request, what, route, wire.encode)


def route(method: str, parts: list[str], body: Json) -> Json:
    if parts[0] == "businesses" and len(parts) > 1:
        books = store.business(parts[1])
        if books is None:
            raise NotFound(f"There is no business {parts[1]}.")
        what, rest = parts[2] if len(parts) > 2 else "", parts[3:]
        rule = OF_ONE.get((method, what))
        if rule is not None and len(rest) == WORDS_AFTER.get(what, 0):
            spec = acts_or(SPECS.get((method, what), NOTHING), what, body)
            return rule(books, rest, asking.read(spec, body, f"{method} {what or 'a business'}"))
    plain = RULES.get((method, "/".join(parts)))
    if plain is None:
        raise NotFound(f"There is no control {method} {'/'.join(parts)}.")
    return plain(asking.read(SPECS.get((method, parts[0]), NOTHING), body, f"{method} {parts[0]}"))


def acts_or(spec: asking.Spec, what: str, body: Json) -> asking.Spec:
    """An act checks its options itself."""
    if what == "act" and isinstance(body, dict):
        return dict.fromkeys(body, asking.anything)
    return spec


# --- all businesses ----------------------------------------------------------------------------
def about(business: int, account: str, uuid: str, name: str, person: str) -> Json:
    told = {"business_id": business, "account_id": account, "business_uuid": uuid}
    return {**told, "name": name, "person": person}


def open_one(body: Json) -> Json:
    """`{name, person, role, …settings}` -> its three ids."""
    name, person = body.pop("name", "Sample Business"), body.pop("person", "")
    with one_writer:
        books = open_business(name, person, body)
    return about(books.id, books.account, books.uuid, books.name, books.person)


def listed(body: Json) -> Json:
    rows = BusinessRow.objects.order_by("business")
    return [about(one.business, one.account, one.uuid, one.name, one.person) for one in rows]


def set_app(body: Json) -> Json:
    """What is set for the app over all businesses."""
    for name, value in body.items():
        setattr(app, name, value)
    return {name: getattr(app, name) for name in APP}


def reset(body: Json) -> Json:
    """Forget every business, grant, fault and counter; the clock stays."""
    with one_writer, transaction.atomic(using="sandbox"):
        keys = [f"freshbooks {one}" for one in BusinessRow.objects.values_list("pk", flat=True)]
        for model in (BookRow, SignInRow, TokenPairRow, BusinessRow):
            model._default_manager.all().delete()
    for key in keys:
        traffic.forget(key)
    armory.disarm()
    store.forget()
    keeping.forget_kept()
    callbacks.forget()
    windows.forget()
    recorder.on = False
    recorder.clear()
    for name in APP:
        setattr(app, name, getattr(App, name))
    return {}


def forget_all() -> None:
    reset({})


forgetters.append(forget_all)


def read_shapes(body: Json) -> Json:
    return recorder.as_json()


def record_shapes(body: Json) -> Json:
    recorder.on = bool(body["recording"])
    return {"recording": recorder.on}


def clear_shapes(body: Json) -> Json:
    recorder.clear()
    return {}


# --- one business --------------------------------------------------------------------------------
def state(books: Business, rest: list[str], body: Json) -> Json:
    with books.lock:
        return {
            **about(books.id, books.account, books.uuid, books.name, books.person),
            "settings": books.settings,
            "objects": {kind: len(found) for kind, found in books.objects.items() if found},
            "deleted": {
                kind: count
                for kind, found in books.objects.items()
                if (count := sum(one["vis_state"] == 1 for one in found.values()))
            },
            "doubles": doubles(books),
            "ledger_difference": sum(cents for _, _, cents in ledger.entries(books)),
            **traffic.traffic_of(books.key).as_json(),
        }


def doubles(books: Business) -> Json:
    """What stands in the books twice: the same number, the same note of money; deleted ones do not
    count, and an empty note is none."""
    numbers: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for kind, name in (("invoices", "invoice_number"), ("credit_notes", "credit_number")):
        numbers.update(f"{kind} {one[name]}" for one in books.all(kind) if one["vis_state"] != 1)
    for one in books.all("payments"):
        if one["vis_state"] != 1 and one.get("note") and one.get("invoiceid"):
            notes[f"payments {one['note']} of {one['invoiceid']}"] += 1
    for one in books.all("credit_notes"):
        if one["vis_state"] != 1 and one.get("notes"):
            notes[f"credit_notes {one['notes']}"] += 1
    for one in books.all("clients"):
        if one["vis_state"] != 1:
            names[f"clients {one['organization']}"] += 1
    return {
        "numbers": sorted(key for key, count in numbers.items() if count > 1),
        "notes": sorted(key for key, count in notes.items() if count > 1),
        "names": sorted(key for key, count in names.items() if count > 1),
    }


def objects(books: Business, rest: list[str], body: Json) -> Json:
    """All objects of a kind as the API answers them in full, deleted ones too, oldest first."""
    kind = next((one for one in KINDS.values() if one.name == rest[0]), None)
    if kind is None:
        raise NotFound(f"There is no kind {rest[0]}.")
    with books.lock:
        books.now = clock.now()
        return [kind.answer(books, one, {"lines", "contacts"}) for one in books.all(kind.name)]


def notes(books: Business, rest: list[str], body: Json) -> Json:
    """The one note that an object has, if it has one: `[{id, note, file}]`."""
    with books.lock:
        found = books.find(rest[0], rest[1]) if rest[0] in NOTED else None
        if found is None:
            raise NotFound(f"There is no {rest[0]} {rest[1]}.")
        words = found.get(NOTED[rest[0]])
        return [{"id": "", "note": words, "file": ""}] if words else []


def balances(books: Business, rest: list[str], body: Json) -> Json:
    """The ledger itself, a row for each sub-account and currency, to the last day that is in it."""
    with books.lock:
        rows = []
        for code in sorted(currencies(books)):
            for account, cents in ledger.balances(books, code).items():
                sub = books.objects["accounts"][account]
                rows.append(
                    {
                        "sub_accountid": account,
                        "number": charts.full_number(books, sub),
                        "name": sub["name"],
                        "code": code,
                        "balance": f"{wire.Decimal(cents).scaleb(-2):.2f}",
                    }
                )
    return {"rows": sorted(rows, key=lambda one: (one["code"], one["number"]))}


def currencies(books: Business) -> set[str]:
    return {
        str(entry[3])
        for kind in ledger.ENTRIES
        for one in books.all(kind)
        for entry in one["entries"]
    }


def journal(books: Business, rest: list[str], body: Json) -> Json:
    """Every debit and credit, with what posted it."""
    with books.lock:
        numbers = {one["id"]: charts.full_number(books, one) for one in books.all("accounts")}
        return [
            {
                "kind": kind,
                "id": one["id"],
                "account": numbers[account],
                "date": day,
                "amount": f"{wire.Decimal(cents).scaleb(-2):.2f}",
                "code": code,
            }
            for kind in ledger.ENTRIES
            for one in books.all(kind)
            for account, day, cents, code in one["entries"]
        ]


def arm(books: Business, rest: list[str], body: Json) -> Json:
    if body.get("act") is not None:
        acts.check(body["act"])
    return armory.arm(books.key, body).as_json()


def armed(books: Business, rest: list[str], body: Json) -> Json:
    return armory.of(books.key)


def disarm(books: Business, rest: list[str], body: Json) -> Json:
    armory.disarm(books.key)
    return {}


def move_tokens(books: Business, rest: list[str], body: Json) -> Json:
    """`{expire_access | revoke_grant: true}`, for all that its person consented to."""
    if not any(body.values()):
        raise ValueError(f"one of {', '.join(TOKENS)} is true")
    with one_writer:
        mine = TokenPairRow.objects.filter(person=books.person)
        if body.get("expire_access"):
            mine.update(expires_us=0)
        if body.get("revoke_grant"):
            mine.update(dead=True)
    return {name: True for name, wanted in body.items() if wanted}


def set_up(books: Business, rest: list[str], body: Json) -> Json:
    """Change preferences, switches and limits by name; `name` renames."""
    if "currency_code" in body:
        raise ValueError("a business keeps its currency")
    with working(books):
        books.name = body.pop("name", books.name)
        books.settings |= body
        books.row_moved = True
        if REPOSTING & set(body):
            repost(books)
    if "limits" in body:
        windows.forget(books.key)
    return books.settings


def repost(books: Business) -> None:
    """Sums and entries of all documents anew, under the switches as they are now."""
    for invoice in books.all("invoices"):
        invoices.refresh(books, books.edit("invoices", invoice["id"], touch=False))
    for credit in books.all("credit_notes"):
        credits.refresh(books, books.edit("credit_notes", credit["id"], touch=False))
    for kind in ("expenses", "other_incomes"):
        for one in books.all(kind):
            ledger.post(books, kind, books.edit(kind, one["id"], touch=False))


def act(books: Business, rest: list[str], body: Json) -> Json:
    done = acts.perform(books, body)
    callbacks.collect(books)
    return done


def deliver(books: Business, rest: list[str], body: Json) -> Json:
    """Send the webhooks that wait -> what their receivers answered."""
    return callbacks.deliver(books.id, **body)


def forget_traffic(books: Business, rest: list[str], body: Json) -> Json:
    traffic.forget(books.key)
    return {}


def keep(books: Business, rest: list[str], body: Json) -> Json:
    """Put the business aside as it stands -> `{rows}`."""
    return {"rows": keeping.keep(books)}


def bring_back(books: Business, rest: list[str], body: Json) -> Json:
    """As it was kept: objects, numbers, grants, counted calls; faults are disarmed."""
    return {"rows": keeping.bring_back(books)}


RULES: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("POST", "businesses"): open_one,
    ("GET", "businesses"): listed,
    ("POST", "app"): set_app,
    ("POST", "clock"): move_clock,
    ("GET", "clock"): read_clock,
    ("POST", "reset"): reset,
    ("GET", "shapes"): read_shapes,
    ("POST", "shapes"): record_shapes,
    ("DELETE", "shapes"): clear_shapes,
}
# What the body of a call may hold; any other call takes none. Keyed as the rules are.
SPECS: dict[tuple[str, str], asking.Spec] = {
    ("POST", "businesses"): OPENING,
    ("POST", "app"): APP,
    ("POST", "clock"): CLOCK,
    ("POST", "shapes"): {"recording": asking.flag},
    ("POST", "tokens"): dict.fromkeys(TOKENS, asking.flag),
    ("POST", "set"): SETTING,
    ("POST", "faults"): ARMING,
    ("POST", "deliver"): DELIVERING,
}
OF_ONE: dict[tuple[str, str], Callable[[Business, list[str], Json], Json]] = {
    ("GET", ""): state,
    ("GET", "objects"): objects,
    ("GET", "notes"): notes,
    ("GET", "trial-balance"): balances,
    ("GET", "journal"): journal,
    ("POST", "faults"): arm,
    ("GET", "faults"): armed,
    ("DELETE", "faults"): disarm,
    ("POST", "tokens"): move_tokens,
    ("POST", "set"): set_up,
    ("POST", "act"): act,
    ("POST", "deliver"): deliver,
    ("DELETE", "traffic"): forget_traffic,
    ("POST", "keep"): keep,
    ("POST", "bring-back"): bring_back,
}
