"""Mappings out as CSV or Excel and in again: looked at row by row, and shown with what they touch."""

from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.csv_file import csv_response, xlsx_response
from apps.backoffice.frame.once import done
from apps.backoffice.ledgers.mapping_choices import Choice
from apps.backoffice.ledgers.mapping_impact import SEEN, Picked, impact_page, in_force
from apps.backoffice.ledgers.steps import MAP
from apps.billing.changes import made_by
from apps.connections.models import Connection
from apps.core.numbers import whole
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Cell, FileRefused, RowKind
from apps.exchange.tables.rows import rows
from apps.mappings import files
from apps.mappings.choices import RELIED_ON, set_mapping
from apps.mappings.fit import Thing
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.names import Key, field_of, key_of_field

MAP_FILE = "map-file"
LARGEST = 1_000_000  # bytes of a file
SHOWN_AT_ONCE = 25  # changes in force whose impact is shown together
KEPT = 500  # rows of an error file
ONLY_WHOLE, BUT_THE_WRONG = "whole", "but-the-wrong"
ERRORS_HEAD = ("Row", "Field", "What stands there", "What to do")


def mapping_file_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    if request.GET.get("file") == "mappings":
        return csv_response("mappings", files.HEAD, files.table(connection))
    if request.GET.get("file") == "workbook":
        return xlsx_response("mappings", files.HEAD, files.table(connection))
    if request.GET.get("file") == "errors":
        return csv_response("mapping-errors", ERRORS_HEAD, _kept(request, connection))
    if request.method != "POST":
        return _shown(screen, request, connection)
    if SEEN in request.POST:
        return _saved(screen, request, connection, _posted(connection, request), [])
    file = request.FILES.get("file")
    if file is None or not file.size or file.size > LARGEST:
        messages.error(request, "Choose a CSV or Excel file of at most 1 MB, then press Bring in.")
        return _shown(screen, request, connection)
    chosen, wrong = _read(connection, file)
    picked = _choices(connection, chosen)
    whole = request.POST.get("mode", ONLY_WHOLE) == ONLY_WHOLE
    if wrong and (whole or not picked):
        _keep(request, connection, wrong)
        return _shown(screen, request, connection, wrong)
    changed = in_force(picked, connection)
    if len(changed) > SHOWN_AT_ONCE:
        messages.error(
            request,
            f"Nothing was saved: it changes {len(changed)} choices in force, and at most "
            f"{SHOWN_AT_ONCE} are looked at together. Send it in parts.",
        )
        return _shown(screen, request, connection)
    _keep(request, connection, wrong)
    if changed:
        if wrong:
            left = f"{len(wrong)} wrong rows are left out: the error file of “Mappings as a file” names each."
            messages.warning(request, left)
        return impact_page(screen, request, connection, picked, changed)
    return _saved(screen, request, connection, picked, wrong)


def _read(
    connection: Connection, file: UploadedFile
) -> tuple[list[files.Chosen], list[files.Wrong]]:
    """Of any dialect, or a workbook; what only a person could settle about how it is written is wrong
    with it."""
    with NamedTemporaryFile(prefix="tieout-mappings-") as plain:
        plain.writelines(file.chunks())
        plain.flush()
        path = Path(plain.name)
        try:
            seen = look(path, known_headings=files.HEAD)
            if seen.doubts:
                told = " ".join(each.sentence for each in seen.doubts)
                return [], [files.of_file(f"{told} Save it as “CSV UTF-8” or .xlsx.")]
            body = (
                (each.number, [_text(cell) for cell in each.cells])
                for each in rows(path, seen.dialect)
                if each.kind is RowKind.BODY
            )
            return files.read(connection, seen.headings, body)
        except FileRefused as refusal:
            return [], [files.of_file(str(refusal))]


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return "" if cell is None else str(cell)


