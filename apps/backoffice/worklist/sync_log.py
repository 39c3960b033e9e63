"""The sync log, and what was read over there."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import (
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.csv_file import csv_response
from apps.backoffice.frame.formatting import (
    BAD,
    BUSY,
    GOOD,
    PLAIN,
    WARN,
    ago,
    link,
    link_out,
    money,
    tag,
)
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.backoffice.frame.systems import systems_in_words
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.ledgers.automation import panel_of
from apps.backoffice.ledgers.conflict_words import one_per_question, question_words
from apps.backoffice.ledgers.firsts import first_url
from apps.backoffice.ledgers.mapping_work import choice_page
from apps.backoffice.ledgers.status import (
    KIND_WORDS,
    colour_of,
    held_up,
    name_of,
    sentence_of,
    their_label,
    their_page,
    way_out,
    way_to_first,
)
from apps.backoffice.ledgers.timeline.page import WithTimeline
from apps.backoffice.ledgers.timeline.page import box as timeline_box
from apps.backoffice.worklist import acts as sync_acts
from apps.backoffice.worklist.acts import can_adopt
from apps.backoffice.worklist.sync_filters import KindFilter, ReasonFilter
from apps.backoffice.worklist.their_filters import TheirCustomerFilter, TheirKindFilter
from apps.billing.models import Synced
from apps.connectors.snapshots import Kind
from apps.exchange.exports.cells import Cell
from apps.mappings.names import field_waited_for
from apps.sync.models import (
    Attempt,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
)
from apps.sync.models.urgency import Urgency
from apps.sync.there.shares import one_there_with

ATTEMPTS_SHOWN = 50
QUESTIONS_SHOWN = 20
SUBJECT_FIELDS = ["customer", "item", "invoice", "credit_note", "payment", "allocation",
                  "adjustment", "refund", "deposit"]  # fmt: skip
DEEP = ["payment__customer", "credit_note__customer", "adjustment__customer", "refund__customer",
        "allocation__invoice", "allocation__refund", "allocation__charge",
        "allocation__payment__customer", "allocation__credit_note__customer",
        "allocation__adjustment__customer"]  # fmt: skip


def _latest(record: SyncRecord) -> list[Attempt]:
    """Its attempts, the newest first; on its page no more than are shown there."""
    found: list[Attempt] | None = getattr(record, "latest", None)
    return list(record.attempts.all()) if found is None else found


def subject_page(record: SyncRecord) -> str:
    """Our record's own page."""
    model = record.subject._meta
    return reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[record.subject_id])


def way_to_choice(record: SyncRecord) -> str:
    """The mapping page at the choice that it waits for; "" where it waits for none."""
    field = field_waited_for(record.waits_for) if record.state == State.NEEDS_PERSON else ""
    return choice_page(record.connection, field) if field else ""


def way_to_switch(record: SyncRecord) -> str:
    """Where what would send it is switched off; "" where nothing is."""
    return panel_of(record.connection) if record.reason == Reason.NOT_BY_ITSELF else ""


def subject_name(record: SyncRecord) -> str:
    """“Invoice INV-2026-00012”."""
    return name_of(record.kind, record.subject)


def questions_of(record: SyncRecord) -> list[tuple[str, str]]:
    """Page and words of what was changed on both sides: what is open once, however many fields."""
    rows = one_per_question(record.conflicts.order_by("decision", "-found_at"))[:QUESTIONS_SHOWN]
    found = []
    for each in rows:
        each.sync_record = record
        page = reverse("admin:sync_conflict_change", args=[each.pk])
        found.append((page, question_words(each)))
    return found


def one_with(record: SyncRecord) -> list[tuple[str, str]]:
    """Page and name of the other records of ours that are one object there with this one."""
    return [(subject_page(each), subject_name(each)) for each in one_there_with(record)]


