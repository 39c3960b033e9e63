"""What a record becomes there, and what comes back of it."""

import dataclasses
import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.freshbooks import bodies
from apps.connectors.freshbooks.objects import object_of, objects_of
from apps.connectors.freshbooks.plan import todo_of
from apps.connectors.freshbooks.rounding import WAYS
from apps.connectors.freshbooks.taxes import line_fields, parts_of
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    TaxAmount,
    differences,
    from_json,
    kind_of,
    to_json,
)
from tests.connectors.freshbooks import answers
from tests.connectors.freshbooks.answers import (
    HOME,
    MARKER,
    VAT,
    adjustment,
    applied,
    client_raw,
    credit_note,
    credit_raw,
    customer,
    freshbooks,
    gbp,
    invoice,
    invoice_raw,
    item,
    item_raw,
    line,
    line_raw,
    payment,
    payment_raw,
    push,
    use_raw,
    whole,
)

CENT = Decimal("0.01")
CODES = ("", VAT, "VAT@5", "GST@5+QST@9.975", "GST@5>PST@8", "Zero@0")


def unlike(ours: Any, theirs: Any) -> list[str]:
    project = freshbooks().project
    found = differences(project(ours), project(theirs))
    return [f"{each.path}: {each.ours} / {each.theirs}" for each in found if each.whose != "kept"]


def made(snapshot: Any) -> dict[str, Any]:
    todo = todo_of(push(snapshot), (), "GBP")
    assert todo is not None
    return json.loads(json.dumps(todo.fields))


# --- Money --------------------------------------------------------------------------------------


@st.composite
def documents(draw: Any, make: Any = invoice) -> Any:
    """Any lines at any net of whole cents, however quantity and price come to it; tax as it comes to
    per rate."""
    amounts = st.decimals(Decimal("-9999.99"), Decimal("99999.99"), places=2)
    lines = tuple(
        Line(
            key=str(place),
            net=draw(amounts),
            description=draw(st.sampled_from(["", "Consulting", "Wörk\nof two lines", "x" * 300])),
            quantity=draw(st.decimals(Decimal("0.01"), Decimal(50), places=4)),
            unit_price=draw(st.decimals(Decimal("0.01"), Decimal(500), places=4)),
            tax_code_id=draw(st.sampled_from(CODES)),
        )
        for place in range(draw(st.integers(1, 4)))
    )
    by_rate = WAYS["rate"].taxes(lines)
    net = sum((each.net for each in lines), Decimal(0))
    tax = sum(by_rate.values(), Decimal(0))
    taxes = tuple(TaxAmount(rate_id=each, tax=amount) for each, amount in by_rate.items())
    return make(*lines, net=net, tax=tax, total=net + tax, taxes=taxes)


@settings(max_examples=60, deadline=None)
@given(documents())
def test_an_invoice_comes_back_as_it_went_to_the_penny(sent: InvoiceSnapshot) -> None:
    raw = answers.kept_invoice(made(sent))
    (there,) = objects_of("invoice", raw, HOME)
    assert isinstance(there.snapshot, InvoiceSnapshot), there.unreadable
    assert unlike(sent, there.snapshot) == []
    assert (there.amount, there.marker) == (sent.total, MARKER)
    assert object_of("invoice", raw, HOME) == there
    assert todo_of(push(sent, there), (there,), "GBP") is None


@settings(max_examples=30, deadline=None)
@given(documents(credit_note))
def test_a_credit_note_comes_back_as_it_went_to_the_penny(sent: CreditNoteSnapshot) -> None:
    (there,) = objects_of("credit_note", answers.kept_credit(made(sent)), HOME)
    assert isinstance(there.snapshot, CreditNoteSnapshot), there.unreadable
    assert unlike(sent, there.snapshot) == []
    assert todo_of(push(sent, there), (there,), "GBP") is None


@settings(max_examples=40, deadline=None)
@given(documents())
def test_what_is_projected_is_projected_again_to_the_same(sent: InvoiceSnapshot) -> None:
    held = freshbooks().project(sent)
    assert freshbooks().project(held) == held
    assert from_json(kind_of(held), to_json(held)) == held


