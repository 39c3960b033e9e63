"""The first page: what needs a person today, how the books are, what is owed."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.alerts.models import Alert
from apps.backoffice.alerts.standing import open_alerts, severity_tag
from apps.backoffice.control.waiting import ask_people, people_today
from apps.backoffice.frame.permissions import SEE_ALERTS, may
from apps.backoffice.frame.sight import in_sight, seen
from apps.backoffice.frame.systems import systems_on_offer
from apps.backoffice.ledgers.health import Health, ask_health, health_from
from apps.backoffice.worklist.lines import MOST, Then, Work
from apps.backoffice.worklist.next_steps import ask_next_steps, next_steps
from apps.backoffice.worklist.of_books import of_books
from apps.backoffice.worklist.of_records import of_records
from apps.backoffice.worklist.others import exports_that_failed, money, requests, weeks
from apps.backoffice.worklist.owed import Owed, ask_owed, owed
from apps.backoffice.worklist.reading import Reading
from apps.staff.acts import ActName
from apps.sync.models import Run
from apps.sync.models.traffic import MOVED

ALERTS_SHOWN = 6
RUNS_SHOWN = 6
OPEN_ALERTS = "open alerts"


@dataclass(frozen=True, kw_only=True)
class OpenAlert:
    """An alert and its severity, drawn."""

    alert: Alert
    severity: SafeString


@dataclass(kw_only=True)
class FirstPage:
    work: list[Work] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    start: list[tuple[str, str, str]] = field(default_factory=list)  # (what, why, address)
    alerts: list[OpenAlert] = field(default_factory=list)
    people: dict[str, Any] = field(default_factory=dict)  # who is alone, what of rights waits
    more_alerts: int = 0
    sees_money: bool = False
    sees_books: bool = False
    systems: str = ""  # that can be connected


def first_page(request: HttpRequest) -> FirstPage:
    """Only what this person may see, in a number of queries that grows with nothing."""
    reading = Reading.of(request)
    page = FirstPage(
        sees_money=may(request, "billing.view_invoice"),
        sees_books=may(request, "connections.view_connection"),
        systems=systems_on_offer(),
    )
    alerts = in_sight(request.user, open_alerts()) if may(request, SEE_ALERTS) else None
    ask_people(request, reading.asked)
    ask_next_steps(reading)
    if page.sees_money:
        ask_owed(reading)
    if page.sees_books:
        for each in reading.books:
            ask_health(reading.asked, each, MOST)
    if alerts is not None:
        reading.asked.count(OPEN_ALERTS, alerts)
    lines = _sections(reading)
    reading.asked.ask()
    later = [line for section in lines for line in section()]
    reading.then.ask()
    page.work = [work for line in later for work in line() if work.count]
    page.people = people_today(request, reading.asked)
    page.start = next_steps(reading)
    if page.sees_money:
        page.owed = owed(reading)
    if page.sees_books:
        page.health = [health_from(reading.asked, each) for each in reading.books]
    if alerts is not None and reading.asked.count_of(OPEN_ALERTS):
        page.alerts = [
            OpenAlert(alert=each, severity=severity_tag(each)) for each in alerts[:ALERTS_SHOWN]
        ]
        page.more_alerts = reading.asked.count_of(OPEN_ALERTS) - len(page.alerts)
    if may(request, "sync.view_run"):
        page.runs = list(telling_runs(request)[:RUNS_SHOWN])
    return page


def telling_runs(request: HttpRequest) -> Any:
    """Runs that did something or were stopped: most of them find that nothing has changed."""
    return seen(request, Run).select_related("connection").filter(MOVED)


def _sections(reading: Reading) -> list[Then]:
    """What waits for a person, most pressing first. Each has put its questions, and once they are
    answered puts those that follow."""
    request, found = reading.request, []
    if may(request, "connections.view_connection"):
        found.append(of_books(reading))
    if may(request, "sync.view_syncrecord"):
        found.append(of_records(reading))
    if may(request, ActName.APPROVE):
        found.append(requests(reading))
    if may(request, "billing.view_invoice"):
        found.append(money(reading))
    if may(request, ActName.SCHEDULE):
        found.append(exports_that_failed(reading))
    if may(request, ActName.SIGN_WEEK):
        found.append(weeks(reading))
    return found
