"""Nothing dated in a closed month changes: each way in is tried, and every row is as it was.

What arrives from a ledger, and what a task carries, is tried in tests/sync/apply/test_closed_months.py.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from apps.billing import actions
from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.models import (
    Adjustment,
    Allocation,
    BankAccount,
    Change,
    Company,
    CreditNote,
    Customer,
    Deposit,
    DepositLine,
    Invoice,
    Payment,
    Refund,
    SetBasedWriteRefused,
)
from apps.exchange.documents import Harvest
from apps.exchange.imports.loading import load
from tests.backoffice.conftest import browse, people
from tests.backoffice.people import PASSWORD
from tests.exchange.imports.test_online_retail import reading, row
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_payment,
)
from tests.kept_rows import kept

__all__ = ["PASSWORD", "browse", "people", "reading"]  # fixtures among them

pytestmark = pytest.mark.django_db

MARCH_16 = date(2026, 3, 16)
MARCH_31, APRIL_1 = date(2026, 3, 31), date(2026, 4, 1)
LINES = [DraftLine(description="Lamp", quantity=Decimal(1), unit_price=Decimal(10))]


class March:
    """Two invoices (one open, one paid), a credit note and money on account, all of March, which
    is closed; and a draft and an open invoice of April's customer."""

    def __init__(self) -> None:
        self.company = make_company(amend_allowed=True)
        self.customer = make_customer(self.company)
        self.invoice = make_invoice(customer=self.customer)
        self.paid = make_invoice(customer=self.customer)
        self.payment = make_payment(invoice=self.paid)
        self.allocation = self.payment.allocations.get()
        self.rest = make_payment(customer=self.customer)
        self.note = make_credit_note(customer=self.customer)
        self.draft = make_invoice(customer=self.customer, issued=False)
        self.method = make_method(self.company)
        self.account = BankAccount.objects.create(
            company=self.company, name="Current account", currency="GBP"
        )
        self.charged = make_invoice(customer=self.customer)
        self.deduction = actions.deduct(
            self.charged, role="bank_charge", amount=Decimal(1), on=MARCH_16, reason="Kept"
        )
        self.retainer = actions.hold_as_retainer(self.rest, amount=Decimal(10), on=MARCH_16)
        self.refund = actions.pay_refund(
            self.note, amount=Decimal(5), on=MARCH_16, method=self.method, reason="Sent back"
        )
        self.carded = make_payment(customer=self.customer, method=self.method)
        self.deposited = make_payment(customer=self.customer, method=self.method)
        self.deposit = actions.make_deposit(self.account, date=MARCH_16, payments=[self.deposited])
        actions.set_closing_date(self.company, MARCH_31, reason="Quarter filed")

    def document(self, **fields: Any) -> DraftDocument:
        return DraftDocument(
            **{"customer": self.customer, "issue_date": MARCH_31, "lines": LINES, **fields}
        )


@pytest.fixture
def march() -> March:
    return kept(March)


def everything() -> list[list[dict[str, Any]]]:
    """All posted rows, their lines, history and changes."""
    return [
        list(rows.order_by("pk").values())
        for rows in (
            Invoice.objects.all(),
            CreditNote.objects.all(),
            Payment.objects.all(),
            Allocation.objects.all(),
            Adjustment.objects.all(),
            Refund.objects.all(),
            Deposit.objects.all(),
            DepositLine.objects.all(),
            Invoice._meta.get_field("lines").related_model.objects.all(),
            CreditNote._meta.get_field("lines").related_model.objects.all(),
            Change.objects.exclude(kind__in=["customer", "item"]),
        )
    ] + [
        list(each.history.values())
        for each in (Invoice, CreditNote, Payment, Allocation, Adjustment, Refund, Deposit)
    ]


