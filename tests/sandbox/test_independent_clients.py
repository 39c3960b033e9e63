"""python-quickbooks and intuit-oauth, which know nothing of us, find here what they expect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox_server import SandboxServer


def make_customer(books: Any, name: str = "Amy's Bird Sanctuary") -> Any:
    from quickbooks.objects.customer import Customer

    customer = Customer()
    customer.DisplayName = name
    return customer.save(qb=books)


def make_invoice(books: Any, customer: Any, number: str, amount: int = 100) -> Any:
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.item import Item

    line = SalesItemLine()
    line.Amount = amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.get(1, qb=books).to_ref()
    invoice = Invoice()
    invoice.CustomerRef = customer.to_ref()
    invoice.DocNumber = number
    invoice.Line.append(line)
    return invoice.save(qb=books)


def make_payment(books: Any, invoice: Any, amount: int) -> Any:
    from quickbooks.objects.payment import Payment, PaymentLine

    payment = Payment()
    payment.CustomerRef = invoice.CustomerRef
    payment.TotalAmt = amount
    line = PaymentLine()
    line.Amount = amount
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment.Line.append(line)
    return payment.save(qb=books)


def test_an_invoice_is_made_found_paid_and_the_payment_voided(
    books: Any, sandbox_server: SandboxServer, realm: str
) -> None:
    from quickbooks.objects.invoice import Invoice

    customer = make_customer(books)
    invoice = make_invoice(books, customer, "INV-1")
    assert (invoice.TotalAmt, invoice.Balance) == (100, 100)
    payment = make_payment(books, invoice, 40)
    again = Invoice.get(int(invoice.Id), qb=books)
    assert (again.Balance, again.SyncToken) == (60, "1")
    assert again.LinkedTxn[0].TxnId == payment.Id
    payment.void(qb=books)
    reopened = Invoice.get(int(invoice.Id), qb=books)
    assert (reopened.Balance, reopened.LinkedTxn) == (100, [])
    balance = sandbox_server.trial_balance(realm)
    assert balance["debit"] == balance["credit"] == 100


def test_lists_filters_counts_and_orders_as_the_client_asks_for_them(books: Any) -> None:
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.item import Item

    for name in ("Amy's", "Bill's", "Cool Cars"):
        make_customer(books, name)
    assert {one.DisplayName for one in Customer.all(qb=books)} == {"Amy's", "Bill's", "Cool Cars"}
    found = Customer.filter(DisplayName="Amy's", Active=True, qb=books)
    assert [one.DisplayName for one in found] == ["Amy's"]
    ordered = Customer.where("Active = true", order_by="DisplayName", max_results=2, qb=books)
    assert [one.DisplayName for one in ordered] == ["Amy's", "Bill's"]
    assert Customer.count(qb=books) == 3
    assert len(Customer.choose([found[0].Id], qb=books)) == 1
    assert [one.Name for one in Item.all(qb=books)] == ["Services"]


def test_a_full_update_of_the_client_keeps_what_it_sends_back(books: Any) -> None:
    from quickbooks.objects.customer import Customer

    customer = make_customer(books)
    customer.CompanyName = "Birds Ltd"
    customer.save(qb=books)
    read = Customer.get(int(customer.Id), qb=books)
    assert (read.CompanyName, read.SyncToken) == ("Birds Ltd", "1")


def test_an_old_version_is_refused_with_5010(books: Any) -> None:
    from quickbooks.exceptions import QuickbooksException

    customer = make_customer(books)
    customer.SyncToken = "7"
    with pytest.raises(QuickbooksException) as refused:
        customer.save(qb=books)
    assert refused.value.error_code == 5010


def test_a_batch_of_invoices_takes_the_good_and_names_the_bad(books: Any) -> None:
    from quickbooks.batch import batch_create
    from quickbooks.objects.base import Ref
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice

    customer = make_customer(books)

    def unsaved(number: str, item: str) -> Any:
        line = SalesItemLine()
        line.Amount = 10
        line.SalesItemLineDetail = SalesItemLineDetail()
        line.SalesItemLineDetail.ItemRef = Ref()
        line.SalesItemLineDetail.ItemRef.value = item
        invoice = Invoice()
        invoice.CustomerRef, invoice.DocNumber = customer.to_ref(), number
        invoice.Line.append(line)
        return invoice

    outcome = batch_create(
        [unsaved("B-1", "1"), unsaved("B-2", "77"), unsaved("B-3", "1")], qb=books
    )
    assert {one.DocNumber for one in outcome.successes} == {"B-1", "B-3"}
    assert [fault.Error[0].code for fault in outcome.faults] == ["2500"]


def test_changes_are_fed_with_tombstones(books: Any) -> None:
    from quickbooks.cdc import change_data_capture
    from quickbooks.objects.invoice import Invoice

    customer = make_customer(books)
    kept = make_invoice(books, customer, "C-1")
    gone = make_invoice(books, customer, "C-2")
    gone.delete(qb=books)
    recently = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    feed = change_data_capture([Invoice], recently, qb=books)
    assert {one.Id for one in feed.Invoice} == {kept.Id, gone.Id}


def test_tokens_are_refreshed_and_a_revoked_grant_is_over(
    connected: Any, sandbox_server: SandboxServer, realm: str
) -> None:
    from intuitlib.exceptions import AuthClientError

    first = connected.refresh_token
    connected.refresh()
    assert connected.refresh_token == first
    sandbox_server.tokens(realm, "rotate_now")
    connected.refresh()
    assert connected.refresh_token != first
    with pytest.raises(AuthClientError):
        connected.refresh(refresh_token=first)
    assert connected.revoke()
    with pytest.raises(AuthClientError):
        connected.refresh()


def test_company_and_preferences_say_what_is_off(books: Any, realm: str) -> None:
    from quickbooks.objects.company_info import CompanyInfo
    from quickbooks.objects.preferences import Preferences

    info = CompanyInfo.get(realm, qb=books)
    assert (info.CompanyName, info.Country) == ("Sample Company", "US")
    preferences = Preferences.get(qb=books)
    assert preferences.TaxPrefs.UsingSalesTax is False
    assert preferences.CurrencyPrefs.MultiCurrencyEnabled is False


def test_an_invoice_is_sent_and_printed(books: Any) -> None:
    from quickbooks.objects.invoice import Invoice

    made = make_invoice(books, make_customer(books), "P-1")
    made.send(qb=books, send_to="ap@birds.example")
    sent = Invoice.get(int(made.Id), qb=books)
    assert (sent.EmailStatus, sent.BillEmail.Address) == ("EmailSent", "ap@birds.example")
    assert made.download_pdf(qb=books).startswith(b"%PDF-")


def test_an_expired_subscription_refuses_every_call(
    books: Any, sandbox_server: SandboxServer, realm: str
) -> None:
    from quickbooks.exceptions import QuickbooksException
    from quickbooks.objects.customer import Customer

    sandbox_server.set_up(realm, expired=True)
    with pytest.raises(QuickbooksException) as refused:
        Customer.all(qb=books)
    assert refused.value.error_code == 6190
