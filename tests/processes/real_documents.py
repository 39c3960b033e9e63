"""Real documents of a shop, with VAT, discounts and a second currency laid over them from a seed."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents
from apps.billing.changes import brought_along
from apps.billing.models import Company, CreditNote, Customer, Document, Invoice, Item, TaxMode
from apps.demo.studio import open_company
from apps.demo.taxes import lay_vat, note_rates
from apps.exchange.documents import DocumentKind, Harvest, ReadDocument, ReadLine
from apps.exchange.imports.harvesting import read
from apps.exchange.imports.loading import load_masters
from apps.exchange.profiles import ONLINE_RETAIL, Field

FILE = Path("shared") / "data" / "online-retail" / "online-retail.csv.gz"
FOREIGN = "EUR"
# Of a hundred customers, documents and lines: paid for in euro; with a discount in percent, in an
# amount, with prices that include tax; with a discount of the line.
ABROAD, PERCENT_OFF, AMOUNT_OFF, INCLUSIVE, LINE_OFF = 15, 20, 10, 10, 8
PERCENTS = tuple(Decimal(each) for each in ("2.5", "5", "7.5", "12.5"))
AMOUNTS = tuple(Decimal(each) for each in ("0.99", "3.33", "5.00"))
MUCH = Decimal(20)  # nothing smaller is reduced by an amount


def real_file() -> Path | None:
    """The file beside the repository, as a run of CI finds `shared`; None where it is absent."""
    beside = Path(__file__).resolve().parents[3] / FILE
    return beside if beside.exists() else None


def lay_real_documents(
    file: Path, count: int, seed: int, *, by_line: bool, name: str = "Online Retail Ltd"
) -> list[Document]:
    """A company of the first `count` documents of the file, issued; in the order of the file.

    `by_line`: its tax is rounded on each line. Raises FileRefused.
    """
    dice = random.Random(seed)
    harvest = read(file, limit=count, profile=ONLINE_RETAIL)
    company = _furnished(harvest, by_line=by_line, name=name)
    customers, items = load_masters(harvest, company)
    lay_vat(company)
    for customer in customers.values():
        customer.refresh_from_db()
        if dice.randrange(100) < ABROAD:
            customer.currency = FOREIGN
            customer.save()
    for item in items.values():
        item.refresh_from_db()
    drafts = [_draft(each, customers, items, dice) for each in harvest.documents]
    with brought_along("Taken over from the file"):
        return list(create_documents(drafts))


def _furnished(harvest: Harvest, *, by_line: bool, name: str) -> Company:
    """With rates of the euro around all of its documents, and an item for discounts."""
    company = open_company(name, ONLINE_RETAIL.constants[Field.CURRENCY], by_line=by_line)
    discounts = Item.objects.create(company=company, code="DISCOUNT", name="Discount")
    company.discount_item = discounts
    company.save()
    first, last = (pick(each.dated for each in harvest.documents) for pick in (min, max))
    note_rates(company, first - timedelta(days=7), last)
    note_rates(company, date(2026, 3, 1), date(2026, 3, 1))
    return company


def _draft(
    document: ReadDocument,
    customers: dict[str, Customer],
    items: dict[str, Item],
    dice: random.Random,
) -> DraftDocument:
    chance = dice.randrange(100)
    large = document.total > MUCH
    return DraftDocument(
        model=CreditNote if document.kind is DocumentKind.CREDIT_NOTE else Invoice,
        customer=customers[document.customer_code],
        issue_date=document.dated,
        number=document.number,
        lines=list(_lines(document, items, dice)),
        discount_percent=dice.choice(PERCENTS) if chance < PERCENT_OFF else None,
        discount_amount=dice.choice(AMOUNTS)
        if PERCENT_OFF <= chance < PERCENT_OFF + AMOUNT_OFF and large
        else None,
        tax_mode=TaxMode.INCLUSIVE if dice.randrange(100) < INCLUSIVE else None,
    )


def _lines(
    document: ReadDocument, items: dict[str, Item], dice: random.Random
) -> Iterator[DraftLine]:
    for line in document.lines:
        yield DraftLine(
            item=items[line.item_code],
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount_percent=_discount(line, dice),
        )


def _discount(line: ReadLine, dice: random.Random) -> Decimal | None:
    reduced = dice.randrange(100) < LINE_OFF and line.exact > 0
    return dice.choice(PERCENTS) if reduced else None
