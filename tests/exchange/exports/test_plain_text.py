"""A plain-text ledger that hledger and beancount prove, and refuse as soon as one figure is wrong."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.exchange.exports.plain_text.entries import (
    EXCHANGE,
    MONEY,
    ROLES,
    SALES,
    TAX,
    Assertion,
    Books,
    Posting,
    part,
)
from apps.exchange.exports.plain_text.ledger import PROGRAMS, books, plain_text
from tests.billing.bookkeeper import balances
from tests.exchange.exports.varied import Varied
from tests.factories import (
    make_company,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
    make_tax_rate,
)
from tests.life.allowed_orders import ALLOWED
from tests.life.desk import Desk
from tests.life.table import Order, orders

DAY = date(2026, 3, 31)
ROLE_OF = {account: role.replace("_", " ") for role, account in ROLES.items()}
NAMES = {
    ("Assets", "Receivable"): "receivable",
    SALES: "income",
    TAX: "tax",
    EXCHANGE: "exchange gain",
}


def proved(program: str, text: str, folder: Path) -> str:
    """ "" where the program accepts the file, else what it says."""
    file = folder / f"books.{program}"
    file.write_text(text, encoding="utf-8")
    if program == "journal":
        if shutil.which("hledger") is None:
            pytest.skip("hledger is not installed")
        words = ["hledger", "-f", str(file), "check", "--strict"]
    else:
        words = [str(Path(sys.executable).parent / "bean-check"), str(file)]
    done = subprocess.run(
        words, capture_output=True, text=True, env={"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    )
    assert (done.returncode == 0) == (not done.stdout + done.stderr), done
    return done.stdout + done.stderr


def text_of(varied: Varied, program: str, day: date = DAY) -> str:
    return b"".join(plain_text(varied.company, day, program)).decode()


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_the_programs_of_accountants_accept_it(
    program: str, varied: Varied, tmp_path: Path
) -> None:
    assert proved(program, text_of(varied, program), tmp_path) == ""


@pytest.mark.parametrize("program", list(PROGRAMS))
def test_a_figure_wrong_by_a_penny_is_refused(program: str, varied: Varied, tmp_path: Path) -> None:
    text = text_of(varied, program)
    # What a customer owes, and one side of an entry.
    owed = re.search(
        r"(Bell-Daughters-Ltd-\d+  (?:0\.00 GBP =\* )?-?\d+\.\d)(\d)(?=(?: ~ 0)? GBP\n)",
        text[text.index("* What") if program == "journal" else text.index(" balance ") :],
    )
    assert owed is not None
    for wrong in (owed.group(0), "Income:Sales  -92.00 GBP"):
        other = (
            wrong[:-1] + str((int(wrong[-1]) + 1) % 10)
            if wrong[-1].isdigit()
            else wrong.replace("92.00", "92.01")
        )
        assert wrong in text
        assert proved(program, text.replace(wrong, other, 1), tmp_path) != ""


def test_each_entry_balances_and_the_accounts_are_what_the_books_say(varied: Varied) -> None:
    """Beside the tests' own bookkeeper, who posts every record by hand."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    ledger = books(varied.company, date(2026, 11, 28))
    for entry in ledger.entries:
        assert entry.residue == 0, entry
        for each in entry.postings:
            found[told(each)] += each.worth
    by_hand = balances(varied.company)
    assert {name: amount for name, amount in found.items() if amount} == {
        name.replace("_", " "): amount for name, amount in by_hand.items()
    }
    asserted = {each.account[:2] for each in ledger.assertions}
    assert ("Assets", "Receivable") in asserted
    assert ("Income", "Exchange-differences") in asserted


def told(posting: Posting) -> str:
    """As the tests' bookkeepers call the account."""
    if posting.account[:2] == MONEY:
        return posting.account[2].lower()
    return {**ROLE_OF, **NAMES}[posting.account[:2]]


@pytest.mark.variants
@pytest.mark.parametrize(
    "day", [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 18)]
)
def test_it_holds_on_every_day(day: date, varied: Varied, tmp_path: Path) -> None:
    assert proved("beancount", text_of(varied, "beancount", day), tmp_path) == ""


# --- Worked by hand -------------------------------------------------------------------------------

