"""What an answer says that was made, by what was read of it: batches by their own payments."""

from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import RecordRefused
from apps.connectors.port import Outcome
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    BATCH,
    INVOICE,
    OTHER_INVOICE,
    Script,
    against,
    envelope,
    payment,
    push,
    pushed,
    said,
)

SINGLE = answers.PAYMENT[:-1] + "9"
FIRST, SECOND = answers.PAYMENT, answers.PAYMENT[:-1] + "2"


def inside(one: str, amount: float, **more: Any) -> dict[str, Any]:
    own = {"PaymentID": one, "Amount": amount, "BatchPaymentID": BATCH, "Reference": ""}
    return answers.payment_raw(**own | more)


def sent(listed: list[dict[str, Any]], batch: Any = None) -> tuple[Script, Outcome, Outcome]:
    """A payment of 120.00 and a receipt of 150.00 over two invoices, and what the list of payments
    tells then beside the first."""
    single = answers.payment_raw(PaymentID=SINGLE)
    claim = batch or answers.batch_raw()
    script = Script(
        {
            "PUT Payments": said(envelope(Payments=[single])),
            "PUT BatchPayments": said(envelope(BatchPayments=[claim])),
            "GET Payments": said(envelope(Payments=[single, *listed])),
        }
    )
    both = payment("150.00", against(INVOICE, "100.00"), against(OTHER_INVOICE, "50.00"))
    paid, received = pushed(
        script,
        push(payment("120.00", against(INVOICE, "120.00")), ref=1),
        push(both, ref=2),
    )
    assert paid.error is None
    return script, paid, received


def readings(script: Script) -> list[str]:
    asked = [each for each in script.asked if not each.writes]
    return [each.path.removeprefix("/api.xro/2.0/") for each in asked]


def test_a_batch_beside_payments_is_read_with_them() -> None:
    script, _, batch = sent([inside(FIRST, 100.0), inside(SECOND, 50.0)])
    assert readings(script) == ["Payments"]
    assert batch.error is None
    assert [each.amount for each in batch.remote] == [Decimal(150), Decimal(100), Decimal(50)]


def test_a_batch_of_less_is_told() -> None:
    """Of 150.00 asked and answered, 130.00 stands."""
    _, _, batch = sent([inside(FIRST, 100.0), inside(SECOND, 30.0)])
    assert isinstance(batch.error, RecordRefused)
    assert "booked 130" in batch.error.sentence


def test_one_of_which_a_payment_was_taken_back_is_told() -> None:
    _, _, batch = sent([inside(FIRST, 100.0), inside(SECOND, 50.0, Status="DELETED")])
    assert isinstance(batch.error, RecordRefused)
    assert "booked 100" in batch.error.sentence


def test_one_of_which_all_was_taken_back_is_void() -> None:
    gone = [inside(FIRST, 100.0, Status="DELETED"), inside(SECOND, 50.0, Status="DELETED")]
    _, _, batch = sent(gone)
    assert batch.remote[0].void


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [inside(FIRST, 100.0)],
        [inside(FIRST, 100.0), inside(SECOND, 50.0, BatchPaymentID=BATCH[:-1] + "9")],
        [inside(FIRST, 100.0), answers.payment_raw(PaymentID=SECOND, Amount=50.0)],
        [inside(FIRST, 100.0), inside(SECOND, 50.0, Amount="much")],
    ],
    ids=["none", "one", "of another batch", "of none", "unreadable"],
)
def test_what_payments_do_not_tell_is_asked_of_the_batch(listed: list[dict[str, Any]]) -> None:
    script, _, batch = sent(listed)
    assert readings(script) == ["Payments", f"BatchPayments/{BATCH}"]
    assert batch.error is None


@pytest.mark.parametrize("claimed", [None, "much", []])
def test_so_is_one_whose_answer_shows_no_payments(claimed: Any) -> None:
    script, _, _ = sent([], answers.batch_raw(Payments=claimed))
    assert f"BatchPayments/{BATCH}" in readings(script)
