"""Each line of the first page counts what its list shows: nothing more, and nothing that is not theirs."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.backoffice.worklist.first_page import first_page
from apps.backoffice.worklist.lines import Work
from apps.billing.actions import void
from apps.billing.acts.approving import fingerprint
from apps.billing.models import Approval
from apps.connections.models import Connection
from apps.exchange.models import ScheduledExport
from apps.reconciliation.models import Difference, Question
from apps.staff.access import add_member
from apps.staff.models import User
from apps.staff.roles import RoleName
from apps.sync.models import (
    Candidate,
    Conflict,
    Edit,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    packed,
)
from tests.backoffice.people import PASSWORD
from tests.backoffice.two_companies import narrow
from tests.backoffice.world import World, merged_there
from tests.factories import make_customer, make_invoice, make_item, make_method, make_payment

WHO = ("Fay", "Ada", "Vera", "Iris")
# Without a list: how many of what stands on its page.
PAGES: dict[str, Callable[[Any], int]] = {
    "Bank deposits proposed": lambda answer: len(answer.context["offers"]),
    "Unsigned weeks of": lambda answer: len(answer.context["form"].fields["week"].choices),
    "Not mapped for": lambda answer: len(answer.context["complete"].lacking),
}
# One question each: the page is the record it is about.
OF_ONE = ("is not live yet", "is lost", "is paused", "Look at a mapping", "Renamed in")


def around(world: World, people: dict[str, User]) -> None:
    """Beside everything that is counted more of it, and its like that is not."""
    connection, now = world.connection, timezone.now()
    company, customer = world.company, world.open_invoice.customer
    for reason in Reason:
        if reason:
            invoice = make_invoice(customer=customer, lines=[("Advice", 1, 10)])
            SyncRecord.objects.create(
                connection=connection,
                kind="invoice",
                invoice=invoice,
                wanted=1,
                state=State.NEEDS_PERSON,
                reason=reason,
                sentence="It waits.",
            )
    record = SyncRecord.objects.filter(invoice__isnull=False).last()
    # Two fields of one record are one question; one that was decided is none.
    for path, decision in (("due_date", ""), ("memo", ""), ("number", "ours")):
        Conflict.objects.create(sync_record=record, path=path, decision=decision)
    for number, (arrival, decision) in enumerate(
        (("needs_person", ""), ("waits", ""), ("only_theirs", "keep_both"))
    ):
        remote = RemoteRecord.objects.create(
            connection=connection,
            kind="Invoice",
            remote_id=f"9{number}",
            of_kind="invoice",
            packed_raw=packed({}),
            arrival=arrival,
            read_at=now,
        )
        Candidate.objects.create(
            remote_record=remote, sync_record=record, evidence="Alike.", decision=decision
        )
    merged_there(connection)
    for number, state in enumerate(Edit.State):
        Edit.objects.create(
            connection=connection,
            sync_record=record,
            side=Edit.Side.HERE,
            what=f"memo, {state}",
            dated=date(2026, 2, 1),
            revision=3 + number,
            state=state,
            note="" if state == Edit.State.ASKS else "Agreed with the customer.",
            noted_at=None if state == Edit.State.ASKS else now,
            due_at=now if state in ("due", "left") else None,
        )
    standing = Difference.objects.filter(connection=connection).get()
    for number, ended in enumerate((None, now)):
        standing.pk, standing.fingerprint, standing.ended_at = None, f"another {number}", ended
        standing.save()
    question = Question.objects.filter(connection=connection).get()
    for number, fields in enumerate(
        (
            {},
            {"answer": "accepted", "reason": "Agreed.", "answered_at": now},
            {"standing": False},
            {"as_of": date(2026, 3, 31)},
        )
    ):
        for name, value in {
            "answer": "",
            "answered_at": None,
            "standing": True,
            "as_of": None,
            **fields,
        }.items():
            setattr(question, name, value)
        question.pk, question.fingerprint = None, f"another {number}"
        question.save()
    ask(world, people["Fay"])
    ask(world, people["Ada"], Approval.State.REFUSED)
    more_billing(world)
    ScheduledExport.objects.create(
        company=company, at=time(7), owner=people["Fay"], stopped="Its folder is gone."
    )
    ScheduledExport.objects.create(company=company, at=time(8), owner=people["Fay"])
    Connection.objects.filter(pk=connection.pk).update(created_at=now - timedelta(days=20))


def ask(world: World, who: User, state: str = Approval.State.WAITING) -> None:
    invoice = make_invoice(customer=world.open_invoice.customer, lines=[("Advice", 1, 80)])
    Approval.objects.create(
        company=world.company,
        act="billing.void_invoice",
        invoice=invoice,
        answers={"on": "2026-11-20", "reason": "Typed twice"},
        fingerprint=fingerprint(invoice),
        amount=invoice.home_total,
        limit=50,
        requested_by=who,
        state=state,
    )


def more_billing(world: World) -> None:
    company, customer = world.company, world.open_invoice.customer
    lines = [("Advice", 1, 10)]
    for due in (date(2026, 1, 31), date(2099, 1, 31)):
        make_invoice(customer=customer, lines=lines, issue_date=date(2026, 1, 1), due_date=due)
    void(make_invoice(customer=customer, lines=lines), reason="Typed twice", on=date(2026, 11, 27))
    make_invoice(customer=customer, lines=lines, issued=False)
    for name in ("Card", "Cheque"):
        method = make_method(company, name=name, posts_to="clearing")
        make_payment(company=company, customer=customer, amount=Decimal(30), method=method)
    make_customer(company, name="Never invoiced")
    make_item(company, code="NEVER")


def shown(line: Work, answer: Any) -> int:
    found = answer.context.get("cl")
    if found is not None:
        return int(found.result_count)
    if any(each in line.what for each in OF_ONE):
        return 1
    return next(count for words, count in PAGES.items() if line.what.startswith(words))(answer)


@pytest.mark.parametrize("companies", ["one of two", "all"])
def test_every_line_counts_what_it_opens(
    world: World, people: dict[str, User], browse: Callable[[str], Client], companies: str
) -> None:
    around(world, people)
    other = World(add_member("zoe@example.com", RoleName.ACCOUNTANT, PASSWORD), "Second Ltd")
    around(other, people)
    if companies != "all":
        for name in WHO:
            narrow(people[name], world.company)
    seen: set[str] = set()
    for name in WHO:
        client, request = browse(name), RequestFactory().get("/admin/")
        request.user = people[name]
        for line in first_page(request).work:
            answer = client.get(line.url)
            assert answer.status_code == 200, line.url
            assert shown(line, answer) == line.count, (name, line.what, line.url)
            seen.add(line.what)
    assert len(seen) >= 16, seen
