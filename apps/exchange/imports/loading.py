"""Writes what a reader brought: customers and items first, then the documents, issued as numbered."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.billing.acts.bulk import DraftDocument, DraftLine, create_documents, save_many
from apps.billing.models import Company, Customer, Item
from apps.exchange.documents import Harvest, ReadDocument
from apps.exchange.imports.comparing import MODELS


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many records a load wrote."""

    customers: int
    items: int
    documents: int


def load(harvest: Harvest, company: Company) -> Loaded:
    """Write a harvest into a company, set-based: masters by their code, documents by their number.

    Masters that stand there already are updated where they differ. Raises ValidationError naming
    every document that billing refuses, before a document is written.
    """
    customers, items = load_masters(harvest, company)
    drafts = [_draft(each, customers, items) for each in harvest.documents]
    return Loaded(len(customers), len(items), len(create_documents(drafts)))


def load_masters(harvest: Harvest, company: Company) -> tuple[dict[str, Customer], dict[str, Item]]:
    """Write the customers and items alone; both by their code, as they stand now."""
    return _customers(harvest, company), _items(harvest, company)


def _customers(harvest: Harvest, company: Company) -> dict[str, Customer]:
    records = [
        Customer(
            company=company,
            code=each.code,
            name=each.name,
            currency=company.home_currency,
            country=each.country,
        )
        for each in harvest.customers.values()
    ]
    save_many(
        Customer, records, key_fields=["code"], fields=["code", "name", "currency", "country"]
    )
    return _by_code(Customer.objects.filter(company=company, code__in=harvest.customers))


def _items(harvest: Harvest, company: Company) -> dict[str, Item]:
    records = [
        Item(company=company, code=each.code, name=each.name) for each in harvest.items.values()
    ]
    save_many(Item, records, key_fields=["code"], fields=["code", "name"])
    return {item.code.upper(): item for item in Item.objects.filter(company=company)}


def _by_code(customers: Iterable[Customer]) -> dict[str, Customer]:
    return {customer.code: customer for customer in customers}


def _draft(
    document: ReadDocument, customers: dict[str, Customer], items: dict[str, Item]
) -> DraftDocument:
    return DraftDocument(
        model=MODELS[document.kind],
        customer=customers[document.customer_code],
        issue_date=document.dated,
        number=document.number,
        lines=[
            DraftLine(
                item=items[line.item_code],
                description=line.description,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in document.lines
        ],
    )
