"""Files as people really have them, each read as its right reading says, and each amount held against
what the books work out."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.billing.models import Company, CreditNote, Invoice, TaxComponent, TaxRate
from apps.connectors.profiles import DocumentKind, Field, Prices
from apps.core.money import rounded
from apps.exchange.documents import ReadDocument
from apps.exchange.imports.assembling import Assembler, Gathered
from apps.exchange.imports.opening import open_file
from apps.exchange.imports.reading import Line
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.profiles import PROFILES
from tests.exchange.imports.cases import FIRST_ROW_ONLY, NESTED, ORDERS, SHIPPED, TWO_TAXES
from tests.exchange.imports.layouts import HEADINGS
from tests.exchange.imports.test_round_trip import refused
from tests.factories import make_company, make_customer, make_item, make_tax_rate, make_term

Bring = Callable[..., FileImport]


@pytest.fixture
def gathered(tmp_path: Path) -> Callable[..., list[Gathered]]:
    """The documents of a text, read by a profile; amounts without a currency are in pounds."""

    def read(text: str, code: str, **options: object) -> list[Gathered]:
        path = tmp_path / f"{code}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        lines = open_file(path, PROFILES[code], home="GBP", **options)  # type: ignore[arg-type]
        return list(Assembler(PROFILES[code]).documents(lines))

    return read


def only(found: list[Gathered]) -> list[ReadDocument]:
    assert [each.refusals for each in found] == [[] for _ in found]
    return [each.document for each in found if each.document]


def test_what_a_group_says_once_holds_for_all_its_rows(
    gathered: Callable[..., list[Gathered]],
) -> None:
    first, second = only(gathered(FIRST_ROW_ONLY, "qbo-invoices"))
    assert (first.number, first.customer_code, first.dated) == (
        *("2051", "Birch Hotel:Annex"),
        date(2026, 3, 4),
    )
    assert (first.total, second.total) == (Decimal("205.00"), Decimal("0.30"))
    assert first.told[Field.SUPPLY_DATE] == date(2026, 3, 1)
    assert [line.item_name for line in first.lines] == ["Hours", "Hours"]
    assert second.lines[0].description == "Prints"


def test_two_taxes_of_a_line_are_one_rate_of_two_and_decimals_that_say_nothing_go(
    gathered: Callable[..., list[Gathered]],
) -> None:
    first, other = gathered(TWO_TAXES, "freshbooks-invoice-details")
    [document] = only([first])
    assert document.number == "0000017"
    assert [line.tax_code for line in document.lines] == ["GST + QST", ""]
    assert [line.told[Field.LINE_TAX] for line in document.lines] == [Decimal("98.27"), 0]
    assert [line.quantity for line in document.lines] == [10, Decimal("0.333333")]
    assert "is kept as 0.333333 × 20.00" in " ".join(each.sentence for each in first.notes)
    assert "2026-02-30" in other.refusals[0].sentence


def test_what_the_whole_document_bears_is_a_line_once(
    gathered: Callable[..., list[Gathered]],
) -> None:
    first, void = only(gathered(SHIPPED, "zoho-invoices"))
    assert [(line.description, line.unit_price) for line in first.lines] == [
        ("two\nlines", 250),
        ("Hinge", 40),
        ("Shipping charge", 50),
        ("Rounding", Decimal("-0.20")),
    ]
    assert (void.told[Field.STATUS], void.told[Field.PRICES]) == ("void", Prices.WITH_TAX)
    assert void.lines[0].discount_percent == 5


def test_lines_inside_a_cell_are_lines_of_one_row(
    gathered: Callable[..., list[Gathered]],
) -> None:
    [found] = gathered(NESTED, "lines-in-a-cell")
    [document] = only([found])
    assert found.rows == 1
    assert [(line.description, line.quantity, line.unit_price) for line in document.lines] == [
        ("Bumper touch-up", 4, 35),
        ("Mallet; wood, large", 10, Decimal("2.5")),
    ]
    assert [line.told[Field.TAX_PERCENT] for line in document.lines] == [17, 17]
    assert document.total == 165


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('"code,qty,unit_price;,4,3""5"', "is not a number"),
        ('"code,description,qty,unit_price;,""Open,4,35"', "quotation mark that is not closed"),
        ("", "its cell of lines holds none"),
    ],
)
def test_a_cell_whose_lines_cannot_be_read_refuses_its_row(
    cell: str, why: str, gathered: Callable[..., list[Gathered]]
) -> None:
    [heading] = HEADINGS["lines-in-a-cell"]
    text = f"{heading}\n2026-01-28,1,Gull,unsent,0,no_discount,{cell},ILS,1,1,1,0\n"
    [found] = gathered(text, "lines-in-a-cell")
    assert len(found.refusals) == 1
    assert why in found.refusals[0].sentence


def test_an_order_of_a_shop_says_most_on_its_first_row(
    gathered: Callable[..., list[Gathered]],
) -> None:
    """#1001: 75.00 − 5.00 + 5.95 + 5.60 = 81.55. Shipping bears none of the discount, nor tax."""
    first, second, void = only(gathered(ORDERS, "shopify-orders", zone="America/Los_Angeles"))
    assert (first.number, first.dated) == ("#1001", date(2026, 3, 31))
    assert [
        (line.description, line.quantity, line.unit_price, line.discount_amount, line.tax_code)
        for line in first.lines
    ] == [
        ("Kite String 50 m", 2, 20, Decimal("2.67"), "CA State Tax 8%"),
        ('Kite, "Red Gull"', 1, 35, Decimal("2.33"), "CA State Tax 8%"),
        ("Shipping", 1, Decimal("5.95"), None, ""),
    ]
    assert first.number_of(Field.TOTAL) == Decimal("81.55")
    assert (second.customer_code, second.number_of(Field.TOTAL)) == (
        *("pim@example.com",),
        Decimal("37.80"),
    )
    assert (void.text(Field.STATUS), void.lines[0].tax_code) == ("void", "")


