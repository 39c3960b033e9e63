"""The first page: what needs a person today, how the books are, what is owed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.alerts.models import Alert
from apps.backoffice.alerts.standing import open_alerts, severity_tag
from apps.backoffice.frame.days import overdue
from apps.backoffice.frame.permissions import SEE_ALERTS, may
from apps.backoffice.frame.sight import companies_for, in_sight, seen
from apps.backoffice.frame.systems import systems_on_offer
from apps.backoffice.ledgers.automation import AUTOMATION, list_of
from apps.backoffice.ledgers.firsts import asking
from apps.backoffice.ledgers.health import Health, health_of
from apps.backoffice.ledgers.mailbox import FILES, has_files
from apps.backoffice.ledgers.mailbox_times import to_look_at
from apps.backoffice.ledgers.mapping_work import Asked, mapping_work
from apps.backoffice.ledgers.steps import MATCH, page_of
from apps.backoffice.money.depositing import what_waits
from apps.backoffice.worklist.conflict_words import one_per_question
from apps.backoffice.worklist.next_steps import next_steps
from apps.billing.models import Approval, Company, Invoice, Payment
from apps.connections.automation import SENDING, Automation, off
from apps.connections.models import Connection, Grant
from apps.exchange.schedules.failures import needing_a_person
from apps.reconciliation.models import Difference, Question
from apps.reconciliation.review.acts import weeks_to_sign
from apps.staff.acts import ActName
from apps.sync.models import (
    Candidate,
    Conflict,
    CustomerMerge,
    Edit,
    On,
    Reason,
    RemoteRecord,
    Run,
    State,
    SyncRecord,
)
from apps.sync.trial.first_proposed import KindStands
from apps.sync.want.by_hand import kept_back
from apps.sync.wording import listed

ALERTS_SHOWN = 6
DECIDED_ELSEWHERE = (
    Reason.CHANGED_ON_BOTH_SIDES,
    Reason.MAYBE_THE_SAME,
    Reason.MERGED,
    Reason.DOUBLE,
    Reason.FIRST_OF_ITS_KIND,
)


@dataclass(frozen=True, kw_only=True)
class Work:
    """One line of the work list: how many, of what, and where to go."""

    count: int
    what: str
    more: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Open money of one currency. Currencies are never added up."""

    currency: str
    outstanding: Decimal
    overdue: Decimal
    overdue_count: int
    count: int
    on_account: Decimal


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
    more_alerts: int = 0
    sees_money: bool = False
    sees_books: bool = False
    systems: str = ""  # that can be connected


def first_page(request: HttpRequest) -> FirstPage:
    """Only what this person may see."""
    page = FirstPage(
        sees_money=may(request, "billing.view_invoice"),
        sees_books=may(request, "connections.view_connection"),
        systems=systems_on_offer(),
    )
    page.work = work_list(request)
    page.start = next_steps(request)
    if may(request, SEE_ALERTS):
        found = in_sight(request.user, open_alerts())
        page.alerts = [
            OpenAlert(alert=each, severity=severity_tag(each)) for each in found[:ALERTS_SHOWN]
        ]
        if len(page.alerts) == ALERTS_SHOWN:
            page.more_alerts = found.count() - ALERTS_SHOWN
    if page.sees_money:
        page.owed = money_owed(request)
    if page.sees_books:
        page.health = [health_of(each) for each in _connections(request)]
    if may(request, "sync.view_run"):
        page.runs = list(_telling_runs(request)[:6])
    return page


def _connections(request: HttpRequest) -> list[Connection]:
    rows = seen(request, Connection).select_related("company", "grant")
    return list(rows.exclude(stage=Connection.Stage.DISCONNECTED))


def _telling_runs(request: HttpRequest) -> QuerySet[Run]:
    """Runs that did something or were stopped: most of them find that nothing has changed."""
    moved = Q(pushed__gt=0) | Q(pulled__gt=0) | Q(refused__gt=0)
    return (
        seen(request, Run)
        .select_related("connection")
        .filter(moved | Q(outcome=Run.Outcome.STOPPED))
    )


def work_list(request: HttpRequest) -> list[Work]:
    """What waits for a person, most pressing first; lines of nothing are left out."""
    lines: list[Work] = []
    if may(request, "connections.view_connection"):
        lines += _books_that_need_a_person(request)
    if may(request, "sync.view_syncrecord"):
        lines += _records_that_need_a_person(request)
    if may(request, ActName.APPROVE):
        lines.append(_requests_of_others(request))
    if may(request, "billing.view_invoice"):
        lines += _invoices_that_need_a_person(request)
        lines += _money_that_needs_a_person(request)
    if may(request, ActName.SCHEDULE):
        lines.append(_exports_that_need_a_person(request))
    if may(request, ActName.SIGN_WEEK):
        lines += [_weeks_of(each) for each in companies_for(request).order_by("pk")]
    return [line for line in lines if line.count]


