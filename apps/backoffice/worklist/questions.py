"""What a comparison asks: a list per set of books, and the button that answers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, WARN, ago, link_out, money, tag
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.ledgers.status import their_page
from apps.backoffice.worklist.sync_log import subject_name, subject_page
from apps.reconciliation.models import Question
from apps.reconciliation.questions.answering import answer
from apps.staff.acts import ActName
from apps.sync.models import SUBJECTS, RemoteRecord, SyncRecord


class AnswerForm(ReasonForm):
    answer = forms.ChoiceField(
        label="What is so",
        choices=[each for each in Question.Answer.choices if each[0]],
        widget=forms.RadioSelect,
    )
    field_order = ["answer", "reason"]


def is_open(question: Question) -> bool:
    return question.is_open


def _answer(request: HttpRequest, question: Question, answers: dict[str, Any]) -> str:
    given = Question.Answer(answers["answer"])
    answer(question, given, user_id=person(request), reason=answers["reason"])
    return "Answered. It stays listed, and blocks the agreement no longer."


ANSWER = ButtonAct(
    name="answer",
    words="Answer",
    permission=ActName.ANSWER_QUESTION,
    when=is_open,
    do=_answer,
    asks=AnswerForm,
    means=(
        "You say once what is so, and why. Both sides may then be said to agree, with your answer "
        "beside it. Where an amount, a date or an account behind it changes, it is asked anew. "
        "One of an earlier day is closed by that: compare as of that day again, and it blocks no more. "
        "Nothing is posted here or over there."
    ),
    main=True,
)


class StandingFilter(OwnFilter):
    """Open first: they are what keeps both sides from agreeing."""

    title = "answer"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [
            ("no", "To be answered"),
            ("day", "To be answered, of an earlier day"),
            ("yes", "Answered"),
            ("gone", "Settled by itself"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "no":
                return queryset.filter(answer="", standing=True)
            case "yes":
                return queryset.exclude(answer="")
            case "day":
                return queryset.filter(answer="", standing=False, as_of__isnull=False)
            case "gone":
                return queryset.filter(answer="", standing=False, as_of=None)
        return queryset


@admin.register(Question)
class QuestionAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    list_words = "Questions"
    list_display = ["cause", "sentence_shown", "amount_shown", "books", "answer_label", "who"]
    list_filter = [StandingFilter, ("cause", ChoicesFilter), ("connection", FewRelatedFilter)]
    list_select_related = ["connection", "answered_by"]
    search_fields = ["sentence", "reason"]
    quick = (
        ("To be answered", "?answered=no"),
        ("Of an earlier day", "?answered=day"),
        ("Answered", "?answered=yes"),
        ("All", "?"),
    )
    acts = (ANSWER,)
    fields = ["cause", "sentence_shown", "remedy", "amount_shown", "ours_shown", "theirs_shown",
              "books", "found_at", "answer_label", "reason", "who"]  # fmt: skip
    readonly_fields = fields
    empty_sentence = "Nothing is asked. What a comparison cannot judge by itself is listed here."

    @admin.display(description="What was found", ordering="sentence")
    def sentence_shown(self, question: Question) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', question.sentence)

    @admin.display(description="Amount", ordering="amount")
    def amount_shown(self, question: Question) -> SafeString | str:
        return money(question.amount, question.currency) if question.currency else "–"

    @admin.display(description="Books", ordering="connection__name")
    def books(self, question: Question) -> str:
        return str(question.connection)

    @admin.display(description="Ours")
    def ours_shown(self, question: Question) -> SafeString | str:
        parts = [(subject_page(each), subject_name(each)) for each in _ours(question)]
        return format_html_join(", ", '<a href="{}">{}</a>', parts) or "–"

    @admin.display(description="Theirs")
    def theirs_shown(self, question: Question) -> SafeString | str:
        pages = [(their_page(row), row) for row in _theirs(question)]
        return format_html_join(
            ", ", "{}", [(link_out(page, str(row)) if page else str(row),) for page, row in pages]
        ) or "–"  # fmt: skip

    @admin.display(description="Answer", ordering="answer")
    def answer_label(self, question: Question) -> SafeString:
        if question.answer:
            return tag(question.get_answer_display(), GOOD)
        if question.standing:
            return tag("To be answered", BAD)
        if question.as_of is not None:
            return tag(f"To be answered, as of {question.as_of:%-d %b %Y}", WARN)
        return tag("Settled by itself", PLAIN)

    @admin.display(description="Answered by")
    def who(self, question: Question) -> str:
        if question.answered_by is None:
            return "–"
        return f"{question.answered_by}, {ago(question.answered_at)}"


@while_shown
def _ours(question: Question) -> list[SyncRecord]:
    found: list[SyncRecord] = []
    for kind, pk in question.ours:
        if kind in SUBJECTS:
            rows = SyncRecord.objects.filter(
                connection=question.connection_id, **{f"{kind}_id": pk}
            )
            found += rows.select_related(kind)[:1]
    return found


@while_shown
def _theirs(question: Question) -> list[RemoteRecord]:
    found: list[RemoteRecord] = []
    for kind, remote_id in question.theirs:
        one, _, part = remote_id.partition(" ")
        rows = RemoteRecord.objects.filter(
            connection=question.connection_id, kind=kind, remote_id=one, part=part
        )
        found += rows.select_related("connection")[:1]
    return found
