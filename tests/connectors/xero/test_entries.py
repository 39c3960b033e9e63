"""Applications of credits, adjustments and refunds, each by the calls that it takes."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    NamesInactive,
)
from apps.connectors.port import Request
from apps.connectors.snapshots import Kind
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    ACCOUNTS,
    CREDIT,
    INVOICE,
    MARKER,
    SHORT,
    Script,
    adjustment,
    applied,
    envelope,
    newer,
    one,
    push,
    refund,
    refused,
    said,
    whole,
    xero,
)


def test_a_credit_is_applied_by_a_call_of_its_own_and_told_by_its_new_id() -> None:
    """One of the same amount to the same invoice stood there before."""
    before = answers.allocation_raw(AllocationID="11111111-0000-0000-0000-000000000000")
    raw = answers.credit_raw(Allocations=[before], RemainingCredit=80.0)
    after = newer(raw, Allocations=[before, answers.allocation_raw()], RemainingCredit=40.0)
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": [
                said(envelope(CreditNotes=[raw])),
                said(envelope(CreditNotes=[after])),
            ],
            f"PUT CreditNotes/{CREDIT}/Allocations": said(envelope(Allocations=[{"Amount": 40.0}])),
        }
    )
    outcome = one(script, push(applied()))
    part, credit = outcome.remote
    assert (part.part, part.amount) == (answers.ALLOCATION, Decimal(40))
    assert credit.balance == Decimal(40)
    assert json.loads(script.writes[0].evidence) == {"allocations": ["11111111"]}


def test_an_application_that_was_refused_says_why() -> None:
    raw = answers.credit_raw()
    words = "The amount is greater than the amount outstanding on the invoice"
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": said(envelope(CreditNotes=[raw])),
            f"PUT CreditNotes/{CREDIT}/Allocations": said(
                envelope(
                    Allocations=[
                        {"StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": words}]}
                    ]
                )
            ),
        }
    )
    assert refused(one(script, push(applied()))) == words


def test_an_application_is_taken_off_by_its_id() -> None:
    raw = answers.credit_raw(Allocations=[answers.allocation_raw()], RemainingCredit=80.0)
    off = newer(raw, Allocations=[], RemainingCredit=120.0)
    script = Script(
        {
            f"GET CreditNotes/{CREDIT}": [
                said(envelope(CreditNotes=[raw])),
                said(envelope(CreditNotes=[off])),
            ],
            f"DELETE CreditNotes/{CREDIT}/Allocations/{answers.ALLOCATION}": said(
                {"IsDeleted": True}
            ),
        }
    )
    part = answers.objects("CreditNote", raw)[1]
    outcome = one(script, push(applied(cancelled=True), part))
    assert not outcome.error
    assert (outcome.remote[0].gone, outcome.remote[0].part) == (True, answers.ALLOCATION)


@pytest.mark.parametrize("debits", [True, False])
def test_an_adjustment_is_a_document_without_tax_under_a_number_of_its_own(debits: bool) -> None:
    listed = "Invoices" if debits else "CreditNotes"

    def answered(request: Request) -> Any:
        (row,) = json.loads(request.body)[listed]
        own = (
            {"InvoiceID": INVOICE, "AmountDue": 3.0}
            if debits
            else {"CreditNoteID": CREDIT, "RemainingCredit": 3.0}
        )
        return said(envelope(**{listed: [row | own | {"Total": 3.0, "TotalTax": 0.0}]}))

    script = Script({f"PUT {listed}": answered})
    outcome = one(script, push(adjustment(debits=debits)))
    body = script.bodies()[0][listed][0]
    assert body["InvoiceNumber" if debits else "CreditNoteNumber"] == f"{SHORT}-A"
    assert body["Reference"] == f"Bank charges and fees [Tieout adjustment {MARKER}]"
    assert body["LineAmountTypes"] == "NoTax"
    (own,) = body["LineItems"]
    assert (own["AccountCode"], own["TaxType"], own["LineAmount"]) == ("404", "NONE", 3)
    remote = outcome.remote[0]
    assert (remote.of_kind, remote.marker, remote.amount) == (Kind.ADJUSTMENT, MARKER, Decimal(3))


def refund_script(**more: Any) -> Script:
    def made(listed: str, own: dict[str, Any]) -> Any:
        def answered(request: Request) -> Any:
            (row,) = json.loads(request.body)[listed]
            total = sum(each["LineAmount"] for each in row["LineItems"])
            return said(envelope(**{listed: [row | own | {"Total": total, "TotalTax": 0.0}]}))

        return answered

    charge = {"InvoiceID": INVOICE, "AmountDue": 100.0, "UpdatedDateUTC": answers.CHANGED}
    return Script(
        {
            "GET Accounts": ACCOUNTS,
            "PUT Invoices": made("Invoices", charge),
            "PUT BankTransactions": made("BankTransactions", {"BankTransactionID": answers.BANKED}),
        }
        | more
    )


def test_a_refund_by_the_bank_is_a_charge_and_one_line_of_the_bank_with_its_fee() -> None:
    """A returned payment of 100 with a fee of 15: the customer is charged 100, the bank 115, and what
    both meet on is left at nil."""
    what = refund("100.00", fee=Decimal(15), fee_account_id="404", memo="Returned by the bank")
    script = refund_script()
    first = one(script, push(what))
    assert (first.remote[0].of_kind, first.next_step) == (Kind.REFUND, "bank_line")
    charge = script.bodies()[0]["Invoices"][0]
    assert charge["InvoiceNumber"] == f"{SHORT}-R"
    assert [(each["AccountCode"], each["LineAmount"]) for each in charge["LineItems"]] == [
        ("860", 100)
    ]

    script.answers[f"GET Invoices/{INVOICE}"] = [said(envelope(Invoices=[first.remote[0].raw]))]
    second = one(script, push(what, first.remote[0], step="bank_line"))
    assert (second.error, second.next_step) == (None, "")
    spend = script.bodies()[1]["BankTransactions"][0]
    assert (spend["Type"], spend["LineAmountTypes"]) == ("SPEND", "NoTax")
    assert [(each["AccountCode"], each["LineAmount"]) for each in spend["LineItems"]] == [
        ("860", 100), ("404", 15),
    ]  # fmt: skip
    assert spend["BankAccount"] == {"Code": "090"}
    whole_ = xero().together([first.remote[0], second.remote[0]])
    held = xero().project(what)
    assert whole_.snapshot is not None
    there = xero().project(whole_.snapshot)
    assert (there.amount, there.fee, there.account_id) == (held.amount, held.fee, "090")


def test_a_refund_from_a_clearing_account_is_one_charge_with_the_fee_taken_off() -> None:
    what = refund("100.00", account_id="620", fee=Decimal(15), fee_account_id="404")
    script = refund_script()
    outcome = one(script, push(what))
    (charge,) = script.bodies()[0]["Invoices"]
    assert [(each["AccountCode"], each["LineAmount"]) for each in charge["LineItems"]] == [
        ("620", 115), ("404", -15),
    ]  # fmt: skip
    assert (outcome.error, outcome.next_step) == (None, "")
    there = outcome.remote[0].snapshot
    assert there is not None
    assert (there.amount, there.fee, there.account_id) == (Decimal(100), Decimal(15), "620")


def test_a_refund_in_a_currency_that_its_bank_account_has_not_is_held() -> None:
    what = refund("100.00", account_id=answers.BANK)  # kept in EUR
    assert "currency of its account" in refused(one(refund_script(), push(what)))


def test_a_line_of_the_bank_in_another_currency_says_its_rate_whenever_its_lines_are_sent() -> None:
    """Without it theirs of the day counts [S], and its charge is worth something else."""
    abroad: dict[str, Any] = {"currency": "EUR", "exchange_rate": Decimal("0.8")}
    what = refund("100.00", account_id=answers.BANK, **abroad)
    script = refund_script()
    first = one(script, push(what))
    script.answers[f"GET Invoices/{INVOICE}"] = [said(envelope(Invoices=[first.remote[0].raw]))]
    second = one(script, push(what, first.remote[0], step="bank_line"))
    spend = script.bodies()[1]["BankTransactions"][0]
    assert (spend["CurrencyRate"], "CurrencyCode" in spend) == (1.25, False)

    stood = second.remote[0].raw | {"CurrencyCode": "EUR"}
    line = whole("BankTransaction", stood)
    gone = dict(stood, Status="DELETED")
    script.answers |= {
        f"GET BankTransactions/{answers.BANKED}": [
            said(envelope(BankTransactions=[each])) for each in (stood, gone)
        ],
        "POST BankTransactions": [said(envelope(BankTransactions=[gone]))],
    }
    cancelled = dataclasses.replace(what, cancelled=True)
    one(script, push(cancelled, first.remote[0], line))
    assert script.bodies()[2]["BankTransactions"][0]["CurrencyRate"] == 1.25

    other = whole("BankTransaction", dict(stood, CurrencyRate=1.2))
    together = xero().together([first.remote[0], other]).snapshot
    assert together is not None
    assert together.exchange_rate != what.exchange_rate, "another rate of the bank's line is told"


def test_a_refund_is_taken_back_from_the_bank_first() -> None:
    from tests.connectors.xero.test_reading import refund_there

    charge, spend = refund_there()
    off = whole("BankTransaction", newer(spend.raw, Status="DELETED"))
    voided = newer(charge.raw, Status="VOIDED")
    script = Script(
        {
            f"GET Invoices/{INVOICE}": [
                said(envelope(Invoices=[charge.raw])),
                said(envelope(Invoices=[charge.raw])),
                said(envelope(Invoices=[voided])),
            ],
            f"GET BankTransactions/{answers.BANKED}": [
                said(envelope(BankTransactions=[spend.raw])),
                said(envelope(BankTransactions=[off.raw])),
            ],
            "POST BankTransactions": said(envelope(BankTransactions=[off.raw])),
            "POST Invoices": said(envelope(Invoices=[voided])),
        }
    )
    what = refund("100.00", fee=Decimal(15), fee_account_id="404", cancelled=True)
    first = one(script, push(what, charge, spend))
    assert (first.error, first.next_step) == (None, "charge")
    assert script.bodies()[0]["BankTransactions"][0]["Status"] == "DELETED"
    second = one(script, push(what, charge, off, step="charge"))
    assert (second.error, second.next_step) == (None, "")
    assert script.bodies()[1]["Invoices"] == [{"InvoiceID": INVOICE, "Status": "VOIDED"}]


def test_half_done_and_refused_tells_what_stands() -> None:
    what = refund("100.00")
    script = refund_script()
    first = one(script, push(what))
    script.answers[f"GET Invoices/{INVOICE}"] = [said(envelope(Invoices=[first.remote[0].raw]))]
    row = {
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Account must be valid"}],
    }
    script.answers["PUT BankTransactions"] = [said(envelope(BankTransactions=[row]))]
    outcome = one(script, push(what, first.remote[0], step="bank_line"))
    refused(outcome, NamesInactive)
    assert [each.remote_id for each in outcome.remote] == [INVOICE]


def test_a_line_of_the_bank_that_somebody_deleted_is_not_made_again() -> None:
    from tests.connectors.xero.test_reading import refund_there

    charge, spend = refund_there()
    off = whole("BankTransaction", newer(spend.raw, Status="DELETED"))
    what = refund("100.00", fee=Decimal(15), fee_account_id="404")
    assert "deleted a part" in refused(one(Script({}), push(what, charge, off)))
