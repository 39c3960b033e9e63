"""Whatever the order of acts, no record waits for what cannot happen."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    allocate,
    cancel_adjustment,
    cancel_payment,
    deduct,
    receive_payment,
    reverse,
)
from apps.billing.models import Allocation, Payment
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping
from apps.sync.want.wishes import take_changes
from tests.books import Books
from tests.factories import (
    make_customer,
    make_invoice,
)
from tests.sync.waiting.left import waiting

MARCH_20 = date(2026, 3, 20)
WHY = "Typed in error"
ACTS = (
    *("invoice", "pay", "pay", "apply", "reverse", "cancel", "deduct", "uncharge"),
    *("map", "unmap", "wish", "wish", "run"),
)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.variants
@pytest.mark.slow
def test_no_record_waits_for_what_cannot_happen_whatever_the_order_of_acts(
    books: Books, seed: int
) -> None:
    """Once everything is mapped and two runs have passed, nothing waits and nobody is asked."""
    rng = random.Random(seed)
    books.map_role("bank_charge", "Bank Charges")
    customer = make_customer(books.company)
    invoices = [make_invoice(customer=customer)]
    for _ in range(24):
        _one_act(books, rng, customer, invoices)
    _map(books)

    books.run()
    books.run()
    books.run()

    assert waiting(books) == []
    for each in invoices:
        each.refresh_from_db()
        theirs = books.their_invoice(each.number)
        assert Decimal(str(theirs["Balance"])) == each.balance_due


def _one_act(books: Books, rng: random.Random, customer: Any, invoices: list[Any]) -> None:
    invoice = rng.choice(invoices)
    invoice.refresh_from_db()
    try:
        match rng.choice(ACTS):
            case "invoice":
                invoices.append(make_invoice(customer=customer))
            case "pay":
                receive_payment(
                    customer=customer,
                    amount=Decimal(rng.randint(5, 90)),
                    date=date(2026, 3, 16),
                    method=books.method,
                    oldest_first=rng.random() < 0.5,
                )
            case "apply":
                payment = _any(rng, Payment.objects.filter(status="received", on_account__gt=0))
                part = min(payment.on_account, invoice.balance_due)
                allocate(payment, invoice, part, on=MARCH_20)
            case "reverse":
                applied = _any(rng, Allocation.objects.filter(reversed_on=None, adjustment=None))
                reverse(applied, on=MARCH_20, reason=WHY)
            case "cancel":
                cancel_payment(_any(rng, Payment.objects.filter(status="received")), reason=WHY)
            case "deduct":
                deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
            case "uncharge":
                applied = _any(rng, Allocation.objects.filter(reversed_on=None, payment=None))
                cancel_adjustment(applied.adjustment, reason=WHY)
            case "map":
                _map(books)
            case "unmap":
                Mapping.objects.filter(
                    connection=books.connection, subject__in=["method_account", "bank_charge"]
                ).delete()
            case "wish":
                take_changes(books.company.pk)
            case "run":
                books.run(get=False)
    except (ValidationError, IndexError):
        return  # not possible now: another act is


def _any(rng: random.Random, rows: Any) -> Any:
    found: Sequence[Any] = list(rows.order_by("pk"))
    return rng.choice(found)


def _map(books: Books) -> None:
    assert books.method is not None
    account = books.code("Undeposited Funds")
    set_mapping(books.connection, "method_account", code=account, payment_method=books.method)
    books.map_role("bank_charge", "Bank Charges")
