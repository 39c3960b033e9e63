"""The control of simulated Xero: how tests and the demo set the stage. JSON, this machine only."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from .. import asking, traffic
from ..clock import clock, microseconds
from ..controlling import CLOCK, NotFound, answering, forgetters, move_clock, read_clock
from ..deliveries import DELIVERING
from ..models import (
    AnswerRow,
    ConnectionRow,
    ConsentRow,
    ObjectRow,
    OrganisationRow,
    RefreshTokenRow,
)
from ..storage import one_writer
from . import acts, attachments, keeping, ledger, store, webhooks, wire
from .identity import App, app
from .injection import ARMING, armory
from .kinds import KINDS
from .limits import windows
from .organisations import open_organisation
from .reports import class_of
from .shapes import recorder
from .store import Content, Organisation, working
from .switches import READERS

Json = Any
NOTHING: asking.Spec = {}
OPENING: asking.Spec = {"name": asking.words, "person": asking.words, **READERS}
SETTING: asking.Spec = {"name": asking.words, **READERS}
APP: asking.Spec = {
    "bulk_connections": asking.flag,
    "broad_scopes": asking.one_of("refuse", "accept"),
    "reconsent_event": asking.one_of("first", "new"),
    "renews_when_closed": asking.one_of("renews", "refused"),
}
# How many words follow some of an organisation's controls: a kind, and an id.
WORDS_AFTER = {"objects": 1, "notes": 2}
TOKENS = ("expire_access", "revoke_grant", "expire_refresh")


def control(request: HttpRequest, what: str) -> HttpResponse:
    return answering(request, what, route, wire.encode)


def route(method: str, parts: list[str], body: Json) -> Json:
    if parts[0] == "organisations" and len(parts) > 1:
        org = store.organisation(parts[1])
        if org is None:
            raise NotFound(f"There is no organisation {parts[1]}.")
        what, rest = parts[2] if len(parts) > 2 else "", parts[3:]
        rule = OF_ONE.get((method, what))
        if rule is not None and len(rest) == WORDS_AFTER.get(what, 0):
            spec = acts_or(SPECS.get((method, what), NOTHING), what, body)
            return rule(org, rest, asking.read(spec, body, f"{method} {what or 'an organisation'}"))
    plain = RULES.get((method, "/".join(parts)))
    if plain is None:
        raise NotFound(f"There is no control {method} {'/'.join(parts)}.")
    return plain(asking.read(SPECS.get((method, parts[0]), NOTHING), body, f"{method} {parts[0]}"))


def acts_or(spec: asking.Spec, what: str, body: Json) -> asking.Spec:
    """An act checks its options itself."""
    if what == "act" and isinstance(body, dict):
        return dict.fromkeys(body, asking.anything)
    return spec


# --- all organisations -------------------------------------------------------------------------
def open_one(body: Json) -> Json:
    """`{name, person, version, …settings}` -> `{tenant_id}`."""
    name, person = body.pop("name", "Sample Organisation"), body.pop("person", "")
    with one_writer:
        org = open_organisation(name, person, body)
    return {"tenant_id": org.tenant, "name": org.name, "person": org.person}


def listed(body: Json) -> Json:
    rows = OrganisationRow.objects.order_by("name")
    return [{"tenant_id": one.tenant, "name": one.name, "person": one.person} for one in rows]


def set_app(body: Json) -> Json:
    """What is set for the app over all organisations."""
    for name, value in body.items():
        setattr(app, name, value)
    return {name: getattr(app, name) for name in APP}


def reset(body: Json) -> Json:
    """Forget every organisation, grant, fault and counter; the clock stays."""
    models = (AnswerRow, ConnectionRow, ConsentRow, RefreshTokenRow, ObjectRow)
    with one_writer, transaction.atomic(using="sandbox"):
        tenants = list(OrganisationRow.objects.values_list("pk", flat=True))
        for model in (*models, OrganisationRow):
            model._default_manager.all().delete()
    for tenant in tenants:
        traffic.forget(tenant)
    armory.disarm()
    store.forget()
    keeping.forget_kept()
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


# --- one organisation ---------------------------------------------------------------------------
def state(org: Organisation, rest: list[str], body: Json) -> Json:
    with org.lock:
        balances = ledger.balances(org)
        return {
            "tenant_id": org.tenant,
            "name": org.name,
            "person": org.person,
            "settings": org.settings,
            "objects": {kind: len(found) for kind, found in org.objects.items() if found},
            "statuses": {
                kind: dict(Counter(one.get("status", "") for one in found.values()))
                for kind, found in org.objects.items()
                if found
            },
            "doubles": doubles(org),
            "ledger_difference": sum(balances.values()),
            "connections": ConnectionRow.objects.filter(tenant=org.tenant).count(),
            **traffic.traffic_of(org.tenant).as_json(),
        }


def doubles(org: Organisation) -> Json:
    """What stands in the books twice: the same number, or the same reference of money.

    What is deleted or voided does not count; an empty reference is none. Payments of one batch
    share theirs rightly, and so do payments of different documents.
    """
    numbers: Counter[str] = Counter()
    references: Counter[str] = Counter()
    for kind in ("Invoices", "CreditNotes"):
        for one in org.all(kind):
            if one["status"] not in ("DELETED", "VOIDED") and one["number"]:
                numbers[f"{kind} {one['number']}"] += 1
    for one in org.all("Payments"):
        if one["status"] == "AUTHORISED" and one["reference"]:
            references[f"Payments {one['reference']} of {one['target'][1]}"] += 1
    for kind in ("BankTransactions", "BatchPayments"):
        for one in org.all(kind):
            text = one.get("reference") or next(iter(one.get("texts", {}).values()), "")
            transfer = str(one.get("type", "")).endswith("-TRANSFER")
            if one["status"] == "AUTHORISED" and text and not transfer:
                references[f"{kind} {text}"] += 1
    descriptions: Counter[str] = Counter(
        f"{kind} {one['lines'][0].get('description', '')} {one['total']}"
        for kind in ("Overpayments", "Prepayments")
        for one in org.all(kind)
        if one["status"] != "VOIDED"
    )
    return {
        "numbers": sorted(key for key, count in numbers.items() if count > 1),
        "references": sorted(key for key, count in references.items() if count > 1),
        "on_account": sorted(key for key, count in descriptions.items() if count > 1),
    }


def objects(org: Organisation, rest: list[str], body: Json) -> Json:
    """All objects of a kind as the API answers them in full, in the order they were made."""
    kind = KINDS.get(rest[0].lower())
    if kind is None:
        raise NotFound(f"There is no kind {rest[0]}.")
    with org.lock:
        org.now = clock.now()
        return [kind.render(org, one, "list", 4) for one in org.all(kind.plural)]


def notes(org: Organisation, rest: list[str], body: Json) -> Json:
    """Notes of the history, then files of an object, each oldest first: `[{id, note, file}]`."""
    kind = KINDS.get(rest[0].lower())
    with org.lock:
        found = org.find(kind.plural, rest[1]) if kind else None
        if found is None:
            raise NotFound(f"There is no {rest[0]} {rest[1]}.")
        told = [one for one in found.get("history", ()) if one["changes"] == "Note"]
        return [
            *({"id": "", "note": one["details"], "file": ""} for one in told),
            *(
                {"id": one["id"], "note": "", "file": one["name"]}
                for one in attachments.of(org, found)
            ),
        ]


def balances(org: Organisation, rest: list[str], body: Json) -> Json:
    """The ledger itself: no year closed."""
    with org.lock:
        rows = []
        for account, cents in ledger.balances(org).items():
            found = org.objects["Accounts"][account]
            rows.append(
                {
                    "account": account,
                    "code": found.get("code", ""),
                    "name": found["name"],
                    "class": class_of(org, account),
                    "debit": Decimal(max(cents, 0)).scaleb(-2),
                    "credit": Decimal(max(-cents, 0)).scaleb(-2),
                }
            )
    return {
        "rows": sorted(rows, key=lambda one: str(one["code"])),
        "debit": sum((one["debit"] for one in rows), Decimal(0)),
        "credit": sum((one["credit"] for one in rows), Decimal(0)),
    }


def journal(org: Organisation, rest: list[str], body: Json) -> Json:
    """Every debit (above nought) and credit in base currency, with what posted it."""
    with org.lock:
        accounts = org.objects["Accounts"]
        return [
            {
                "kind": kind,
                "id": one["id"],
                "account": account,
                "code": accounts[account].get("code", ""),
                "name": accounts[account]["name"],
                "date": day,
                "amount": f"{Decimal(cents).scaleb(-2):.2f}",
            }
            for kind in ledger.ENTRIES
            for one in org.all(kind)
            for account, day, cents in one.get("entries", ())
        ]


def arm(org: Organisation, rest: list[str], body: Json) -> Json:
    acts_told = body.get("act")
    if acts_told is not None:
        acts.check(acts_told)
    return armory.arm(org.tenant, body).as_json()


def armed(org: Organisation, rest: list[str], body: Json) -> Json:
    return armory.of(org.tenant)


def disarm(org: Organisation, rest: list[str], body: Json) -> Json:
    armory.disarm(org.tenant)
    return {}


def move_tokens(org: Organisation, rest: list[str], body: Json) -> Json:
    """`{expire_access | expire_refresh | revoke_grant: true}`."""
    if not any(body.values()):
        raise ValueError(f"one of {', '.join(TOKENS)} is true")
    if body.get("expire_access"):
        change(org, {"tokens_before": microseconds(clock.now())})
    with one_writer, transaction.atomic(using="sandbox"):
        mine = RefreshTokenRow.objects.filter(person=org.person)
        if body.get("expire_refresh"):
            mine.update(created_us=0)
        if body.get("revoke_grant"):
            mine.delete()
            ConnectionRow.objects.filter(person=org.person).delete()
    return {name: True for name, wanted in body.items() if wanted}


def change(org: Organisation, settings: Content) -> None:
    with working(org):
        org.settings |= settings
        org.row_moved = True


def set_up(org: Organisation, rest: list[str], body: Json) -> Json:
    """Change preferences, switches and limits by name; `name` renames."""
    if "base_currency" in body or "version" in body:
        raise ValueError("an organisation keeps its version and its base currency")
    with org.lock:
        org.name = body.pop("name", org.name)
        change(org, body)
    if "limits" in body:
        windows.forget(org.tenant)
    return org.settings


def act(org: Organisation, rest: list[str], body: Json) -> Json:
    return acts.perform(org, body)


def forget_traffic(org: Organisation, rest: list[str], body: Json) -> Json:
    traffic.forget(org.tenant)
    return {}


def keep(org: Organisation, rest: list[str], body: Json) -> Json:
    """Put the organisation aside as it stands -> `{rows}`."""
    return {"rows": keeping.keep(org)}


def bring_back(org: Organisation, rest: list[str], body: Json) -> Json:
    """As it was kept: objects, numbers, grants, answers under keys; faults are disarmed."""
    return {"rows": keeping.bring_back(org)}


RULES: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("POST", "organisations"): open_one,
    ("GET", "organisations"): listed,
    ("POST", "app"): set_app,
    ("POST", "clock"): move_clock,
    ("GET", "clock"): read_clock,
    ("POST", "reset"): reset,
    ("POST", "webhook"): webhooks.point,
    ("POST", "deliver"): webhooks.deliver,
    ("POST", "probe"): webhooks.probe,
    ("GET", "shapes"): read_shapes,
    ("POST", "shapes"): record_shapes,
    ("DELETE", "shapes"): clear_shapes,
}
# What the body of a call may hold; any other call takes none. Keyed as the rules are.
SPECS: dict[tuple[str, str], asking.Spec] = {
    ("POST", "organisations"): OPENING,
    ("POST", "app"): APP,
    ("POST", "clock"): CLOCK,
    ("POST", "shapes"): {"recording": asking.flag},
    ("POST", "tokens"): dict.fromkeys(TOKENS, asking.flag),
    ("POST", "set"): SETTING,
    ("POST", "faults"): ARMING,
    ("POST", "webhook"): webhooks.POINTING,
    ("POST", "deliver"): DELIVERING,
}
OF_ONE: dict[tuple[str, str], Callable[[Organisation, list[str], Json], Json]] = {
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
    ("DELETE", "traffic"): forget_traffic,
    ("POST", "keep"): keep,
    ("POST", "bring-back"): bring_back,
}
