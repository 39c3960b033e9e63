"""Notes and files that hang on objects of the simulated Xero, which stay as they are."""

import pytest
import requests

from tests.xero_twin import SCOPES, XeroCaller, XeroTwin

LOCKED = "2026-03-31"
# What the description has notes for, and what it has files for.
NOTED = (
    "Invoices", "CreditNotes", "Contacts", "Items", "Payments", "BatchPayments",
    "BankTransactions", "BankTransfers", "Overpayments", "Prepayments", "ManualJournals",
)  # fmt: skip
FILED = (
    "Invoices", "CreditNotes", "Contacts", "BankTransactions", "BankTransfers", "ManualJournals",
    "Accounts",
)  # fmt: skip


def message(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["Elements"][0]["ValidationErrors"][0]["Message"])


@pytest.fixture
def invoice(xero: XeroCaller) -> str:
    return str(xero.invoice(xero.contact(), 100)["InvoiceID"])


def one_of_each(twin: XeroTwin, xero: XeroCaller) -> dict[str, str]:
    """Kind -> the id of one that lies in the month that is locked afterwards."""
    contact = xero.contact()
    made = xero.invoice(contact)["InvoiceID"]
    line = {"Invoice": {"InvoiceID": xero.invoice(contact)["InvoiceID"]}, "Amount": 10}
    batch = {"Account": {"Code": "090"}, "Date": "2026-03-05", "Payments": [line]}
    over = xero.overpayment(contact, 5)
    sold = {"Description": "Ahead", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}
    ahead = xero.overpayment(contact, 5, Type="RECEIVE-PREPAYMENT", LineItems=[sold])
    bank = {"Code": "099", "Name": "Second", "Type": "BANK", "BankAccountNumber": "1"}
    second = xero.done("PUT", "Accounts", bank)["Accounts"][0]
    accounts = {
        "FromBankAccount": {"Code": "090"},
        "ToBankAccount": {"AccountID": second["AccountID"]},
    }
    moved = xero.put("BankTransfers", {**accounts, "Amount": 1, "Date": "2026-03-05"})
    return {
        "Contacts": contact,
        "Invoices": made,
        "CreditNotes": xero.credit_note(contact)["CreditNoteID"],
        "Items": xero.put("Items", {"Code": "HR"})["ItemID"],
        "Payments": xero.pay(made, 5)["PaymentID"],
        "BatchPayments": xero.put("BatchPayments", batch)["BatchPaymentID"],
        "BankTransactions": over["BankTransactionID"],
        "Overpayments": over["OverpaymentID"],
        "Prepayments": ahead["PrepaymentID"],
        "BankTransfers": moved["BankTransferID"],
        "ManualJournals": twin.act(xero.tenant, "journal", amount=5)["ManualJournalID"],
        "Accounts": second["AccountID"],
    }