XERO = "ContactName,InvoiceNumber,InvoiceDate,Description,Quantity,UnitAmount,TaxType,Currency"


def test_a_type_says_what_a_document_is_whatever_its_sign(
    gathered: Callable[..., list[Gathered]],
) -> None:
    """One number may be an invoice's and a credit note's."""
    rows = [
        "Bell,7,31/03/2026,Lantern,2,10.00,No VAT,GBP,Sales invoice,Paid",
        "Bell,7,31/03/2026,Lantern,2,10.00,No VAT,GBP,Sales credit note,Paid",
        "Bell,8,31/03/2026,Lantern,2,-10.00,No VAT,GBP,Sales credit note,Paid",
        "Bell,9,31/03/2026,Lantern,-2,10.00,No VAT,GBP,Sales credit note,Paid",
        "Bell,10,31/03/2026,Lantern,2,10.00,No VAT,GBP,Bill,Paid",
        "Bell,11,31/03/2026,Lantern,2,10.00,No VAT,GBP,Sales invoice,Draft",
    ]
    found = gathered("\n".join([f"{XERO},Type,Status", *rows]), "xero-invoices")
    credit = DocumentKind.CREDIT_NOTE
    assert [
        (each.kind, each.number, each.lines[0].quantity, each.lines[0].unit_price)
        for each in only(found[:4])
    ] == [
        (DocumentKind.INVOICE, "7", 2, 10),
        (credit, "7", 2, 10),
        (credit, "8", 2, 10),
        (credit, "9", 2, 10),
    ]
    assert [each.refusals[0].sentence for each in found[4:]] == [
        "it is called “Bill”, neither an invoice nor a credit note",
        "it is not approved in Xero, and no document yet. Approve it there first",
    ]


def test_rows_of_a_document_that_contradict_each_other_are_refused(
    gathered: Callable[..., list[Gathered]],
) -> None:
    rows = [
        "Bell,7,31/03/2026,Lantern,2,10.00,No VAT,GBP,30/04/2026",
        "Bell,7,31/03/2026,Wick,2,10.00,No VAT,GBP,01/05/2026",
    ]
    [found] = gathered("\n".join([f"{XERO},DueDate", *rows]), "xero-invoices")
    assert found.refusals[0].sentence == "its rows name more than one due date"


