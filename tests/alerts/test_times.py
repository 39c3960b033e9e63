"""Quiet hours and digests by the company's clock."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from apps.alerts.models import AlertRule, Severity
from apps.alerts.telling.times import after_quiet, due
from apps.billing.models import Company

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "begins", "ends", "told"),
    [
        # In November Berlin is one hour ahead.
        ("2026-11-10 20:59", time(22), time(7), "2026-11-10 20:59"),  # 21:59 there
        ("2026-11-10 21:00", time(22), time(7), "2026-11-11 06:00"),
        ("2026-11-11 05:59", time(22), time(7), "2026-11-11 06:00"),
        ("2026-11-11 06:00", time(22), time(7), "2026-11-11 06:00"),
        ("2026-11-10 11:30", time(12), time(13), "2026-11-10 12:00"),  # within one day
        ("2026-11-10 12:00", time(12), time(13), "2026-11-10 12:00"),
        ("2026-11-10 23:00", time(7), time(7), "2026-11-10 23:00"),  # none
        # The clock is put back in this night: 07:00 comes an hour later.
        ("2026-10-24 21:00", time(22), time(7), "2026-10-25 06:00"),
        # And forward: 02:30 does not exist, and comes an hour later.
        ("2026-03-28 23:00", time(22), time(2, 30), "2026-03-29 01:30"),
    ],
)
def test_what_comes_in_quiet_hours_waits_for_their_end(
    moment: str, begins: time, ends: time, told: str
) -> None:
    assert after_quiet(at(moment), begins, ends, BERLIN) == at(told)


def test_without_quiet_hours_nothing_waits() -> None:
    moment = at("2026-11-10 02:00")
    assert after_quiet(moment, None, None, BERLIN) == moment


def _rule(**fields: object) -> AlertRule:
    company = Company(legal_name="Thornfield", home_currency="EUR", time_zone="Europe/Berlin")
    night = {"quiet_from": time(22), "quiet_until": time(7), "digest_at": time(8)}
    return AlertRule(company=company, role="Accountant", **{**night, **fields})


@pytest.mark.parametrize(
    ("fields", "severity", "told"),
    [
        ({}, Severity.URGENT, "2026-11-11 06:00"),
        ({"breaks_through": Severity.URGENT}, Severity.URGENT, "2026-11-10 22:00"),
        ({"breaks_through": Severity.URGENT}, Severity.TROUBLE, "2026-11-11 06:00"),
        ({"how": "chat"}, Severity.TROUBLE, "2026-11-11 06:00"),
        ({"how": "daily"}, Severity.TROUBLE, "2026-11-11 07:00"),
        ({"how": "daily", "digest_at": time(6)}, Severity.TROUBLE, "2026-11-11 06:00"),
        ({"how": "weekly", "weekday": 1}, Severity.TROUBLE, "2026-11-16 07:00"),  # a Monday
        ({"how": "weekly", "weekday": 3}, Severity.TROUBLE, "2026-11-11 07:00"),
    ],
)
def test_when_a_recipient_gets_to_know(
    fields: dict[str, object], severity: Severity, told: str
) -> None:
    assert due(_rule(**fields), severity, at("2026-11-10 22:00")) == at(told)
