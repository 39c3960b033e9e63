"""Tax codes, tax by rate of theirs, discounts and currencies of a document as it would be sent."""

from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import CreditNote, Invoice, Item, TaxRate
from apps.connectors.snapshots import Line, TaxAmount
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.sync.desk import Desk

pytestmark = pytest.mark.django_db

SALE = ["sales_tax"]


@pytest.fixture
def desk() -> Desk:
    """Tax codes on every line, worked out by us."""
    return a_desk()


def a_desk(*, their: dict[str, Any] | None = None, **company: Any) -> Desk:
    kept = {"tax_regime": "codes", "tax_code_on_every_line": True, **(their or {})}
    desk = Desk(make_company(**company), **kept)
    desk.code("No VAT", "tax_code", SALE, [("N", "0")])
    desk.map("no_tax", "No VAT")
    return desk


def a_rate(desk: Desk, *percents: str, theirs: list[tuple[str, str]], **fields: Any) -> TaxRate:
    """A rate of ours, mapped to a code of theirs made of these (id, percentage)."""
    rate = make_tax_rate(desk.company, *percents, **fields)
    name = f"Code {rate.code}"
    desk.code(name, "tax_code", SALE, theirs)
    desk.map("tax", name, tax_rate=rate)
    return rate


def an_item(desk: Desk, **fields: Any) -> Item:
    item = make_item(desk.company, **fields)
    desk.there(item, item.code)
    return item


def standing(desk: Desk, document: Invoice | CreditNote) -> Any:
    if not document.customer.sync_records.exists():
        desk.there(document.customer, "C1")
    return desk.snapshot(document)


def of_lines(lines: tuple[Line, ...]) -> list[tuple[str, Decimal, str]]:
    return [(each.item_id, each.net, each.tax_code_id) for each in lines]


def test_each_line_bears_its_code_and_the_tax_goes_by_rate_of_theirs(desk: Desk) -> None:
    standard = a_rate(desk, "20", theirs=[("S", "20")])
    reduced = a_rate(desk, "5", theirs=[("R", "5")], treatment="reduced")
    lamp = an_item(desk, code="LAMP")
    invoice = make_invoice(
        company=desk.company,
        lines=[(lamp, 1, "10.03", standard), (lamp, 3, "4.99", reduced), (lamp, 2, "1.50")],
    )
    sent = standing(desk, invoice)
    assert of_lines(sent.lines) == [
        ("LAMP", Decimal("10.03"), f"Code {standard.code}"),
        ("LAMP", Decimal("14.97"), f"Code {reduced.code}"),
        ("LAMP", Decimal("3.00"), "No VAT"),
    ]
    # 20 % of 10.03 is 2.006; 5 % of 14.97 is 0.7485.
    assert sent.taxes == (
        TaxAmount(rate_id="R", net=Decimal("14.97"), tax=Decimal("0.75")),
        TaxAmount(rate_id="S", net=Decimal("10.03"), tax=Decimal("2.01")),
    )
    assert (sent.net, sent.tax, sent.total) == (28, Decimal("2.76"), Decimal("30.76"))
    assert sent.home_total == Decimal("30.76")


def test_two_components_of_ours_that_are_one_rate_of_theirs_go_as_one(desk: Desk) -> None:
    rate = a_rate(desk, "5", "9.975", theirs=[("QC", "14.975")])
    invoice = make_invoice(company=desk.company, lines=[(an_item(desk), 1, "100", rate)])
    # 5.00 and 9.98 (9.975, half away from zero).
    assert standing(desk, invoice).taxes == (
        TaxAmount(rate_id="QC", net=Decimal(100), tax=Decimal("14.98")),
    )


def test_one_component_of_ours_is_spread_over_their_rates_without_a_lost_cent(desk: Desk) -> None:
    rate = a_rate(desk, "14.975", theirs=[("GST", "5"), ("QST", "9.975")])
    invoice = make_invoice(company=desk.company, lines=[(an_item(desk), 1, "33.33", rate)])
    # 14.975 % of 33.33 is 4.9911…; of 4.99, 5 ÷ 14.975 is 1.6661… and the rest 3.3238…
    assert standing(desk, invoice).taxes == (
        TaxAmount(rate_id="GST", net=Decimal("33.33"), tax=Decimal("1.67")),
        TaxAmount(rate_id="QST", net=Decimal("33.33"), tax=Decimal("3.32")),
    )


