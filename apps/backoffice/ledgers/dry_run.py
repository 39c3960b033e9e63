"""What would be sent, on pages: of a document, of a selection, of a whole run. Nothing leaves."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.effect import boxes
from apps.backoffice.ledgers.steps import MAP, page_of
from apps.billing.models import Synced
from apps.connections.models import Connection
from apps.connectors.port import Request
from apps.connectors.snapshots import Kind
from apps.core.numbers import whole
from apps.staff.acts import ActName
from apps.sync.assemble.foretelling import books_of
from apps.sync.dry.looked import Looked, Would
from apps.sync.dry.running import DryRun, dry_run, dry_run_of_a_run, words

DRY_RUN = "dry-run"
SHOWN = 50  # rows of a list on the page
SEE_CALLS = "sync.view_call"
TITLE = "What would be sent"


def dry_box(request: HttpRequest, run: DryRun) -> SafeString:
    """One set of books: in words, what it books, what is held and left out, the raw requests."""
    maps = may(request, ActName.CHANGE_MAPPINGS)
    context = {
        "run": run,
        "name": run.connection.system_name,
        "lists": [
            _list(run, "Would be created there", "", Would.CREATE),
            _list(run, "Would be changed there", "", Would.CHANGE),
            _list(run, "Would be held", "t-bad", Would.HELD, maps=maps),
            _list(run, "Would be left out", "", Would.LEFT_OUT),
            _list(run, "Stands there as it is here", "", Would.STANDS),
            _list(run, "Is on its way already", "t-busy", Would.ON_ITS_WAY),
        ],
        "effect": boxes(request, run.told, f"What {run.connection.system_name} would book"),
        "requests": [_raw(each) for each in run.requests] if may(request, SEE_CALLS) else [],
        "technical": may(request, SEE_CALLS),
    }
    return render_to_string("backoffice/ledgers/dry_run.html", context, request)


def of_records(request: HttpRequest, records: Sequence[Synced]) -> list[SafeString]:
    """A box for each set of books of their company."""
    if not records:
        return []
    company_id: int = records[0].company_id  # type: ignore[attr-defined] # every synced record has one
    return [dry_box(request, dry_run(each, records)) for each in books_of(company_id)]


def connection_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """Of all that a run would find to send now."""
    shown = [dry_box(request, dry_run_of_a_run(connection))]
    back = screen.page("change", connection.pk)
    return _page(screen, request, shown, back, record=connection)


def record_page(screen: Screen, request: HttpRequest, record: Any) -> HttpResponse:
    shown = of_records(request, [record])
    return _page(screen, request, shown, screen.page("change", record.pk), record=record)


def selection_page(screen: Screen, request: HttpRequest, records: Sequence[Any]) -> HttpResponse:
    """Of rows chosen in a list, company by company."""
    shown: list[SafeString] = []
    for company in dict.fromkeys(each.company_id for each in records):
        shown += of_records(request, [each for each in records if each.company_id == company])
    return _page(screen, request, shown, screen.page("changelist"))


def _page(
    screen: Screen,
    request: HttpRequest,
    shown: Sequence[SafeString],
    back: str,
    record: Any = None,
) -> HttpResponse:
    context = {
        **screen.admin_site.each_context(request),
        "title": TITLE,
        "trail": screen.trail(TITLE, record=record),
        "opts": screen.opts,
        "original": record,
        "shown": shown,
        "back": back,
    }
    return TemplateResponse(request, "backoffice/ledgers/dry_run_page.html", context)


def _list(
    run: DryRun, title: str, colour: str, would: Would, *, maps: bool = False
) -> dict[str, Any]:
    found = run.of(would)
    return {
        "title": title,
        "colour": colour,
        "count": len(found),
        "rows": [_row(run.connection, each, maps=maps) for each in found[:SHOWN]],
    }


def _row(connection: Connection, looked: Looked, *, maps: bool) -> dict[str, str]:
    meta = looked.record._meta
    fix = ""
    if maps and looked.mapping:
        fix = mapping_url(connection, *_subject_of(looked.mapping))
    page = ""
    if looked.kind != Kind.ALLOCATION:
        name = f"admin:{meta.app_label}_{meta.model_name}_change"
        page = reverse(name, args=[looked.record.pk])
    return {
        "what": str(looked.record),
        "kind": words(looked.kind, 1).capitalize(),
        "page": page,
        "sentence": looked.sentence,
        "remedy": looked.remedy,
        "fix": fix,
    }


# A wait's word of what is mapped, where it is not the subject itself.
_SUBJECTS = {"method": "method_account", "method_place": "place_account"}


def _subject_of(mapping: str) -> tuple[str, int | None]:
    """ "tax:5" → tax rate 5; "income" → the default account of sales."""
    subject, _, key = mapping.partition(":")
    return _SUBJECTS.get(subject, subject), whole(key)


def mapping_url(connection: Connection, subject: str, pk: int | None) -> str:
    """Where on the mapping page this is chosen."""
    return f"{page_of(connection, MAP)}#id_{subject}-{pk or 'default'}"


def _raw(request: Request) -> dict[str, str]:
    """As it would leave, without what lets us in; JSON indented."""
    body = request.body.decode("utf-8", errors="replace")
    with suppress(ValueError):  # not JSON: shown as it is
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return {"line": f"{request.method} {request.path}{'?' + query if query else ''}", "body": body}


class DryRunOfTheSelected:
    """Of a list: what would be sent of the rows that are chosen."""

    @admin.action(description="Show what would be sent", permissions=["dry_run"])
    def show_what_would_be_sent(
        self: Any, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse:
        chosen = list(queryset.select_related("company", "customer").order_by("pk")[:SHOWN])
        return done(selection_page(self, request, chosen))

    def has_dry_run_permission(self, request: HttpRequest) -> bool:
        return may(request, permissions.SEE_SYNC_LOG)


CONNECTION_DRY_RUN = PageAct(
    name=DRY_RUN,
    words=TITLE,
    permission=permissions.SEE_SYNC_LOG,
    when=lambda connection: connection.stage != Connection.Stage.DISCONNECTED,
    page=connection_page,
    calls_out=True,
)
RECORD_DRY_RUN = PageAct(
    name=DRY_RUN,
    words=TITLE,
    permission=permissions.SEE_SYNC_LOG,
    page=record_page,
    calls_out=True,
)
