"""“Posts elsewhere from …” on a payment method, and what its pages say afterwards."""

from collections.abc import Callable
from datetime import date

from django.test import Client
from django.urls import reverse

from apps.billing.models import PaymentMethodPlace
from tests.backoffice.world import World
from tests.factories import make_method

Browse = Callable[[str], Client]


def test_fay_lets_a_used_method_post_elsewhere_and_a_clerk_cannot(
    world: World, browse: Browse
) -> None:
    method = make_method(world.company, name="Till", posts_to="clearing")
    address = reverse("admin:billing_paymentmethod_posts-elsewhere", args=[method.pk])
    typed = {"since": "2026-11-28", "posts_to": "bank", "reason": "A new terminal"}

    assert browse("Cleo").post(address, typed).status_code == 403
    browse("Fay").post(address, {**typed, "reason": ""})
    assert not PaymentMethodPlace.objects.exists()
    browse("Fay").post(address, typed)

    place = PaymentMethodPlace.objects.get()
    assert (place.since, place.posts_to) == (date(2026, 11, 28), "bank")
    page = browse("Fay").get(reverse("admin:billing_paymentmethod_change", args=[method.pk]))
    assert (
        "From Saturday 28 November 2026: a bank account (A new terminal)" in page.content.decode()
    )
    mapping = browse("Fay").get(
        reverse("admin:connections_connection_map", args=[world.connection.pk])
    )
    assert "Till from 28 November 2026: account" in mapping.content.decode()
    again = browse("Fay").post(address, typed)
    assert "posts elsewhere from 28 November 2026 already" in again.content.decode()
