"""The page on which a person says what happens by itself, and sends what waits."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from apps.backoffice.ledgers.automation import panel_of
from apps.connections.automation import Automation
from apps.connections.models import Connection
from apps.mappings.fingerprint import fingerprint
from apps.sync.decide.automation import set_automation
from apps.sync.models import On, Reason, State, SyncRecord
from apps.sync.send.automatic import REMEDY
from tests.backoffice.ledgers.test_effect import page, words
from tests.backoffice.ledgers.test_going_live import after_a_match
from tests.backoffice.world import make_connection
from tests.factories import make_company, make_credit_note, make_customer, make_invoice

Browse = Callable[[str], Client]
ALL = [each.value for each in Automation]
INDEX = reverse("admin:index")


@pytest.fixture
def books(people: Any) -> Connection:
    """Live books, of which sending what is issued is switched off."""
    connection = after_a_match(make_connection(make_company(), trial_matched_at=None))
    Connection.objects.filter(pk=connection.pk).update(stage="live")
    connection.refresh_from_db()
    set_automation(connection, [each for each in Automation if each != Automation.ON_ISSUE])
    return connection


def on(*automations: str) -> dict[str, str]:
    return dict.fromkeys(automations, "on")


def keep_back(books: Connection, *documents: Any) -> list[SyncRecord]:
    """As a run leaves what is switched off (tests/sync/send/test_automatic.py)."""
    return [
        SyncRecord.objects.create(
            connection=books, kind=each.kind, wanted=1, **{each.kind: each},
            reason=Reason.NOT_BY_ITSELF, remedy=REMEDY,
            sentence="It is not in QuickBooks yet: sending what is issued is switched off.",
            waits_for=On.BY_HAND.of("on_issue"),
        )
        for each in documents
    ]  # fmt: skip


def due(record: SyncRecord) -> bool:
    record.refresh_from_db()
    return record.due_at is not None


def test_each_switch_says_what_it_does_and_who_changed_it_is_kept(
    books: Connection, browse: Browse
) -> None:
    fay, address = browse("Fay"), page(books, "automation")
    seen = words(fay.get(address))
    for each in Automation:
        assert each.label in seen
    assert "It waits until a person sends it, and so does what hangs on it." in seen
    assert "what was voided here still stands in QuickBooks" in seen
    told = words(fay.get(panel_of(books)))
    assert "When money is recorded : on, after the first of a kind" in told
    assert "Of payments, refunds and bank deposits nothing goes yet: you send the first" in told

    answer = words(fay.post(address, on("on_money", "by_schedule"), follow=True))
    assert "When something in their books already changes here: off." in answer
    books.refresh_from_db()
    assert [getattr(books, each) for each in ALL] == [False, False, True, True]
    latest = books.history.first()
    assert (latest.on_change, latest.history_user.name) == (False, "Fay")
    assert "sends changes" in words(fay.get(page(books, "history"))).lower()
    # A switch is no setting that a test invoice relied on.
    assert books.settings_fingerprint == books.trial_fingerprint == fingerprint(books)
    assert books.is_live

    rows = books.history.count()
    assert "Nothing was changed." in words(
        fay.post(address, on("on_money", "by_schedule"), follow=True)
    )
    assert books.history.count() == rows


@pytest.mark.slow
def test_what_waits_is_counted_and_told_wherever_the_books_are_looked_at(
    books: Connection, browse: Browse
) -> None:
    customer = make_customer(books.company)
    invoices = [make_invoice(customer=customer) for _ in range(3)]
    records = keep_back(books, *invoices, make_credit_note(customer=customer))
    fay, told = browse("Fay"), "3 invoices and 1 credit note wait for a person to send them"
    for address in (page(books, "automation"), page(books, "change"), INDEX):
        assert told in words(fay.get(address)), address
    start = words(fay.get(INDEX))
    assert "Live, partly by hand" in start
    assert f"{told}: sending what is issued is switched off." in start
    assert f"Wait to be sent to {books}" in start
    assert "4 wait for a person to send them" in words(fay.get(page(books, "progress")))
    assert "Everything is in the books" not in words(fay.get(page(books, "progress")))
    log = reverse("admin:sync_syncrecord_changelist") + "?reason=by_hand:on_issue"
    listed = fay.get(log)
    assert "4 in this list" in words(listed)
    assert "Tieout is holding it: It is not in QuickBooks yet" in words(listed)
    assert f"{page(books, 'change')}#by-itself" in listed.content.decode()
    assert "Send now" in words(fay.get(page(invoices[0])))
    # Vera looks, and is led where she may look.
    vera = browse("Vera").get(page(books, "change"))
    assert told in words(vera)
    assert page(books, "automation") not in vera.content.decode()
    assert not any(due(each) for each in records)


def test_all_that_waits_or_some_of_it_is_sent_by_a_person(
    books: Connection, browse: Browse
) -> None:
    customer = make_customer(books.company)
    first, second, third = keep_back(books, *[make_invoice(customer=customer) for _ in range(3)])
    fay = browse("Fay")
    log = reverse("admin:sync_syncrecord_changelist")
    sent = fay.post(log, {"action": "send_selected", ACTION_CHECKBOX_NAME: [first.pk]}, follow=True)
    assert "1 go with the next run" in words(sent)
    assert (due(first), due(second)) == (True, False)

    sent = fay.post(page(books, "automation"), {"send": "on_issue"}, follow=True)
    assert "2 records go with the next run, which starts now." in words(sent)
    assert all(due(each) and each.let_go_at for each in (first, second, third))
    books.refresh_from_db()
    assert not books.on_issue  # it is off still
    sent = fay.post(page(books, "automation"), {"send": "on_issue"}, follow=True)
    assert "Nothing waits there any more." in words(sent)
    assert "Nothing waits" in words(
        fay.post(page(books, "automation"), {"send": "by_schedule"}, follow=True)
    )


def test_switched_on_again_what_waited_goes_and_no_word_is_kept_of_it(
    books: Connection, browse: Browse
) -> None:
    [record] = keep_back(books, make_invoice(company=books.company))
    answer = browse("Fay").post(page(books, "automation"), on(*ALL), follow=True)
    assert "When an invoice or credit note is issued: on. 1 record goes" in words(answer)
    assert due(record)
    assert (record.state, record.let_go_at) == (State.WAITING, None)
    assert "Live, partly by hand" not in words(browse("Fay").get(INDEX))


def test_who_may_pause_may_switch_and_only_who_may_send_again_may_send(
    books: Connection, browse: Browse
) -> None:
    [record] = keep_back(books, make_invoice(company=books.company))
    address = page(books, "automation")
    ada = browse("Ada")
    assert "send_on_issue" in browse("Fay").get(address).content.decode()
    assert "send_on_issue" not in ada.get(address).content.decode()
    assert ada.post(address, {"send": "on_issue"}).status_code == 403
    assert not due(record)
    assert ada.post(address, on("on_issue")).status_code == 302
    books.refresh_from_db()
    assert (books.on_issue, books.on_money) == (True, False)
    for name in ("Vera", "Cleo", "Otto", ""):
        answer = browse(name).post(address, on(*ALL))
        assert answer.status_code in (302, 403, 404), name
    books.refresh_from_db()
    assert not books.on_money


def test_two_people_do_not_undo_each_other(books: Connection, browse: Browse) -> None:
    fay, address = browse("Fay"), page(books, "automation")
    opened = fay.opened(address)
    set_automation(books, [Automation.ON_ISSUE])
    answer = fay.post(address, {**opened, **on(*ALL)})
    assert answer.status_code == 409
    books.refresh_from_db()
    assert not books.on_money


def test_books_that_are_not_live_yet_have_nothing_to_switch(people: Any, browse: Browse) -> None:
    books = make_connection(make_company())
    fay = browse("Fay")
    assert "What happens by itself" not in words(fay.get(page(books, "change")))
    fay.post(page(books, "automation"), on("on_issue"))
    books.refresh_from_db()
    assert books.on_money


def test_going_live_again_says_that_what_is_off_stays_off(
    books: Connection, browse: Browse
) -> None:
    Connection.objects.filter(pk=books.pk).update(stage="paused", stage_reason="Month end")
    fay = browse("Fay")
    assert "stays off, and waits for a person" in words(fay.get(page(books, "go-live")))
    answer = fay.post(page(books, "go-live"), {"starts_on": "2026-01-01"}, follow=True)
    assert "the others wait for a person to send them" in words(answer)


def test_without_a_schedule_no_page_promises_a_next_reading(
    books: Connection, browse: Browse
) -> None:
    set_automation(books, [Automation.ON_ISSUE])
    seen = words(browse("Fay").get(page(books, "change")))
    assert "Running by schedule is switched off." in seen
    assert "Changes are read every" not in seen
