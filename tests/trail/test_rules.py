"""What goes by rule leaves the chain valid, and excuses nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.deeds import Deed, What, ranges, tell
from apps.core.lifting import lifted
from apps.staff.models import SecurityEvent
from apps.staff.security import Kind, note
from apps.sync.models import Call
from apps.sync.tasks import purge
from apps.trail.models import Entry, RuledDeed
from apps.trail.sealing import seal
from tests.exchange.archive.world import FullWorld, archived, restored
from tests.kept_rows import kept
from tests.trail.raw import attack, found, only

pytestmark = pytest.mark.django_db


def a_call(world: FullWorld, days: int, **fields: Any) -> Call:
    made = {
        "purpose": "push", "method": "POST", "path": "/invoice", "body": b"ask", "answer": b"got",
        "state": Call.State.ANSWERED, "status": 200, "answered_at": timezone.now(),
        "started_at": timezone.now() - timedelta(days=days),
    }  # fmt: skip
    return Call.objects.create(connection=world.connection, **(made | fields))


def test_a_year_of_purges(sealed: FullWorld) -> None:
    """Month by month calls come, are sealed, and lose their bodies."""
    for month in range(12, 0, -1):
        for day in range(3):
            a_call(sealed, month * 30 + day, status=200 if day else 500)
        seal()
        purge()
        seal()
    assert found() == []
    assert not Call.objects.filter(status=200, path="/invoice").exclude(body=b"").exists()
    assert Call.objects.filter(status=500).exclude(body=b"").count() == 12, "kept for 400 days"
    deeds = RuledDeed.objects.filter(part="bodies")
    assert sum(deeds.values_list("count", flat=True)) == 24
    assert Entry.objects.filter(kind="trail.RuledDeed").count() == deeds.count()


def test_what_was_purged_and_says_something_again(sealed: FullWorld) -> None:
    call = a_call(sealed, 40)
    seal()
    purge()
    attack("UPDATE sync_call SET answer = %s WHERE id = %s", b"forged", call.pk)

    only(found(), "rewritten", "The bodies of call", f"row {call.pk}")


def test_a_row_that_a_rule_took_and_the_one_beside_it(sealed: FullWorld) -> None:
    gone, beside = (note(Kind.OPERATED, word).pk for word in ("Erased", "Taken"))
    seal()
    with lifted():
        for key in (gone, beside):
            SecurityEvent._base_manager.filter(pk=key)._raw_delete("default")
    tell(Deed(what=What.PURGED, rule="By law", table="staff.SecurityEvent", keys=[gone]))
    seal()

    only(found(), "cut out", f"row {beside} of staff_securityevent")


def test_a_row_that_a_rule_changed_is_sealed_anew_and_held_to_it(sealed: FullWorld) -> None:
    """As where the law has a person's name erased."""
    event = note(Kind.OPERATED, "Ada changed the limit")
    seal()
    with lifted():
        SecurityEvent._base_manager.filter(pk=event.pk)._update(
            [(SecurityEvent._meta.get_field("words"), None, "Somebody changed the limit")]
        )
    tell(Deed(what=What.CHANGED, rule="Name erased", table="staff.SecurityEvent", keys=[event.pk]))
    assert found() == [], "the sealer has yet to come to it"
    seal()
    assert found() == []
    assert Entry.objects.filter(kind="staff.SecurityEvent", key=event.pk).count() == 2

    attack("UPDATE staff_securityevent SET words = 'Nobody did it' WHERE id = %s", event.pk)
    only(found(), "rewritten", "(Nobody did it)")


def test_a_company_that_was_restored_brings_its_old_dates(
    people: Any, hours: None, settings: Any
) -> None:
    """Its rows are of before the last look, and that is no finding; those of others are."""
    packed = kept(_packed, people["Fay"])
    for _ in range(2):
        seal()
    company = restored(packed)
    seal()

    assert Entry.objects.filter(company_id=company.pk).count() > 60
    assert found() == []
    RuledDeed.objects.get(what="restored")


def _packed(user: Any) -> bytes:
    from django.db import transaction

    with transaction.atomic():
        packed = archived(FullWorld(user).company)
        transaction.set_rollback(True)
    return packed


def test_ranges_of_keys() -> None:
    assert ranges([3, 1, 2, 2, 9]) == [[1, 3], [9, 9]]
    assert ranges([]) == []
