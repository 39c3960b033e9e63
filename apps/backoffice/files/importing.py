"""Import a file: it is brought, looked at, checked and shown; then written, released or taken back."""

import dataclasses
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ActForm, ButtonAct, PageAct, Screen
from apps.backoffice.frame.downloads import attached, logged
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, ago, tag
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.frame.screens import ChoicesFilter, ReadOnlyAdmin
from apps.billing.acts.batches import release_batch, take_back_batch
from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.exchange.exports.writing import Tally as Written
from apps.exchange.exports.writing import csv_chunks
from apps.exchange.imports.background import begin, go_on_again, receive, stands_still
from apps.exchange.imports.running import (
    BEFORE_WRITING,
    begin_writing,
    cancel,
    check_again,
    dialect_of,
    path_of,
    profile_of,
    studied,
)
from apps.exchange.imports.showing import SHOWN, figures, first_lines, months, refused_table
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.profiles import PROFILES
from apps.exchange.tables.encodings import ENCODINGS
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Dialect, Doubt, FileFormat, FileRefused, Look
from apps.exchange.tables.sniffing import DELIMITERS
from apps.staff.acts import ActName

Stage = FileImport.Stage
COLOURS = {
    Stage.ASKING: BUSY,
    Stage.CHECKING: BUSY,
    Stage.CHECKED: PLAIN,
    Stage.UNREADABLE: BAD,
    Stage.WRITING: BUSY,
    Stage.WRITTEN: GOOD,
    Stage.CANCELLED: PLAIN,
}


# What stands at the top of its page: what happened, and what comes next.
NEXT = {
    Stage.CHECKING: "It is being read and checked. Nothing is written meanwhile.",
    Stage.CHECKED: "It is read and checked. Nothing is written yet: look at what would come of it, "
    "then write it, or stop it.",
    Stage.WRITING: "It is being written, on hold: nothing of it is in the books before it is released.",
    Stage.CANCELLED: "It was stopped.",
}


