"""Lost answers: replayed while the key lives, then looked for, and never believed too soon."""

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import (
    CannotTell,
    NameTaken,
    NeverArrived,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Outcome, Push, Request, Unsettled
from apps.connectors.snapshots import ItemSnapshot, Kind
from tests.connectors.xero import answers
from tests.connectors.xero.answers import (
    CONTACT,
    CREDIT,
    INVOICE,
    LOST,
    OVERPAYMENT,
    PAYMENT,
    SHORT,
    Script,
    adjustment,
    against,
    credit_note,
    customer,
    envelope,
    invoice,
    newer,
    payment,
    push,
    refund,
    said,
    whole,
    xero,
)


def lost(what: Push, **script: Any) -> Request:
    """The write that left for it, and whose answer was lost."""
    names = {f"{method} {path}": LOST for method in ("PUT", "POST", "DELETE") for path in PATHS}
    at = Script(names | script)
    (outcome,) = xero().push([what], at)
    assert isinstance(outcome.error, OutcomeUnknown), outcome
    return at.writes[0]


PATHS = (
    "Contacts", "Items", "Invoices", "CreditNotes", "Payments", "BatchPayments", "BankTransactions",
    f"Payments/{PAYMENT}", f"Overpayments/{OVERPAYMENT}/Allocations",
    f"CreditNotes/{CREDIT}/Allocations", f"CreditNotes/{CREDIT}/Allocations/{answers.ALLOCATION}",
)  # fmt: skip


def settled(
    what: Push,
    request: Request,
    script: dict[str, Any],
    *,
    replay: bool = False,
    absence: bool = True,
) -> tuple[Outcome, Script]:
    at = Script(script)
    unsettled = Unsettled(
        request=request, pushes=(what,), may_replay=replay, believe_absence=absence
    )
    (outcome,) = xero().settle(unsettled, at)
    # Nothing leaves that differs from the lost call.
    for each in at.writes:
        assert dataclasses.replace(each, purpose=request.purpose) == request
    return outcome, at


NONE_AT_ALL: dict[str, Any] = {
    f"GET {plural}": said(envelope(**{plural: []}))
    for plural in (
        "Contacts",
        "Invoices",
        "CreditNotes",
        "Payments",
        "Overpayments",
        "BankTransactions",
    )
} | {f"GET Contacts/{answers.MARKER}": answers.NOT_THERE, "GET Items/CONSULT": answers.NOT_THERE}

CREATED: list[tuple[Any, dict[str, Any]]] = [
    (
        customer(),
        {f"GET Contacts/{answers.MARKER}": said(envelope(Contacts=[answers.contact_raw()]))},
    ),
    (invoice(), {"GET Invoices": said(envelope(Invoices=[answers.invoice_raw()]))}),
    (credit_note(), {"GET CreditNotes": said(envelope(CreditNotes=[answers.credit_raw()]))}),
    (
        payment("120.00", against(INVOICE, "120.00")),
        {"GET Payments": said(envelope(Payments=[answers.payment_raw()]))},
    ),
    (
        payment("130.00"),
        {"GET Overpayments": said(envelope(Overpayments=[answers.overpayment_raw()]))},
    ),
    (
        payment("150.00", against(INVOICE, "100.00"), against(answers.OTHER_INVOICE, "50.00")),
        {
            "GET Payments": said(
                envelope(Payments=[answers.payment_raw(BatchPaymentID=answers.BATCH, Amount=100.0)])
            ),
            f"GET BatchPayments/{answers.BATCH}": said(
                envelope(BatchPayments=[answers.batch_raw()])
            ),
            "GET Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
        },
    ),
]


@pytest.mark.parametrize(("snapshot", "there"), CREATED)
def test_what_arrived_is_found_without_its_key(snapshot: Any, there: dict[str, Any]) -> None:
    what = push(snapshot)
    outcome, _ = settled(what, lost(what), there)
    assert not outcome.error
    assert outcome.remote[0].snapshot is not None
    assert not outcome.next_step


@pytest.mark.parametrize("snapshot", [each for each, _ in CREATED])
@pytest.mark.parametrize("absence", [True, False])
def test_what_is_not_found_never_arrived_once_that_may_be_believed(
    snapshot: Any, absence: bool
) -> None:
    what = push(snapshot)
    outcome, _ = settled(what, lost(what), NONE_AT_ALL, absence=absence)
    assert isinstance(outcome.error, NeverArrived if absence else OutcomeUnknown)


def test_while_its_key_lives_the_very_bytes_are_sent_again() -> None:
    what = push(invoice())
    request = lost(what)
    script = {
        "PUT Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
        f"GET Invoices/{INVOICE}": said(envelope(Invoices=[answers.invoice_raw()])),
    }
    outcome, at = settled(what, request, script, replay=True)
    assert not outcome.error
    assert (at.writes[0].body, at.writes[0].key) == (request.body, request.key)


def test_a_replay_that_was_throttled_tells_nothing_of_the_first_call() -> None:
    what = push(invoice())
    outcome, at = settled(
        what, lost(what), {"PUT Invoices": said(b"", 429, retry_after="26")}, replay=True
    )
    assert isinstance(outcome.error, TryLater)
    assert len(at.asked) == 1  # and nothing else is asked now


def test_an_error_that_is_replayed_is_the_answer_of_the_first_call_and_looked_at() -> None:
    row = {
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Account must be valid"}],
    }
    refusal = said(envelope(Invoices=[answers.invoice_raw() | row]))
    what = push(invoice())
    outcome, _ = settled(what, lost(what), NONE_AT_ALL | {"PUT Invoices": refusal}, replay=True)
    assert isinstance(outcome.error, RecordRefused)
    # What stands there is done, whatever the replay was told.
    found = {
        "GET Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
        "PUT Invoices": refusal,
    }
    outcome, _ = settled(what, lost(what), found, replay=True)
    assert not outcome.error


def test_what_a_replay_names_is_read_as_it_stands() -> None:
    """Their key repeats the creation of what was deleted since."""
    what = push(payment("120.00", against(INVOICE, "120.00")))
    script = {
        "PUT Payments": said(envelope(Payments=[answers.payment_raw()])),
        f"GET Payments/{PAYMENT}": answers.NOT_THERE,
    }
    outcome, _ = settled(what, lost(what), script, replay=True)
    assert isinstance(outcome.error, RemoteGone)


def test_a_number_that_is_anothers_says_whose() -> None:
    what = push(invoice())
    other = answers.invoice_raw(Contact={"ContactID": "somebody else"})
    outcome, _ = settled(what, lost(what), {"GET Invoices": said(envelope(Invoices=[other]))})
    assert isinstance(outcome.error, NumberTaken)
    assert outcome.error.owner_id == INVOICE


def test_what_was_voided_since_is_found_and_not_made_again() -> None:
    what = push(invoice())
    void = answers.invoice_raw(Status="VOIDED")
    outcome, _ = settled(what, lost(what), {"GET Invoices": said(envelope(Invoices=[void]))})
    assert isinstance(outcome.error, RecordRefused)
    assert outcome.remote[0].void


def test_a_payment_of_another_day_amount_or_invoice_is_not_this() -> None:
    what = push(payment("120.00", against(INVOICE, "120.00")))
    request = lost(what)
    others = [
        answers.payment_raw(Amount=119.99),
        answers.payment_raw(Date="/Date(1795219200000+0000)/"),
        answers.payment_raw(Reference="BACS 17"),
    ]
    for other in others:
        outcome, _ = settled(what, request, {"GET Payments": said(envelope(Payments=[other]))})
        assert isinstance(outcome.error, NeverArrived)


def test_of_what_is_deleted_nobody_can_tell_who_deleted_it() -> None:
    what = push(payment("120.00", against(INVOICE, "120.00")))
    gone = answers.payment_raw(Status="DELETED")
    outcome, _ = settled(what, lost(what), {"GET Payments": said(envelope(Payments=[gone]))})
    assert isinstance(outcome.error, CannotTell)
    assert outcome.error.remedy


def test_a_batch_that_bears_another_mark_is_not_this() -> None:
    what = push(
        payment("150.00", against(INVOICE, "100.00"), against(answers.OTHER_INVOICE, "50.00"))
    )
    script = {
        "GET Payments": said(
            envelope(Payments=[answers.payment_raw(BatchPaymentID=answers.BATCH)])
        ),
        f"GET BatchPayments/{answers.BATCH}": said(
            envelope(BatchPayments=[answers.batch_raw(Details="typed there")])
        ),
        "GET Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
    }
    outcome, _ = settled(what, lost(what), script)
    assert isinstance(outcome.error, NeverArrived)


def test_what_bears_the_whole_mark_is_ours_whatever_somebody_made_of_it() -> None:
    """To send it again would be the money twice."""
    what = push(payment("130.00"))
    there = answers.overpayment_raw(Total=140.0, Date="/Date(1795564800000+0000)/", DateString="")
    outcome, _ = settled(
        what, lost(what), {"GET Overpayments": said(envelope(Overpayments=[there]))}
    )
    assert outcome.error is None
    assert outcome.remote[0].amount == Decimal(140)


@pytest.mark.parametrize(
    ("there", "error"),
    [
        ({"LineItems": []}, CannotTell),
        ({"LineItems": [], "Total": 131.0}, NeverArrived),
        ({"LineItems": [], "Status": "VOIDED"}, NeverArrived),
        ({"LineItems": [{"Description": f"x [Tieout {'f' * 32}]"}]}, NeverArrived),
    ],
)
def test_a_receipt_that_looks_like_it_and_bears_no_mark_may_be_it(
    there: dict[str, Any], error: type
) -> None:
    what = push(payment("130.00"))
    raw = answers.overpayment_raw(**there)
    outcome, _ = settled(what, lost(what), {"GET Overpayments": said(envelope(Overpayments=[raw]))})
    assert isinstance(outcome.error, error)


@pytest.mark.parametrize(("name", "error"), [("Consulting", None), ("Coal", NameTaken)])
def test_an_item_of_our_code_and_another_name_is_somebodys(name: str, error: type | None) -> None:
    what = push(ItemSnapshot(marker=answers.MARKER, code="CONSULT", name="Consulting"))
    there = {"ItemID": "i", "Code": "CONSULT", "Name": name, "IsSold": True}
    outcome, _ = settled(what, lost(what), {"GET Items/CONSULT": said(envelope(Items=[there]))})
    assert outcome.error is None if error is None else isinstance(outcome.error, error)


def test_a_receipt_that_arrived_goes_on_with_its_next_step() -> None:
    what = push(payment("130.00", against(INVOICE, "100.00")))
    there = {"GET Overpayments": said(envelope(Overpayments=[answers.overpayment_raw()]))}
    outcome, _ = settled(what, lost(what), there)
    assert (outcome.error, outcome.next_step) == (None, "apply")


# --- Changes ----------------------------------------------------------------------------------


def voiding() -> tuple[Push, Request]:
    raw = answers.invoice_raw()
    what = push(invoice(void=True), whole("Invoice", raw))
    return what, lost(what, **{f"GET Invoices/{INVOICE}": said(envelope(Invoices=[raw]))})


@pytest.mark.parametrize(
    ("now", "error"),
    [
        (newer(answers.invoice_raw(), Status="VOIDED"), None),
        (answers.invoice_raw(), NeverArrived),
        (newer(answers.invoice_raw()), RemoteIsNewer),
    ],
)
def test_a_void_is_told_by_what_stands(now: dict[str, Any], error: type | None) -> None:
    what, request = voiding()
    outcome, _ = settled(what, request, {f"GET Invoices/{INVOICE}": said(envelope(Invoices=[now]))})
    assert outcome.error is None if error is None else isinstance(outcome.error, error)


@pytest.mark.parametrize(("status", "done"), [("DELETED", True), ("AUTHORISED", False)])
def test_a_deletion_is_told_by_what_stands(status: str, done: bool) -> None:
    raw = answers.payment_raw()
    read = f"GET Payments/{PAYMENT}"
    what = push(payment("120.00"), whole("Payment", raw))  # its form changes
    request = lost(what, **{read: said(envelope(Payments=[raw]))})
    outcome, _ = settled(what, request, {read: said(envelope(Payments=[raw | {"Status": status}]))})
    if done:
        assert (outcome.error, outcome.next_step) == (None, "receipt")
        assert outcome.retired == (("Payment", PAYMENT, ""),)
    else:
        assert isinstance(outcome.error, NeverArrived)


# --- Applications -----------------------------------------------------------------------------


def applying(before: dict[str, Any]) -> tuple[Push, Request]:
    allocation = against(INVOICE, "40.00", source=Kind.CREDIT_NOTE, source_id=CREDIT)
    what = push(allocation)
    return what, lost(what, **{f"GET CreditNotes/{CREDIT}": said(envelope(CreditNotes=[before]))})


OLD = answers.allocation_raw(AllocationID="11111111-0000-0000-0000-000000000000")
NEW = answers.allocation_raw()
THIRD = answers.allocation_raw(AllocationID="33333333-0000-0000-0000-000000000000")


@pytest.mark.parametrize(
    ("now", "error"),
    [
        ([OLD], NeverArrived),
        ([OLD, NEW], None),
        ([OLD, answers.allocation_raw(39.0)], NeverArrived),
        ([OLD, NEW, THIRD], CannotTell),
    ],
)
def test_equal_applications_are_told_apart_by_what_stood_before(
    now: list[Any], error: type | None
) -> None:
    """One of the same amount to the same invoice stood there when the call left."""
    what, request = applying(answers.credit_raw(Allocations=[OLD]))
    there = answers.credit_raw(Allocations=now)
    outcome, _ = settled(
        what, request, {f"GET CreditNotes/{CREDIT}": said(envelope(CreditNotes=[there]))}
    )
    if error is None:
        assert not outcome.error
        assert outcome.remote[0].part == answers.ALLOCATION
    else:
        assert isinstance(outcome.error, error)


@pytest.mark.parametrize(("still", "error"), [([NEW], NeverArrived), ([], None)])
def test_what_was_to_be_taken_off_is_told_by_its_id(still: list[Any], error: type | None) -> None:
    raw = answers.credit_raw(Allocations=[NEW])
    read = f"GET CreditNotes/{CREDIT}"
    allocation = against(
        INVOICE, "40.00", source=Kind.CREDIT_NOTE, source_id=CREDIT, cancelled=True
    )
    what = push(allocation, answers.objects("CreditNote", raw)[1])
    request = lost(what, **{read: said(envelope(CreditNotes=[raw]))})
    assert request.key == ""
    now = answers.credit_raw(Allocations=still)
    outcome, _ = settled(what, request, {read: said(envelope(CreditNotes=[now]))})
    assert outcome.error is None if error is None else isinstance(outcome.error, error)


@pytest.mark.parametrize(("set_there", "error"), [(True, None), (False, NeverArrived)])
def test_what_a_receipt_is_set_against_is_told_by_its_parent(
    set_there: bool, error: type | None
) -> None:
    raw = answers.overpayment_raw()
    read = f"GET Overpayments/{OVERPAYMENT}"
    what = push(payment("130.00", against(INVOICE, "100.00")), whole("Overpayment", raw))
    request = lost(what, **{read: said(envelope(Overpayments=[raw]))})
    now = newer(raw, Allocations=[answers.allocation_raw(100.0)] if set_there else [])
    outcome, _ = settled(what, request, {read: said(envelope(Overpayments=[now]))})
    assert outcome.error is None if error is None else isinstance(outcome.error, error)


# --- Entries ----------------------------------------------------------------------------------


def test_an_adjustment_is_found_by_its_number() -> None:
    what = push(adjustment())
    request = lost(what)
    row = json.loads(request.body)["CreditNotes"][0]
    there = row | {"CreditNoteID": CREDIT, "Total": 3.0, "TotalTax": 0.0, "RemainingCredit": 3.0}
    outcome, at = settled(what, request, {"GET CreditNotes": said(envelope(CreditNotes=[there]))})
    assert not outcome.error
    asked = dict(at.asked[0].query)["where"]
    assert f'CreditNoteNumber=="{SHORT}-A"' in asked
    assert f'Contact.ContactID==guid("{CONTACT}")' in asked


def test_the_line_of_the_bank_of_a_refund_is_found_by_its_reference() -> None:
    from tests.connectors.xero.test_reading import refund_there

    charge, _ = refund_there()
    what = push(refund("100.00", fee=Decimal(15), fee_account_id="404"), charge, step="bank_line")
    request = lost(
        what,
        **{
            f"GET Invoices/{INVOICE}": said(envelope(Invoices=[charge.raw])),
            "GET Accounts": said(envelope(Accounts=answers.accounts_raw())),
        },
    )
    row = json.loads(request.body)["BankTransactions"][0]
    there = row | {"BankTransactionID": answers.BANKED, "Total": 115.0}
    outcome, at = settled(
        what, request, {"GET BankTransactions": said(envelope(BankTransactions=[there]))}
    )
    assert (outcome.error, outcome.next_step) == (None, "")
    assert dict(at.asked[0].query)["where"] == f'Reference=="{SHORT}"'
