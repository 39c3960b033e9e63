"""The acts: what the books hold after each, and the same refusals as on the screens."""

from datetime import date
from decimal import Decimal

import pytest

from apps.billing import actions
from apps.billing.models import ActLimit, Approval, Customer, Invoice, Payment
from tests.factories import (
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
)
from tests.triggers.api.caller import Caller, Office, Said

pytestmark = pytest.mark.django_db


def place(record) -> str:
    return str(record.public_id)


def draft(office: Office, **fields) -> dict:
    return {
        "customer": place(office.customer),
        "issue_date": "2026-03-02",
        "lines": [{"item_code": "lamp", "quantity": "4"}, {
            "description": "Delivery", "unit_price": "2.50", "tax_code": None}],
        **fields,
    }  # fmt: skip


def stored(answer: Said) -> Invoice:
    return Invoice.objects.get(public_id=answer.body["id"])


def test_a_draft_is_made_changed_issued_and_voided(office: Office, fay: Caller) -> None:
    made = fay.post("/invoices", draft(office, purchase_order_number="PO-7"))
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/invoices/{made.body['id']}"
    assert (made.body["net"], made.body["tax"], made.body["total"]) == ("42.50", "8.00", "50.50")
    assert (made.body["terms"], made.body["status"], made.body["number"]) == (
        "30 days",
        "draft",
        "",
    )

    lines = [{"item_code": "LAMP", "quantity": 1, "unit_price": "8", "discount_percent": "50"}]
    at = f"/invoices/{made.body['id']}"
    changed = fay.patch(at, {"lines": lines, "message": "Thank you"}, if_match=made.headers["ETag"])
    assert changed.body["net"] == "4.00"
    assert changed.body["purchase_order_number"] == "PO-7"
    assert changed.headers["ETag"] != made.headers["ETag"]
    assert stored(changed).history.first().lines_then[0]["quantity"] == "1"

    stale = fay.post(f"{at}/issue", if_match=made.headers["ETag"])
    assert stale.kind == "changed-meanwhile"
    issued = fay.post(f"{at}/issue", if_match=changed.headers["ETag"])
    assert (issued.status, issued.body["status"]) == (200, "issued")
    assert issued.body["due_date"] == "2026-04-01"
    assert stored(issued).issued_by_id == office.people["Fay"].pk
    again = fay.post(f"{at}/issue", if_match="*")
    assert again.kind == "conflict"

    voided = fay.post(f"{at}/void", {"reason": "Typed twice"})
    assert (voided.body["status"], voided.body["void_reason"]) == ("void", "Typed twice")
    assert fay.ask("DELETE", at, if_match="*").kind == "conflict"


def test_a_draft_is_deleted_and_is_not_there_afterwards(office: Office, fay: Caller) -> None:
    at = f"/invoices/{place(office.draft)}"
    assert fay.ask("DELETE", at).kind == "if-match-missing"
    assert fay.ask("DELETE", at, if_match=fay.get(at).headers["ETag"]).status == 204
    assert fay.get(at).kind == "not-found"


def test_an_invoice_is_credited_in_part_and_the_note_applied_and_un_applied(
    office: Office, fay: Caller
) -> None:
    credited = fay.post(
        f"/invoices/{place(office.invoice)}/credit",
        {"reason": "Broken", "date": "2026-03-09", "lines": [{"position": 1, "quantity": "2"}]},
    )
    assert (credited.status, credited.body["total"]) == (201, "24.00")
    note = f"/credit-notes/{credited.body['id']}"
    assert fay.post(f"{note}/issue", if_match=credited.headers["ETag"]).body["status"] == "issued"

    body = {"credit_note": credited.body["id"], "invoice": place(office.invoice), "amount": "24.00",
            "date": "2026-03-10"}  # fmt: skip
    applied = fay.post("/allocations", body)
    office.invoice.refresh_from_db()
    assert (applied.status, office.invoice.credited, office.invoice.balance_due) == (201, 24, 96)
    undone = fay.post(
        f"/allocations/{applied.body['id']}/un-apply", {"reason": "Wrong", "date": "2026-03-11"}
    )
    office.invoice.refresh_from_db()
    assert (undone.body["stands"], undone.body["reversed_on"]) == (False, "2026-03-11")
    assert office.invoice.balance_due == 120
    too_much = fay.post("/allocations", {**body, "amount": "24.01"})
    assert too_much.kind == "refused"
    assert "24.00" in too_much.body["detail"]


