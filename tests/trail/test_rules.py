"""What goes by rule leaves the chain valid, and excuses nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Approval
from apps.core.deeds import Deed, What, ranges, tell
from apps.core.lifting import lifted
from apps.staff.models import SecurityEvent
from apps.staff.security import Kind, note
from apps.sync.models import Call
from apps.sync.tasks import purge
from apps.trail import sealing
from apps.trail.models import Again, Entry, RuledDeed
from apps.trail.sealing import seal
from tests.exchange.archive.world import FullWorld, archived, restored
from tests.factories import make_invoice
from tests.kept_rows import kept
from tests.trail.raw import attack, copied, found, only

pytestmark = pytest.mark.django_db


def a_call(world: FullWorld, days: int, **fields: Any) -> Call:
    made = {
        "purpose": "push", "method": "POST", "path": "/invoice", "body": b"ask", "answer": b"got",
        "state": Call.State.ANSWERED, "status": 200, "answered_at": timezone.now(),
        "started_at": timezone.now() - timedelta(days=days),
    }  # fmt: skip
    return Call.objects.create(connection=world.connection, **(made | fields))


@pytest.mark.slow
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
    make_invoice()  # of another company: those of the archive get other keys
    company = restored(packed)
    seal()

    assert Entry.objects.filter(company_id=company.pk).count() > 60
    assert found() == []
    RuledDeed.objects.get(what="restored")
    # By its record's key it is known what waits for approval, so that was made anew.
    waiting = Approval.objects.filter(company=company, state="waiting").earliest("pk")
    attack("UPDATE billing_approval SET fingerprint = 'f' WHERE id = %s", waiting.pk)
    only(found(), "rewritten", f"row {waiting.pk} of billing_approval")


def _packed(user: Any) -> bytes:
    from django.db import transaction

    with transaction.atomic():
        packed = archived(FullWorld(user).company)
        transaction.set_rollback(True)
    return packed


# --- A deed is no excuse for what was done afterwards ---------------------------------------------


def erased(monkeypatch: pytest.MonkeyPatch) -> SecurityEvent:
    """A row whose name a rule erased four hours ago, sealed before and after."""
    event = note(Kind.OPERATED, "Ada changed the limit")
    _seal(monkeypatch, hours_ago=5)
    with lifted():
        SecurityEvent._base_manager.filter(pk=event.pk)._update(
            [(SecurityEvent._meta.get_field("words"), None, "Somebody changed the limit")]
        )
    _tell(monkeypatch, Deed(what=What.CHANGED, rule="Name erased", table="staff.SecurityEvent", keys=[event.pk]))  # fmt: skip
    _seal(monkeypatch, hours_ago=3)
    assert _of_others() == []
    return event


def _of_others() -> list[tuple[str, str]]:
    """Findings but for the deed's own row, which these tests date back."""
    return [each for each in found() if "trail_ruleddeed" not in each[1]]


def _seal(monkeypatch: pytest.MonkeyPatch, *, hours_ago: int) -> None:
    moment = timezone.now() - timedelta(hours=hours_ago)
    with monkeypatch.context() as then:
        then.setattr(sealing, "now", lambda: moment)
        seal()


def _tell(monkeypatch: pytest.MonkeyPatch, deed: Deed) -> None:
    moment = timezone.now() - timedelta(hours=4)
    with monkeypatch.context() as then:
        then.setattr("django.utils.timezone.now", lambda: moment)
        tell(deed)


def test_what_a_rule_changed_once_is_not_free_for_ever(
    sealed: FullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rewritten afterwards, and put among what is to be sealed again."""
    event = erased(monkeypatch)
    attack("UPDATE staff_securityevent SET words = 'Nobody did it' WHERE id = %s", event.pk)
    Again.objects.create(kind="staff.SecurityEvent", key=event.pk)
    seal()

    only(_of_others(), "rewritten", "was sealed again, and no rule had changed it")


def test_a_deed_that_is_copied_with_the_time_of_today(
    sealed: FullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = erased(monkeypatch)
    deed = RuledDeed.objects.get(table="staff.SecurityEvent")
    attack("UPDATE staff_securityevent SET words = 'Nobody did it' WHERE id = %s", event.pk)
    copied("trail_ruleddeed", "id", deed.pk, {"id": deed.pk + 1, "done_at": timezone.now()})
    Again.objects.create(kind="staff.SecurityEvent", key=event.pk)
    seal()

    only(_of_others(), "rewritten", "was sealed again, and no rule had changed it")


def test_a_row_of_an_old_date_long_after_a_company_was_restored(
    sealed: FullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, invoice = sealed.company, sealed.invoice
    _tell(monkeypatch, Deed(what=What.RESTORED, rule="Restored", company=company.pk))
    seal()
    assert _of_others() == []
    past = invoice.history.order_by("history_id").first()
    assert past is not None
    key = max(invoice.history.model.objects.values_list("history_id", flat=True)) + 1
    copied(
        "billing_historicalinvoice", "history_id", past.history_id,
        {"history_id": key, "history_date": timezone.now() - timedelta(days=400)},
    )  # fmt: skip
    seal()

    assert [each for each in _of_others() if each[0] == "put in later" and f"row {key}" in each[1]]


def test_ranges_of_keys() -> None:
    assert ranges([3, 1, 2, 2, 9]) == [[1, 3], [9, 9]]
    assert ranges([]) == []
