"""Several invoices as one ZIP: at once, or in the background with a page that tells how far it is."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.backoffice.files.answers import zip_response
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct, Screen
from apps.backoffice.frame.following import FollowsAdmin
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, ago, in_bytes, tag
from apps.backoffice.frame.once import nothing_done
from apps.backoffice.frame.permissions import may, person
from apps.backoffice.frame.screens import ChoicesFilter
from apps.billing.models import Invoice
from apps.exchange.models import PrintDownload, PrintJob
from apps.exchange.printing import many
from apps.exchange.storage.sealing import CannotOpen
from apps.exchange.storage.vault import verified

COLOURS = {
    PrintJob.State.WAITING: BUSY,
    PrintJob.State.RUNNING: BUSY,
    PrintJob.State.READY: GOOD,
    PrintJob.State.FAILED: BAD,
    PrintJob.State.GONE: PLAIN,
}
MOST = 100_000  # invoices in one print


class PrintOfTheSelected:
    """Of a list of invoices: the chosen ones as one ZIP of PDFs."""

    @admin.action(description="PDF of the selected (ZIP)", permissions=["print"])
    def print_selected(
        self: Any, request: HttpRequest, queryset: QuerySet[Invoice]
    ) -> HttpResponse | None:
        chosen = queryset.exclude(status="draft").order_by("issue_date", "pk")
        ids = list(chosen.values_list("pk", flat=True)[: MOST + 1])
        if not ids:
            messages.error(request, "Drafts are not printed. Issue them first, or choose others.")
            return None
        if len(ids) > MOST:
            messages.error(
                request, f"Choose at most {MOST:,} at a time: narrow the list by date first."
            )
            return None
        if len(ids) > many.AT_ONCE:
            job = many.ask_for(ids, person(request))
            return HttpResponseRedirect(reverse("admin:exchange_printjob_change", args=[job.pk]))
        packed, left_out = many.zip_of(chosen.select_related("company", "customer"))
        if len(left_out) == len(ids):
            for sentence in left_out:
                messages.error(request, sentence)
            return None
        for sentence in left_out:
            messages.warning(request, sentence)
        return zip_response(packed, "invoices.zip")

    def has_print_permission(self, request: HttpRequest) -> bool:
        return may(request, permissions.SEE_INVOICES)


def _download(screen: Screen, request: HttpRequest, job: PrintJob) -> HttpResponse:
    try:
        packed = verified(many.file_of(job), job.sha256)
    except FileNotFoundError:
        messages.error(
            request,
            "The file is not on this machine any more. Choose the invoices again, and print them.",
        )
        return nothing_done(HttpResponseRedirect(screen.page("change", job.pk)))
    except CannotOpen as refusal:
        messages.error(request, str(refusal))
        return nothing_done(HttpResponseRedirect(screen.page("change", job.pk)))
    PrintDownload.objects.create(job=job, user_id=person(request))
    return zip_response(packed, f"invoices-{job.pk}.zip")


def _go_on(request: HttpRequest, job: PrintJob, answers: dict[str, Any]) -> str:
    many.ask_again(job)
    return "It goes on where it was."


def _may_go_on(job: PrintJob) -> bool:
    return job.state == PrintJob.State.FAILED or many.stands_still(job)


DOWNLOAD = PageAct(
    name="download",
    words="Download",
    permission=permissions.SEE_INVOICES,
    when=lambda job: job.is_ready,
    page=_download,
    main=True,
)
GO_ON = ButtonAct(
    name="go-on",
    words="Go on",
    permission=permissions.SEE_INVOICES,
    when=_may_go_on,
    do=_go_on,
)


@admin.register(PrintJob)
class PrintJobAdmin(FollowsAdmin):
    list_words = "Printed invoices"
    list_display = ["what", "requested_by", "asked", "state_label", "progress"]
    list_filter = [("state", ChoicesFilter)]
    list_select_related = ["requested_by"]
    acts = (DOWNLOAD, GO_ON)
    fields = ["state_label", "progress", "what", "requested_by", "asked", "kept_until", "file",
              "left_out_words", "downloaded"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = (
        f"More than {many.AT_ONCE} invoices chosen in their list are printed in the background, "
        "and wait here."
    )

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> PrintJob | None:
        """None where an invoice of it is of a company that is not theirs any more."""
        job: PrintJob | None = super().get_object(request, *args, **kwargs)
        return job if job is not None and many.all_in_sight(request.user, job) else None

    def moves(self, record: PrintJob) -> bool:
        return record.is_open

    @admin.display(description="What")
    def what(self, job: PrintJob) -> str:
        return str(job)

    @admin.display(description="Asked", ordering="requested_at")
    def asked(self, job: PrintJob) -> str:
        return ago(job.requested_at)

    @admin.display(description="Status", ordering="state")
    def state_label(self, job: PrintJob) -> SafeString:
        return tag(job.get_state_display(), COLOURS[PrintJob.State(job.state)])

    @admin.display(description="Printed")
    def progress(self, job: PrintJob) -> str:
        if job.sentence:
            return job.sentence
        if many.stands_still(job):
            return f"{job.done} of {job.count}. It stands still; choose “Go on”."
        return f"{job.done} of {job.count}"

    @admin.display(description="Kept until")
    def kept_until(self, job: PrintJob) -> str:
        return f"{job.ready_at + many.KEPT:%-d %b %Y}" if job.ready_at else "–"

    @admin.display(description="File")
    def file(self, job: PrintJob) -> str:
        return f"{in_bytes(job.size)}, SHA-256 {job.sha256}" if job.sha256 else "–"

    @admin.display(description="Left out")
    def left_out_words(self, job: PrintJob) -> str:
        return "\n".join(job.left_out) or "–"

    @admin.display(description="Downloaded")
    def downloaded(self, job: PrintJob) -> str:
        rows = job.downloads.select_related("user")[:20]
        return "\n".join(f"{row.user}, {row.at:%-d %b %Y %H:%M} UTC" for row in rows) or "never"
