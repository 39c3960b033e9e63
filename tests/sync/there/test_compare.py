"""The three-way compare: what both sides agreed, ours now, theirs now."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from apps.connectors.snapshots import (
    AllocationSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    Line,
    PaymentSnapshot,
)
from apps.sync.there.compare import agreed_after, compare, told_apart, value_at, with_value

CUSTOMER = CustomerSnapshot(marker="m", name="Harbour Books", email="a@example.com")
INVOICE = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="5",
    issue_date=date(2026, 3, 2),
    currency="GBP",
    lines=(
        Line(key="1", net=Decimal(60), item_id="8", unit_price=Decimal(60)),
        Line(key="2", net=Decimal(40), item_id="9", unit_price=Decimal(40)),
    ),
    net=Decimal(100),
    tax=Decimal(0),
    total=Decimal(100),
    due_date=date(2026, 4, 1),
)


def _payment(**split: int) -> PaymentSnapshot:
    return PaymentSnapshot(
        marker="m",
        customer_id="5",
        paid_on=date(2026, 3, 16),
        currency="GBP",
        amount=Decimal(100),
        allocations=tuple(
            AllocationSnapshot(
                marker="",
                source="payment",
                source_id="70",
                target_kind="invoice",
                target_id=target,
                amount=Decimal(amount),
                currency="GBP",
                applied_on=date(2026, 3, 16),
            )
            for target, amount in split.items()
        ),
    )


def test_equal_snapshots_tell_nothing() -> None:
    assert told_apart(INVOICE, replace(INVOICE, marker="another")) == ()


def test_what_ours_left_open_is_theirs_to_fill_in() -> None:
    assert told_apart(INVOICE, replace(INVOICE, home_total=Decimal(100))) == ()


def test_a_field_changed_only_there_is_taken() -> None:
    found = compare(CUSTOMER, CUSTOMER, replace(CUSTOMER, name="Harbour"), pending=True)

    assert [each.path for each in found.taken] == ["name"]
    assert not found.clashes


def test_a_field_changed_on_both_sides_clashes() -> None:
    ours, theirs = replace(CUSTOMER, name="Ours"), replace(CUSTOMER, name="Theirs")

    (clash,) = compare(CUSTOMER, ours, theirs, pending=True).clashes

    assert (clash.base, clash.ours, clash.theirs) == ("Harbour Books", "Ours", "Theirs")


def test_a_field_changed_to_the_same_on_both_sides_is_settled() -> None:
    both = replace(CUSTOMER, name="Both")

    found = compare(CUSTOMER, both, both, pending=True)

    assert [each.path for each in found.same] == ["name"]
    assert not found.clashes


def test_different_fields_changed_on_both_sides_do_not_clash() -> None:
    ours, theirs = replace(CUSTOMER, email="b@example.com"), replace(CUSTOMER, name="Theirs")

    found = compare(CUSTOMER, ours, theirs, pending=True)

    assert [each.path for each in found.taken] == ["name"]
    assert not found.clashes


def test_money_changed_only_there_is_always_asked() -> None:
    line = replace(INVOICE.lines[1], net=Decimal(50))
    theirs = replace(INVOICE, lines=(INVOICE.lines[0], line), net=Decimal(110), total=Decimal(110))

    found = compare(INVOICE, INVOICE, theirs, pending=False)

    assert [each.path for each in found.clashes] == ["lines.2.net", "net", "total"]


def test_an_item_recoded_there_is_kept() -> None:
    line = replace(INVOICE.lines[0], item_id="12")
    theirs = replace(INVOICE, lines=(line, INVOICE.lines[1]))

    found = compare(INVOICE, INVOICE, theirs, pending=False)

    assert [each.path for each in found.kept] == ["lines.1.item_id"]
    assert agreed_after(INVOICE, theirs, found.clashes) == theirs


def test_a_line_more_there_is_one_difference_of_the_lines() -> None:
    theirs = replace(INVOICE, lines=INVOICE.lines[:1])

    (clash,) = compare(INVOICE, INVOICE, theirs, pending=False).clashes

    assert clash.path == "lines"


def test_what_is_in_dispute_stays_agreed_as_it_was_and_the_rest_becomes_theirs() -> None:
    line = replace(INVOICE.lines[1], net=Decimal(50), item_id="12")
    theirs = replace(INVOICE, lines=(INVOICE.lines[0], line), memo="seen", marker="")
    found = compare(INVOICE, INVOICE, theirs, pending=False)

    agreed = agreed_after(INVOICE, theirs, found.clashes)

    assert value_at(agreed, "lines.2.net") == 40
    assert value_at(agreed, "lines.2.item_id") == "12"
    assert value_at(agreed, "memo") == "seen"
    assert agreed.marker == "m"


def test_the_split_of_a_payment_has_no_order() -> None:
    assert told_apart(_payment(a=60, b=40), _payment(b=40, a=60)) == ()


def test_money_moved_to_another_invoice_is_seen_though_the_amount_is_the_same() -> None:
    (found,) = told_apart(_payment(a=100), _payment(b=100))

    assert (found.path, found.whose) == ("allocations", "ask")


def test_a_value_is_replaced_at_its_path_alone() -> None:
    changed = with_value(INVOICE, "lines.2.net", Decimal(41))

    assert value_at(changed, "lines.2.net") == 41
    assert with_value(changed, "lines.2.net", Decimal(40)) == INVOICE
