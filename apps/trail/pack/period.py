"""Of what a pack is: a company, and days as its own calendar counts them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from apps.billing.models import Company


@dataclass(frozen=True, kw_only=True)
class Period:
    """Both days included. `begin` and `end` are moments; `end` is the first one after it."""

    company: Company
    first_day: date
    last_day: date

    @cached_property
    def begin(self) -> datetime:
        return datetime.combine(self.first_day, time(), ZoneInfo(self.company.time_zone))

    @cached_property
    def end(self) -> datetime:
        after = self.last_day + timedelta(days=1)
        return datetime.combine(after, time(), ZoneInfo(self.company.time_zone))

    def holds(self, moment: datetime) -> bool:
        return self.begin <= moment < self.end

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"
