"""The layouts that were built here: what each says, who may use it, what was read by it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.files.import_forms import TO_BE_SAID
from apps.backoffice.files.layouts.page import CHANGE, refuse_for_all
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import GOOD, PLAIN, ago, tag
from apps.backoffice.frame.history_words import EMPTY, Step
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    ReadOnlyAdmin,
    RecordWithHistoryAdmin,
)
from apps.backoffice.frame.sight import seen
from apps.exchange.imports.own.as_json import CannotBeRead, from_json
from apps.exchange.imports.own.saving import retire, use_again
from apps.exchange.imports.own.told import in_words
from apps.exchange.models import FileImport, ImportProfile
from apps.staff.acts import ActName

SHOWN = 20  # imports on the page


def _retire(request: HttpRequest, row: ImportProfile, answers: dict[str, Any]) -> str:
    refuse_for_all(request, row.company_id is None)
    retire(row)
    return f"“{row}” is retired: no file is read by it any more."


def _use_again(request: HttpRequest, row: ImportProfile, answers: dict[str, Any]) -> str:
    refuse_for_all(request, row.company_id is None)
    use_again(row)
    return f"“{row}” is in use again."


RETIRE = ButtonAct(
    name="retire",
    words="Retire",
    permission=ActName.CHANGE_LAYOUTS,
    when=lambda row: row.retired_at is None,
    do=_retire,
    means="It is offered no more, and proposed for no file. What was read by it stays as it is.",
    danger=True,
)
USE_AGAIN = ButtonAct(
    name="use-again",
    words="Use again",
    permission=ActName.CHANGE_LAYOUTS,
    when=lambda row: row.retired_at is not None,
    do=_use_again,
)


@admin.register(ImportProfile)
class ImportProfileAdmin(ReadOnlyAdmin, RecordWithHistoryAdmin):
    list_words = "Layouts of files"
    list_display = ["name", "subject", "whose", "status", "changed"]
    list_filter = [("company", FewRelatedFilter), ("subject", ChoicesFilter)]
    list_select_related = ["company"]
    search_fields = ["name"]
    acts = (CHANGE, RETIRE, USE_AGAIN)
    fields = ["name", "subject", "whose", "status", "made", "changed"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = (
        "Files of many products are known by themselves. For another, press “Add layout” (+) and bring "
        "a file of it: you say under each of its columns what it means."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, permissions.MAKE_LAYOUTS)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A layout is built from a file: that is brought first."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        place = reverse("admin:exchange_fileimport_add")
        return HttpResponseRedirect(f"{place}?profile={TO_BE_SAID}")

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        brought = seen(request, FileImport).filter(profile=record.code)
        context = {
            "lines": _lines(record),
            "imports": brought.order_by("-pk")[:SHOWN] if _sees_imports(request) else (),
        }
        return [render_to_string("backoffice/files/layout_said.html", context, request)]

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        rows = list(historical_records)
        super().set_history_delta_changes(request, rows, foreign_keys_are_objs)
        for newer, older in pairwise(rows):
            newer.steps = _steps_in_words(newer, older)

    @admin.display(description="For", ordering="company")
    def whose(self, row: ImportProfile) -> str:
        return str(row.company) if row.company is not None else "all companies"

    @admin.display(description="Status", ordering="retired_at")
    def status(self, row: ImportProfile) -> SafeString:
        return tag("Retired", PLAIN) if row.retired_at else tag("In use", GOOD)

    @admin.display(description="Changed", ordering="changed_at")
    def changed(self, row: ImportProfile) -> str:
        return ago(row.changed_at)

    @admin.display(description="Made")
    def made(self, row: ImportProfile) -> str:
        by = f", by {row.made_by}" if row.made_by is not None else ""
        return f"{row.made_at:%-d %b %Y}{by}"


def _sees_imports(request: HttpRequest) -> bool:
    return may(request, permissions.SEE_IMPORTS)


def _steps_in_words(newer: Any, older: Any) -> list[Step]:
    """What it says, line by line where it differs; the rest as of any record."""
    plain: Sequence[Step] = newer.steps
    steps = [each for each in plain if each.field not in ("Content", "Headings")]
    then, now = _lines(older), _lines(newer)
    gone, come = [x for x in then if x not in now], [x for x in now if x not in then]
    if gone or come:
        steps.append(
            Step(
                field="How it is read",
                old="; ".join(gone) or EMPTY,
                new="; ".join(come) or EMPTY,
            )
        )
    return steps


def _lines(row: Any) -> list[str]:
    """What it says; or why this release cannot read it."""
    try:
        return in_words(from_json(row.content, code="", name=row.name))
    except CannotBeRead as problem:
        return [f"It cannot be read: {problem} Retire it, and build it anew from a file."]