def test_where_a_document_is_a_row_its_number_stands_once(
    gathered: Callable[..., list[Gathered]],
) -> None:
    text = "Number,Date,Customer,Net\n1,2026-03-31,Bell,5\n1,2026-03-31,Bell,5\n"
    [found] = gathered(text, "one-row-net")
    assert "stands in more than one row" in found.refusals[0].sentence


def test_other_rows_of_an_accounting_export_are_no_lines(
    gathered: Callable[..., list[Gathered]],
) -> None:
    [line] = HEADINGS["wave-transactions"]
    heading = line.split(",")

    def row(**told: str) -> str:
        named = {each.replace(" ", "_").replace("/", "").lower(): each for each in heading}
        cells = {named[name]: value for name, value in told.items()}
        return ",".join(cells.get(each, "") for each in heading)

    head = {"transaction_date": "2026-03-31", "customer": "Bell", "invoice_number": "7"}
    rows = [
        row(**head, account_type="Accounts Receivable", amount_before_sales_tax="12"),
        row(**head, account_type="Income", amount_before_sales_tax="10", sales_tax_name="VAT",
            sales_tax_amount="2", transaction_line_description="Lantern"),
        row(transaction_date="2026-03-31", account_type="Income", amount_before_sales_tax="3"),
    ]  # fmt: skip
    [document] = only(gathered("\n".join([line, *rows]), "wave-transactions"))
    assert [(each.description, each.unit_price) for each in document.lines] == [("Lantern", 10)]


MONEY = st.decimals(min_value=-9999, max_value=9999, places=2, allow_nan=False)


@given(st.lists(st.tuples(MONEY, st.decimals(0, 99, places=3)), min_size=1, max_size=4))
def test_by_its_sign_a_document_is_worth_what_its_rows_come_to(
    priced: list[tuple[Decimal, Decimal]],
) -> None:
    """To the penny, whichever way it goes; a credit note stands above nil."""
    lines = [
        Line(
            row=place, key="1", number="1", kind="", day=date(2026, 3, 31), customer_code="",
            customer_name="Bell", country="", currency="GBP", item="", spelled="",
            description="Lantern", quantity=quantity, unit_price=price,
            more={Field.PRICES: "exclusive"},
        )
        for place, (price, quantity) in enumerate(priced, start=2)
    ]  # fmt: skip
    worth = sum((rounded(each.exact, "GBP") for each in lines), Decimal(0))
    [found] = Assembler(PROFILES["xero-invoices"]).documents(lines)
    assert found.document is not None
    is_credit = found.document.kind is DocumentKind.CREDIT_NOTE
    assert is_credit == (worth < 0)
    assert found.document.total == abs(worth)


# --- Through the database ---------------------------------------------------------------------------


@pytest.fixture
def company(db: None) -> Company:
    return make_company(home_currency="GBP")


@pytest.fixture
def brought(company: Company, tmp_path: Path) -> Bring:
    def bring_text(text: str, code: str, into: Company | None = None) -> FileImport:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        file_import = bring(path, code, into or company)
        assert check(file_import)
        assert (file_import.sentence, file_import.doubts) == ("", [])
        return file_import

    return bring_text


def written(found: FileImport, *, good_rows_only: bool = False) -> None:
    begin_writing(found, good_rows_only=good_rows_only)
    if found.stage == FileImport.Stage.WRITING:
        assert write(found)


def rate(company: Company, code: str, *parts: tuple[str, str]) -> TaxRate:
    made = make_tax_rate(company, *(percent for _, percent in parts), code=code, name=code)
    for component, (name, _) in zip(
        TaxComponent.objects.filter(rate=made).order_by("position"), parts, strict=True
    ):
        component.name = name
        component.save()
    return made


