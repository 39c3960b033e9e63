"""Each event for each receiver: whether it was taken, by which tries, and what was answered."""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import link
from apps.backoffice.frame.permissions import person
from apps.backoffice.frame.screens import (
    ChoicesFilter,
    DateFilter,
    FewRelatedFilter,
    OwnFilter,
    ReadOnlyAdmin,
)
from apps.backoffice.telling.words import (
    content_of,
    delivery_state,
    moment_words,
    record_link,
    tries_words,
)
from apps.connections.clock import now
from apps.connections.transport import USER_AGENT
from apps.staff.acts import ActName
from apps.triggers.delivery.replaying import given_up_lately, replay
from apps.triggers.models import Delivery, Endpoint, EventType


class EventFilter(OwnFilter):
    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in EventType.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(event__type=self.value()) if self.value() else queryset


class GivenUpFilter(OwnFilter):
    """What an alert counts."""

    title = "given up"
    parameter_name = "given_up"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        return [("lately", "Within a week, and not sent again")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return given_up_lately(queryset, now()) if self.value() else queryset


def _can_be_sent(delivery: Delivery) -> bool:
    return delivery.state != Delivery.State.WAITING and delivery.endpoint.state == Endpoint.State.ON


def _again(request: HttpRequest, delivery: Delivery, answers: dict[str, Any]) -> str:
    if not _can_be_sent(delivery):
        raise ValidationError("It cannot be sent again as it stands now.")
    replay(delivery, by=person(request))
    return f"It will be sent to {delivery.endpoint} again, with the id and the text that it had."


AGAIN = ButtonAct(
    name="send-again",
    words="Send again",
    permission=ActName.REPLAY_EVENT,
    when=_can_be_sent,
    do=_again,
    means="It bears the same id, so that a receiver that has it takes it for the same.",
    main=True,
)


@admin.register(Delivery)
class EventDeliveryAdmin(ReadOnlyAdmin):
    list_words = "Events sent"
    list_display = ["event_shown", "record", "where_to", "state_shown", "tries_shown", "last_answer",
                    "next_try", "made"]  # fmt: skip
    list_display_links = ["event_shown"]
    list_filter = [("endpoint", FewRelatedFilter), ("state", ChoicesFilter), GivenUpFilter,
                   EventFilter, ("made_at", DateFilter)]  # fmt: skip
    list_select_related = ["event", "endpoint"]
    ordering = ["-id"]
    quick = (
        ("Waiting", "?state__exact=waiting"),
        ("Given up", "?state__exact=failed"),
        ("Delivered", "?state__exact=delivered"),
        ("All", "?"),
    )
    acts = (AGAIN,)
    empty_sentence = "Each event for each place that events go to is listed here, with its answers."
    fields = ["event_shown", "record", "where_to", "state_shown", "tries_shown", "last_answer",
              "next_try", "made", "ended", "asked"]  # fmt: skip
    readonly_fields = fields

    def called(self, record: Any) -> str:
        return (
            f"{record.event.get_type_display()}, {record.event.happened_at:%-d %B %Y at %H:%M} UTC"
        )

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        event = record.event
        attempts = list(record.attempts.all())
        context = {
            "event": event,
            "body": json.dumps(content_of(event), indent=2, ensure_ascii=False),
            "attempts": attempts,
            "headers": [
                ("content-type", "application/json"),
                ("user-agent", USER_AGENT),
                ("webhook-id", event.public_id),
                ("webhook-timestamp", "the seconds of each try since 1970, in UTC"),
                ("webhook-signature", "made with the secret; not kept"),
            ],
        }
        return [render_to_string("backoffice/telling/delivery.html", context, request)]

    @admin.display(description="Event", ordering="event__type")
    def event_shown(self, delivery: Delivery) -> str:
        return delivery.event.get_type_display()

    @admin.display(description="Record")
    def record(self, delivery: Delivery) -> SafeString:
        return record_link(delivery.event)

    @admin.display(description="Goes to")
    def where_to(self, delivery: Delivery) -> SafeString:
        page = self.admin_site._registry[Endpoint].page("change", delivery.endpoint_id)
        return link(page, f"{delivery.endpoint} ({delivery.endpoint.host})")

    @admin.display(description="State", ordering="state")
    def state_shown(self, delivery: Delivery) -> SafeString:
        return delivery_state(delivery)

    @admin.display(description="Tries", ordering="tries")
    def tries_shown(self, delivery: Delivery) -> str:
        return tries_words(delivery.tries)

    @admin.display(description="Last answer")
    def last_answer(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="t-sentence">{}</span>', delivery.sentence or "–")

    @admin.display(description="Next try", ordering="due_at")
    def next_try(self, delivery: Delivery) -> str:
        return moment_words(delivery.due_at)

    @admin.display(description="Made", ordering="made_at")
    def made(self, delivery: Delivery) -> str:
        return moment_words(delivery.made_at)

    @admin.display(description="Ended")
    def ended(self, delivery: Delivery) -> str:
        return moment_words(delivery.ended_at)

    @admin.display(description="Sent again by")
    def asked(self, delivery: Delivery) -> str:
        if not delivery.number:
            return "–"
        return str(delivery.asked_by or "A program, through the API")
