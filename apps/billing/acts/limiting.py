"""Limits: lowered by one administrator, raised or taken away by two."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from apps.billing.changes import made_by
from apps.billing.models import ActLimit, Company, LimitRequest
from apps.billing.sight import sees
from apps.core.money import figure
from apps.staff.acts import ActName
from apps.staff.letters import write_to
from apps.staff.models import User
from apps.staff.people import active_with
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


def raises(before: Decimal | None, after: Decimal | None) -> bool:
    """Whether somebody may do more alone by it; None is no limit."""
    return before is not None and (after is None or after > before)


def set_limit(
    limit: ActLimit, amount: Decimal | None, *, by: User, request: HttpRequest | None = None
) -> LimitRequest | None:
    """Lower it, or ask a second administrator to agree that it be raised or emptied.

    A company of one declared person has nobody to ask. Raises `ValidationError`.
    """
    with transaction.atomic():
        stored = _held(limit)
        if amount == stored.amount:
            return None
        if raises(stored.amount, amount) and not by.does_everything:
            return _ask(stored, amount, by, request)
        _write(stored, amount, by=by, agreed=None, request=request)
        limit.amount = stored.amount
    return None


def note_first(limit: ActLimit, *, by: User, request: HttpRequest | None = None) -> None:
    """Say that there is a limit where there was none."""
    words = f"{limit}: there was no limit, and it is {in_words(limit, limit.amount)}."
    note(
        Kind.LIMIT_CHANGED,
        words,
        request=request,
        person=by,
        before=None,
        after=_text(limit.amount),
    )


def agree_to_limit(asked: LimitRequest, by: User, *, request: HttpRequest | None = None) -> None:
    """Raise it as asked. Raises `ValidationError` for one's own request, where either person may not
    set limits any more, and where the limit is not what it was."""
    with transaction.atomic():
        asked = _asked(asked)
        _refuse_unfit(asked, by)
        stored = _held(asked.limit)
        if not asked.asked_by.has_perm(ActName.SET_LIMITS):
            raise ValidationError(f"{asked.asked_by}, who asked, may not set limits any more.")
        if stored.amount != asked.before:
            raise ValidationError(
                "The limit was changed since this was asked for. Refuse it, and ask again."
            )
        _decide(asked, by, LimitRequest.State.APPROVED)
        _write(stored, asked.amount, by=asked.asked_by, agreed=by, request=request)


def refuse_limit(asked: LimitRequest, by: User, *, reason: str) -> None:
    """Say no; the limit stays."""
    with transaction.atomic():
        asked = _asked(asked)
        _refuse_unfit(asked, by)
        _decide(asked, by, LimitRequest.State.REFUSED, reason)


def withdraw_limit(asked: LimitRequest, by: User) -> None:
    """Take back one's own request."""
    with transaction.atomic():
        asked = _asked(asked)
        if asked.asked_by_id != by.pk:
            raise ValidationError("Only whoever asked can withdraw it.")
        _decide(asked, by, LimitRequest.State.WITHDRAWN)


def who_may_agree(asked: LimitRequest) -> list[User]:
    """The other administrators who see the company of the limit: to the rest it does not exist."""
    company = asked.limit.company
    others = (each for each in active_with(RoleName.ADMINISTRATOR) if each.pk != asked.asked_by_id)
    return [each for each in others if sees(each, company)]


def in_words(limit: ActLimit, amount: Decimal | None) -> str:
    home = limit.company.home_currency
    return "no limit" if amount is None else f"{figure(amount, home)} {home}"


def _held(limit: ActLimit) -> ActLimit:
    Company.locked(limit.company_id)
    return ActLimit.objects.select_related("company").get(pk=limit.pk)


def _ask(
    stored: ActLimit, amount: Decimal | None, by: User, request: HttpRequest | None
) -> LimitRequest:
    if LimitRequest.objects.filter(limit=stored, state="waiting").exists():
        raise ValidationError(
            "A change of this limit waits already. It is agreed to, refused or withdrawn first."
        )
    asked = LimitRequest.objects.create(
        limit=stored, before=stored.amount, amount=amount, asked_by=by
    )
    words = (
        f"{by} asked that “{stored}” be {in_words(stored, amount)} instead of"
        f" {in_words(stored, stored.amount)}; a second administrator has to agree."
    )
    note(Kind.LIMIT_CHANGED, words, request=request, person=by, waits=True)
    write_to(who_may_agree(asked), "Somebody asks for a higher limit", words)
    return asked


def _write(
    stored: ActLimit,
    amount: Decimal | None,
    *,
    by: User,
    agreed: User | None,
    request: HttpRequest | None,
) -> None:
    before, stored.amount = stored.amount, amount
    with made_by(by.pk, reason=f"Agreed by {agreed}" if agreed else ""):
        stored.save()
    words = f"“{stored}” was {in_words(stored, before)} and is {in_words(stored, amount)}."
    if agreed is not None:
        words = f"{words} {agreed} agreed."
    note(
        Kind.LIMIT_CHANGED,
        words,
        request=request,
        person=by,
        before=_text(before),
        after=_text(amount),
        agreed_by=agreed.pk if agreed else None,
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _asked(asked: LimitRequest) -> LimitRequest:
    """As it stands, with nobody else at its company until the transaction ends."""
    Company.locked(asked.limit.company_id)
    found = LimitRequest.objects.select_related("limit__company", "asked_by").get(pk=asked.pk)
    found.refuse_decided()
    return found


def _refuse_unfit(asked: LimitRequest, by: User) -> None:
    asked.refuse_own(by)
    if not by.has_perm(ActName.SET_LIMITS):
        raise ValidationError(f"{by} may not set limits.")
    if not sees(by, asked.limit.company):
        raise ValidationError("This limit is of a company that you do not see.")


def _decide(asked: LimitRequest, by: User, state: str, reason: str = "") -> None:
    asked.decide(by, state, reason)
    if state != LimitRequest.State.APPROVED:
        words = f"A higher limit was {asked.get_state_display().lower()}: {asked.limit}."
        note(Kind.LIMIT_CHANGED, words, person=by, reason=reason)
