"""Of money: what these books would hold back is told before, and to which cent what is told is exact."""

from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string

from apps.billing.actions import pay_refund, receive_payment
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping
from apps.sync.assemble.foretelling import Foretold
from apps.sync.assemble.foretold_money import foretold_together
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item, make_payment
from tests.sync.assemble.test_foretold import less
from tests.sync.assemble.test_foretold_money import MARCH_16, MARCH_20

pytestmark = pytest.mark.django_db
NO_ACCOUNTS, ONE_INVOICE = "They have no chart of accounts.", "A payment there pays one invoice."
BANK_CURRENCY = "A line of their bank is in the currency of its account."


def test_books_without_accounts_tell_money_that_goes_from_money_that_they_would_hold(
    live: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an account is chosen for its method or not."""
    Mapping.objects.filter(connection=live.connection, subject="method_account").delete()
    sentences = {"accounts": NO_ACCOUNTS, "on_account": ONE_INVOICE}
    less(monkeypatch, accounts=False, pays_one_invoice=True, cannot=sentences)
    invoice = make_invoice(company=live.company)
    pays = make_payment(invoice=invoice, amount=100, method=live.method)
    rests = make_payment(customer=invoice.customer, amount=40, method=live.method)

    [goes], [held] = foretold_together([pays]), foretold_together([rests])

    assert goes.sentence == (
        f"{NO_ACCOUNTS} The payment of 100.00 GBP by {invoice.customer} is made in QuickBooks."
    )
    assert held.sentence == f"{NO_ACCOUNTS} Tieout will hold it: {ONE_INVOICE}"
    assert (goes.rows, held.rows) == ((), ())


def in_euros(books: Books, amount: int, invoice: Any = None) -> Any:
    customer = invoice.customer if invoice else make_customer(books.company, currency="EUR")
    return receive_payment(
        customer=customer, amount=Decimal(amount), exchange_rate=Decimal("0.87"), date=MARCH_16,
        method=books.method, apply=[(invoice, Decimal(amount))] if invoice else [],
    )  # fmt: skip


def test_where_nobody_knows_how_they_round_a_part_the_rows_are_exact_but_for_its_cent(
    abroad: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60 € of 100 €: one end is cut. All of an invoice, and money at home, is to the cent."""
    less(monkeypatch, home_cents_told=False)
    item = make_item(abroad.company)

    def sold(currency: str) -> Any:
        customer = make_customer(abroad.company, currency=currency)
        return make_invoice(customer=customer, lines=[(item, 10, 10)])

    def told(record: Any) -> Foretold:
        [found] = foretold_together([record])
        return found

    part = told(in_euros(abroad, 60, sold("EUR")))
    assert part.cents == Decimal("0.01")
    assert part.but_for.startswith(
        "To the cent, but for 0.01 GBP at most: QuickBooks does not tell"
    )
    page = render_to_string("backoffice/ledgers/effect.html", {"told": [(part, "")]})
    assert part.but_for in page
    whole = told(in_euros(abroad, 100, sold("EUR")))
    home = told(make_payment(invoice=sold("GBP"), amount=60, method=abroad.method))
    assert [each.but_for for each in (whole, home)] == ["", ""]
    less(monkeypatch, home_cents_told=True)
    assert told(in_euros(abroad, 60, sold("EUR"))).but_for == ""


def test_a_line_of_the_bank_in_another_currency_than_its_account_is_told_as_held(
    abroad: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    less(
        monkeypatch,
        in_bank_currency=frozenset({Kind.REFUND}),
        cannot={"bank_currency": BANK_CURRENCY},
    )

    def refunded(payment: Any) -> tuple[str, ...]:
        refund = pay_refund(
            payment, amount=Decimal(10), on=MARCH_20, method=abroad.method, reason="Too much"
        )
        [found] = foretold_together([refund])
        return found.notes

    assert refunded(in_euros(abroad, 60)) == (BANK_CURRENCY,)
    at_home = make_payment(customer=make_customer(abroad.company), amount=60, method=abroad.method)
    assert refunded(at_home) == ()


def test_a_refund_in_another_currency_is_told_with_what_it_books_where_their_bank_takes_it(
    abroad: Books,
) -> None:
    refund = pay_refund(
        in_euros(abroad, 60), amount=Decimal(10), on=MARCH_20, method=abroad.method, reason="Back"
    )
    [told] = foretold_together([refund])
    assert told.notes == ()
    assert told.total.home_debit == Decimal("8.70")
