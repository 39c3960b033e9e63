"""Buttons on the page of a limit: a higher one that waits is agreed to, refused or withdrawn."""

from typing import Any

from django.http import HttpRequest

from apps.backoffice.control.people_acts import me
from apps.backoffice.frame.acts import OnRequest
from apps.backoffice.frame.reasons import ReasonForm
from apps.billing.acts.limiting import agree_to_limit, in_words, refuse_limit, withdraw_limit
from apps.billing.models import ActLimit, LimitRequest
from apps.staff.acts import ActName


def higher_limit(limit: ActLimit) -> LimitRequest | None:
    """What waits for a second administrator."""
    rows = limit.requests.filter(state=LimitRequest.State.WAITING)
    return rows.select_related("asked_by", "limit__company").first()


def _waits(limit: ActLimit) -> bool:
    return higher_limit(limit) is not None


def _found(limit: ActLimit) -> LimitRequest:
    asked = higher_limit(limit)
    assert asked is not None  # `when` has looked, under the same lock
    return asked


def _agree(request: HttpRequest, limit: ActLimit, answers: dict[str, Any]) -> str:
    asked = _found(limit)
    agree_to_limit(asked, me(request), request=request)
    return f"Agreed: {in_words(asked.limit, asked.amount)} from now on."


def _refuse(request: HttpRequest, limit: ActLimit, answers: dict[str, Any]) -> str:
    refuse_limit(_found(limit), me(request), reason=answers["reason"])
    return "Refused. The limit stays as it is."


def _withdraw(request: HttpRequest, limit: ActLimit, answers: dict[str, Any]) -> str:
    withdraw_limit(_found(limit), me(request))
    return "Withdrawn. The limit stays as it is."


def _meaning(limit: ActLimit) -> str:
    asked = _found(limit)
    return (
        f"{asked.asked_by} asked that “{limit}” be {in_words(asked.limit, asked.amount)} instead of"
        f" {in_words(asked.limit, asked.before)}. It holds as soon as you agree."
    )


LIMIT_ACTS = (
    OnRequest(
        request_of=higher_limit,
        name="agree",
        words="Agree",
        permission=ActName.SET_LIMITS,
        when=_waits,
        do=_agree,
        main=True,
        means=_meaning,
    ),
    OnRequest(
        request_of=higher_limit,
        name="refuse",
        words="Refuse",
        permission=ActName.SET_LIMITS,
        when=_waits,
        do=_refuse,
        asks=ReasonForm,
        danger=True,
    ),
    OnRequest(
        request_of=higher_limit,
        by_asker=True,
        name="withdraw",
        words="Withdraw",
        permission=ActName.SET_LIMITS,
        when=_waits,
        do=_withdraw,
        means="The limit stays as it is, and nobody is asked any more.",
    ),
)
