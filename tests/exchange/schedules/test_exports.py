"""Aged receivables as a table, and files for other systems, as they come by themselves."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.exchange.schedules import running
from apps.exchange.schedules.exports import _aged_rows
from apps.exchange.schedules.running import set_next
from apps.staff.models import User
from tests.exchange.schedules.week import Inbox, Queue
from tests.factories import make_company, make_credit_note, make_customer, make_invoice


@pytest.mark.django_db
def test_customers_stand_in_the_order_in_which_the_pdf_has_them() -> None:
    company = make_company()
    for name in ("Shop 10", "shop 2", "Shop 1"):
        customer = make_customer(company, name=name)
        make_invoice(customer=customer, issue_date=date(2026, 8, 30))
    run = ScheduleRun(
        schedule=ScheduledExport(company=company), due_at=datetime(2026, 9, 1, 7, tzinfo=UTC)
    )
    rows = list(_aged_rows(run))

    assert [row[0] for row in rows] == ["Shop 1", "shop 2", "Shop 10"]
    assert [len(row) for row in rows] == [9] * 3


@pytest.mark.variants
@pytest.mark.parametrize("layout", ["zoho-invoices", "sage-quick-entries"])
def test_what_a_file_left_out_is_told_with_it(
    layout: str, people: dict[str, User], queue: Queue, inbox: Inbox
) -> None:
    """Nobody looks at the page that says so before; of either way in which files are written."""
    bell = make_customer(make_company(), code="BELL")
    make_invoice(customer=bell)
    note = make_credit_note(customer=bell)
    if layout.startswith("sage"):
        make_invoice(customer=make_customer(bell.company, code="longer-than-ten"))
    schedule = ScheduledExport(
        company=bell.company, name="Take over", what="layout", format="csv", at=time(7),
        owner=people["Fay"], choice=CHOICE | {"layout": layout},
    )  # fmt: skip
    set_next(schedule)
    schedule.save()
    schedule.people.set([people["Fay"]])
    run = running.run_now(schedule)
    queue.work_off()

    run.refresh_from_db()
    told = {
        "zoho-invoices": f"1 of 2 records were left out. The first: Credit note {note.number}: Zoho",
        "sage-quick-entries": "1 of 3 records were left out. The first: Invoice ",
    }[layout]
    assert run.sentence.startswith(told)
    ((_, mail),) = inbox.taken
    assert told in " ".join(str(mail.get_body(("plain",)).get_content()).split())  # type: ignore[union-attr] # it has one


CHOICE: dict[str, Any] = {"period": "all", "account": "4000", "tax_codes": {"": "T9"}}
