"""What comparisons of both sides found: the list, and the page of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify

from apps.backoffice.control.proofs import PROGRAMS as PROOFS
from apps.backoffice.control.proofs import proof_page
from apps.backoffice.control.signing import SIGN_PROOF
from apps.backoffice.frame.following import FollowsAdmin
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, ago, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, FewRelatedFilter
from apps.backoffice.frame.sight import in_sight
from apps.backoffice.worklist.comparison_customers import balances
from apps.backoffice.worklist.comparison_files import TABLES, table_file
from apps.connectors.totals import ControlTotal
from apps.exchange.exports.plain_text.ledger import PROGRAMS
from apps.exchange.exports.plain_text.of_comparison import proof_text
from apps.exchange.exports.writing import CannotBeWritten
from apps.reconciliation.figures import TOTALS
from apps.reconciliation.keeping import LISTS
from apps.reconciliation.models import BooksProof, KeptComparison
from apps.reconciliation.proof.sections import sums_of

State = KeptComparison.State
SHOWN = 100  # sentences under one heading
FORMS = (("csv", "CSV"), ("csv-european", "CSV, semicolons"), ("xlsx", "Excel"))
COUNTED = {
    "documents": "Invoices and credit notes", "payments": "Payments", "refunds": "Refunds",
    "adjustments": "Adjustments", "deposits": "Bank deposits",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Heap:
    """Sentences under one heading: the first of them, and how many there are."""

    words: str
    sentences: Sequence[str]
    count: int
    blocks: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A figure of both sides. `explained` is what is theirs alone, where that is told."""

    words: str
    ours: Decimal
    theirs: Decimal
    currency: str
    explained: Decimal | None = None

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours - (self.explained or Decimal(0))


@admin.register(KeptComparison)
class KeptComparisonAdmin(FollowsAdmin):
    list_words = "Comparisons"
    list_display = ["books", "day", "outcome", "sentence_shown", "asked", "took"]
    list_filter = [
        ("connection", FewRelatedFilter),
        ("state", ChoicesFilter),
        ("on", DateFilter),
        ("asked_at", DateFilter),
    ]
    list_select_related = ["connection", "asked_by"]
    acts = (SIGN_PROOF,)
    fields = ["books", "day", "outcome", "asked", "took", "counted"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = (
        "Nothing was compared yet. Live books are compared once a day by themselves, and whenever "
        "somebody presses “Compare both sides” on their page."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeptComparison]:
        rows: QuerySet[KeptComparison] = super().get_queryset(request)
        match = request.resolver_match
        rows = rows.defer("journal")
        return (
            rows.defer("found") if match and str(match.url_name).endswith("_changelist") else rows
        )

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<int:key>/proof/<str:program>/",
                self.admin_site.admin_view(self.proof),
                name=self.url_name("proof"),
            ),
            path(
                "<int:key>/file/<str:table>/<str:form>/",
                self.admin_site.admin_view(self.file),
                name=self.url_name("file"),
            ),
            *super().get_urls(),
        ]

    def proof(self, request: HttpRequest, key: int, program: str) -> HttpResponseBase:
        """The postings that were compared, as a file of hledger or of beancount."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = in_sight(request.user, KeptComparison.objects.all())
        kept = rows.filter(pk=key, journal__isnull=False).first()
        if kept is None or program not in PROGRAMS:
            raise Http404
        name = f"proof-{slugify(kept.connection.name)}-{kept.on}.{program}"
        answer = StreamingHttpResponse(proof_text(kept, program), content_type="text/plain")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def file(self, request: HttpRequest, key: int, table: str, form: str) -> HttpResponseBase:
        """A table of what was found, as CSV or Excel, for whoever may take lists along."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        rows = in_sight(request.user, KeptComparison.objects.defer("journal"))
        kept = rows.select_related("connection__company", "connection__grant").filter(pk=key)
        found = kept.filter(state=State.DONE).first()
        if found is None:
            raise Http404
        try:
            return table_file(request, found, table, form)
        except CannotBeWritten as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(self.page("change", key))

    def moves(self, record: KeptComparison) -> bool:
        return record.is_open

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        found, currency = record.found, record.connection.company.home_currency
        signed = BooksProof.objects.filter(comparison=record).select_related("signed_by")
        proof = signed.defer("content").first()
        context = {
            "record": record,
            "when": "" if record.of_now else f" as of {record.on:%-d %b %Y}",
            "colour": colour_of(record),
            "heaps": heaps(found),
            "sums": [
                Beside(words=each.words, currency=each.currency, ours=each.ours, theirs=each.theirs)
                for each in sums_of(found.get("sums", {}), currency)
            ],
            "accounts": [_account(each, currency) for each in found.get("accounts", ())],
            "totals": [_total(each) for each in found.get("totals", ())],
            "customers": balances(record),
            "not_held_against": found.get("not_held_against", ""),
            "signed": proof,
            "signed_url": proof_page(proof) if proof else "",
            "differences_url": reverse("admin:reconciliation_difference_changelist")
            + f"?standing=yes&connection__id__exact={record.connection_id}",
            "questions_url": reverse("admin:reconciliation_question_changelist")
            + f"?answered={'no' if record.of_now else 'day'}"
            + f"&connection__id__exact={record.connection_id}",
            "connection_url": reverse(
                "admin:connections_connection_change", args=[record.connection_id]
            ),
            "files": [
                (
                    words,
                    [(named, self.page("file", record.pk, table, form)) for form, named in FORMS],
                )
                for table, (words, _, _) in TABLES.items()
                if record.state == State.DONE and self.has_export_permission(request)
            ],
            "proofs": [
                (words, self.page("proof", record.pk, program))
                for program, words in PROOFS.items()
                if KeptComparison.objects.filter(pk=record.pk, journal__isnull=False).exists()
            ],
        }
        return [render_to_string("backoffice/worklist/comparison.html", context, request)]

    @admin.display(description="Books", ordering="connection__name")
    def books(self, kept: KeptComparison) -> str:
        return str(kept.connection)

    @admin.display(description="As of", ordering="on")
    def day(self, kept: KeptComparison) -> str:
        return f"Now ({kept.on:%-d %b %Y})" if kept.of_now else f"{kept.on:%-d %b %Y}"

    @admin.display(description="Outcome", ordering="agrees")
    def outcome(self, kept: KeptComparison) -> SafeString:
        return tag(words_of(kept), colour_of(kept))

    @admin.display(description="In words")
    def sentence_shown(self, kept: KeptComparison) -> str:
        return kept.sentence

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, kept: KeptComparison) -> str:
        return f"{ago(kept.asked_at)}, {kept.asked_by or 'by the timetable'}"

    @admin.display(description="Took")
    def took(self, kept: KeptComparison) -> str:
        if kept.ended_at is None or kept.begun_at is None:
            return "–"
        return f"{(kept.ended_at - kept.begun_at).total_seconds():.0f} s"

    @admin.display(description="Compared")
    def counted(self, kept: KeptComparison) -> str:
        told = [
            f"{kept.found[name]:,} {words[:1].lower()}{words[1:]}"
            for name, words in COUNTED.items()
            if kept.found.get(name)
        ]
        return ", ".join(told) or "–"