@pytest.mark.parametrize("amount", ["0", "-10.00"])
def test_a_part_that_settles_nothing_is_refused_and_not_left_out(
    office: Office, fay: Caller, amount: str
) -> None:
    part = {"invoice": place(office.invoice), "amount": amount}
    body = {
        "customer": place(office.customer),
        "amount": "10",
        "date": "2026-03-20",
        "apply": [part],
    }
    refused = fay.post("/payments", body)
    assert (refused.kind, refused.fields) == ("invalid", ["apply.0.amount"])
    assert Payment.objects.count() == 1


def test_money_of_a_customer_that_was_merged_settles_what_its_successor_owes(
    office: Office, fay: Caller
) -> None:
    gone = make_customer(office.company, name="Bell and Daughters")
    actions.merge_customers(gone, office.customer, reason="Typed twice")
    received = fay.post("/payments", {"customer": place(gone), "amount": "120", "date": "2026-03-20",
                                      "oldest_first": True})  # fmt: skip
    assert received.body["customer"]["id"] == place(office.customer)
    assert (received.body["applied"], received.body["on_account"]) == ("120.00", "0.00")


def test_what_was_merged_is_not_used_again_by_an_edit(office: Office, fay: Caller) -> None:
    gone = make_customer(office.company, name="Bell and Daughters")
    actions.merge_customers(gone, office.customer, reason="Typed twice")
    lamp = make_item(office.company, code="LAMP2", name="Lamp two")
    actions.merge_items(lamp, office.item, reason="Typed twice")
    for at in (f"/customers/{place(gone)}", f"/items/{place(lamp)}"):
        refused = fay.patch(at, {"active": True}, if_match="*")
        assert (refused.kind, refused.fields) == ("invalid", ["active"])
        assert fay.get(at).body["active"] is False
    child = fay.post("/customers", {"name": "Ferndean Ltd", "parent": place(gone)})
    assert Customer.objects.get(public_id=child.body["id"]).parent == office.customer


def test_money_is_received_cancelled_refunded_and_banked(office: Office, fay: Caller) -> None:
    money = {"customer": place(office.customer), "amount": "150", "date": "2026-03-20",
             "method": "transfer", "oldest_first": True}  # fmt: skip
    received = fay.post("/payments", money)
    assert (received.body["applied"], received.body["on_account"]) == ("120.00", "30.00")
    doubled = fay.post("/payments", money)
    assert doubled.kind == "possible-duplicate"
    other = fay.post("/payments", {**money, "allow_duplicate": True})
    assert (other.status, other.body["on_account"]) == (201, "150.00")
    cancelled = fay.post(
        f"/payments/{other.body['id']}/cancel", {"reason": "Typed twice", "date": "2026-03-21"}
    )
    assert cancelled.body["status"] == "cancelled"

    refunded = fay.post("/refunds", {"payment": received.body["id"], "amount": "30.00",
        "date": "2026-03-25", "method": "Transfer", "reason": "Paid too much"})  # fmt: skip
    assert (refunded.status, refunded.body["amount"], refunded.body["why"]) == (
        201,
        "30.00",
        "refund",
    )
    office.company.bank_accounts.create(name="Current", currency="GBP")
    deposit = {"bank_account": "current", "date": "2026-03-26", "payments": [received.body["id"]],
               "refunds": [refunded.body["id"]],
               "amounts": [{"role": "bank_charge", "amount": "-1.50"}]}  # fmt: skip
    wrong = fay.post("/deposits", {**deposit, "expected": "118.00"})
    assert (wrong.kind, wrong.fields) == ("invalid", ["expected"])
    banked = fay.post("/deposits", {**deposit, "expected": "118.50"})
    assert (banked.status, banked.body["total"]) == (201, "118.50")


def test_the_closing_date_holds_for_programs_too(office: Office, fay: Caller) -> None:
    office.company.closing_date = date(2026, 3, 31)
    office.company.save()
    at = f"/invoices/{place(office.draft)}"
    refused = [
        fay.post(f"{at}/issue", if_match="*"),
        fay.post(f"/invoices/{place(office.invoice)}/void", {"reason": "x"}),
        fay.post("/payments", {"customer": place(office.customer), "amount": "1",
                               "date": "2026-03-20"}),
    ]  # fmt: skip
    assert {each.kind for each in refused} == {"refused"}
    assert all("closed" in each.body["detail"] for each in refused)


