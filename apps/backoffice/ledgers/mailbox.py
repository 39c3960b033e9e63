"""The files of books without an interface: what was handed over, what waits, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.csv_file import csv_response
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.once import nothing_done
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.ledgers.mailbox_times import make_now, set_times, times_of, when_words
from apps.backoffice.ledgers.steps import MAP, page_of
from apps.connections.clock import now
from apps.connections.mailbox import FileDamaged, content_of, place
from apps.connections.models import BatchDownload, BatchFile, BroughtFile, BroughtRow, Connection
from apps.connectors.access import Mailbox
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import system
from apps.core.numbers import whole
from apps.exchange.coming_back.bringing import (
    COLUMNS,
    all_taken_in,
    bring,
    leave_out,
    refused_there,
    take,
)
from apps.exchange.coming_back.from_folder import bring_what_lies
from apps.exchange.tables.port import FileRefused
from apps.mappings.codes import read_codes
from apps.reconciliation.confirmed import by_confirmation
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.sync.models import RemoteRecord, State
from apps.sync.wording import listed, money

FILES = "files"
TITLE = "Files"
A_PAGE = 50  # files
ROWS_SHOWN = 30  # of what came back and is to be looked at
Sort = BroughtFile.Sort
# Who may bring what back.
NEEDS = {
    Sort.CONFIRMATION: ActName.DECIDE,
    Sort.PAYMENTS: ActName.RECEIVE_PAYMENT,
    Sort.CODES: ActName.CHANGE_MAPPINGS,
}
ORDERS = (
    ("", "As the file tells"),
    ("dmy", "day, month, year: 31/12/2026"),
    ("mdy", "month, day, year: 12/31/2026"),
    ("ymd", "year, month, day: 2026-12-31"),
)
MARKS = (("", "As the file tells"), (".", "a point: 1,234.56"), (",", "a comma: 1.234,56"))
WORDS = {
    "customers": "Customers",
    "items": "Items",
    "invoices": "Invoices",
    "credit-notes": "Credit notes",
    "payments": "Payments",
    "allocations": "What is set against what",
    "by-hand": "To do there by hand",
}


def has_files(connection: Connection) -> bool:
    return isinstance(system(connection.system).access, Mailbox)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A file and how far it is."""

    file: BatchFile
    words: str
    totals: str
    confirmed: int
    waits: int
    stopped: int
    downloads: int
    taken_at: datetime | None