@pytest.mark.slow
def test_each_case_is_written_and_comes_to_what_it_says(db: None, brought: Bring) -> None:
    canada, india = make_company(home_currency="CAD"), make_company(home_currency="INR")
    israel, states = make_company(home_currency="ILS"), make_company(home_currency="USD")
    rate(canada, "QC", ("GST", "5"), ("QST", "9.975"))
    rate(india, "GST18", ("IGST", "18"))
    rate(india, "GST12", ("IGST", "12"))
    rate(israel, "VAT", ("VAT", "17"))
    shop = make_company(home_currency="USD", time_zone="America/Los_Angeles")
    rate(shop, "CA8", ("CA State Tax 8%", "8"))
    make_term(states, name="Net 30")
    make_term(states, name="Due on receipt", due_days=0)
    for text, code, company, totals in (
        (TWO_TAXES, "freshbooks-invoice-details", canada, ["761.19"]),
        (SHIPPED, "zoho-invoices", india, ["819.00"]),
        (NESTED, "lines-in-a-cell", israel, ["193.05"]),
        (FIRST_ROW_ONLY, "qbo-invoices", states, ["0.30", "205.00"]),
        (ORDERS, "shopify-orders", shop, ["37.80", "81.55"]),
    ):
        found = brought(text, code, company)
        written(found, good_rows_only=True)
        totals_here = Invoice.objects.filter(company=company).order_by("total")
        assert [f"{each.total:.2f}" for each in totals_here] == totals
        # The same file again changes nothing.
        again = Tally.from_json(brought(text, code, company).tally).documents
        assert (again[Outcome.NEW], again[Outcome.UNCHANGED]) == (0, len(totals))
    why = {each.document: each.sentence for file in FileImport.objects.all()
           for each in file.refused_rows.filter(tolerated=False)}  # fmt: skip
    assert why["INV-000002"] == "it is void in the file, so nothing of it is in the books"
    assert set(why) == {"INV-000002", "0000018", "#1003"}


ONE_ROW = "Invoice no,Date,Customer,Description,Net,Tax rate,Tax,Total,Balance due\n"


def test_amounts_of_the_file_that_the_books_do_not_come_to_are_refused_with_both(
    company: Company, brought: Bring
) -> None:
    make_tax_rate(company, 20, code="S20", name="Standard")
    found = brought(
        ONE_ROW
        + "1,2026-03-31,Bell,Lantern,10.00,S20,2.00,12.00,12.00\n"
        + "2,2026-03-31,Bell,Lantern,10.00,standard,2.01,12.01,12.01\n"
        + "3,2026-03-31,Bell,Lantern,10.00,S20,2.00,12.001,0\n"
        + "4,2026-03-31,Bell,Lantern,10.00,S20,2.00,12.00,12.50\n"
        + "5,2026-03-31,Bell,Lantern,10.00,S17,1.70,11.70,0\n"
        + "6,2026-03-31,Bell,,-10.00,S20,-2.00,-12.00,-5.00\n",
        "one-row-net",
    )
    assert refused(found) == [
        "2: its tax is 2.01 in the file and comes to 2.00 here",
        "3: its total is 12.001 in the file and comes to 12.00 here",
        "4: its balance due is 12.50 in the file, and its total 12.00 here",
        (
            "5: row 6: there is no tax rate S17 here. Add it under Tax rates, or give one of ours this "
            "name"
        ),
    ]
    written(found, good_rows_only=True)
    assert Invoice.objects.get().total == 12
    note = CreditNote.objects.get()
    assert (note.number, note.total, note.lines.get().description) == ("6", 12, "As invoiced")


def test_a_total_with_tax_is_taken_apart_by_the_rate(company: Company, brought: Bring) -> None:
    make_tax_rate(company, 20, code="S20", name="Standard")
    text = "Invoice no,Date,Customer,Total,Tax rate,Tax\n1,2026-03-31,Bell,12.00,S20,2.00\n"
    written(brought(text, "one-row-total"))
    invoice = Invoice.objects.get()
    assert (invoice.net, invoice.tax, invoice.tax_mode) == (10, 2, "inclusive")


def test_a_customer_of_another_currency_is_not_invoiced_in_the_files(
    company: Company, brought: Bring
) -> None:
    make_customer(company, name="Bell", currency="EUR")
    found = brought("Number,Date,Customer,Net\n1,2026-03-31,Bell,10\n", "one-row-net")
    assert refused(found) == ["1: Bell is invoiced in EUR here, and this is in GBP"]


