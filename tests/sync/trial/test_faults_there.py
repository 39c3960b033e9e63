"""The faults of `test_faults` in two other ledgers, planted over there: their switches, what an app of
theirs drops or writes between the sending and the reading back. Each is found and named.

| fault | Xero | FreshBooks |
|---|---|---|
| wrong account | an app books the line elsewhere | not possible: its lines name no account |
| wrong tax code | an app gives the line another code | an app gives the line another tax |
| wrong rounding | an app saves the lines anew, taxed line by line | it taxes a document as a whole |
| swapped dates | date and due date | day and month: a due date is days after the date there |
| lost line | an app saves one of two lines | an app saves one of two lines |

By hand: two lines of 10.03 are 20.06; 20 % are 2.006 and 2.006, that is 4.02 line by line, and 4.012,
that is 4.01, of the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.mappings.choices import set_mapping
from apps.sync.models import State
from apps.sync.trial.running import Ended, TrialResult, Way, run_trial
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_invoice, make_item, make_tax_rate, make_term
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.theirs import their_id
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STANDARD, ZERO_RATED = "20% (VAT on Income)", "Zero Rated Income"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`plant` before it is sent; `edit`: what somebody does between the sending and another reading.
    What is to be named: a field that differs, words of the cause, and the mapping to change."""

    name: str
    system: str
    field: str
    words: str
    plant: Callable[[Any, Invoice], None] = lambda books, invoice: None
    edit: Callable[[Any, Invoice], None] | None = None
    subject: str = ""
    change: str = ""
    left_to_them: bool = False  # correcting in place does not touch it
    rounding: str = "line"  # of our company


def meanwhile(**act: Any) -> Callable[[Any, Invoice], None]:
    """Somebody does it there right before it is read back."""

    def plant(books: Any, invoice: Invoice) -> None:
        told = {name: value(invoice) if callable(value) else value for name, value in act.items()}
        match = {"method": "GET", "endpoint": "invoices", "nth": 1}
        books.server.arm(books.realm, "remote_edit", match=match, act=told)

    return plant


def saved_anew(*prices: str) -> Callable[[Any, Invoice], None]:
    """Lines of an app that keeps prices and tax codes, and neither tax nor the other lines."""

    def lines(invoice: Invoice) -> dict[str, Any]:
        items = [line.item.code for line in invoice.lines.order_by("position") if line.item]
        return {
            "InvoiceNumber": invoice.number,
            "LineItems": [
                {
                    "ItemCode": code,
                    "Description": "Saved by an app",
                    "Quantity": 1,
                    "UnitAmount": price,
                    "AccountCode": "200",
                    "TaxType": "OUTPUT2",
                }
                for code, price in zip(items, prices, strict=False)
            ],
        }

    return meanwhile(act="update", kind="Invoices", body=lines)


def number(invoice: Invoice) -> str | None:
    return invoice.number


# --- Xero -----------------------------------------------------------------------------------------

XERO = [
    Fault(
        name="wrong account",
        system="xero",
        plant=meanwhile(act="edit", number=number, account="270"),
        field="Line 1: account",
        words="booked to the wrong account: 270 Interest Income instead of 200 Sales",
        subject="income",
        change="the sales account by default",
        left_to_them=True,
    ),
    Fault(
        name="wrong tax code",
        system="xero",
        plant=meanwhile(act="edit", number=number, tax_type="ZERORATEDOUTPUT"),
        field="Line 1: tax code",
        words=f"{ZERO_RATED} instead of {STANDARD}",
        subject="tax",
        change="the tax code chosen for tax rate S20",
    ),
    Fault(
        name="wrong rounding",
        system="xero",
        rounding="rate",
        plant=saved_anew("10.03", "10.03"),
        field="Tax",
        words="Xero rounds otherwise: its tax by 0.01 GBP more than ours",
        change="tax rounding",
    ),
    Fault(
        name="swapped dates",
        system="xero",
        plant=meanwhile(
            act="edit",
            number=number,
            date=lambda invoice: str(invoice.due_date),
            due=lambda invoice: str(invoice.issue_date),
        ),
        field="Due date",
        words="The dates changed places",
        change="the dates of it in Xero, which keeps no terms of yours",
    ),
    Fault(
        name="lost line",
        system="xero",
        plant=saved_anew("10.03"),
        field="Number of lines",
        words="was lost: Xero has 1 of 2 lines. What it sells cannot be booked",
        subject="income",
        change="the sales account by default",
    ),
]


# --- FreshBooks -----------------------------------------------------------------------------------


def taxed_as_a_whole(books: Any, invoice: Invoice) -> None:
    books.server.set_up(books.realm, tax_rounding="document")


def edited(**fields: Any) -> Callable[[Any, Invoice], None]:
    def edit(books: Any, invoice: Invoice) -> None:
        told = {"kind": "invoices", "id": their_id(books, invoice), "body": fields}
        books.server.act(books.realm, "edit", **told)

    return edit


