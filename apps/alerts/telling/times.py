"""When a recipient gets to know: at once, by the next digest, or at the end of the quiet hours."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from apps.alerts.models import AlertRule, Severity
from apps.connections.timetable import next_at


def due(rule: AlertRule, severity: Severity, now: datetime) -> datetime:
    """A digest has its own time, and may be put off by quiet hours like everything else."""
    moment = _next_digest(rule, now)
    if rule.breaks_through is not None and severity >= rule.breaks_through:
        return moment
    return after_quiet(moment, rule.quiet_from, rule.quiet_until, rule.zone)


def after_quiet(
    moment: datetime, begins: time | None, ends: time | None, zone: ZoneInfo
) -> datetime:
    """The moment itself, or the end of the quiet hours that it lies in. Hours that end before they
    begin go over midnight; where both are the same there are none."""
    if begins is None or ends is None or begins == ends:
        return moment
    here = moment.astimezone(zone).time()
    over_midnight = begins > ends
    is_quiet = (here >= begins or here < ends) if over_midnight else begins <= here < ends
    return next_at(ends, zone, moment) if is_quiet else moment


def _next_digest(rule: AlertRule, now: datetime) -> datetime:
    if rule.how not in (AlertRule.How.DAILY, AlertRule.How.WEEKLY):
        return now
    found = next_at(rule.digest_at, rule.zone, now)
    if rule.how == AlertRule.How.WEEKLY:
        while found.astimezone(rule.zone).isoweekday() != rule.weekday:
            found = next_at(rule.digest_at, rule.zone, found)
    return found
