"""A company that has what the file of a processor names."""

from datetime import date

from apps.billing.actions import make_deposit
from apps.billing.models import BankAccount, Company, PaymentMethod
from tests.exchange.imports.money.payouts.cases import STRIPE
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)


def method(company: Company, name: str, currency: str) -> PaymentMethod:
    account = BankAccount.objects.create(
        company=company, name=f"Bank {currency} {name}", currency=currency
    )
    return make_method(company, name=name, currency=currency, bank_account=account)


def with_column(text: str, heading: str, cells: dict[int, str]) -> str:
    """The file with a column more; cells by row."""
    first, *rows = text.removesuffix("\n").split("\n")
    told = [f"{row},{cells.get(number, '')}" for number, row in enumerate(rows, start=2)]
    return "\n".join([f"{first},{heading}", *told, ""])


def ready_for_stripe(company: Company, name: str = "Stripe") -> str:
    """The file, and in the company what it names: order 1001 of one customer, the money of another
    that its bank took back, and a customer in yen."""
    dollars, yen = method(company, name, "USD"), method(company, name, "JPY")
    assert dollars.bank_account is not None
    assert yen.bank_account is not None
    make_exchange_rate(company, "JPY", "0.0067", date(2026, 3, 1))
    orla = make_customer(company, name="Orla Finch", code="ORLA")
    make_invoice(customer=orla, lines=[("Kites", 1, 120)], on_number="1001")
    pim = make_customer(company, name="Pim Alder", code="PIM")
    before = make_payment(
        invoice=make_invoice(customer=pim, lines=[("Kites", 1, 50)], on_number="0999"),
        method=dollars,
    )
    make_deposit(dollars.bank_account, date=date(2026, 3, 20), payments=[before])
    sato = make_customer(company, name="Sato", currency="JPY")
    make_invoice(customer=sato, lines=[("Kites", 1, 1200)], on_number="1004")
    return with_column(STRIPE, "Customer code", {4: "PIM"})
