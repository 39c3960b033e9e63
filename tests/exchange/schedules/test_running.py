"""What goes wrong: workers that end, disks that are full, mail servers that refuse, owners that leave."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from apps.exchange.models import FileDownload, PrivateFile, RunMail, ScheduledExport, ScheduleRun
from apps.exchange.schedules import letters, running, tasks
from apps.exchange.schedules.asked import as_asked
from apps.exchange.schedules.failures import needing_a_person
from apps.exchange.schedules.makers import MAKERS, CannotBeMade, Made
from apps.exchange.schedules.running import STALE, WAITS, set_next
from apps.exchange.storage import vault
from apps.exchange.storage.keeping import NotHere, contents, taken_by
from apps.exchange.storage.sealing import CannotOpen
from apps.staff.models import User
from tests.exchange.schedules.week import Inbox, Queue, attached
from tests.factories import make_company
from tests.kept_rows import kept

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
State = ScheduleRun.State


class Killed(BaseException):
    pass


class Stub:
    """A maker that writes a line, or raises what it is told to."""

    formats = {"csv": "CSV"}
    tells_days = False

    def __init__(self) -> None:
        self.raises: BaseException | None = None
        self.made = 0

    def words(self, schedule: ScheduledExport) -> str:
        return "A stub"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        return frozenset({"billing.view_invoice"})

    def make(self, run: ScheduleRun, into: Any) -> Made:
        self.made += 1
        into.write(b"figures of the month")
        if self.raises is not None:
            raise self.raises
        return Made(name="stub.csv", content_type="text/csv")


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    found = Stub()
    monkeypatch.setitem(MAKERS, "stub", found)
    return found


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as found:
        yield found


@pytest.fixture
def run(people: dict[str, User], queue: Queue, stub: Stub) -> ScheduleRun:
    schedule = ScheduledExport(
        company=kept(make_company), name="Stub", what="stub", format="csv", at=time(7),
        owner=people["Fay"],
    )  # fmt: skip
    set_next(schedule)
    schedule.save()
    schedule.people.set([people["Vera"]])
    found = running.run_now(schedule)
    queue.tasks.clear()
    return found


def send_to(run: ScheduleRun, *addresses: str) -> None:
    """To these too, as if they had been asked for when it became due."""
    run.schedule.addresses = list(addresses)
    run.schedule.save()
    run.asked = as_asked(run.schedule)
    run.save()


def of_the_file() -> RunMail:
    return RunMail.objects.get(tells="file")


def states() -> list[tuple[str, str, str]]:
    return [(each.tells, each.to, each.state) for each in RunMail.objects.all()]


def test_two_workers_make_it_once(run: ScheduleRun, stub: Stub, inbox: Inbox) -> None:
    assert running.make(run.pk) is not None
    assert running.make(run.pk) is None
    mail = RunMail.objects.get()
    letters.send(mail.pk)
    letters.send(mail.pk)
    tasks.post()
    assert stub.made == len(inbox.taken) == 1
    assert attached(inbox.taken[0][1]) == ("stub.csv", b"figures of the month")


@pytest.mark.parametrize("step", ["before", "while writing", "when said"])
def test_a_worker_that_is_killed_leaves_a_run_that_is_made_once(
    step: str, run: ScheduleRun, stub: Stub, queue: Queue, inbox: Inbox, clock: Any, folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        where = {"before": "_refuse_without_right", "when said": "_say"}.get(step)
        if where:
            patch.setattr(running, where, killed)
        else:
            stub.raises = Killed()
        with pytest.raises(Killed):
            running.make(run.pk)
    stub.raises = None
    tasks.tick()
    assert queue.tasks == []  # the worker may be alive
    clock.shift(STALE + timedelta(seconds=1))
    tasks.tick()
    queue.work_off()
    run.refresh_from_db()
    assert (run.state, run.tries) == (State.MADE, 2)
    assert len(inbox.taken) == PrivateFile.objects.count() == 1
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 2  # the file, its letter


def test_a_worker_that_was_thought_dead_writes_nothing(
    run: ScheduleRun, stub: Stub, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = running._say

    def late(mine: Any, *given: Any) -> None:
        monkeypatch.setattr(running, "_say", say)
        clock.shift(STALE + timedelta(seconds=1))
        assert running.make(run.pk) is not None  # the other, meanwhile
        say(mine, *given)

    monkeypatch.setattr(running, "_say", late)
    assert running.make(run.pk) is None
    assert stub.made == 2
    assert PrivateFile.objects.count() == RunMail.objects.count() == 1
    assert len(vault.names_in("kept")) == 1


def test_a_full_disk_is_told_and_tried_again_until_it_is_given_up(
    run: ScheduleRun, stub: Stub, queue: Queue, inbox: Inbox, clock: Any
) -> None:
    stub.raises = OSError(28, "No space left on device")
    for wait in WAITS:
        tasks.make(run.pk)
        run.refresh_from_db()
        assert run.state == State.WAITING
        assert running.left_open(NOON) == []
        clock.shift(wait)
    tasks.make(run.pk)
    run.refresh_from_db()
    assert (run.state, stub.made) == (State.FAILED, 5)
    assert run.sentence == (
        "The file could not be written: No space left on device. It was tried 5 times."
    )
    first, last = inbox.to("fay@example.com")
    assert "It is tried again by itself." in first.get_content()
    assert "No space left" in last.get_content()
    assert "choose “Run now”" in last.get_content()
    assert inbox.to("vera@example.com") == []


def test_what_nobody_foresaw_is_in_the_row_and_raised(run: ScheduleRun, stub: Stub) -> None:
    stub.raises = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        running.make(run.pk)
    run.refresh_from_db()
    assert (run.state, "ZeroDivisionError" in run.sentence) == (State.WAITING, True)


def test_what_cannot_be_made_is_not_tried_again(run: ScheduleRun, stub: Stub) -> None:
    stub.raises = CannotBeMade("There is no such list.")
    running.make(run.pk)
    run.refresh_from_db()
    assert (run.state, run.sentence) == (State.FAILED, "There is no such list.")
    assert states() == [("gave_up", "fay@example.com", "waiting")]


@pytest.mark.parametrize("gone", ["left", "lost the right"])
def test_an_owner_who_is_gone_stops_it_and_the_others_are_told(
    gone: str, run: ScheduleRun, stub: Stub, people: dict[str, User], clock: Any
) -> None:
    fay, schedule = people["Fay"], run.schedule
    if gone == "left":
        fay.is_active = False
        fay.save()
    else:
        fay.groups.clear()
    running.make(run.pk)
    schedule.refresh_from_db()
    assert schedule.stopped.startswith("It stopped: Fay, whose rights it runs with, ")
    assert stub.made == 0
    told = "vera@example.com" if gone == "left" else "fay@example.com"
    assert states() == [("gave_up", told, "waiting")]
    clock.shift(timedelta(days=2))
    assert running.plan(clock_now()) == []


def test_others_get_nothing_once_its_owner_may_not_send_any_more(
    run: ScheduleRun, people: dict[str, User], inbox: Inbox, clock: Any
) -> None:
    """Neither a mail that waits, nor another run: the rights are those of the moment."""
    schedule = run.schedule
    schedule.people.clear()
    send_to(run, "out@bank.example")
    running.make(run.pk)
    people["Fay"].groups.set(people["Vera"].groups.all())
    tasks.post()
    assert [to for to, _ in inbox.taken] == ["fay@example.com"]
    assert "may not send by e-mail to others" in of_the_file().sentence

    clock.shift(timedelta(hours=1))
    running.make(running.run_now(schedule).pk)
    tasks.post()
    schedule.refresh_from_db()
    assert "may not send by e-mail to others any more" in schedule.stopped
    _, told = inbox.to("fay@example.com")
    assert "“Resume”" in told.get_content()
    assert "“Run now”" not in told.get_content()


def clock_now() -> datetime:
    return datetime.now(tz=UTC)


def test_a_mail_server_that_is_away_is_tried_again(
    run: ScheduleRun, clock: Any, settings: Any, inbox: Inbox
) -> None:
    running.make(run.pk)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tasks.post()
    mail = RunMail.objects.get()
    assert (mail.state, "could not be reached" in mail.sentence) == ("waiting", True)
    settings.EMAIL_PORT = port
    tasks.post()
    assert inbox.taken == []
    clock.shift(letters.WAITS[0])
    inbox.answer = "451 later"
    tasks.post()
    clock.shift(letters.WAITS[1])
    inbox.answer = "250 taken"
    tasks.post()
    mail.refresh_from_db()
    assert (mail.state, mail.tries, len(inbox.taken)) == ("sent", 3, 1)


def test_a_refusal_is_kept_with_its_sentence(run: ScheduleRun, inbox: Inbox) -> None:
    running.make(run.pk)
    inbox.answer = "554 no such person"
    tasks.post()
    mail = of_the_file()
    assert (mail.state, mail.sentence) == (
        "refused", "The mail server refused it: 554 no such person.",
    )  # fmt: skip


def test_refused_mails_are_told_to_the_owner_once_with_what_to_do(
    run: ScheduleRun, inbox: Inbox, clock: Any, stub: Stub
) -> None:
    """Those of a run together; of the next run only who was not refused before."""
    schedule = run.schedule
    schedule.addresses = ["gone@bank.example", "full@bank.example"]
    schedule.save()
    inbox.answers = {"gone@bank.example": "550 no such person", "full@bank.example": "552 full"}

    def told() -> list[str]:
        return [each.get_content() for each in inbox.to("fay@example.com")]

    clock.shift(timedelta(hours=1))
    tasks.make(running.run_now(schedule).pk)
    tasks.post()
    (letter,) = told()
    assert "- gone@bank.example: The mail server refused it: 550 no such person." in letter
    assert "- full@bank.example: The mail server refused it: 552 full." in letter
    assert "choose “Run now” to send it again, or download the file (https://" in letter
    assert list(needing_a_person()) == [schedule]
    assert len(inbox.to("vera@example.com")) == 1

    del inbox.answers["full@bank.example"]
    clock.shift(timedelta(hours=1))
    tasks.make(running.run_now(schedule).pk)
    assert (len(told()), list(needing_a_person())) == (1, [schedule])

    inbox.answers["full@bank.example"] = "552 full again"
    clock.shift(timedelta(hours=1))
    tasks.make(running.run_now(schedule).pk)
    assert "552 full again" in told()[1]

    inbox.answers.clear()
    clock.shift(timedelta(hours=1))
    tasks.make(running.run_now(schedule).pk)
    assert (len(told()), list(needing_a_person())) == (2, [])
    assert RunMail.objects.filter(tells="refused").count() == 2


def test_a_run_keeps_what_it_was_asked_when_its_schedule_is_changed(
    run: ScheduleRun, people: dict[str, User], inbox: Inbox, clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    schedule, other = ScheduledExport.objects.get(), Stub()
    monkeypatch.setitem(MAKERS, "other", other)
    schedule.name, schedule.what = "Another", "other"
    schedule.addresses = ["new@bank.example"]
    schedule.save()
    schedule.people.set([people["Cleo"]])
    tasks.make(run.pk)
    ((to, mail),) = inbox.taken
    assert (to, mail["Subject"]) == ("vera@example.com", f"{schedule.company.legal_name}: Stub")
    assert other.made == 0
    clock.shift(timedelta(hours=1))
    tasks.make(running.run_now(ScheduledExport.objects.get()).pk)
    assert {to for to, _ in inbox.taken[1:]} == {"cleo@example.com", "new@bank.example"}
    assert other.made == 1
    schedule.refresh_from_db()
    assert (schedule.name, schedule.what) == ("Another", "other")


def test_a_mail_server_that_hangs_up_leaves_one_mail_in_doubt_and_the_others_leave(
    run: ScheduleRun, inbox: Inbox, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.schedule.people.add(people["Cleo"])
    send_to(run)
    answer = Inbox.handle_DATA

    async def hangs_up(self: Inbox, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos == [first]:
            server.transport.close()
        return await answer(self, server, session, envelope)

    first = min(each.email for each in run.schedule.people.all())
    monkeypatch.setattr(Inbox, "handle_DATA", hangs_up)
    tasks.make(run.pk)

    doubtful = RunMail.objects.get(to=first)
    assert doubtful.state == RunMail.State.SENDING
    assert "broke off before it answered" in doubtful.sentence
    assert RunMail.objects.exclude(to=first).get().state == RunMail.State.SENT


def test_a_worker_that_is_killed_while_a_mail_leaves_sends_it_no_second_time(
    run: ScheduleRun, clock: Any, monkeypatch: pytest.MonkeyPatch, inbox: Inbox
) -> None:
    running.make(run.pk)
    send = letters.post

    def killed(*given: Any) -> None:
        send(*given)
        raise Killed

    monkeypatch.setattr(letters, "post", killed)
    with pytest.raises(Killed):
        tasks.post()
    clock.shift(timedelta(days=1))
    tasks.post()
    mail = RunMail.objects.get()
    assert (mail.get_state_display(), len(inbox.taken)) == ("Not known whether it left", 1)


def test_what_is_too_large_goes_as_a_link_to_people_and_not_at_all_to_others(
    run: ScheduleRun, settings: Any, inbox: Inbox
) -> None:
    settings.ATTACHMENT_LIMIT = 10
    send_to(run, "out@bank.example")
    tasks.make(run.pk)
    (to, mail), _told = inbox.taken
    file = PrivateFile.objects.get()
    assert (to, list(mail.iter_attachments())) == ("vera@example.com", [])
    assert (
        f"https://tieout.example/admin/exchange/privatefile/{file.pk}/change/" in mail.get_content()
    )
    refused = RunMail.objects.get(tells="file", to="out@bank.example")
    assert (refused.state, "cannot sign in" in refused.sentence) == ("refused", True)


def test_a_typed_address_of_a_person_gets_what_she_may_see(
    run: ScheduleRun, people: dict[str, User], inbox: Inbox
) -> None:
    send_to(run, "OTTO@example.com", "out@bank.example")
    tasks.make(run.pk)
    given = {to for to, mail in inbox.taken if list(mail.iter_attachments())}
    assert given == {"vera@example.com", "out@bank.example"}
    assert "Otto may not see" in RunMail.objects.get(to="otto@example.com").sentence


def test_a_file_that_was_changed_is_neither_mailed_nor_handed_out(
    run: ScheduleRun, people: dict[str, User], folder: Path, inbox: Inbox
) -> None:
    running.make(run.pk)
    file = PrivateFile.objects.get()
    sealed = folder / file.stored_as
    sealed.write_bytes(sealed.read_bytes()[:-1])
    tasks.post()
    assert "not what was kept" in of_the_file().sentence
    assert [to for to, _ in inbox.taken] == ["fay@example.com"]
    with pytest.raises(CannotOpen):
        taken_by(file, people["Vera"])
    assert not FileDownload.objects.exists()


def test_a_file_goes_when_its_time_is_over_and_its_row_stays(
    run: ScheduleRun, clock: Any, folder: Path
) -> None:
    running.make(run.pk)
    file = PrivateFile.objects.get()
    clock.shift(timedelta(days=400, seconds=-1))
    tasks.forget()
    with contents(file) as plain:
        assert plain.read() == b"figures of the month"
    clock.shift(timedelta(seconds=2))
    tasks.forget()
    file.refresh_from_db()
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    assert (len(file.sha256), file.gone_at is None) == (64, False)
    with pytest.raises(NotHere, match="was kept until"):
        contents(file)


def test_what_a_worker_left_half_written_goes_after_a_day(
    folder: Path, clock: Any, db: None
) -> None:
    for name in ("kept/0b0c8f4e-6c0e-4f5e-9d58-8d2a4b1f7a11", "kept/x.1234.part"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sealed")
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    tasks.forget()
    assert len(list((folder / "kept").iterdir())) == 2
    clock.shift(timedelta(days=1, seconds=1))
    tasks.forget()
    assert list((folder / "kept").iterdir()) == []


def test_a_file_that_came_back_after_its_time_goes_again(
    run: ScheduleRun, clock: Any, folder: Path
) -> None:
    """`seal_files_again` read it before it was deleted, and wrote it after."""
    running.make(run.pk)
    file = PrivateFile.objects.get()
    clock.shift(timedelta(days=400, seconds=1))
    with vault.opened(file.stored_as) as old:
        text = old.read()
    tasks.forget()
    with vault.written(file.stored_as) as again:
        again.write(text)
    os.utime(folder / file.stored_as, (NOON.timestamp(), NOON.timestamp()))
    tasks.forget()
    assert not vault.is_there(file.stored_as)


def test_what_a_worker_finishes_meanwhile_is_no_reason_to_stop(
    folder: Path, clock: Any, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    (folder / "kept").mkdir(parents=True)
    glob = Path.glob

    def finished(path: Path, pattern: str) -> Iterator[Path]:
        yield from glob(path, pattern)
        yield path / "x.1234.part"  # listed, and renamed before it is looked at

    monkeypatch.setattr(Path, "glob", finished)
    assert tasks.forget() == "0 files deleted"


def test_a_clock_that_was_put_back_stops_no_schedule(
    run: ScheduleRun, clock: Any, people: dict[str, User], queue: Queue
) -> None:
    """Its run of seven o'clock was made; resumed at ten to seven, it comes to that time again."""
    schedule = run.schedule
    clock.move_to(datetime(2026, 11, 11, 7, tzinfo=UTC))
    assert len(running.plan(clock_now())) == 1
    clock.move_to(datetime(2026, 11, 11, 6, 50, tzinfo=UTC))
    set_next(schedule)
    schedule.save()
    other = ScheduledExport.objects.create(
        company=schedule.company, name="Other", what="stub", format="csv", at=time(7),
        owner=people["Fay"], next_due=datetime(2026, 11, 11, 7, tzinfo=UTC),
    )  # fmt: skip
    clock.move_to(datetime(2026, 11, 11, 7, 1, tzinfo=UTC))
    assert [each.schedule for each in running.plan(clock_now())] == [other]
    schedule.refresh_from_db()
    assert schedule.next_due == datetime(2026, 11, 12, 7, tzinfo=UTC)