def test_every_kind_takes_notes_and_files_as_described_in_a_locked_month_and_stays(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    each = one_of_each(twin, xero)
    twin.set_up(xero.tenant, period_lock_date=LOCKED, end_of_year_lock_date=LOCKED)
    before = {kind: xero.get(f"{kind}/{identity}") for kind, identity in each.items()}
    note = {"HistoryRecords": [{"Details": "Amended by hand"}]}
    noted = {
        kind: xero.call("PUT", f"{kind}/{identity}/History", note).status_code
        for kind, identity in each.items()
    }
    assert noted == {kind: 200 if kind in NOTED else 404 for kind in each}
    for kind, identity in each.items():
        if kind in NOTED:
            newest = xero.get(f"{kind}/{identity}/History")["HistoryRecords"][0]
            assert (newest["Changes"], newest["Details"]) == ("Note", "Amended by hand"), kind

    filed = {
        kind: xero.file(f"{kind}/{identity}/Attachments/a.txt", b"a").status_code
        for kind, identity in each.items()
    }
    assert filed == {kind: 200 if kind in FILED else 404 for kind in each}
    for kind, identity in each.items():
        now, then = xero.get(f"{kind}/{identity}")[kind][0], before[kind][kind][0]
        # A document shows its contact whole, whose own file is not its.
        now["Contact"] = then.setdefault("Contact", None)
        assert now == {**then, **({"HasAttachments": True} if kind in FILED else {})}
    assert xero.call("DELETE", f"Invoices/{each['Invoices']}/History", note).status_code == 501


def test_a_file_is_put_listed_read_and_overwritten_by_its_name(
    twin: XeroTwin, xero: XeroCaller, invoice: str
) -> None:
    path = f"Invoices/{invoice}/Attachments"
    first = xero.file(f"{path}/a%20b%2Fc.pdf", b"%PDF \x00\xff", IncludeOnline="True").json()
    made = first["Attachments"][0]
    assert (made["FileName"], made["MimeType"], made["ContentLength"]) == (
        "a b/c.pdf",
        "application/pdf",
        7,
    )
    assert made["Url"].endswith(f"/Invoices/{invoice}/Attachments/a%20b%2Fc.pdf")
    again = xero.file(f"{path}/a%20b%2Fc.pdf", b"second").json()["Attachments"][0]
    xero.file(f"{path}/c", b"{}", "application/json; charset=utf-8")
    listed = xero.get(path)["Attachments"]
    assert [(one["FileName"], one["ContentLength"]) for one in listed] == [
        ("a b/c.pdf", 6),
        ("c", 2),
    ]
    assert again["AttachmentID"] == listed[0]["AttachmentID"] == made["AttachmentID"]
    for name in ("a%20b%2Fc.pdf", made["AttachmentID"]):
        for asked in ("application/pdf", "application/octet-stream"):
            read = xero.call("GET", f"{path}/{name}", headers={"Accept": asked})
            assert (read.content, read.headers["Content-Type"]) == (b"second", asked)
    assert xero.call("GET", f"{path}/none").status_code == 404
    assert xero.call("DELETE", f"{path}/c").status_code == 501

    twin.control("POST", f"organisations/{xero.tenant}/keep")
    xero.file(f"{path}/later", b"x")
    xero.done("PUT", f"Invoices/{invoice}/History", {"HistoryRecords": [{"Details": "n"}]})
    notes = f"organisations/{xero.tenant}/notes/Invoices/{invoice}"
    told = [(one["note"], one["file"]) for one in twin.control("GET", notes)]
    assert told == [("n", ""), ("", "a b/c.pdf"), ("", "c"), ("", "later")]
    twin.bring_back(xero.tenant)
    assert [one["file"] for one in twin.control("GET", notes)] == ["a b/c.pdf", "c"]
    assert xero.call("GET", f"{path}/c").content == b"{}"


def test_what_is_refused(xero: XeroCaller, invoice: str) -> None:
    path = f"Invoices/{invoice}/Attachments"
    for number in range(10):
        assert xero.file(f"{path}/{number}", b"x").status_code == 200
    assert "10 attachments" in message(xero.file(f"{path}/10", b"x"))
    assert xero.file(f"{path}/9", b"y").status_code == 200
    assert "no content" in message(xero.file(f"{path}/9", b""))
    assert "could not be found" in message(xero.file("Invoices/132132/Attachments/a.jpg", b"x"))
    assert xero.call("GET", "Invoices/132132/Attachments").status_code == 404
    large = xero.file(f"{path}/9", bytes(10 * 2**20 + 1))
    assert (large.status_code, large.json()["Title"]) == (413, "RequestEntityTooLarge")
    assert len(xero.get(path)["Attachments"]) == 10


@pytest.mark.parametrize(
    ("scope", "writes", "reads"),
    [
        (SCOPES.replace("accounting.attachments ", ""), 403, 403),
        ("offline_access accounting.attachments", 200, 200),
        ("offline_access accounting.attachments.read", 403, 200),
    ],
)
def test_files_ask_for_a_scope_of_their_own(
    twin: XeroTwin, tenant: str, scope: str, writes: int, reads: int
) -> None:
    caller = twin.connect(tenant, scope=scope)
    path = f"Accounts/{twin.objects(tenant, 'Accounts')[0]['AccountID']}/Attachments"
    assert caller.file(f"{path}/a", b"x").status_code == writes
    assert caller.call("GET", path).status_code == reads


def test_one_file_under_a_key(xero: XeroCaller, invoice: str) -> None:
    path = f"Invoices/{invoice}/Attachments/a.txt"
    once = xero.file(path, b"x", headers={"Idempotency-Key": "k"})
    assert xero.file(path, b"x", headers={"Idempotency-Key": "k"}).text == once.text
    assert xero.file(path, b"y", headers={"Idempotency-Key": "k"}).status_code == 400
    assert xero.call("GET", path).content == b"x"


def test_a_person_reads_the_history_and_opens_files(
    twin: XeroTwin, xero: XeroCaller, invoice: str
) -> None:
    xero.done("PUT", f"Invoices/{invoice}/History", {"HistoryRecords": [{"Details": "by <hand>"}]})
    made = xero.file(f"Invoices/{invoice}/Attachments/a.html", b"<script>").json()["Attachments"][0]
    page = twin.http.get(f"{twin.url}/app/{xero.tenant}/invoice/{invoice}", timeout=20).text
    assert "Note: by &lt;hand&gt;" in page
    address = f"/xero/app/{xero.tenant}/files/{made['AttachmentID']}"
    assert f'<a href="{address}">a.html</a>' in page
    file = twin.http.get(f"{twin.server.url}{address}", timeout=20)
    assert file.content == b"<script>"
    assert file.headers["Content-Disposition"].startswith("attachment")
