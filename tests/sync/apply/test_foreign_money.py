"""Money recorded there in another currency: worth here what their books say that it is worth."""

from dataclasses import replace
from decimal import Decimal

import pytest

from apps.billing.models import BankAccount, Deposit, Invoice, Payment
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.models import Candidate, RemoteRecord
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.sync.stage import BEGAN, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    """A company whose home currency is the euro, with a customer in dollars."""
    stage = Stage(home_currency="EUR")
    stage.customer = make_customer(stage.company, currency="USD")
    stage.customer_id = stage.tie(stage.customer)
    return stage


def _invoice(stage: Stage) -> tuple[Invoice, str]:
    """USD 100.00 at 0.90: 90.00 EUR."""
    invoice = make_invoice(
        customer=stage.customer,
        lines=[(make_item(stage.company), 1, 100)],
        currency="USD",
        exchange_rate=Decimal("0.90"),
    )
    return invoice, stage.tie(invoice)


def _dollars(stage: Stage, amount: str, rate: str, *parts: tuple[str, str]) -> PaymentSnapshot:
    paid = stage.pays(amount, *[(Kind.INVOICE, target, part) for target, part in parts])
    held = tuple(replace(each, currency="USD") for each in paid.allocations)
    return replace(paid, currency="USD", exchange_rate=Decimal(rate), allocations=held)


def test_a_gain_and_a_loss_are_realised_at_their_rates(stage: Stage) -> None:
    invoice, target = _invoice(stage)
    stage.put(_dollars(stage, "60", "0.92", (target, "60")))
    stage.put(_dollars(stage, "40", "0.85", (target, "40")))

    assert stage.apply().applied == 2

    first, second = Payment.objects.order_by("pk")
    assert (first.exchange_rate, first.exchange_rate_source) == (Decimal("0.92"), "QuickBooks")
    # 60 at 0.92 is 55.20 and takes 54.00 off; 40 at 0.85 is 34.00 and takes off the other 36.00.
    gains = [each.allocations.get().exchange_difference for each in (first, second)]
    assert gains == [Decimal("1.20"), Decimal("-2.00")]
    invoice.refresh_from_db()
    assert invoice.balance_due == 0


def test_another_rate_there_is_another_receipt_and_received_anew(stage: Stage) -> None:
    _, target = _invoice(stage)
    theirs = _dollars(stage, "100", "0.92", (target, "100"))
    row = stage.put(theirs)
    stage.apply()

    stage.put(replace(theirs, exchange_rate=Decimal("0.95")), row.remote_id)
    stage.apply()

    old, new = Payment.objects.order_by("pk")
    assert (old.status, new.status) == (Payment.Status.CANCELLED, Payment.Status.RECEIVED)
    assert new.allocations.get().exchange_difference == Decimal(5)


def test_the_same_money_is_looked_for_in_the_same_currency_only(stage: Stage) -> None:
    ours = make_payment(customer=stage.customer, amount=100, exchange_rate=Decimal("0.92"))
    euros = make_customer(stage.company)
    stage.tie(euros)
    make_payment(customer=euros, amount=100)

    row = stage.put(_dollars(stage, "100", "0.91"))
    assert stage.apply().waits == 1

    row.refresh_from_db()
    assert row.arrival == RemoteRecord.Arrival.WAITS
    [candidate] = Candidate.objects.all()
    assert candidate.sync_record == stage.record(ours)
    assert "100.00 USD" in candidate.evidence


def test_money_of_a_currency_that_its_customer_is_not_invoiced_in_is_refused(stage: Stage) -> None:
    row = stage.put(stage.pays("100"))  # in euros

    assert stage.apply().needs_person == 1

    row.refresh_from_db()
    assert "It is in EUR;" in row.sentence


def test_a_deposit_in_another_currency_is_worth_what_their_books_say(stage: Stage) -> None:
    dollars = BankAccount.objects.create(company=stage.company, name="Dollars", currency="USD")
    account = RemoteCode.objects.create(
        connection=stage.connection, kind="account", remote_id="36", name="USD", read_at=BEGAN
    )
    Mapping.objects.create(
        connection=stage.connection, subject="bank_account", bank_account=dollars, code=account
    )
    paid = stage.put(_dollars(stage, "100", "0.92"))
    stage.apply()
    stage.put(
        stage.deposit(
            (f"payment:{paid.remote_id}", "100"),
            account_id="36",
            currency="USD",
            exchange_rate=Decimal("0.93"),
        )
    )
    stage.apply()

    deposit = Deposit.objects.get()
    assert (deposit.currency, deposit.total, deposit.exchange_rate) == (
        "USD",
        Decimal(100),
        Decimal("0.93"),
    )
