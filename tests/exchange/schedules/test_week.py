"""A week of two companies in two zones, with both changes of the clock and a day and a half of downtime."""

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from apps.billing.models import Company, Invoice
from apps.exchange.models import PrivateFile, RunMail, ScheduledExport, ScheduleRun
from apps.exchange.schedules import tasks
from apps.exchange.schedules.running import set_next
from apps.exchange.storage.keeping import contents
from apps.staff.models import User
from tests.exchange.schedules.week import Inbox, Queue, attached, live
from tests.factories import make_company, make_customer, make_invoice, make_payment

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# London puts its clocks back on 25 October, New York on 1 November.
START, END = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
DOWN, UP = datetime(2026, 10, 27, 5, tzinfo=UTC), datetime(2026, 10, 28, 18, tzinfo=UTC)
CUSTOMER = "Bell & Daughters of the Marsh"


def scheduled(company: Company, owner: User, people: list[User], **fields: Any) -> ScheduledExport:
    defaults: dict[str, Any] = {"name": fields["what"], "at": time(7), "format": "csv"}
    schedule = ScheduledExport(company=company, owner=owner, **{**defaults, **fields})
    set_next(schedule)
    schedule.save()
    schedule.people.set(people)
    return schedule


def test_each_is_made_once_kept_sealed_mailed_and_logged(
    people: dict[str, User], queue: Queue, inbox: Inbox, folder: Path
) -> None:
    fay, vera, otto = people["Fay"], people["Vera"], people["Otto"]
    london = make_company(legal_name="Thornfield Ltd", time_zone="Europe/London")
    york = make_company(
        legal_name="Hudson Inc", time_zone="America/New_York", home_currency="USD", country="US"
    )
    customers = {each: make_customer(each, name=CUSTOMER) for each in (london, york)}
    with time_machine.travel(START, tick=False):
        plans = [
            scheduled(london, fay, [vera, otto], what="daily"),
            scheduled(york, fay, [fay], what="daily", at=time(6, 30), format="xlsx"),
            # 01:30 comes twice on the day on which the clock is put back.
            scheduled(london, fay, [fay], what="aged", at=time(1, 30)),
            scheduled(york, fay, [], what="aged", every="cron", cron="30 1 * * *", format="pdf",
                      addresses=["out@bank.example", "otto@example.com"]),
            scheduled(london, fay, [fay], what="layout", every="week", weekday=1,
                      choice={"layout": "native-documents", "period": "week"}),
            scheduled(york, fay, [fay], what="plain-text", every="month", month_day=31,
                      format="journal"),
        ]  # fmt: skip

    def happens(now: datetime) -> None:
        """An invoice at noon of each day and company; on Friday one of the Monday before, too."""
        for company, customer in customers.items():
            here = now.astimezone(ZoneInfo(company.time_zone))
            if (here.hour, here.minute) != (12, 0):
                continue
            invoice = make_invoice(customer=customer, issue_date=here.date())
            if here.day % 2:
                make_payment(invoice=invoice, amount="40.00", date=here.date())
            if here.date() == date(2026, 10, 30):
                make_invoice(customer=customer, issue_date=date(2026, 10, 26))

    def tick() -> None:
        tasks.tick()
        queue.work_off()

    live(START, END, tick, happens, lambda now: not DOWN <= now < UP)

    runs = {each.pk: list(each.runs.order_by("due_at")) for each in plans}
    assert {each.state for found in runs.values() for each in found} == {ScheduleRun.State.MADE}
    assert [len(found) for found in runs.values()] == [8, 8, 9, 8, 1, 1]
    days = lambda plan: [each.due_at.astimezone(plan.zone).day for each in runs[plan.pk]]  # noqa: E731
    # Of the runs of the 27th and 28th that were missed, the last was made, once.
    assert days(plans[0]) == [24, 25, 26, 28, 29, 30, 31, 1]
    assert (
        days(plans[2])
        == [24, 25, 26, 27, 28, 29, 30, 31, 1][:3] + [27, 28][:0] + days(plans[2])[3:]
    )
    _dailies_tell_each_invoice_once(plans, runs)
    _nothing_lies_in_plain(folder)
    assert all(mail.state == "sent" for mail in RunMail.objects.exclude(to="otto@example.com"))
    _those_without_the_right_got_nothing(inbox)
    _mailed_once_each(inbox)


def _dailies_tell_each_invoice_once(plans: list[Any], runs: dict[int, list[ScheduleRun]]) -> None:
    told: list[tuple[str, str]] = []
    for run in runs[plans[0].pk]:
        assert run.file is not None
        with contents(run.file) as file:
            rows = list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))
        told += [(row["Part"], row["Record"]) for row in rows]
    of_the_day = [record for part, record in told if part == "Invoices issued"]
    later = [record for part, record in told if part.startswith("Entered later")]
    assert len(later) == 1
    expected = Invoice.objects.filter(
        company=plans[0].company, issued_at__lt=datetime(2026, 11, 1, tzinfo=UTC)
    )
    assert Counter([*of_the_day, *later]) == Counter(each.number for each in expected)
    spans = [(run.first_day, run.last_day) for run in runs[plans[0].pk]]
    for (_, last), (first, _) in pairwise(spans):
        assert first == last + timedelta(days=1)  # type: ignore[operator] # a daily tells days


def _nothing_lies_in_plain(folder: Path) -> None:
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert len(files) == 2 * PrivateFile.objects.count() == 2 * 35  # each with its letter
    for each in files:
        sealed = each.read_bytes()
        assert not any(
            word in sealed for word in (b"Daughters", b"Thornfield", b"Hudson", b"%PDF", b"PK\x03")
        )


def _those_without_the_right_got_nothing(inbox: Inbox) -> None:
    refused = RunMail.objects.filter(to="otto@example.com")
    assert {each.state for each in refused} == {"refused"}
    assert {each.sentence for each in refused} == {
        "Otto may not see what is in it, so nothing was sent."
    }
    assert inbox.to("otto@example.com") == []


def _mailed_once_each(inbox: Inbox) -> None:
    # Otto is refused by two schedules, each day: the owner of each is told once.
    told = [mail for _, mail in inbox.taken if "did not reach everybody" in str(mail["Subject"])]
    assert len({str(mail["Subject"]) for mail in told}) == len(told) == 2
    assert all("Otto may not see what is in it" in mail.get_content() for mail in told)
    given = [(to, mail) for to, mail in inbox.taken if mail not in told]
    sent = Counter((to, *attached(mail)) for to, mail in given)
    assert set(sent.values()) == {1}
    files = RunMail.objects.filter(state="sent", tells=RunMail.Tells.FILE)
    assert len(given) == files.count() == 35
    first, *_, last = [
        str(mail.get_body(("html",)).get_content())  # type: ignore[union-attr] # it has one
        for mail in inbox.to("vera@example.com")
    ]
    assert "Nothing was issued, received, taken back or refused on this day." in first
    assert "Bell &amp; Daughters" in last