@admin.register(SyncRecord)
class SyncRecordAdmin(WithTimeline, ToldWhomToAsk, ReadOnlyAdmin):
    """One line per record of ours and set of books, what failed first."""

    list_words = "Sync log"
    list_display = ["what", "customer_name", "books", "state_label", "why", "remedy_shown",
                    "attempted", "over_there"]  # fmt: skip
    list_display_links = ["what"]
    list_filter = [
        ("connection", FewRelatedFilter),
        KindFilter,
        ("state", ChoicesFilter),
        ReasonFilter,
    ]
    list_select_related = ["connection", *SUBJECT_FIELDS, *DEEP, "invoice__customer"]
    search_fields = ["invoice__number", "credit_note__number", "customer__name", "item__code",
                     "item__name", "payment__reference", "refund__reference", "deposit__reference",
                     "invoice__customer__name", "refund__customer__name",
                     "adjustment__customer__name", "sentence",
                     "remote_records__remote_id", "remote_records__number"]  # fmt: skip
    actions = ["retry_selected", "send_selected", "download_selected"]
    acts = sync_acts.RECORD_ACTS
    quick = (
        ("Needs a person", "?state__exact=needs_person"),
        ("Tieout is holding it", "?reason=held"),
        ("Outcome unknown", "?state__exact=unknown"),
        ("Waits for a person to send it", f"?reason={Reason.NOT_BY_ITSELF}"),
        ("Waiting", "?state__exact=waiting"),
        ("In the books", "?state__exact=in_the_books"),
        ("All", "?"),
    )
    empty_sentence = "When a connection is live, every record that belongs there is listed here."
    fields = ["what", "books", "state_label", "why", "remedy_shown", "attempted", "over_there"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncRecord]:
        rows: QuerySet[SyncRecord] = super().get_queryset(request)
        if not of_one(request):
            return rows.prefetch_related("remote_records__connection", "attempts")
        theirs = Prefetch("remote_records", RemoteRecord.objects.select_related("connection"))
        latest = Prefetch(
            "attempts", Attempt.objects.select_related("call")[:ATTEMPTS_SHOWN], to_attr="latest"
        )
        return rows.prefetch_related(theirs, latest)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [Urgency("state").asc(), "-changed_at", "-id"]

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "download/",
                self.admin_site.admin_view(self.download),
                name=self.url_name("download"),
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra = {
            "download_url": f"{self.page('download')}?{request.GET.urlencode()}",
            **(extra_context or {}),
        }
        return super().changelist_view(request, extra)

    def download(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered and searched, as CSV."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        try:
            return self._csv(self.get_changelist_instance(request).get_queryset(request))
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self.page("changelist"))

    def _csv(self, rows: QuerySet[SyncRecord]) -> HttpResponse:
        head = ["Kind", "Record", "Books", "State", "Reason", "What happened", "What to do",
                "Last attempt (UTC)", "Over there"]  # fmt: skip
        return csv_response("sync-log", head, (self._csv_row(each) for each in rows))

    def _csv_row(self, record: SyncRecord) -> list[Cell]:
        attempts = list(record.attempts.all())
        return [
            KIND_WORDS[record.kind],
            str(record.subject),
            str(record.connection),
            State(record.state).label,
            Reason(record.reason).label if record.reason else "",
            sentence_of(record),
            record.remedy,
            attempts[0].at.strftime("%Y-%m-%d %H:%M:%S") if attempts else "",
            " ".join(f"{each.kind} {each.remote_id}" for each in record.remote_records.all()),
        ]

    @admin.action(description="Retry the selected", permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[SyncRecord]) -> None:
        sync_acts.retry_many(request, queryset)

    @admin.action(description="Send the selected now", permissions=["retry"])
    def send_selected(self, request: HttpRequest, queryset: QuerySet[SyncRecord]) -> None:
        sync_acts.send_many(request, queryset)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return sync_acts.may_retry(request)

    @admin.action(description="Download the selected as CSV", permissions=["view"])
    def download_selected(
        self, request: HttpRequest, queryset: QuerySet[SyncRecord]
    ) -> HttpResponse:
        return self._csv(queryset)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        context = {
            "record": record,
            "subject_url": subject_page(record),
            "link_url": way_out(record),
            "first_url": way_to_first(request, record),
            "held_up": held_up(request, record),
            "attempts": _latest(record),
            "remote": record.remote_records.all(),
            "one_with": one_with(record),
            "system": record.connection.system_name,
            "questions": questions_of(record),
            "candidates": record.candidates.select_related("remote_record"),
            "technical": request.user.has_perm("sync.view_call"),
        }
        told = render_to_string("backoffice/worklist/sync_record.html", context, request)
        return [timeline_box(request, record), told]

    def timeline_of(self, record: Any) -> tuple[Synced, list[SyncRecord]]:
        """Of these books alone, with what was done to our record."""
        return record.subject, [record]

    def called(self, record: Any) -> str:
        return f"{subject_name(record)} in {record.connection}"

    @admin.display(description="Record")
    def what(self, record: SyncRecord) -> str:
        return subject_name(record)

    @admin.display(description="Customer")
    def customer_name(self, record: SyncRecord) -> str:
        subject: Any = record.subject
        if record.kind == Kind.ALLOCATION:
            subject = subject.source
        return str(getattr(subject, "customer", "") or "–")

    @admin.display(description="Books", ordering="connection__name")
    def books(self, record: SyncRecord) -> str:
        return str(record.connection)

    @admin.display(description="State", ordering="state")
    def state_label(self, record: SyncRecord) -> SafeString:
        return tag(str(State(record.state).label), colour_of(record))

    @admin.display(description="What happened")
    def why(self, record: SyncRecord) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', sentence_of(record) or "–")

    @admin.display(description="What to do")
    def remedy_shown(self, record: SyncRecord) -> SafeString:
        if record.reason == Reason.FIRST_OF_ITS_KIND and record.connection.is_live:
            words = link(first_url(record.connection, record.kind), record.remedy)
            return format_html('<span class="t-sentence">{}</span>', words)
        if way := way_to_choice(record) or way_to_switch(record):
            words = link(way, record.remedy)
            return format_html('<span class="t-sentence">{}</span>', words)
        return format_html('<span class="t-sentence">{}</span>', record.remedy or "–")

    @admin.display(description="Last attempt")
    def attempted(self, record: SyncRecord) -> str:
        attempts = _latest(record)
        if attempts:
            return ago(attempts[0].at)
        # It came from there, or went inside another record: a payment carries what it is applied to.
        return "none needed" if record.state in (State.IN_THE_BOOKS, State.GONE) else "none yet"

    @admin.display(description="Over there")
    def over_there(self, record: SyncRecord) -> SafeString | str:
        for remote in record.remote_records.all():
            if not remote.retired and not remote.part and (address := their_page(remote)):
                words = remote.number or remote.name
                return link_out(address, words or f"Open in {record.connection.system_name}")
        return "–"


