"""Months that are closed in Xero: what is held, what staff read, and that it goes once it may."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    allocate,
    pay_refund,
    receive_payment,
    return_payment,
    reverse,
    void,
    write_off,
)
from apps.connections.lifecycle import refresh_company
from apps.reconciliation.compare import compare
from apps.sync.models import Reason, State
from tests.connectors.xero.live import XeroBooks
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
)
from tests.reconciliation.table import refusals

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MARCH_20, MARCH_31, APRIL_10 = date(2026, 3, 20), date(2026, 3, 31), date(2026, 4, 10)
Act = Callable[[XeroBooks, Any], Any]


def sale(books: XeroBooks) -> Any:
    return make_invoice(company=books.company)


def two(books: XeroBooks) -> Any:
    customer = make_customer(books.company)
    return [make_invoice(customer=customer) for _ in range(2)]


def both_paid(books: XeroBooks, made: Any) -> Any:
    parts = [(each, Decimal(100)) for each in made]
    return receive_payment(
        customer=made[0].customer,
        amount=Decimal(200),
        date=MARCH_20,
        method=books.method,
        apply=parts,
    )


def on_account(books: XeroBooks) -> Any:
    invoice = make_invoice(company=books.company)
    return invoice, make_payment(customer=invoice.customer, amount=60, method=books.method)


def paid(books: XeroBooks) -> Any:
    return make_payment(invoice=sale(books), method=books.method, date=MARCH_20)


def credit(books: XeroBooks) -> Any:
    invoice = make_invoice(company=books.company)
    item = make_item(books.company)
    return invoice, make_credit_note(
        customer=invoice.customer, lines=[(item, 1, 60)], reason="Late"
    )


def used_credit(books: XeroBooks) -> Any:
    invoice, note = credit(books)
    return allocate(note, invoice, Decimal(60), on=MARCH_20)


def used_money(books: XeroBooks) -> Any:
    invoice, money = on_account(books)
    books.run()
    return allocate(money, invoice, Decimal(60), on=MARCH_20)


def voided(books: XeroBooks, made: Any) -> Any:
    void(made, reason="Never sold", on=MARCH_20)
    return made


def taken_off(made: Any) -> Any:
    reverse(made, on=APRIL_10, reason="Not this one")
    return made


def returned(books: XeroBooks, made: Any) -> Any:
    return_payment(made, on=APRIL_10, reason="No funds")
    return made


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What stands in March before it is closed there; what is done here then, and which record is
    held for it; what their trial balance moves by at once, and once March is open again."""

    act: Act
    before: Act = lambda books, _: None
    at_once: str = ""
    then: str = ""
    said: str = "Xero's books are closed up to 31 March 2026"


INSIDE = "Xero keeps what a payment is set against inside the payment"
# By hand, a debit above nil. Only the entry's own date counts (ACCOUNTING.md, Company and dates);
# what is set against what is dated in Xero by the later of both documents (decision 0025).
TABLE = {
    "an invoice": Closed(act=lambda books, _: sale(books), then="owed +100    sales -100"),
    "a credit note": Closed(
        before=lambda books, _: sale(books),
        act=lambda books, made: make_credit_note(invoice=made),
        then="owed -100    sales +100",
    ),
    "a payment": Closed(
        before=lambda books, _: sale(books),
        act=lambda books, made: make_payment(invoice=made, method=books.method),
        then="bank +100    owed -100",
    ),
    "a batch": Closed(
        before=lambda books, _: two(books), act=both_paid, then="bank +200    owed -200"
    ),
    "money on account": Closed(
        before=lambda books, _: sale(books),
        act=lambda books, made: make_payment(
            customer=made.customer, amount=60, method=books.method
        ),
        then="bank +60    owed -60",
    ),
    "a write-off": Closed(
        before=lambda books, _: sale(books),
        act=lambda books, made: write_off(made, amount=Decimal(30), on=MARCH_20, reason="Gone"),
        then="bad debts +30    owed -30",
    ),
    "a refund": Closed(
        before=lambda books, _: on_account(books)[1],
        act=lambda books, made: pay_refund(
            made, amount=Decimal(20), on=MARCH_20, method=books.method, reason="Too much"
        ),
        then="owed +20    bank -20",
    ),
    "a void": Closed(
        before=lambda books, _: sale(books), act=voided, then="sales +100    owed -100"
    ),
    "a credit of March used in April": Closed(
        before=lambda books, _: credit(books),
        act=lambda books, made: allocate(made[1], made[0], Decimal(60), on=APRIL_10),
        said="The allocation date cannot be before the period lock date 2026-03-31",
    ),
    "a credit of March taken off in April": Closed(
        before=lambda books, _: used_credit(books),
        act=lambda books, made: taken_off(made),
    ),
    "money of March used in April": Closed(
        before=lambda books, _: on_account(books),
        act=lambda books, made: allocate(made[1], made[0], Decimal(60), on=APRIL_10).payment,
        said=INSIDE,
    ),
    "money of March taken off in April": Closed(
        before=lambda books, _: used_money(books),
        act=lambda books, made: taken_off(made).payment,
        said=INSIDE,
    ),
    "a payment of March returned in April": Closed(
        before=lambda books, _: paid(books),
        act=returned,
        at_once="owed +100    bank -100",
        said=INSIDE,
    ),
}
WORDS = {
    "owed": "Accounts Receivable",
    "sales": "Sales",
    "bank": "Business Bank Account",
    "bad debts": "Bad Debts",
}
# Of these nobody has read yet that March is closed: a refusal tells it.
LEARNT = ("an invoice", "a payment", "a credit of March used in April")


