"""The daily report: a mail that is read on a phone, the same as plain text, and every row as CSV."""

from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

from django.template.loader import render_to_string

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
from apps.exchange.schedules.report_words import ReportWords

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
        company = run.schedule.company
        found, words = report(company, first, last), ReportWords.of(company, run.schedule.language)
        made = write_table(
            run.schedule.format,
            f"daily-report-{last}",
            words.sentence("report"),
            tuple(map(words.term, HEADINGS)),
            _rows(found, words),
            into,
        )
        return Made(
            name=made.name,
            content_type=made.content_type,
            letter=letter(found, run.schedule),
            is_empty=found.is_empty,
        )


def letter(found: Report, schedule: ScheduledExport) -> Letter:
    words = ReportWords.of(found.company, schedule.language)
    shown = _shown(found, words)
    shown["settings"] = address("exchange", "scheduledexport", schedule.pk)
    return Letter(
        subject=" ".join(f"{found.company.legal_name}: {shown['days']}".split()),
        text=render_to_string("exchange/daily_report.txt", shown).strip() + "\n",
        html=render_to_string("exchange/daily_report.html", shown),
    )


def _rows(found: Report, words: ReportWords) -> Iterator[Row]:
    for part, rows in found.parts.items():
        for row in rows:
            amount = None if row.amount is None else Money(row.amount, row.currency)
            yield [
                words.term(part), words.term(row.kind), _record(row, words), row.customer, row.dated,
                row.currency, amount, row.days, why(row, words), row.link,
            ]  # fmt: skip


def why(row: Told, words: ReportWords) -> str:
    """What happened, and what was written of it by others as it stands."""
    return " ".join([*map(words.phrase, row.phrases), *filter(None, [row.why])])


def _record(row: Told, words: ReportWords) -> str:
    """What has no name of its own is called what it is."""
    return words.term(row.kind) if row.record == row.kind else row.record


# --- what the templates take ---------------------------------------------------------------------


def _shown(found: Report, words: ReportWords) -> dict[str, Any]:
    parts = [*(BY_AGE if found.is_empty else (*OF_THE_DAY, *BY_AGE))]
    # Of what few companies do, or on few days, it is not said that there is none.
    parts = [each for each in parts if found.parts[each] or each not in SELDOM]
    several = (found.last - found.first).days + 1 if found.last > found.first else 0
    return {
        "language": words.language,
        "company": found.company,
        "days": words.days(found.first, found.last),
        "nothing": words.sentence("nothing_on_these" if several else "nothing")
        if found.is_empty
        else "",
        "several": words.sentence("several", count=several) if several else "",
        "none": words.sentence("none"),
        "foot": words.sentence("foot", zone=found.company.time_zone),
        "settings_words": words.sentence("settings"),
        "parts": [_part(each, found.parts[each], words) for each in parts],
    }


def _part(part: Part, rows: list[Told], words: ReportWords) -> dict[str, Any]:
    ordered = sorted(rows, key=lambda each: -(each.days or 0)) if part in BY_AGE else rows
    return {
        "title": words.term(part),
        "count": len(rows),
        "colour": COLOURS.get(part, "#0f766e") if rows else "#667085",
        "totals": list(_totals(part, rows, words)),
        "ages": [
            [(words.term(age), words.amount(sum_, code)) for age, sum_ in ages.items()]
            for code, ages in (by_age(rows).items() if part in BY_AGE else ())
        ],
        "rows": [_row(part, each, words) for each in ordered[:SHOWN]],
        "more": words.sentence("more", count=len(rows) - SHOWN) if len(rows) > SHOWN else "",
    }


def _totals(part: Part, rows: list[Told], words: ReportWords) -> Iterator[dict[str, str]]:
    """By currency; of a day's records each kind by itself, where there are several."""
    kinds = by_kind(rows) if part in OF_THE_DAY else {"": rows}
    for kind, own in kinds.items():
        for code, amount in totals(own).items():
            yield {
                "kind": words.term(kind) if len(kinds) > 1 else "",
                "amount": words.amount(amount, code),
            }


def _row(part: Part, row: Told, words: ReportWords) -> dict[str, Any]:
    is_mixed = part in MIXED and row.kind != row.record
    details = [words.term(row.kind) if is_mixed else "", row.customer]
    if row.dated is not None and part not in (Part.INVOICES, Part.PAYMENTS, Part.CREDIT_NOTES):
        details.append(words.short_day(row.dated).replace(" ", "\u00a0"))
    if row.days is not None:
        details.append(words.age(row.days).replace(" ", "\u00a0"))
    return {
        "record": _record(row, words),
        "details": " · ".join(each for each in details if each),
        "amount": "" if row.amount is None else words.amount(row.amount, row.currency),
        "why": why(row, words),
        "link": row.link,
    }