def _weeks_of(company: Company) -> Work:
    weeks = weeks_to_sign(company)
    return Work(
        count=len(weeks),
        what=f"Unsigned weeks of {company}",
        more="Each week of the review is signed by somebody once it is over.",
        url=reverse("admin:billing_company_sign-week", args=[company.pk]) if weeks else "",
    )


def _books_that_need_a_person(request: HttpRequest) -> list[Work]:
    lines = []
    for connection in _connections(request):
        page = page_of(connection, "change")
        grant = connection.grant
        if grant is None or grant.status != Grant.Status.ACTIVE:
            lines.append(
                Work(
                    count=1,
                    what=f"Connection to {connection} is lost",
                    more="Nothing goes out or comes in until somebody connects it again.",
                    url=page,
                )
            )
        elif connection.stage == Connection.Stage.PAUSED:
            more = connection.stage_reason or "Nothing goes out or comes in."
            lines.append(Work(count=1, what=f"{connection} is paused", more=more, url=page))
        elif connection.stage == Connection.Stage.SETUP:
            more = "Finish its set-up: map, send a test invoice, go live."
            lines.append(Work(count=1, what=f"{connection} is not live yet", more=more, url=page))
        held = SyncRecord.objects.filter(
            On.MATCH.rows, connection=connection, state=State.NEEDS_PERSON
        )
        lines.append(
            Work(
                count=held.count(),
                what=f"May be in {connection} already",
                more="Customers and items that wait until you say whether they are the same.",
                url=page_of(connection, MATCH),
            )
        )
        if by_hand := off(connection, SENDING):
            lines.append(_sent_by_hand(request, connection, by_hand))
        if has_files(connection):
            lines.append(_of_files(connection))
        lines += [_of_firsts(connection, each, url) for each, url in asking(request, connection)]
        if may(request, ActName.CHANGE_MAPPINGS):
            lines += [_of_mapping(each) for each in mapping_work(connection)]
    return lines


def _of_files(connection: Connection) -> Work:
    return Work(
        count=to_look_at(connection),
        what=f"Came back from {connection} and is not taken",
        more="Rows that ask you, rows that are not taken, and files that could not be read.",
        url=page_of(connection, FILES),
    )


def _sent_by_hand(
    request: HttpRequest, connection: Connection, by_hand: Collection[Automation]
) -> Work:
    sends = may(request, ActName.PAUSE) and may(request, ActName.RETRY)
    why = listed([each.gerund for each in SENDING if each in by_hand])
    return Work(
        count=kept_back(connection, *by_hand).count(),
        what=f"Wait to be sent to {connection}",
        more=f"Until a person sends them: {why} is switched off.",
        url=page_of(connection, AUTOMATION) if sends else list_of(connection),
    )


def _of_firsts(connection: Connection, stands: KindStands, url: str) -> Work:
    """One line for a kind, however many wait."""
    more = "Send one of them, alone: it is compared, and then the others follow by themselves."
    if stands.tried is not None:
        more = "One was sent and has not matched: see what differs, then send it again."
    return Work(
        count=max(stands.waiting, 1),
        what=f"{stands.words} wait for their first in {connection}",
        more=more,
        url=url,
    )


def _of_mapping(asked: Asked) -> Work:
    return Work(count=asked.count, what=asked.what, more=asked.more, url=asked.url)


