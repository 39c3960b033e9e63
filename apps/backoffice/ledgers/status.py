"""Where a record of ours stands in each ledger, in the words of staff."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    Exists,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    prefetch_related_objects,
)
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN, tags
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.edited import panel as edited_panel
from apps.backoffice.ledgers.steps import FIRSTS, OPEN_ITEMS, page_of
from apps.billing.models import Synced
from apps.connections.automation import Automation
from apps.connections.endpoints import web_of
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.staff.acts import ActName
from apps.sync.decide import acts
from apps.sync.models import (
    HELD_REASONS,
    Attempt,
    Conflict,
    Edit,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
)
from apps.sync.send.automatic import NEW
from apps.sync.undo.anew import is_undone
from apps.sync.waiting.held_up import held_up_by, waits_to_be_sent
from apps.sync.waiting.stranded import of_before
from apps.sync.want.as_it_was import may_be_linked

COLOURS = {
    State.WAITING: BUSY,
    State.ON_ITS_WAY: BUSY,
    State.UNKNOWN: WARN,
    State.HANDED_OVER: BUSY,
    State.IN_THE_BOOKS: GOOD,
    State.LEFT_OUT: PLAIN,
    State.GONE: WARN,
    State.NEEDS_PERSON: BAD,
}
# The acts on a sync record that the panel of a record offers too, as their addresses name them.
RETRY = "retry"
SEND_NOW = "send-now"
# The list of what was decided, of one sync record alone.
DECIDED_OF = "sync_record__id__exact"
REJECTED = frozenset({Reason.REFUSED, Reason.NUMBER_TAKEN, Reason.NAME_TAKEN})
KIND_WORDS = {
    "customer": "Customer",
    "item": "Item",
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "payment": "Payment",
    "allocation": "Applied amount",
    "adjustment": "Adjustment",
    "refund": "Refund",
    "deposit": "Bank deposit",
}


def name_of(kind: str, subject: object) -> str:
    """“Invoice INV-7”; what says itself what it is (“Refund 15.00 GBP”) is not called so twice."""
    word, name = KIND_WORDS[kind], str(subject)
    return name if name.casefold().startswith(word.casefold()) else f"{word} {name}"


def first_small(name: str) -> str:
    """As it reads within a sentence."""
    return name[:1].lower() + name[1:]


def needs_person(record: SyncRecord) -> bool:
    return record.state == State.NEEDS_PERSON and not acts.is_decided_elsewhere(record)


def is_left_out_no_more(record: SyncRecord) -> bool:
    """Left out while their books had nothing of its kind, which somebody has switched on since."""
    if record.state != State.LEFT_OUT or record.reason != Reason.CANNOT_HOLD:
        return False
    books = record.connection
    switches = books.capabilities.switches
    return any(
        record.kind in switches[name].kinds for name in books.switched_on if name in switches
    )


def may_be_retried(record: SyncRecord) -> bool:
    """What was taken back with its run is sent as a new one."""
    return needs_person(record) or is_left_out_no_more(record) or is_undone(record)


def waits(record: SyncRecord) -> bool:
    return record.state == State.WAITING


def colour_of(record: SyncRecord) -> str:
    if record.state == State.WAITING and record.reason in HELD_REASONS:
        return WARN
    return COLOURS[State(record.state)]


def sentence_of(record: SyncRecord) -> str:
    """Who stopped it is never confused: Tieout holds, the ledger rejects."""
    if not record.sentence:
        return ""
    if record.reason in REJECTED:
        return f"{record.connection.system_name} rejected it: {record.sentence}"
    if record.reason in HELD_REASONS and record.state != State.IN_THE_BOOKS:
        return f"Tieout is holding it: {record.sentence}"
    return record.sentence


def their_kind(remote: RemoteRecord) -> str:
    """What staff call it: our word where it is like a record of ours, else theirs, spelt out."""
    if remote.of_kind:
        return KIND_WORDS.get(remote.of_kind, remote.of_kind)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", remote.kind).capitalize()


def their_label(remote: RemoteRecord) -> str:
    """“Invoice INV-7”; what bears neither number nor name is told by their own id."""
    called = remote.number or remote.name
    return (
        f"{their_kind(remote)} {called}"
        if called
        else (f"{their_kind(remote)} without a number (their id {remote.remote_id})")
    )


def their_page(remote: RemoteRecord) -> str:
    """The address of the object in their web app; empty where it is gone or has no page."""
    if remote.gone:
        return ""
    connection = remote.connection
    web = web_of(connection.system, connection.environment)
    if not web:
        return ""
    connector = open_connector(connection)
    return connector.address_of((remote.kind, remote.remote_id), web)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One line of the panel: a record of ours in one set of books."""

    title: str  # “Status in …”, with the name of the system
    books: str
    words: str
    colour: str
    sentence: str = ""
    remedy: str = ""
    last_attempt: datetime | None = None
    attempt_words: str = ""
    tried_again_at: datetime | None = None
    record_url: str = ""
    send_url: str = ""
    send_words: str = ""
    link_url: str = ""  # the list of what was open at the cut-off, where that is the way out
    first_url: str = ""  # where the first of its kind is sent, which it waits for
    decided_url: str = ""  # what gave way to a rule or a decision, where anything did
    there: tuple[tuple[str, str], ...] = ()  # (label, address)
    held_up: "HeldUp | None" = None
    left_there: tuple[str, ...] = ()  # what was changed over there and is only shown here


