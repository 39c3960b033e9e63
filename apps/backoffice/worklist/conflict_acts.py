"""The buttons on what was changed on both sides: whose change stands."""

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpRequest

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.versions import State as VersionState
from apps.backoffice.ledgers.conflict_words import FIELD_BY_FIELD, asked_together, field_words
from apps.backoffice.ledgers.conflict_words import in_words as value_in_words
from apps.staff.acts import ActName
from apps.sync.decide import acts
from apps.sync.decide.bring_back import (
    bring_back,
    changed_since,
    in_words,
    stands_now,
    why_not,
)
from apps.sync.decide.choices import why_not_ours, why_not_theirs
from apps.sync.models import Conflict
from apps.sync.wording import called, capital, label


class BringBackForm(ActForm):
    """Asked again where what won was changed since: with what it is now."""

    reason = forms.CharField(
        max_length=200, help_text="Why it was right. Kept with your name in the history."
    )

    def questions(self) -> Iterator[str]:
        yield from super().questions()
        if since := changed_since(self.record):
            yield f"{since} Bring back {in_words(self.record, self.record.loser)} all the same?"


class FieldsForm(ActForm):
    """Each field that differs, with both values to choose from."""

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        system = record.sync_record.connection.system_name
        for each in asked_together(record):
            self.fields[f"field_{each.pk}"] = forms.ChoiceField(
                label=field_words(each),
                choices=[
                    (Conflict.Decision.OURS, f"Tieout: {value_in_words(each, each.ours)}"),
                    (Conflict.Decision.THEIRS, f"{system}: {value_in_words(each, each.theirs)}"),
                ],
                widget=forms.RadioSelect,
            )


def why_nots(conflict: Conflict) -> tuple[str, str]:
    """Why ours cannot be put back, and why theirs cannot be taken; "" where it can."""
    kept: tuple[str, str] | None = getattr(conflict, "why_nots", None)
    if kept is None:
        record, paths = conflict.sync_record, [each.path for each in asked_together(conflict)]
        kept = why_not_ours(record, paths), why_not_theirs(record, paths)
        conflict.why_nots = kept  # type: ignore[attr-defined] # asked once of each copy in memory
    return kept


def ours_can_be_put_back(conflict: Conflict) -> bool:
    return not conflict.decision and not why_nots(conflict)[0]


def theirs_can_be_taken(conflict: Conflict) -> bool:
    return not conflict.decision and not why_nots(conflict)[1]


def is_of_several_fields(conflict: Conflict) -> bool:
    by_field = conflict.sync_record.kind in FIELD_BY_FIELD and ours_can_be_put_back(conflict)
    return by_field and len(asked_together(conflict)) > 1


def is_decided(conflict: Conflict) -> bool:
    """One value gave way to the other, and is kept."""
    return conflict.has_loser


def _decide(request: HttpRequest, conflict: Conflict, side: Conflict.Decision) -> None:
    acts.decide_record(conflict.sync_record, side, user_id=person(request))


def _ours(request: HttpRequest, conflict: Conflict, answers: dict[str, Any]) -> str:
    _decide(request, conflict, Conflict.Decision.OURS)
    return "Decided: ours is put back over there."


def _theirs(request: HttpRequest, conflict: Conflict, answers: dict[str, Any]) -> str:
    _decide(request, conflict, Conflict.Decision.THEIRS)
    return "Decided: theirs is taken over here."


def _each_field(request: HttpRequest, conflict: Conflict, answers: dict[str, Any]) -> str:
    sides = {
        each: Conflict.Decision(answers[f"field_{each.pk}"]) for each in asked_together(conflict)
    }
    acts.decide_fields(sides, user_id=person(request))
    return "Decided, field by field: both sides are brought to it."


def _bring_back(request: HttpRequest, conflict: Conflict, answers: dict[str, Any]) -> str:
    bring_back(
        conflict,
        user_id=person(request),
        reason=answers["reason"],
        seen=stands_now(conflict),
    )
    return "Brought back: it is ours again, and goes over with the next run, which starts now."


def _what_comes_back(conflict: Conflict) -> str:
    record = conflict.sync_record
    if why_not(conflict):
        return ""
    return (
        f"The {label(conflict.path)} of {called(record.subject)} becomes "
        f"{in_words(conflict, conflict.loser)} again, and goes to {record.connection.system_name} "
        "like any change of yours. What stands now is kept and can be brought back in its turn."
    )


def _why_not(conflict: Conflict) -> list[str]:
    return [each for each in (why_not(conflict), changed_since(conflict)) if each][:1]


def _value_now(conflict: Conflict) -> VersionState:
    """What stands here: a form that was opened before it changed is refused."""
    is_now = stands_now(conflict)
    return {"now": (capital(label(conflict.path)), in_words(conflict, is_now), json.dumps(is_now))}


CONFLICT_ACTS = (
    ButtonAct(
        name="ours",
        words="Put ours back",
        permission=ActName.DECIDE,
        when=ours_can_be_put_back,
        do=_ours,
        means="What Tieout says is put back over there. What stands there is kept, and can be brought "
        "back.",
    ),
    ButtonAct(
        name="theirs",
        words="Take theirs",
        permission=ActName.DECIDE,
        when=theirs_can_be_taken,
        do=_theirs,
        means="What stands over there is taken over into Tieout. What stands here is kept, and can be "
        "brought back.",
    ),
    ButtonAct(
        name="each-field",
        words="Choose for each field",
        permission=ActName.DECIDE,
        when=is_of_several_fields,
        do=_each_field,
        asks=FieldsForm,
        means="Of each field the side that you choose stands on both sides. What gives way is kept, and "
        "can be brought back.",
    ),
    ButtonAct(
        name="bring-back",
        words="Bring it back",
        permission=ActName.DECIDE,
        when=is_decided,
        do=_bring_back,
        asks=BringBackForm,
        means=_what_comes_back,
        doubts=_why_not,
        edits=_value_now,
    ),
)
