"""The control API: how tests and the demo set the stage. JSON, from this machine only."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse

from .. import asking, traffic
from ..clock import clock, microseconds
from ..controlling import CLOCK, NotFound, answering, forgetters, move_clock, read_clock
from ..deliveries import DELIVERING
from ..models import AccessToken, Company, FileRow, Grant, Posting, Replay, StoredObject
from ..shapes import recorder
from ..storage import one_writer
from . import acts, auto_apply, companies, files, keeping, webhooks, wire
from .book import reading
from .currencies import NAMES
from .faults import Refused
from .injection import ARMING, armory
from .kinds import kind_asked
from .limits import Limits
from .posting import RULES as POSTING_RULES
from .reports import trial_balance
from .switches import DEFAULTS, check
from .tax_tables import PROFILES

Json = Any
COMPANY_FIELDS = ("country", "home_currency", "profile", "zone")
NOTHING: asking.Spec = {}
OPENING: asking.Spec = {
    "name": asking.words,
    "country": asking.words,
    "home_currency": asking.one_of(*NAMES),
    "profile": asking.one_of(*PROFILES),
    "zone": asking.one_of(*sorted(available_timezones())),
    # Settings are checked by their own rules.
    **dict.fromkeys(DEFAULTS, asking.anything),
}
SETTING: asking.Spec = {
    "name": asking.words,
    "profile": asking.one_of(*PROFILES),
    **dict.fromkeys(DEFAULTS, asking.anything),
}
# How many words follow some of a company's controls: a kind, and an id.
WORDS_AFTER = {"objects": 1, "notes": 2}
TOKENS = ("expire_access", "revoke_grant", "rotate_now")


def control(request: HttpRequest, what: str) -> HttpResponse:
    """Route one control call; what is not understood is 400 with a sentence, never ignored."""
    return answering(request, what, _routed, wire.encode)


def _routed(method: str, parts: list[str], body: Json) -> Json:
    try:
        return _route(method, parts, body)
    except Refused as refused:
        raise ValueError(str(refused)) from refused


def _route(method: str, parts: list[str], body: Json) -> Json:
    if parts[0] == "companies" and len(parts) > 1:
        company = Company.objects.filter(pk=parts[1]).first()
        if company is None:
            raise NotFound(f"There is no company {parts[1]}.")
        what, rest = parts[2] if len(parts) > 2 else "", parts[3:]
        rule = COMPANY_RULES.get((method, what))
        if rule is not None and len(rest) == WORDS_AFTER.get(what, 0):
            spec = SPECS.get((method, what), NOTHING)
            return rule(company, rest, asking.read(spec, body, f"{method} {what or 'a company'}"))
    plain = RULES.get((method, "/".join(parts)))
    if plain is None:
        raise NotFound(f"There is no control {method} {'/'.join(parts)}.")
    spec = SPECS.get((method, parts[0]), NOTHING)
    needed = REQUIRED.get((method, parts[0]), ())
    return plain(asking.read(spec, body, f"{method} {parts[0]}", needed))


# --- all companies -----------------------------------------------------------------------------
def open_company(body: Json) -> Json:
    """`{name, country, home_currency, profile, zone, limits, …settings}` -> `{realm_id}`."""
    chosen = {name: body.pop(name) for name in COMPANY_FIELDS if name in body}
    name = body.pop("name", "Sample Company")
    Limits.of(body.get("limits", {}))
    with one_writer:
        company = companies.open_company(name, settings=body, **chosen)
    return {"realm_id": company.realm, "name": company.name}


def list_companies(body: Json) -> Json:
    return [
        {"realm_id": one.realm, "name": one.name, "profile": one.profile}
        for one in Company.objects.order_by("name")
    ]


def reset(body: Json) -> Json:
    """Forget everything: companies, grants, faults, counters, clock, shapes."""
    with one_writer, transaction.atomic(using="sandbox"):
        for model in (AccessToken, Grant, Replay, Posting, FileRow, StoredObject, Company):
            model._default_manager.all().delete()
    armory.disarm()
    for forget in forgetters:
        forget()
    traffic.forget()
    clock.offset = timedelta()
    recorder.on = False
    recorder.clear()
    return {}


def read_shapes(body: Json) -> Json:
    return recorder.as_json()


def record_shapes(body: Json) -> Json:
    """`{recording: true|false}`."""
    recorder.on = bool(body["recording"])
    return {"recording": recorder.on}


def clear_shapes(body: Json) -> Json:
    recorder.clear()
    return {}


# --- one company -------------------------------------------------------------------------------
def state(company: Company, rest: list[str], body: Json) -> Json:
    objects = StoredObject.objects.filter(realm=company.realm)
    alive = Counter(objects.filter(deleted=False).values_list("kind", flat=True))
    postings = Posting.objects.filter(realm=company.realm)
    return {
        "realm_id": company.realm,
        "name": company.name,
        "profile": company.profile,
        "home_currency": company.home_currency,
        "settings": company.settings,
        "objects": dict(alive),
        "deleted": dict(Counter(objects.filter(deleted=True).values_list("kind", flat=True))),
        "doubles": doubles(company),
        "ledger_difference": postings.aggregate(sum=Sum("cents"))["sum"] or 0,
        "grants": Grant.objects.filter(realm=company.realm, revoked=False, code_used=True).count(),
        **traffic.traffic_of(company.realm).as_json(),
    }


def doubles(company: Company) -> Json:
    """What stands in the books twice: same number and kind, or the same marker in the notes.

    Voided documents do not count; an empty number or note is no marker.
    """
    numbers: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    rows = StoredObject.objects.filter(
        realm=company.realm, kind__in=["Invoice", "CreditMemo", "Payment"], deleted=False
    )
    for one in rows:
        note = one.content.get("PrivateNote", "")
        if note.startswith("Voided") or note == auto_apply.NOTE:
            continue
        if one.doc_number:
            numbers[f"{one.kind} {one.doc_number}"] += 1
        if note:
            notes[f"{one.kind} {note}"] += 1
    return {
        "numbers": sorted(key for key, count in numbers.items() if count > 1),
        "markers": sorted(key for key, count in notes.items() if count > 1),
    }


def objects(company: Company, rest: list[str], body: Json) -> Json:
    """All objects of a kind as the API answers them, inactive ones too, oldest first."""
    book = reading(company.realm)
    rows = list(book.objects(rest[0]).filter(deleted=False).order_by("object_id"))
    kind = kind_asked(rest[0])
    if kind.enrich:
        kind.enrich(book, rows)
    return [one.content for one in rows]


def notes(company: Company, rest: list[str], body: Json) -> Json:
    """What hangs on an object, oldest first: `[{id, note, file}]`."""
    book = reading(company.realm)
    stored = book.require(kind_asked(rest[0]).name, rest[1])
    return [
        {
            "id": str(one.object_id),
            "note": one.content.get("Note", ""),
            "file": one.content.get("FileName", ""),
        }
        for one in files.hanging_on(book, stored)
    ]


def balances(company: Company, rest: list[str], body: Json) -> Json:
    rows = trial_balance(reading(company.realm))
    return {
        "rows": [
            {
                "account": row.account,
                "name": row.name,
                "type": row.type,
                "debit": row.debit,
                "credit": row.credit,
            }
            for row in rows
        ],
        "debit": sum(row.debit for row in rows),
        "credit": sum(row.credit for row in rows),
    }


def journal(company: Company, rest: list[str], body: Json) -> Json:
    """Every debit (above nought) and credit in home currency, with the transaction that posts it."""
    objects = StoredObject.objects.filter(realm=company.realm)
    names = {
        one.object_id: one.content["Name"] for one in objects.filter(kind="Account", deleted=False)
    }
    kinds = dict(objects.filter(kind__in=POSTING_RULES).values_list("object_id", "kind"))
    postings = Posting.objects.filter(realm=company.realm).order_by("txn", "account")
    return [
        {
            "kind": kinds[one.txn],
            "id": str(one.txn),
            "account": str(one.account),
            "name": names[one.account],
            "date": one.txn_date.isoformat(),
            "amount": f"{Decimal(one.cents).scaleb(-2):.2f}",
        }
        for one in postings
    ]


def arm(company: Company, rest: list[str], body: Json) -> Json:
    return armory.arm(company.realm, body).as_json()


def armed(company: Company, rest: list[str], body: Json) -> Json:
    return armory.of(company.realm)


def disarm(company: Company, rest: list[str], body: Json) -> Json:
    armory.disarm(company.realm)
    return {}


def move_tokens(company: Company, rest: list[str], body: Json) -> Json:
    """`{expire_access | revoke_grant | rotate_now: true}`."""
    grants = Grant.objects.filter(realm=company.realm)
    rules: dict[str, Callable[[], int]] = {
        "expire_access": lambda: AccessToken.objects.filter(grant__in=grants).update(
            expires_us=microseconds(clock.now())
        ),
        "revoke_grant": lambda: grants.update(revoked=True),
        "rotate_now": lambda: grants.update(rotate_next=True),
    }
    if not any(body.values()):
        raise ValueError(f"one of {', '.join(rules)} is true")
    with one_writer:
        return {name: rules[name]() for name, wanted in body.items() if wanted}


def set_up(company: Company, rest: list[str], body: Json) -> Json:
    """Change preferences, switches and limits by name; `name` renames, `profile` changes its tax."""
    if "limits" in body:
        Limits.of(body["limits"])
    if "name" in body:
        company.name = body.pop("name")
    profile = body.pop("profile", None)
    check(body)
    if body.get("multicurrency") is False and company.settings.get("multicurrency"):
        raise ValueError("multicurrency cannot be turned off once it is on")
    with one_writer, transaction.atomic(using="sandbox"):
        fresh = Company.objects.get(pk=company.realm)
        fresh.name = company.name
        if profile is not None:
            companies.change_profile(fresh, profile)
        # Preferences are an object with a version too.
        fresh.settings |= {**body, "version": fresh.settings.get("version", 0) + 1}
        fresh.save()
    return fresh.settings


def act(company: Company, rest: list[str], body: Json) -> Json:
    return acts.perform(company.realm, body)


def forget_traffic(company: Company, rest: list[str], body: Json) -> Json:
    traffic.forget(company.realm)
    return {}


def keep(company: Company, rest: list[str], body: Json) -> Json:
    """Put the company aside as it stands -> `{rows}`."""
    return {"rows": keeping.keep(company.realm)}


def bring_back(company: Company, rest: list[str], body: Json) -> Json:
    """The company as it was kept: objects, numbers, grants, counted calls; faults are disarmed."""
    return {"rows": keeping.bring_back(company.realm)}


RULES: dict[tuple[str, str], Callable[[Json], Json]] = {
    ("POST", "companies"): open_company,
    ("GET", "companies"): list_companies,
    ("POST", "clock"): move_clock,
    ("GET", "clock"): read_clock,
    ("POST", "reset"): reset,
    ("POST", "webhook"): webhooks.point,
    ("POST", "deliver"): webhooks.deliver,
    ("GET", "shapes"): read_shapes,
    ("POST", "shapes"): record_shapes,
    ("DELETE", "shapes"): clear_shapes,
}
# What the body of a call may hold; any other call takes none. Keyed as the rules are.
SPECS: dict[tuple[str, str], asking.Spec] = {
    ("POST", "companies"): OPENING,
    ("POST", "clock"): CLOCK,
    ("POST", "shapes"): {"recording": asking.flag},
    ("POST", "tokens"): dict.fromkeys(TOKENS, asking.flag),
    ("POST", "set"): SETTING,
    ("POST", "faults"): ARMING,
    ("POST", "webhook"): webhooks.POINTING,
    ("POST", "deliver"): DELIVERING,
    ("POST", "act"): acts.ASKED,
}
REQUIRED = {("POST", "clock"): ("offset_seconds",), ("POST", "shapes"): ("recording",)}
COMPANY_RULES: dict[tuple[str, str], Callable[[Company, list[str], Json], Json]] = {
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