def files_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET shows them, and gives one out (`file`, a number) or the headings of what may come back
    (`headings`, its sort); POST brings, makes again, decides."""
    if wanted := request.GET.get("file", ""):
        return _given_out(request, connection, wanted)
    if request.GET.get("headings") in NEEDS:
        sort = Sort(request.GET["headings"])
        return csv_response(sort.value, [each[0] for each in COLUMNS[sort].headings.values()], [])
    if request.method == "POST":
        return _posted(screen, request, connection)
    return _shown(screen, request, connection)


FILES_ACT = PageAct(
    name=FILES,
    words=TITLE,
    permission=permissions.SEE_SYNC_LOG,
    when=has_files,
    page=files_page,
)


def files_panel(connection: Connection) -> dict[str, Any] | None:
    """What the page of the connection says; None where it hands no files over."""
    if not has_files(connection):
        return None
    asked = BroughtRow.objects.filter(
        brought__connection=connection, state=BroughtRow.State.ASKED
    ).count()
    return {
        "sentence": standing_of(connection),
        "asked": asked,
        "when": when_words(connection),
        "url": page_of(connection, FILES),
    }


def standing_of(connection: Connection) -> str:
    """“12 files handed over, 3 wait for a confirmation, the oldest for 4 days.”"""
    files = BatchFile.objects.filter(connection=connection)
    count = files.count()
    if not count:
        return "No file was handed over yet."
    open_keys = _handed(connection, State.HANDED_OVER).values("version")
    waiting = files.filter(key__in=open_keys).aggregate(many=Count("pk"), oldest=Min("made_at"))
    done = f"{_counted(count, 'file')} handed over"
    if not waiting["many"]:
        return f"{done}, and none waits for a confirmation."
    verb = "waits" if waiting["many"] == 1 else "wait"
    days = (now() - waiting["oldest"]).days
    since = f"for {_counted(days, 'day')}" if days else "since today"
    return f"{done}, {waiting['many']} {verb} for a confirmation, the oldest {since}."


# --- Shown ----------------------------------------------------------------------------------------


def _shown(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    files = BatchFile.objects.filter(connection=connection).annotate(
        times=Count("downloads"), last=Max("downloads__at")
    )
    page = Paginator(files.order_by("-number"), A_PAGE).get_page(request.GET.get("page"))
    grant = connection.grant
    rows = BroughtRow.objects.filter(brought__connection=connection).select_related("brought")
    refused = rows.filter(state=BroughtRow.State.REFUSED).order_by("-brought__pk", "row")
    context = {
        **screen.admin_site.each_context(request),
        "title": f"{TITLE}: {connection}",
        "trail": screen.trail(TITLE, record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "name": connection.system_name,
        "back": screen.page("change", connection.pk),
        "here": screen.page(FILES, connection.pk),
        "map_url": screen.page(MAP, connection.pk),
        "standing": standing_of(connection),
        "proved": by_confirmation(connection),
        "files": _with_standing(connection, list(page)),
        "page": page,
        "folder": grant.address if grant is not None else "",
        "asked": rows.filter(state=BroughtRow.State.ASKED).order_by("brought__pk", "row"),
        "refused": refused[:ROWS_SHOWN],
        "refused_count": refused.count(),
        "brought": _brought(connection),
        "sorts": [(each.value, each.label) for each in NEEDS if may(request, NEEDS[each])],
        "headings": [
            (each.label, each.value, [given[0] for given in COLUMNS[each].headings.values()])
            for each in NEEDS
        ],
        "orders": ORDERS,
        "marks": MARKS,
        "may_decide": may(request, ActName.DECIDE),
        "may_receive": may(request, ActName.RECEIVE_PAYMENT),
        "may_place": may(request, ActName.RETRY),
        **times_of(request, connection),
    }
    return TemplateResponse(request, "backoffice/ledgers/files.html", context)


def _with_standing(connection: Connection, files: list[Any]) -> list[Shown]:
    keys = [each.key for each in files]
    counts: dict[str, dict[str, Any]] = {
        each["version"]: dict(each)
        for each in RemoteRecord.objects.filter(
            connection=connection, part="", retired=False, version__in=keys
        )
        .values("version")
        .annotate(
            confirmed=Count("pk", filter=Q(sync_record__state=State.IN_THE_BOOKS)),
            waits=Count("pk", filter=Q(sync_record__state=State.HANDED_OVER)),
            stopped=Count("pk", filter=Q(sync_record__state=State.NEEDS_PERSON)),
        )
    }
    nothing = {"confirmed": 0, "waits": 0, "stopped": 0}
    return [
        Shown(
            file=each,
            words=WORDS.get(each.holds, each.holds),
            totals=listed(
                [money(Decimal(amount), currency) for currency, amount in each.totals.items()]
            )
            if each.totals
            else "",
            downloads=each.times,
            taken_at=each.last,
            **{name: counts.get(each.key, nothing)[name] for name in nothing},
        )
        for each in files
    ]


def _brought(connection: Connection) -> list[Any]:
    """The last files that came back, with what became of their rows."""
    states = BroughtRow.State
    files = BroughtFile.objects.filter(connection=connection).select_related("brought_by")
    return list(
        files.annotate(
            taken=Count("rows", filter=Q(rows__state=states.TAKEN)),
            known=Count("rows", filter=Q(rows__state=states.KNOWN)),
            asked=Count("rows", filter=Q(rows__state=states.ASKED)),
            refused=Count("rows", filter=Q(rows__state=states.REFUSED)),
            left=Count("rows", filter=Q(rows__state=states.LEFT)),
        ).order_by("-pk")[:10]
    )


def _handed(connection: Connection, state: str) -> Any:
    return RemoteRecord.objects.filter(
        connection=connection, part="", retired=False, sync_record__state=state
    )


def _given_out(request: HttpRequest, connection: Connection, number: str) -> HttpResponse:
    """Its bytes, as they were handed over, with a row of who took them."""
    if not may(request, permissions.SEE_INVOICES):
        raise PermissionDenied
    file = _file(connection, number)
    content = content_of(file)
    BatchDownload.objects.create(file=file, user=_user(request))
    return attached(HttpResponse(content), file.name, "text/csv; charset=utf-8")


# --- Done -----------------------------------------------------------------------------------------


def _posted(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    here = HttpResponseRedirect(screen.page(FILES, connection.pk))
    did = next((each for each in _DOES if each in request.POST), "")
    try:
        if not did:
            raise ValidationError("Choose what to do first.")
        told, is_whole = (
            _DOES[did](request, connection),
            did not in ("bring", "folder") or not _is_open(connection),
        )
        messages.add_message(request, messages.SUCCESS if is_whole else messages.WARNING, told)
        return here
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except (FileRefused, FileDamaged) as refusal:
        messages.error(request, f"Nothing was taken. {refusal}")
    except ConnectorError as trouble:
        messages.error(request, f"{trouble.sentence} {trouble.remedy}".strip())
    return nothing_done(here)


def _is_open(connection: Connection) -> bool:
    """Whether a row of what was brought last is to be looked at."""
    states = (BroughtRow.State.ASKED, BroughtRow.State.REFUSED)
    last = (
        BroughtRow.objects.filter(brought__connection=connection).order_by("-brought__pk").first()
    )
    return last is not None and last.brought.rows.filter(state__in=states).exists()


def _bring(request: HttpRequest, connection: Connection) -> str:
    sort = request.POST.get("sort", "")
    if sort not in NEEDS:
        raise ValidationError("Say what the file is.")
    _must(request, NEEDS[Sort(sort)])
    file, text = request.FILES.get("brought"), request.POST.get("typed", "").strip()
    content = file.read() if file is not None else text.encode()
    if not content:
        raise ValidationError("Choose a file, or type its rows.")
    brought = bring(
        connection,
        Sort(sort),
        (file.name if file is not None else "") or "typed",
        content,
        _user(request),
        order=request.POST.get("order", ""),
        decimal_mark=request.POST.get("decimal_mark", ""),
    )
    if sort == Sort.CODES:
        read_codes(connection)
    states = list(brought.rows.values_list("state", flat=True))
    told = [
        f"{states.count(state)} {state.label.lower()}"
        for state in BroughtRow.State
        if states.count(state)
    ]
    return f"{brought.get_sort_display()}: {listed(told) if told else 'no rows'}."


def _from_folder(request: HttpRequest, connection: Connection) -> str:
    """Confirmations and payments alike: whoever takes them may take both."""
    for each in NEEDS.values():
        _must(request, each)
    found = list(bring_what_lies(connection, _user(request)))
    faults = [f"{each.name}: {each.problem}" for each in found if each.problem]
    if faults:
        messages.warning(request, " ".join(faults))
    if not found:
        raise ValidationError(
            "Nothing lies in the folders “confirmations” and “payments” of the folder."
        )
    return f"{_counted(len(found) - len(faults), 'file')} of the folder read."


def _make_again(request: HttpRequest, connection: Connection) -> str:
    _must(request, ActName.RETRY)
    file = _file(connection, request.POST["again"])
    if not place(file):
        raise ValidationError(file.problem or "These books have no folder: download it.")
    return f"{file.name} lies in the folder, byte for byte as it was handed over."


def _take(request: HttpRequest, connection: Connection) -> str:
    _must(request, ActName.RECEIVE_PAYMENT)
    take(_row(connection, request.POST["take"]), _user(request))
    return "Taken: it is received here with the next run."


def _leave(request: HttpRequest, connection: Connection) -> str:
    _must(request, ActName.RECEIVE_PAYMENT)
    leave_out(_row(connection, request.POST["leave"]), _user(request))
    return "Left out: it stays on the list of what came back, with your name."


def _taken_in(request: HttpRequest, connection: Connection) -> str:
    _must(request, ActName.DECIDE)
    file = _file(connection, request.POST.get("number", ""))
    many = all_taken_in(file, _user(request), request.POST.get("reason", ""))
    if not many:
        raise ValidationError(f"Nothing of {file.name} waits for a confirmation.")
    return f"{_counted(many, 'record')} of {file.name} in the books, on your word."


def _refused(request: HttpRequest, connection: Connection) -> str:
    _must(request, ActName.DECIDE)
    file = _file(connection, request.POST.get("number", ""))
    many = refused_there(file, _user(request), request.POST.get("reason", ""))
    if not many:
        raise ValidationError(f"Nothing of {file.name} waits for a confirmation.")
    return (
        f"{_counted(many, 'record')} of {file.name} refused there: put them right, and they go into "
        "another file."
    )


_DOES: dict[str, Callable[[HttpRequest, Connection], str]] = {
    "bring": _bring,
    "folder": _from_folder,
    "again": _make_again,
    "take": _take,
    "leave": _leave,
    "taken_in": _taken_in,
    "refused": _refused,
    "times": set_times,
    "make_now": make_now,
}


def _must(request: HttpRequest, permission: str) -> None:
    if not may(request, permission):
        raise PermissionDenied


def _file(connection: Connection, number: str) -> BatchFile:
    files = BatchFile.objects.filter(connection=connection).select_related("connection__grant")
    found = files.filter(number=whole(number) or 0).first()
    if found is None:
        raise ValidationError("There is no file of this number.")
    return found


def _row(connection: Connection, pk: str) -> BroughtRow:
    rows = BroughtRow.objects.filter(brought__connection=connection)
    found = rows.filter(pk=whole(pk) or 0).first()
    if found is None:
        raise ValidationError("There is no such row.")
    return found


def _user(request: HttpRequest) -> User:
    return User.objects.get(pk=person(request))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