@dataclass(frozen=True, kw_only=True)
class HeldUp:
    """What a record waits for, where that goes only once a person looked at it, or sent it."""

    name: str
    url: str  # its page
    to_send: bool  # nothing is wrong with it: a person only has to send it
    sentence: str  # why it stands still
    first_url: str = ""  # where the first of its kind is sent, if it waits for that


def books_of(subject: Synced) -> list[Any]:
    """The connections of its company, each with its record there as `mine`, if it has one: in one
    question, with what the panel says of each record and a second for what is theirs."""
    company_id: int = subject.company_id  # type: ignore[attr-defined] # every synced model has one
    its = Q(**{f"sync_records__{subject.kind}": subject.pk})
    tried = Attempt.objects.filter(sync_record=OuterRef("mine"))
    decided = Conflict.objects.filter(sync_record=OuterRef("mine")).exclude(decision="")
    found: list[Any] = list(
        Connection.objects.filter(company_id=company_id)
        .exclude(stage=Connection.Stage.DISCONNECTED, sync_records=None)
        .annotate(
            mine=FilteredRelation("sync_records", condition=its),
            tried_at=Subquery(tried.values("at")[:1]),
            tried_result=Subquery(tried.values("result")[:1]),
            tried_code=Subquery(tried.values("code")[:1]),
            decided=Exists(decided),
            edited=Exists(Edit.objects.filter(sync_record=OuterRef("mine"))),
        )
        .select_related("mine")  # type: ignore[misc] # of the line above
    )
    for each in found:
        each.mine = getattr(each, "mine", None)  # left out where it has none there
    records = [each.mine for each in found if each.mine is not None]
    prefetch_related_objects(records, "remote_records")
    for each in found:
        if each.mine is not None:
            each.mine.connection = each
            for remote in each.mine.remote_records.all():
                remote.connection = each
    return found


def standings(request: HttpRequest, subject: Synced, books: Sequence[Any]) -> list[Standing]:
    """Its standing on every connection of its company, those without a record included."""
    return [
        _absent(subject, each) if each.mine is None else _standing(request, each.mine)
        for each in books
    ]


def why_absent(subject: Synced, connection: Connection) -> str:
    """Why nothing of it is known in those books, and what to do."""
    if getattr(subject, "is_draft", False):
        return "Drafts are never sent. Issue it and it goes on its way."
    if subject.kind in connection.capabilities.kinds and not connection.is_live:
        return f"{connection.name} is not live yet: nothing is sent."
    return _why_absent(subject, connection)


def _absent(subject: Synced, connection: Connection) -> Standing:
    return Standing(
        title=f"Status in {connection.system_name}",
        books=connection.name,
        words="Not sent",
        colour=PLAIN,
        sentence=why_absent(subject, connection),
        link_url=open_items_url(connection, subject) if may_be_linked(connection, subject) else "",
    )


def open_items_url(connection: Connection, subject: Synced) -> str:
    """Where this record of before the cut-off is linked with theirs."""
    called: str = getattr(subject, "number", "") or str(getattr(subject, "customer", ""))
    return f"{page_of(connection, OPEN_ITEMS)}?{urlencode({'q': called})}"


def way_out(record: SyncRecord) -> str:
    """The list of what was open at the cut-off, at what this one waits for; "" for all others."""
    if record.state != State.NEEDS_PERSON or (subject := of_before(record)) is None:
        return ""
    return open_items_url(record.connection, subject)


def _why_absent(subject: Synced, connection: Connection) -> str:
    """Of a live connection: too old, or so new that no run has seen it yet."""
    can = connection.capabilities
    if subject.kind not in can.kinds:
        return can.cannot.get(subject.kind, f"{can.name} has nothing of this kind: it stays here.")
    dated = getattr(subject, "issue_date", None) or getattr(subject, "date", None)
    goes = f"It goes {'into a file for' if can.hands_over else 'to'} {connection.system_name}"
    if dated is None:
        return f"{goes} with the first document that needs it."
    if connection.starts_on and dated < connection.starts_on:
        never = f"Dated before the cut-off, {connection.starts_on:%d %b %Y}: it is never sent."
        if may_be_linked(connection, subject):
            never += " If it was open then, link it with theirs."
        return never
    if subject.kind in NEW[Automation.ON_ISSUE] and not connection.on_issue:
        return "Sending what is issued is switched off: it will wait until a person sends it."
    return f"{goes} with the next run, within a few minutes."


