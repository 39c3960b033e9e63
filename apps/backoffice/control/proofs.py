"""Books proofs: what an auditor takes away of a comparison or a month that somebody signed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify

from apps.backoffice.files.answers import pdf_response
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, tag
from apps.backoffice.frame.screens import DateFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.printing.proofs import print_proof
from apps.reconciliation.models import BooksProof, KeptComparison
from apps.reconciliation.proof.sections import Section, lay

SHOWN = 100  # rows of a table on the page; the PDF has all
PROGRAMS = {"journal": "For hledger", "beancount": "For beancount"}


def proof_page(proof: BooksProof) -> str:
    return reverse("admin:reconciliation_booksproof_change", args=[proof.pk])


@dataclass(frozen=True, kw_only=True, slots=True)
class Postings:
    """What a comparison posted, as files of programs; whether it is still what was signed."""

    name: str
    files: Sequence[tuple[str, str]]
    is_whole: bool


@admin.register(BooksProof)
class BooksProofAdmin(ReadOnlyAdmin):
    list_words = "Books proofs"
    list_display = ["what", "company", "outcome", "signed_by", "signed_at", "checksum_shown"]
    list_filter = [("company", FewRelatedFilter), ("signed_at", DateFilter)]
    list_select_related = [
        "company",
        "signed_by",
        "comparison__connection__grant",
        "closed_month",
    ]
    search_fields = ["sha256"]
    search_help_text = "The checksum of a paper, or its beginning"
    fields = ["what", "signed_by", "signed_at"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = (
        "Nothing was signed yet. Sign a comparison on its page; closing a month signs it, too."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[BooksProof]:
        rows: QuerySet[BooksProof] = super().get_queryset(request)
        rows = rows.defer("comparison__found", "comparison__journal")
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return rows.defer("content") if is_list else rows

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:key>/pdf/", view(self.pdf), name=self.url_name("pdf")),
            path("<int:key>/content/", view(self.kept_content), name=self.url_name("content")),
            *super().get_urls(),
        ]

    def pdf(self, request: HttpRequest, key: int) -> HttpResponse:
        proof = self._asked(request, key)
        try:
            return pdf_response(print_proof(proof), f"{_file_name(proof)}.pdf")
        except CannotPrint as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(proof_page(proof))

    def kept_content(self, request: HttpRequest, key: int) -> HttpResponse:
        """The bytes of which the checksum is told."""
        proof = self._asked(request, key)
        answer = HttpResponse(proof.content.encode())
        return attached(answer, f"{_file_name(proof)}.json", "application/json")

    def _asked(self, request: HttpRequest, key: int) -> BooksProof:
        if not self.has_view_permission(request):
            raise PermissionDenied
        proof: BooksProof | None = self.get_queryset(request).filter(pk=key).first()
        if proof is None:
            raise Http404
        return proof

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        laid = lay(record.told, record.sha256)
        context = {
            "record": record,
            "laid": laid,
            "parts": [(each, [_cut(table) for table in each.sections]) for each in laid.parts],
            "shown": SHOWN,
            "pdf": self.page("pdf", record.pk),
            "content": self.page("content", record.pk),
            "postings": postings_of(record),
            "compared": bool(record.told["comparisons"]),
            "source": _source(record),
        }
        return [render_to_string("backoffice/control/proof.html", context, request)]

    @admin.display(description="Proof of")
    def what(self, proof: BooksProof) -> str:
        return str(proof)

    @admin.display(description="Outcome", ordering="agrees")
    def outcome(self, proof: BooksProof) -> SafeString:
        if proof.agrees is None:
            return tag("Held against no books", PLAIN)
        return tag("Both sides agree", GOOD) if proof.agrees else tag("Differs", BAD)

    @admin.display(description="Checksum", ordering="sha256")
    def checksum_shown(self, proof: BooksProof) -> str:
        return f"{proof.sha256[:12]}…"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A table as the page shows it: each cell with its heading, and whether it is an amount."""

    section: Section
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[tuple[bool, Sequence[tuple[str, bool, str]]]]
    count: int


def _cut(section: Section) -> Shown:
    texts = len(section.headings) - section.figures
    columns = [(heading, place >= texts) for place, heading in enumerate(section.headings)]
    return Shown(
        section=section,
        columns=columns,
        rows=[
            (
                row.differs,
                [(*column, cell) for column, cell in zip(columns, row.cells, strict=True)],
            )
            for row in section.rows[:SHOWN]
        ],
        count=len(section.rows),
    )


def postings_of(proof: BooksProof) -> list[Postings]:
    """The files of its comparisons, where a person asked for them and their postings are kept."""
    if proof.comparison_id is not None:
        keys = [proof.comparison_id]
    else:
        assert proof.closed_month is not None
        keys = sorted({each["comparison"] for each in proof.closed_month.found} - {None})
    signed = {each["postings_sha256"] for each in proof.told["comparisons"]}
    rows = KeptComparison.objects.filter(pk__in=keys, journal__isnull=False).defer("found")
    return [
        Postings(
            name=str(each),
            files=[
                (words, reverse("admin:reconciliation_keptcomparison_proof", args=[each.pk, name]))
                for name, words in PROGRAMS.items()
            ],
            is_whole=hashlib.sha256(bytes(each.journal or b"")).hexdigest() in signed,
        )
        for each in rows.select_related("connection__grant").order_by("pk")
    ]


def _source(proof: BooksProof) -> tuple[str, str]:
    """What it is a proof of: words and address."""
    if proof.comparison_id is not None:
        page = "admin:reconciliation_keptcomparison_change"
        return "Open the comparison", reverse(page, args=[proof.comparison_id])
    page = "admin:reconciliation_closedmonth_change"
    return "Open the closed month", reverse(page, args=[proof.closed_month_id])


def _file_name(proof: BooksProof) -> str:
    """In ASCII, by what was signed: the same next year."""
    told = proof.told
    day = told["month"]["last"] if told["month"] else told["comparisons"][0]["on"]
    return f"books-proof-{slugify(told['company']['name'])}-{day}"
