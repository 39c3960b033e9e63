"""The list of bank deposits, and the page that makes one, with very many payments that wait."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.money import depositing
from apps.billing.models import Deposit, DepositLine
from tests.backoffice.world import WholeWorld
from tests.factories import make_payment

MAKE = "admin:billing_deposit_make"


def pay(whole: WholeWorld, times: int, **fields: object) -> None:
    for place in range(times):
        day = {"date": date(2026, 11, 2) + timedelta(days=place)} | fields
        make_payment(customer=whole.waiting.customer, amount="10.00", method=whole.card, **day)


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.slow
def test_both_ask_as_much_of_few_as_of_many(
    whole: WholeWorld, browse: Callable[[str], Client]
) -> None:
    fay = browse("Fay")
    addresses = [reverse("admin:billing_deposit_changelist"), reverse(MAKE)]
    pay(whole, 1)
    few = [asked(fay, each) for each in addresses * 2][2:]  # the first time warms up
    pay(whole, 12)
    assert [asked(fay, each) for each in addresses] == few
    offers = fay.get(addresses[1]).context["offers"]
    page = fay.get(reverse("admin:index")).content.decode()
    [shown] = re.findall(
        r'"t-count">([^<]*)</span><span class="t-what">Bank deposits proposed', page
    )
    assert int(shown) == len(offers) > 12


def test_the_oldest_are_offered_and_what_is_looked_through_is_offered_whole(
    whole: WholeWorld, browse: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depositing, "ROOM", 2)
    monkeypatch.setattr(depositing, "OFFERS", 3)
    fay = browse("Fay")
    pay(whole, 4)
    pay(whole, 3, payout_reference="po_many", date=date(2026, 11, 1))
    page = fay.get(reverse(MAKE))
    offers = page.context["offers"]
    assert len(offers) == 3
    assert "Shown are the oldest 3." in page.content.decode()
    [payout] = [each for each in offers if each.payout == "po_many"]
    assert (payout.count, payout.total) == (3, Decimal(30))
    looked = fay.get(payout.url).context["form"]
    ticked = [each.record.pk for each in looked.members() if each.ticked]
    assert len(ticked) == 3
    line = {"date": "2026-11-20", "reference": "po_many", "payments": ticked, "expected": "30.00",
            "fees-TOTAL_FORMS": "0", "fees-INITIAL_FORMS": "0"}  # fmt: skip
    fay.post(reverse(MAKE), line)  # also where the address names no deposit: what is ticked counts
    made = Deposit.objects.latest("pk")
    assert {*DepositLine.objects.filter(deposit=made).values_list("payment", flat=True)} == {
        *ticked
    }
    rows = fay.get(reverse("admin:billing_deposit_changelist")).content.decode()
    assert "3 payments" in rows