def _records_that_need_a_person(request: HttpRequest) -> list[Work]:
    stuck = seen(request, SyncRecord).filter(state=State.NEEDS_PERSON)
    log = reverse("admin:sync_syncrecord_changelist")
    return [
        Work(
            count=stuck.exclude(reason__in=DECIDED_ELSEWHERE).count(),
            what="Records that failed",
            more="Rejected over there, or held here until something is put right.",
            url=f"{log}?state__exact={State.NEEDS_PERSON}",
        ),
        Work(
            count=one_per_question(seen(request, Conflict).filter(decision="")).count(),
            what="Changed on both sides",
            more="Decide whose change stands.",
            url=reverse("admin:sync_conflict_changelist") + "?decided=no",
        ),
        Work(
            count=seen(request, Candidate).filter(decision="").count(),
            what="Maybe the same",
            more="Link them, or keep both: until then neither is created.",
            url=reverse("admin:sync_candidate_changelist") + "?decided=no",
        ),
        Work(
            count=seen(request, CustomerMerge).filter(decision="").count(),
            what="Merged customers",
            more="Decide whether both are one here too: what waits of the one is named.",
            url=reverse("admin:sync_customermerge_changelist") + "?decided=no",
        ),
        Work(
            count=seen(request, Edit)
            .filter(state__in=[Edit.State.ASKS, Edit.State.REFUSED])
            .count(),
            what="Changed by hand without a note",
            more="Something that stands in the books: say why, and it is read on both sides.",
            url=reverse("admin:sync_edit_changelist") + "?note=no",
        ),
        Work(
            count=seen(request, Difference).filter(ended_at=None).count(),
            what="Differ between both sides",
            more="By the last comparison: each with both figures, and what to do.",
            url=reverse("admin:reconciliation_difference_changelist") + "?standing=yes",
        ),
        Work(
            count=seen(request, Question).filter(answer="", standing=True).count(),
            what="Questions of a comparison",
            more="Both sides cannot be said to agree until they are answered.",
            url=reverse("admin:reconciliation_question_changelist") + "?answered=no",
        ),
        Work(
            count=seen(request, RemoteRecord)
            .filter(arrival=RemoteRecord.Arrival.NEEDS_PERSON)
            .count(),
            what="Arrived, and could not be applied",
            more="Changes over there that Tieout does not take over by itself.",
            url=reverse("admin:sync_remoterecord_changelist")
            + f"?arrival__exact={RemoteRecord.Arrival.NEEDS_PERSON}",
        ),
    ]


def _requests_of_others(request: HttpRequest) -> Work:
    waiting = seen(request, Approval).filter(state=Approval.State.WAITING)
    return Work(
        count=waiting.exclude(requested_by=request.user.pk).count(),
        what="To approve",
        more="Above the limit of whoever asked; nothing is posted until you decide.",
        url=reverse("admin:billing_approval_changelist") + "?state__exact=waiting",
    )


def _exports_that_need_a_person(request: HttpRequest) -> Work:
    return Work(
        count=in_sight(request.user, needing_a_person()).count(),
        what="Scheduled exports that failed",
        more="Stopped, not made, or not delivered to everybody: each says why, and what to do.",
        url=reverse("admin:exchange_scheduledexport_changelist") + "?needs=person",
    )


def _invoices_that_need_a_person(request: HttpRequest) -> list[Work]:
    invoices = reverse("admin:billing_invoice_changelist")
    return [
        Work(
            count=seen(request, Invoice).filter(status="draft").count(),
            what="Draft invoices",
            more="They are sent when they are issued.",
            url=f"{invoices}?stands=draft",
        ),
        Work(
            count=seen(request, Invoice).filter(overdue()).count(),
            what="Overdue invoices",
            more="Money that should have arrived by now.",
            url=f"{invoices}?stands=overdue",
        ),
    ]


def _money_that_needs_a_person(request: HttpRequest) -> list[Work]:
    lines = []
    if may(request, ActName.MAKE_DEPOSIT):
        lines.append(
            Work(
                count=len(what_waits(request).proposed.groups),
                what="Bank deposits proposed",
                more="Money that lies in clearing: compare each with the bank statement.",
                url=reverse("admin:billing_deposit_make"),
            )
        )
    lines.append(
        Work(
            count=seen(request, Payment).filter(status="received", on_account__gt=0).count(),
            what="Payments with money on account",
            more="Apply it to invoices, refund it, or hold it as a retainer.",
            url=reverse("admin:billing_payment_changelist") + "?rest=some",
        )
    )
    return lines


def money_owed(request: HttpRequest) -> list[Owed]:
    """Per currency: outstanding, overdue, and money that lies on account."""
    nothing = Decimal(0)
    open_invoices: Any = (
        seen(request, Invoice)
        .filter(status="issued", balance_due__gt=0)
        .order_by()
        .values("currency")
        .annotate(count=Count("pk"), outstanding=Sum("balance_due"))
    )
    late: dict[str, Any] = {
        row["currency"]: row
        for row in seen(request, Invoice)
        .filter(overdue())
        .order_by()
        .values("currency")
        .annotate(count=Count("pk"), sum=Sum("balance_due"))
    }
    rest: dict[str, Any] = {
        row["currency"]: row["sum"]
        for row in seen(request, Payment)
        .filter(Q(status="received"), on_account__gt=0)
        .order_by()
        .values("currency")
        .annotate(sum=Sum("on_account"))
    }
    by_currency: dict[str, Any] = {row["currency"]: row for row in open_invoices}
    none: dict[str, Any] = {}
    return [
        Owed(
            currency=currency,
            outstanding=by_currency.get(currency, none).get("outstanding", nothing),
            count=by_currency.get(currency, none).get("count", 0),
            overdue=late.get(currency, none).get("sum", nothing),
            overdue_count=late.get(currency, none).get("count", 0),
            on_account=rest.get(currency, nothing),
        )
        for currency in sorted({*by_currency, *rest})
    ]
