"""What a ledger can tell of its own totals, and what nothing can be held against: worked by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.port import Capabilities
from apps.connectors.totals import ControlTotal
from apps.reconciliation.held_against import not_held_against
from apps.reconciliation.models import Why
from apps.sync.models import Run
from tests.factories import make_invoice
from tests.journal.connector import CAPABILITIES as JOURNAL
from tests.reconciliation.worked import (
    END_OF_MARCH,
    MID_MARCH,
    Example,
    both,
    by_currency,
    explanations,
    typed,
)
from tests.worked.connector import CAPABILITIES as WORKED

pytestmark = pytest.mark.django_db

ONLY_RECEIVABLE = "Worked has no trial balance, only its receivable by currency."
NO_TRIAL_BALANCE = (
    f"Income, tax and money were held against each record alone, and no total: {ONLY_RECEIVABLE}"
)


@pytest.mark.slow
def test_what_is_several_objects_and_what_is_several_records_agree_as_sums_on_each_day(
    example: Example,
) -> None:
    for on, pounds in ((MID_MARCH, "25000"), (date(2026, 3, 18), "100"), (END_OF_MARCH, "10")):
        found = example.compare(on)
        assert found.refusals == []
        assert by_currency(found) == both(GBP=pounds, EUR="200")
        assert all(line.agrees and line.on == on for line in found.totals)
        assert explanations(found) == []

    assert (found.only_there, found.documents, found.payments, found.refunds) == ([], 3, 2, 1)
    figures = {name: (each.ours, each.theirs) for name, each in found.sums.items()}
    assert figures["payments: amount"] == (25100, 25100)
    assert figures["invoices: paid"] == (25090, 25090)
    assert figures["invoices: balance due"] == (10, 10)
    assert figures["refunds: amount"] == (10, 10)
    assert figures["payments: on account"] == (0, 0)
    # That they agree is never said without what it was not held against.
    assert found.accounts == []
    assert found.not_held_against == NO_TRIAL_BALANCE
    run = Run.objects.filter(duty="proof").latest("pk")
    agreed = "Both sides agree as of 31 Mar 2026: 3 documents, 2 payments."
    assert run.sentence == f"{agreed} {NO_TRIAL_BALANCE}"


# --- Broken over there --------------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """What somebody does there, and what of their total it explains: a later one of the same record
    instead of the earlier."""

    record: str
    does: Callable[[Example], Any]
    why: Why
    amount: str
    says: str
    currency: str = "GBP"


def cancelled(example: Example, receipt: int) -> None:
    act = example.works.act
    act("DELETE", f"/receipts/{receipt}/allocations/{example.there(example.large)}")
    act("POST", f"/receipts/{receipt}/cancel")


def deleted(example: Example, receipt: int) -> None:
    cancelled(example, receipt)
    example.works.act("DELETE", f"/receipts/{receipt}")


def dated_anew(example: Example) -> None:
    example.works.act("PUT", "/refunds/1", {"dated": "2026-04-02"})


def made_greater(example: Example) -> None:
    example.works.act("PUT", "/receipts/4", {"amount": "130.00"})


def voided(example: Example) -> None:
    example.works.act("POST", f"/invoices/{example.there(example.euros)}/void")


def not_paid_back(example: Example) -> None:
    example.works.act("POST", "/refunds/1/cancel")


def not_sent(example: Example) -> None:
    make_invoice(customer=example.large.customer, issue_date=date(2026, 3, 30))


THREE = "Payment of 25,000.00 GBP of 16 Mar 2026 (in Worked receipt 1 of 9,999.99 GBP, receipt 2"
TAKEN_BACK = f"{THREE}, taken back and receipt 3"
PAID = "-25,000.00 GBP on the receivable here and"

# One after the other, as of the end of March.
BREAKS = [
    Break(
        "three receipts",
        lambda example: cancelled(example, 2),
        Why.AMOUNT,
        "9999.99",
        f"{TAKEN_BACK} of 5,000.02 GBP): {PAID} -15,000.01 GBP in Worked.",
    ),
    Break(
        "three receipts",
        lambda example: deleted(example, 3),
        Why.AMOUNT,
        "15000.01",
        f"{TAKEN_BACK}, which is gone): {PAID} -9,999.99 GBP in Worked.",
    ),
    Break(
        "shared",
        made_greater,
        Why.AMOUNT,
        "-30",
        "Payment of 100.00 GBP of 20 Mar 2026: -100.00 GBP on the receivable here and -130.00 GBP "
        "in Worked.",
    ),
    Break(
        "refund",
        dated_anew,
        Why.DATE,
        "-10",
        "Refund 10.00 GBP of 24 Mar 2026: 10.00 GBP on the receivable here and 0.00 GBP in Worked.",
    ),
    Break(
        "refund",
        not_paid_back,
        Why.STATE,
        "-10",
        "Refund 10.00 GBP of 24 Mar 2026: 10.00 GBP on the receivable here and 0.00 GBP in Worked.",
    ),
    Break(
        "typed there",
        lambda example: typed(example.works, "40.00", "2026-03-17"),
        Why.ONLY_THERE,
        "-40",
        "receipt 5 of 17 March 2026, 40.00 GBP, is only in Worked.",
    ),
    Break(
        "typed before",
        lambda example: typed(example.works, "85.00", "2025-12-30"),
        Why.BEFORE,
        "-85",
        "-85.00 GBP on the receivable in Worked are of before 2026-01-01: 1 of its records.",
    ),
    Break(
        "not sent",
        not_sent,
        Why.ONLY_HERE,
        "-100",
        "Invoice INV-2026-00004: 100.00 GBP on the receivable here and 0.00 GBP in Worked.",
    ),
    Break(
        "euros",
        voided,
        Why.STATE,
        "-200",
        "Invoice INV-2026-00002: 200.00 EUR on the receivable here and 0.00 EUR in Worked.",
        currency="EUR",
    ),
]


@pytest.mark.slow
def test_each_break_there_is_named_with_its_amount_and_all_add_up_to_the_difference_of_their_total(
    example: Example,
) -> None:
    """Theirs comes to 10 + 15,000.01 - 30 - 10 - 40 - 85 and ours to 10 + 100 at the end."""
    expected: dict[str, tuple[str, Why, Decimal, str]] = {}
    for each in BREAKS:
        each.does(example)
        expected[each.record] = (each.currency, each.why, Decimal(each.amount), each.says)

        found = example.compare()

        told = [
            (line.currency, one.why, one.amount, one.sentence)
            for line in found.totals
            for one in line.explanations
        ]
        assert sorted(told) == sorted(expected.values())
        for line in found.totals:
            assert line.theirs == example.owed().get(line.currency, Decimal(0))
            assert line.unexplained == 0
        assert not found.tied_out
    assert by_currency(found)["GBP"] == (110, Decimal("14845.01"))

    # As of mid-March nothing of it had happened but what is of before, and the void.
    earlier = example.compare(MID_MARCH)
    assert by_currency(earlier) == {"GBP": (25000, 24915), "EUR": (200, 0)}
    assert {each.amount for each in explanations(earlier)} == {-85, -200}


@pytest.mark.slow
def test_a_difference_of_several_objects_or_records_is_told_once_with_both_sides(
    example: Example,
) -> None:
    """Of the pair 60.00 + 30.00, to which somebody sets the 10.00 that were paid back; of the
    receipts, of which one is cancelled."""
    invoice = example.there(example.small)
    not_paid_back(example)
    body = {"invoice": invoice, "amount": "10.00", "dated": "2026-03-26"}
    example.works.act("POST", "/receipts/4/allocations", body)
    cancelled(example, 2)

    found = example.compare()

    name = "Payment of 100.00 GBP of 20 Mar 2026"
    three = f"{TAKEN_BACK} of 5,000.02 GBP)"
    of_payments = [each for each in found.differences if each.startswith("Payment")]
    large = example.there(example.large)
    assert of_payments == [
        f"{three}: amount is 25,000.00 GBP here and 15,000.01 GBP in Worked.",
        f"{three}: part set against {large} is 25,000.00 GBP here and 15,000.01 GBP in Worked.",
        f"{name}: part set against {invoice} is 90.00 GBP here and 100.00 GBP in Worked.",
        f"{name}: part set against refund 1 is 10.00 GBP here and 0.00 GBP in Worked.",
    ]
    assert (found.only_there, found.doubles) == ([], [])


@pytest.mark.slow
def test_what_was_changed_there_of_a_pair_is_asked_once_after_it_was_read(example: Example) -> None:
    not_paid_back(example)
    body = {"invoice": example.there(example.small), "amount": "10.00", "dated": "2026-03-26"}
    example.works.act("POST", "/receipts/4/allocations", body)
    example.works.run()
    example.works.run()

    asked = [each.sentence for each in example.compare().questions]

    assert len([each for each in asked if "100.00 GBP in Worked" in each]) == 1


@pytest.mark.slow
def test_objects_that_are_no_one_record_and_one_with_our_mark_beside_them_are_told(
    example: Example,
) -> None:
    example.works.act("PUT", "/receipts/2", {"dated": "2026-03-17"})
    typed(example.works, "5000.02", "2026-03-16", example.works.theirs("receipt")[2]["remark"])

    found = example.compare()

    [said] = [each for each in found.differences if "no one record" in each]
    assert said.endswith("is no one record in Worked: paid on is 2026-03-16 and 2026-03-17.")
    [double] = found.doubles
    assert "stands there 2 times (ids 1, 5)" in double
    assert [(each.why, each.amount) for each in explanations(found)] == [
        (Why.ONLY_THERE, Decimal("-5000.02"))
    ]


# --- What nothing can be held against -----------------------------------------------------------


ALONE = "were held against each record alone, and no total"
NOTHING = (
    "Our figures can be held against nothing in Journal: what stands in Journal cannot be read; "
    "Tieout knows what was confirmed, and no more."
)


@pytest.mark.parametrize(
    ("has", "totals", "said"),
    [
        (WORKED, {ControlTotal.TRIAL_BALANCE}, ""),
        (WORKED, {ControlTotal.TRIAL_BALANCE, ControlTotal.RECEIVABLE}, ""),
        (WORKED, {ControlTotal.RECEIVABLE}, f"Income, tax and money {ALONE}: {ONLY_RECEIVABLE}"),
        (WORKED, set(), f"Our figures {ALONE} of theirs: {ONLY_RECEIVABLE}"),
        (JOURNAL, set(), NOTHING),
    ],
)
def test_what_nothing_can_be_held_against_is_said_in_one_sentence(
    has: Capabilities, totals: set[ControlTotal], said: str
) -> None:
    assert not_held_against(replace(has, control_totals=frozenset(totals))) == said