def test_above_the_limit_a_second_person_is_asked_and_nothing_is_posted(
    office: Office, fay: Caller
) -> None:
    ActLimit.objects.create(
        company=office.company, role="Accountant", act="billing.issue_invoice", amount=10
    )
    at = f"/invoices/{place(office.draft)}"
    waits = fay.post(f"{at}/issue", if_match="*", idempotency_key="issue-1")
    assert (waits.status, waits.kind) == (409, "needs-approval")
    assert "above your limit" in waits.body["detail"]
    assert "Approvals" in waits.body["detail"]
    approval = Approval.objects.get()
    assert (approval.requested_by, approval.subject) == (office.people["Fay"], office.draft)
    office.draft.refresh_from_db()
    assert office.draft.is_draft
    again = fay.post(f"{at}/issue", if_match="*", idempotency_key="issue-1")
    assert again.kind == "needs-approval"
    assert "asked already" in again.body["detail"]


def test_a_rebate_needs_a_second_person(office: Office, fay: Caller) -> None:
    made = fay.post("/credit-notes", {**draft(office), "reason": "Loyalty"})
    waits = fay.post(f"/credit-notes/{made.body['id']}/issue", if_match="*")
    assert waits.kind == "needs-approval"


def test_an_invoice_like_one_that_is_issued_is_asked_about(office: Office, fay: Caller) -> None:
    body = {"customer": place(office.customer), "issue_date": "2026-03-02",
            "lines": [{"item_code": "LAMP", "quantity": "10"}]}  # fmt: skip
    made = fay.post("/invoices", body)
    at = f"/invoices/{made.body['id']}/issue"
    asked = fay.post(at, if_match="*")
    assert asked.kind == "possible-duplicate"
    assert place(office.invoice) in asked.body["detail"]
    assert fay.post(at, {"allow_duplicate": True}, if_match="*").body["status"] == "issued"


def test_a_foreign_invoice_bears_the_listed_rate_or_its_own(office: Office, fay: Caller) -> None:
    make_exchange_rate(office.company, "USD", "0.80")
    abroad = make_customer(office.company, currency="USD")
    body = {**draft(office), "customer": place(abroad)}
    listed = fay.post("/invoices", body)
    assert (listed.body["currency"], listed.body["exchange_rate"]) == ("USD", "0.8")
    own = fay.post("/invoices", {**body, "exchange_rate": "0.75"})
    assert stored(own).exchange_rate == Decimal("0.75")
    back = fay.patch(f"/invoices/{own.body['id']}", {"exchange_rate": None}, if_match="*")
    assert back.body["exchange_rate"] == "0.8"
    moved = fay.patch(
        f"/invoices/{own.body['id']}", {"customer": place(office.customer)}, if_match="*"
    )
    assert (moved.body["currency"], moved.body["exchange_rate"]) == ("GBP", "1")
    home = fay.post("/invoices", draft(office, exchange_rate="2"))
    assert home.fields == ["exchange_rate"]


def test_customers_and_items_are_added_and_changed_and_nobody_overwrites(
    office: Office, fay: Caller
) -> None:
    body = {"name": "Ferndean Ltd", "address_lines": ["1 Mill Lane", "Hay"], "country": "GB",
            "terms": "30 days", "tax_rate": "S20", "parent": place(office.customer)}  # fmt: skip
    made = fay.post("/customers", body)
    assert (made.body["terms"], made.body["tax_rate"]) == ("30 days", "S20")
    assert made.body["parent"]["name"] == "Bell & Daughters"
    at = f"/customers/{made.body['id']}"
    first = fay.patch(at, {"city": "Leeds", "terms": ""}, if_match=made.headers["ETag"])
    assert (first.body["city"], first.body["terms"], first.body["country"]) == ("Leeds", "", "GB")
    assert (
        fay.patch(at, {"city": "York"}, if_match=made.headers["ETag"]).kind == "changed-meanwhile"
    )
    assert fay.patch(at, {"currency": "EUR"}, if_match="*").fields == ["parent"]
    item = fay.post("/items", {"code": "WICK", "name": "Wick", "unit_price": "0.35"})
    assert (item.status, item.body["unit_price"]) == (201, "0.35")
    assert fay.post("/items", {"code": "wick", "name": "Other"}).status in (409, 422)


