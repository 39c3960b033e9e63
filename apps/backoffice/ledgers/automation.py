"""What happens by itself: the four automations of a connection, each with what waits for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.versions import State
from apps.backoffice.ledgers.steps import page_of
from apps.connections.automation import SENDING, Automation, off
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.acts import ActName
from apps.sync.decide.automation import Waiting, send_what_waits, set_automation, waiting
from apps.sync.dry.running import words
from apps.sync.models import On, Reason
from apps.sync.send.automatic import NEW
from apps.sync.trial.first_proposed import kinds_closed
from apps.sync.wording import listed

AUTOMATION = "automation"
WORDS = "What happens by itself"
SEND = "send"  # the button that sends what waits, with the event as its value
PANEL = "by-itself"  # the anchor on the page of the connection
ON, OFF = "on", "off"

WHILE_ON = {
    Automation.ON_ISSUE: "It goes to {name}, with its customer and items where those are new.",
    Automation.ON_CHANGE: (
        "A changed customer or item, a document that is reissued or voided: it is changed in {name} "
        "too."
    ),
    Automation.ON_MONEY: (
        "Payments, refunds, bank deposits, deductions and what they are set against go to {name}."
    ),
    Automation.BY_SCHEDULE: (
        "Tieout looks by itself: it gets what changed in {name}, and tries again what {name} put off."
    ),
}
WHILE_OFF = {
    Automation.ON_ISSUE: "It waits until a person sends it, and so does what hangs on it.",
    Automation.ON_CHANGE: (
        "It waits until a person sends it. Both sides differ meanwhile: what was voided here still "
        "stands in {name}."
    ),
    Automation.ON_MONEY: (
        "They wait until a person sends them, and so do their changes. What was paid is open in "
        "{name} meanwhile. Money that another set of books recorded goes all the same."
    ),
    Automation.BY_SCHEDULE: (
        "A run begins only when something above happens, {name} tells of a change, or a person "
        "presses Run now. What is not known to have arrived is still found out."
    ),
}


# Of books that are handed files: nothing there is written but by whoever takes the files in.
WHILE_ON_BY_FILE = {
    Automation.ON_ISSUE: (
        "It goes into a file for {name}, with its customer and items where those are new. It is in the "
        "books once it is confirmed."
    ),
    Automation.ON_CHANGE: (
        "A changed customer or item, a document that is reissued or voided: what to do in {name} is "
        "written into a file “by hand”, and a person does it there."
    ),
    Automation.ON_MONEY: "Payments and what they are set against go into files for {name}.",
    Automation.BY_SCHEDULE: (
        "Tieout makes files by itself, and looks at what came back from {name}."
    ),
}
WHILE_OFF_BY_FILE = {
    Automation.ON_CHANGE: (
        "It waits until a person sends it. Nobody is told meanwhile what to do in {name}: what was "
        "voided here still stands there."
    ),
    Automation.BY_SCHEDULE: (
        "Files are made only when something above happens, or a person presses Run now."
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One automation, as it is shown."""

    automation: Automation
    on: bool
    while_on: str
    while_off: str
    waits: str  # “12 invoices wait …”; "" where nothing does
    first: str  # of which kinds the first goes on a person's word; "" where none does
    list_url: str


def lines_of(connection: Connection) -> list[Line]:
    name, found, is_off = connection.system_name, waiting(connection), off(connection)
    closed = kinds_closed(connection)
    while_on, while_off = WHILE_ON, WHILE_OFF
    if connection.capabilities.hands_over:
        while_on, while_off = WHILE_ON_BY_FILE, WHILE_OFF | WHILE_OFF_BY_FILE
    return [
        Line(
            automation=each,
            on=each not in is_off,
            while_on=while_on[each].format(name=name),
            while_off=while_off[each].format(name=name),
            waits=waits_words(found.get(each, {})),
            list_url=list_of(connection, each),
            first=_first_of(closed.intersection(NEW.get(each, ()))),
        )
        for each in Automation
    ]


def _first_of(kinds: Collection[Kind]) -> str:
    """“Of payments and refunds the first goes on your word, and the others follow.”"""
    if not kinds:
        return ""
    named = listed([words(kind, 2) for kind in Kind if kind in kinds])
    return f"Of {named} nothing goes yet: you send the first, and the others follow."


