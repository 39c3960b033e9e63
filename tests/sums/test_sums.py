"""Our sums and the ledger's, worked out by two hands: they agree on every document.

`TIEOUT_SUMS` is how many documents are drawn (`.ci/run`: 10,000); a hundred thousand by
`python -m tests.sums.many`.
"""

import os
from decimal import Decimal

from hypothesis import HealthCheck, given, settings

from apps.billing.sums.reckoning import ComponentTerms, DocumentTerms, LineTerms, RateTerms
from tests.sums.drawing import Drawn, documents
from tests.sums.laying import lay
from tests.sums.theirs import values_after_discounts

DOCUMENTS = int(os.environ.get("TIEOUT_SUMS", "300"))


@settings(
    max_examples=DOCUMENTS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(documents())
def test_every_document_comes_to_the_same_on_both_sides_and_its_credit_note_cancels_it(
    document: Drawn,
) -> None:
    lay(document)


def test_equal_remainders_are_equal_however_they_are_written() -> None:
    """0.03 off 0.02, 0.02 and 0.05: two thirds of a penny are left of each, and the first two have
    it."""
    rate = RateTerms(id=1, components=(ComponentTerms(id=11, percent=Decimal(20)),))
    lines = [
        LineTerms(quantity=Decimal(1), unit_price=Decimal(price), rate=rate)
        for price in ("0.02", "0.02", "0.05")
    ]
    terms = DocumentTerms(
        currency="GBP",
        home_currency="GBP",
        exchange_rate=Decimal(1),
        mode="exclusive",
        rounding="line",
        discount_amount=Decimal("0.03"),
    )
    drawn = Drawn(regime="code a line", lines=tuple(lines), terms=terms)
    lay(drawn)
    assert values_after_discounts(drawn) == [Decimal("0.01"), Decimal("0.01"), Decimal("0.04")]