def _standing(request: HttpRequest, record: SyncRecord) -> Standing:
    books: Any = record.connection  # of `books_of`
    there = tuple(
        (their_label(remote), address)
        for remote in record.remote_records.all()
        if not remote.retired and not remote.part and (address := their_page(remote))
    )
    resend = may_be_retried(record)
    offered = may(request, ActName.RETRY) and (resend or waits(record))
    act = RETRY if resend else SEND_NOW
    return Standing(
        title=f"Status in {record.connection.system_name}",
        books=record.connection.name,
        words=str(State(record.state).label),
        colour=colour_of(record),
        sentence=sentence_of(record),
        remedy=record.remedy,
        last_attempt=books.tried_at,
        attempt_words=_attempt_words(books.tried_result, books.tried_code),
        tried_again_at=_tried_again_at(record),
        record_url=reverse("admin:sync_syncrecord_change", args=[record.pk]),
        send_url=reverse(f"admin:sync_syncrecord_{act}", args=[record.pk]) if offered else "",
        send_words="Retry" if resend else "Send now",
        link_url=way_out(record),
        first_url=way_to_first(request, record),
        decided_url=_decided_url(record, books.decided),
        there=there,
        held_up=held_up(request, record),
        left_there=_left_there(record),
    )


def _left_there(record: SyncRecord) -> tuple[str, ...]:
    """A due date, a message: changed over there, left as it is, and nobody is asked about it."""
    return tuple(
        remote.sentence
        for remote in record.remote_records.all()
        if remote.sentence
        and remote.arrival == RemoteRecord.Arrival.APPLIED
        and not (remote.retired or remote.part or remote.gone)
    )


def held_up(request: HttpRequest, record: SyncRecord) -> HeldUp | None:
    """What it waits for, where that stands still; None where it goes by itself."""
    by = held_up_by(record)
    if by is None:
        return None
    return HeldUp(
        name=first_small(name_of(by.kind, by.subject)),
        url=reverse("admin:sync_syncrecord_change", args=[by.pk]),
        to_send=waits_to_be_sent(by),
        sentence=sentence_of(by),
        first_url=way_to_first(request, by),
    )


def _tried_again_at(record: SyncRecord) -> datetime | None:
    """None where no clock begins it."""
    if record.state == State.UNKNOWN:
        return record.due_at
    by_clock = record.connection.by_schedule or record.reason != Reason.TRY_LATER
    return record.due_at if record.state == State.WAITING and by_clock else None


def way_to_first(request: HttpRequest, record: SyncRecord) -> str:
    """The page on which the first of its kind is sent, where it waits for that and this person may
    send it; "" otherwise."""
    waits_for_it = record.reason == Reason.FIRST_OF_ITS_KIND
    if not (waits_for_it and record.connection.is_live and may(request, ActName.SEND_FIRST)):
        return ""
    return f"{page_of(record.connection, FIRSTS)}?kind={record.kind}"


def _decided_url(record: SyncRecord, decided: bool) -> str:
    """The list of what was decided about it; "" where nothing was."""
    if not decided:
        return ""
    return f"{reverse('admin:sync_conflict_changelist')}?{DECIDED_OF}={record.pk}"


def _attempt_words(result: str | None, code: str | None) -> str:
    if result is None:
        return ""
    words = str(Attempt(result=result).get_result_display())
    return f"{words} (code {code})" if code else words


def panel(request: HttpRequest, subject: Synced) -> SafeString:
    """Where it stands in each ledger, and what was changed by hand of it since."""
    books = books_of(subject)
    context = {"standings": standings(request, subject, books)}
    stands = render_to_string("backoffice/ledgers/status.html", context, request)
    changed = edited_panel(request, subject) if any(each.edited for each in books) else ""
    return format_html("{}{}", stands, changed)


def for_lists() -> Prefetch:
    """Prefetch for `in_ledgers` on a list of synced records."""
    return Prefetch("sync_records", SyncRecord.objects.select_related("connection"))


def in_ledgers(subject: Synced) -> SafeString:
    """A list cell: one label per ledger, named when there are several."""
    records: list[SyncRecord] = list(subject.sync_records.all())  # type: ignore[attr-defined] # reverse of the sync record's key
    called = _told_apart([record.connection for record in records])
    return tags(
        [
            (called[record.connection_id] + State(record.state).label, colour_of(record))
            for record in records
        ]
    )


def _told_apart(connections: Sequence[Connection]) -> dict[int, str]:
    """What goes before the state in each: nothing of a single one, else as little as names it."""
    found = {each.pk: each for each in connections}
    if len(found) == 1:
        return dict.fromkeys(found, "")
    systems = [each.system_name for each in found.values()]
    return {
        pk: f"{each.system_name if systems.count(each.system_name) == 1 else each}: "
        for pk, each in found.items()
    }
