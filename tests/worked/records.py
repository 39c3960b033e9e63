"""Records to send, one of each kind, with what they need there."""

from collections.abc import Callable

import pytest

from tests.contract.sending import Record
from tests.worked.stage import Stage


def customer(stage: Stage) -> Record:
    return stage.record(stage.customer())


def item(stage: Stage) -> Record:
    return stage.record(stage.item())


def invoice(stage: Stage, net: str = "100.00") -> Record:
    return stage.record(stage.invoice(customer_there(stage), net))


def credit(stage: Stage) -> Record:
    return stage.record(stage.credit(customer_there(stage)))


def payment(stage: Stage) -> Record:
    return stage.record(stage.payment(customer_there(stage)))


def great_payment(stage: Stage) -> Record:
    return stage.record(stage.payment(customer_there(stage), "25000.00"))


def refund(stage: Stage) -> Record:
    return stage.record(stage.refund(stage.sent(stage.payment(customer_there(stage))), "30.00"))


def refund_of_great_payment(stage: Stage) -> Record:
    paid = stage.sent(stage.payment(customer_there(stage), "25000.00"))
    return stage.record(stage.refund(paid, "12000.00"))


def allocation(stage: Stage) -> Record:
    return allocated(stage, stage.payment, "120.00", "100.00", "120.00")


def great_allocation(stage: Stage) -> Record:
    return allocated(stage, stage.payment, "25000.00", "20000.00", "22000.00")


def allocation_of_credit(stage: Stage) -> Record:
    return allocated(stage, stage.credit, "50.00", "100.00", "45.00")


def allocated(
    stage: Stage, of: Callable[..., object], source: str, net: str, amount: str
) -> Record:
    there = customer_there(stage)
    target = stage.sent(stage.invoice(there, net))
    return stage.record(stage.allocation(stage.sent(of(there, source)), target, amount))


def customer_there(stage: Stage) -> str:
    return stage.sent(stage.customer()).id


ONE_OF_EACH = [
    pytest.param(customer, [""], id="customer"),
    pytest.param(item, [""], id="item"),
    pytest.param(invoice, ["", "send"], id="invoice"),
    pytest.param(credit, ["", "send"], id="credit note"),
    pytest.param(payment, [""], id="payment"),
    pytest.param(great_payment, ["", "receipt-2", "receipt-3"], id="payment of three receipts"),
    pytest.param(refund, [""], id="refund"),
    pytest.param(refund_of_great_payment, ["", "refund-2"], id="refund of two receipts"),
    pytest.param(allocation, [""], id="allocation"),
    pytest.param(great_allocation, ["", "part-2", "part-3"], id="allocation of three receipts"),
    pytest.param(allocation_of_credit, [""], id="allocation of a credit note"),
]
