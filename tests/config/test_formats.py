"""A time is written in one way on every page, with the zone that it is told in."""

from datetime import UTC, date, datetime

from django.template import Context, Template
from django.utils.formats import date_format

from apps.sync.models import Run

MOMENT = datetime(2026, 12, 1, 13, 34, tzinfo=UTC)


def test_a_time_has_24_hours_and_its_zone_and_a_day_has_neither() -> None:
    shown = Template("{{ moment }}, {{ day }}").render(
        Context({"moment": MOMENT, "day": date(2026, 12, 1)})
    )
    assert shown == "1 Dec 2026 13:34 UTC, 1 Dec 2026"
    assert date_format(MOMENT.time(), "TIME_FORMAT") == "13:34"


def test_a_run_is_called_by_what_it_did_and_when() -> None:
    assert str(Run(duty="sync", started_at=MOMENT)) == "Send and get of 1 Dec 2026 13:34 UTC"
