"""A demo that tells its story and keeps running: its report, and what clients that know nothing of us,
asked apart, see in the books."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.demo.running import RunningDemo, processes_of
from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT, SandboxServer

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[RunningDemo]:
    folder = tmp_path / "told"
    folder.mkdir()
    running = RunningDemo(folder / "demo", "--report", str(folder / "report.json"))
    yield running
    running.stop()


@pytest.fixture
def client(demo: RunningDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """python-quickbooks with a consent of its own, through intuit-oauth."""
    from intuitlib.client import AuthClient
    from quickbooks import QuickBooks

    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    server = SandboxServer(tmp_path)
    server.url = demo.ledgers

    class Simulated(QuickBooks):
        api_url_v3 = f"{server.api}/v3"
        sandbox_api_url_v3 = f"{server.api}/v3"

    auth = AuthClient(CLIENT_ID, CLIENT_SECRET, REDIRECT, server.discovery)
    back = server.consent(demo.realm)
    auth.get_bearer_token(back["code"], realm_id=back["realmId"])
    return Simulated(auth_client=auth, refresh_token=auth.refresh_token, company_id=demo.realm)


def money(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_both_sides_agree_and_clients_of_others_see_the_same(
    demo: RunningDemo, client: Any
) -> None:
    """One test: its parts ask one demo, whose story two workers would have to play twice."""
    both_sides_agree(demo)
    numbered = "SELECT number, total, {due} FROM billing_{table} WHERE status = 'issued'"
    for theirs, query in (
        ("invoice.Invoice", numbered.format(due="balance_due", table="invoice")),
        ("creditmemo.CreditMemo", numbered.format(due="open_credit", table="creditnote")),
    ):
        the_same_documents_stand_there_with_the_same_totals(demo, client, theirs, query)
    a_payment_recorded_by_another_client_comes_back_and_changes_the_balance_due(demo, client)
    told_to_stop_it_leaves_nothing_running(demo)


def both_sides_agree(demo: RunningDemo) -> None:
    found = json.loads((demo.folder.parent / "report.json").read_text())

    assert found["tied_out"] is True
    (books,) = found["systems"].values()
    assert books["documents"] == 46  # 40 invoices, 4 credit notes, and 2 that a file brought
    assert (books["doubles"], books["differences"]) == (0, 0)
    assert "Both sides agree on" in demo.said
    assert "3 of 4 rows are good, refused: row 5" in demo.said
    assert [each.read_bytes()[:5] for each in demo.folder.glob("*.pdf")] == [b"%PDF-"]


def the_same_documents_stand_there_with_the_same_totals(
    demo: RunningDemo, client: Any, theirs: str, query: str
) -> None:
    from importlib import import_module

    module, name = theirs.split(".")
    listed = getattr(import_module(f"quickbooks.objects.{module}"), name).all(qb=client)

    ours = {number: (money(total), money(due)) for number, total, due in demo.ask(query)}
    there = {each.DocNumber: (money(each.TotalAmt), money(each.Balance)) for each in listed}
    assert len(listed) == len(there)
    assert there == ours


def a_payment_recorded_by_another_client_comes_back_and_changes_the_balance_due(
    demo: RunningDemo, client: Any
) -> None:
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.payment import Payment, PaymentLine

    invoice = next(each for each in Invoice.all(qb=client) if each.Balance > 10)
    before = money(invoice.Balance)
    payment = Payment()
    payment.CustomerRef = invoice.CustomerRef
    payment.TotalAmt = 10
    line = PaymentLine()
    line.Amount = 10
    line.LinkedTxn.append(invoice.to_linked_txn())
    payment.Line.append(line)
    recorded = payment.save(qb=client)

    due = "SELECT 1 FROM billing_invoice WHERE number = ? AND round(balance_due, 2) = ?"
    demo.wait_for(due, invoice.DocNumber, float(before - 10))  # by the schedule
    recorded.void(qb=client)
    demo.run_now()  # the next of the schedule is a minute away
    demo.wait_for(due, invoice.DocNumber, float(before))


def told_to_stop_it_leaves_nothing_running(demo: RunningDemo) -> None:
    assert processes_of(demo.folder)

    demo.stop()

    assert processes_of(demo.folder) == []
