"""Step four: customers and items that stand on both sides, before anything is created over there."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.ledgers.matching_acts import WORDS, decide, kind_of
from apps.backoffice.ledgers.matching_documents import Tab, documents_page, kinds_of_match
from apps.backoffice.ledgers.status import their_page
from apps.backoffice.ledgers.steps import (
    MAP,
    MATCH,
    OPEN_ITEMS,
    TEST_INVOICE,
    left_to_link,
    page_of,
    steps_of,
)
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.names import normalised
from apps.staff.acts import ActName
from apps.sync.match.documents import kinds_of
from apps.sync.match.gives_way import GivesWay, counted, told_of
from apps.sync.match.likeness import Party, Thing
from apps.sync.match.pairs import Matches, Pair, matches
from apps.sync.match.reading import are_read
from apps.sync.match.sides import standing_alone
from apps.sync.match.standing import match_standing
from apps.sync.models import MatchDecision, RemoteRecord

SHOWN = 50  # of a section on a page
# Why two that look like one are two, as is mostly answered.
MOSTLY = {
    Kind.CUSTOMER: ("Another branch", "Its parent or group", "Invoiced in another currency",
                    "Another one of that name"),
    Kind.ITEM: ("Another size or colour", "Another unit", "Another one of that name"),
}  # fmt: skip
EXACT, LIKELY, HERE, THERE, DECIDED = "exact", "likely", "here", "there", "decided"


@dataclass(frozen=True, kw_only=True)
class Side:
    """A record of either side as the page shows it."""

    key: int
    name: str
    facts: Sequence[str]
    url: str = ""
    tags: Sequence[str] = ()
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    ours: Side | None = None
    theirs: Side | None = None
    reasons: Sequence[str] = ()
    against: Sequence[str] = ()
    gives_way: Sequence[GivesWay] = ()
    decision: MatchDecision | None = None
    earlier: Sequence[MatchDecision] = ()  # about ours, withdrawn since, the latest first
    ends: bool = False  # the last of several that may be one of ours


def matching_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET lists a section of a kind; POST decides one, some or all of it."""
    if request.method == "POST":
        if not permissions.may(request, ActName.DECIDE):
            raise PermissionDenied
        try:
            messages.success(request, decide(request, connection))
        except ValidationError as refusal:
            for each in refusal.messages:
                messages.error(request, each)
        return HttpResponseRedirect(request.get_full_path())
    if request.GET.get("kind", "") in kinds_of(connection):
        return documents_page(screen, request, connection)
    kind = kind_of(request.GET.get("kind", ""))
    found = matches(connection, open_connector(connection), kind)
    section, search = _section(request, found), request.GET.get("q", "").strip()
    chosen = _of_section(connection, found, section, search)
    page = Paginator(chosen, SHOWN).get_page(request.GET.get("page"))
    standing = match_standing(connection)
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Match: {connection}",
        "trail": screen.trail("Match", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "steps": steps_of(connection, MATCH),
        "standing": standing,
        "is_read": are_read(connection),
        "back": screen.page("change", connection.pk),
        "sides_url": screen.page("which-side-wins", connection.pk),
        "map_url": screen.page(MAP, connection.pk),
        "next_url": screen.page(TEST_INVOICE, connection.pk),
        "to_link": left_to_link(connection) if standing.done else 0,
        "open_url": page_of(connection, OPEN_ITEMS),
        "may_decide": permissions.may(request, ActName.DECIDE),
        "kind": kind.value,
        "word": WORDS[kind][1],
        "kinds": kinds_of_match(connection, standing, kind),
        "sections": _sections(connection, kind, found, section),
        "section": section,
        "mostly": MOSTLY[kind],
        "search": search,
        "page": page,
        "rows": _rows(connection, found, section, list(page.object_list)),
        "pages": [
            (number, f"{_url(kind, section, search)}&page={number}")
            for number in page.paginator.get_elided_page_range(page.number, on_each_side=1)
        ],
        "all": len(chosen),
        "afterwards": _afterwards(connection, found) if section == EXACT else [],
        "to_bring_in": len(set(found.only_there) - found.archived),
        "to_create": len(set(found.only_here) - found.chosen),
    }
    return TemplateResponse(request, "backoffice/ledgers/matching.html", context)


