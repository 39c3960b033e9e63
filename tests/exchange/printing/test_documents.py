"""Invoices and credit notes on paper: figures equal to billing's, and what the law asks for."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing import actions
from apps.billing.models import Document
from apps.exchange.printing.documents import print_as_issued, print_as_it_stands
from apps.exchange.printing.paper import CannotPrint, paper, typeset
from apps.exchange.printing.script import said
from tests.exchange.printing.reading import fonts_of, page_texts, read, text_of
from tests.exchange.printing.world import company, customer, rate, two_rates
from tests.factories import (
    make_credit_note,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_payment,
    make_term,
)

pytestmark = pytest.mark.django_db


def issued(document: Document, language: str = "en") -> bytes:
    return print_as_issued(document, document.company, language)


def now(document: Document, language: str = "en") -> str:
    document.refresh_from_db()
    return text_of(print_as_it_stands(document, document.company, language))


def test_two_rates_and_two_discounts_come_to_what_was_worked_out_by_hand() -> None:
    text = text_of(issued(two_rates()))

    assert "Lantern 3 19.99 −6.00 10 % 20 % 53.97" in text
    assert "Fuel 2 45.00 5 % 90.00" in text
    assert "Subtotal 143.97 Overall discount −5.00 Net 138.97 VAT 14.76 Total (GBP) 153.73" in text
    assert "Standard rate 20 % 52.10 10.42 Fuel rate 5 % 86.87 4.34" in text


def test_a_discount_of_the_whole_in_per_cent_says_so_and_a_lines_own_stays_its_own() -> None:
    """42.00 less 10 % is 37.80, and 5 % of it is 1.89."""
    lines = [("Engraving", 120, "0.35", None, {"discount_percent": Decimal(10)})]
    invoice = make_invoice(
        customer=customer(company()), lines=lines, discount_percent=Decimal(5), tax_mode="none"
    )
    text = text_of(issued(invoice))

    assert "Engraving 120 0.35 −4.20 10 % 37.80" in text
    assert "Subtotal 37.80 Overall discount 5 % −1.89 Total (GBP) 35.91" in text


def test_a_rate_of_several_components_names_each_and_keeps_its_name_of_the_issue() -> None:
    home = company(country="CA", home_currency="CAD")
    both = rate(home, 5, 10, code="QC", name="Quebec sales")
    for component, name in zip(both.components.order_by("position"), ("GST", "QST"), strict=True):
        component.name = name
        component.save()
    invoice = make_invoice(customer=customer(home), lines=[("Lantern", 1, 100, both)])
    both.name = "Renamed since"
    both.save()
    text = text_of(issued(invoice))

    assert "Quebec sales · GST 5 % 100.00 5.00 Quebec sales · QST 10 % 100.00 10.00" in text
    for internal in ("Renamed", "QC ", "part 1"):
        assert internal not in text


def test_prices_with_tax_in_a_foreign_currency_show_the_tax_at_home() -> None:
    """119.90 holds 19.98 of tax; at 0.85 that is 16.98, of 101.92 (101.915, half away from nil).

    With it 10.00 off 129.90, and the lines are as the prices are.
    """
    home = company()
    make_exchange_rate(home, "EUR", "0.85")
    lines = [("Lantern", 10, "11.99", rate(home, 20, code="S20"))]
    invoice = make_invoice(
        customer=customer(home, currency="EUR"),
        lines=[*lines, ("Wick", 10, 1, lines[0][3])],
        tax_mode="inclusive",
        discount_amount=Decimal(10),
    )
    text = text_of(issued(invoice))

    assert "Price incl. tax VAT Amount incl. tax EUR Lantern 10 11.99 20 % 119.90" in text
    assert (
        "Subtotal incl. tax 129.90 Overall discount −10.00 Net 99.92 VAT 19.98 Total (EUR) 119.90"
        in text
    )
    at_home = "1 EUR = 0.85 GBP (ECB, 1 Mar 2026)"
    assert f"{at_home} Net in GBP 84.94 VAT in GBP 16.98 Total in GBP 101.92" in text
    for language, named in {
        "de": "Netto in GBP 84,94 USt in GBP 16,98 Gesamtbetrag in GBP 101,92",
        "fr": "Net HT en GBP 84,94 TVA en GBP 16,98 Total TTC en GBP 101,92",
        "es": "Neto en GBP 84,94 IVA en GBP 16,98 Total en GBP 101,92",
    }.items():
        assert named in text_of(issued(invoice, language))


def test_the_head_says_who_what_and_when_as_it_was_frozen() -> None:
    home = company()
    buyer = customer(home)
    invoice = make_invoice(
        customer=buyer,
        terms=make_term(home, name="30 days net"),
        purchase_order_number="PO 4711",
        message="Thank you.",
        lines=[(make_item(home, code="LAN-200", name="Brass lantern"), 1, 10)],
    )
    buyer.name, buyer.address_lines, buyer.tax_number = "Bell Ltd", "Elsewhere", "GB1"
    buyer.save()
    text = text_of(issued(invoice))

    for said_there in (
        "Thornfield Trading Ltd",
        "14 Wharf Street",
        "accounts@thornfield.example",
        "VAT number GB417209315",
        "Billed to Bell & Daughters 3 Mill Lane York YO1 7HT United Kingdom VAT number GB998123456",
        f"Invoice {invoice.number}",
        "Date of issue 2 March 2026 Date of supply 2 March 2026",
        "Due date 1 April 2026",
        "Payment terms 30 days net",
        "Your order PO 4711",
        "Brass lantern LAN-200",
        "Thank you.",
        "Page 1 of 1",
    ):
        assert said_there in text
    assert "Elsewhere" not in text


@pytest.mark.variants
@pytest.mark.parametrize(
    ("treatment", "language", "note"),
    [
        ("reverse_charge", "en", "Reverse charge: the customer accounts for the tax."),
        ("reverse_charge", "de", "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge)."),
        ("exempt", "fr", "Opération exonérée de taxe."),
        ("export", "es", "Exportación exenta de impuesto."),
        ("zero", "en", "Zero-rated supply: taxed at 0 %."),
        ("outside", "en", "Outside the scope of tax in our country."),
    ],
)
def test_what_is_not_taxed_says_why(treatment: str, language: str, note: str) -> None:
    home = company()
    lines = [("Survey", 1, 100, rate(home, code="N", treatment=treatment))]
    invoice = make_invoice(customer=customer(home), lines=lines)

    assert note in text_of(issued(invoice, language))


def test_the_day_of_supply_may_be_another_than_that_of_the_invoice() -> None:
    text = text_of(issued(two_rates(supply_date=date(2026, 2, 27))))
    assert "Date of issue 2 March 2026 Date of supply 27 February 2026" in text


def test_a_credit_note_names_its_invoice_and_its_reason() -> None:
    invoice = two_rates()
    note = make_credit_note(invoice=invoice)
    text = text_of(issued(note))

    assert f"Credit note {note.number}" in text
    assert f"Credits invoice {invoice.number} of 2 March 2026 Reason Sent back" in text
    assert "Total credit (GBP) 153.73" in text


def test_what_was_paid_or_void_since_stands_on_a_copy_alone() -> None:
    invoice = two_rates(message="Please pay to Barclays.")
    make_payment(invoice=invoice, amount="53.73")
    part_paid = now(invoice)
    assert "Paid on 16 Mar 2026 −53.73 Balance due 100.00" in part_paid
    assert "PAID" not in part_paid
    assert "Please pay" in part_paid
    make_payment(invoice=invoice, amount="100", date=date(2026, 4, 1))
    paid = now(invoice)
    assert "COPY PAID" in paid
    assert "Paid on 16 Mar 2026 −53.73 Paid on 1 Apr 2026 −100.00 Balance due 0.00" in paid
    assert "Please pay" not in paid
    assert "Balance due" not in text_of(issued(invoice))

    void = two_rates_again(invoice)
    actions.void(void, reason="Typed twice", on=date(2026, 3, 20))
    assert "COPY VOID" in now(void)
    assert "Voided on 20 March 2026" in now(void)


def two_rates_again(invoice: Document) -> Any:
    return make_invoice(customer=invoice.customer)


def test_each_language_writes_its_own_words_and_figures() -> None:
    home = company(
        legal_name="Müller GmbH", country="DE", home_currency="EUR", tax_number="DE123456789"
    )
    lines = [("Laterne", 1000, "1.25", rate(home, 19, code="U19"))]
    invoice = make_invoice(customer=customer(home, country="AT"), lines=lines)

    german = text_of(issued(invoice, "de"))
    assert "Rechnung" in german
    assert "USt-IdNr. DE123456789" in german
    assert "Österreich" in german
    assert "Gesamtbetrag (EUR) 1.487,50" in german
    assert "Rechnungsdatum 2. März 2026" in german
    french = text_of(issued(invoice, "fr"))
    assert "Total TTC (EUR) 1 487,50" in french
    assert "Page 1 sur 1" in french
    assert "Total (EUR) 1.487,50" in text_of(issued(invoice, "es"))
    assert "Total (EUR) 1,487.50" in text_of(issued(invoice, "en"))


@pytest.mark.slow
def test_the_title_is_the_one_that_the_law_of_the_country_gives_it() -> None:
    home = company(country="AU", home_currency="AUD", tax_number="51 824 753 556")
    invoice = make_invoice(customer=customer(home, country="AU"))
    text = text_of(issued(invoice))

    assert f"Tax invoice {invoice.number}" in text
    assert "Tax number 51 824 753 556" in text


def test_what_is_no_document_for_a_customer_is_refused_in_a_sentence() -> None:
    draft = make_invoice(customer=customer(company()), issued=False)
    with pytest.raises(CannotPrint, match="Issue it first"):
        issued(draft)


def test_it_is_tagged_titled_embedded_and_the_same_bytes_each_time() -> None:
    invoice = two_rates()
    first = issued(invoice)
    reader = read(first)
    root: Any = reader.trailer["/Root"]

    assert first == issued(invoice)
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == f"Invoice {invoice.number}"
    assert reader.metadata.creation_date == invoice.issued_at.replace(microsecond=0)
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert fonts_of(first)
    assert all(fonts_of(first).values())


HOSTILE = [
    '#set text(red) #import "/etc/passwd": * $x$',
    "*bold* _it_ `raw` = Title <label> @ref \\u{1F600}",
    "<script>alert(1)</script> &amp; %d {{ 7*7 }}",
    '"}) #panic("x") //',
    "😀👍🏽 \ufeff\u202eevil\u2066 \x00\x1b[31m",
    "W" * 4000,
    "שלום *עולם* #sys",
]


def test_hostile_text_stays_text() -> None:
    home = company(legal_name='#eval("1+1") & Söhne')
    buyer = customer(home, name="$ #pagebreak() <b>", address_lines="\n".join(HOSTILE[:3]))
    lines = [(each.replace("\0", "\x01"), 1, 1) for each in HOSTILE]
    invoice = make_invoice(customer=buyer, lines=lines, message=HOSTILE[3])
    pdf = issued(invoice)
    text, lines = text_of(pdf), [page.extract_text() for page in read(pdf).pages]

    for each in HOSTILE[:4]:
        assert each in text
    assert '#eval("1+1") & Söhne' in text
    assert "$ #pagebreak() <b>" in text
    assert "[grinning face][thumbs up sign] evil" in text
    long_word = re.findall("WW+", " ".join(lines))
    assert sum(map(len, long_word)) == 4000
    assert max(map(len, long_word)) < 60  # no wider than its column


def test_a_character_that_no_font_has_is_refused_where_nothing_named_it() -> None:
    """Every text goes through `said`; what would slip past it is no box either."""
    home = company()
    data = paper(home, "en", title="x") | {"company": {**paper(home, "en", title="x")["company"]}}
    data["company"]["name"] = {**said("x"), "lines": ["😀"]}
    sheet = {"kind": "x", "facts": [], "buckets": [], "sections": []}
    moment = make_invoice(customer=customer(home)).issued_at
    with pytest.raises(CannotPrint, match="could not be displayed"):
        typeset("ageing", {**data, **sheet}, dated=moment)


def carried_over(lines: int) -> list[str]:
    home = company()
    made = [(f"Line {place}", 1, Decimal(place) / 4) for place in range(1, lines + 1)]
    invoice = make_invoice(customer=customer(home), lines=made, issue_date=date(2026, 3, 2))
    pages = page_texts(issued(invoice))
    figure = r"([\d,]+\.\d\d)"
    carried = [re.search(rf"Carried forward {figure}", page) for page in pages]
    brought = [re.search(rf"Brought forward {figure}", page) for page in pages]

    assert brought[0] is None
    assert len(pages) > 1
    for page, (left, taken) in enumerate(zip(carried, brought[1:], strict=False)):
        assert left is not None, page
        assert taken is not None, page
        assert left[1] == taken[1]
        upto = [int(each) for each in re.findall(r"Line (\d+) ", " ".join(pages[: page + 1]))]
        worth = sum(actions_net(each) for each in range(1, max(upto) + 1))
        assert Decimal(left[1].replace(",", "")) == worth
    assert carried[-1] is None
    assert f"Total (GBP) {invoice.total:,.2f}" in pages[-1]
    return pages


def actions_net(place: int) -> Decimal:
    """A quarter of it, rounded half away from nil."""
    return (Decimal(place) / 4).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


def test_running_totals_are_carried_over_each_page() -> None:
    pages = carried_over(50)
    assert [f"Page {place} of {len(pages)}" in page for place, page in enumerate(pages, 1)] == [
        True
    ] * len(pages)


def test_the_sums_never_stand_alone_on_the_last_page() -> None:
    """At whatever line the page ends, two lines stand above the sums, and what came before them."""
    home = company()
    buyer, text = customer(home), "Line\n" * 5
    for count in (4, 5, 6):
        lines = [(f"{text}No {place}", 1, 1) for place in range(1, count + 1)]
        last = page_texts(issued(make_invoice(customer=buyer, lines=lines)))[-1]
        if "Brought forward" in last:
            before = last.index(f"Brought forward {count - 2}.00")
            assert before < last.index(f"No {count - 1} ") < last.index(f"Total (GBP) {count}.00")
            return
    raise AssertionError("None of them took a second page.")


def test_a_long_last_line_is_no_reason_to_leave_the_page() -> None:
    long = "\n".join(f"Row {row}" for row in range(150))
    pages = page_texts(issued(make_invoice(customer=customer(company()), lines=[(long, 1, 1)])))

    assert len(pages) > 2
    assert [int(row) for row in re.findall(r"Row (\d+)", " ".join(pages))] == list(range(150))
    assert "Total (GBP) 1.00" in pages[-2]
    assert "Row 149" in pages[-2]


@pytest.mark.slow
def test_three_hundred_lines_are_carried_over_all_their_pages() -> None:
    assert len(carried_over(300)) >= 8
