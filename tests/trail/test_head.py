"""What people and operators see of the trail: a mail, a command, a file, a page, an alert."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from apps.alerts.causes.trail import not_as_sealed, not_sealed
from apps.staff.models import SecurityEvent, User
from apps.staff.security import Kind, note
from apps.trail import heads, tasks
from apps.trail.links import head
from apps.trail.mailing import NotTold
from apps.trail.models import Entry, Floor, Verification
from apps.trail.sealing import seal
from tests.exchange.archive.world import FullWorld
from tests.trail.raw import attack

INVOICE = "UPDATE billing_invoice SET total = total + 1 WHERE id = %s"


def run(*given: str) -> tuple[str, int]:
    """What the command prints, and its exit status."""
    out = StringIO()
    try:
        call_command("verify_trail", *given, stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode
    return out.getvalue(), 0


def test_the_command_says_that_all_is_well_and_what_is_not(sealed: FullWorld) -> None:
    number, link = head()
    said, status = run("--head", f"{number}:{link.hex()}", "--since", "2020-01-01")
    assert status == 0
    assert f"{number:,} entries read" in said
    assert f"Head: {number}:{link.hex()}" in said
    assert "All is as it was sealed." in said

    attack(INVOICE, sealed.invoice.pk)
    said, status = run()
    assert status == 1
    assert f"differs from its history: The invoice ({sealed.invoice.number})" in said
    assert "1 thing is not as sealed." in said


@pytest.mark.parametrize("wrong", ["12", "12:abc", "x:0011223344556677", "1:zz11223344556677"])
@pytest.mark.django_db
def test_the_command_takes_no_head_that_is_none(wrong: str) -> None:
    with pytest.raises(CommandError, match="--head"):
        call_command("verify_trail", "--head", wrong)


def test_the_head_is_mailed_to_operators_and_administrators(
    sealed: FullWorld, people: dict[str, User], settings: Any
) -> None:
    settings.ALERT_OPERATORS = ["Ops@example.com"]
    assert tasks.mail_head() == "2 told"

    number, link = head()
    assert sorted(each.to[0] for each in mail.outbox) == ["ada@example.com", "ops@example.com"]
    first = mail.outbox[0]
    assert f"ends at entry {number:,}" in first.subject
    assert f"manage.py verify_trail --head {number}:{link.hex()}" in first.body
    assert "history of invoices" in first.body
    said, status = run("--head", f"{number}:{link.hex()}")
    assert status == 0, said


def test_a_mail_that_does_not_leave_is_a_failed_task(
    sealed: FullWorld, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    with pytest.raises(NotTold, match=r"ada@example\.com: The mail server could not be reached"):
        tasks.mail_head()


def test_this_host_keeps_heads_and_only_adds(sealed: FullWorld, heads: Path) -> None:
    (file,) = heads.iterdir()
    before = file.read_text().splitlines()
    note(Kind.OPERATED, "One more")
    seal()
    after = file.read_text().splitlines()
    assert after[: len(before)] == before
    assert after[-1].split()[:2] == [str(head()[0]), head()[1].hex()]
    seal()
    assert file.read_text().splitlines() == after, "nothing new, no line"


def test_old_heads_are_thinned_and_the_last_stay(
    sealed: FullWorld, heads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.trail import heads as kept_heads

    monkeypatch.setattr(kept_heads, "MANY", 20)
    monkeypatch.setattr(kept_heads, "LATEST", 5)
    number, link = head()
    for _ in range(40):
        kept_heads.keep(number, link)
    (file,) = heads.iterdir()
    lines = file.read_text().splitlines()
    assert len(lines) < 25
    assert all(each.stands for each in kept_heads.kept())


def test_a_file_of_heads_that_cannot_be_read_is_said(sealed: FullWorld, heads: Path) -> None:
    (file,) = heads.iterdir()
    file.write_text("nonsense\n")
    said, status = run()
    assert status == 1
    assert "cannot be checked: The heads that this host kept in" in said
    assert seal().ended, "and holds up nothing"


def test_a_file_that_cannot_be_written_holds_up_nothing(
    sealed: FullWorld, settings: Any, tmp_path: Path, caplog: Any
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    settings.TRAIL_HEADS_DIR = str(blocked / "below")
    note(Kind.OPERATED, "One more")
    assert seal().entries == 1
    assert "head of the trail cannot be written" in caplog.text


def test_who_may_has_it_verified_and_sees_what_was_found(
    sealed: FullWorld, people: dict[str, User]
) -> None:
    attack(INVOICE, sealed.invoice.pk)
    ada = Client()
    ada.force_login(people["Ada"])
    page = reverse("admin:trail_verification_verify")
    listed = ada.get(reverse("admin:trail_verification_changelist")).content.decode()
    assert page in listed
    assert head()[1].hex() in listed
    form = ada.get(page).content.decode()
    key = (
        form.split('name="one_time_key" value="')[1].split('"')[0] if "one_time_key" in form else ""
    )
    answer = ada.post(page, {"one_time_key": key})
    asked = Verification.objects.get(state="asked")
    assert answer.url == reverse("admin:trail_verification_change", args=[asked.pk])
    assert asked.asked_by == people["Ada"]
    assert OrmQ.objects.count() == 1
    assert SecurityEvent.objects.filter(words="Had the audit trail verified").exists()
    assert tasks.ask(people["Fay"]) == asked, "one is enough"

    tasks.carry_out(asked.pk)
    shown = ada.get(answer.url).content.decode()
    assert "1 thing is not as sealed" in shown
    assert sealed.invoice.number in shown


@pytest.mark.parametrize("name", ["Vera", "Cleo", ""])
def test_nobody_else_sees_it(name: str, sealed: FullWorld, people: dict[str, User]) -> None:
    client = Client()
    if name:
        client.force_login(people[name])
    for page in ("changelist", "verify"):
        for answer in (client.get(reverse(f"admin:trail_verification_{page}")),
                       client.post(reverse(f"admin:trail_verification_{page}"))):  # fmt: skip
            assert answer.status_code == (403 if name else 302)
    assert not Verification.objects.filter(state="asked").exists()


def look() -> None:
    """The weekly duty, and the worker that takes up what it queues."""
    tasks.verify_all()
    asked = Verification.objects.get(state="asked")
    assert tasks.carry_out(asked.pk) != tasks.carry_out(asked.pk) == "Another worker is at it"


def test_a_look_whose_worker_died_has_an_end(sealed: FullWorld) -> None:
    begun = timezone.now() - timedelta(hours=2)
    dead = Verification.objects.create(state="running", begun_at=begun)
    tasks.seal_what_is_new()
    dead.refresh_from_db()
    assert (dead.state, dead.ended_at is None) == ("broken", False)


def test_what_is_found_opens_an_alert_and_a_good_look_ends_it(sealed: FullWorld) -> None:
    look()
    assert list(not_as_sealed()) == []
    attack(INVOICE, sealed.invoice.pk)
    look()
    (cause,) = not_as_sealed()
    assert cause.count == 1
    assert "1 thing is not as sealed" in cause.sentence
    attack("UPDATE billing_invoice SET total = total - 1 WHERE id = %s", sealed.invoice.pk)
    look()
    assert list(not_as_sealed()) == []


def test_a_sealer_that_stands_still_opens_an_alert(sealed: FullWorld) -> None:
    now = timezone.now()
    assert list(not_sealed(now)) == []
    Floor.objects.update(looked_at=now - timedelta(hours=3))
    (cause,) = not_sealed(now)
    assert "Nothing was sealed in the audit trail for 3 hours." in cause.sentence
    assert Entry.objects.exists()
    assert heads.kept()
