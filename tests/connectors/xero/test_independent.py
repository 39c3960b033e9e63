"""The official client of Xero, which knows nothing of us, sees what the connector wrote."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, receive_payment
from tests.connectors.xero.live import XeroBooks
from tests.connectors.xero.test_agree import calm
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET

pytest.importorskip("xero_python", reason="xero-python is not installed")
pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


@pytest.fixture
def api(books: XeroBooks) -> Any:
    from xero_python.accounting import AccountingApi
    from xero_python.api_client import ApiClient, Configuration
    from xero_python.api_client.oauth2 import OAuth2Token

    told = books.server.connect(books.realm).tokens
    tokens = {**told, "scope": told["scope"].split(), "expires_at": 4e9}
    client = ApiClient(
        Configuration(oauth2_token=OAuth2Token(CLIENT_ID, CLIENT_SECRET)),
        oauth2_token_getter=lambda: tokens,
        oauth2_token_saver=tokens.update,
    )
    client.rest_client.pool_manager.connection_pool_kw["retries"] = False
    return AccountingApi(client, base_url=f"{books.server.url}/api.xro/2.0")


@pytest.mark.slow
def test_it_finds_documents_receipts_and_the_trial_balance_to_the_penny(
    books: XeroBooks, api: Any
) -> None:
    """100 + 20 and 50 + 10 owed; 75 received for both; a credit of 10 + 2 used on the first."""
    vat = make_tax_rate(books.company, 20)
    books.map_proposed()
    item, customer = make_item(books.company), make_customer(books.company)
    one, two = (make_invoice(customer=customer, lines=[(item, 1, net, vat)]) for net in (100, 50))
    both = [(one, Decimal(40)), (two, Decimal(35))]
    receive_payment(
        customer=customer, amount=Decimal(75), date=DAY, method=books.method, apply=both
    )
    make_payment(customer=customer, amount="12.34", method=books.method, date=DAY)
    note = make_credit_note(customer=customer, lines=[(item, 1, 10, vat)], reason="Late")
    allocate(note, one, Decimal(12), on=DAY)
    calm(books)

    listed = {
        each.invoice_number: (each.total, each.amount_due, each.status)
        for each in api.get_invoices(books.realm, page=1).invoices
    }
    assert listed[one.number] == (120, 68, "AUTHORISED")
    assert listed[two.number] == (60, 25, "AUTHORISED")
    paid = [each.amount for each in api.get_payments(books.realm, page=1).payments]
    assert sorted(paid) == [35, 40]
    kept = api.get_overpayments(books.realm, page=1).overpayments
    assert [each.remaining_credit for each in kept] == [Decimal("12.34")]
    credits = api.get_credit_notes(books.realm, page=1).credit_notes
    assert [(each.total, each.remaining_credit) for each in credits] == [(12, 0)]
    sections = api.get_report_trial_balance(books.realm).reports[0].rows
    rows = [row.cells for section in sections for row in section.rows or []]
    balances = {cells[0].value.split(" (")[0]: _balance(cells) for cells in rows}
    assert balances["Accounts Receivable"] == Decimal("100") + 180 - 75 - 12 - Decimal("12.34")
    assert balances["Business Bank Account"] == Decimal("87.34")
    assert balances["VAT"] == Decimal(-28)


def _balance(cells: Any) -> Decimal:
    """Debit less credit: the last columns are of the year to date."""
    debit, credit = (Decimal(each.value or "0") for each in cells[-2:])
    return debit - credit