@settings(max_examples=40, deadline=None)
@given(documents())
def test_what_is_foretold_has_as_many_debits_as_credits(sent: InvoiceSnapshot) -> None:
    abroad = dataclasses.replace(sent, currency="USD", exchange_rate=Decimal("0.8123"))
    for each in (sent, abroad):
        postings = freshbooks().effect(each)
        assert sum(part.debit for part in postings) == sum(part.credit for part in postings)


@settings(max_examples=60, deadline=None)
@given(
    st.decimals(Decimal("0.01"), Decimal(100), places=4),
    st.decimals(Decimal("0.01"), Decimal(1000), places=4),
    st.decimals(Decimal(0), Decimal(5), places=2),
)
def test_quantity_times_price_is_the_net_whatever_they_round(
    quantity: Decimal, price: Decimal, less: Decimal
) -> None:
    net = (quantity * price - less).quantize(CENT, ROUND_HALF_UP)
    sent = Line(key="1", net=net, quantity=quantity, unit_price=price, description="Work")
    (fields,) = bodies.lines_of(invoice(sent))
    assert Decimal(fields["qty"]) * Decimal(fields["unit_cost"]["amount"]) == net


def test_a_discounted_line_goes_at_its_net_and_its_text_says_so() -> None:
    sent = line("95.00", quantity=Decimal(2), unit_price=Decimal("50.00"))
    (fields,) = bodies.lines_of(invoice(sent))
    assert (fields["qty"], fields["unit_cost"]) == ("1", gbp("95.00"))
    assert fields["name"] == "Consulting (2 × 50.00, less discount)".replace("50.00", "50")


def test_a_price_that_includes_tax_goes_as_its_net() -> None:
    sent = line("100.00", unit_price=Decimal("120.00"))
    (fields,) = bodies.lines_of(invoice(sent))
    assert (fields["qty"], fields["unit_cost"]) == ("1", gbp("100.00"))


# --- What is asked -------------------------------------------------------------------------------


def test_an_invoice_is_made_as_sent_with_an_offset_for_its_due_date() -> None:
    fields = made(invoice(message="Thank you", purchase_order_number="PO 7"))
    assert fields["status"] == 2
    assert fields["due_offset_days"] == 30
    assert "due_date" not in fields
    assert fields["notes"] == f"Thank you\n[Tieout {MARKER}]"
    assert fields["po_number"] == "PO 7"
    assert not [name for name in fields if name.startswith("action_")]


def test_two_taxes_stand_on_a_line_by_name_and_percent() -> None:
    assert line_fields("GST@5+QST@9.975") == {
        "taxName1": "GST",
        "taxAmount1": "5",
        "taxName2": "QST",
        "taxAmount2": "9.975",
    }
    assert line_fields("GST@5>PST@8")["compounded_tax"] is True
    with pytest.raises(ValueError, match="20"):
        parts_of("20")


def test_a_payment_bears_mark_and_reference_together() -> None:
    fields = made(payment())
    assert fields == {
        "invoiceid": 31,
        "amount": gbp("120.00"),
        "date": "2026-11-20",
        "note": f"[Tieout {MARKER}: BACS 17]",
        "type": "Bank Transfer",
    }
    assert made(payment(method_id="credit"))["type"] == "Other"  # is what a credit pays


def test_the_use_of_a_credit_says_that_it_is_none_of_money() -> None:
    fields = made(applied())
    assert (fields["creditid"], fields["from_credit"], fields["type"]) == (51, True, "Credit")


def test_a_deduction_is_a_credit_with_a_number_of_its_own_that_says_what_it_is() -> None:
    fields = made(adjustment())
    there = whole("credit_note", answers.kept_credit(fields))
    assert there.of_kind is Kind.ADJUSTMENT
    assert unlike(adjustment(), there.snapshot) == []
    assert len(fields["credit_number"]) == 19
    assert there.number == fields["credit_number"]


# --- What comes back -------------------------------------------------------------------------------


def test_a_client_is_read_with_its_country_as_a_code() -> None:
    address = Address(
        lines=("1 Dock Street", "Unit 3"),
        city="Leeds",
        region="West Yorks",
        postal_code="LS1 1AA",
        country="GB",
    )
    fields = made(customer(address=address, phone="+44 20 7946 0000"))
    assert fields["p_country"] == "United Kingdom"
    there = whole("client", client_raw(**fields))
    assert unlike(customer(address=address, phone="+44 20 7946 0000"), there.snapshot) == []


