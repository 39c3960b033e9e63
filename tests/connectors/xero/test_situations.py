"""The bookkeeper's table on Xero: journals worked by hand, what stands, and what agreement says."""

from importlib import import_module

import pytest

from tests.connectors.xero.shop import XeroShop
from tests.reconciliation.situations import CHAPTERS
from tests.reconciliation.table import faults_of, faults_together, refused_on_days
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BY_ROW = ("tax", "sales", "money", "credits", "currencies")
AT_ONCE = ("discounts", "deductions", "refunds")
for module in (*BY_ROW, "discounts", "deductions"):  # each fills its part of the table
    import_module(f"tests.reconciliation.situations_of_{module}")
PAYMENT = "they change no payment: it is deleted and entered anew, as in the rows of its own"
NAMELESS = "a journal there names no customer"
NO_EXPENSE = "there is no expense on the receivable of a customer"
FROZEN = "the lines of an approved credit note do not change"
UNREAD = "journals are not read: they are a difference of the trial balance (`test_agree.py`)"
# Rows that Xero has no way to bring about, and why.
NOT_HERE = {
    "a rate of another agency": "their rates name no agency",
    "the sale typed there as one paid at once": "money received there names no sale",
    "the sale typed there as a journal on the receivable": NAMELESS,
    "recoded there on the invoice and on its credit alike": FROZEN,
    "the credit alone recoded there": FROZEN,
    "recoded there, and a part credited on the same account": FROZEN,
    "a journal of theirs between two incomes": UNREAD,
    "a journal of theirs on the receivable, joined to nothing": UNREAD,
    "deleted there": "an approved invoice is never deleted",
    "the refund typed there too": NO_EXPENSE,
    "the refund typed there too, as a refund receipt": NO_EXPENSE,
    "money of theirs paid out eight days later": NO_EXPENSE,
    "another amount paid out there": NO_EXPENSE,
    "the same amount paid out there to another": NO_EXPENSE,
    "a journal of theirs pays our invoice": NAMELESS,
    "a journal of theirs paid our invoice, and was un-applied": NAMELESS,
    "the charge recoded there": "a deduction is a credit note: as a line that is recoded",
    "an application that their lock date holds": "of closed months `test_closed.py` has the table",
    "to be banked here, moved to the bank there": PAYMENT,
    "paid to the bank, moved to clearing there": PAYMENT,
    "its method moved from clearing to bank after use": "clearing is a bank there",
    "banked there, payments of ours alone": "no deposit names payments",
    "in a bank deposit there beside a line of theirs": "no deposit names payments",
    "its amount changed there": PAYMENT,
    "money on account set against an invoice there": "as with what was open at the cut-off",
}


@pytest.mark.parametrize("chapter", BY_ROW)
def test_the_table_is_booked_and_agrees(twin: XeroTwin, db: None, chapter: str) -> None:
    rows = [each for each in CHAPTERS[chapter] if each.words not in NOT_HERE]
    faults = list(faults_of(XeroShop(twin), rows))
    assert not faults, "\n".join(faults)


def test_discounts_deductions_and_refunds_are_booked_and_agree(twin: XeroTwin, db: None) -> None:
    """Now, and as of each day on which anything of it happened."""
    shop, rows = XeroShop(twin), [each for chapter in AT_ONCE for each in CHAPTERS[chapter]]
    assert list(faults_together(shop, rows)) == []
    assert list(refused_on_days(shop)) == []


def test_what_it_has_no_way_to_bring_about_is_in_the_table() -> None:
    assert set(NOT_HERE) <= {each.words for chapter in BY_ROW for each in CHAPTERS[chapter]}
