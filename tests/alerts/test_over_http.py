"""Each kind raised by its real cause: the simulated ledger refuses, a consent ends, books differ, files
break; told over a real mail server and to a real chat."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from apps.alerts import tasks
from apps.alerts.causes import Look, look_everywhere, look_for_silence
from apps.alerts.keeping import keep
from apps.alerts.models import Alert, Delivery, Event, Kind
from apps.alerts.telling.addressing import address
from apps.alerts.telling.sending import send_due
from apps.billing.actions import allocate, reverse, set_closing_date
from apps.billing.changes import made_by
from apps.billing.models import Invoice
from apps.connections.models import Connection, Grant
from apps.exchange.imports.running import bring, check
from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.exchange.schedules import running
from apps.exchange.schedules.asked import as_asked
from apps.exchange.schedules.running import set_next
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping
from apps.reconciliation import keeping as comparisons
from apps.reconciliation.models import KeptComparison
from apps.staff.models import User
from apps.sync.decide.adopt import look_again
from apps.sync.models import RemoteRecord
from tests.alerts.chat import Chat
from tests.alerts.trouble import fail, heal, live_connection, open_alerts, rule
from tests.books import Books
from tests.exchange.schedules.week import Inbox
from tests.factories import make_credit_note, make_customer, make_invoice
from tests.kept_books import live_books
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import pay_there

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def books(ledger: SandboxServer, people: dict[str, User]) -> Books:
    found = live_books(ledger)
    rule(found.connection)
    return found


def subjects(inbox: Inbox) -> list[str]:
    return [str(mail["subject"]) for _, mail in inbox.taken]


def test_what_the_ledger_refuses_is_one_alert_and_one_mail(
    books: Books, inbox: Inbox, chat: Chat
) -> None:
    rule(books.connection, address=chat.address)
    for _ in range(3):
        make_invoice(company=books.company)
    books.server.arm(
        books.realm, "status", times=1000, match={"endpoint": "batch", "contains": "Invoice"},
        status=400, body="fault", code="2010",
    )  # fmt: skip
    for _ in range(3):
        books.run(get=False)
    tasks.look()
    tasks.look()

    alert = open_alerts()["failed"]
    assert alert.count == 3
    assert subjects(inbox) == [f"Records failed (3): {books.connection}"]
    (message,) = chat.messages
    assert message["text"].startswith(f"New: Records failed (3): {books.connection} <https://")


def test_a_missing_mapping_holds_records_up_and_is_over_once_it_is_chosen(
    books: Books, inbox: Inbox
) -> None:
    code = Mapping.objects.get(connection=books.connection, subject="income").code
    Mapping.objects.filter(connection=books.connection, subject="income").delete()
    make_invoice(company=books.company)
    make_invoice(company=books.company)
    books.run(get=False)
    tasks.look()
    assert [each.kind for each in Alert.objects.filter(closed_at=None)] == ["failed"]
    assert "mapping is missing" in open_alerts()["failed"].sentence

    Mapping.objects.create(connection=books.connection, subject="income", code=code)
    heal(books.connection)
    tasks.look()
    Alert.objects.update(gone_since=timezone.now() - timedelta(minutes=6))
    tasks.look()
    assert subjects(inbox)[-1] == f"Over: Records failed (2): {books.connection}"
    assert open_alerts() == {}


def test_payments_of_theirs_that_our_books_refuse_are_one_alert_until_they_are_applied(
    books: Books, inbox: Inbox
) -> None:
    """Two invoices of 100.00 were credited here, which nobody has sent yet; over there both are paid."""
    invoices = [make_invoice(company=books.company) for _ in range(2)]
    books.run()
    Connection.objects.update(on_issue=False)  # what is issued waits until a person sends it
    credited = []
    for each in invoices:
        note = make_credit_note(invoice=each)
        credited.append(allocate(note, each, note.total, on=note.issue_date))
        pay_there(books, each)
    books.run()
    tasks.look()
    tasks.look()

    alert = open_alerts()["arrived"]
    assert alert.count == 2
    assert alert.sentence.startswith("2 arrivals could not be applied here.")
    assert "cannot take it over" in alert.sentence
    assert alert.remedy
    assert subjects(inbox) == [f"Arrivals could not be applied (2): {books.connection}"]

    for each in credited:  # the way is free, and a person has them looked at again
        reverse(each, on=each.date, reason="They paid after all")
    for row in RemoteRecord.objects.filter(arrival="needs_person"):
        look_again(row)
    books.run()
    paid = Invoice.objects.filter(pk__in=[each.pk for each in invoices])
    assert [each.paid for each in paid] == [100, 100]
    tasks.look()
    Alert.objects.update(gone_since=timezone.now() - timedelta(minutes=6))
    tasks.look()
    assert subjects(inbox)[-1] == f"Over: Arrivals could not be applied (2): {books.connection}"
    assert open_alerts() == {}


def test_money_of_a_month_that_is_closed_here_is_one_alert_until_none_of_it_waits(
    books: Books, inbox: Inbox
) -> None:
    invoices = [make_invoice(company=books.company) for _ in range(2)]
    books.run()
    for each in invoices:
        pay_there(books, each)
    day = books.company.today()
    set_closing_date(books.company, day, reason="March is done")
    books.run()
    tasks.look()
    tasks.look()

    alert = open_alerts()["closed_month"]
    assert (alert.count, alert.connection) == (2, books.connection)
    assert f"our books are closed up to {day:%-d %B %Y}." in alert.sentence
    assert "back, let them be applied and close the month again" in alert.remedy
    told = f"Arrivals wait for our closing date (2): {books.connection}"
    assert subjects(inbox) == [told]

    set_closing_date(books.company, None, reason="They paid in it")
    books.run()
    paid = Invoice.objects.filter(pk__in=[each.pk for each in invoices])
    assert [each.paid for each in paid] == [100, 100]
    tasks.look()
    Alert.objects.update(gone_since=timezone.now() - timedelta(minutes=6))
    tasks.look()
    assert subjects(inbox) == [told, f"Over: {told}"]
    assert open_alerts() == {}


def test_a_consent_that_was_revoked_is_told_and_is_over_with_the_next(
    books: Books, inbox: Inbox
) -> None:
    make_invoice(company=books.company)
    books.server.tokens(books.realm, "revoke_grant")
    books.run()
    tasks.look()
    assert Grant.objects.get(pk=books.connection.grant_id).status == Grant.Status.LOST
    assert subjects(inbox) == [f"Connection lost: {books.connection}"]
    assert [*open_alerts()] == ["consent"]

    books.consent_again()
    tasks.look()
    Alert.objects.filter(kind="consent").update(gone_since=timezone.now() - timedelta(minutes=6))
    tasks.look()
    assert f"Over: Connection lost: {books.connection}" in subjects(inbox)[-1]


def test_a_consent_ends_soon_by_the_life_that_the_provider_told(books: Books) -> None:
    """They gave a hundred days when the consent was given, and nothing used it since."""
    grant = Grant.objects.get(pk=books.connection.grant_id)
    assert grant.refresh_expires_at is not None
    before = look_everywhere(grant.refresh_expires_at - timedelta(days=8))
    after = look_everywhere(grant.refresh_expires_at - timedelta(days=6))
    assert Kind.ENDS_SOON not in {each.kind for each in before.causes}
    assert Kind.ENDS_SOON in {each.kind for each in after.causes}


def test_both_sides_that_differ_and_one_that_could_not_be_compared(
    books: Books, inbox: Inbox
) -> None:
    books.run()
    (theirs,) = books.theirs("Invoice")
    books.server.act(books.realm, "record_payment", invoices={theirs["Id"]: "40"}, amount="40")
    asked = comparisons.ask(books.connection, None)
    comparisons.carry_out(asked.pk)
    tasks.look()
    differs = open_alerts()["differ"]
    assert differs.count == KeptComparison.objects.get(pk=asked.pk).open_count > 0

    books.server.arm(
        books.realm, "status", times=1000, match={"endpoint": "reports"}, status=503
    )  # fmt: skip
    comparisons.carry_out(comparisons.ask(books.connection, None).pk)
    tasks.look()
    assert "not known" in open_alerts()["not_compared"].sentence
    assert subjects(inbox)[-1] == f"Both sides could not be compared: {books.connection}"


def test_an_import_that_cannot_be_read(books: Books, inbox: Inbox, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("Number,Day\n1,2010-12-01\n")
    assert check(bring(path, "online-retail", books.company))
    tasks.look()
    assert open_alerts()["import"].sentence == "1 import could not be read: other.csv."
    assert subjects(inbox) == [f"Imports failed: {books.company}"]


def test_a_scheduled_export_that_failed(
    books: Books, inbox: Inbox, tmp_path: Path, settings: Any, people: dict[str, User]
) -> None:
    """Its owner lost the right to what is in it."""
    settings.PRIVATE_FILES_DIR = str(tmp_path / "files")
    schedule = ScheduledExport(
        company=books.company, name="Report of the day", what="daily", format="csv", at=time(7),
        owner=people["Vera"],
    )  # fmt: skip
    set_next(schedule)
    schedule.save()
    people["Vera"].groups.clear()
    run = ScheduleRun.objects.create(
        schedule=schedule, due_at=timezone.now(), try_after=timezone.now(), asked=as_asked(schedule)
    )
    running.make(run.pk)
    tasks.look()
    assert "not made" in open_alerts()["export"].sentence
    assert f"Scheduled exports failed: {books.company}" in subjects(inbox)


def test_a_thousand_failures_are_one_alert_and_one_mail(
    books: Books, inbox: Inbox, django_assert_max_num_queries: Any
) -> None:
    fail(books.connection, 1000)
    with django_assert_max_num_queries(60):
        tasks.look()
    tasks.look()
    assert subjects(inbox) == [f"Records failed (1,000): {books.connection}"]
    assert Alert.objects.count() == Event.objects.count() == Delivery.objects.count() == 1


def kinds_at(moment: datetime, look: Callable[[datetime], Look] = look_everywhere) -> set[str]:
    return {str(each.kind) for each in look(moment).causes}


def test_silence_is_heard_as_time_passes(books: Books) -> None:
    """The books answer, then nobody runs them any more; a task lies in the queue."""
    theirs = books.server.connect(books.realm)
    theirs.customer("Someone of theirs")
    OrmQ.objects.all().delete()
    assert books.run().pulled > 0
    tasks.look()
    now = timezone.now()
    assert kinds_at(now) == kinds_at(now, look_for_silence) == set()

    async_task("apps.sync.tasks.tick")
    assert kinds_at(now + timedelta(minutes=11)) == {"queue"}
    assert kinds_at(now + timedelta(minutes=6), look_for_silence) == {"worker"}
    assert kinds_at(now + timedelta(hours=5)) == {"queue", "nothing_ran"}
    assert kinds_at(now + timedelta(days=15)) == {"queue", "nothing_ran", "nothing_came"}


def test_books_that_do_not_answer_leave_records_behind(books: Books) -> None:
    books.run()
    make_invoice(company=books.company)
    books.server.arm(books.realm, "status", times=1000, status=503)
    books.run()
    later = timezone.now() + timedelta(hours=7)

    assert kinds_at(later) >= {"unreachable", "late"}


def test_a_mapping_that_changes_pauses_live_books(books: Books) -> None:
    with made_by(books.fay.pk, reason="Recoded"):
        set_mapping(books.connection, "income", code=books.code("Consulting Income"))
    assert kinds_at(timezone.now()) == {"paused"}


def test_what_may_stand_there_already_waits_for_a_decision(books: Books) -> None:
    theirs = books.server.connect(books.realm)
    theirs.customer("Vale & Sons")
    books.run()
    make_invoice(customer=make_customer(books.company, name="Vale & Sons"))
    books.run()
    (cause,) = look_everywhere(timezone.now()).causes
    assert (cause.kind, cause.count) == (Kind.DECISION, 1)


@pytest.mark.processes
@pytest.mark.skipif(database.vendor == "sqlite", reason="one writer at a time there")
def test_two_workers_at_once_tell_once(people: dict[str, User], inbox: Inbox) -> None:
    connection = live_connection(by_schedule=False)
    rule(connection)
    rule(connection, role="Administrator")
    for number in range(4):
        fail(connection, 2, code=f"600{number}")
    together = threading.Barrier(4)
    broken: list[BaseException] = []

    def work() -> None:
        try:
            now = timezone.now()
            seen = look_everywhere(now)
            together.wait(20)
            keep(seen)
            address(now)
            together.wait(20)
            send_due(timezone.now())
        except BaseException as error:
            broken.append(error)
            raise
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)

    assert broken == []
    assert Connection.objects.count() == 1
    assert (Alert.objects.count(), Event.objects.count(), Delivery.objects.count()) == (4, 4, 8)
    assert sorted(to for to, _ in inbox.taken) == ["ada@example.com", "fay@example.com"]
