"""Readings that no source settles: each is a switch, each value does what it says, all are told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.sandbox.xero.switches import SWITCHES
from tests.xero_twin import XeroCaller, XeroTwin, sale

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sandbox.md"


@pytest.mark.parametrize("name", sorted(SWITCHES))
def test_every_switch_is_told_with_its_values(name: str) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if f"`{name}`" in line]
    assert rows, f"docs/sandbox.md does not name {name}"
    assert any(all(f"`{value}`" in row for value in SWITCHES[name]) for row in rows)


@pytest.mark.parametrize("switch", ["ignore", "refuse"])
def test_totals_that_were_sent(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    twin.set_up(xero.tenant, sent_totals=switch)
    body = {"Invoices": [sale(xero.contact(), Total=1)]}
    if switch == "ignore":
        assert xero.done("PUT", "Invoices", body)["Invoices"][0]["Total"] == 115
    else:
        assert "sum of the lines" in xero.refusal("PUT", "Invoices", body)


@pytest.mark.parametrize("switch", ["no", "yes"])
def test_a_due_date_from_the_contacts_terms(twin: XeroTwin, xero: XeroCaller, switch: str) -> None:
    twin.set_up(xero.tenant, due_date_from_terms=switch)
    terms = {"Sales": {"Day": 20, "Type": "DAYSAFTERBILLDATE"}}
    body = sale(xero.contact(PaymentTerms=terms))
    body.pop("DueDate")
    if switch == "yes":
        assert xero.put("Invoices", body)["DueDateString"] == "2026-03-22T00:00:00"
    else:
        assert "Due Date" in xero.refusal("PUT", "Invoices", {"Invoices": [body]})


@pytest.mark.parametrize(
    ("since", "precision", "seen"),
    [
        ("inclusive", "second", 1),
        ("exclusive", "second", 0),
        ("inclusive", "millisecond", 1),
        ("exclusive", "millisecond", 1),
    ],
)
def test_what_was_changed_in_the_very_second(
    twin: XeroTwin, xero: XeroCaller, since: str, precision: str, seen: int
) -> None:
    twin.set_up(xero.tenant, modified_since=since, modified_precision=precision)
    xero.contact()
    stamp = xero.get("Contacts")["Contacts"][0]["UpdatedDateUTC"]
    milliseconds = int(stamp.removeprefix("/Date(").split("+")[0])
    if milliseconds % 1000 == 0:
        seen = 1 if since == "inclusive" else 0
    second = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    answer = xero.call("GET", "Contacts", headers={"If-Modified-Since": second})
    assert len(answer.json()["Contacts"]) == seen


@pytest.mark.parametrize("switch", ["refuse", "accept"])
@pytest.mark.parametrize("what", ["allocation_contact", "allocation_currency"])
def test_a_credit_of_another_contact_or_currency(
    twin: XeroTwin, xero: XeroCaller, what: str, switch: str
) -> None:
    twin.set_up(xero.tenant, **{what: switch})
    xero.done("PUT", "Currencies", {"Code": "EUR"})
    contact = xero.contact()
    other = xero.contact("Other") if what == "allocation_contact" else contact
    more = {} if what == "allocation_contact" else {"CurrencyCode": "EUR"}
    invoice = xero.invoice(other, **more)["InvoiceID"]
    note = xero.credit_note(contact)["CreditNoteID"]
    told: Any = {"Allocations": [{"Amount": 5, "Invoice": {"InvoiceID": invoice}}]}
    answer = xero.call("PUT", f"CreditNotes/{note}/Allocations", told)
    assert answer.status_code == (200 if switch == "accept" else 400)
    assert twin.state(xero.tenant)["ledger_difference"] == 0


@pytest.mark.parametrize(("switch", "told"), [("no", False), ("yes", True)])
def test_whether_an_allocations_id_is_told(
    twin: XeroTwin, xero: XeroCaller, switch: str, told: bool
) -> None:
    twin.set_up(xero.tenant, allocation_id_in_answer=switch)
    contact = xero.contact()
    invoice = xero.invoice(contact)["InvoiceID"]
    note = xero.credit_note(contact)["CreditNoteID"]
    body = {"Allocations": [{"Amount": 5, "Invoice": {"InvoiceID": invoice}}]}
    made = xero.done("PUT", f"CreditNotes/{note}/Allocations", body)["Allocations"][0]
    assert ("AllocationID" in made) is told


@pytest.mark.parametrize(("switch", "due"), [("keep", 115), ("nil", 0)])
def test_what_a_voided_one_says_is_due(
    twin: XeroTwin, xero: XeroCaller, switch: str, due: int
) -> None:
    twin.set_up(xero.tenant, voided_amount_due=switch)
    made = xero.invoice(xero.contact())["InvoiceID"]
    told = xero.post("Invoices", {"InvoiceID": made, "Status": "VOIDED"})
    assert (told["AmountDue"], xero.read("Invoices", made)["AmountDue"]) == (due, due)


def test_a_fixed_minute_begins_anew_for_all_at_once(twin: XeroTwin, xero: XeroCaller) -> None:
    twin.set_up(xero.tenant, limits={"per_minute": 1})
    while (answer := xero.call("GET", "Organisation")).status_code == 200:
        pass
    wait = int(answer.headers["Retry-After"])
    try:
        twin.control("POST", "clock", {"offset_seconds": wait})
        assert xero.call("GET", "Organisation").status_code == 200
    finally:
        twin.control("POST", "clock", {"offset_seconds": 0})
