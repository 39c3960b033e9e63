"""xero-python, which knows nothing of us, finds in the simulated Xero what it expects."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET
from tests.xero_twin import XeroCaller, XeroTwin

pytest.importorskip("xero_python", reason="xero-python is not installed")


@pytest.fixture
def tokens(xero: XeroCaller) -> dict[str, Any]:
    scope = xero.tokens["scope"].split()
    return {**xero.tokens, "scope": scope, "expires_at": 4e9}


@pytest.fixture
def client(twin: XeroTwin, tokens: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The official client, its tokens kept here, and never trying again by itself."""
    from xero_python.api_client import ApiClient, Configuration
    from xero_python.api_client.oauth2 import OAuth2Token, TokenApi

    monkeypatch.setattr(TokenApi, "refresh_token_url", f"{twin.url}/connect/token")
    monkeypatch.setattr(TokenApi, "revoke_token_url", f"{twin.url}/connect/revocation")
    made = ApiClient(
        Configuration(oauth2_token=OAuth2Token(CLIENT_ID, CLIENT_SECRET)),
        oauth2_token_getter=lambda: tokens,
        oauth2_token_saver=tokens.update,
    )
    made.rest_client.pool_manager.connection_pool_kw["retries"] = False
    return made


@pytest.fixture
def api(twin: XeroTwin, client: Any) -> Any:
    from xero_python.accounting import AccountingApi

    return AccountingApi(client, base_url=f"{twin.url}/api.xro/2.0")


def invoice(contact: str, number: str, amount: int = 100) -> Any:
    from xero_python.accounting import Contact, Invoice, LineItem
    from xero_python.accounting import LineAmountTypes as Amounts

    line = LineItem(
        description="Hours",
        quantity=Decimal(1),
        unit_amount=Decimal(amount),
        account_code="200",
        tax_type="OUTPUT2",
    )
    return Invoice(
        type="ACCREC",
        contact=Contact(contact_id=contact),
        date=date(2026, 3, 2),
        due_date=date(2026, 4, 1),
        line_items=[line],
        line_amount_types=Amounts.EXCLUSIVE,
        invoice_number=number,
        status="AUTHORISED",
    )


def test_documents_are_listed_made_and_paid(api: Any, xero: XeroCaller, tenant: str) -> None:
    from xero_python.accounting import Account, Contact, Contacts, Invoices, Payment
    from xero_python.accounting import Invoice as Named

    made = api.create_contacts(tenant, Contacts(contacts=[Contact(name="Bird Ltd")])).contacts[0]
    told = Invoices(invoices=[invoice(made.contact_id, "S-1"), invoice(made.contact_id, "S-2", 50)])
    done = api.create_invoices(tenant, told, summarize_errors=False, unitdp=4).invoices
    assert [one.total for one in done] == [115, Decimal("57.5")]
    listed = api.get_invoices(tenant, page=1, where='Type=="ACCREC"', include_archived=True)
    assert [one.invoice_number for one in listed.invoices] == ["S-1", "S-2"]
    assert listed.invoices[0].date == date(2026, 3, 2)
    assert listed.pagination.item_count == 2
    payment = Payment(
        invoice=Named(invoice_id=done[0].invoice_id),
        account=Account(code="090"),
        amount=Decimal(115),
        date=date(2026, 3, 20),
    )
    paid = api.create_payment(tenant, payment).payments[0]
    assert paid.payment_type == "ACCRECPAYMENT"
    read = api.get_invoice(tenant, done[0].invoice_id).invoices[0]
    assert (read.status, read.amount_due) == ("PAID", 0)
    from xero_python.accounting import PaymentDelete

    gone = api.delete_payment(tenant, paid.payment_id, PaymentDelete(status="DELETED"))
    assert gone.payments[0].status == "DELETED"


