"""Of each question only the answers that can be carried out are offered; the others are told with why."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.backoffice.ledgers.status import REJECTED, sentence_of
from apps.mappings.models import RemoteCode
from apps.reconciliation.models import Difference
from apps.sync.models import (
    HELD_REASONS,
    Candidate,
    Conflict,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    packed,
)
from tests.backoffice.world import World

Browse = Callable[[str], Client]


def page(client: Client, row: Any) -> str:
    of = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    answer = client.get(reverse(of, args=[row.pk]))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def offered(client: Client, row: Any) -> list[str]:
    """The names of the acts that stand on its page."""
    of = f"/admin/sync/{row._meta.model_name}/{row.pk}/"
    return sorted(set(re.findall(rf'"{of}([a-z-]+)/"', page(client, row))) - {"change"})


def differs(record: SyncRecord, path: str, ours: Any = "1", theirs: Any = "2") -> Conflict:
    return Conflict.objects.create(sync_record=record, path=path, ours=ours, theirs=theirs)


def test_a_changed_amount_is_never_taken_over_and_the_page_says_what_to_do(
    world: World, browse: Browse
) -> None:
    total = differs(world.record, "total", "92", "93.5")
    differs(world.record, "lines.1.net", "50", "51.5")
    assert offered(browse("Fay"), total) == ["ours"]
    shown = page(browse("Fay"), total)
    assert "does not change here once it is issued (total and net amount of line 1)" in shown
    assert "Credit it and issue a new one, or put ours back in QuickBooks." in shown
    address = reverse("admin:sync_conflict_theirs", args=[total.pk])
    browse("Fay").post(address)
    total.refresh_from_db()
    assert total.decision == ""


def test_a_due_date_is_taken_either_way(world: World, browse: Browse) -> None:
    due = differs(world.record, "due_date", "2026-12-01", "2026-12-24")
    assert offered(browse("Fay"), due) == ["ours", "theirs"]
    assert "24 Dec 2026" in page(browse("Fay"), due)


def test_what_is_void_there_cannot_be_made_valid_again(world: World, browse: Browse) -> None:
    void = differs(world.record, "void", False, True)
    assert offered(browse("Fay"), void) == ["theirs"]
    assert "QuickBooks cannot make a void document valid again" in page(browse("Fay"), void)


def test_what_is_paid_here_and_void_there_says_what_to_do_first(
    world: World, browse: Browse
) -> None:
    paid = SyncRecord.objects.create(
        connection=world.connection, kind="invoice", invoice=world.invoice, wanted=1, sent=1
    )
    void = differs(paid, "void", False, True)
    assert offered(browse("Fay"), void) == []
    assert "Un-apply that first, then take theirs." in page(browse("Fay"), void)


def test_of_before_the_cut_off_ours_is_not_put_back(world: World, browse: Browse) -> None:
    SyncRecord.objects.filter(pk=world.record.pk).update(opening=True)
    due = differs(world.record, "due_date", "2026-12-01", "2026-12-24")
    assert offered(browse("Fay"), due) == ["theirs"]
    assert "It was open at the cut-off" in page(browse("Fay"), due)


@pytest.mark.parametrize("path", ["amount", "paid_on"])
def test_money_is_decided_either_way(world: World, browse: Browse, path: str) -> None:
    record = SyncRecord.objects.get(payment=world.payment)
    assert offered(browse("Fay"), differs(record, path)) == ["ours", "theirs"]


def test_three_fields_of_a_customer_are_one_question_on_one_page(
    world: World, browse: Browse
) -> None:
    record, email = world.conflict.sync_record, world.conflict
    phone = differs(record, "phone", "020 1", "020 2")
    name = differs(record, "name", "Bell & Daughters", "Bell and Daughters")
    fay = browse("Fay")
    listed = fay.get(reverse("admin:sync_conflict_changelist") + "?decided=no")
    assert len(listed.context["cl"].result_list) == 1
    assert "and 2 more" in listed.content.decode()
    assert offered(fay, phone) == ["each-field", "ours", "theirs"]
    shown = page(fay, phone)
    for words in ("E-mail address", "Phone number", "020 2", "Bell and Daughters"):
        assert words in shown
    asked = fay.get(reverse("admin:sync_conflict_each-field", args=[phone.pk])).content.decode()
    assert "QuickBooks: office@example.com" in asked
    assert {f"field_{each.pk}" for each in (email, phone, name)} == set(
        re.findall(r'name="(field_\d+)"', asked)
    )
    summary = page(fay, record)
    assert summary.count("Changed on both sides: <a") == 1


def candidate_of(world: World, **theirs: Any) -> Candidate:
    row = RemoteRecord.objects.create(
        connection=world.connection, kind="Invoice", remote_id="77", of_kind="invoice",
        packed_raw=packed({"Id": "77"}), read_at=world.run.started_at, **theirs,
    )  # fmt: skip
    return Candidate.objects.create(remote_record=row, sync_record=world.record, evidence="Alike.")


def test_one_number_is_not_kept_for_two(world: World, browse: Browse) -> None:
    same = candidate_of(world, number=world.open_invoice.number)
    assert offered(browse("Fay"), same) == ["link"]
    assert "a number stands for one document" in page(browse("Fay"), same)


def test_another_number_may_be_two(world: World, browse: Browse) -> None:
    assert offered(browse("Fay"), candidate_of(world, number="OTHER-1")) == ["keep-both", "link"]


def test_what_is_linked_is_not_linked_again(world: World, browse: Browse) -> None:
    other = SyncRecord.objects.get(customer=world.draft.customer)
    taken = candidate_of(world, number="OTHER-1", sync_record=other)
    assert offered(browse("Fay"), taken) == ["keep-both"]
    assert "stands for another record of yours already" in page(browse("Fay"), taken)


def test_what_is_gone_there_is_not_linked(world: World, browse: Browse) -> None:
    assert offered(browse("Fay"), candidate_of(world, number="O-1", gone=True)) == ["keep-both"]


def test_who_may_not_decide_reads_which_remedies_there_are_and_whom_to_ask(
    world: World, browse: Browse
) -> None:
    due = differs(world.record, "due_date")
    assert offered(browse("Cleo"), due) == []
    assert "For “Put ours back” and “Take theirs” ask an Accountant." in page(browse("Cleo"), due)
    assert "ask an" not in page(browse("Fay"), due)
    assert "For “Retry” ask an Accountant." in page(browse("Vera"), world.record)


def test_the_difference_offers_what_the_question_offers(world: World, browse: Browse) -> None:
    differs(world.record, "total", "92", "93.5")
    world.difference.ours = [["invoice", world.open_invoice.pk]]
    world.difference.save()
    shown = page(browse("Fay"), Difference.objects.get(pk=world.difference.pk))
    of = f"/admin/reconciliation/difference/{world.difference.pk}"
    assert f"{of}/ours/" in shown
    assert f"{of}/theirs/" not in shown


def test_ids_of_theirs_are_read_by_their_names(world: World, browse: Browse) -> None:
    RemoteCode.objects.create(
        connection=world.connection, kind="tax_code", remote_id="79", name="20% S",
        read_at=world.run.started_at,
    )  # fmt: skip
    taxed = differs(world.record, "lines.1.tax_code_id", "79", "404")
    shown = page(browse("Fay"), taxed)
    assert "20% S" in shown
    assert "Sales of Product Income" not in shown  # an account of the same id
    assert "their id 404" in shown


def test_what_is_only_shown_stands_on_the_invoice(world: World, browse: Browse) -> None:
    said = "Changed in QuickBooks and left as it is there: its due date is 30 June 2026 there."
    row = RemoteRecord.objects.create(
        connection=world.connection, kind="Invoice", remote_id="77", of_kind="invoice",
        packed_raw=packed({"Id": "77"}), read_at=world.run.started_at, sentence=said,
        arrival=RemoteRecord.Arrival.APPLIED, sync_record=world.record,
    )  # fmt: skip
    assert said in page(browse("Fay"), world.open_invoice)
    RemoteRecord.objects.filter(pk=row.pk).update(retired=True)
    assert said not in page(browse("Fay"), world.open_invoice)


@pytest.mark.parametrize("reason", [each for each in Reason if each])
def test_who_stopped_it_is_told_of_every_reason_and_never_both(
    world: World, reason: Reason
) -> None:
    record = SyncRecord(connection=world.connection, reason=reason, sentence="So it is.")
    record.state = State.NEEDS_PERSON
    told = sentence_of(record)
    theirs, ours = "QuickBooks rejected it: ", "Tieout is holding it: "
    assert told in (f"{theirs}So it is.", f"{ours}So it is.", "So it is.")
    assert told.startswith(theirs) is (reason in REJECTED)
    assert told.startswith(ours) is (reason in HELD_REASONS)
    assert not HELD_REASONS & REJECTED
