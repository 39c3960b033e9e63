"""The page of a call shows the part of one record, and not a batch of thirty."""

import json
import re
import zlib
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.connectors.quickbooks.client import batch_id
from apps.sync.models import Call, SyncRecord
from tests.backoffice.world import World

Browse = Callable[[str], Client]


@pytest.fixture
def batch(world: World) -> Call:
    """A call that carried an invoice and a payment, each with its answer."""
    other = SyncRecord.objects.get(payment=world.payment)
    ours, theirs = batch_id(world.record.pk), batch_id(other.pk)
    sent = [{"bId": ours, "Invoice": {"DocNumber": "OURS-1"}}, {"bId": theirs, "Payment": {"PaymentRefNum": "OTHER-2"}}]  # fmt: skip
    told = [
        {"bId": theirs, "Payment": {"Id": "214"}},
        {"bId": ours, "Fault": {"Error": [{"code": "6140", "Message": "Used before"}]}},
    ]
    call: Call = world.call
    call.members = [world.record.pk, other.pk]
    call.body = zlib.compress(json.dumps({"BatchItemRequest": sent}).encode())
    call.answer = zlib.compress(json.dumps({"BatchItemResponse": told}).encode())
    call.save()
    return call


def parts(browse: Browse, call: Call, record: Any = "") -> tuple[str, str]:
    """What is shown of the record, and the rest of the page below it."""
    answer = browse("Fay").get(
        reverse("admin:sync_call_change", args=[call.pk]), {"record": record} if record else {}
    )
    assert answer.status_code == 200
    text = unescape(answer.content.decode())
    _, _, shown = text.partition('<section class="t-box">')
    first, fold, rest = shown.partition("<details")
    return first, fold + rest


def test_it_shows_what_was_sent_and_answered_of_this_record_and_folds_the_rest(
    world: World, browse: Browse, batch: Call
) -> None:
    shown, folded = parts(browse, batch, world.record.pk)
    assert "Of Invoice INV-2026-00002" in shown
    assert "OURS-1" in shown
    assert "Used before" in shown
    assert "OTHER-2" not in shown
    assert "OTHER-2" in folded
    assert " open>" not in folded[:60]


def test_each_record_that_it_carried_leads_to_its_own_part(
    world: World, browse: Browse, batch: Call
) -> None:
    shown, folded = parts(browse, batch)
    assert "It carried 2 records" in shown
    assert re.findall(r'href="[^"]*\?record=(\d+)"', shown) == [str(each) for each in batch.members]
    assert " open>" in folded[:60]


def test_what_is_kept_no_more_is_told_so(world: World, browse: Browse, batch: Call) -> None:
    Call.objects.filter(pk=batch.pk).rewrite(body=b"", answer=b"")
    shown, folded = parts(browse, batch, world.record.pk)
    assert shown.count("see the whole call") == 2
    assert folded.count("Not kept") == 2


def test_a_call_of_one_record_is_its_own(world: World, browse: Browse) -> None:
    world.call.members = [world.record.pk]
    world.call.save()
    shown, _ = parts(browse, world.call, world.record.pk)
    assert "The call carried this record alone." in shown


@pytest.mark.parametrize("asked", ["0", "x", "9" * 30, "-1"])
def test_a_record_that_it_did_not_carry_is_none_of_its_page(
    browse: Browse, batch: Call, asked: str
) -> None:
    assert "Of Invoice" not in parts(browse, batch, asked)[0]
