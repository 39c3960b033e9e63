"""Customers, items and tax rates that documents of a file name: found here, or to be made."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Lower

from apps.billing.acts.bulk import save_many
from apps.billing.models import Company, Customer, Item, TaxRate
from apps.exchange.documents import ReadCustomer, ReadItem
from apps.exchange.imports.assembling import Gathered

Master = TypeVar("Master", Customer, Item)
REMEMBERED = 20_000  # customers and items, about 40 MB; beyond they are asked for anew
NOT_STORED = -1  # the key, for the time of a check, of what would be made


@dataclass(slots=True)
class Masters:
    """What the documents of a file name. Keys are in lower case: of a customer its code, else its
    name. What stands here is asked for once, what does not is made in memory, and stored when it is
    first needed; `unfit` says why a new one cannot be made.
    """

    company: Company
    customers: dict[str, Customer] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    tax_rates: dict[str, TaxRate] = field(default_factory=dict)
    new_customers: dict[str, Customer] = field(default_factory=dict)
    new_items: dict[str, Item] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)

    def find(self, some: Iterable[Gathered]) -> None:
        """Know everything that these documents name."""
        if len(self.customers) + len(self.items) > REMEMBERED:
            self._forget()
        asked: dict[str, tuple[ReadCustomer, str]] = {}
        items: dict[str, ReadItem] = {}
        codes: set[str] = set()
        for each in some:
            if each.document is None or each.customer is None:
                continue
            asked[customer_key(each.customer)] = each.customer, each.document.currency
            items |= {item.code.lower(): item for item in each.items}
            codes |= {line.tax_code for line in each.document.lines if line.tax_code}
        self._find_customers({k: v for k, v in asked.items() if not self._knows(k, self.customers)})
        self._find_items({k: v for k, v in items.items() if not self._knows(k, self.items)})
        if codes := codes - self.tax_rates.keys():
            rates = TaxRate.objects.filter(company=self.company, code__in=codes)
            self.tax_rates |= {rate.code: rate for rate in rates}

    def _knows(self, key: str, known: Mapping[str, Customer] | Mapping[str, Item]) -> bool:
        return key in known or key in self.unfit

    def _forget(self) -> None:
        self.customers, self.items = {}, {}
        self.new_customers, self.new_items, self.unfit = {}, {}, {}

    def _find_customers(self, asked: Mapping[str, tuple[ReadCustomer, str]]) -> None:
        if not asked:
            return
        codes = {customer.code for customer, _ in asked.values() if customer.code}
        names = {customer.name.lower() for customer, _ in asked.values()}
        rows = Customer.objects.filter(company=self.company).alias(lowered=Lower("name"))
        by_code: dict[str, Customer] = {}
        by_name: dict[str, Customer] = {}
        for row in rows.filter(Q(code__in=codes) | Q(lowered__in=names)):
            by_name[row.name.lower()] = row
            if row.code:
                by_code[row.code.lower()] = row
        for key, (customer, currency) in asked.items():
            known = by_code.get(customer.code.lower()) if customer.code else None
            named = by_name.get(customer.name.lower())
            if known is None and named is not None and not (customer.code and named.code):
                known = named
            if known is not None:
                self.customers[key] = known
            elif named is not None:
                self.unfit[key] = (
                    f"there is a customer {named.name} with the code {named.code}, and the file "
                    f"calls {customer.code} so"
                )
            else:
                made = Customer(
                    company=self.company,
                    code=customer.code,
                    name=customer.name,
                    currency=currency,
                    country=customer.country,
                )
                if self._is_fit(made, key):
                    self.new_customers[key] = self.customers[key] = made

    def _find_items(self, asked: Mapping[str, ReadItem]) -> None:
        if not asked:
            return
        rows = Item.objects.filter(company=self.company).alias(lowered=Lower("code"))
        found = {row.code.lower(): row for row in rows.filter(lowered__in=list(asked))}
        for key, item in asked.items():
            if key in found:
                self.items[key] = found[key]
                continue
            made = Item(company=self.company, code=item.code, name=item.name)
            if self._is_fit(made, key):
                self.new_items[key] = self.items[key] = made

    def _is_fit(self, made: Customer | Item, key: str) -> bool:
        try:
            made.clean()
            made.clean_fields(exclude=["company", *_foreign(made)])
        except ValidationError as error:
            self.unfit[key] = f"{made} cannot be made here: {' '.join(error.messages)}"
            return False
        made.pk = NOT_STORED
        return True

    def save_new(self, wanted: Iterable[str]) -> None:
        """Store the new ones among `wanted`, by key; two imports at once make each of them once."""
        keys = set(wanted)
        customers = _taken(self.new_customers, keys)
        fields = ["code", "name", "currency", "country"]
        for by, some in (
            ("code", [each for each in customers if each.code]),
            ("name", [each for each in customers if not each.code]),
        ):
            save_many(Customer, some, key_fields=[by], fields=fields)
        save_many(Item, _taken(self.new_items, keys), key_fields=["code"], fields=["code", "name"])


def customer_key(customer: ReadCustomer) -> str:
    return (customer.code or customer.name).lower()


def _taken(new: dict[str, Master], keys: Collection[str]) -> list[Master]:
    """Out of the new ones; their records carry their keys once they are stored."""
    taken = [new.pop(key) for key in list(new) if key in keys]
    for made in taken:
        made.pk = None
    return taken


def _foreign(made: Customer | Item) -> list[str]:
    return [each.name for each in made._meta.concrete_fields if each.is_relation]