def test_an_item_is_read_by_its_sku() -> None:
    there = whole("item", item_raw())
    assert unlike(item(), there.snapshot) == []
    assert there.number == "C-1"


def test_a_discount_of_theirs_lowers_each_line_and_its_tax() -> None:
    """As an SDK's fixture has it: 20.00 at 13 %, 24.00 at none, less 10 %, comes to 41.94."""
    lines = [line_raw("20.00", "13"), line_raw("24.00", "0")]
    raw = invoice_raw(
        lines=lines, amount=gbp("41.94"), discount_value="10", discount_total=gbp("-4.40")
    )
    there = whole("invoice", raw).snapshot
    assert isinstance(there, InvoiceSnapshot)
    assert [each.net for each in there.lines] == [Decimal("18.00"), Decimal("21.60")]
    assert (there.net, there.tax) == (Decimal("39.60"), Decimal("2.34"))
    assert [each.tax for each in there.taxes] == [Decimal("2.34")]


def test_a_draft_of_theirs_is_no_record_and_one_of_ours_is_to_be_sent() -> None:
    theirs = whole("invoice", invoice_raw(status=1, display_status="draft", notes="Draft"))
    ours = whole("invoice", invoice_raw(status=1, display_status="draft"))
    assert (theirs.of_kind, theirs.snapshot, theirs.next_step) == (None, None, "")
    assert ours.next_step == "send"
    assert ours.snapshot is not None


@pytest.mark.parametrize("kind", ["client", "item", "invoice", "credit_note", "payment"])
def test_what_is_soft_deleted_is_gone_and_what_is_archived_stands(kind: str) -> None:
    raw = getattr(answers, f"{kind.removesuffix('_note')}_raw")
    assert whole(kind, raw(vis_state=1)).gone
    archived = whole(kind, raw(vis_state=2))
    assert not archived.gone
    if kind in ("client", "item"):
        assert archived.snapshot is not None
        assert not archived.snapshot.active  # type: ignore[union-attr] # a master


def test_a_payment_carries_what_it_pays_as_a_part() -> None:
    own, part = objects_of("payment", payment_raw(), HOME)
    assert isinstance(own.snapshot, PaymentSnapshot)
    assert unlike(payment(), own.snapshot) == []
    assert (part.part, part.of_kind, part.amount) == ("invoice:31", Kind.ALLOCATION, Decimal(120))
    assert object_of("payment", part.raw, HOME) == part


def test_what_over_paid_an_invoice_is_its_payment_and_money_on_account() -> None:
    """3,300.00 on an invoice that was open for 180.00."""
    paid = whole("payment", payment_raw(amount=gbp("180.00"), overpaymentid=10320, note=""))
    other_side = whole("payment", payment_raw(id=10320, logid=10320, invoiceid=0, creditid=61))
    credit = credit_raw(id=61, creditid=61, credit_type="overpayment", notes="")
    credit |= {"amount": gbp("3120.00"), "paid": gbp("20.00"), "lines": []}
    uses = [use_raw(creditid=61, amount=gbp("20.00"), invoiceid=32, id=44)]
    own, part = objects_of("credit_note", credit | {"tieout_uses": uses}, HOME)
    assert (paid.of_kind, paid.amount) == (Kind.PAYMENT, Decimal(180))
    assert (other_side.of_kind, other_side.snapshot) == (None, None)
    assert (own.of_kind, own.amount, own.balance) == (Kind.PAYMENT, Decimal(3120), Decimal(3100))
    assert isinstance(part.snapshot, AllocationSnapshot)
    assert (part.snapshot.source_id, part.snapshot.target_id) == ("61", "32")
    assert object_of("credit_note", part.raw, HOME) == part


def test_a_payment_of_nil_was_all_of_it_over_paid() -> None:
    nil = whole("payment", payment_raw(amount=gbp("0.00"), overpaymentid=10320))
    assert (nil.of_kind, nil.snapshot) == (None, None)


def test_the_use_of_a_deduction_names_it_as_its_source() -> None:
    plain = whole("payment", use_raw())
    adjusted = use_raw(tieout_credit={"notes": f"[Tieout adjustment {MARKER}]"})
    assert isinstance(plain.snapshot, AllocationSnapshot)
    assert plain.snapshot.source == Kind.CREDIT_NOTE
    there = whole("payment", adjusted).snapshot
    assert isinstance(there, AllocationSnapshot)
    assert there.source == Kind.ADJUSTMENT


