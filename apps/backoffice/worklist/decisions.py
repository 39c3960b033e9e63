"""What only a person can decide: changed on both sides, maybe the same, merged customers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.frame.asked_once import asked_once, while_shown
from apps.backoffice.frame.formatting import BAD, GOOD, ago, link, link_out, money, tag
from apps.backoffice.frame.one_record import of_one
from apps.backoffice.frame.screens import FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.frame.sight import in_sight
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.ledgers.conflict_words import (
    asked_together,
    field_words,
    in_words,
    one_per_question,
    read_names,
)
from apps.backoffice.ledgers.sides import KIND_TITLES, side_words
from apps.backoffice.ledgers.status import DECIDED_OF as OF_RECORD
from apps.backoffice.ledgers.status import their_label, their_page
from apps.backoffice.worklist import acts as sync_acts
from apps.backoffice.worklist.conflict_acts import CONFLICT_ACTS, why_nots
from apps.backoffice.worklist.merge_acts import MERGE_ACTS
from apps.backoffice.worklist.sync_log import (
    DEEP,
    SUBJECT_FIELDS,
    one_with,
    subject_name,
    subject_page,
)
from apps.sync.decide.choices import why_not_both, why_not_link
from apps.sync.models import Candidate, Conflict, CustomerMerge
from apps.sync.there import ties
from apps.sync.there.merges import waiting_work, with_waiting_count
from apps.sync.wording import capital


class OpenFilter(OwnFilter):
    """Undecided first: that is what the list is for."""

    title = "decision"
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("no", "To be decided"), ("yes", "Decided")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "no":
            return queryset.filter(decision="")
        return queryset.exclude(decision="") if self.value() == "yes" else queryset


class KindFilter(OwnFilter):
    """Of the kinds that were decided about at all."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        rows = in_sight(request.user, Conflict.objects.order_by())
        kinds = rows.values_list("sync_record__kind", flat=True).distinct()
        found = set(kinds)
        return [(kind.value, words) for kind, words in KIND_TITLES.items() if kind in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(sync_record__kind=self.value()) if self.value() else queryset


class ByWhomFilter(OwnFilter):
    """A rule that staff chose, or a person."""

    title = "decided by"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("rule", "A rule"), ("person", "A person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "rule":
            return queryset.filter(rule__isnull=False)
        if self.value() == "person":
            return queryset.filter(rule=None, decided_by__isnull=False)
        return queryset


class DecisionAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    quick: tuple[tuple[str, str], ...] = (
        ("To be decided", "?decided=no"),
        ("Decided", "?decided=yes"),
        ("All", "?"),
    )
    list_filter = [OpenFilter, ("sync_record__connection", FewRelatedFilter)]
    also_asked = ("sync_record__id__exact",)  # by the page of the record
    ordering = ["decision", "-found_at"]
    list_select_related = ["sync_record__connection", "decided_by",
                           *(f"sync_record__{each}" for each in [*SUBJECT_FIELDS, *DEEP])]  # fmt: skip

    def called(self, record: Any) -> str:
        return subject_name(record.sync_record)

    @admin.display(description="Record of ours")
    def ours_is(self, decision: Any) -> str:
        return subject_name(decision.sync_record)

    @admin.display(description="Our record")
    def our_page(self, decision: Any) -> SafeString:
        record = decision.sync_record
        return link(subject_page(record), subject_name(record))

    @admin.display(description="Books")
    def books(self, decision: Any) -> str:
        return str(decision.sync_record.connection)

    @admin.display(description="Decision", ordering="decision")
    def decision_label(self, decision: Any) -> SafeString:
        words = decision.get_decision_display() or "To be decided"
        return tag(words, GOOD if decision.decision else BAD)

    @admin.display(description="Decided by")
    def who(self, decision: Any) -> str:
        if not decision.decided_at:
            return "–"
        return f"{decision.decided_by or 'Tieout'}, {ago(decision.decided_at)}"


@admin.register(Conflict)
class ConflictAdmin(DecisionAdmin):
    """Changed on both sides: whose change stands."""

    list_words = "Changed on both sides"
    list_display = ["ours_is", "books", "field", "ours_shown", "theirs_shown", "decision_label",
                    "who", "found_at"]  # fmt: skip
    search_fields = ["sync_record__invoice__number", "sync_record__customer__name", "path"]
    quick = (
        ("To be decided", "?decided=no"),
        ("Decided", "?decided=yes"),
        ("By a rule", "?by=rule"),
        ("By a person", "?by=person"),
        ("All", "?"),
    )
    list_filter = [*DecisionAdmin.list_filter, KindFilter, ByWhomFilter]
    list_select_related = [*DecisionAdmin.list_select_related, "rule__connection"]
    acts = CONFLICT_ACTS
    fields = ["our_page", "books", "decision_label", "who", "more_of_it"]
    readonly_fields = fields
    panels_first = True
    empty_sentence = "Nothing was changed on both sides. When it is, you decide here which stands."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conflict]:
        rows: QuerySet[Conflict] = super().get_queryset(request)
        match = request.resolver_match
        listed = match is not None and match.url_name == self.url_name("changelist")
        return one_per_question(rows) if listed else rows

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        read_names(shown.result_list)
        return shown

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """What was decided of one record is asked for by the record's page."""
        return lookup == OF_RECORD or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Decided by")
    def who(self, conflict: Conflict) -> str:
        if conflict.rule is not None:
            # Which side the rule named then is what it decided.
            wins = side_words(conflict.decision, conflict.rule.connection)
            return f"Rule: {wins}, {ago(conflict.decided_at)}"
        said = super().who(conflict)
        return f"{said}: brought back, {conflict.reason}" if conflict.brings_back_id else said

    @admin.display(description="Of this record")
    def more_of_it(self, conflict: Conflict) -> SafeString:
        of = conflict.sync_record
        count = asked_once(("conflicts of", of.pk), of.conflicts.count)
        words = "This alone" if count == 1 else f"All {count} that were asked or decided"
        return link(f"{self.page('changelist')}?{OF_RECORD}={conflict.sync_record_id}", words)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        remote = ties.live_tie(record.sync_record)
        context = {
            "system": record.sync_record.connection.system_name,
            "there": their_page(remote) if remote else "",
            "one_with": one_with(record.sync_record),
            "why_not": _not_offered(record),
            "fields": [
                (field_words(each), *(in_words(each, side) for side in
                                      (each.base, each.ours, each.theirs)))
                for each in asked_together(record)
            ],
        }  # fmt: skip
        return [render_to_string("backoffice/worklist/conflict.html", context, request)]

    @admin.display(description="What differs", ordering="path")
    def field(self, conflict: Conflict) -> str:
        more = (getattr(conflict, "open_count", 0) or 1) - 1 if not conflict.decision else 0
        return f"{field_words(conflict)} and {more} more" if more else field_words(conflict)

    @admin.display(description="In Tieout")
    def ours_shown(self, conflict: Conflict) -> str:
        return in_words(conflict, conflict.ours)

    @admin.display(description="Over there")
    def theirs_shown(self, conflict: Conflict) -> str:
        return in_words(conflict, conflict.theirs)


def _not_offered(conflict: Conflict) -> list[str]:
    """Why one of the two answers is not among the buttons, where it could not be carried out."""
    if conflict.decision:
        return []
    return [each for each in why_nots(conflict) if each]


@admin.register(Candidate)
class CandidateAdmin(DecisionAdmin):
    """Maybe the same: link both, or keep both with a reason. A double of what stands there
    already is taken back, or kept as a copy."""

    list_words = "Maybe the same"
    list_display = ["ours_is", "theirs_is", "money_theirs", "books", "evidence_shown",
                    "decision_label", "who"]  # fmt: skip
    list_select_related = [*DecisionAdmin.list_select_related, "remote_record__connection"]
    search_fields = ["remote_record__name", "remote_record__number", "sync_record__customer__name",
                     "sync_record__invoice__number"]  # fmt: skip
    acts = sync_acts.CANDIDATE_ACTS
    fields = ["our_page", "theirs_is", "money_theirs", "their_page", "books", "evidence_shown",
              "decision_label", "reason", "who"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "Nothing looks like a double. What may be one is put before you here first."

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        if record.decision or record.double:
            return []
        why_not = [each for each in (why_not_link(record), why_not_both(record)) if each]
        context = {"why_not": why_not}
        return [render_to_string("backoffice/worklist/not_offered.html", context, request)]

    @admin.display(description="Over there")
    def theirs_is(self, candidate: Candidate) -> str:
        theirs = candidate.remote_record
        words = their_label(theirs)
        return f"{words} of {date_format(theirs.dated, 'j M Y')}" if theirs.dated else words

    @admin.display(description="Their amount")
    def money_theirs(self, candidate: Candidate) -> SafeString:
        return money(candidate.remote_record.amount, candidate.remote_record.currency)

    @admin.display(description="Their page")
    def their_page(self, candidate: Candidate) -> SafeString | str:
        address = their_page(candidate.remote_record)
        words = f"Open in {candidate.sync_record.connection.system_name}"
        return link_out(address, words) if address else "–"

    @admin.display(description="Why they may be the same")
    def evidence_shown(self, candidate: Candidate) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', candidate.evidence)


@admin.register(CustomerMerge)
class CustomerMergeAdmin(DecisionAdmin):
    """Customers of ours that were merged over there: one here too, or two, with what waits."""

    list_words = "Merged customers"
    list_display = ["ours_is", "survivor", "books", "waiting_count", "decision_label", "who",
                    "found_at"]  # fmt: skip
    list_select_related = [*DecisionAdmin.list_select_related, "remote_record__connection"]
    search_fields = ["sync_record__customer__name", "remote_record__name"]
    acts = MERGE_ACTS
    fields = ["our_page", "survivor", "their_page", "books", "evidence_shown", "waiting",
              "decision_label", "reason", "who"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "No customer of yours was merged into another one over there."

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerMerge]:
        rows: QuerySet[CustomerMerge] = super().get_queryset(request)
        rows = rows.select_related("remote_record__connection", "sync_record__customer")
        return rows if of_one(request) else with_waiting_count(rows)

    @admin.display(description="Merged into", ordering="remote_record__name")
    def survivor(self, merge: CustomerMerge) -> str:
        return their_label(merge.remote_record)

    @admin.display(description="Their page")
    def their_page(self, merge: CustomerMerge) -> SafeString | str:
        address = their_page(merge.remote_record)
        words = f"Open in {merge.sync_record.connection.system_name}"
        return link_out(address, words) if address else "–"

    @admin.display(description="What happened")
    def evidence_shown(self, merge: CustomerMerge) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', merge.evidence)

    @admin.display(description="Waiting")
    def waiting_count(self, merge: CustomerMerge) -> str:
        return "–" if merge.decision else str(merge.waiting_count)  # type: ignore[attr-defined] # of the list

    @admin.display(description="What waits for the answer")
    def waiting(self, merge: CustomerMerge) -> SafeString | str:
        if merge.decision:
            return "Nothing: it is decided."
        lines = format_html_join("", "<li>{}</li>", ((capital(each),) for each in _waits(merge)))
        return format_html("<ul>{}</ul>", lines) if lines else "Nothing of it waits to be sent."


@while_shown
def _waits(merge: CustomerMerge) -> list[str]:
    customer = merge.sync_record.customer
    assert customer is not None, "asked of a customer of ours"
    return waiting_work(merge.sync_record.connection, customer)
