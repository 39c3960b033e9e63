"""Changes by hand to what stands in the books: which ask for a note, and what was written of each."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.formatting import ago, tag
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.frame.whom_to_ask import ToldWhomToAsk
from apps.backoffice.ledgers.edited import COLOURS, NOTE, who_changed, words_of
from apps.backoffice.worklist.sync_log import DEEP, SUBJECT_FIELDS, subject_name
from apps.staff.acts import ActName
from apps.sync.decide.edit_notes import LONGEST, keep_here, send_again, write_note
from apps.sync.edited.places import Place
from apps.sync.models import Edit


def others_that_ask(edit: Edit) -> QuerySet[Edit]:
    """What else was changed on the same side of the same books and asks for a note."""
    rows = Edit.objects.filter(connection=edit.connection_id, side=edit.side, state=Edit.State.ASKS)
    return rows.exclude(pk=edit.pk)


class NoteForm(ActForm):
    """Why it was changed; the same for many where one hand changed many."""

    note = forms.CharField(
        max_length=LONGEST,
        label="Why it was changed",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    all_of_them = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        edit: Edit = self.record
        others = others_that_ask(edit).count()
        if not others:
            del self.fields["all_of_them"]
            return
        where = "in Tieout" if edit.side == Edit.Side.HERE else f"in {edit.connection.system_name}"
        these = "1 other" if others == 1 else f"{others:,} others"
        self.fields["all_of_them"].label = (
            f"The same for the {these} changed {where} that "
            f"{'asks' if others == 1 else 'ask'} for a note ({edit.connection})"
        )


def _asks(edit: Edit) -> bool:
    return edit.state == Edit.State.ASKS


def _was_refused(edit: Edit) -> bool:
    return edit.state == Edit.State.REFUSED


def _meaning(edit: Edit) -> str:
    place = Place(edit.connection.capabilities)
    if not place.takes(edit.sync_record.kind):
        return place.otherwise
    return place.words


def _note(request: HttpRequest, edit: Edit, answers: dict[str, Any]) -> str:
    alike = list(others_that_ask(edit)) if answers.get("all_of_them") else []
    count = write_note([edit, *alike], answers["note"], by=person(request))
    noted = "Noted." if count == 1 else f"{count:,} changes noted."
    if edit.state == Edit.State.HERE:
        return f"{noted} {edit.sentence}"
    return f"{noted} It is written in {edit.connection.system_name} with the next run."


def _again(request: HttpRequest, edit: Edit, answers: dict[str, Any]) -> str:
    send_again(edit)
    return f"It goes to {edit.connection.system_name} with the next run, which looks there first."


def _keep(request: HttpRequest, edit: Edit, answers: dict[str, Any]) -> str:
    keep_here(edit)
    return "It is read here alone."


ACTS = (
    ButtonAct(
        name=NOTE,
        words="Write why",
        permission=ActName.NOTE_EDIT,
        when=_asks,
        do=_note,
        asks=NoteForm,
        means=_meaning,
        main=True,
    ),
    ButtonAct(
        name="send-note-again",
        words="Send the note again",
        permission=ActName.NOTE_EDIT,
        when=_was_refused,
        do=_again,
        main=True,
    ),
    ButtonAct(
        name="keep-note-here",
        words="Leave it here alone",
        permission=ActName.NOTE_EDIT,
        when=_was_refused,
        do=_keep,
        means="The note is read here and not over there. Why, stays said beside it.",
    ),
)


class StandsFilter(OwnFilter):
    title = "note"
    parameter_name = "note"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [
            ("no", "Without one, or not taken"),
            ("asks", "Without one"),
            ("refused", "Not taken over there"),
            ("yes", "Noted"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        undone = [Edit.State.ASKS, Edit.State.REFUSED]
        match self.value():
            case "no":
                return queryset.filter(state__in=undone)
            case "asks" | "refused" as state:
                return queryset.filter(state=state)
            case "yes":
                return queryset.exclude(state__in=undone)
        return queryset


@admin.register(Edit)
class EditAdmin(ToldWhomToAsk, ReadOnlyAdmin):
    list_words = "Changed by hand"
    list_display = ["record", "what_changed", "who", "when", "note_shown", "state_label", "books"]
    list_display_links = ["record"]
    list_filter = [
        StandsFilter,
        ("side", ChoicesFilter),
        ("connection", FewRelatedFilter),
    ]
    list_select_related = [
        "connection",
        "by",
        "noted_by",
        "sync_record",
        *(f"sync_record__{name}" for name in (*SUBJECT_FIELDS, *DEEP)),
    ]
    search_fields = ["what", "note", "reference", "sync_record__invoice__number",
                     "sync_record__credit_note__number"]  # fmt: skip
    quick = (
        ("Without a note", "?note=no"),
        ("Noted", "?note=yes"),
        ("All", "?"),
    )
    acts = ACTS
    fields = ["record", "books", "what_changed", "who", "when", "note_shown", "noted", "state_label",
              "reference"]  # fmt: skip
    readonly_fields = fields
    panels_first = True
    empty_sentence = (
        "Nothing that stands in the books was changed by hand. What is, here or over there, is listed "
        "with who changed it and why."
    )

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        context = {
            "record": record,
            "name": subject_name(record.sync_record),
            "url": _page_of_record(record),
            "meaning": _meaning(record),
        }
        return [render_to_string("backoffice/worklist/edit.html", context, request)]

    def called(self, record: Any) -> str:
        return f"Change of {subject_name(record.sync_record)}"

    @admin.display(description="Record")
    def record(self, edit: Edit) -> str:
        return subject_name(edit.sync_record)

    @admin.display(description="What changed", ordering="what")
    def what_changed(self, edit: Edit) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', _capital(edit.what))

    @admin.display(description="By", ordering="side")
    def who(self, edit: Edit) -> str:
        return who_changed(edit)

    @admin.display(description="When", ordering="found_at")
    def when(self, edit: Edit) -> str:
        return ago(edit.found_at)

    @admin.display(description="Note", ordering="note")
    def note_shown(self, edit: Edit) -> SafeString | str:
        return format_html('<span class="t-sentence">{}</span>', edit.note) if edit.note else "–"

    @admin.display(description="Noted by")
    def noted(self, edit: Edit) -> str:
        if edit.noted_at is None:
            return "–"
        return f"{edit.noted_by or 'Tieout'}, {ago(edit.noted_at)}"

    @admin.display(description="State", ordering="state")
    def state_label(self, edit: Edit) -> SafeString:
        return tag(words_of(edit), COLOURS[Edit.State(edit.state)])

    @admin.display(description="Books", ordering="connection__name")
    def books(self, edit: Edit) -> str:
        return str(edit.connection)


def _page_of_record(edit: Edit) -> str:
    subject = edit.sync_record.subject
    model = subject._meta
    return reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[subject.pk])


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