ARRIVAL_COLOURS = {
    RemoteRecord.Arrival.NEW: BUSY,
    RemoteRecord.Arrival.APPLIED: GOOD,
    RemoteRecord.Arrival.ECHO: GOOD,
    RemoteRecord.Arrival.ONLY_THEIRS: PLAIN,
    RemoteRecord.Arrival.WAITS: WARN,
    RemoteRecord.Arrival.NEEDS_PERSON: BAD,
}


@admin.register(RemoteRecord)
class RemoteRecordAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    """What was read over there, and how it was dealt with."""

    list_display = ["what", "customer_there", "dated", "money_amount", "books", "arrival_label",
                    "why", "their_page"]  # fmt: skip
    list_filter = [("connection", FewRelatedFilter), TheirKindFilter, ("arrival", ChoicesFilter),
                   TheirCustomerFilter, ("dated", DateFilter)]  # fmt: skip
    list_select_related = ["connection", "sync_record"]
    search_fields = ["number", "name", "remote_id"]
    acts = sync_acts.REMOTE_ACTS
    empty_sentence = "What is read from a connected accounting system is listed here."
    fields = ["what", "customer_there", "dated", "money_amount", "books", "arrival_label", "why",
              "remedy_shown", "their_page", "ours_is"]  # fmt: skip
    readonly_fields = fields

    @property
    def words(self) -> str:
        return f"In {systems_in_words()}"

    def called(self, record: Any) -> str:
        return their_label(record)

    def quick_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        self.quick = (
            ("Needs a person", "?arrival__exact=needs_person"),
            (f"Only in {systems_in_words()}", "?arrival__exact=only_theirs"),
            ("Waiting", "?arrival__exact=waits"),
            ("All", "?"),
        )
        return super().quick_links(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RemoteRecord]:
        rows: QuerySet[RemoteRecord] = super().get_queryset(request)
        customer = RemoteRecord.objects.filter(
            connection=OuterRef("connection"),
            of_kind=Kind.CUSTOMER,
            remote_id=OuterRef("customer_id_there"),
            part="",
        )
        rows = rows.annotate(customer_called=Subquery(customer.values("name")[:1]))
        match = request.resolver_match
        if match and match.url_name == self.url_name("changelist"):
            # Parts of a payment are listed only while one of them asks for something.
            asks = [RemoteRecord.Arrival.NEEDS_PERSON, RemoteRecord.Arrival.WAITS]
            rows = rows.filter(Q(part="") | Q(arrival__in=asks))
        return rows

    @admin.display(description="Record")
    def what(self, remote: RemoteRecord) -> str:
        return their_label(remote)

    @admin.display(description="Customer", ordering="customer_called")
    def customer_there(self, remote: RemoteRecord) -> str:
        return getattr(remote, "customer_called", None) or "–"

    @admin.display(description="What to do")
    def remedy_shown(self, remote: RemoteRecord) -> SafeString:
        remedy = remote.remedy or ("Take it over, or leave it there." if can_adopt(remote) else "–")
        return format_html('<span class="t-sentence">{}</span>', remedy)

    @admin.display(description="Amount", ordering="amount")
    def money_amount(self, remote: RemoteRecord) -> SafeString:
        return money(remote.amount, remote.currency)

    @admin.display(description="Books")
    def books(self, remote: RemoteRecord) -> str:
        return str(remote.connection)

    @admin.display(description="Standing", ordering="arrival")
    def arrival_label(self, remote: RemoteRecord) -> SafeString:
        if remote.gone:
            return tag("Gone over there", WARN)
        arrival = RemoteRecord.Arrival(remote.arrival)
        words = str(arrival.label)
        if arrival == RemoteRecord.Arrival.ONLY_THEIRS:
            words = f"Only in {remote.connection.system_name}"
        return tag(words, ARRIVAL_COLOURS[arrival])

    @admin.display(description="What happened")
    def why(self, remote: RemoteRecord) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', remote.sentence or "–")

    @admin.display(description="Their page")
    def their_page(self, remote: RemoteRecord) -> SafeString | str:
        address = their_page(remote)
        words = f"Open in {remote.connection.system_name}"
        return link_out(address, words) if address else "–"

    @admin.display(description="Record of ours")
    def ours_is(self, remote: RemoteRecord) -> SafeString | str:
        if remote.sync_record is None:
            return f"Nothing yet: it is only in {remote.connection.system_name}"
        return link(subject_page(remote.sync_record), subject_name(remote.sync_record))
