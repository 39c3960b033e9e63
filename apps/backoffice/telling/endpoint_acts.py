"""What is done with a place that events go to: tried, switched off and on, given another secret, sent
again what it did not take, removed.
"""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import person
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.staff.security import Kind, note
from apps.triggers.delivery import endpoints, replaying
from apps.triggers.delivery.trying import send_test, types_with_example
from apps.triggers.models import Endpoint, EventType

State = Endpoint.State


def _counted(count: int) -> str:
    return f"{count:,} {'event' if count == 1 else 'events'}"


# --- a test ---------------------------------------------------------------------------------------


class TestForm(ActForm):
    type = forms.ChoiceField(
        label="Event",
        help_text="The newest record of that kind is sent as it stands, marked with “test: true”.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = types_with_example(self.record)
        choices = [(each, EventType(each).label) for each in known]
        wanted = [each for each in choices if self.record.wants(each[0])]
        others = [each for each in choices if not self.record.wants(each[0])]
        self.fields["type"].choices = [*wanted, *others]  # type: ignore[attr-defined] # of its class
        if not choices:
            self.fields[
                "type"
            ].help_text = (
                "There is no record yet to try it with: issue an invoice, or add a customer."
            )


def _test(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> HttpResponse:
    tried = send_test(endpoint, answers["type"])
    return _shown(
        request, endpoint, "tried.html", title="The test was sent", tried=tried, answer=tried.answer
    )


TEST = ButtonAct(
    name="test",
    words="Send a test event",
    permission=ActName.REPLAY_EVENT,
    when=lambda endpoint: endpoint.state != State.GONE,
    do=_test,
    asks=TestForm,
    means=lambda endpoint: (
        f"It goes to {endpoint.host} at once, whatever waits, and its answer is "
        "shown. Nothing of it is kept."
    ),
    calls_out=True,
    main=True,
)


# --- what it did not take --------------------------------------------------------------------------


class AgainForm(ActForm):
    since = DayField(
        label="Since",
        sense=Sense.ANY,
        help_text="The events of that day and of all days after it. You are told how many these are "
        "before anything is sent.",
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        day = found.get("since")
        if day is None:
            return found
        zone = ZoneInfo(self.record.company.time_zone)
        found["moment"] = datetime.combine(day, time.min, tzinfo=zone)
        found["count"] = replaying.not_taken_since(self.record, found["moment"]).count()
        if not found["count"]:
            raise ValidationError(f"It took everything of {day:%-d %B %Y} and after.")
        return found

    def questions(self) -> Iterator[str]:
        count, day = self.cleaned_data["count"], self.cleaned_data["since"]
        were = "was" if count == 1 else "were"
        yield (
            f"{_counted(count)} since {day:%-d %B %Y} {were} not taken. Send all of them again, "
            "oldest first?"
        )


def _again(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> str:
    count = replaying.replay_since(endpoint, answers["moment"], by=person(request))
    return f"{_counted(count)} will be sent again, each with the id and the text that it had."


SEND_AGAIN = ButtonAct(
    name="send-again",
    words="Send again what it did not take",
    permission=ActName.REPLAY_EVENT,
    when=lambda endpoint: endpoint.state == State.ON,
    do=_again,
    asks=AgainForm,
)


# --- off, on, another secret, removed --------------------------------------------------------------


class ReasonForm(ActForm):
    reason = forms.CharField(max_length=200, help_text="Whoever finds it switched off reads it.")


def _off(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> str:
    endpoints.switch_off(endpoint, answers["reason"])
    return f"{endpoint} is switched off. What waits stays and goes out when it is switched on."


def _on(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> str:
    count = endpoints.switch_on(endpoint)
    waits = f" {_counted(count)} that waited go out now." if count else ""
    return f"{endpoint} is in use again.{waits}"


def _what_on_means(endpoint: Endpoint) -> str:
    count = endpoints.waiting(endpoint)
    goes = f"{_counted(count)} that wait go out at once, oldest first. " if count else ""
    return f"{goes}What happened while it was switched off was not kept for it."


SWITCH_OFF = ButtonAct(
    name="switch-off",
    words="Switch off",
    permission=ActName.ADD_LISTENER,
    when=lambda endpoint: endpoint.state == State.ON,
    do=_off,
    asks=ReasonForm,
    means="Nothing is sent there from now on. What happens meanwhile is not kept for it.",
)
SWITCH_ON = ButtonAct(
    name="switch-on",
    words="Switch on",
    permission=ActName.ADD_LISTENER,
    when=lambda endpoint: endpoint.state == State.OFF,
    do=_on,
    means=_what_on_means,
    main=True,
)


def _rotate(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> HttpResponse:
    secret = endpoints.rotate_secret(endpoint)
    return secret_page(request, endpoint, secret, rotated=True)


NEW_SECRET = ButtonAct(
    name="new-secret",
    words="Make a new secret",
    permission=ActName.ADD_LISTENER,
    when=lambda endpoint: endpoint.state != State.GONE,
    do=_rotate,
    means="For 24 hours each event is signed with the new secret and the one before, so that the "
    "receiver can change over in peace. After that only the new one counts.",
)


def _remove(request: HttpRequest, endpoint: Endpoint, answers: dict[str, Any]) -> str:
    count = endpoints.remove(endpoint)
    cancelled = f" {_counted(count)} that waited are cancelled." if count else ""
    return f"{endpoint} is removed.{cancelled} What was sent stays listed."


REMOVE = ButtonAct(
    name="remove",
    words="Remove",
    permission=ActName.ADD_LISTENER,
    when=lambda endpoint: endpoint.state != State.GONE,
    do=_remove,
    means=lambda endpoint: (
        f"Nothing is sent to {endpoint.host} any more, and "
        f"{_counted(endpoints.waiting(endpoint))} that wait are cancelled. It cannot be brought back; "
        "a new one can be added."
    ),
    danger=True,
)


# --- pages that answer -----------------------------------------------------------------------------


def secret_page(
    request: HttpRequest, endpoint: Endpoint, secret: str, *, rotated: bool = False
) -> HttpResponse:
    title = "The new secret" if rotated else f"{endpoint} is added"
    made = "A new secret was made" if rotated else "A secret was made"
    note(Kind.REVEALED, f"{made} for {endpoint.host}, and shown once.", endpoint=endpoint.pk)
    return _shown(request, endpoint, "secret.html", title=title, secret=secret, rotated=rotated)


def _shown(
    request: HttpRequest, endpoint: Endpoint, template: str, *, title: str, **more: Any
) -> HttpResponse:
    """What was done, shown on the page itself: a secret goes into no message and no session."""
    screen: Any = admin.site._registry[Endpoint]
    context = {
        **admin.site.each_context(request),
        "title": title,
        "trail": screen.trail(title, record=endpoint),
        "opts": Endpoint._meta,
        "original": endpoint,
        "endpoint": endpoint,
        "back": screen.page("change", endpoint.pk),
        "media": forms.Media(),
        **more,
    }
    return done(TemplateResponse(request, f"backoffice/telling/{template}", context))


ACTS = (TEST, SEND_AGAIN, SWITCH_ON, SWITCH_OFF, NEW_SECRET, REMOVE)
