"""A 200 that is not done, on every kind of write: nothing is in the books because Xero said so.

Each row is a write of one kind under one lie of theirs. After the run that met it no record may say
*in the books* where their books say otherwise; in the end both sides agree, or a person is told in
words, with a way out, and the comparison names what is apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    DraftLine,
    allocate,
    amend_invoice,
    cancel_adjustment,
    cancel_payment,
    cancel_refund,
    change_open_fields,
    pay_refund,
    receive_payment,
    reverse,
    void,
    write_off,
)
from apps.billing.models import Invoice
from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison
from apps.sync.decide import acts
from apps.sync.models import Reason, State, SyncRecord
from tests.connectors.xero.live import XeroBooks
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
)
from tests.readings import some_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)
Made = Any
Act = Callable[[XeroBooks, Made], Any]


def nothing(books: XeroBooks) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Write:
    """What stands before, what is done here, and the call that carries it."""

    act: Act
    endpoint: str
    method: str = "PUT"
    before: Callable[[XeroBooks], Made] = nothing

    @property
    def match(self) -> dict[str, Any]:
        return {"method": self.method, "endpoint": self.endpoint}


def sale(books: XeroBooks) -> Invoice:
    """100.00 of a customer and an item of its own, and it stands there."""
    return make_invoice(company=books.company)


def amendable(books: XeroBooks) -> Invoice:
    books.company.amend_allowed = True
    books.company.save()
    return make_invoice(company=books.company)


def two_sales(books: XeroBooks) -> list[Invoice]:
    customer, item = make_customer(books.company), make_item(books.company)
    return [make_invoice(customer=customer, lines=[(item, 1, 100)]) for _ in range(2)]


def paid(books: XeroBooks) -> Any:
    return make_payment(invoice=sale(books), method=books.method)


def pay_both(books: XeroBooks, made: list[Invoice]) -> Any:
    return receive_payment(
        customer=made[0].customer,
        amount=Decimal(150),
        date=DAY,
        method=books.method,
        apply=[(made[0], Decimal(100)), (made[1], Decimal(50))],
    )


def batched(books: XeroBooks) -> Any:
    return pay_both(books, two_sales(books))


def on_account(books: XeroBooks) -> Any:
    return make_payment(customer=make_customer(books.company), amount=40, method=books.method)


def sale_and_money(books: XeroBooks) -> Any:
    invoice = sale(books)
    return invoice, make_payment(customer=invoice.customer, amount=40, method=books.method)


def used(books: XeroBooks) -> Any:
    invoice, money = sale_and_money(books)
    return allocate(money, invoice, Decimal(40), on=DAY)


def credited(books: XeroBooks) -> Any:
    invoice = sale(books)
    note = make_credit_note(
        customer=invoice.customer, lines=[(make_item(books.company), 1, 30)], reason="Late"
    )
    return invoice, note


def credit_used(books: XeroBooks) -> Any:
    invoice, note = credited(books)
    return allocate(note, invoice, Decimal(30), on=DAY)


def with_bad_debts(books: XeroBooks) -> Invoice:
    books.map_role("bad_debt", "Bad Debts")
    return sale(books)


def lost(books: XeroBooks, invoice: Invoice) -> Any:
    return write_off(invoice, amount=Decimal(6), on=DAY, reason="Gone")


def written_off(books: XeroBooks) -> Any:
    return lost(books, with_bad_debts(books))


def pay_back(books: XeroBooks, money: Any) -> Any:
    return pay_refund(money, amount=Decimal(15), on=DAY, method=books.method, reason="Too much")


def refunded(books: XeroBooks) -> Any:
    return pay_back(books, on_account(books))


def amend(books: XeroBooks, invoice: Invoice) -> None:
    line = DraftLine(item=make_item(books.company), quantity=Decimal(1), unit_price=Decimal(80))
    amend_invoice(invoice, lines=[line], reason="Wrong price")


def rename(books: XeroBooks, invoice: Invoice) -> None:
    customer = invoice.customer
    customer.name = "Fern & Co"
    customer.save()


def reprice(books: XeroBooks, invoice: Invoice) -> None:
    item = invoice.lines.get().item
    item.name = "Lamp, brass"
    item.save()


WRITES: dict[str, Write] = {
    "customer created": Write(
        act=lambda b, _: make_invoice(company=b.company), endpoint="contacts"
    ),
    "customer changed": Write(before=sale, act=rename, endpoint="contacts", method="POST"),
    "item created": Write(act=lambda b, _: make_invoice(company=b.company), endpoint="items"),
    "item changed": Write(before=sale, act=reprice, endpoint="items", method="POST"),
    "invoice created": Write(act=lambda b, _: sale(b), endpoint="invoices"),
    "invoice amended": Write(before=amendable, act=amend, endpoint="invoices", method="POST"),
    "due date changed": Write(
        before=sale,
        act=lambda b, made: change_open_fields(
            made, due_date=date(2026, 5, 5), reason="Asked for it"
        ),
        endpoint="invoices",
        method="POST",
    ),
    "invoice voided": Write(
        before=sale,
        act=lambda b, made: void(made, reason="Wrong", on=DAY),
        endpoint="invoices",
        method="POST",
    ),
    "credit note created": Write(
        before=sale, act=lambda b, made: make_credit_note(invoice=made), endpoint="creditnotes"
    ),
    "credit note voided": Write(
        before=credited,
        act=lambda b, made: void(made[1], reason="Wrong", on=DAY),
        endpoint="creditnotes",
        method="POST",
    ),
    "payment created": Write(
        before=sale,
        act=lambda b, made: make_payment(invoice=made, method=b.method),
        endpoint="payments",
    ),
    "payment deleted": Write(
        before=paid,
        act=lambda b, made: cancel_payment(made, reason="Wrong", on=DAY),
        endpoint="payments",
        method="POST",
    ),
    "batch created": Write(before=two_sales, act=pay_both, endpoint="batchpayments"),
    "batch created beside a payment": Write(
        before=lambda b: [*two_sales(b), sale(b)],
        act=lambda b, made: (
            pay_both(b, made),
            make_payment(invoice=made[2], method=b.method),
        ),
        endpoint="batchpayments",
    ),
    "batch deleted": Write(
        before=batched,
        act=lambda b, made: cancel_payment(made, reason="Wrong", on=DAY),
        endpoint="batchpayments",
        method="POST",
    ),
    "overpayment created": Write(act=lambda b, _: on_account(b), endpoint="banktransactions"),
    "money set against an invoice": Write(
        before=sale_and_money,
        act=lambda b, made: allocate(made[1], made[0], Decimal(40), on=DAY),
        endpoint="allocations",
    ),
    "money taken off": Write(
        before=used,
        act=lambda b, made: reverse(made, on=DAY, reason="Wrong invoice"),
        endpoint="allocations",
        method="DELETE",
    ),
    "credit set against an invoice": Write(
        before=credited,
        act=lambda b, made: allocate(made[1], made[0], Decimal(30), on=DAY),
        endpoint="allocations",
    ),
    "credit taken off": Write(
        before=credit_used,
        act=lambda b, made: reverse(made, on=DAY, reason="Wrong invoice"),
        endpoint="allocations",
        method="DELETE",
    ),
    "adjustment created": Write(before=with_bad_debts, act=lost, endpoint="creditnotes"),
    "adjustment set against": Write(before=with_bad_debts, act=lost, endpoint="allocations"),
    "adjustment voided": Write(
        before=written_off,
        act=lambda b, made: cancel_adjustment(made, reason="Paid", on=DAY),
        endpoint="creditnotes",
        method="POST",
    ),
    "refund's charge": Write(before=on_account, act=pay_back, endpoint="invoices"),
    "refund's bank line": Write(before=on_account, act=pay_back, endpoint="banktransactions"),
    "refund set against": Write(before=on_account, act=pay_back, endpoint="allocations"),
    "refund's charge voided": Write(
        before=refunded,
        act=lambda b, made: cancel_refund(made, reason="Came back", on=DAY),
        endpoint="invoices",
        method="POST",
    ),
    "refund's bank line deleted": Write(
        before=refunded,
        act=lambda b, made: cancel_refund(made, reason="Came back", on=DAY),
        endpoint="banktransactions",
        method="POST",
    ),
}


QUICK = ("invoice created", "payment created", "refund's bank line")


def each_write() -> list[Any]:
    """Some of them in every run of the tests, all of them in the slow one."""
    slow = pytest.mark.slow
    more = some_of([each for each in WRITES if each not in QUICK], 2)
    return [*QUICK, *(pytest.param(each, marks=slow) for each in more)]


def apart(found: Comparison) -> list[str]:
    questions = [str(each) for each in found.questions]
    return [*found.differences, *found.only_here, *found.doubles, *questions]


def told(books: XeroBooks) -> list[SyncRecord]:
    return list(books.connection.sync_records.exclude(state=State.IN_THE_BOOKS))


def stage(books: XeroBooks, write: Write) -> Made:
    """What stands before, on both sides."""
    made = write.before(books)
    for _ in range(2):
        books.run()
    assert not told(books)
    return made


def is_honest(books: XeroBooks) -> None:
    """What is in the books is there as it is here; of all else a person is told, with a way out, or
    Tieout says that it does not know and finds out."""
    found = apart(compare(books.connection))
    waiting = told(books)
    assert waiting or not found, found
    for each in waiting:
        assert each.sentence, each
        assert each.remedy or each.state != State.NEEDS_PERSON, each.sentence
    if any(each.state == State.WAITING and each.due_at is None for each in waiting):
        assert any(each.state in (State.NEEDS_PERSON, State.UNKNOWN) for each in waiting), [
            (each.kind, each.state, each.sentence) for each in waiting
        ]


def take_the_way_out(books: XeroBooks) -> None:
    """Once it lies no more: Retry, or sending again what does not stand there."""
    books.server.control("DELETE", f"organisations/{books.realm}/faults")
    for each in told(books):
        if each.state == State.NEEDS_PERSON and each.reason == Reason.GONE:
            acts.recreate(each, user_id=books.fay.pk, reason="Looked: it is not there")
        elif each.state == State.NEEDS_PERSON:
            acts.retry([each])
    for _ in range(3):
        books.run()


def agrees(books: XeroBooks) -> None:
    assert not told(books), [each.sentence for each in told(books)]
    assert apart(compare(books.connection)) == []
    doubles = books.server.state(books.realm)["doubles"]
    assert not any(doubles.values()), doubles


def fired(books: XeroBooks) -> int:
    armed = books.server.control("GET", f"organisations/{books.realm}/faults")
    return sum(each["fired"] for each in armed)


@pytest.mark.parametrize("name", each_write())
@pytest.mark.variants
@pytest.mark.slow
def test_an_echo_is_not_believed_and_ends_with_both_sides_agreed(
    books: XeroBooks, name: str
) -> None:
    write = WRITES[name]
    made = stage(books, write)
    books.server.arm(books.realm, "echo", match=write.match)
    write.act(books, made)

    books.run()
    assert fired(books)
    assert told(books), "what was not done is in the books"
    is_honest(books)

    books.run()
    is_honest(books)
    take_the_way_out(books)
    agrees(books)


@pytest.mark.slow
def test_a_line_of_a_batch_that_failed_in_silence_is_told_and_can_be_put_right(
    books: XeroBooks,
) -> None:
    """150.00 over two invoices, of which Xero books one alone: bank 50 or 100 by their books."""
    made = two_sales(books)
    books.run()
    match = {"method": "PUT", "endpoint": "batchpayments"}
    books.server.arm(books.realm, "fail_line", match=match, index=1)
    pay_both(books, made)
    books.run()

    assert fired(books)
    assert books.balance("Business Bank Account") in (Decimal(50), Decimal(100))
    is_honest(books)
    take_the_way_out(books)
    agrees(books)
    assert books.balance("Business Bank Account") == Decimal(150)


@pytest.mark.parametrize("switch", ["200", "400"])
@pytest.mark.slow
def test_a_deletion_of_what_is_reconciled_is_told_whatever_it_answers(
    books: XeroBooks, switch: str
) -> None:
    """Matched with a statement line after it was read: nothing tells that before the deletion."""
    books.server.set_up(books.realm, reconciled_delete=switch)
    payment = paid(books)
    books.run()
    there = books.theirs("Payments")[0]["PaymentID"]
    books.server.act(books.realm, "reconcile", kind="Payments", id=there)
    cancel_payment(payment, reason="Wrong", on=DAY)
    books.run()

    (record,) = [each for each in told(books) if each.kind == "payment"]
    assert record.state == State.NEEDS_PERSON
    assert "reconciled" in record.sentence + record.remedy
    is_honest(books)
    books.server.act(books.realm, "unreconcile", kind="Payments", id=there)
    take_the_way_out(books)
    agrees(books)


@pytest.mark.slow
def test_amounts_dropped_of_what_was_paid_there_meanwhile_are_told(books: XeroBooks) -> None:
    """Amended here to 80.00 while their staff booked 10.00 on it: a 200 would drop the 80.00."""
    invoice = amendable(books)
    books.run()
    number = books.server.act(books.realm, "record_payment", number=invoice.number, amount="10")
    amend(books, invoice)
    books.run()
    books.run()

    assert number["PaymentID"]
    assert told(books)
    is_honest(books)


@pytest.mark.parametrize("switch", ["reset", "keep"])
@pytest.mark.slow
def test_the_rate_of_a_foreign_invoice_stands_after_its_lines_were_changed(
    books: XeroBooks, switch: str
) -> None:
    """80.00 EUR at 0.86 are 68.80 GBP: receivable 68.80, sales -68.80, beside the test invoice."""
    books.server.set_up(books.realm, rate_on_update=switch, rates={"EUR": "2"})
    invoice = sale_in_euro(books)
    books.run()
    amend(books, invoice)
    books.run()
    agrees(books)
    assert books.balance("Sales") == Decimal("-168.80")
    assert books.balance("Accounts Receivable") == Decimal("168.80")


@pytest.mark.parametrize("upsert", ["by_number", "id_only"])
@pytest.mark.parametrize("kind", ["Invoices", "CreditNotes"])
@pytest.mark.variants
@pytest.mark.slow
def test_a_document_of_theirs_that_has_our_number_is_never_overwritten(
    books: XeroBooks, kind: str, upsert: str
) -> None:
    """A POST would overwrite it: 55.00 stand there, and stay."""
    books.server.set_up(books.realm, credit_note_upsert=upsert)
    customer = make_customer(books.company)
    line = {"Description": "Theirs", "Quantity": 1, "UnitAmount": "55", "AccountCode": "200"}
    is_invoice = kind == "Invoices"
    contact = books.server.act(
        books.realm, "create", kind="Contacts", body={"Name": "Somebody Else"}
    )
    body = {
        "Type": "ACCREC" if is_invoice else "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact["ContactID"]},
        "Date": "2026-03-02",
        "LineAmountTypes": "NoTax",
        "LineItems": [{**line, "TaxType": "NONE"}],
        **({"InvoiceNumber": "INV-2026-00002", "DueDate": "2026-03-02"} if is_invoice else {}),
        **({} if is_invoice else {"CreditNoteNumber": "CN-2026-00001"}),
    }
    books.server.act(books.realm, "create", kind=kind, body=body)
    lines = [(make_item(books.company), 1, 100)]
    ours: Any = (
        make_invoice(customer=customer, lines=lines)
        if is_invoice
        else make_credit_note(customer=customer, lines=lines, reason="Late")
    )
    assert ours.number in body.values()
    for _ in range(3):
        books.run()

    totals = [Decimal(str(each["Total"])) for each in books.theirs(kind)]
    assert Decimal(55) in totals
    is_honest(books)
    if is_invoice:  # a credit note's number is not unique there
        record = books.record(ours)
        assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.NUMBER_TAKEN)
        assert record.remedy


@pytest.mark.parametrize("name", each_write())
@pytest.mark.slow
def test_a_refusal_of_one_element_is_told_in_their_words_and_retried(
    books: XeroBooks, name: str
) -> None:
    write = WRITES[name]
    made = stage(books, write)
    words = "It is not of valid status for modification"
    if write.method != "DELETE":
        books.server.arm(books.realm, "item_fault", match=write.match, index=0, message=words)
    write.act(books, made)
    books.run()
    is_honest(books)
    if fired(books):
        assert any(words in each.sentence for each in told(books))
    take_the_way_out(books)
    agrees(books)


def sale_in_euro(books: XeroBooks) -> Invoice:
    books.server.act(books.realm, "add_currency", code="EUR")
    books.company.amend_allowed = True
    books.company.save()
    make_exchange_rate(books.company, "EUR", "0.86")
    customer = make_customer(books.company, currency="EUR")
    return make_invoice(customer=customer, lines=[(make_item(books.company), 1, 100)])


# A write, the fields that are dropped of it without a word.
DROPPED: list[tuple[str, list[str]]] = [
    ("customer created", ["ContactNumber"]),
    ("customer created", ["EmailAddress"]),
    ("customer changed", ["Name"]),
    ("item created", ["Name"]),
    ("item changed", ["Name"]),
    ("invoice created", ["InvoiceNumber"]),
    ("invoice created", ["Date"]),
    ("invoice created", ["Reference"]),
    ("invoice created", ["LineItems"]),
    ("invoice created", ["LineAmountTypes"]),
    ("invoice amended", ["LineItems"]),
    ("due date changed", ["DueDate"]),
    ("invoice voided", ["Status"]),
    ("credit note created", ["CreditNoteNumber"]),
    ("credit note created", ["Date"]),
    ("credit note voided", ["Status"]),
    ("payment created", ["Date"]),
    ("payment created", ["Reference"]),
    ("payment deleted", ["Status"]),
    ("batch created", ["Date"]),
    ("batch created", ["Details", "Reference"]),
    ("batch deleted", ["Status"]),
    ("overpayment created", ["Date"]),
    ("overpayment created", ["Reference"]),
    ("adjustment created", ["CreditNoteNumber"]),
    ("adjustment created", ["Reference"]),
    ("adjustment created", ["LineAmountTypes"]),
    ("refund's charge", ["InvoiceNumber"]),
    ("refund's charge", ["Date"]),
    ("refund's bank line", ["Reference"]),
    ("refund's bank line", ["Date"]),
    ("refund's bank line", ["LineAmountTypes"]),
]
QUICKLY = (1, 7)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        *(DROPPED[place] for place in QUICKLY),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in some_of(
                [each for place, each in enumerate(DROPPED) if place not in QUICKLY], 2
            )
        ),
    ],
)
@pytest.mark.variants
@pytest.mark.slow
def test_a_field_dropped_without_a_word_is_noticed_or_makes_no_difference(
    books: XeroBooks, name: str, fields: list[str]
) -> None:
    write = WRITES[name]
    made = stage(books, write)
    books.server.arm(books.realm, "drop_fields", match=write.match, fields=fields)
    write.act(books, made)

    for _ in range(3):
        books.run()
    is_honest(books)
    assert fired(books)
