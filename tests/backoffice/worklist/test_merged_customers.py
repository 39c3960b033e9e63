"""Customers merged over there: the question names what waits, and a person answers it once."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from apps.sync.models import CustomerMerge, Reason, State, SyncRecord
from tests.backoffice.world import World, merged_there

Browse = Callable[[str], Client]
LIST = "/admin/sync/customermerge/"


def test_the_question_stands_on_the_first_page_and_names_the_waiting_work(
    world: World, browse: Browse
) -> None:
    merge = merged_there(world.connection)
    assert "Merged customers" in browse("Fay").get("/admin/").content.decode()
    page = browse("Fay").get(f"{LIST}{merge.pk}/change/").content.decode()
    assert "QuickBooks merged Wold &amp; Co into Vale Ltd" in page
    invoice = merge.sync_record.customer.invoices.get()
    assert f"Invoice {invoice.number} over 100.00 GBP" in page
    assert "Follow: one customer" in page
    held = browse("Vera").get("/admin/sync/syncrecord/?reason=merged").content.decode()
    assert "Tieout is holding it: QuickBooks merged Wold" in held


def test_fay_follows_the_merge_and_nobody_else_can(world: World, browse: Browse) -> None:
    merge = merged_there(world.connection)
    address = reverse("admin:sync_customermerge_follow", args=[merge.pk])
    for name in ("Cleo", "Ada", "Vera"):
        assert browse(name).post(address).status_code == 403

    browse("Fay").post(address)

    merge.refresh_from_db()
    assert (merge.decision, str(merge.decided_by)) == ("follow", "Fay")
    record = SyncRecord.objects.get(pk=merge.sync_record_id)
    assert (record.state, record.reason) == (State.LEFT_OUT, Reason.MERGED)
    assert str(record.customer.merged_into) == "Vale Ltd"
    page = browse("Fay").get(f"{LIST}{merge.pk}/change/").content.decode()
    assert "Follow: one customer" not in page


def test_two_customers_need_another_name_and_a_reason(world: World, browse: Browse) -> None:
    merge = merged_there(world.connection)
    address = reverse("admin:sync_customermerge_keep-apart", args=[merge.pk])

    answer = browse("Fay").post(address, {"new_name": "Vale Ltd", "reason": "Two firms"})
    assert "There is a customer Vale Ltd in QuickBooks already." in answer.content.decode()
    browse("Fay").post(address, {"new_name": "Wold (York)", "reason": ""})
    assert CustomerMerge.objects.get().decision == ""

    browse("Fay").post(address, {"new_name": "Wold (York)", "reason": "Two firms"})
    merge.refresh_from_db()
    assert (merge.decision, merge.reason) == ("keep_apart", "Two firms")
    record = SyncRecord.objects.get(pk=merge.sync_record_id)
    assert (str(record.customer), record.state, record.generation) == (
        "Wold (York)",
        State.WAITING,
        2,
    )
