"""Lines of the work list beside those of the engine: approvals, invoices, money, exports, weeks."""

from datetime import date
from typing import Any

from django.urls import reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.sight import in_sight
from apps.backoffice.money.depositing import ask_methods, ask_proposed
from apps.backoffice.worklist.lines import Line, Then, Work, counted, just
from apps.backoffice.worklist.owed import owed
from apps.backoffice.worklist.reading import Reading
from apps.billing.acts import to_bank
from apps.billing.acts.approving import to_decide
from apps.billing.models import Approval, Invoice
from apps.exchange.schedules.failures import needing_a_person
from apps.reconciliation.review.acts import weeks_signed, weeks_unsigned
from apps.staff.acts import ActName

SIGNED = "signed weeks"


def requests(reading: Reading) -> Then:
    return just(
        counted(
            reading.asked,
            to_decide(reading.of_companies(Approval), reading.request.user),
            what="To approve",
            more="Above the limit of whoever asked; nothing is posted until you decide.",
            url=reverse("admin:billing_approval_changelist") + "?for=me",
        )
    )


def exports_that_failed(reading: Reading) -> Then:
    return just(
        counted(
            reading.asked,
            in_sight(reading.request.user, needing_a_person()),
            what="Scheduled exports that failed",
            more="Stopped, not made, or not delivered to everybody: each says why, and what to do.",
            url=reverse("admin:exchange_scheduledexport_changelist") + "?needs=person",
        )
    )


# --- Invoices and money ---------------------------------------------------------------------------


def money(reading: Reading) -> Then:
    """What is owed is put by `owed.ask_owed`: these lines read its counts."""
    invoices = reverse("admin:billing_invoice_changelist")
    drafts = counted(
        reading.asked,
        reading.of_companies(Invoice).filter(status="draft"),
        what="Draft invoices",
        more="They are sent when they are issued.",
        url=f"{invoices}?stands=draft",
    )

    def overdue() -> list[Work]:
        return [
            Work(
                count=sum(each.overdue_count for each in owed(reading)),
                what="Overdue invoices",
                more="Money that should have arrived by now.",
                url=f"{invoices}?stands=overdue",
            )
        ]

    def on_account() -> list[Work]:
        return [
            Work(
                count=sum(each.on_account_count for each in owed(reading)),
                what="Payments with money on account",
                more="Apply it to invoices, refund it, or hold it as a retainer.",
                url=reverse("admin:billing_payment_changelist") + "?rest=some",
            )
        ]

    if not may(reading.request, ActName.MAKE_DEPOSIT):
        return just(drafts, overdue, on_account)
    ask_methods(reading.request, reading.asked)
    return lambda: [drafts, overdue, _deposits(reading), on_account]


def _deposits(reading: Reading) -> Line:
    methods = ask_proposed(reading.then, reading.asked, reading.companies)

    def line() -> list[Work]:
        found = to_bank.proposed(reading.then, methods)
        return [
            Work(
                count=len(found.groups),
                beyond=found.more,
                what="Bank deposits proposed",
                more="Money that lies in clearing: compare each with the bank statement.",
                url=reverse("admin:billing_deposit_make"),
            )
        ]

    return line


# --- Weeks ----------------------------------------------------------------------------------------


def weeks(reading: Reading) -> Then:
    reading.asked.rows(SIGNED, weeks_signed(reading.companies), "company", "monday")

    def line() -> list[Work]:
        signed = reading.asked.rows_of(SIGNED)
        return [_weeks_of(reading, company, signed) for company in reading.companies]

    return just(line)


def _weeks_of(reading: Reading, company: Any, signed: list[tuple[str, ...]]) -> Work:
    begun = [each.created_at for each in reading.every_book if each.company_id == company.pk]
    mondays = {date.fromisoformat(day) for key, day in signed if int(key) == company.pk}
    found = weeks_unsigned(company, min(begun, default=None), mondays)
    return Work(
        count=len(found),
        what=f"Unsigned weeks of {company}",
        more="Each week of the review is signed by somebody once it is over.",
        url=reverse("admin:billing_company_sign-week", args=[company.pk]),
    )
