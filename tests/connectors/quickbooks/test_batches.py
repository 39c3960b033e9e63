"""What a write says does not depend on what rides in the same call."""

import json
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Purpose
from apps.connectors.quickbooks.client import BATCH, Books, Item

FIGURES = {"TotalAmt": Decimal("1234.57"), "Line": [{"Amount": Decimal("0.01")}]}


def written(number: int) -> list[dict[str, Any]]:
    """The bodies of so many writes in one call, as they leave."""
    items = [
        Item(ref=ref, entity="Payment", operation="create", body=dict(FIGURES))
        for ref in range(1, number + 1)
    ]
    request = Books("123").batch(items, key="k", purpose=Purpose.PAYMENTS)
    sent = json.loads(request.body, parse_float=Decimal, parse_int=Decimal)
    return [each["Payment"] for each in sent["BatchItemRequest"]]


@pytest.mark.parametrize("number", [1, 2, 24, 25, BATCH])
def test_figures_leave_to_the_last_digit_however_many_ride_together(number: int) -> None:
    assert written(number) == [FIGURES] * number