ONE_LINE = [{"name": "Lantern", "qty": "1", "unit_cost": {"amount": "10.03"}, "taxName1": "VAT",
             "taxAmount1": "20"}]  # fmt: skip
FRESHBOOKS = [
    Fault(
        name="wrong tax code",
        system="freshbooks",
        plant=meanwhile(act="change_line", number=number, line=1, tax_name="Low", tax_amount="5"),
        field="Line 1: tax code",
        words="Line 1 has the wrong tax code: Low 5% instead of VAT 20%",
        subject="tax",
        change="the tax code chosen for tax rate S20",
    ),
    Fault(
        name="wrong rounding",
        system="freshbooks",
        plant=taxed_as_a_whole,
        field="Tax",
        words="FreshBooks rounds otherwise: its tax by 0.01 GBP less than ours",
        change="tax rounding",
    ),
    Fault(
        name="swapped dates",
        system="freshbooks",
        edit=edited(create_date="2026-02-03"),
        field="Date",
        words="Day and month changed places: 3 February 2026 instead of 2 March 2026",
        change="the settings of your company in FreshBooks",
    ),
    Fault(
        name="lost line",
        system="freshbooks",
        edit=edited(lines=ONE_LINE),
        field="Number of lines",
        words="FreshBooks has 1 of 2 lines. Nothing chosen here decides that",
        change="the settings of your company in FreshBooks",
    ),
]


# --- Both -----------------------------------------------------------------------------------------


def live(system: str, ledger: SandboxServer) -> Any:
    """The same live books for every fault of a ledger."""
    if system == "xero":
        return live_on(XeroBooks, XeroTwin(ledger))[0]
    return live_on(FreshBooksBooks, FreshBooksTwin(ledger))[0]


def two_lines(books: Any, rounding: str = "line") -> Invoice:
    """Two of 10.03 with 20 %, dated 2 March and due in April."""
    books.company.tax_rounding = rounding
    books.company.save(update_fields=["tax_rounding"])
    rate = make_tax_rate(books.company, 20, code="S20")
    if books.system == "xero":
        set_mapping(books.connection, "tax", code=books.code(STANDARD), tax_rate=rate)
    else:
        for name, percent in (("VAT", "20"), ("Low", "5")):
            body = {"name": name, "amount": percent}
            books.server.act(books.realm, "create", kind="taxes", body=body)
        books.map()
    items = make_item(books.company), make_item(books.company)
    lines = [(item, 1, "10.03", rate) for item in items]
    return make_invoice(company=books.company, terms=make_term(books.company), lines=lines)


def tried(books: Books, invoice: Invoice, *, way: Way = Way.SEND) -> TrialResult:
    books.connection.refresh_from_db()
    return run_trial(books.connection, invoice, user_id=books.fay.pk, way=way)


def wrong_in(result: TrialResult) -> list[tuple[str, str, str]]:
    return [(row.field, row.ours, row.theirs) for row in result.rows if not row.agrees]


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize(
    "fault", [*XERO, *FRESHBOOKS], ids=lambda each: f"{each.system}: {each.name}"
)
def test_a_fault_planted_there_is_found_and_named(fault: Fault, ledger: SandboxServer) -> None:
    books = live(fault.system, ledger)
    invoice = two_lines(books, fault.rounding)
    fault.plant(books, invoice)
    result = tried(books, invoice)
    if fault.edit is not None:
        assert result.matched, (result.sentence, wrong_in(result))
        fault.edit(books, invoice)
        result = tried(books, invoice)
        assert result.changed_there

    assert result.ended is Ended.DIFFERS, result.sentence
    assert fault.field in {field for field, _, _ in wrong_in(result)}
    found = [each for each in result.advice if fault.words in each.sentence]
    assert found, (wrong_in(result), [each.sentence for each in result.advice])
    assert found[0].subject == fault.subject
    assert fault.change in found[0].change
    assert not [each for each in result.advice if "no cause" in each.sentence]
    assert result.in_place is not fault.left_to_them
    assert "“Compare it again”" in result.remedy
    assert ("“Correct it there”" in result.remedy) == result.in_place

    if fault.plant is taxed_as_a_whole:  # ours is put right: nothing that is sent says how
        return
    if fault.left_to_them:
        assert "leaves the account and the item of a line" in result.remedy
        # Put right there, by whom it is left to.
        books.server.act(books.realm, "edit", number=invoice.number, account="200")
    mended = tried(books, invoice, way=Way.COMPARE if fault.left_to_them else Way.CORRECT)
    assert mended.matched, (mended.sentence, wrong_in(mended))
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_what_freshbooks_has_no_account_of_is_not_compared(ledger: SandboxServer) -> None:
    """Nothing of ours names an account there: so none can be the wrong one."""
    books = live("freshbooks", ledger)
    result = tried(books, two_lines(books))
    assert result.matched, result.sentence
    can = books.connection.capabilities
    assert not can.accounts
    assert "no line of them names an account" in can.cannot["accounts"]
    assert {row.theirs for row in result.rows if row.field.endswith("account")} == {""}