# --- What the page shows --------------------------------------------------------------------------


def _section(request: HttpRequest, found: Matches) -> str:
    """The one that was asked for; else the first in which something is to be decided."""
    asked = request.GET.get("section", "")
    if asked in (EXACT, LIKELY, HERE, THERE, DECIDED):
        return asked
    counts = ((EXACT, found.exact), (LIKELY, found.likely), (HERE, found.only_here))
    return next((name for name, some in counts if some), THERE)


def _sections(connection: Connection, kind: Kind, found: Matches, shown: str) -> list[Tab]:
    decided = _decisions(connection, kind).count()
    told = (
        (EXACT, "Exact", len(found.exact)),
        (LIKELY, "Likely", len(found.likely)),
        (HERE, "Only here", len(found.only_here)),
        (THERE, f"Only in {connection.system_name}", len(found.only_there)),
        (DECIDED, "Decided", decided),
    )
    return [
        Tab(words=words, count=count, url=_url(kind, name), shown=name == shown)
        for name, words, count in told
    ]


def _afterwards(connection: Connection, found: Matches) -> list[str]:
    """What accepting all exact ones changes of names, codes and prices, in sentences: counted before
    anybody presses."""
    called = dict(standing_alone(connection, found.kind).values_list("pk", "name"))
    told = told_of(connection, open_connector(connection), found, found.exact, called).values()
    name, word, all_of_them = connection.system_name, WORDS[found.kind][1], len(found.exact)
    sides = ((True, name, "yours"), (False, "Tieout", f"that of {name}"))
    return [
        f"{_how_many(count, all_of_them, word)} in {where} will bear another {field.word}: "
        f"{stands} then stands on both sides."
        for there, where, stands in sides
        for field, count in counted(told, there=there).items()
    ]


def _how_many(count: int, of: int, word: str) -> str:
    if of == 1:
        return f"The {word}"
    return f"All {of:,} {word}s" if count == of else f"{count:,} of the {of:,} {word}s"


def _url(kind: Kind, section: str = "", search: str = "") -> str:
    asked = {"kind": kind.value, "section": section, "q": search}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _decisions(connection: Connection, kind: Kind) -> Any:
    rows = MatchDecision.objects.filter(
        connection=connection, withdrawn_at=None, **{f"{kind.value}__isnull": False}
    )
    return rows.select_related("customer", "item", "remote_record", "decided_by").order_by(
        "-decided_at", "-pk"
    )


def _about(decision: MatchDecision) -> int:
    """The key of our record."""
    return decision.customer_id or decision.item_id or 0


def _earlier(
    connection: Connection, kind: Kind, keys: Sequence[int]
) -> Mapping[int, Sequence[MatchDecision]]:
    """What was decided of these of ours and is withdrawn since, the latest first."""
    rows = MatchDecision.objects.filter(
        connection=connection, withdrawn_at__isnull=False, **{f"{kind.value}__in": keys}
    )
    found: dict[int, list[MatchDecision]] = {key: [] for key in keys}
    shown = rows.select_related("remote_record", "decided_by", "withdrawn_by")
    for each in shown.order_by("-decided_at", "-pk"):
        found[_about(each)].append(each)
    return found


def _of_section(connection: Connection, found: Matches, section: str, search: str) -> Sequence[Any]:
    """Pairs, keys of ours, keys of theirs, or decisions, as far as they are called so."""
    wanted = normalised(search).whole

    def fits(*records: Party | Thing | None) -> bool:
        said = (f"{getattr(each, 'code', '')} {each.name}" for each in records if each is not None)
        return not wanted or any(wanted in normalised(each).whole for each in said)

    match section:
        case "here":
            by_name = sorted(found.only_here, key=lambda key: _by_name(found.here[key].name))
            return [key for key in by_name if fits(found.here[key])]
        case "there":
            by_name = sorted(found.only_there, key=lambda key: _by_name(found.there[key].name))
            return [key for key in by_name if fits(found.there[key])]
        case "decided":
            rows = _decisions(connection, found.kind)
            return (
                rows.filter(**{f"{found.kind.value}__name__icontains": search}) if search else rows
            )
    pairs = found.exact if section == EXACT else _side_by_side(found.likely)
    return [each for each in pairs if fits(found.here[each.ours], found.there[each.theirs])]


