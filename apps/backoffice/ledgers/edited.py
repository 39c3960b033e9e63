"""What was changed by hand of a record that stands in the books, and the note of each, on its page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN
from apps.backoffice.frame.permissions import may
from apps.billing.models import Synced
from apps.staff.acts import ActName
from apps.sync.models import Edit

COLOURS = {
    Edit.State.ASKS: BAD,
    Edit.State.DUE: BUSY,
    Edit.State.LEFT: BUSY,
    Edit.State.BOTH: GOOD,
    Edit.State.HERE: PLAIN,
    Edit.State.REFUSED: BAD,
}
NOTE = "note"  # the act that writes one, as its address names it


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """One line of the box."""

    edit: Edit
    who: str
    words: str
    colour: str
    url: str
    note_url: str = ""  # where its note is written, if it asks for one


def who_changed(edit: Edit) -> str:
    if edit.side == Edit.Side.THERE:
        return f"In {edit.connection.system_name}"
    return str(edit.by or "Tieout")


def words_of(edit: Edit) -> str:
    """How its note stands, with the place where it is read over there."""
    if edit.state == Edit.State.BOTH:
        return f"Noted on both sides: {edit.where}"
    return str(edit.get_state_display())


def panel(request: HttpRequest, subject: Synced) -> str:
    """The box, newest change first; nothing where nothing was ever changed by hand."""
    rows = Edit.objects.filter(**{f"sync_record__{subject.kind}": subject.pk})
    found = list(rows.select_related("connection", "by", "noted_by"))
    if not found:
        return ""
    may_note = may(request, ActName.NOTE_EDIT)
    context = {"edits": [_line(each, may_note=may_note) for each in found]}
    return render_to_string("backoffice/ledgers/edited.html", context, request)


def _line(edit: Edit, *, may_note: bool) -> Edited:
    asks = edit.state == Edit.State.ASKS
    return Edited(
        edit=edit,
        who=who_changed(edit),
        words=words_of(edit),
        colour=COLOURS[Edit.State(edit.state)],
        url=reverse("admin:sync_edit_change", args=[edit.pk]),
        note_url=reverse(f"admin:sync_edit_{NOTE}", args=[edit.pk]) if asks and may_note else "",
    )