def test_a_customer_that_is_made_has_what_the_file_tells(company: Company, brought: Bring) -> None:
    heading = f"{XERO},EmailAddress,POAddressLine1,POAddressLine2,POCity,POPostalCode,POCountry"
    row = (
        "Bell,7,31/03/2026,Lantern,2,10.00,,GBP,b@example.com,1 High St,Mill,Ely,CB7,United Kingdom"
    )
    written(brought(f"{heading}\n{row}\n", "xero-invoices"))
    bell = Invoice.objects.get().customer
    assert (bell.email, bell.address_lines, bell.city) == (
        "b@example.com",
        "1 High St\nMill",
        "Ely",
    )
    assert (bell.postal_code, bell.country) == ("CB7", "GB")


def test_an_item_known_by_its_name_is_found_and_of_two_it_is_asked(
    company: Company, brought: Bring
) -> None:
    mine = make_item(company, code="L-1", name="Lantern")
    heading = "Invoice Number,Invoice Date,Customer Name,Item Name,Quantity,Item Price"
    rows = f"{heading}\n1,2026-03-31,Bell,lantern,1,10\n2,2026-03-31,Bell,{'W' * 60},1,10\n"
    written(brought(rows, "zoho-invoices"))
    assert Invoice.objects.get(number="1").lines.get().item == mine
    made = Invoice.objects.get(number="2").lines.get().item
    assert made is not None
    assert (made.name, len(made.code)) == ("W" * 60, 40)
    make_item(company, code="L-2", name="Lantern")
    again = brought(rows.replace("\n1,", "\n3,"), "zoho-invoices")
    assert refused(again) == [
        "3: more than one item here is called lantern (L-1, L-2). Give them names of their own"
    ]


OURS = "Document,Number,Date,Customer,Currency,Credits invoice,Description,Quantity,Unit price,Net"


def test_a_credit_note_needs_the_invoice_that_it_names(company: Company, brought: Bring) -> None:
    sold = "Invoice,1,2026-03-02,Bell,GBP,,Lantern,1,10,10.00"
    back = "Credit note,C1,2026-03-02,Bell,GBP,1,Lantern,1,4,4.00"
    assert refused(brought(f"{OURS}\n{back}\n{sold}\n", "native")) == [
        "C1: it credits the invoice 1, which is not here nor further up in the file. Bring that first"
    ]
    # What its check could not know it says when it is written.
    spoilt = sold.replace("10.00", "10.01")
    found = brought(f"{OURS}\n{spoilt}\n{sold.replace(',1,', ',2,', 1)}\n{back}\n", "native")
    written(found, good_rows_only=True)
    assert refused(found) == [
        "1: the net of line 1 is 10.01 in the file and comes to 10.00 here",
        "C1: it credits the invoice 1, which is not here, since it was refused. Mend that first",
    ]
    assert not CreditNote.objects.exists()
    written(brought(f"{OURS}\n{sold}\n", "native"))
    assert "which waits in “" in refused(brought(f"{OURS}\n{back}\n", "native"))[0]
    assert "which waits in “" in refused(brought(f"{OURS}\n{sold}\n{back}\n", "native"))[0]


def test_what_is_not_here_is_named_with_what_to_do(company: Company, brought: Bring) -> None:
    heading = "Invoice Number,Invoice Date,Customer Name,Item Name,Quantity,Item Price"
    terms = f"{heading},Payment Terms Label\n1,2026-03-31,Bell,Lantern,1,10,Net 90\n"
    assert refused(brought(terms, "zoho-invoices")) == [
        "1: there are no payment terms Net 90 here. Add them under Payment terms"
    ]
    for code in ("A", "B"):
        make_tax_rate(company, 5, code=code, name="Five")
    text = "Number,Date,Customer,Net,Tax rate\n1,2026-03-31,Bell,10,Five\n"
    assert (
        "more than one tax rate here may be Five (A, B)" in refused(brought(text, "one-row-net"))[0]
    )
