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

    assert "Lantern 3 19.99 −7.87 10 % 20 % 52.10" in text
    assert "Fuel 2 45.00 −3.13 5 % 86.87" in text
    assert "Before discount 149.97 Discount −11.00 Net 138.97 VAT 14.76 Total (GBP) 153.73" in text
    assert re.search(r"Standard · S20 part 1 20 % 52\.10 10\.42", text)
    assert re.search(r"Reduced · R5 part 1 5 % 86\.87 4\.34", text)


def test_prices_with_tax_in_a_foreign_currency_show_the_tax_at_home() -> None:
    """119.90 holds 19.98 of tax; at 0.85 that is 16.98, of 101.92 (101.915, half away from nil)."""
    home = company()
    make_exchange_rate(home, "EUR", "0.85")
    lines = [("Lantern", 10, "11.99", rate(home, 20, code="S20"))]
    invoice = make_invoice(
        customer=customer(home, currency="EUR"), lines=lines, tax_mode="inclusive"
    )
    text = text_of(issued(invoice))

    assert "Price incl. tax" in text
    assert "Net 99.92 VAT 19.98 Total (EUR) 119.90" in text
    assert "Total in GBP · 1 EUR = 0.85 GBP (ECB, 1 Mar 2026) 84.94 16.98" in text


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
    assert f"Credits invoice {invoice.number} Of 2 March 2026 Reason Sent back" in text
    assert "Total credit (GBP) 153.73" in text


def test_what_was_paid_or_void_since_stands_on_a_copy_alone() -> None:
    invoice = two_rates()
    make_payment(invoice=invoice, amount="53.73")
    assert "Paid −53.73 Balance due 100.00" in now(invoice)
    assert "PAID" not in now(invoice)
    make_payment(invoice=invoice, amount="100")
    assert "COPY PAID" in now(invoice)
    assert "Balance due" not in text_of(issued(invoice))

    void = two_rates_again(invoice)
    actions.void(void, reason="Typed twice", on=void.issue_date)
    assert "COPY VOID" in now(void)


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


@pytest.mark.slow
def test_three_hundred_lines_are_carried_over_all_their_pages() -> None:
    assert len(carried_over(300)) >= 8