class UploadForm(forms.Form):
    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    file = forms.FileField(
        help_text="CSV (plain or .gz) or Excel (.xlsx), with invoices and credit notes.",
        max_length=200,
    )
    profile = forms.ChoiceField(
        label="Layout",
        choices=lambda: [(code, each.name) for code, each in sorted(PROFILES.items())],
        help_text="Which columns it has, and what they mean.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.order_by("legal_name")  # type: ignore[attr-defined] # a choice of rows


class DialectForm(ActForm):
    """How the file is written: as it looks, and what only a person can settle left to be chosen."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(
        label="What stands between cells", choices=list(DELIMITERS.items())
    )
    sheet = forms.ChoiceField(required=False)
    header_row = forms.IntegerField(label="Row of the headings", min_value=1, max_value=10_000)
    decimal_mark = forms.ChoiceField(
        label="What stands before decimals",
        required=False,
        choices=[("", "as the file tells"), *MARKS.items()],
    )
    day_order = forms.ChoiceField(
        label="Order of day, month and year",
        required=False,
        choices=[("", "as the file tells"), *ORDERS.items()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen, doubts = seen_of(self.record), doubts_of(self.record)
        self.found = (seen.dialect if seen else None) or Dialect()
        for name in ("encoding", "delimiter", "sheet", "header_row"):
            self.fields[name].initial = getattr(self.found, name)
        for name in (DECIMAL_MARK, DAY_ORDER):
            self.fields[name].initial = self.record.said.get(name, "")
        if self.found.format is FileFormat.XLSX:
            del self.fields["encoding"], self.fields["delimiter"]
            sheets = seen.sheets if seen else ()
            self.fields["sheet"].choices = [(each, each) for each in sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        for doubt in doubts:
            if doubt.field in self.fields:
                self.fields[doubt.field].help_text = doubt.sentence
                self.fields[doubt.field].required = True

    def dialect(self) -> Dialect:
        told = {name: self.cleaned_data[name] for name in DIALECT if name in self.cleaned_data}
        return dataclasses.replace(self.found, **told)

    def said(self) -> dict[str, str]:
        return {
            name: told for name in (DECIMAL_MARK, DAY_ORDER) if (told := self.cleaned_data[name])
        }


DIALECT = ("encoding", "delimiter", "sheet", "header_row")


def seen_of(file_import: FileImport) -> Look | None:
    """How the file looks, or None where it cannot be looked at."""
    try:
        return look(
            path_of(file_import),
            known_headings=profile_of(file_import).headings,
            dialect=dialect_of(file_import),
        )
    except (FileRefused, OSError):
        return None


def doubts_of(file_import: FileImport) -> tuple[Doubt, ...]:
    """What only a person can settle. The whole file is read for it, so while it asks alone."""
    if file_import.stage != Stage.ASKING:
        return ()
    try:
        return studied(file_import).doubts
    except (FileRefused, OSError):
        return ()


# --- acts ----------------------------------------------------------------------------------------


def _read_so(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    form = DialectForm(request.POST, record=file_import)
    if not form.is_valid():
        raise ValidationError("Choose how it is written.")
    check_again(file_import, form.dialect(), form.said())
    begin(file_import)
    return _told(file_import)


def _check_again(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    check_again(file_import)
    begin(file_import)
    return _told(file_import)


def _told(file_import: FileImport) -> str:
    if file_import.stage == Stage.UNREADABLE:
        return file_import.sentence
    return f"{file_import} is {file_import.get_stage_display().lower()}."


def _write(good_rows_only: bool) -> Callable[[HttpRequest, FileImport, dict[str, Any]], str]:
    def write(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
        begin_writing(file_import, good_rows_only=good_rows_only)
        begin(file_import)
        if file_import.stage == Stage.WRITTEN:
            return "Everything in it is here already: nothing was written."
        return "It is being written. Nothing of it is in the books before it is released."

    return write


def _found(file_import: FileImport, outcome: Outcome) -> int:
    return Tally.from_json(file_import.tally).rows[outcome]


def _is_clean(file_import: FileImport) -> bool:
    return file_import.stage == Stage.CHECKED and not _found(file_import, Outcome.REFUSED)


def _has_good_rows(file_import: FileImport) -> bool:
    return (
        file_import.stage == Stage.CHECKED
        and bool(_found(file_import, Outcome.REFUSED))
        and bool(_found(file_import, Outcome.NEW))
    )


def _what_is_left_out(file_import: FileImport) -> str:
    refused = _found(file_import, Outcome.REFUSED)
    return (
        f"{refused:,} rows are left out. Download them, mend them, and bring that file: what is here "
        "by then is passed over."
    )


def _release(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    sweep = release_batch(file_import.batch)
    return f"{sweep.issued:,} documents are issued on the numbers they came with."


def _what_releasing_does(file_import: FileImport) -> str:
    return (
        "All documents of this import are issued on the numbers they came with, and go to the books "
        "by what is switched on there. They cannot be taken back then: what is wrong is voided or "
        "credited."
    )


def _take_back(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    if file_import.stage == Stage.WRITING:
        cancel(file_import)
    taken = take_back_batch(file_import.batch)
    return f"{taken:,} documents were taken back. Customers and items that came with them stay."


def _waits(file_import: FileImport) -> bool:
    batch = file_import.batch
    return file_import.stage == Stage.WRITTEN and bool(
        batch and batch.released_at is None and batch.taken_back_at is None
    )


def _may_be_taken_back(file_import: FileImport) -> bool:
    return bool(file_import.batch and file_import.batch.is_on_hold)


def _cancel(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    cancel(file_import)
    if file_import.batch is not None:
        return (
            "It is stopped. What was written waits on hold: take it back, or bring the file again."
        )
    return "It is stopped. Nothing of it was written."


def _can_be_cancelled(file_import: FileImport) -> bool:
    return file_import.stage in (*BEFORE_WRITING, Stage.WRITING)


def _go_on(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    go_on_again(file_import)
    return "It goes on where it was."


def _has_refused(file_import: FileImport) -> bool:
    return file_import.refused_rows.filter(tolerated=False).exists()


def _download(screen: Screen, request: HttpRequest, file_import: FileImport) -> HttpResponse:
    tally = Written()
    headings, rows = refused_table(file_import)
    chunks = csv_chunks(headings, rows, tally=tally)
    response: Any = StreamingHttpResponse(
        logged(chunks, request, "exchange.refusedrow", "csv", tally)
    )
    return attached(response, f"refused-{file_import.pk}.csv", "text/csv; charset=utf-8")


IMPORT = "exchange.add_fileimport"
ACTS = (
    ButtonAct(
        name="write",
        words="Write all of it",
        permission=IMPORT,
        when=_is_clean,
        do=_write(False),
        main=True,
    ),
    ButtonAct(
        name="write-good-rows",
        words="Take the good rows",
        permission=IMPORT,
        when=_has_good_rows,
        do=_write(True),
        means=_what_is_left_out,
        main=True,
    ),
    ButtonAct(
        name="release",
        words="Release",
        permission=ActName.ISSUE_INVOICE,
        when=_waits,
        do=_release,
        means=_what_releasing_does,
        main=True,
    ),
    PageAct(
        name="refused",
        words="Download refused rows",
        permission="exchange.view_fileimport",
        when=_has_refused,
        page=_download,
    ),
    ButtonAct(
        name="read-otherwise",
        words="How it is written",
        permission=IMPORT,
        when=lambda each: each.stage in BEFORE_WRITING,
        do=_read_so,
        asks=DialectForm,
    ),
    ButtonAct(
        name="check-again",
        words="Check again",
        permission=IMPORT,
        when=lambda each: each.stage in (Stage.CHECKED, Stage.UNREADABLE),
        do=_check_again,
    ),
    ButtonAct(
        name="go-on", words="Go on", permission=IMPORT, when=stands_still, do=_go_on, main=True
    ),
    ButtonAct(
        name="cancel",
        words="Stop",
        permission=IMPORT,
        when=_can_be_cancelled,
        do=_cancel,
        danger=True,
    ),
    ButtonAct(
        name="take-back",
        words="Take back",
        permission=IMPORT,
        when=_may_be_taken_back,
        do=_take_back,
        means="All documents of this import are deleted here; their history stays. Nothing of them "
        "is in the books.",
        danger=True,
    ),
)


@admin.register(FileImport)
class FileImportAdmin(ReadOnlyAdmin):
    list_words = "Imports"
    list_display = ["name", "company", "layout", "stage_label", "progress", "brought"]
    list_filter = [("stage", ChoicesFilter)]
    list_select_related = ["company", "batch"]
    search_fields = ["name"]
    acts = ACTS
    fields = [
        "stage_label",
        "progress",
        "company",
        "layout",
        "brought",
        "size_in_words",
        "fingerprint",
    ]
    readonly_fields = fields
    panels_first = True
    empty_sentence = (
        "Invoices and credit notes that were written elsewhere come in by a CSV or Excel file. It is "
        "checked and shown before anything is written."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, IMPORT)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            answers = form.cleaned_data
            try:
                with made_by(person(request)):
                    brought = receive(
                        answers["file"],
                        answers["file"].name,
                        answers["profile"],
                        answers["company"],
                    )
            except FileRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                if brought.stage == Stage.UNREADABLE:
                    messages.error(request, brought.sentence)
                return HttpResponseRedirect(self.page("change", brought.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a file",
            "trail": self.trail("Import a file"),
            "opts": self.opts,
            "form": form,
            "back": self.page("changelist"),
        }
        return TemplateResponse(request, "backoffice/files/upload.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Asks again by itself while a worker is at it."""
        shown = super().changeform_view(request, object_id, form_url, extra_context)
        found = self.get_object(request, object_id or "")
        if found is not None and found.stage in (Stage.CHECKING, Stage.WRITING):
            shown["Refresh"] = "3"
        return shown

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        seen = seen_of(record) if record.stage in BEFORE_WRITING else None
        refused = record.refused_rows.filter(tolerated=False)
        context = {
            "record": record,
            "next": NEXT.get(Stage(record.stage), ""),
            "doubts": doubts_of(record),
            "notices": seen.notices if seen else (),
            "read_otherwise": self.page("read-otherwise", record.pk),
            "lines": first_lines(record) if seen and record.stage != Stage.ASKING else [],
            "figures": figures(record),
            "months": months(record),
            "outcomes": list(Outcome),
            "refused": refused[:SHOWN],
            "refused_count": refused.count(),
            "tolerated": record.refused_rows.filter(tolerated=True)[:20],
            "tolerated_count": record.refused_rows.filter(tolerated=True).count(),
            "refused_url": self.page("refused", record.pk),
            "invoices_url": f"/admin/billing/invoice/?batch__id__exact={record.batch_id}",
            "waits": _waits(record),
        }
        return [render_to_string("backoffice/files/import.html", context, request)]

    @admin.display(description="Layout", ordering="profile")
    def layout(self, file_import: FileImport) -> str:
        profile = PROFILES.get(file_import.profile)
        return profile.name if profile else file_import.profile

    @admin.display(description="Status", ordering="stage")
    def stage_label(self, file_import: FileImport) -> SafeString:
        stage = Stage(file_import.stage)
        batch = file_import.batch
        if batch is not None and stage == Stage.WRITTEN:
            if batch.taken_back_at:
                return tag("Taken back", PLAIN)
            if batch.released_at:
                return tag("Released", GOOD)
            return tag("On hold", BUSY)
        return tag(stage.label, COLOURS[stage])

    @admin.display(description="How far it is")
    def progress(self, file_import: FileImport) -> str:
        if file_import.sentence:
            return file_import.sentence
        if stands_still(file_import):
            return f"{file_import.position:,} documents gone by. It stands still; choose “Go on”."
        if file_import.stage in (Stage.CHECKING, Stage.WRITING):
            return f"{file_import.position:,} documents gone by"
        return ", ".join(
            f"{rows:,} rows {words[:1].lower()}{words[1:]}"
            for words, _, rows in figures(file_import)
            if rows
        )

    @admin.display(description="Brought", ordering="brought_at")
    def brought(self, file_import: FileImport) -> str:
        return ago(file_import.brought_at)

    @admin.display(description="SHA-256")
    def fingerprint(self, file_import: FileImport) -> str:
        """In groups, between which a narrow page may break it."""
        text = file_import.sha256
        return " ".join(text[place : place + 8] for place in range(0, len(text), 8))

    @admin.display(description="Size")
    def size_in_words(self, file_import: FileImport) -> str:
        return f"{file_import.size:,} bytes"
