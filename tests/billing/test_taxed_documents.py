"""Documents with tax, discounts and foreign currencies: what they hold once issued."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import DraftLine, amend_invoice, issue
from apps.billing.models import (
    CreditNote,
    ExchangeRate,
    Frozen,
    Invoice,
    InvoiceLine,
    TaxMode,
    TaxRate,
)
from apps.billing.sums.totals import work_out
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db


def test_an_invoice_with_vat_holds_net_tax_and_total() -> None:
    # 3 × 9.99 = 29.97 less 10 % (2.997 → 3.00) = 26.97, VAT 20 % 5.394 → 5.39; 4.00 zero rated.
    # Debit receivable 36.36; credit sales 26.97 + 4.00 = 30.97, credit VAT 5.39.
    company = make_company()
    vat = make_tax_rate(company, 20, code="S20", name="VAT")
    zero = make_tax_rate(company, 0, code="Z", treatment="zero")
    ten = {"discount_percent": D(10)}
    invoice = make_invoice(
        company=company, lines=[("Lamp", 3, "9.99", vat, ten), ("Book", 1, 4, zero)]
    )
    assert (invoice.net, invoice.tax, invoice.total) == (D("30.97"), D("5.39"), D("36.36"))
    assert (invoice.home_total, invoice.home_tax) == (D("36.36"), D("5.39"))
    assert invoice.balance_due == D("36.36")
    lamp, book = invoice.lines.all()
    assert (lamp.net, lamp.tax, lamp.discount_net) == (D("26.97"), D("5.39"), D("3.00"))
    assert (lamp.tax_code, lamp.tax_percent, lamp.tax_treatment) == ("S20", 20, "standard")
    assert (book.tax_code, book.tax_percent, book.tax_treatment) == ("Z", 0, "zero")
    assert [(each.code, each.percent, each.base, each.tax) for each in invoice.shares] == [
        ("S20", D(20), D("26.97"), D("5.39")),
        ("Z", D(0), D("4"), D(0)),
    ]
    component = vat.components.get()
    assert (invoice.shares[0].agency, invoice.shares[0].name) == (
        component.agency.name,
        component.name,
    )


def test_each_share_says_to_whom_it_is_owed() -> None:
    # 10.05: GST 5 % 0.5025 → 0.50; QST 9.975 % 1.0024875 → 1.00.
    company = make_company(home_currency="CAD")
    rate = make_tax_rate(company, 5, "9.975", code="QC")
    invoice = make_invoice(company=company, lines=[("Lamp", 1, "10.05", rate)])
    assert [(each.component_id, each.tax) for each in invoice.shares] == [
        (component.pk, tax)
        for component, tax in zip(rate.components.all(), (D("0.50"), D("1.00")), strict=True)
    ]
    assert (invoice.tax, invoice.lines.get().tax_percent) == (D("1.50"), D("14.975"))


@pytest.mark.parametrize(("rounding", "tax"), [("line", "0.06"), ("rate", "0.07")])
def test_the_companys_rounding_is_stored_on_the_document(rounding: str, tax: str) -> None:
    # Three lines of 0.12 at 20 %: 3 × 0.024 → 0.06 line by line, 0.072 → 0.07 in one.
    company = make_company(tax_rounding=rounding)
    vat = make_tax_rate(company)
    invoice = make_invoice(company=company, lines=[("Tack", 1, "0.12", vat)] * 3)
    company.tax_rounding = "rate" if rounding == "line" else "line"
    company.save()
    invoice.refresh_from_db()
    assert (invoice.tax_rounding, invoice.tax) == (rounding, D(tax))
    assert sum(line.tax for line in invoice.lines.all()) == D(tax)


def test_prices_with_tax_and_a_document_discount() -> None:
    # 120.00 + 60.00 with tax, less 10 %: 162.00 = net 135.00 + 27.00.
    company = make_company()
    vat = make_tax_rate(company)
    invoice = make_invoice(
        company=company,
        tax_mode=TaxMode.INCLUSIVE,
        discount_percent=D(10),
        lines=[("Lamp", 1, 120, vat), ("Shade", 2, 30, vat)],
    )
    assert (invoice.discount, invoice.net, invoice.tax, invoice.total) == (18, 135, 27, 162)
    assert [(line.net, line.tax, line.discount_net) for line in invoice.lines.all()] == [
        (90, 18, 10),
        (45, 9, 5),
    ]


def test_the_company_s_item_for_discounts_is_copied_at_issue() -> None:
    company = make_company()
    company.discount_item = make_item(company, code="DISC")
    company.save()
    draft = make_invoice(company=company, issued=False)
    assert draft.discount_item is None
    issue(draft)
    company.discount_item = None
    company.save()
    assert Invoice.objects.get(pk=draft.pk).discount_item_id is not None
    note = make_credit_note(invoice=draft)
    assert note.discount_item_id == draft.discount_item_id


def test_a_rate_that_was_issued_is_never_edited_again() -> None:
    company = make_company()
    vat = make_tax_rate(company)
    make_invoice(company=company, lines=[("Lamp", 1, 10, vat)], issued=False)
    assert not TaxRate.objects.get(pk=vat.pk).used
    make_invoice(company=company, lines=[("Lamp", 1, 10, vat)])
    vat.refresh_from_db()
    assert vat.used
    vat.treatment = "reduced"
    with pytest.raises(Frozen, match="Make a new rate"):
        vat.save()
    component = vat.components.get()
    component.percent = D(21)
    with pytest.raises(Frozen):
        component.save()


def test_a_draft_follows_its_rate_until_it_is_issued() -> None:
    company = make_company()
    vat = make_tax_rate(company, 20)
    draft = make_invoice(company=company, lines=[("Lamp", 1, 10, vat)], issued=False)
    component = vat.components.get()
    component.percent = D(21)
    component.save()
    issue(draft)
    assert Invoice.objects.get(pk=draft.pk).tax == D("2.10")


def _refused(sentence: str, company: Any, line: dict[str, Any], **fields: Any) -> None:
    rate = line.pop("tax_rate", None)
    lines = [("Lamp", 1, 10, rate, line)]
    draft = make_invoice(company=company, lines=lines, issued=False, **fields)
    with pytest.raises(ValidationError, match=sentence):
        issue(draft)
    assert Invoice.objects.get(pk=draft.pk).is_draft


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"active": False}, r"Line 1: the tax rate S1 VAT is no longer offered\. Choose another"),
        ({"valid_from": date(2026, 4, 1)}, "holds from 1 April 2026, not yet on 2 March 2026"),
        ({"valid_to": date(2026, 3, 1)}, "held until 1 March 2026, no longer on 2 March 2026"),
    ],
)
def test_a_rate_that_does_not_hold_on_the_day_is_refused(
    fields: dict[str, Any], sentence: str
) -> None:
    company = make_company()
    rate = make_tax_rate(company, code="S1", name="VAT", **fields)
    _refused(sentence, company, {"tax_rate": rate})
    assert not TaxRate.objects.get(pk=rate.pk).used


def test_a_rate_of_another_company_or_of_nothing_is_refused() -> None:
    company = make_company()
    _refused("belongs to another company", company, {"tax_rate": make_tax_rate(make_company())})
    empty = TaxRate.objects.create(company=company, code="E", name="Empty")
    _refused("has no percentage yet", company, {"tax_rate": empty})


def test_a_document_that_is_not_taxed_bears_no_rate() -> None:
    company = make_company()
    rate = make_tax_rate(company)
    _refused("not taxed at all", company, {"tax_rate": rate}, tax_mode=TaxMode.NONE)


@pytest.mark.parametrize(
    ("line", "document", "sentence"),
    [
        ({"discount_percent": D(5), "discount_amount": D(1)}, {}, "the discount of line 1 as a pe"),
        ({}, {"discount_percent": D(5), "discount_amount": D(1)}, "of the document as a perc"),
        ({"discount_amount": D("10.01")}, {}, r"line 1 is 10\.01, more than the 10\.00 it is"),
        ({}, {"discount_amount": D("10.01")}, r"document is 10\.01, more than the 10\.00"),
        ({"discount_amount": D(6)}, {"discount_amount": D(5)}, r"5\.00, more than the 4\.00"),
        ({"discount_percent": D(101)}, {}, "from 0 to 100"),
        ({"discount_percent": D(-1)}, {}, "from 0 to 100"),
        ({"discount_amount": D(-1)}, {}, "would raise the amount"),
        ({"discount_amount": D("0.005")}, {}, "more decimals than GBP, whose smallest amount is"),
    ],
)
def test_a_discount_lowers_an_amount_and_never_more(
    line: dict[str, Any], document: dict[str, Any], sentence: str
) -> None:
    _refused(sentence, make_company(), dict(line), **document)


# Foreign currencies


def test_a_document_takes_the_latest_rate_on_or_before_its_date() -> None:
    # 100.00 EUR + VAT 20.00 = 120.00 at 0.8567: 102.804 → 102.80 GBP, tax 17.134 → 17.13.
    company = make_company()
    vat = make_tax_rate(company)
    for day, rate in (("2026-02-27", "0.85"), ("2026-03-02", "0.8567"), ("2026-03-03", "0.9")):
        make_exchange_rate(company, "EUR", rate, date.fromisoformat(day))
    make_exchange_rate(company, "USD", "0.79", date(2026, 3, 2))
    make_exchange_rate(make_company(), "EUR", "0.5", date(2026, 3, 2))
    customer = make_customer(company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[("Lamp", 1, 100, vat)])
    assert (invoice.exchange_rate, invoice.exchange_rate_date, invoice.exchange_rate_source) == (
        D("0.8567"),
        date(2026, 3, 2),
        "ECB",
    )
    assert (invoice.total, invoice.home_total, invoice.home_tax) == (120, D("102.80"), D("17.13"))


def test_a_draft_s_rate_follows_its_date_unless_it_was_typed() -> None:
    company = make_company()
    make_exchange_rate(company, "EUR", "0.85", date(2026, 3, 1))
    make_exchange_rate(company, "EUR", "0.87", date(2026, 3, 10))
    customer = make_customer(company, currency="EUR")
    taken = make_invoice(customer=customer, issued=False)
    typed = make_invoice(
        customer=customer, issued=False, exchange_rate=D("0.8"), exchange_rate_source="Contract"
    )
    assert (taken.exchange_rate, taken.home_total) == (D("0.85"), 85)
    for draft in (taken, typed):
        draft.issue_date = date(2026, 3, 12)
        draft.save()
        issue(draft)
        draft.refresh_from_db()
    assert (taken.exchange_rate, taken.exchange_rate_date) == (D("0.87"), date(2026, 3, 10))
    assert (typed.exchange_rate, typed.exchange_rate_source) == (D("0.8"), "Contract")
    assert (taken.home_total, typed.home_total) == (87, 80)


def test_without_a_rate_a_foreign_document_is_refused_with_the_remedy() -> None:
    company = make_company()
    make_exchange_rate(company, "EUR", "0.85", date(2026, 3, 3))
    draft = make_invoice(customer=make_customer(company, currency="EUR"), issued=False)
    with pytest.raises(
        ValidationError,
        match=r"no exchange rate of EUR on or before 2 March 2026\. Enter one under Exchange rates",
    ):
        issue(draft)
    assert ExchangeRate.objects.count() == 1


@pytest.mark.parametrize(("rate", "sentence"), [("1", "no exchange rate"), ("-2", "than nil")])
def test_a_foreign_currency_is_worth_something_else_than_home(rate: str, sentence: str) -> None:
    draft = make_invoice(customer=make_customer(currency="EUR"), issued=False)
    draft.exchange_rate, draft.exchange_rate_source = D(rate), "Typed"
    draft.save()
    with pytest.raises(ValidationError, match=sentence):
        issue(draft)


@pytest.mark.parametrize(
    ("currency", "price", "net", "tax", "home"),
    [
        # 334 + 66.8 → 67 = 401 JPY at 0.0053: 2.1253; 1.235 + 0.247 = 1.482 KWD at 2.55: 3.7791.
        ("JPY", "333.5", "334", "67", "2.13"),
        ("KWD", "1.2345", "1.235", "0.247", "3.78"),
    ],
)
def test_currencies_without_decimals_and_with_three(
    currency: str, price: str, net: str, tax: str, home: str
) -> None:
    company = make_company()
    vat = make_tax_rate(company)
    make_exchange_rate(company, "JPY", "0.0053")
    make_exchange_rate(company, "KWD", "2.55")
    customer = make_customer(company, currency=currency)
    invoice = make_invoice(customer=customer, lines=[("Lamp", 1, price, vat)])
    assert (invoice.net, invoice.tax, invoice.home_total) == (D(net), D(tax), D(home))
    assert invoice.total == invoice.balance_due == D(net) + D(tax)
    note = make_credit_note(invoice=invoice)
    assert (note.total, note.home_total, note.taxes) == (
        invoice.total,
        invoice.home_total,
        invoice.taxes,
    )


def test_working_out_a_taxed_draft_twice_writes_once() -> None:
    company = make_company()
    make_exchange_rate(company, "EUR", "0.85")
    draft = make_invoice(
        customer=make_customer(company, currency="EUR"),
        lines=[("Lamp", 1, "33.33", make_tax_rate(company), {"discount_percent": D(10)})],
        issued=False,
    )
    revision = draft.revision
    work_out(draft)
    draft.refresh_from_db()
    assert draft.revision == revision
    line = InvoiceLine.objects.get(document=draft)
    assert (line.net, line.tax, line.discount_net) == (D("30.00"), D("6.00"), D("3.33"))


def test_history_keeps_tax_and_discount_of_each_line() -> None:
    company = make_company()
    vat = make_tax_rate(company, code="S20")
    invoice = make_invoice(
        company=company, lines=[("Lamp", 1, 10, vat, {"discount_amount": D(1)}), ("Book", 1, 2)]
    )
    lamp, book = invoice.history.first().lines_then
    assert (lamp["tax_rate"], lamp["tax_code"], lamp["tax_percent"], lamp["tax_treatment"]) == (
        vat.pk,
        "S20",
        "20",
        "standard",
    )
    assert (lamp["discount_amount"], lamp["discount_net"], lamp["tax"]) == ("1", "1", "1.8")
    assert "tax_rate" not in book
    assert invoice.history.first().taxes == invoice.taxes


def test_a_credit_note_mirrors_a_rate_that_is_no_longer_offered() -> None:
    company = make_company()
    vat = make_tax_rate(company)
    invoice = make_invoice(company=company, lines=[("Lamp", 1, 10, vat)])
    vat.refresh_from_db()
    vat.active, vat.valid_to = False, date(2026, 3, 5)
    vat.save()
    note = make_credit_note(invoice=invoice)
    assert (note.tax, CreditNote.objects.get().lines.get().tax_code) == (2, vat.code)


def test_amending_reckons_with_tax_again() -> None:
    # 100.00 + VAT 20.00 becomes 2 × 30.00 less 10 % = 54.00 + 10.80, and 5.00 at 5 % + 0.25; the
    # document's own 10 % takes 5.40 and 0.50: 48.60 + 9.72 and 4.50 + 0.225 → 0.23.
    company = make_company(amend_allowed=True)
    vat, reduced = make_tax_rate(company), make_tax_rate(company, 5)
    invoice = make_invoice(company=company, discount_percent=D(10), lines=[("Lamp", 10, 10, vat)])
    vat.refresh_from_db()
    vat.active = False
    vat.save()
    lamp = DraftLine(
        description="Lamp",
        quantity=D(2),
        unit_price=D(30),
        tax_rate=vat,
        discount_percent=D(10),
    )
    book = DraftLine(description="Book", quantity=D(1), unit_price=D(5), tax_rate=reduced)
    amend_invoice(invoice, lines=[lamp, book], reason="Typing error")
    assert (invoice.net, invoice.tax, invoice.total) == (D("53.10"), D("9.95"), D("63.05"))
    assert [(line.net, line.tax, line.tax_percent) for line in invoice.lines.all()] == [
        (D("48.60"), D("9.72"), 20),
        (D("4.50"), D("0.23"), 5),
    ]
    assert [share.tax for share in invoice.shares] == [D("9.72"), D("0.23")]
    assert TaxRate.objects.get(pk=reduced.pk).used
    other = make_tax_rate(company, active=False)
    with pytest.raises(ValidationError, match="no longer offered"):
        amend_invoice(
            invoice,
            lines=[DraftLine(description="Rug", quantity=D(1), unit_price=D(1), tax_rate=other)],
            reason="Typing error",
        )


def test_re_dating_a_foreign_invoice_takes_that_days_rate() -> None:
    company = make_company(amend_allowed=True)
    make_exchange_rate(company, "EUR", "0.85", date(2026, 3, 1))
    make_exchange_rate(company, "EUR", "0.87", date(2026, 3, 10))
    invoice = make_invoice(customer=make_customer(company, currency="EUR"))
    line = DraftLine(description="Lamp", quantity=D(1), unit_price=D(100))
    amend_invoice(invoice, lines=[line], reason="Wrong day", issue_date=date(2026, 3, 12))
    assert (invoice.exchange_rate, invoice.home_total) == (D("0.87"), 87)
