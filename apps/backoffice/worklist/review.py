"""The weekly review: what waits for somebody, one row for a cause, and the weeks that were signed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, ago, money, tag
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    FewRelatedFilter,
    OwnFilter,
    ReadOnlyAdmin,
)
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.worklist.places import place_of
from apps.billing.sight import who_see
from apps.reconciliation.models import ReviewItem, ReviewWeek
from apps.reconciliation.review.acts import (
    BY_PEOPLE,
    assign,
    end,
    remark,
)
from apps.reconciliation.review.listing import refresh
from apps.staff.acts import ActName
from apps.staff.models import User


class AssignForm(ActForm):
    owner = forms.ModelChoiceField(User.objects.none(), label="Who takes it on")
    due_on = DayField(label="Due", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        here = who_see(self.record.company)
        owner.queryset = User.objects.filter(here, is_active=True, is_staff=True)
        owner.initial, self.fields["due_on"].initial = self.record.owner_id, self.record.due_on


class RemarkForm(ActForm):
    text = forms.CharField(max_length=500, label="What you have to say", widget=forms.Textarea)


class EndForm(ReasonForm):
    outcome = forms.ChoiceField(
        label="How it ends",
        choices=[(each.value, each.label) for each in BY_PEOPLE],
        widget=forms.RadioSelect,
    )
    field_order = ["outcome", "reason"]


def is_open(item: ReviewItem) -> bool:
    return item.is_open


def _assign(request: HttpRequest, item: ReviewItem, answers: dict[str, Any]) -> str:
    assign(item, answers["owner"], answers["due_on"], by=person(request))
    return f"{answers['owner']} takes it on."


def _remark(request: HttpRequest, item: ReviewItem, answers: dict[str, Any]) -> str:
    remark(item, answers["text"], by=person(request))
    return "Noted."


def _end(request: HttpRequest, item: ReviewItem, answers: dict[str, Any]) -> str:
    outcome = ReviewItem.Outcome(answers["outcome"])
    end(item, outcome, answers["reason"], by=person(request))
    return "Ended. It is listed again only once it grows."


def _look(request: HttpRequest, item: ReviewItem, answers: dict[str, Any]) -> str:
    count = refresh(item.company)
    return f"Looked at again: {count:,} open."


ACTS = (
    ButtonAct(
        name="take-on",
        words="Give it to somebody",
        permission=ActName.REVIEW,
        when=is_open,
        do=_assign,
        asks=AssignForm,
        main=True,
    ),
    ButtonAct(
        name="remark", words="Say something", permission=ActName.REVIEW, do=_remark, asks=RemarkForm
    ),
    ButtonAct(
        name="end",
        words="End it with a reason",
        permission=ActName.REVIEW,
        when=is_open,
        do=_end,
        asks=EndForm,
        means=(
            "It ends though its cause stands: nothing is sent or changed by that. It is listed again "
            "once it grows. What is put right ends by itself."
        ),
    ),
    ButtonAct(
        name="look-again", words="Look again now", permission=ActName.REVIEW, when=is_open, do=_look
    ),
)


class OpenFilter(OwnFilter):
    title = "state"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("yes", "Open"), ("mine", "Mine"), ("free", "Nobody's"), ("no", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.filter(ended_at=None)
            case "mine":
                return queryset.filter(ended_at=None, owner=request.user.pk)
            case "free":
                return queryset.filter(ended_at=None, owner=None)
            case "no":
                return queryset.exclude(ended_at=None)
        return queryset


@admin.register(ReviewItem)
class ReviewItemAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    list_words = "Weekly review"
    list_display = ["kind_label", "sentence_shown", "count", "amount_shown", "books", "age",
                    "owner_shown", "due_shown", "state_label"]  # fmt: skip
    list_display_links = ["kind_label"]
    list_filter = [
        OpenFilter,
        ("kind", ChoicesFilter),
        ("connection", FewRelatedFilter),
        ("owner", FewRelatedFilter),
        ("company", FewRelatedFilter),
    ]
    list_select_related = ["connection", "owner", "company"]
    search_fields = ["sentence", "reason"]
    quick = (
        ("Open", "?open=yes"),
        ("Mine", "?open=mine"),
        ("Nobody's", "?open=free"),
        ("Ended", "?open=no"),
        ("All", "?"),
    )
    acts = ACTS
    fields = ["kind_label", "books", "count", "amount_shown", "age", "owner_shown", "due_shown",
              "state_label"]  # fmt: skip
    readonly_fields = fields
    panels_first = True
    empty_sentence = "Nothing waits for anybody. What fails, differs or is asked is listed here."

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [F("ended_at").desc(nulls_first=True), "since", "-count", "pk"]

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        words, url = place_of(record)
        context = {
            "record": record,
            "words": words,
            "url": url,
            "remarks": record.remarks.select_related("by"),
        }
        return [render_to_string("backoffice/worklist/review_item.html", context, request)]

    def called(self, record: Any) -> str:
        return str(record.get_kind_display())

    @admin.display(description="What", ordering="kind")
    def kind_label(self, item: ReviewItem) -> str:
        return item.get_kind_display()

    @admin.display(description="What waits", ordering="sentence")
    def sentence_shown(self, item: ReviewItem) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', item.sentence)

    @admin.display(description="Amount")
    def amount_shown(self, item: ReviewItem) -> SafeString | str:
        return "–" if item.amount is None else money(item.amount, item.currency)

    @admin.display(description="Books", ordering="connection__name")
    def books(self, item: ReviewItem) -> str:
        return str(item.connection or item.company)

    @admin.display(description="Since", ordering="since")
    def age(self, item: ReviewItem) -> str:
        return ago(item.since)

    @admin.display(description="Owner", ordering="owner__name")
    def owner_shown(self, item: ReviewItem) -> str:
        return str(item.owner or "nobody")

    @admin.display(description="Due", ordering="due_on")
    def due_shown(self, item: ReviewItem) -> SafeString | str:
        if item.due_on is None:
            return "–"
        words = f"{item.due_on:%-d %b %Y}"
        late = item.is_open and item.due_on < item.company.today()
        return tag(f"{words}, late", BAD) if late else words

    @admin.display(description="State", ordering="outcome")
    def state_label(self, item: ReviewItem) -> SafeString:
        if item.is_open:
            return tag("Open", BUSY if item.owner_id else BAD)
        by_itself = item.outcome == ReviewItem.Outcome.FIXED
        words = f"{item.get_outcome_display()}{'' if by_itself else f': {item.reason}'}"
        return tag(words, GOOD if by_itself else PLAIN)


@admin.register(ReviewWeek)
class ReviewWeekAdmin(ReadOnlyAdmin):
    list_words = "Signed weeks"
    list_display = ["week", "company", "signed_by", "signed_at", "open_then", "ended_then"]
    list_filter = [("company", FewRelatedFilter)]
    list_select_related = ["company", "signed_by"]
    fields = ["week", "company", "signed_by", "signed_at", "remark"]
    readonly_fields = fields
    empty_sentence = (
        "No week was signed yet. Weeks that are over are signed on the page of the company."
    )

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        found = record.found
        context = {"sections": [("Open", found["open"]), ("Ended in the week", found["ended"])]}
        return [render_to_string("backoffice/worklist/review_week.html", context, request)]

    @admin.display(description="Week", ordering="monday")
    def week(self, signed: ReviewWeek) -> str:
        return str(signed)

    @admin.display(description="Open then")
    def open_then(self, signed: ReviewWeek) -> int:
        return len(signed.found["open"])

    @admin.display(description="Ended in it")
    def ended_then(self, signed: ReviewWeek) -> int:
        return len(signed.found["ended"])
