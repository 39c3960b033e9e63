"""What accounting systems told by themselves: what came, whether it was believed, what it led to."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import NOTHING, link, tag
from apps.backoffice.frame.screens import ChoicesFilter, DateFilter, OwnFilter, ReadOnlyAdmin
from apps.backoffice.frame.sight import in_sight
from apps.backoffice.ledgers.status import KIND_WORDS
from apps.backoffice.ledgers.told import DELIVERY_COLOURS
from apps.connections.models import Connection
from apps.connectors.registry import systems
from apps.core.numbers import whole
from apps.sync.models import RemoteRecord
from apps.webhooks.models import Delivery, Notice

State = Delivery.State
# What staff read of a state: verified or not comes first.
WORDS = {
    State.NEW: "Verified, to be looked at",
    State.READ: "Verified",
    State.UNREADABLE: "Verified, cannot be read",
    State.HANDSHAKE: "Asks whether the address is ours",
    State.CONFIRMED: "The key, told back",
    State.NOT_OURS: "Asked about an address that is not ours",
    State.REFUSED: "Refused",
}
# What became of what was told, in the order of what matters.
LED_TO = {
    Notice.State.WAITING: "waits to be read",
    Notice.State.READ: "read",
    Notice.State.WITH_THE_FEED: "read with everything that changed",
    Notice.State.KNOWN: "was known before as it is",
    Notice.State.NOT_WANTED: "is of a kind that is not kept here",
    Notice.State.NOT_LIVE: "is of books that are not live",
    Notice.State.NOT_CONNECTED: "is of books that are not connected",
}


class ToldBooksFilter(OwnFilter):
    """A delivery may tell of several sets of books."""

    title = "books"
    parameter_name = "books"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        telling = [name for name, each in systems().items() if each.webhooks is not None]
        rows = in_sight(request.user, Connection.objects.filter(system__in=telling))
        return [(str(each.pk), str(each)) for each in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        books = whole(self.value())
        if books is None:
            return queryset
        told = Notice.objects.filter(connection=books).values("delivery")
        return queryset.filter(pk__in=told)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_words = "What they told"
    list_display = ["came", "system_shown", "books", "standing", "told", "led_to"]
    list_display_links = ["came"]
    list_filter = [ToldBooksFilter, ("state", ChoicesFilter), ("received_at", DateFilter)]
    ordering = ["-received_at", "-id"]
    quick = (
        ("Refused", "?state__exact=refused"),
        ("Verified", "?state__exact=read"),
        ("All", "?"),
    )
    empty_sentence = "Where a system tells of changes by itself, each delivery is listed here."
    fields = ["came", "system_shown", "books", "standing", "why", "times_shown", "led_to"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        # What was signed lies in the body as it came: nothing that staff need.
        return rows.defer("body").prefetch_related("notices__connection")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Why, and how often, of what was refused alone."""
        refused = obj is not None and obj.state == State.REFUSED
        return [name for name in self.fields if refused or name not in ("why", "times_shown")]

    def called(self, record: Any) -> str:
        return f"{self.system_shown(record)}, {record.received_at:%-d %B %Y at %H:%M:%S} UTC"

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        notices = list(record.notices.select_related("connection").order_by("pk")[:200])
        context = {
            "rows": [
                (each, kind_words(each), colour_words(each), page) for each, page in paged(notices)
            ],
            "more": record.notices.count() - len(notices),
        }
        return [render_to_string("backoffice/worklist/delivery.html", context, request)]

    @admin.display(description="Came (UTC)", ordering="received_at")
    def came(self, delivery: Delivery) -> str:
        return f"{delivery.received_at:%-d %b %Y %H:%M:%S}"

    @admin.display(description="System", ordering="system")
    def system_shown(self, delivery: Delivery) -> str:
        found = systems().get(delivery.system)
        return found.capabilities.name if found is not None else delivery.system

    @admin.display(description="Books")
    def books(self, delivery: Delivery) -> str:
        named = {str(each.connection) for each in delivery.notices.all() if each.connection}
        return ", ".join(sorted(named)) or NOTHING

    @admin.display(description="Verified", ordering="state")
    def standing(self, delivery: Delivery) -> SafeString:
        state = State(delivery.state)
        words = WORDS[state]
        if delivery.times > 1:
            words = f"{words} {delivery.times:,} times"
        return tag(words, DELIVERY_COLOURS[state])

    @admin.display(description="Why")
    def why(self, delivery: Delivery) -> str:
        return delivery.get_reason_display() if delivery.reason else NOTHING

    @admin.display(description="How often within the hour")
    def times_shown(self, delivery: Delivery) -> str:
        return f"{delivery.times:,}"

    @admin.display(description="What it told")
    def told(self, delivery: Delivery) -> SafeString:
        if delivery.reason:
            return sentence(delivery.get_reason_display())
        ids: dict[str, list[str]] = {}
        for each in delivery.notices.all():
            ids.setdefault(each.word, []).append(each.remote_id)
        named = [
            f"{word} {found[0]}" if len(found) == 1 else f"{word} ×{len(found)}"
            for word, found in ids.items()
        ]
        return sentence(", ".join(named))

    @admin.display(description="What it led to")
    def led_to(self, delivery: Delivery) -> SafeString:
        state = State(delivery.state)
        if state in (State.REFUSED, State.NOT_OURS):
            return sentence("Nothing: it is not believed.")
        if state == State.CONFIRMED:
            return sentence("What comes from now on is signed with this key.")
        counts = Counter(each.state for each in delivery.notices.all())
        words = [
            f"{counts[each.value]} {text}" for each, text in LED_TO.items() if counts[each.value]
        ]
        return sentence(", ".join(words))


def sentence(words: str) -> SafeString:
    return format_html('<span class="t-sentence">{}</span>', words or NOTHING)


def kind_words(notice: Notice) -> str:
    """Their word, and ours where the object was read."""
    return f"{notice.word} {notice.remote_id}" if notice.remote_id else notice.word


def colour_words(notice: Notice) -> str:
    return LED_TO[Notice.State(notice.state)]


def paged(notices: Sequence[Notice]) -> list[tuple[Notice, SafeString | str]]:
    """Each with a link to what is held of its object."""
    held = RemoteRecord.objects.filter(
        remote_id__in={each.remote_id for each in notices}, part=""
    ).exclude(kind="")
    rows = {(each.connection_id, each.kind, each.remote_id): each for each in held}
    found: list[tuple[Notice, SafeString | str]] = []
    for each in notices:
        own = each.connection_id
        row = rows.get((own, each.kind, each.remote_id)) if own is not None else None
        page: SafeString | str = NOTHING
        if row is not None:
            address = reverse("admin:sync_remoterecord_change", args=[row.pk])
            words = row.number or row.name or KIND_WORDS.get(row.of_kind, row.kind)
            page = link(address, words)
        found.append((each, page))
    return found