def test_every_list_is_read(api: Any, xero: XeroCaller, twin: XeroTwin, tenant: str) -> None:
    contact = xero.contact("Bird Ltd", EmailAddress="a@b.example")
    invoice_id = xero.invoice(contact)["InvoiceID"]
    xero.pay(invoice_id, 5)
    xero.credit_note(contact)
    xero.overpayment(contact, 5)
    xero.put("Items", {"Code": "HR", "SalesDetails": {"UnitPrice": 4}})
    twin.act(tenant, "journal", amount=5)
    assert api.get_organisations(tenant).organisations[0].base_currency.value == "NZD"
    assert len(api.get_contacts(tenant, page=1).contacts) == 1
    assert api.get_payments(tenant, page=1).payments[0].amount == 5
    assert api.get_credit_notes(tenant, page=1).credit_notes[0].remaining_credit == 115
    assert api.get_overpayments(tenant, page=1).overpayments[0].remaining_credit == 5
    assert api.get_bank_transactions(tenant, page=1).bank_transactions[0].total == 5
    assert api.get_items(tenant).items[0].code == "HR"
    assert api.get_manual_journals(tenant, page=1).manual_journals
    assert {one.code for one in api.get_accounts(tenant).accounts} >= {"090", "200", "610"}
    assert api.get_tax_rates(tenant).tax_rates
    assert api.get_currencies(tenant).currencies
    assert api.get_branding_themes(tenant).branding_themes
    report = api.get_report_trial_balance(tenant).reports[0]
    assert report.report_type == "TrialBalance"


def test_a_refusal_says_why(api: Any, xero: XeroCaller, tenant: str) -> None:
    from xero_python.accounting import Invoices
    from xero_python.exceptions import AccountingBadRequestException

    contact = xero.contact()
    told = Invoices(invoices=[invoice(contact, "S-1")])
    api.create_invoices(tenant, told)
    with pytest.raises(AccountingBadRequestException) as refused:
        api.create_invoices(tenant, told)
    assert refused.value.reason == "Invoice # must be unique."


def test_a_credit_note_is_allocated_and_taken_off(
    api: Any, xero: XeroCaller, twin: XeroTwin, tenant: str
) -> None:
    """The client cannot read the answer that was seen, only the described one."""
    twin.set_up(tenant, allocation_gone_answer="whole")
    from xero_python.accounting import Allocation, Allocations
    from xero_python.accounting import Invoice as Named

    contact = xero.contact()
    made = xero.invoice(contact)["InvoiceID"]
    note = xero.credit_note(contact, 40)["CreditNoteID"]
    told = Allocation(invoice=Named(invoice_id=made), amount=Decimal(46), date=date(2026, 3, 2))
    api.create_credit_note_allocation(tenant, note, Allocations(allocations=[told]))
    read = api.get_credit_note(tenant, note).credit_notes[0]
    assert read.allocations[0].amount == 46
    allocation = read.allocations[0].allocation_id
    assert api.delete_credit_note_allocations(tenant, note, allocation).is_deleted
    assert api.get_invoice(tenant, made).invoices[0].amount_due == 115


def test_notes_and_files_are_left_on_an_invoice(api: Any, xero: XeroCaller, tenant: str) -> None:
    from xero_python.accounting import HistoryRecord, HistoryRecords

    made = xero.invoice(xero.contact())["InvoiceID"]
    before = api.get_invoice(tenant, made).invoices[0]
    told = HistoryRecords(history_records=[HistoryRecord(details="Amended by hand")])
    written = api.create_invoice_history(tenant, made, told).history_records
    assert written[0].details == "Amended by hand"
    history = api.get_invoice_history(tenant, made).history_records
    assert (history[0].changes, history[0].details) == ("Note", "Amended by hand")

    data = b"%PDF- \r\n\x00\xff"
    filed = api.create_invoice_attachment_by_file_name(
        tenant, made, "a b.pdf", data, include_online=True
    ).attachments[0]
    assert (filed.file_name, filed.mime_type, filed.content_length) == (
        "a b.pdf",
        "application/pdf",
        len(data),
    )
    api.update_invoice_attachment_by_file_name(tenant, made, "a b.pdf", data * 2)
    listed = api.get_invoice_attachments(tenant, made).attachments
    assert [(one.attachment_id, one.content_length) for one in listed] == [
        (filed.attachment_id, 2 * len(data))
    ]
    kind = "application/pdf"
    by_id = api.get_invoice_attachment_by_id(tenant, made, filed.attachment_id, kind)
    by_name = api.get_invoice_attachment_by_file_name(tenant, made, "a b.pdf", kind)
    assert Path(by_id).read_bytes() == Path(by_name).read_bytes() == data * 2
    after = api.get_invoice(tenant, made).invoices[0]
    assert after.has_attachments
    assert after.updated_date_utc == before.updated_date_utc


def test_tokens_and_connections(twin: XeroTwin, client: Any, tokens: Any, tenant: str) -> None:
    from xero_python.identity import IdentityApi

    before = tokens["refresh_token"]
    client.refresh_oauth2_token()
    assert tokens["refresh_token"] != before
    found = IdentityApi(client, base_url=twin.url).get_connections()
    assert [one.tenant_id for one in found] == [tenant]
