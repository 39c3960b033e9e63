"""Amounts on screens have their currency's decimals: none in yen, three in Kuwaiti dinar."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.history_words import steps_between
from apps.backoffice.ledgers.conflict_words import in_words as conflict_in_words
from apps.billing import actions
from apps.billing.models import ActLimit, BankAccount
from apps.sync.models import Conflict, SyncRecord
from tests.all_rights import give_every_permission
from tests.backoffice.documents.test_acts import page
from tests.backoffice.world import make_connection
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
    make_item,
    make_method,
)

Browse = Callable[[str], Client]
# A whole amount and one with a smallest part, as they must read.
SHOWN = {
    "JPY": ("1,500", "1,501"),
    "KWD": ("1,500.000", "1,500.001"),
    "GBP": ("1,500.00", "1,500.01"),
}
PLACES = {"JPY": 0, "KWD": 3, "GBP": 2}


class Shop:
    """One of everything that bears an amount, in one currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        company = self.company = make_company(home_currency=currency, amend_allowed=True)
        self.item = make_item(company, code="X", unit_price=Decimal(1500))
        self.customer = make_customer(company, currency=currency)
        bank = self.bank = BankAccount.objects.create(
            company=company, name="Bank", currency=currency
        )
        method = make_method(company, currency=currency, bank_account=bank)
        on = date(2026, 11, 3)
        self.draft = make_invoice(
            issued=False, customer=self.customer, lines=[(self.item, 1, 1500)], issue_date=on
        )
        self.invoice = make_invoice(
            customer=self.customer, lines=[(self.item, 2, 1500)], issue_date=on
        )
        self.note = actions.credit_invoice(self.invoice, reason="Back", on=on)
        self.payment = actions.receive_payment(
            customer=self.customer, amount=Decimal(3000), date=on, method=method,
            apply=[(self.invoice, Decimal(1500))],
        )  # fmt: skip
        self.invoice.refresh_from_db()
        self.deduction = actions.deduct(
            self.invoice, role="small_difference", amount=Decimal(50), on=on, reason="Rest"
        )
        self.refund = actions.pay_refund(
            self.payment, amount=Decimal(500), on=on, method=method, reason="Too much"
        )
        self.deposit = actions.make_deposit(
            bank, date=on, payments=[self.payment], refunds=[self.refund], amounts=[]
        )
        self.limit = ActLimit.objects.create(
            company=company, role="Accountant", act="billing.void_invoice", amount=1500
        )


@pytest.fixture(params=["JPY", pytest.param("KWD", marks=pytest.mark.slow)])
def shop(request: Any, people: dict[str, Any]) -> Shop:
    return Shop(request.param)


def amounts(text: str, currency: str) -> list[str]:
    """Every amount on a page that bears the currency."""
    beside = rf'([\d,]+(?:\.\d+)?)(?:&nbsp;| )(?:<span class="t-currency">)?{currency}\b'
    return re.findall(beside, text)


@pytest.mark.slow
def test_every_list_and_page_shows_the_currencys_decimals(shop: Shop, browse: Browse) -> None:
    fay, seen = browse("Fay"), 0
    give_every_permission(fay.get("/admin/").wsgi_request.user)
    records = [shop.draft, shop.invoice, shop.note, shop.payment, shop.deduction, shop.refund,
               shop.deposit, shop.limit, shop.customer, shop.item,
               shop.payment.allocations.first()]  # fmt: skip
    addresses = ["/admin/"]
    for record in records:
        screen = admin.site._registry[type(record)]
        addresses += [screen.page("changelist"), page(record)]
        if hasattr(record, "history"):
            addresses.append(page(record, "history"))
        addresses += [screen.page(act.name, record.pk) for act in screen.acts if act.when(record)]
    for address in addresses:
        answer = fay.get(address)
        if answer.status_code != 200 or answer["Content-Type"] == "application/pdf":
            continue
        for amount in amounts(answer.content.decode(), shop.currency):
            _, _, part = amount.partition(".")
            assert len(part) == PLACES[shop.currency], (address, amount)
            seen += 1
    assert seen > 50


def test_unit_prices_are_shown_with_the_currencys_decimals(shop: Shop, browse: Browse) -> None:
    price = SHOWN[shop.currency][0]
    fay = browse("Fay")
    for address in (page(shop.invoice), page(shop.invoice, "credit"),
                    admin.site._registry[type(shop.item)].page("changelist")):  # fmt: skip
        assert f">{price}<" in fay.get(address).content.decode(), address


def test_history_and_its_old_versions_show_the_currencys_decimals(
    shop: Shop, browse: Browse
) -> None:
    shop.item.unit_price = Decimal("1501")
    shop.item.save()
    newer, older = shop.item.history.all()[:2]
    [step] = steps_between(newer, older)
    whole = SHOWN[shop.currency][0]
    assert (step.old, step.new) == (whole, whole.replace("1,500", "1,501"))
    version = shop.invoice.history.latest()
    told = browse("Fay").get(f"{page(shop.invoice, 'history')}{version.pk}/").content.decode()
    assert f">{whole}<" in told


def test_what_changed_on_both_sides_is_told_with_the_currencys_decimals(shop: Shop) -> None:
    record = SyncRecord.objects.create(
        connection=make_connection(shop.company), wanted=1, kind="invoice", invoice=shop.invoice
    )
    conflict = Conflict.objects.create(sync_record=record, path="total", ours="1500", theirs="1")
    assert conflict_in_words(conflict, "1500") == f"{SHOWN[shop.currency][0]} {shop.currency}"


@pytest.mark.parametrize("currency", ["JPY", "KWD", "GBP"])
def test_an_amount_has_all_decimals_of_its_currency(currency: str) -> None:
    small = Decimal(1).scaleb(-PLACES[currency])
    whole, finer = SHOWN[currency]
    assert amount_text(Decimal("1500.0000"), currency) == whole
    assert amount_text(Decimal(1500) + small, currency) == finer