def test_a_void_is_read_by_its_lines_and_notes() -> None:
    fields = bodies.voided(invoice_raw(), "GBP")
    raw = answers.kept_invoice(
        {"create_date": "2026-11-20", "due_offset_days": 30, "invoice_number": "INV-1", **fields}
    )
    there = whole("invoice", raw)
    assert there.void
    assert there.amount == 0
    assert there.marker == MARKER
    assert unlike(invoice(void=True), there.snapshot) == []


@pytest.mark.parametrize(
    ("kind", "raw", "field"),
    [
        ("invoice", invoice_raw(amount=None), "amount"),
        ("invoice", invoice_raw(amount={"amount": 120.5, "code": "GBP"}), "amount"),
        ("invoice", {k: v for k, v in invoice_raw().items() if k != "lines"}, "lines"),
        ("invoice", invoice_raw(create_date="0000-00-00"), "create_date"),
        ("invoice", invoice_raw(amount=gbp("121.00"), lines=[line_raw("100.00", "0")]), "amount"),
        ("payment", payment_raw(amount=gbp("n/a")), "amount"),
        ("payment", payment_raw(date=None), "date"),
        ("credit_note", credit_raw(lines=None), "lines"),
        ("credit_note", credit_raw(amount={"amount": "NaN", "code": "GBP"}), "amount"),
    ],
)
def test_what_cannot_be_read_is_no_guess(kind: str, raw: Any, field: str) -> None:
    there = whole(kind, raw)
    assert there.unreadable is not None
    assert there.unreadable.field == field
    assert (there.snapshot, there.amount, there.remote_id != "") == (None, None, True)
    assert object_of(kind, raw, HOME) == there


def test_a_version_is_of_what_is_told_and_not_of_how() -> None:
    one = whole("invoice", invoice_raw()).version
    assert whole("invoice", invoice_raw(po_number="")).version == one
    assert whole("invoice", invoice_raw(outstanding=gbp("120.0000"))).version == one
    assert whole("invoice", invoice_raw(notes="Checked by Petra")).version != one
    assert whole("invoice", invoice_raw(updated=answers.LATER)).version != one


def test_what_their_staff_write_beside_our_mark_is_kept() -> None:
    note = f"Checked by Petra\n[Tieout {MARKER}: BACS 17]\nsee mail"
    there = whole("payment", payment_raw(note=note))
    changed = todo_of(push(payment(reference="BACS 18"), there), (there,), "GBP")
    assert changed is not None
    assert changed.fields == {"note": note.replace("17", "18")}
    notes = f"Thanks\n[Tieout {MARKER}]\nChecked by Petra"
    there = whole("invoice", invoice_raw(notes=notes))
    later = invoice(message="Thanks", due_date=date(2027, 1, 15))
    changed = todo_of(push(later, there), (there,), "GBP")
    assert changed is not None
    assert changed.fields == {"due_offset_days": 56}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("invoice", invoice_raw(currency_code="USD", notes="")),
        ("payment", payment_raw(amount={"amount": "120.00", "code": "USD"}, note="")),
        ("credit_note", credit_raw(currency_code="USD", credit_type="overpayment", notes="")),
        ("credit_note", credit_raw(currency_code="USD", notes="")),
        ("payment", use_raw(amount={"amount": "40.00", "code": "USD"}, note="")),
    ],
)
def test_what_is_theirs_in_another_currency_is_listed_and_never_booked_at_one(
    kind: str, raw: Any
) -> None:
    (there,) = objects_of(kind, raw, HOME)
    assert (there.of_kind, there.snapshot, there.currency) == (None, None, "USD")
    assert there.amount is not None


def test_what_is_ours_and_was_put_into_another_currency_shows_it() -> None:
    there = whole("invoice", invoice_raw(currency_code="USD"))
    assert "currency: GBP / USD" in unlike(invoice(), there.snapshot)


@pytest.mark.parametrize("name", ["GST+PST", "A>B"])
def test_a_tax_whose_name_would_end_its_code_is_listed_as_one_that_cannot_be_read(
    name: str,
) -> None:
    lines = [answers.line_raw(taxName1=name)]
    there = answers.whole("invoice", answers.invoice_raw(lines=lines))
    assert there.unreadable is not None
    assert (there.unreadable.field, there.unreadable.value) == ("taxName1", name)
