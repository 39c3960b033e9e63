"""One mail for all that a recipient is told at once: as text, and as HTML that is read on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from apps.alerts.models import Alert, Event, Severity
from apps.exchange.schedules.makers import Letter

COLOURS = {Severity.URGENT: "#b42318", Severity.TROUBLE: "#b54708", Severity.TO_KNOW: "#475467"}
OVER = "#0f766e"
What = Event.What


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An alert as a mail tells it: the last of its events, and how it stands now."""

    alert: Alert
    what: str
    count: int
    since: str
    colour: str
    link: str

    @property
    def is_over(self) -> bool:
        return not self.alert.is_open


def letter(events: Sequence[Event], zone: ZoneInfo) -> Letter:
    """What is open comes first, the gravest first. Events of one alert are told as one."""
    told = [_told(each, zone) for each in _last_of_each(events)]
    told.sort(key=lambda each: (each.is_over, -each.alert.severity, -each.count))
    shown = {
        "told": told,
        "subject": subject(told),
        "list": link(reverse("admin:alerts_alert_changelist")),
        "rules": link(reverse("admin:alerts_alertrule_changelist")),
        "zone": zone.key,
    }
    return Letter(
        subject=subject(told),
        text=render_to_string("alerts/letter.txt", shown).strip() + "\n",
        html=render_to_string("alerts/letter.html", shown),
    )


def subject(told: Sequence[Told]) -> str:
    """What, how many and where of the gravest, and how many more there are."""
    first, more = told[0], len(told) - 1
    words = line(first.alert, first.count)
    over = "Over: " if first.is_over else ""
    rest = f", and {more} more" if more else ""
    return " ".join(f"{over}{words}{rest}".split())[:200]


def line(alert: Alert, count: int) -> str:
    """“Records failed (1,000): Thornfield Trading”: nothing of a customer is in it."""
    many = f" ({count:,})" if count > 1 else ""
    return f"{alert.get_kind_display()}{many}: {alert.where}"


def link(path: str) -> str:
    return settings.SITE_URL.rstrip("/") + path


def letter_lines(events: Sequence[Event]) -> list[tuple[str, str, str]]:
    """(what, line, address) of each alert, for where nothing of a customer may go."""
    return [
        (_what(each), line(each.alert, each.alert.count), link(each.alert.page))
        for each in _last_of_each(events)
    ]


def _last_of_each(events: Sequence[Event]) -> list[Event]:
    return list({each.alert_id: each for each in sorted(events, key=lambda e: e.number)}.values())


def _told(event: Event, zone: ZoneInfo) -> Told:
    alert = event.alert
    return Told(
        alert=alert,
        what=_what(event),
        count=alert.count,
        since=_moment(alert.opened_at, zone),
        colour=COLOURS[alert.severity] if alert.is_open else OVER,
        link=link(alert.page),
    )


def _what(event: Event) -> str:
    """“New”, “Grew”, “Still stands”, “Over”, by how it stands now."""
    if not event.alert.is_open:
        return str(What.CLOSED.label)
    return "New" if event.what == What.OPENED else event.get_what_display()


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%-d %B %Y, %H:%M}"
