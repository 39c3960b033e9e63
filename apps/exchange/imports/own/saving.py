"""Saves a layout that people built: validated, with its history, and never over what another saved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.billing.changes import maker
from apps.billing.models import Company
from apps.connectors.profiles import AnyProfile
from apps.exchange.imports.own.as_json import to_json
from apps.exchange.imports.own.checks import faults
from apps.exchange.models import ImportProfile

OVERTAKEN = (
    "Nothing was saved: this layout was changed by somebody else meanwhile. Open it again, and say it "
    "anew."
)


def make(
    profile: AnyProfile, *, name: str, company: Company | None, headings: Sequence[str]
) -> ImportProfile:
    """A layout more, of one company or of all. Raises ValidationError with every fault."""
    row = ImportProfile(company=company, made_by_id=maker().user_id)
    with transaction.atomic():
        _save(row, profile, name, headings)
    return row


def change(
    row: ImportProfile,
    profile: AnyProfile,
    *,
    name: str,
    headings: Sequence[str],
    opened_at: datetime | None = None,
) -> ImportProfile:
    """The same layout otherwise. Imports whose check began with it say so, and are checked again.

    Raises ValidationError with every fault, or where it was changed since `opened_at`.
    """
    with transaction.atomic():
        held = ImportProfile.objects.select_for_update().get(pk=row.pk)
        if opened_at is not None and held.changed_at != opened_at:
            raise ValidationError(OVERTAKEN)
        if held.subject != profile.of:
            raise ValidationError("What its rows are does not change. Save it as another layout.")
        _save(held, profile, name, headings)
    return held


def retire(row: ImportProfile) -> None:
    """It is offered no more; what was read by it stays as it is."""
    _set_retired(row, timezone.now())


def use_again(row: ImportProfile) -> None:
    """Raises ValidationError where another has its name by now."""
    _refuse_name(row, row.name)
    _set_retired(row, None)


def _set_retired(row: ImportProfile, when: datetime | None) -> None:
    with transaction.atomic():
        held = ImportProfile.objects.select_for_update().get(pk=row.pk)
        held.retired_at = when
        held.save()
    row.refresh_from_db()


def _save(row: ImportProfile, profile: AnyProfile, name: str, headings: Sequence[str]) -> None:
    profile = replace(profile, proposed=True)
    wrong = faults(profile)
    row.name = " ".join(name.split())
    if not row.name:
        wrong.append("Give the layout a name.")
    if wrong:
        raise ValidationError(wrong)
    _refuse_name(row, row.name)
    row.subject, row.content, row.headings = profile.of, to_json(profile), list(headings)
    row.full_clean()
    row.save()


def _refuse_name(row: ImportProfile, name: str) -> None:
    """A company finds one layout by a name, its own or a shared one."""
    others = ImportProfile.objects.filter(name__iexact=name, retired_at=None).exclude(pk=row.pk)
    if row.company_id is not None:
        others = others.filter(Q(company=row.company_id) | Q(company=None))
    if others.exists():
        raise ValidationError(
            f"There is a layout called “{name}” already. Give this one another name."
        )
