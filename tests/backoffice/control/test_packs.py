"""Packs for auditors at the screens: who may, what is asked, what is shown and noted."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from apps.backoffice.frame.formatting import in_groups
from apps.staff.models import SecurityEvent, User
from apps.trail.models import AuditorPack
from apps.trail.pack.asking import carry_out
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import World
from tests.factories import make_company

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Any]
MARCH = {"first_day": "2026-03-01", "last_day": "2026-03-31"}


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)


def test_an_auditor_has_one_made_and_downloads_it(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    iris = browse("Iris")
    form = iris.get(page(world.company, "pack")).context["form"]
    last_year = [form[each].initial for each in ("first_day", "last_day")]
    assert last_year == [date(2025, 1, 1), date(2025, 12, 31)]
    answer = iris.post(page(world.company, "pack"), MARCH)
    pack = AuditorPack.objects.get()
    assert (pack.asked_by, answer["Location"]) == (people["Iris"], page(pack))
    waiting = iris.get(page(pack))
    assert waiting["Refresh"] == "3"
    assert "Waits for a worker" in waiting.content.decode()
    assert iris.get(page(pack, "download")).status_code == 302  # there is none yet

    carry_out(pack.pk)
    pack.refresh_from_db()
    shown = iris.get(page(pack)).content.decode()
    assert in_groups(pack.sha256) in shown
    assert "changes-after-issue.csv" in shown
    assert f"{pack.head_number}:{pack.head_link}" in shown

    taken = iris.get(page(pack, "download"))
    assert taken["Content-Disposition"] == (
        'attachment; filename="thornfield-trading-ltd-2026-03-01-to-2026-03-31-auditors.zip"'
    )
    assert hashlib.sha256(b"".join(taken.streaming_content)).hexdigest() == pack.sha256
    event = SecurityEvent.objects.get(kind="downloaded")
    assert (event.person, event.details["keys"]) == (people["Iris"], [str(pack.pk)])
    assert SecurityEvent.objects.get(kind="operated").words == (
        "Had a pack for auditors made, 2026-03-01 to 2026-03-31."
    )
    assert "Iris, 28 Nov 2026 12:00 UTC" in iris.get(page(pack)).content.decode()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({**MARCH, "last_day": "2026-02-28"}, "The last day is before the first one."),
        ({**MARCH, "last_day": "2027-03-31"}, "This day has not come yet."),
        ({**MARCH, "first_day": "0001-01-01"}, "Give a day from 1 January 1970 on."),
        ({**MARCH, "first_day": "2016-01-01"}, "A pack is of ten years at most."),
        ({**MARCH, "first_day": ""}, "This field is required."),
    ],
)
def test_days_that_are_no_period_are_asked_again(
    world: World, browse: Browse, days: dict[str, str], said: str
) -> None:
    assert said in browse("Fay").post(page(world.company, "pack"), days).content.decode()
    assert not AuditorPack.objects.exists()


def test_nobody_else_makes_or_reads_one(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    pack = AuditorPack.objects.create(
        company=world.company, first_day="2026-03-01", last_day="2026-03-31",
        asked_by=people["Fay"],
    )  # fmt: skip
    carry_out(pack.pk)
    for name in ("Vera", "Cleo", "Otto"):
        client = browse(name)
        assert client.post(page(world.company, "pack"), MARCH).status_code == 403, name
        for address in (page(pack), page(pack, "download")):
            assert client.get(address).status_code == 403, name
        # Also not as one of the files that are kept.
        pack.refresh_from_db()
        assert client.get(page(pack.file, "download")).status_code == 403, name
    # Whoever works for another company alone does not learn that there is one.
    elsewhere = make_company(legal_name="Elsewhere Ltd")
    for name in ("Fay", "Ada", "Iris"):
        User.objects.filter(pk=people[name].pk).update(every_company=False)
        elsewhere.members.create(user=people[name])
        client = browse(name)
        for address in (page(world.company, "pack"), page(pack), page(pack, "download")):
            assert client.get(address).status_code == 404, (name, address)
        listed = client.get(reverse("admin:trail_auditorpack_changelist")).content.decode()
        assert "No pack was made yet" in listed
    assert AuditorPack.objects.count() == 1