def words_of(kept: KeptComparison) -> str:
    if kept.state != State.DONE:
        return str(State(kept.state).label)
    return "Both sides agree" if kept.agrees else "Differs"


def colour_of(kept: KeptComparison) -> str:
    if kept.is_open:
        return BUSY
    if kept.state == State.STOPPED:
        return PLAIN
    return GOOD if kept.agrees else BAD


def heaps(found: dict[str, Any]) -> list[Heap]:
    """What it found in sentences, first what keeps both sides from agreeing."""
    named = [(name, words) for name, words in LISTS.items() if found.get(name)]
    made = [
        Heap(
            words=words,
            sentences=found[name][:SHOWN],
            count=len(found[name]),
            blocks=name in ("differences", "doubles", "only_here"),
        )
        for name, words in named
    ]
    for name, words in (("questions", "Questions to be answered"), ("answered", "Answered")):
        if sentences := found.get(name):
            made.append(
                Heap(
                    words=words,
                    sentences=sentences[:SHOWN],
                    count=len(sentences),
                    blocks=name == "questions",
                )
            )
    return sorted(made, key=lambda each: not each.blocks)


def _both(stored: dict[str, str]) -> dict[str, Decimal]:
    return {"ours": Decimal(stored["ours"]), "theirs": Decimal(stored["theirs"])}


def _account(stored: dict[str, str], currency: str) -> Beside:
    return Beside(
        words=stored["name"],
        currency=currency,
        explained=Decimal(stored["explained"]),
        **_both(stored),
    )


def _total(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": TOTALS[ControlTotal(stored["total"])],
        "currency": stored["currency"],
        "on": stored["on"],
        **{name: Decimal(stored[name]) for name in ("ours", "theirs", "difference", "unexplained")},
        "explanations": [
            {"amount": Decimal(each["amount"]), "sentence": each["sentence"]}
            for each in stored["explanations"][:SHOWN]
        ],
        "count": len(stored["explanations"]),
    }