def test_a_rate_of_nil_names_what_it_is_under_and_what_was_sold_under_it(desk: Desk) -> None:
    rate = a_rate(desk, "0", theirs=[("Z", "0")], treatment="zero")
    invoice = make_invoice(company=desk.company, lines=[(an_item(desk), 1, "80", rate)])
    sent = standing(desk, invoice)
    assert sent.taxes == (TaxAmount(rate_id="Z", net=Decimal(80)),)
    assert (sent.lines[0].tax_code_id, sent.tax) == (f"Code {rate.code}", 0)


def test_where_they_work_the_tax_out_lines_say_taxed_or_not_and_no_rate(db: None) -> None:
    desk = Desk(make_company(), tax_regime="automated", works_out_tax=True)
    rate = make_tax_rate(desk.company, "7.25", "2.25")
    desk.code("TAX", "tax_code", SALE)
    desk.code("NON", "tax_code", SALE)
    desk.map("tax", "TAX", tax_rate=rate)
    desk.map("no_tax", "NON")
    item = an_item(desk)
    invoice = make_invoice(company=desk.company, lines=[(item, 1, "100", rate), (item, 1, "10")])
    sent = standing(desk, invoice)
    assert [each.tax_code_id for each in sent.lines] == ["TAX", "NON"]
    assert (sent.taxes, sent.tax) == ((), Decimal("9.50"))


def test_without_tax_over_there_nothing_of_tax_leaves(db: None) -> None:
    desk = Desk(make_company(), tax_regime="none")
    rate = make_tax_rate(desk.company, "0", treatment="zero")
    invoice = make_invoice(company=desk.company, lines=[(an_item(desk), 1, "100", rate)])
    sent = standing(desk, invoice)
    assert (sent.lines[0].tax_code_id, sent.taxes, sent.tax) == ("", (), 0)


def test_every_missing_tax_code_is_named_at_once(db: None) -> None:
    desk = Desk(make_company(), tax_regime="codes", tax_code_on_every_line=True)
    rate = make_tax_rate(desk.company, "20", code="S20")
    item = an_item(desk)
    invoice = make_invoice(company=desk.company, lines=[(item, 1, "100", rate), (item, 1, "5")])
    desk.there(invoice.customer, "C1")
    assert desk.obstacles(invoice) == {
        f"mapping:tax:{rate.pk}": "no Plain tax code is chosen for tax rate S20",
        "mapping:no_tax": "no Plain tax code is chosen for lines without tax",
    }


def test_a_code_whose_rate_they_changed_is_held_in_words(desk: Desk) -> None:
    rate = a_rate(desk, "20", theirs=[("S", "20")], code="S20")
    invoice = make_invoice(company=desk.company, lines=[(an_item(desk), 1, "100", rate)])
    desk.there(invoice.customer, "C1")
    code = desk.connection.codes.get(name="Code S20")
    code.parts = [{"remote_id": "S", "name": "S", "percent": "22", "agency": ""}]
    code.save()
    assert desk.obstacles(invoice) == {
        f"mapping:tax:{rate.pk}": "tax rate S20 is 20 % and Plain's tax code Code S20 is 22 %"
    }


def test_prices_with_tax_leave_as_net_amounts(desk: Desk) -> None:
    rate = a_rate(desk, "20", theirs=[("S", "20")])
    invoice = make_invoice(
        company=desk.company, lines=[(an_item(desk), 3, "9.99", rate)], tax_mode="inclusive"
    )
    sent = standing(desk, invoice)
    # 29.97 ÷ 1.2 is 24.975.
    assert (sent.lines[0].net, sent.tax, sent.total) == (
        Decimal("24.98"),
        Decimal("4.99"),
        Decimal("29.97"),
    )
    assert sent.taxes == (TaxAmount(rate_id="S", net=Decimal("24.98"), tax=Decimal("4.99")),)


