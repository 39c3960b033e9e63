"""A payment method that was used posts where it posted; a new place is a new method."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.billing.actions import cancel_payment, choose_method, make_deposit, pay_refund
from apps.billing.changes import made_by
from apps.billing.models import BankAccount, Company, PaymentMethod
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping, RemoteCode
from tests.factories import make_company, make_customer, make_method, make_payment

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def _paid(company: Company, method: PaymentMethod) -> None:
    make_payment(customer=make_customer(company), method=method)


def _paid_and_cancelled(company: Company, method: PaymentMethod) -> None:
    payment = make_payment(customer=make_customer(company), method=method)
    cancel_payment(payment, reason="Typed twice", on=payment.date)


def _refunded(company: Company, method: PaymentMethod) -> None:
    payment = make_payment(customer=make_customer(company), method=make_method(company))
    day = date(2026, 3, 20)
    pay_refund(payment, amount=Decimal(20), on=day, method=method, reason="Paid twice")


USES = [_paid, _paid_and_cancelled, _refunded]
Use = Callable[[Company, PaymentMethod], None]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("posts_to", "bank", "where it posts cannot change"), ("currency", "EUR", "its currency")],
)
def test_where_a_used_method_posts_does_not_change(
    company: Company, use: Use, field: str, value: str, said: str
) -> None:
    method = make_method(company, posts_to="clearing")
    use(company, method)
    setattr(method, field, value)

    for write in (method.full_clean, method.save):
        with pytest.raises(ValidationError, match=said) as refused:
            write()
        assert "Make a new payment method" in str(refused.value)
    assert getattr(PaymentMethod.objects.get(pk=method.pk), field) != value


def test_a_method_that_nobody_used_moves_and_a_used_one_is_renamed(company: Company) -> None:
    method = make_method(company, posts_to="clearing")
    method.posts_to = "bank"
    method.save()
    _paid(company, method)
    method.name, method.active = "Bank transfer, old", False
    method.full_clean()
    method.save()

    assert PaymentMethod.objects.get(pk=method.pk).posts_to == "bank"


# --- What it is called over there ---------------------------------------------------------------


def _connected(company: Company, stage: str) -> tuple[Connection, list[RemoteCode]]:
    connection = Connection.objects.create(
        company=company,
        system="quickbooks",
        environment="simulated",
        remote_company_id="9130",
        name="Books",
        home_currency="GBP",
        stage=stage,
        trial_matched_at=timezone.now(),
        trial_fingerprint="matched",
        settings_fingerprint="matched",
        starts_on=date(2026, 1, 1),
    )
    codes = [
        RemoteCode.objects.create(
            connection=connection,
            kind="account",
            remote_id=name,
            name=name,
            roles=["bank", "clearing"],
            read_at=timezone.now(),
        )
        for name in ("First", "Second")
    ]
    return connection, codes


def _mapped(company: Company, what: str, *, used: bool) -> dict[str, Any]:
    """A payment method or a bank account, in use or not, as `set_mapping` takes it."""
    method = make_method(company, posts_to="clearing")
    if what == "method_account":
        if used:
            _paid(company, method)
        return {"payment_method": method}
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    if used:
        payment = make_payment(customer=make_customer(company), method=method)
        make_deposit(bank, date=date(2026, 3, 20), payments=[payment])
    return {"bank_account": bank}


@pytest.mark.parametrize("what", ["method_account", "bank_account"])
@pytest.mark.parametrize(
    ("stage", "used", "open_there", "moves"),
    [
        ("live", True, True, False),
        ("paused", True, True, False),
        ("live", False, True, True),  # nothing lies there
        ("setup", True, True, True),  # nothing was sent yet
        ("live", True, False, True),  # the account was closed there
    ],
)
def test_the_account_of_what_was_used_does_not_change(
    company: Company, what: str, stage: str, used: bool, open_there: bool, moves: bool
) -> None:
    connection, (first, second) = _connected(company, stage)
    thing = _mapped(company, what, used=used)
    set_mapping(connection, what, code=first, **thing)
    RemoteCode.objects.filter(pk=first.pk).update(active=open_there)

    with made_by(reason="Another account"):
        if moves:
            set_mapping(connection, what, code=second, **thing)
        else:
            with pytest.raises(ValidationError, match=r"make a new (payment method|bank account)"):
                set_mapping(connection, what, code=second, **thing)

    assert Mapping.objects.get(subject=what).code == (second if moves else first)


def test_money_without_a_method_gets_one_once_and_of_its_own_currency(company: Company) -> None:
    payment = make_payment(customer=make_customer(company))
    first, dollars = make_method(company), make_method(company, currency="USD")
    with pytest.raises(ValidationError, match="choose a method of"):
        choose_method(payment, dollars)
    choose_method(payment, first)
    payment.refresh_from_db()
    assert (payment.method, payment.history.first().history_change_reason) == (
        first,
        f"Paid by {first}",
    )
    with pytest.raises(ValidationError, match="has its payment method"):
        choose_method(payment, make_method(company))


def test_cancelled_money_gets_none(company: Company) -> None:
    payment = make_payment(customer=make_customer(company))
    cancel_payment(payment, reason="Typed twice", on=payment.date)
    with pytest.raises(ValidationError, match="is cancelled"):
        choose_method(payment, make_method(company))
