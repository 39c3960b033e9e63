"""Rates of tax that stand on one account of theirs are worth at home what that account is.

By hand, at 0.85: 100.00 are 85.00; tax of 1.01 and 1.03 are 0.8585 and 0.8755, rounded 0.86 and 0.88,
together 1.734, rounded 1.73. The receivable of 102.04 is 86.734, rounded 86.73.
"""

from decimal import Decimal

import pytest

from apps.connectors.port import Posting
from apps.sync.assemble.home_cents import rounded_by_group

NIL = Decimal(0)


def of(**credits: str) -> list[Posting]:
    """Credits below nil are debits."""
    found = []
    for name, stated in credits.items():
        amount = Decimal(stated)
        account = name.replace("_", ":")
        found.append(Posting(account_id=account, debit=max(-amount, NIL), credit=max(amount, NIL)))
    return found


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"tax:a": "one", "tax:b": "one"}, {"income": "85.00", "tax:a": "0.86", "tax:b": "0.87"}),
        ({}, {"income": "84.99", "tax:a": "0.86", "tax:b": "0.88"}),
    ],
)
def test_the_rates_of_one_account_are_rounded_together(
    sign: str, groups: dict[str, str], expected: dict[str, str]
) -> None:
    turned = "" if sign else "-"
    own = of(receivable=f"{turned}102.04", income=f"{sign}100.00", tax_a=f"{sign}1.01",
             tax_b=f"{sign}1.03")  # fmt: skip
    home = of(receivable=f"{turned}86.73")
    found = rounded_by_group(own, home, groups, Decimal("0.85"), "GBP")
    booked = {each.account_id: each.credit - each.debit for each in found}
    one = Decimal(f"{sign}1")
    assert booked == {
        "receivable": -one * Decimal("86.73"),
        **{account: one * Decimal(amount) for account, amount in expected.items()},
    }
    assert not sum(booked.values())