def _saved(
    screen: Screen,
    request: HttpRequest,
    connection: Connection,
    picked: Picked,
    wrong: list[files.Wrong],
) -> HttpResponse:
    """All of it or nothing: a refusal of one takes back the others."""
    reason = request.POST.get("reason", "").strip()[:200]
    try:
        with transaction.atomic(), made_by(reason=reason):
            for choice, code in picked:
                name = Mapping.argument_of(choice.subject)
                given: dict[str, Any] = {name: choice.thing} if name else {}
                set_mapping(connection, choice.subject, code=code, **given)
    except ValidationError as refusal:
        messages.error(request, f"Nothing was saved. {' '.join(refusal.messages)}")
        return _shown(screen, request, connection)
    told = f"{len(picked)} saved." if picked else "Nothing was different."
    if not wrong:
        messages.success(request, told)
        return HttpResponseRedirect(screen.page(MAP, connection.pk))
    messages.warning(request, f"{told} {len(wrong)} left out.")
    return done(_shown(screen, request, connection, wrong, left_out=True))


def _shown(
    screen: Screen,
    request: HttpRequest,
    connection: Connection,
    wrong: list[files.Wrong] | None = None,
    *,
    left_out: bool = False,
) -> TemplateResponse:
    here = screen.page(MAP_FILE, connection.pk)
    context = {
        **screen.admin_site.each_context(request),
        "title": "Mappings as a file",
        "trail": screen.trail("Mappings as a file", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "back": screen.page(MAP, connection.pk),
        "wrong": wrong or [],
        "left_out": left_out,
        "head": files.HEAD,
        "out_url": f"{here}?file=mappings",
        "workbook_url": f"{here}?file=workbook",
        "errors_url": f"{here}?file=errors",
        "relied_on": connection.stage in RELIED_ON,
        "modes": (ONLY_WHOLE, BUT_THE_WRONG),
    }
    return TemplateResponse(request, "backoffice/ledgers/mapping_file.html", context)


def _choices(connection: Connection, chosen: list[files.Chosen]) -> list[tuple[Choice, RemoteCode]]:
    chosen_now = Mapping.objects.filter(connection=connection).select_related("code", *THINGS)
    known = {(row.subject, row.thing.pk if row.thing else None): row.code for row in chosen_now}
    return [(_choice(each.subject, each.thing, known.get(each.key)), each.code) for each in chosen]


def _choice(subject: str, thing: Thing | None, chosen: RemoteCode | None) -> Choice:
    about = str(Mapping.Subject(subject).label)
    return Choice(
        subject=subject,
        thing=thing,
        words=f"{about}: {thing}" if thing else about,
        note="",
        field=field_of(subject, thing.pk if thing else None),
        codes=[],
        chosen=chosen,
        proposal=None,
        lacking=None,
        doubt=None,
        needed=False,
    )


def _posted(connection: Connection, request: HttpRequest) -> Picked:
    """What the page that showed its impact carries on, read anew."""
    found = []
    for name, value in request.POST.items():
        key, number = key_of_field(name), whole(value)
        if key is None or number is None:
            continue
        code = RemoteCode.objects.filter(connection=connection, pk=number).first()
        thing = _thing(connection, key)
        if code is None or (key[1] is not None and thing is None):
            continue
        found.append((_choice(key[0], thing, None), code))
    return found


def _thing(connection: Connection, key: Key) -> Thing | None:
    name = Mapping.argument_of(key[0])
    if not name or key[1] is None:
        return None
    model: Any = Mapping._meta.get_field(name).related_model
    found: Thing | None = model._base_manager.filter(pk=key[1]).first()
    return found if found is not None and found.company_id == connection.company_id else None


def _keep(request: HttpRequest, connection: Connection, wrong: list[files.Wrong]) -> None:
    """The error file of this person's last one, until the next."""
    told = [[each.row, each.field, each.value[:200], each.remedy] for each in wrong[:KEPT]]
    request.session["mapping_errors"] = {"connection": connection.pk, "rows": told}


def _kept(request: HttpRequest, connection: Connection) -> list[list[Any]]:
    kept = request.session.get("mapping_errors", {})
    found: list[list[Any]] = kept.get("rows", []) if kept.get("connection") == connection.pk else []
    return found