WORKED = """\
; Receivables of Thornfield Trading Ltd as of 2026-03-31. Debits are above nil.
; Rerun the proof: hledger -f THIS-FILE check --strict

2026-03-02 * (Invoice INV-2026-00001) Éclair SARL
    Assets:Receivable:Eclair-SARL-C  120.00 EUR @@ 100.80 GBP
    Income:Sales  -84.00 GBP
    Liabilities:Tax:HMRC  -16.80 GBP

2026-03-16 * (Payment) Éclair SARL
    Assets:Money:Bank:SEPA  120.00 EUR @@ 103.20 GBP
    Assets:Receivable:Eclair-SARL-C  -120.00 EUR @@ 103.20 GBP

2026-03-16 * (Applied to INV-2026-00001) Éclair SARL
    Assets:Receivable:Eclair-SARL-C  120.00 EUR @@ 103.20 GBP
    Assets:Receivable:Eclair-SARL-C  -120.00 EUR @@ 100.80 GBP
    Income:Exchange-differences  -2.40 GBP

2026-03-31 * What every account holds at the end of the day
    Assets:Receivable:Eclair-SARL-C  0.00 EUR =* 0.00 EUR
    Income:Sales  0.00 GBP =* -84.00 GBP
    Liabilities:Tax  0.00 GBP =* -16.80 GBP
    Assets:Money  0.00 EUR =* 120.00 EUR
    Income:Exchange-differences  0.00 GBP =* -2.40 GBP

commodity 1000.00 EUR
commodity 1000.00 GBP
account Assets:Money
account Assets:Money:Bank:SEPA
account Assets:Receivable:Eclair-SARL-C
account Income:Exchange-differences
account Income:Sales
account Liabilities:Tax
account Liabilities:Tax:HMRC
"""


def test_an_invoice_in_euro_paid_at_another_rate_worked_by_hand(db: None, tmp_path: Path) -> None:
    """100 and 20 tax at 0.84 are 84.00 and 16.80; 120 at 0.86 are 103.20: 2.40 were gained."""
    company = make_company(legal_name="Thornfield Trading Ltd")
    make_exchange_rate(company, "EUR", "0.84", date(2026, 1, 1))
    make_exchange_rate(company, "EUR", "0.86", date(2026, 3, 10))
    rate = make_tax_rate(company, 20)
    rate.components.get().agency.__class__.objects.update(name="HMRC")
    customer = make_customer(company, name="Éclair SARL", currency="EUR")
    invoice = make_invoice(customer=customer, lines=[("Lanterns", 10, 10, rate)])
    sepa = make_method(company, name="SEPA", currency="EUR", posts_to="bank")
    make_payment(invoice=invoice, method=sepa)
    text = b"".join(plain_text(company, DAY, "journal")).decode()
    assert text.replace(f"SARL-{customer.pk}", "SARL-C") == WORKED
    assert proved("journal", text, tmp_path) == ""


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Bell & Daughters, Ltd", "Bell-Daughters-Ltd"),
        ("éclair", "Eclair"),
        ("日本", "Nameless"),
        ("=cmd|' /C calc'!A0", "Cmd-C-calc-A0"),
        ("x" * 90, "X" + "x" * 39),
    ],
)
def test_names_of_accounts_are_such_as_both_programs_take(words: str, name: str) -> None:
    assert part(words) == name
    assert part(words, 7) == f"{name}-7"


def test_no_account_is_asserted_twice(varied: Varied) -> None:
    ledger = books(varied.company, DAY)
    assert len(list(ledger.entries)) > 20
    found: list[Assertion] = list(ledger.assertions)
    assert len({(each.account, each.currency) for each in found}) == len(found)


# --- Every order of acts ----------------------------------------------------------------------------


def untrue(ledger: Books) -> list[Assertion]:
    """Assertions that the entries do not bear out, as both programs would reckon."""
    held: defaultdict[tuple[tuple[str, ...], str], Decimal] = defaultdict(Decimal)
    for entry in ledger.entries:
        assert entry.residue == 0, entry
        for each in entry.postings:
            for depth in range(1, len(each.account) + 1):
                held[each.account[:depth], each.currency] += each.amount
    return [each for each in ledger.assertions if held[each.account, each.currency] != each.amount]


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize("order", orders(ALLOWED), ids=lambda order: order.name)
def test_every_order_that_is_allowed_is_proved(order: Order, db: None) -> None:
    """At its end, where the accounts are what the bookkeeper's own table says."""
    desk = Desk.opened()
    for step in order.steps:
        desk.do(step.act)
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    assert untrue(books(desk.company, desk.day)) == []
    for entry in books(desk.company, desk.day).entries:
        for each in entry.postings:
            found[told(each)] += each.worth
    assert {name: amount for name, amount in found.items() if amount} == order.left
