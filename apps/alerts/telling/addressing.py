"""A row for each event and each recipient, by the rules."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.alerts.models import SILENCES, Alert, AlertRule, Delivery, Event
from apps.alerts.telling.times import due
from apps.staff.models import User

CHAT = "chat:"
People = Mapping[str, list[User]]  # by role


def address(now: datetime) -> int:
    """Work out whom to tell of the events of which nobody did; the number of rows. A fixed number of
    statements."""
    with transaction.atomic():
        events = list(
            Event.objects.filter(addressed=False)
            .select_related("alert")
            .select_for_update(of=("self",))
        )
        if not events:
            return 0
        rules = list(AlertRule.objects.filter(active=True).select_related("company"))
        people = _people({each.role for each in rules if each.role})
        rows = [row for event in events for row in _rows(event, rules, people, now)]
        # An event and an address that are there already were told, or wait.
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        Event.objects.filter(pk__in=[each.pk for each in events]).update(addressed=True)
    return len(rows)


def concerns(rule: AlertRule, alert: Alert) -> bool:
    if alert.company_id is not None and alert.company_id != rule.company_id:
        return False
    if rule.connection_id is not None and alert.connection_id not in (None, rule.connection_id):
        return False
    if rule.kinds and alert.kind not in rule.kinds:
        return False
    return alert.severity >= rule.at_least


def _people(roles: Iterable[str]) -> People:
    found: defaultdict[str, list[User]] = defaultdict(list)
    # Not services, which have a role and read no mail.
    signs_in = User.objects.filter(is_active=True, is_staff=True)
    members = signs_in.filter(groups__name__in=roles).order_by("pk")
    for user in members.prefetch_related("groups", "memberships").distinct():
        for group in user.groups.all():
            found[group.name].append(user)
    return found


def _rows(
    event: Event, rules: Iterable[AlertRule], people: People, now: datetime
) -> Iterator[Delivery]:
    """One for each recipient: where several rules name the same, the one that is due first."""
    earliest: dict[str, Delivery] = {}
    if event.alert.kind in SILENCES:
        for to in map(str.lower, settings.ALERT_OPERATORS):
            earliest[to] = Delivery(event=event, to=to, due_at=now)
    for rule in rules:
        if not concerns(rule, event.alert):
            continue
        moment = due(rule, event.alert.severity, now)
        for to, user in _recipients(rule, people):
            if to not in earliest or moment < earliest[to].due_at:
                earliest[to] = Delivery(event=event, rule=rule, to=to, user=user, due_at=moment)
    yield from earliest.values()


def _recipients(rule: AlertRule, people: People) -> Iterator[tuple[str, User | None]]:
    if rule.is_chat:
        yield f"{CHAT}{rule.pk}", None
    for user in people.get(rule.role, ()):
        if _sees(user, rule):
            yield user.email.lower(), user


def _sees(user: User, rule: AlertRule) -> bool:
    """As `billing.sight`, of what was loaded with all of them."""
    if user.every_company:
        return True
    return rule.company_id in {each.company_id for each in user.memberships.all()}
