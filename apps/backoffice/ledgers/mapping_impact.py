"""What a change of mappings in force touches: shown between pressing Save and saving."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.ledgers.mapping_choices import Choice, code_words
from apps.backoffice.ledgers.steps import MAP
from apps.billing.models import Item
from apps.connections.models import Connection
from apps.mappings.choices import RELIED_ON
from apps.mappings.models import RemoteCode
from apps.mappings.names import key_of_field
from apps.sync.dry.running import words
from apps.sync.mapped.impact import Impact, Touched, asks_for_new_firsts, impact, voids_the_test
from apps.sync.mapped.under_mapping import labels_of

SEEN = "seen"  # the button of a person who saw what it touches

Picked = Sequence[tuple[Choice, RemoteCode]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One change, with what it touches in words."""

    words: str
    old: str
    new: str
    touched: Impact
    waiting: list[tuple[str, Touched]]
    past: list[tuple[str, Touched]]


def in_force(picked: Picked, connection: Connection) -> Picked:
    """Of what was picked, the changes of what something was or will be booked under."""
    return [
        (choice, code)
        for choice, code in picked
        if choice.chosen is not None or _leaves_the_default(choice, connection)
    ]


def _leaves_the_default(choice: Choice, connection: Connection) -> bool:
    """An item that was booked to the default account when the test invoice matched."""
    item, tested_at = choice.thing, connection.trial_matched_at
    if not isinstance(item, Item) or tested_at is None or connection.stage not in RELIED_ON:
        return False
    return item.created_at <= tested_at


def impact_page(
    screen: Screen, request: HttpRequest, connection: Connection, picked: Picked, changed: Picked
) -> TemplateResponse:
    """Nothing is saved yet: everything that was picked travels on in the form."""
    keyed = [(key, code) for choice, code in changed if (key := key_of_field(choice.field))]
    shown = [
        _shown(choice, code, impact(connection, key, code))
        for (choice, code), (key, _) in zip(changed, keyed, strict=True)
    ]
    context = {
        **screen.admin_site.each_context(request),
        "title": "What this change touches",
        "trail": screen.trail("Map", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "shown": shown,
        "picked": [(choice.field, code.pk) for choice, code in picked],
        "others": len(picked) - len(changed),
        "voids": voids_the_test(connection, keyed),
        "firsts": [words(each, 2) for each in asks_for_new_firsts(connection, keyed)],
        "pauses": connection.is_live,
        "needs_reason": connection.stage in RELIED_ON,
        "reason": request.POST.get("reason", "").strip()[:200],
        "back": screen.page(MAP, connection.pk),
        "seen": SEEN,
    }
    return TemplateResponse(request, "backoffice/ledgers/mapping_impact.html", context)


def _shown(choice: Choice, code: RemoteCode, touched: Impact) -> Shown:
    return Shown(
        words=choice.words,
        old=code_words(touched.old) if touched.old else "the default account",
        new=code_words(code),
        touched=touched,
        waiting=[(_of(each), each) for each in touched.waiting],
        past=[(_of(each), each) for each in touched.past],
    )


def _of(touched: Touched) -> str:
    words = labels_of([touched.kind])
    return f"{touched.count} {words.removesuffix('s') if touched.count == 1 else words}"