@pytest.mark.parametrize("known", [True, False], ids=["read before", "learnt from a refusal"])
def test_what_lies_in_a_closed_month_is_held_and_goes_once_it_may(
    books: XeroBooks, known: bool
) -> None:
    """All in one set of books, each held in its own words; then the sum of their journals."""
    table = TABLE if known else {what: TABLE[what] for what in LEARNT}
    made = {what: row.before(books, None) for what, row in table.items()}
    calm(books)
    subjects = {what: row.act(books, made[what]) for what, row in table.items()}
    books.server.set_up(books.realm, period_lock_date=MARCH_31.isoformat())
    if known:
        refresh_company(books.connection)
    before = books.trial_balance()
    calm(books)

    told = refusals(compare(books.connection))
    for what, row in table.items():
        record = books.record(subjects[what])
        held = (record.state, record.reason)
        assert held == (State.NEEDS_PERSON, Reason.PERIOD_CLOSED), (what, record.sentence)
        assert row.said in record.sentence, (what, record.sentence)
        assert record.remedy, what
        assert any(row.said in each for each in told), what
    assert moved(books, before) == worked(row.at_once for row in table.values())
    books.company.refresh_from_db()
    assert books.company.closing_date == MARCH_31, "and the next act of March is refused here"
    with pytest.raises(ValidationError, match="closed"):
        make_payment(company=books.company, method=books.method)

    books.server.set_up(books.realm, period_lock_date=None)
    refresh_company(books.connection)
    calm(books)
    for what, subject in subjects.items():
        assert books.record(subject).state == State.IN_THE_BOOKS, what
    journals = [words for row in table.values() for words in (row.at_once, row.then)]
    assert moved(books, before) == worked(journals)
    assert refusals(compare(books.connection)) == []


def calm(books: XeroBooks) -> None:
    for _ in range(3):
        books.run()


def moved(books: XeroBooks, before: dict[str, Decimal]) -> dict[str, Decimal]:
    now = books.trial_balance()
    found = {each: now.get(each, 0) - before.get(each, 0) for each in now.keys() | before.keys()}
    return {each: Decimal(amount) for each, amount in found.items() if amount}


def worked(journals: Iterable[str]) -> dict[str, Decimal]:
    """Their sum, by account."""
    found: dict[str, Decimal] = {}
    for journal in journals:
        cells = [each.strip().rsplit(" ", 1) for each in journal.split("    ") if each.strip()]
        assert sum(Decimal(amount) for _, amount in cells) == 0, "debits are not credits"
        for word, amount in cells:
            found[WORDS[word]] = found.get(WORDS[word], Decimal(0)) + Decimal(amount)
    return {account: amount for account, amount in found.items() if amount}
