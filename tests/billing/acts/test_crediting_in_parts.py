"""Credit notes of taxed invoices: the whole cancels to nil, and so do all parts together."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.billing.actions import (
    DraftLine,
    Part,
    amend_invoice,
    credit_invoice,
    issue,
    set_closing_date,
    void,
)
from apps.billing.models import Company, CreditNote, Invoice, InvoiceLine, TaxMode
from apps.billing.sums.remainders import left_of_lines
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

MARCH_9 = date(2026, 3, 9)


def credit(invoice: Invoice, *parts: tuple[InvoiceLine, dict[str, D]]) -> CreditNote:
    lines = [Part(line=line, **what) for line, what in parts]
    note = credit_invoice(invoice, reason="Sent back", on=MARCH_9, lines=lines)
    issue(note)
    return CreditNote.objects.get(pk=note.pk)


def cancelled(invoice: Invoice) -> None:
    """Assert that its issued notes take back each of its figures, no more and no less."""
    notes = list(invoice.credit_notes.filter(status="issued"))
    for name in ("net", "tax", "total", "home_total", "home_tax"):
        assert sum(getattr(note, name) for note in notes) == getattr(invoice, name), name
    taken: dict[int, tuple[D, D]] = {}
    for note in notes:
        assert sum(line.net for line in note.lines.all()) == note.net
        assert sum(line.tax for line in note.lines.all()) == note.tax
        assert sum(share.tax for share in note.shares) == note.tax
        for share in note.shares:
            base, tax = taken.get(share.component_id, (D(0), D(0)))
            taken[share.component_id] = base + share.base, tax + share.tax
    charged = {each.component_id: (each.base, each.tax) for each in invoice.shares}
    nil = D(0), D(0)  # a line that comes to nothing need not be taken back
    assert {key: of for key, of in taken.items() if of != nil} == {
        key: of for key, of in charged.items() if of != nil
    }


@pytest.mark.parametrize("mode", [TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE])
@pytest.mark.parametrize("rounding", ["line", "rate"])
def test_the_mirror_of_an_invoice_cancels_every_figure(mode: str, rounding: str) -> None:
    company = make_company(tax_rounding=rounding)
    vat, canadian = make_tax_rate(company), make_tax_rate(company, 5, "9.975")
    make_exchange_rate(company, "EUR", "0.8567")
    invoice = make_invoice(
        customer=make_customer(company, currency="EUR"),
        tax_mode=mode,
        discount_amount=D("3.33"),
        lines=[
            ("Lamp", 3, "9.99", vat, {"discount_percent": D("12.5")}),
            ("Shade", 7, "0.0715", vat),
            ("Rug", 1, "49.95", canadian, {"discount_amount": D("0.05")}),
            ("Book", 1, 4),
        ],
    )
    company.tax_rounding = "line" if rounding == "rate" else "rate"
    company.save()
    make_exchange_rate(company, "EUR", "0.9", date(2026, 3, 8))
    note = make_credit_note(invoice=invoice)
    assert (note.exchange_rate, note.discount, note.tax_mode, note.tax_rounding) == (
        invoice.exchange_rate,
        invoice.discount,
        mode,
        rounding,
    )
    assert note.taxes == invoice.taxes
    assert [(line.net, line.tax, line.discount_net) for line in note.lines.all()] == [
        (line.net, line.tax, line.discount_net) for line in invoice.lines.all()
    ]
    cancelled(invoice)


def test_the_last_part_takes_what_is_left_of_net_and_tax() -> None:
    # 3 × 0.335 = 1.005 → 1.01, VAT 20 % 0.202 → 0.20, total 1.21.
    # One of three is 1.01 ÷ 3 = 0.3367 → 0.34, VAT 0.068 → 0.07; twice 0.68 and 0.14.
    # The last takes 1.01 − 0.68 = 0.33 and 0.20 − 0.14 = 0.06.
    company = make_company()
    invoice = make_invoice(company=company, lines=[("Tack", 3, "0.335", make_tax_rate(company))])
    line = invoice.lines.get()
    one = {"quantity": D(1)}
    notes = [credit(invoice, (line, one)) for _ in range(3)]
    assert [(note.net, note.tax) for note in notes] == [
        (D("0.34"), D("0.07")),
        (D("0.34"), D("0.07")),
        (D("0.33"), D("0.06")),
    ]
    assert [note.lines.get().quantity for note in notes] == [1, 1, 1]
    cancelled(invoice)
    with pytest.raises(ValidationError, match="credit at most its quantity of 0"):
        credit(invoice, (line, one))


def test_no_more_tax_is_taken_back_than_was_charged() -> None:
    # 10 × 0.03 = 0.30, VAT 0.06; one of ten 0.03, VAT 0.006 → 0.01: six take all of it.
    company = make_company()
    invoice = make_invoice(company=company, lines=[("Tack", 10, "0.03", make_tax_rate(company))])
    line = invoice.lines.get()
    notes = [credit(invoice, (line, {"quantity": D(1)})) for _ in range(10)]
    assert [note.tax for note in notes] == [D("0.01")] * 6 + [D(0)] * 4
    cancelled(invoice)


def test_within_prices_neither_net_nor_tax_is_taken_back_twice() -> None:
    # 10 × 0.01 with tax = 0.10: net 0.0833 → 0.08, VAT 0.02. One of ten is net 0.01 and no tax,
    # so eight take all the net, and the last two take the tax.
    company = make_company()
    vat = make_tax_rate(company)
    invoice = make_invoice(
        company=company, tax_mode=TaxMode.INCLUSIVE, lines=[("Tack", 10, "0.01", vat)]
    )
    line = invoice.lines.get()
    notes = [credit(invoice, (line, {"quantity": D(1)})) for _ in range(10)]
    assert [(note.net, note.tax) for note in notes] == [(D("0.01"), D(0))] * 8 + [
        (D(0), D("0.01"))
    ] * 2
    cancelled(invoice)


def test_a_part_has_its_share_of_both_discounts() -> None:
    # 4 × 25.00 = 100.00 less 10 % = 90.00; of 90.00 + 30.00 an amount of 12.00 goes: 81.00 and
    # 27.00. One of four: 81.00 ÷ 4 = 20.25, so 25.00 less 4.75; VAT 4.05, total 24.30.
    company = make_company()
    vat = make_tax_rate(company)
    invoice = make_invoice(
        company=company,
        discount_amount=D(12),
        lines=[("Lamp", 4, 25, vat, {"discount_percent": D(10)}), ("Shade", 1, 30, vat)],
    )
    lamp, shade = invoice.lines.all()
    first = credit(invoice, (lamp, {"quantity": D(1)}))
    line = first.lines.get()
    assert (line.quantity, line.unit_price, line.discount_amount) == (1, 25, D("4.75"))
    assert (first.net, first.tax, first.total, first.discount) == (
        D("20.25"),
        D("4.05"),
        D("24.30"),
        0,
    )
    left = left_of_lines(invoice)
    assert [(each.quantity, each.net) for each in left] == [(3, D("60.75")), (1, D(27))]
    credit(invoice, (lamp, {}), (shade, {}))
    cancelled(invoice)


def test_a_percentage_stays_a_percentage_where_it_comes_to_the_same() -> None:
    invoice = make_invoice(lines=[("Lamp", 4, 25, None, {"discount_percent": D(10)})])
    note = credit(invoice, (invoice.lines.get(), {"quantity": D(3)}))
    line = note.lines.get()
    assert (line.discount_percent, line.discount_amount, note.net) == (10, None, D("67.50"))


@pytest.mark.parametrize("mode", [TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE])
def test_a_part_by_amount_is_without_tax(mode: str) -> None:
    # 10.00 net and 2.00 VAT; with tax the same is 12.00. 4.20 net bears VAT 0.84.
    company = make_company()
    vat = make_tax_rate(company)
    price = 12 if mode == TaxMode.INCLUSIVE else 10
    invoice = make_invoice(company=company, tax_mode=mode, lines=[("Delivery", 1, price, vat)])
    line = invoice.lines.get()
    note = credit(invoice, (line, {"net": D("4.20")}))
    assert (note.net, note.tax, note.total) == (D("4.20"), D("0.84"), D("5.04"))
    with pytest.raises(ValidationError, match=r"Line 1: at most 5\.80 GBP of it is left"):
        credit(invoice, (line, {"net": D("5.81")}))
    credit(invoice, (line, {}))
    cancelled(invoice)


def test_a_line_is_not_credited_twice_through_two_drafts() -> None:
    # 100.00 and 200.00: two drafts of the first line together are within the total of 300.00.
    invoice = make_invoice(lines=[("Lamp", 1, 100), ("Rug", 1, 200)])
    lamp = [Part(line=invoice.lines.first())]
    drafts = [credit_invoice(invoice, reason="Sent back", on=MARCH_9, lines=lamp) for _ in range(2)]
    issue(drafts[0])
    with pytest.raises(ValidationError, match=r"Line 1 of INV.*: at most 0\.00 GBP is left"):
        issue(drafts[1])
    void(drafts[0], reason="Typing error")
    issue(drafts[1])


def test_a_voided_part_is_left_again() -> None:
    company = make_company()
    invoice = make_invoice(company=company, lines=[("Tack", 3, "0.335", make_tax_rate(company))])
    line = invoice.lines.get()
    wrong = credit(invoice, (line, {"quantity": D(2)}))
    void(wrong, reason="Typing error")
    credit(invoice, (line, {"quantity": D(1)}))
    credit(invoice, (line, {}))
    cancelled(invoice)


def test_a_line_below_nil_is_credited_in_parts_too() -> None:
    company = make_company()
    vat = make_tax_rate(company)
    invoice = make_invoice(
        company=company, lines=[("Lamp", 3, "33.333", vat), ("Bottles back", -3, "0.335", vat)]
    )
    lamp, bottles = invoice.lines.all()
    for _ in range(3):
        credit(invoice, (lamp, {"quantity": D(1)}), (bottles, {"quantity": D(-1)}))
    cancelled(invoice)


def test_the_last_part_leaves_nothing_in_home_currency() -> None:
    # 3 × 10.00 EUR at 0.8567 = 25.701 → 25.70 GBP; one of three 8.567 → 8.57, twice 17.14;
    # the last takes 8.56.
    company = make_company()
    make_exchange_rate(company, "EUR", "0.8567")
    customer = make_customer(company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[("Lamp", 3, 10)])
    one = (invoice.lines.get(), {"quantity": D(1)})
    assert [credit(invoice, one).home_total for _ in range(3)] == [
        D("8.57"),
        D("8.57"),
        D("8.56"),
    ]
    cancelled(invoice)


def test_a_currency_without_decimals_is_credited_to_nil() -> None:
    # 3 × 33.5 JPY = 100.5 → 101, 10 % 10.1 → 10; one of three 33.67 → 34 and 3.4 → 3.
    company = make_company(home_currency="JPY")
    invoice = make_invoice(company=company, lines=[("Ink", 3, "33.5", make_tax_rate(company, 10))])
    one = (invoice.lines.get(), {"quantity": D(1)})
    notes = [credit(invoice, one) for _ in range(3)]
    assert [(note.net, note.tax) for note in notes] == [(34, 3), (34, 3), (33, 4)]
    with pytest.raises(ValidationError, match="At most 0 JPY"):
        credit_invoice(invoice, reason="Again", on=MARCH_9)


def test_a_closed_month_takes_no_part() -> None:
    company = make_company()
    invoice = make_invoice(company=company, lines=[("Lamp", 2, 10, make_tax_rate(company))])
    set_closing_date(company, date(2026, 3, 31), reason="March filed")
    with pytest.raises(ValidationError, match="closed up to 31 March"):
        credit(invoice, (invoice.lines.get(), {"quantity": D(1)}))
    note = make_credit_note(invoice=invoice, issue_date=date(2026, 4, 1))
    assert note.tax == invoice.tax == 4


def test_an_invoice_that_a_credit_note_mirrors_is_not_amended() -> None:
    company = make_company(amend_allowed=True)
    invoice = make_invoice(company=company, lines=[("Lamp", 2, 10)])
    note = credit(invoice, (invoice.lines.get(), {"quantity": D(1)}))
    other = [DraftLine(description="Rug", quantity=D(1), unit_price=D(5))]
    with pytest.raises(ValidationError, match="credited already, by CN-2026-00001"):
        amend_invoice(invoice, lines=other, reason="Typing error")
    void(note, reason="Typing error")
    amend_invoice(invoice, lines=other, reason="Typing error")
    assert invoice.total == 5


QUANTITIES = st.integers(1, 3)
PRICES = st.decimals("0.01", 40, places=3)
DISCOUNTS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.integers(1, 60).map(lambda percent: {"discount_percent": D(percent)}),
)
LINES = st.lists(
    st.tuples(QUANTITIES, PRICES, st.integers(0, 2), DISCOUNTS), min_size=1, max_size=2
)


class Parts(TestCase):
    @settings(max_examples=6, deadline=None)
    @given(
        lines=LINES,
        mode=st.sampled_from([TaxMode.EXCLUSIVE, TaxMode.INCLUSIVE]),
        rounding=st.sampled_from(["line", "rate"]),
        discount=st.integers(0, 30),
        order=st.randoms(use_true_random=False),
    )
    def test_all_parts_together_cancel_an_invoice(
        self, lines: Sequence[Any], mode: str, rounding: str, discount: int, order: Any
    ) -> None:
        company = make_company(tax_rounding=rounding)
        make_exchange_rate(company, "EUR", "0.85673")
        rates = [make_tax_rate(company), make_tax_rate(company, 5, "9.975"), None]
        invoice = _invoice(company, lines, rates, mode, discount)
        if invoice.is_draft:
            return
        parts = [line for line in invoice.lines.all() for _ in range(int(line.quantity))]
        order.shuffle(parts)
        for line in parts:
            left = {each.line.pk: each for each in left_of_lines(invoice)}
            if not left[line.pk].amount:
                continue  # so small that the parts before it were rounded up to all of it
            note = credit_invoice(
                invoice, reason="Back", on=MARCH_9, lines=[Part(line=line, quantity=D(1))]
            )
            if note.total == 0:
                return  # too small to be taken back one by one
            issue(note)
            assert min(note.net, note.tax, note.home_total, note.home_tax) >= 0
        cancelled(invoice)
        for each in left_of_lines(invoice):
            assert each.amount == 0


def _invoice(
    company: Company, lines: Sequence[Any], rates: Sequence[Any], mode: str, discount: int
) -> Invoice:
    draft = make_invoice(
        customer=make_customer(company, currency="EUR"),
        tax_mode=mode,
        discount_percent=D(discount) if discount else None,
        lines=[
            ("Goods", quantity, price, rates[rate], own) for quantity, price, rate, own in lines
        ],
        issued=False,
    )
    if draft.total > 0:
        issue(draft)
        draft.refresh_from_db()
    return draft
