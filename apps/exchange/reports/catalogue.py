"""Every report, in the order of the index page."""

from typing import Final

from apps.exchange.reports.receivables import AGED, ROLL_FORWARD, UNAPPLIED
from apps.exchange.reports.shape import Report

REPORTS: Final[dict[str, Report]] = {each.name: each for each in (AGED, ROLL_FORWARD, UNAPPLIED)}
