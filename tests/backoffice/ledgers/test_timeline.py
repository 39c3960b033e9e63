"""The timeline of a record: what happened on both sides, in one list, for whoever may see it."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.ledgers.timeline.entries import PER_PART, Mark
from apps.billing import actions
from apps.billing.changes import made_by
from apps.exchange.models import MailedPrint
from apps.reconciliation.models import ClosedMonth
from apps.staff.models import User
from apps.sync.models import Attempt, Conflict, Edit
from tests.backoffice.world import World

Browse = Callable[[str], Client]


def shown(client: Client, record: Any, query: str = "") -> Any:
    of = f"admin:{record._meta.app_label}_{record._meta.model_name}_timeline"
    answer = client.get(reverse(of, args=[record.pk]) + query)
    assert answer.status_code == 200
    return answer


def read(answer: Any) -> str:
    """What stands in the list, as a person reads it."""
    body = answer.content.decode()
    body = body[body.index("What happened to") : body.index("Back</a>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def told(answer: Any) -> list[str]:
    return [each.what for each in answer.context["entries"]]


def test_an_invoice_tells_what_was_done_here_and_what_their_books_said(
    world: World, browse: Browse
) -> None:
    record, fay = world.open_invoice, User.objects.get(name="Fay")
    with made_by(fay.pk):
        actions.change_open_fields(record, due_date=date(2026, 12, 24), reason="Agreed by phone")
    answer = shown(browse("Fay"), record)
    text = read(answer)
    assert told(answer) == [
        "Changed", "Differs", "Rejected", "Belongs in QuickBooks", "Approval asked for", "Issued",
        "Changed", "Made",
    ]  # fmt: skip
    assert "Due date: 30 Oct 2026 → 24 Dec 2026" in text
    assert "Reason: Agreed by phone" in text
    assert "Number: empty → INV-2026-00002" in text
    assert "QuickBooks: Duplicate Document Number Error" in text
    assert "Amount: Tieout has 120.00 GBP → QuickBooks has 119.00 GBP" in text
    assert "92.00 GBP Fay" in text  # of the approval: how much, and who asked
    assert "None" not in text


def test_what_it_waits_for_stands_above_in_the_words_of_both_sides(
    world: World, browse: Browse
) -> None:
    answer = shown(browse("Fay"), world.open_invoice)
    assert answer.context["now"] == [
        {
            "books": "Thornfield Trading in QuickBooks",
            "words": "Needs a person",
            "colour": "bad",
            "sentence": "QuickBooks rejected it: Duplicate Document Number: INV-2026-00002 is used by "
            "another invoice.",
            "remedy": "Rename that invoice in QuickBooks, then press Retry.",
        }
    ]


def test_money_mails_and_the_closed_month_stand_in_it_with_currency(
    world: World, browse: Browse
) -> None:
    invoice, fay = world.invoice, User.objects.get(name="Fay")
    MailedPrint.objects.create(
        company=world.company, invoice=invoice, to="bell@example.com", subject="Your invoice",
        text="Hello", file_name="inv-1.pdf", sha256="0" * 64, state="refused",
        sentence="No such mailbox here.", sent_by=fay,
    )  # fmt: skip
    ClosedMonth.objects.create(
        company=world.company,
        last=invoice.issue_date.replace(day=31),
        reason="Quarter end",
        closed_by=fay,
    )
    with made_by(fay.pk):
        actions.reverse(world.allocation, on=date(2026, 11, 20), reason="Wrong customer")
    text = read(shown(browse("Fay"), invoice))
    assert (
        "Paid: taken back Taken back 20 Nov 2026. Reason: Wrong customer Payment 92.00 GBP Fay"
        in text
    )
    assert "Paid Dated 16 Mar 2026." in text
    assert "Credit note CN-2026-00001 92.00 GBP" in text
    assert "Mailed: refused “Your invoice” with inv-1.pdf to bell@example.com." in text
    assert "The mail server: No such mailbox here." in text
    assert "Its month was closed" in text
    assert "Reason: Quarter end" in text


def test_changes_on_both_sides_and_by_hand_are_told_with_who_decided(
    world: World, browse: Browse
) -> None:
    Conflict.objects.filter(pk=world.conflict.pk).rewrite(
        decision="theirs", decided_by=User.objects.get(name="Fay"), decided_at=timezone.now()
    )
    text = read(shown(browse("Vera"), world.draft.customer))
    differed = "Tieout has accounts@example.com → QuickBooks has office@example.com"
    assert text.count(f"E-mail address: {differed}") == 2
    assert "Decided Theirs stands: take it over here." in text
    assert "The question Fay" in text
    edited = Edit.objects.get(sync_record__payment=world.payment)
    assert edited.what in read(shown(browse("Vera"), world.payment))


def test_calls_are_led_to_by_those_alone_who_may_see_them(world: World, browse: Browse) -> None:
    call = reverse("admin:sync_call_change", args=[world.call.pk])
    ours = f"{call}?record={world.record.pk}"
    assert f'href="{ours}"' in shown(browse("Fay"), world.open_invoice).content.decode()
    assert call not in shown(browse("Vera"), world.open_invoice).content.decode()


def test_a_part_ends_where_the_next_begins_and_none_is_told_twice(
    world: World, browse: Browse
) -> None:
    """Of many at one moment, too: a batch is answered at once."""
    for number in range(PER_PART + 20):
        Attempt.objects.create(
            sync_record=world.record, revision=number, result="later", sentence=f"Busy {number}."
        )
    Attempt.objects.filter(revision=PER_PART).rewrite(at=timezone.now() - timedelta(days=3))
    fay, query, seen, parts = browse("Fay"), "", [], 0
    while True:
        answer = shown(fay, world.open_invoice, query)
        seen += re.findall(r"Busy \d+\.", read(answer))
        parts += 1
        if not answer.context["older"]:
            break
        query = "?" + answer.context["older"].partition("?")[2]
    assert parts == 2
    assert len(seen) == len(set(seen)) == PER_PART + 20
    assert seen[0] == f"Busy {PER_PART + 19}."
    assert seen[-1] == f"Busy {PER_PART}."


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13-41T00:00:00+00:00~1~2", "2026-11-28T11:00:00~0~1", "~~", "a~0~1"]
)
def test_what_is_no_mark_is_the_newest_part(text: str) -> None:
    assert Mark.read(text) is None


def test_each_record_leads_to_its_timeline(world: World, browse: Browse) -> None:
    for record in (
        world.open_invoice,
        world.payment,
        world.note,
        world.draft.customer,
        world.record,
    ):
        of = f"admin:{record._meta.app_label}_{record._meta.model_name}"
        page = browse("Vera").get(reverse(f"{of}_change", args=[record.pk])).content.decode()
        assert reverse(f"{of}_timeline", args=[record.pk]) in page


def test_what_nobody_over_there_said_is_not_put_into_their_mouth(
    world: World, browse: Browse
) -> None:
    """A person looked, or Tieout held it: no call left."""
    Attempt.objects.create(
        sync_record=world.record, revision=1, result="later", sentence="Fay looked: not there."
    )
    Attempt.objects.create(
        sync_record=world.record, revision=1, result="refused", sentence="Its tax has no code."
    )
    text = read(shown(browse("Fay"), world.open_invoice))
    assert "Noted Fay looked: not there." in text
    assert "Held by Tieout Its tax has no code." in text
    assert "QuickBooks: Fay" not in text
    assert text.count("Rejected") == 1