def _side_by_side(pairs: Sequence[Pair]) -> list[Pair]:
    """What may be one of ours below one another, the best first."""
    place: dict[int, int] = {}
    for at, each in enumerate(pairs):
        place.setdefault(each.ours, at)
    return sorted(pairs, key=lambda each: place[each.ours])


def _by_name(name: str) -> list[str]:
    """“Shop 2” before “Shop 10”."""
    parts = re.split(r"(\d+)", name.casefold())
    return [each.zfill(20) if each.isdecimal() else each for each in parts]


def _rows(connection: Connection, found: Matches, section: str, shown: Sequence[Any]) -> list[Row]:
    match section:
        case "here":
            return [Row(ours=_ours(connection, found, key)) for key in shown]
        case "there":
            stored = _stored(connection, shown)
            return [Row(theirs=_theirs(connection, found, key, stored)) for key in shown]
        case "decided":
            before = _earlier(connection, found.kind, [_about(each) for each in shown])
            return [Row(decision=each, earlier=before[_about(each)]) for each in shown]
    stored = _stored(connection, [each.theirs for each in shown])
    called = {key: row.name for key, row in stored.items()}
    told = told_of(connection, open_connector(connection), found, shown, called)
    before = _earlier(connection, found.kind, [each.ours for each in shown])
    rows = [
        replace(
            _pair(connection, found, each, stored),
            gives_way=told[each],
            earlier=before[each.ours],
        )
        for each in shown
    ]
    several = Counter(each.ours for each in found.likely)
    following = [*(each.ours for each in shown[1:]), None][: len(shown)]  # none after none
    return [
        replace(row, ends=several[each.ours] > 1 and each.ours != after)
        for row, each, after in zip(rows, shown, following, strict=True)
    ]


def _pair(
    connection: Connection, found: Matches, pair: Pair, stored: Mapping[int, RemoteRecord]
) -> Row:
    return Row(
        ours=_ours(connection, found, pair.ours),
        theirs=_theirs(connection, found, pair.theirs, stored),
        reasons=pair.likeness.reasons,
        against=pair.likeness.against,
    )


def _stored(connection: Connection, keys: Sequence[int]) -> Mapping[int, RemoteRecord]:
    rows = RemoteRecord.objects.filter(connection=connection).defer("packed_raw")
    return rows.select_related("connection__company").in_bulk(list(keys))


def _ours(connection: Connection, found: Matches, key: int) -> Side:
    record = found.here[key]
    return Side(
        key=key,
        name=record.name,
        facts=_facts(record, connection.home_currency),
        url=reverse(f"admin:billing_{found.kind.value}_change", args=[key]),
        tags=["To be created"] if key in found.chosen else [],
    )


def _theirs(
    connection: Connection, found: Matches, key: int, stored: Mapping[int, RemoteRecord]
) -> Side:
    record, row = found.there[key], stored.get(key)
    asks = row is not None and row.arrival == RemoteRecord.Arrival.NEEDS_PERSON
    return Side(
        key=key,
        name=record.name,
        facts=_facts(record, connection.home_currency),
        url=their_page(row) if row is not None else "",
        tags=[] if record.active else ["Archived"],
        refused=row.sentence if row is not None and asks else "",
    )


def _facts(record: Party | Thing, home: str) -> list[str]:
    if isinstance(record, Thing):
        price = f"{amount_text(record.price, home)} {home}" if record.price is not None else ""
        code = record.code if record.code != record.name else ""
        return [each for each in (code, price) if each]
    number = f"tax number {record.tax_number}" if record.tax_number else ""
    place = ", ".join(each for each in (record.country, record.currency) if each)
    return [each for each in (*sorted(record.emails), number, place) if each]