def waits_words(kinds: Mapping[Kind, int]) -> str:
    """“12 invoices and 1 credit note wait for a person to send them.”; "" where nothing does."""
    if not kinds:
        return ""
    named = listed([f"{count:,} {words(kind, count)}" for kind, count in kinds.items()])
    if sum(kinds.values()) == 1:
        return f"{named} waits for a person to send it."
    return f"{named} wait for a person to send them."


def why_waits(found: Waiting) -> str:
    """All of it in sentences, each with what is switched off; "" where nothing waits."""
    told = ((waits_words(kinds).rstrip("."), each.gerund) for each, kinds in found.items())
    return " ".join(f"{what}: {gerund} is switched off." for what, gerund in told)


def list_of(connection: Connection, automation: Automation | None = None) -> str:
    """The sync log, at what waits for a person to send it."""
    reason = On.BY_HAND.of(automation.value) if automation else Reason.NOT_BY_ITSELF.value
    asked = {"connection__id__exact": connection.pk, "reason": reason}
    return f"{reverse('admin:sync_syncrecord_changelist')}?{urlencode(asked)}"


def panel_of(connection: Connection) -> str:
    """Where the page of the connection says it to everybody who sees it."""
    return f"{page_of(connection, 'change')}#{PANEL}"


def is_automatic(connection: Connection) -> bool:
    return connection.stage in (Connection.Stage.LIVE, Connection.Stage.PAUSED)


def switched_now(connection: Connection) -> State:
    """Which are on, under the names of the page's boxes."""
    told = {each: OFF if each in off(connection) else ON for each in Automation}
    return {each.value: (str(each.label), told[each], told[each]) for each in Automation}


def automation_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET shows; POST switches, or sends all that waits for one of them."""
    if request.method == "POST":
        sends = request.POST.get(SEND, "")
        _send(request, connection, sends) if sends else _switch(request, connection)
        return HttpResponseRedirect(screen.page(AUTOMATION, connection.pk))
    context = {
        **screen.admin_site.each_context(request),
        "title": f"{WORDS}: {connection}",
        "trail": screen.trail(WORDS, record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "lines": lines_of(connection),
        "may_send": may(request, ActName.RETRY),
        "run_url": screen.page("sync-now", connection.pk)
        if connection.is_live and may(request, ActName.RETRY)
        else "",
        "back": screen.page("change", connection.pk),
        "history_url": screen.page("history", connection.pk),
    }
    return TemplateResponse(request, "backoffice/ledgers/automation.html", context)


def _switch(request: HttpRequest, connection: Connection) -> None:
    before = off(connection)
    released = set_automation(connection, [each for each in Automation if each in request.POST])
    after = off(connection)
    if before == after:
        messages.info(request, "Nothing was changed.")
        return
    parts = [f"{each.label}: on." for each in Automation if each in before - after]
    parts += [f"{each.label}: off." for each in Automation if each in after - before]
    if released:
        parts.append(_goes(connection, released))
    messages.success(request, " ".join(parts))


def _send(request: HttpRequest, connection: Connection, asked: str) -> None:
    if not may(request, ActName.RETRY):
        raise PermissionDenied
    known: dict[str, Automation] = {each.value: each for each in SENDING}
    count = send_what_waits(connection, known[asked]) if asked in known else 0
    if count:
        messages.success(request, _goes(connection, count))
    else:
        messages.info(request, "Nothing waits there any more.")


def _goes(connection: Connection, count: int) -> str:
    what = f"{count:,} record goes" if count == 1 else f"{count:,} records go"
    if not connection.is_live:
        return f"{what} once these books are live again."
    return f"{what} with the next run, which starts now."


def panel(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """For the page of the connection; empty where it is not, and was not, live."""
    if not is_automatic(connection):
        return {}
    changes = may(request, ActName.PAUSE)
    return {
        "lines": lines_of(connection),
        "url": page_of(connection, AUTOMATION) if changes else "",
    }


AUTOMATION_ACT = PageAct(
    name=AUTOMATION,
    words=WORDS,
    permission=ActName.PAUSE,
    when=is_automatic,
    page=automation_page,
    edits=switched_now,
)
