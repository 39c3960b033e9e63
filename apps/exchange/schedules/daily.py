"""The daily report: a mail that is read on a phone, the same as plain text, and every row as CSV."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final

from django.template.loader import render_to_string

from apps.core.money import figure
from apps.exchange.exports.cells import Money
from apps.exchange.exports.writing import Row
from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.exchange.schedules.daily_figures import (
    BY_AGE,
    OF_THE_DAY,
    Part,
    Report,
    Told,
    address,
    by_age,
    by_kind,
    report,
    totals,
)
from apps.exchange.schedules.exports import labels, write_table
from apps.exchange.schedules.makers import Letter, Made

SHOWN: Final = 8  # records of a part that the mail names; the file names all
HEADINGS: Final = labels(
    "Part", "Kind", "Record", "Customer", "Date", "Currency", "Amount", "Days", "Why", "Link",
)  # fmt: skip
# Parts with records of several kinds, so that each says its own.
MIXED: Final = frozenset(
    {Part.CREDIT_NOTES, Part.PAID_OUT, Part.TAKEN_BACK, Part.LATER, Part.FAILED, Part.UNAPPLIED}
)
SELDOM: Final = frozenset({Part.PAID_OUT, Part.AMENDED})
COLOURS: Final[Mapping[Part, str]] = {Part.FAILED: "#b42318", Part.OVERDUE: "#b54708"}


class DailyReport:
    """Of each accounting day once. After a day without a report the next tells both."""

    formats: Mapping[str, str] = {"csv": "CSV", "xlsx": "Excel"}
    tells_days = True

    def words(self, schedule: ScheduledExport) -> str:
        return "Daily report"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        return frozenset(
            {
                "billing.view_company",
                "billing.view_invoice",
                "billing.view_creditnote",
                "billing.view_customer",
                "billing.view_payment",
                "billing.view_refund",
                "billing.view_deposit",
                "sync.view_syncrecord",
                "sync.view_remoterecord",
            }
        )

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        first, last = run.first_day, run.last_day
        assert first is not None  # it tells days
        assert last is not None
        found = report(run.schedule.company, first, last)
        name = f"daily-report-{last}"
        made = write_table(run.schedule.format, name, "Daily report", HEADINGS, _rows(found), into)
        return Made(
            name=made.name,
            content_type=made.content_type,
            letter=letter(found, run.schedule),
            is_empty=found.is_empty,
        )


def letter(found: Report, schedule: ScheduledExport) -> Letter:
    shown = _shown(found)
    shown["settings"] = address("exchange", "scheduledexport", schedule.pk)
    return Letter(
        subject=" ".join(f"{found.company.legal_name}: {shown['days']}".split()),
        text=render_to_string("exchange/daily_report.txt", shown).strip() + "\n",
        html=render_to_string("exchange/daily_report.html", shown),
    )


def _rows(found: Report) -> Iterator[Row]:
    for part, rows in found.parts.items():
        for row in rows:
            amount = None if row.amount is None else Money(row.amount, row.currency)
            yield [
                str(part), row.kind, row.record, row.customer, row.dated, row.currency, amount,
                row.days, row.why, row.link,
            ]  # fmt: skip


# --- what the templates take ---------------------------------------------------------------------


def _shown(found: Report) -> dict[str, Any]:
    parts = [*(BY_AGE if found.is_empty else (*OF_THE_DAY, *BY_AGE))]
    # Of what few companies do, or on few days, it is not said that there is none.
    parts = [each for each in parts if found.parts[each] or each not in SELDOM]
    return {
        "company": found.company,
        "days": days_in_words(found.first, found.last),
        "is_empty": found.is_empty,
        "several": (found.last - found.first).days + 1 if found.last > found.first else 0,
        "parts": [_part(each, found.parts[each]) for each in parts],
    }


def _part(part: Part, rows: list[Told]) -> dict[str, Any]:
    ordered = sorted(rows, key=lambda each: -(each.days or 0)) if part in BY_AGE else rows
    return {
        "title": str(part),
        "count": len(rows),
        "colour": COLOURS.get(part, "#0f766e") if rows else "#667085",
        "totals": list(_totals(part, rows)),
        "ages": [
            {"currency": code, "ages": [(age, _amount(sum_, code)) for age, sum_ in ages.items()]}
            for code, ages in (by_age(rows).items() if part in BY_AGE else ())
        ],
        "rows": [_row(part, each) for each in ordered[:SHOWN]],
        "more": max(0, len(rows) - SHOWN),
    }


def _totals(part: Part, rows: list[Told]) -> Iterator[dict[str, str]]:
    """By currency; of a day's records each kind by itself, where there are several."""
    kinds = by_kind(rows) if part in OF_THE_DAY else {"": rows}
    for kind, own in kinds.items():
        for code, amount in totals(own).items():
            yield {"kind": kind if len(kinds) > 1 else "", "amount": _amount(amount, code)}


def _row(part: Part, row: Told) -> dict[str, Any]:
    is_mixed = part in MIXED and row.kind != row.record
    details = [row.kind if is_mixed else "", row.customer]
    if row.dated is not None and part not in (Part.INVOICES, Part.PAYMENTS, Part.CREDIT_NOTES):
        details.append(f"{row.dated:%-d\u00a0%b\u00a0%Y}")
    if row.days is not None:
        details.append(f"{row.days}\u00a0day{'' if row.days == 1 else 's'}")
    return {
        "record": row.record,
        "details": " · ".join(each for each in details if each),
        "amount": "" if row.amount is None else _amount(row.amount, row.currency),
        "why": row.why,
        "link": row.link,
    }


def _amount(amount: Decimal, currency: str) -> str:
    return f"{figure(amount, currency, grouped=True)} {currency}"


def days_in_words(first: date, last: date) -> str:
    """“Sunday 29 November 2026”, or the first and the last of several."""
    if first == last:
        return f"{last:%A %-d %B %Y}"
    return f"{first:%-d %B %Y} to {last:%-d %B %Y}"
