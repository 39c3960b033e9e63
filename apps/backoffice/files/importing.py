"""Import a file: it is brought, looked at, checked and shown; then written, released or taken back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.files.import_acts import ACTS, in_words, waits
from apps.backoffice.files.import_forms import UploadForm
from apps.backoffice.files.layouts.tax_codes import has_unknown_codes
from apps.backoffice.files.money_brought import asked, held_rows
from apps.backoffice.files.payouts_brought import bank_lines, bank_lines_are, moved
from apps.backoffice.frame import permissions
from apps.backoffice.frame.following import FollowsAdmin
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, ago, in_bytes, in_groups, tag
from apps.backoffice.frame.once import once
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.frame.screens import ChoicesFilter
from apps.billing.changes import made_by
from apps.exchange.imports.answering import open_questions
from apps.exchange.imports.at_hand import doubts_of
from apps.exchange.imports.background import MOVING, is_being_released, receive, stands_still
from apps.exchange.imports.needs import brings_masters
from apps.exchange.imports.on_hold import brings_money, held
from apps.exchange.imports.own.finding import name_of, was_changed
from apps.exchange.imports.port import NO_PREVIEW
from apps.exchange.imports.running import BEFORE_WRITING
from apps.exchange.imports.showing import (
    SHOWN,
    amounts_are,
    figures,
    first_rows,
    in_all,
    months,
    unit_of,
    units_of,
)
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.tables.port import FileRefused
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
    Stage.WRITING: "It is being written.",
    Stage.CANCELLED: "It was stopped.",
}


# Who may release it, by whether it brings money.
RELEASES = {True: ActName.RECEIVE_PAYMENT, False: ActName.ISSUE_INVOICE}
ASKED = (
    "It is read and checked. Nothing is written yet: some rows may be here already. Say of each below "
    "whether it is taken, then write it, or stop it."
)
NOTHING_NEW = {
    True: "It is read and checked. What is refused keeps it from bringing anything: mend those rows "
    "below, and bring that file. The others are here already, and stay as they are.",
    False: "It is read and checked: all of it is here already, and unchanged. Nothing is left to do.",
}


WRITTEN_ON_HOLD = (
    "It is being written, on hold: nothing of it is in the books before it is released."
)


def what_next(file_import: FileImport) -> str:
    """What stands at the top of its page; "" once its batch says it."""
    found = Tally.from_json(file_import.tally)
    if file_import.stage == Stage.CHECKED and not (found.writes or found.rows[Outcome.ASKED]):
        return NOTHING_NEW[bool(found.refused)]
    is_asked = file_import.stage == Stage.CHECKED and found.rows[Outcome.ASKED]
    if is_asked and open_questions(file_import).exists():
        return ASKED
    # What has a batch waits in it; records are written as they come.
    if file_import.stage == Stage.WRITING and file_import.batch_id is not None:
        return WRITTEN_ON_HOLD
    return NEXT.get(Stage(file_import.stage), "")


def gone_by(file_import: FileImport) -> str:
    return f"{file_import.position:,} {units_of(file_import)} gone by"


@admin.register(FileImport)
class FileImportAdmin(FollowsAdmin):
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
        "What was written elsewhere comes in by a CSV or Excel file: press "
        "“Add import” (+). It is checked and shown before anything is written."
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, permissions.IMPORT_FILES)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"profile": request.GET.get("profile", "")}
        form = UploadForm(
            request.user, request.POST or None, request.FILES or None, initial=initial
        )
        if request.method == "POST" and form.is_valid():
            # The check commits in portions, so that no transaction is open around it.
            return once(
                request,
                "import a file",
                lambda: self._bring(request, form),
                back=self.page("changelist"),
                calls_out=True,
            )
        return self._ask(request, form)

    def _bring(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        answers = form.cleaned_data
        try:
            with made_by(person(request)):
                brought = receive(
                    answers["file"],
                    answers["file"].name,
                    form.said_profile,
                    answers["company"],
                )
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
            return self._ask(request, form)
        if form.said_profile is None and brought.profile:
            messages.info(
                request,
                f"Read as “{name_of(brought)}”, which its headings fit. If it is another file, press “Read by "
                "another layout”.",
            )
        if brought.stage == Stage.UNREADABLE:
            messages.error(request, brought.sentence)
        if not brought.profile and may(request, ActName.CHANGE_LAYOUTS):
            return HttpResponseRedirect(self.page("layout", brought.pk))
        return HttpResponseRedirect(self.page("change", brought.pk))

    def _ask(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a file",
            "trail": self.trail("Import a file"),
            "opts": self.opts,
            "form": form,
            "back": self.page("changelist"),
        }
        return TemplateResponse(request, "backoffice/files/upload.html", context)

    def moves(self, record: FileImport) -> bool:
        return record.stage in MOVING or is_being_released(record)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        refused = record.refused_rows.filter(tolerated=False, asked=False)
        by_month = months(record)
        tally = Tally.from_json(record.counts if record.written_at else record.tally)
        context = {
            "record": record,
            "next": what_next(record),
            "doubts": doubts_of(record),
            "notices": record.notices if record.stage in BEFORE_WRITING else (),
            "read_otherwise": self.page("read-otherwise", record.pk),
            **self._about_its_layout(request, record),
            "preview": first_rows(record) if record.stage == Stage.CHECKED else NO_PREVIEW,
            "units": units_of(record),
            "unit": unit_of(record),
            "changes": brings_masters(record),
            "figures": figures(record),
            "months": by_month,
            "amounts_are": amounts_are(record),
            "totals": in_all(by_month),
            "held": in_words(record),
            "held_one": sum(held(record).values()) == 1,
            "may_release": may(request, RELEASES[brings_money(record)]),
            "money": brings_money(record),
            "held_money": held_rows(record),
            "moved": moved(tally),
            "bank_lines": bank_lines(tally),
            "bank_lines_are": bank_lines_are(record),
            "outcomes": list(Outcome),
            "refused": refused[:SHOWN],
            "refused_count": refused.count(),
            "tolerated": record.refused_rows.filter(tolerated=True)[:20],
            "tolerated_count": record.refused_rows.filter(tolerated=True).count(),
            "refused_url": self.page("refused", record.pk),
            "invoices_url": f"{reverse('admin:billing_invoice_changelist')}?batch__id__exact={record.batch_id}",
            "waits": waits(record),
            **asked(request, record, self.page("answer", record.pk)),
        }
        return [render_to_string("backoffice/files/import.html", context, request)]

    def _about_its_layout(self, request: HttpRequest, record: FileImport) -> dict[str, Any]:
        may_build = may(request, ActName.CHANGE_LAYOUTS)
        return {
            "no_layout": not record.profile and record.stage == Stage.ASKING,
            "layout_changed": record.stage == Stage.CHECKED and was_changed(record),
            "may_build": may_build,
            "strange_taxes": may_build and has_unknown_codes(record),
            "read_by": self.page("read-by", record.pk),
            "build": self.page("layout", record.pk),
            "check_again": self.page("check-again", record.pk),
            "tax_codes": self.page("tax-codes", record.pk),
        }

    @admin.display(description="Layout", ordering="profile")
    def layout(self, file_import: FileImport) -> str:
        return name_of(file_import)

    @admin.display(description="Status", ordering="stage")
    def stage_label(self, file_import: FileImport) -> SafeString:
        stage = Stage(file_import.stage)
        batch = file_import.batch
        if batch is not None and stage == Stage.WRITTEN:
            if batch.taken_back_at:
                return tag("Taken back", PLAIN)
            if batch.released_at:
                return tag("Released", GOOD)
            if batch.release_begun_at:
                return tag("Released in part", BUSY)
            return tag("On hold", BUSY)
        return tag(stage.label, COLOURS[stage])

    @admin.display(description="How far it is")
    def progress(self, file_import: FileImport) -> str:
        if file_import.sentence:
            return file_import.sentence
        if stands_still(file_import):
            return f"{gone_by(file_import)}. It stands still; choose “Go on”."
        if file_import.stage in (Stage.CHECKING, Stage.WRITING):
            return gone_by(file_import)
        return ", ".join(
            f"{rows:,} row{'' if rows == 1 else 's'} {words[:1].lower()}{words[1:]}"
            for words, _, rows in figures(file_import)
            if rows
        )

    @admin.display(description="Brought", ordering="brought_at")
    def brought(self, file_import: FileImport) -> str:
        return ago(file_import.brought_at)

    @admin.display(description="SHA-256")
    def fingerprint(self, file_import: FileImport) -> str:
        return in_groups(file_import.sha256)

    @admin.display(description="Size")
    def size_in_words(self, file_import: FileImport) -> str:
        return in_bytes(file_import.size)
