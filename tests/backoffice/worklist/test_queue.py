"""The queue's pages: what a row holds is shown as text, and nobody makes or alters a schedule."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Task

from apps.staff.models import User
from tests.all_rights import make_almighty
from tests.sync.queue.test_queue import planted


@pytest.fixture
def everything(db: None) -> Client:
    client = Client()
    client.force_login(make_almighty("root@example.com", "a-long-password-1"))
    return client


def test_opening_a_hostile_row_runs_nothing(everything: Client, tmp_path: Path) -> None:
    key = planted(tmp_path / "ran")
    pages = [
        reverse("admin:django_q_failure_changelist"),
        reverse("admin:django_q_failure_changelist") + "?q=seen&o=1",
        reverse("admin:django_q_failure_change", args=[key]),
        reverse("admin:django_q_failure_export") + "?_format=csv&_columns=name&_columns=func",
        reverse("admin:django_q_schedule_changelist"),
        reverse("admin:index"),
    ]
    for page in pages:
        answer = everything.get(page)
        assert answer.status_code == 200, page
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert "(kept in a form that is not read)" in everything.get(pages[2]).content.decode()
    assert not (tmp_path / "ran").exists()


def test_a_failure_is_shown_without_what_the_error_said(everything: Client) -> None:
    Task.objects.create(
        id="e" * 32, name="broke", func="apps.sync.tasks.tick", started=timezone.now(),
        stopped=timezone.now(), success=False, attempt_count=1, args=[7],
        result='Bell & Co : Traceback (most recent call last):\n  File "/a.py", line 1, in tick\n'
        "ValueError: Bell & Co\n",
    )  # fmt: skip
    page = everything.get(
        reverse("admin:django_q_failure_change", args=["e" * 32])
    ).content.decode()
    assert "line 1, in tick" in page
    assert "ValueError" in page
    assert "Bell" not in page
    assert "[7]" in page


def test_nobody_makes_alters_or_sends_again(everything: Client, people: dict[str, User]) -> None:
    row = Schedule.objects.create(name="nightly", func="os.mkdir", args="'/tmp/x',")
    Failure.objects.create(
        id="d" * 32, name="x", func="os.mkdir", started=timezone.now(), stopped=timezone.now(),
        success=False,
    )  # fmt: skip
    typed = {"name": "nightly", "func": "os.system", "schedule_type": "O", "repeats": -1}
    assert everything.post(reverse("admin:django_q_schedule_add"), typed).status_code == 403
    change = reverse("admin:django_q_schedule_change", args=[row.pk])
    assert everything.post(change, typed).status_code == 403
    again = {"action": "resubmit_task", "_selected_action": ["d" * 32]}
    everything.post(reverse("admin:django_q_failure_changelist"), again)
    assert not OrmQ.objects.exists()
    row.refresh_from_db()
    assert row.func == "os.mkdir"
    assert Failure.objects.count() == 1
    for name in ("ormq", "success"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:django_q_{name}_changelist")
    assert "none of Tieout" in everything.get(change).content.decode()


def test_no_role_may_see_the_queue_but_by_its_rights(
    browse: Callable[[str], Client], people: dict[str, User]
) -> None:
    for name in people:
        assert browse(name).get(reverse("admin:django_q_schedule_changelist")).status_code == 403