def saved(record: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()


Attempt = Callable[[March], object]

ACTS: dict[str, Attempt] = {
    "issue": lambda it: actions.issue(it.draft),
    "void": lambda it: actions.void(it.invoice, reason="x"),
    "void a credit note": lambda it: actions.void(it.note, reason="x"),
    "void, dated later": lambda it: actions.void(it.invoice, reason="x", on=APRIL_1),
    "credit": lambda it: actions.issue(actions.credit_invoice(it.invoice, reason="x", on=MARCH_31)),
    "amend": lambda it: actions.amend_invoice(it.invoice, lines=LINES, reason="x"),
    "amend, dated later": lambda it: actions.amend_invoice(
        it.invoice, lines=LINES, reason="x", issue_date=APRIL_1
    ),
    "change a message": lambda it: actions.change_open_fields(it.invoice, message="x"),
    "change a due date": lambda it: actions.change_open_fields(
        it.invoice, due_date=APRIL_1, reason="x"
    ),
    "receive": lambda it: actions.receive_payment(
        customer=it.customer, amount=Decimal(1), date=MARCH_31
    ),
    "cancel": lambda it: actions.cancel_payment(it.rest, reason="x"),
    "cancel, dated later": lambda it: actions.cancel_payment(it.rest, reason="x", on=APRIL_1),
    "apply": lambda it: actions.allocate(it.rest, it.invoice, Decimal(1), on=MARCH_31),
    "apply a credit note": lambda it: actions.allocate(
        it.note, it.invoice, Decimal(1), on=MARCH_31
    ),
    "receive with a deduction": lambda it: actions.receive_payment(
        customer=it.customer,
        amount=Decimal(1),
        date=MARCH_31,
        deductions=[
            actions.Deducted(invoice=it.invoice, role="bank_charge", amount=Decimal(1), reason="x")
        ],
    ),
    "deduct": lambda it: actions.deduct(
        it.invoice, role="bank_charge", amount=Decimal(1), on=MARCH_31, reason="x"
    ),
    "write off": lambda it: actions.write_off(
        it.invoice, amount=Decimal(1), on=MARCH_31, reason="x"
    ),
    "cancel an adjustment": lambda it: actions.cancel_adjustment(
        it.deduction, on=MARCH_31, reason="x"
    ),
    "cancel an adjustment, dated later": lambda it: actions.cancel_adjustment(
        it.deduction, on=APRIL_1, reason="x"
    ),
    "hold a retainer": lambda it: actions.hold_as_retainer(it.rest, amount=Decimal(1), on=MARCH_31),
    "use a retainer": lambda it: actions.use_retainer(it.invoice, amount=Decimal(1), on=MARCH_31),
    "give a retainer back": lambda it: actions.cancel_adjustment(
        it.retainer, on=APRIL_1, reason="x"
    ),
    "take a surplus": lambda it: actions.take_surplus(
        it.rest, amount=Decimal(1), on=MARCH_31, reason="x"
    ),
    "refund a credit": lambda it: actions.pay_refund(
        it.note, amount=Decimal(1), on=MARCH_31, method=it.method, reason="x"
    ),
    "refund money": lambda it: actions.pay_refund(
        it.rest, amount=Decimal(1), on=MARCH_31, method=it.method, reason="x"
    ),
    "cancel a refund": lambda it: actions.cancel_refund(it.refund, on=MARCH_31, reason="x"),
    "cancel a refund, dated later": lambda it: actions.cancel_refund(
        it.refund, on=APRIL_1, reason="x"
    ),
    "return a payment": lambda it: actions.return_payment(it.carded, on=MARCH_31, reason="x"),
    "make a deposit": lambda it: actions.make_deposit(
        it.account, date=MARCH_31, payments=[it.carded]
    ),
    "undo a deposit": lambda it: actions.undo_deposit(it.deposit, on=MARCH_31, reason="x"),
    "undo a deposit, dated later": lambda it: actions.undo_deposit(
        it.deposit, on=APRIL_1, reason="x"
    ),
    "un-apply": lambda it: actions.reverse(it.allocation, on=MARCH_31, reason="x"),
}
SAVES: dict[str, Attempt] = {
    "total": lambda it: saved(it.invoice, total=Decimal(1)),
    "customer": lambda it: saved(it.invoice, customer=make_customer(it.company)),
    "date": lambda it: saved(it.invoice, issue_date=APRIL_1),
    "message": lambda it: saved(it.invoice, message="x"),
    "purchase order": lambda it: saved(it.note, purchase_order_number="x"),
    "line": lambda it: saved(it.invoice.lines.get(), quantity=Decimal(7)),
    "new line": lambda it: saved(type(it.invoice.lines.get())(document=it.invoice, position=9)),
    "line deleted": lambda it: it.invoice.lines.get().delete(),
    "deleted": lambda it: it.invoice.delete(),
    "payment": lambda it: saved(it.payment, amount=Decimal(1)),
    "method": lambda it: saved(it.payment, method=it.method),
    "memo": lambda it: saved(it.payment, memo="x"),
    "payment deleted": lambda it: it.payment.delete(),
    "allocation": lambda it: saved(it.allocation, date=APRIL_1),
    "adjustment": lambda it: saved(it.deduction, amount=Decimal(2)),
    "adjustment's memo": lambda it: saved(it.deduction, memo="x"),
    "adjustment deleted": lambda it: it.deduction.delete(),
    "new adjustment": lambda it: Adjustment.objects.create(
        company=it.company,
        customer=it.customer,
        amount=1,
        currency="GBP",
        date=APRIL_1,
        role="bad_debt",
    ),
    "refund": lambda it: saved(it.refund, fee=Decimal(2)),
    "refund's memo": lambda it: saved(it.refund, memo="x"),
    "refund deleted": lambda it: it.refund.delete(),
    "new refund": lambda it: Refund.objects.create(
        company=it.company,
        customer=it.customer,
        amount=1,
        currency="GBP",
        date=APRIL_1,
        method=it.method,
    ),
    "deposit": lambda it: saved(it.deposit, total=Decimal(2)),
    "deposit's memo": lambda it: saved(it.deposit, memo="x"),
    "deposit's line": lambda it: saved(it.deposit.lines.get(), amount=Decimal(1)),
    "deposit's line deleted": lambda it: it.deposit.lines.get().delete(),
    "deposit deleted": lambda it: it.deposit.delete(),
    "new deposit": lambda it: Deposit.objects.create(
        company=it.company, bank_account=it.account, total=1, currency="GBP", date=APRIL_1
    ),
    "new payment": lambda it: Payment.objects.create(
        company=it.company, customer=it.customer, amount=1, currency="GBP", date=MARCH_31
    ),
}
SETS: dict[str, Attempt] = {
    "update": lambda it: Invoice.objects.filter(pk=it.invoice.pk).update(message="x"),
    "update payments": lambda it: Payment.objects.update(memo="x"),
    "update allocations": lambda it: Allocation.objects.update(date=APRIL_1),
    "update adjustments": lambda it: Adjustment.objects.update(memo="x"),
    "update refunds": lambda it: Refund.objects.update(memo="x"),
    "update deposits": lambda it: Deposit.objects.update(memo="x"),
    "update deposit lines": lambda it: DepositLine.objects.update(standing=False),
    "bulk_create adjustments": lambda it: Adjustment.objects.bulk_create([]),
    "bulk_create refunds": lambda it: Refund.objects.bulk_create([]),
    "bulk_create deposit lines": lambda it: it.deposit.lines.bulk_create([]),
    "bulk_update deposits": lambda it: Deposit.objects.bulk_update([it.deposit], ["memo"]),
    "delete refunds": lambda it: Refund.objects.all().delete(),
    "update lines": lambda it: it.invoice.lines.update(quantity=7),
    "bulk_update": lambda it: Invoice.objects.bulk_update([it.invoice], ["message"]),
    "bulk_create": lambda it: Payment.objects.bulk_create([]),
    "delete": lambda it: Invoice.objects.filter(pk=it.invoice.pk).delete(),
    "closing date": lambda it: Company.objects.update(closing_date=None),
    "create_documents": lambda it: create_documents([it.document()]),
    "create_documents with a number": lambda it: create_documents([it.document(number="A-1")]),
    "create_documents of a credit note": lambda it: create_documents(
        [it.document(model=CreditNote)]
    ),
}


@pytest.mark.variants(keep=10)
@pytest.mark.parametrize("attempt", ACTS.values(), ids=ACTS)
def test_no_act_changes_a_closed_month(march: March, attempt: Attempt) -> None:
    before = everything()
    with pytest.raises(ValidationError, match="closed"), transaction.atomic():
        attempt(march)
    assert everything() == before


@pytest.mark.slow
@pytest.mark.parametrize("attempt", SAVES.values(), ids=SAVES)
def test_no_save_in_a_shell_changes_a_closed_month(march: March, attempt: Attempt) -> None:
    before = everything()
    with pytest.raises(ValidationError):
        attempt(march)
    assert everything() == before


@pytest.mark.slow
@pytest.mark.parametrize("attempt", SETS.values(), ids=SETS)
def test_no_set_based_write_changes_a_closed_month(march: March, attempt: Attempt) -> None:
    before = everything()
    with pytest.raises((ValidationError, SetBasedWriteRefused, TypeError)):
        attempt(march)
    assert everything() == before


def test_no_import_brings_anything_into_a_closed_month(
    march: March, reading: Callable[..., Harvest]
) -> None:
    harvest = reading(row(), row(number="C536379", quantity="-2"))  # of December 2010
    before = everything()
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        load(harvest, march.company)
    assert everything() == before


@pytest.mark.slow
def test_no_screen_changes_a_closed_month(
    march: March, people: dict[str, Any], browse: Callable[[str], Any]
) -> None:
    fay, dated = browse("Fay"), {"on": "2026-03-31", "reason": "x"}

    def address(record: Any, act: str) -> str:
        meta = record._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{act}", args=[record.pk])

    tries: list[tuple[str, dict[str, Any]]] = [
        (address(march.draft, "issue"), {}),
        (address(march.invoice, "void"), dated),
        (address(march.invoice, "void"), {**dated, "on": "2026-04-01"}),
        (
            address(march.invoice, "change-open-fields"),
            {"message": "x", "due_date": "2026-03-31", "reason": "x"},
        ),
        (address(march.invoice, "change"), {"message": "x"}),
        (address(march.invoice, "delete"), {"post": "yes"}),
        (address(march.rest, "cancel"), dated),
        (address(march.rest, "change"), {"memo": "x"}),
        (address(march.rest, "apply"), {"on": "2026-03-31", f"part_{march.invoice.pk}": "1"}),
        (address(march.note, "apply"), {"on": "2026-03-31", f"part_{march.invoice.pk}": "1"}),
        (address(march.allocation, "un-apply"), dated),
        (
            address(march.customer, "receive-payment"),
            {"amount": "1", "date": "2026-03-31", "how": "account"},
        ),
        (address(march.company, "change"), {"closing_date": ""}),
    ]
    before = everything()
    for where, form in tries:
        fay.post(where, form)
        assert everything() == before, where
    assert Company.objects.get(pk=march.company.pk).closing_date == MARCH_31


def test_an_open_day_is_open_and_the_date_of_what_it_settles_does_not_count(march: March) -> None:
    actions.allocate(march.rest, march.invoice, Decimal(40), on=APRIL_1)
    actions.reverse(march.allocation, on=APRIL_1, reason="Wrong invoice")
    march.invoice.refresh_from_db()
    march.paid.refresh_from_db()
    assert (march.invoice.paid, march.paid.balance_due) == (40, 100)
    note = actions.credit_invoice(march.invoice, reason="Sent back", on=APRIL_1)
    actions.issue(note)
    assert note.is_issued
    assert Customer.objects.filter(pk=march.customer.pk).exists()
