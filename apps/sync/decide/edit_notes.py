"""A person says why something that stands in the books was changed by hand."""

from collections.abc import Sequence
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.core.rows import update_rows
from apps.sync.edited.places import Place
from apps.sync.models import Edit
from apps.sync.want.wake import wake

LONGEST = 500
WRITTEN = ["note", "noted_by", "noted_at", "state", "due_at", "tries", "sentence"]


def write_note(edits: Sequence[Edit], text: str, *, by: int) -> int:
    """The same note for each of these that asks for one; the number.

    It is read here at once, and over there with the next run. Raises ValidationError of an empty or
    longer text, and where none of them asks any more.
    """
    said = " ".join(text.split())
    if not said:
        raise ValidationError("Write why it was changed.")
    if len(said) > LONGEST:
        raise ValidationError(f"Write at most {LONGEST} characters.")
    with transaction.atomic():
        rows = Edit.objects.select_for_update(of=("self",)).select_related(
            "sync_record", "connection"
        )
        asked = rows.filter(pk__in=[each.pk for each in edits], state=Edit.State.ASKS)
        noted = list(asked.order_by("pk"))
        if not noted:
            raise ValidationError("It was noted already.")
        for each in noted:
            place = Place(each.connection.capabilities)
            there = place.takes(each.sync_record.kind)
            each.take_note(said, by=by, there=there, otherwise=place.otherwise)
        update_rows(Edit, noted, WRITTEN)
        _wake({each.connection_id for each in noted if each.due_at})
    _read_again(edits)
    return len(noted)


def send_again(edit: Edit) -> None:
    """A note that was not taken goes over once more, looked for first. Raises ValidationError of
    one that was not refused."""
    with transaction.atomic():
        row = Edit.objects.select_for_update().get(pk=edit.pk)
        if row.state != Edit.State.REFUSED:
            raise ValidationError("It was not refused, or is on its way again.")
        row.send_now()
        row.save()
        _wake({row.connection_id})
    edit.refresh_from_db()


def keep_here(edit: Edit) -> None:
    """A note that was not taken over there is read here alone from now on; it stays said why."""
    with transaction.atomic():
        row = Edit.objects.select_for_update().get(pk=edit.pk)
        if row.state != Edit.State.REFUSED:
            raise ValidationError("It was not refused, or is on its way again.")
        row.stay_here(row.sentence)
        row.save()
    edit.refresh_from_db()


def _read_again(edits: Sequence[Edit]) -> None:
    """These as they stand now, whoever was faster."""
    stand = Edit.objects.in_bulk([each.pk for each in edits])
    for edit in edits:
        for name in WRITTEN:
            kept = "noted_by_id" if name == "noted_by" else name
            setattr(edit, kept, getattr(stand[edit.pk], kept))


def _wake(connections: set[int]) -> None:
    for pk in sorted(connections):
        transaction.on_commit(partial(wake, pk))
