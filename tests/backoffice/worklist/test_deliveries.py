"""What they told: staff see what came, whether it was believed, and what it led to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.connections.models import Connection
from apps.webhooks.models import Delivery, Notice, Registration
from apps.webhooks.refusals import forget, refused
from tests.backoffice.world import World, told

Browse = Callable[[str], Client]
LIST = "/admin/webhooks/delivery/"


def text_of(browse: Browse, address: str) -> str:
    answer = browse("Vera").get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def page_of(browse: Browse, connection: Connection) -> str:
    return text_of(browse, f"/admin/connections/connection/{connection.pk}/change/")


def test_what_was_believed_says_what_it_told_and_what_it_led_to(
    world: World, browse: Browse
) -> None:
    text = text_of(browse, LIST)
    for words in ("QuickBooks", "Verified", "payment 214, vendor 9"):
        assert words in text
    assert "1 read, 1 is of a kind that is not kept here" in text


def test_what_was_refused_is_one_row_an_hour_with_why(world: World, browse: Browse) -> None:
    forget()
    Delivery.objects.all().delete()
    refused("quickbooks", Delivery.Reason.NOT_SIGNED)
    Delivery.objects.update(times=1200)
    text = text_of(browse, LIST)
    assert "Refused 1,200 times" in text
    assert "It is not signed with a key of ours." in text
    assert "Nothing: it is not believed." in text


def test_one_delivery_leads_to_what_is_held_of_each_object(world: World, browse: Browse) -> None:
    delivery = Delivery.objects.get()
    text = text_of(browse, f"{LIST}{delivery.pk}/change/")
    assert f"/admin/sync/remoterecord/{world.remote.pk}/change/" in text
    assert "Is of a kind that is not kept here" in text
    assert "as it was signed" not in text


def test_the_list_of_one_set_of_books_is_reached_from_its_page(
    world: World, browse: Browse
) -> None:
    other = Delivery.objects.create(
        system="xero", identity="x", body=b"", state="read", received_at=timezone.now()
    )
    text = page_of(browse, world.connection)
    assert "/webhooks/quickbooks/" in text
    address = f"{LIST}?books={world.connection.pk}"
    assert address in text
    rows = browse("Vera").get(address).context["cl"].result_list
    assert other not in rows
    assert len(rows) == 1


def test_a_list_of_many_asks_little(
    world: World, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        told(world.connection, f"3{number:02}")
    Notice.objects.exclude(word="vendor").update(word="invoice")
    client = browse("Vera")
    client.get(LIST)
    with django_assert_max_num_queries(14):
        client.get(LIST)


# --- The address, and its state -----------------------------------------------------------------


def test_an_address_without_a_key_says_where_the_key_is_given(world: World, browse: Browse) -> None:
    text = page_of(browse, world.connection)
    assert "No key given" in text
    assert "QUICKBOOKS_SIMULATED_WEBHOOK_KEY" in text


def test_an_address_that_never_heard_and_one_that_did(
    world: World, browse: Browse, settings: object
) -> None:
    settings.WEBHOOK_KEYS = {"QUICKBOOKS_SIMULATED_WEBHOOK_KEY": "k"}  # type: ignore[attr-defined] # pytest's
    assert ">Heard<" in page_of(browse, world.connection)
    Delivery.objects.update(received_at=timezone.now() - timedelta(hours=3))
    assert "3 hours ago" in page_of(browse, world.connection).replace("\xa0", " ")
    Delivery.objects.all().delete()
    text = page_of(browse, world.connection)
    assert "Never heard" in text
    assert "<dd>never</dd>" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (None, "Not registered"),
        ({}, "Waits for its key"),
        ({"problem": "FreshBooks could not be reached."}, "FreshBooks could not be reached."),
        ({"confirmed_at": timezone.now(), "key": "sealed"}, "Never heard"),
    ],
)
def test_a_registration_says_how_it_stands(
    world: World, browse: Browse, fields: dict[str, object] | None, words: str
) -> None:
    Delivery.objects.all().delete()
    Connection.objects.filter(pk=world.connection.pk).update(system="freshbooks")
    if fields is not None:
        Registration.objects.create(
            connection=world.connection, address="https://t", asked_at=timezone.now(), **fields
        )
    assert words in page_of(browse, world.connection)


def test_refused_ones_of_the_last_day_stand_on_the_page(world: World, browse: Browse) -> None:
    forget()
    refused("quickbooks", Delivery.Reason.NOT_SIGNED)
    assert "One delivery was refused in the last day." in page_of(browse, world.connection)