def test_discounts_lower_the_line_unless_they_are_booked_apart(desk: Desk) -> None:
    rate = a_rate(desk, "20", theirs=[("S", "20")])
    lamp = an_item(desk, code="LAMP")
    invoice = make_invoice(
        company=desk.company,
        lines=[(lamp, 1, "100", rate, {"discount_percent": Decimal(10)})],
    )
    sent = standing(desk, invoice)
    assert of_lines(sent.lines) == [("LAMP", Decimal(90), f"Code {rate.code}")]
    assert (sent.net, sent.tax) == (90, 18)


def test_discounts_booked_apart_leave_as_lines_below_nil_one_per_tax_rate(desk: Desk) -> None:
    standard = a_rate(desk, "20", theirs=[("S", "20")])
    reduced = a_rate(desk, "5", theirs=[("R", "5")], treatment="reduced")
    lamp, rebate = an_item(desk, code="LAMP"), an_item(desk, code="REBATE", name="Rebate")
    desk.map("item_account", "Discounts", item=rebate)
    desk.company.discount_item = rebate
    desk.company.save()
    invoice = make_invoice(
        company=desk.company,
        lines=[
            (lamp, 1, "100", standard, {"discount_percent": Decimal(10)}),
            (lamp, 2, "50", standard),
            (lamp, 1, "50", reduced),
        ],
        discount_amount=Decimal(24),
    )
    sent = standing(desk, invoice)
    # 24.00 over 90, 100 and 50: 9.00, 10.00 and 5.00; with the line's own 10.00 it is 29.00 of
    # the standard rate and 5.00 of the reduced one.
    assert of_lines(sent.lines) == [
        ("LAMP", Decimal(100), f"Code {standard.code}"),
        ("LAMP", Decimal(100), f"Code {standard.code}"),
        ("LAMP", Decimal(50), f"Code {reduced.code}"),
        ("REBATE", Decimal(-29), f"Code {standard.code}"),
        ("REBATE", Decimal(-5), f"Code {reduced.code}"),
    ]
    assert [each.account_id for each in sent.lines] == ["Sales"] * 3 + ["Discounts"] * 2
    assert [each.description for each in sent.lines[3:]] == ["Rebate", "Rebate"]
    assert sum(each.net for each in sent.lines) == sent.net == 216
    # 20 % of 171.00 and 5 % of 45.00.
    assert {each.rate_id: (each.net, each.tax) for each in sent.taxes} == {
        "S": (Decimal(171), Decimal("34.20")),
        "R": (Decimal(45), Decimal("2.25")),
    }

    note = standing(desk, make_credit_note(invoice=invoice))
    assert (of_lines(note.lines), note.taxes) == (of_lines(sent.lines), sent.taxes)


def test_a_discount_item_that_is_not_there_yet_is_waited_for(desk: Desk) -> None:
    rate = a_rate(desk, "20", theirs=[("S", "20")])
    desk.company.discount_item = make_item(desk.company, code="REBATE")
    desk.company.save()
    invoice = make_invoice(
        company=desk.company,
        lines=[(an_item(desk), 1, "100", rate, {"discount_percent": Decimal(10)})],
    )
    desk.there(invoice.customer, "C1")
    assert desk.obstacles(invoice) == {
        f"record:item:{desk.company.discount_item.pk}": "its item REBATE is not in Plain yet"
    }


def test_a_foreign_document_says_its_rate_and_what_it_comes_to_at_home(desk: Desk) -> None:
    make_exchange_rate(desk.company, "EUR", "0.8573")
    rate = a_rate(desk, "20", theirs=[("S", "20")])
    invoice = make_invoice(
        customer=make_customer(desk.company, currency="EUR"),
        lines=[(an_item(desk), 1, "33.33", rate)],
    )
    sent = standing(desk, invoice)
    # 33.33 + 6.67 = 40.00, × 0.8573.
    assert (sent.currency, sent.total, sent.exchange_rate, sent.home_total) == (
        "EUR",
        40,
        Decimal("0.8573"),
        Decimal("34.29"),
    )