def test_lists_are_filtered(office: Office, fay: Caller) -> None:
    def ids(query: str) -> list[str]:
        return [each["id"] for each in fay.get(query).body["data"]]

    invoice, paid = place(office.invoice), office.payment
    assert ids("/invoices?status=issued") == [invoice]
    assert ids(f"/invoices?number={office.invoice.number.lower()}") == [invoice]
    assert ids("/invoices?dated_from=2026-03-03") == []
    assert ids(f"/invoices?customer={place(office.customer)}&status=draft") == [place(office.draft)]
    moment = Invoice.objects.latest("updated_at").updated_at.isoformat().replace("+00:00", "Z")
    make_payment(invoice=office.invoice)
    newer = moment[:-1] + "9Z"
    assert ids(f"/invoices?changed_since={newer}") == [invoice]
    assert place(paid) in ids("/payments?status=received")


def test_pages_follow_one_another_whatever_is_added_meanwhile(office: Office, fay: Caller) -> None:
    for _ in range(5):
        make_invoice(customer=office.customer, lines=[(office.item, 1, 1)])
    wanted = [str(each) for each in Invoice.objects.filter(company=office.company).order_by("-pk")
              .values_list("public_id", flat=True)]  # fmt: skip
    seen, address = [], "/api/v1/invoices?limit=3"
    while address:
        page = fay.get(address.replace("http://testserver", ""))
        seen += [each["id"] for each in page.body["data"]]
        address = page.body["next"]
        make_invoice(customer=office.customer, lines=[(office.item, 1, 1)])
    assert seen == wanted


def test_a_day_that_is_rarely_meant_is_asked_about_and_posts_nothing(
    office: Office, fay: Caller
) -> None:
    money = {"customer": place(office.customer), "amount": "10", "method": "Transfer"}
    for day, why in (("2027-03-20", "in the future"), ("2019-03-20", "more than a year ago")):
        asked = fay.post("/payments", {**money, "date": day})
        assert (asked.status, asked.kind, asked.fields) == (409, "date-in-doubt", ["date"])
        assert (
            f"date {day} is {why}. Correct it, or send allow_far_date: true" in asked.body["detail"]
        )
    assert Payment.objects.count() == 1
    meant = fay.post("/payments", {**money, "date": "2019-03-20", "allow_far_date": True})
    assert (meant.status, meant.body["date"]) == (201, "2019-03-20")

    at = f"/payments/{meant.body['id']}"
    typed = {"reason": "Typed twice", "date": "2027-01-01"}
    assert fay.post(f"{at}/cancel", typed).kind == "date-in-doubt"
    refund = {"payment": meant.body["id"], "amount": "1", "method": "Transfer", "reason": "Too much",
              "date": "2027-01-01"}  # fmt: skip
    assert fay.post("/refunds", refund).kind == "date-in-doubt"
    part = {"payment": meant.body["id"], "invoice": place(office.invoice), "amount": "1"}
    assert fay.post("/allocations", {**part, "date": "2027-01-01"}).kind == "date-in-doubt"
    applied = fay.post("/allocations", part)
    un_apply = f"/allocations/{applied.body['id']}/un-apply"
    assert fay.post(un_apply, typed).kind == "date-in-doubt"
    bank = {"bank_account": "Current", "date": "2027-01-01", "payments": [meant.body["id"]]}
    office.company.bank_accounts.create(name="Current", currency="GBP")
    assert fay.post("/deposits", bank).kind == "date-in-doubt"


def test_a_document_of_a_day_that_is_rarely_meant_is_issued_once_it_is_said_to_be(
    office: Office, fay: Caller
) -> None:
    late = fay.post("/invoices", {**draft(office), "issue_date": "2019-03-02",
                                  "due_date": "2028-03-02"})  # fmt: skip
    at = f"/invoices/{late.body['id']}"
    asked = fay.post(f"{at}/issue", if_match="*")
    assert (asked.kind, asked.fields) == ("date-in-doubt", ["issue_date"])
    assert fay.get(at).body["status"] == "draft"
    fay.patch(at, {"issue_date": "2026-11-20"}, if_match="*")
    asked = fay.post(f"{at}/issue", if_match="*")
    assert (asked.kind, asked.fields) == ("date-in-doubt", ["due_date"])
    issued = fay.post(f"{at}/issue", {"allow_far_date": True}, if_match="*")
    assert issued.body["status"] == "issued"
    typed = {"reason": "Wrong customer", "date": "2030-01-01"}
    assert fay.post(f"{at}/void", typed).kind == "date-in-doubt"
    assert fay.post(f"{at}/credit", typed).kind == "date-in-doubt"
