"""Customers and items that documents of a file name: found here, or to be made; and their tax rates
and terms, which are not."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from apps.billing.acts.bulk import save_many
from apps.billing.models import Batch, Company, Customer, Item, PaymentTerm
from apps.connectors.profiles import Field, Profile
from apps.core.rows import insert_rows
from apps.exchange.documents import ReadCustomer, ReadItem
from apps.exchange.imports.assembling import Gathered
from apps.exchange.imports.taxes import TaxRates
from apps.exchange.models import BroughtMaster

Master = TypeVar("Master", Customer, Item)
REMEMBERED = 20_000  # customers and items, about 40 MB; beyond they are asked for anew
CODE_LENGTH = 40  # of an item
NOT_STORED = -1  # the key, for the time of a check, of what would be made


# What a file may tell of a customer that is to be made.
OF_CUSTOMER = {
    Field.EMAIL: "email",
    Field.TAX_NUMBER: "tax_number",
    Field.ADDRESS: "address_lines",
    Field.CITY: "city",
    Field.REGION: "region",
    Field.POSTAL_CODE: "postal_code",
}


@dataclass
class Masters:
    """What the documents of a file name. Keys are in lower case: of a customer or an item its code,
    else its name. What stands here is asked for once, what does not is made in memory, and stored when it is
    first needed; `unfit` says why a new one cannot be made.
    """

    company: Company
    profile: Profile
    customers: dict[str, Customer] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    new_customers: dict[str, Customer] = field(default_factory=dict)
    new_items: dict[str, Item] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)

    @cached_property
    def rates(self) -> TaxRates:
        return TaxRates(self.company, self.profile.system)

    @cached_property
    def terms(self) -> dict[str, PaymentTerm]:
        """Payment terms by their name in lower case."""
        rows = PaymentTerm.objects.filter(company=self.company)
        return {each.name.lower(): each for each in rows}

    def find(self, some: Iterable[Gathered]) -> None:
        """Know everything that these documents name."""
        if len(self.customers) + len(self.items) > REMEMBERED:
            self._forget()
        asked: dict[str, tuple[ReadCustomer, str]] = {}
        items: dict[str, ReadItem] = {}
        for each in some:
            if each.document is None or each.customer is None:
                continue
            asked[customer_key(each.customer)] = each.customer, each.document.currency
            items |= {item.key: item for item in each.items}
        self._find_customers({k: v for k, v in asked.items() if not self._knows(k, self.customers)})
        self._find_items({k: v for k, v in items.items() if not self._knows(k, self.items)})

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
                    **{OF_CUSTOMER[each]: told for each, told in customer.told.items()},
                )
                if self._is_fit(made, key):
                    self.new_customers[key] = self.customers[key] = made

    def _find_items(self, asked: Mapping[str, ReadItem]) -> None:
        if not asked:
            return
        rows = Item.objects.filter(company=self.company)
        rows = rows.alias(lowered=Lower("code"), lowered_name=Lower("name"))
        named = [key for key, item in asked.items() if not item.code]
        by_name = Q(lowered_name__in=named, merged_into=None) if named else Q()
        by_code: dict[str, Item] = {}
        of_name: dict[str, list[Item]] = {}
        for row in rows.filter(Q(lowered__in=list(asked)) | by_name):
            by_code[row.code.lower()] = row
            of_name.setdefault(row.name.lower(), []).append(row)
        for key, item in asked.items():
            found = [] if item.code else of_name.get(key, [])
            if len(found) > 1:
                codes = ", ".join(sorted(each.code for each in found))
                self.unfit[key] = (
                    f"more than one item here is called {item.name} ({codes}). Give them names of "
                    "their own"
                )
            elif found or key in by_code:
                self.items[key] = found[0] if found else by_code[key]
            else:
                code = item.code or code_of(item.name)
                made = Item(company=self.company, code=code, name=item.name)
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

    def save_new(self, wanted: Iterable[str], batch: Batch) -> None:
        """Store the new ones among `wanted`, by key, as what came with the batch; two imports at once
        make each of them once."""
        keys = set(wanted)
        with transaction.atomic():
            self._save_new(keys, batch)

    def _save_new(self, keys: set[str], batch: Batch) -> None:
        customers = _taken(self.new_customers, keys)
        made: list[BroughtMaster] = []
        fields = ["code", "name", "currency", "country", *OF_CUSTOMER.values()]
        for by, some in (
            ("code", [each for each in customers if each.code]),
            ("name", [each for each in customers if not each.code]),
        ):
            written = save_many(Customer, some, key_fields=[by], fields=fields)
            made += [BroughtMaster(batch=batch, customer=each) for each in written.created]
        new = _taken(self.new_items, keys)
        items = save_many(Item, new, key_fields=["code"], fields=["code", "name"])
        made += [BroughtMaster(batch=batch, item=each) for each in items.created]
        insert_rows(BroughtMaster, made)


def customer_key(customer: ReadCustomer) -> str:
    return (customer.code or customer.name).lower()


def code_of(name: str) -> str:
    """The code of an item that a file knows by its name alone: that, or of a longer one its beginning
    with what tells it from others that begin so."""
    if len(name) <= CODE_LENGTH:
        return name
    digest = hashlib.sha256(name.lower().encode()).hexdigest()[:8]
    return f"{name[: CODE_LENGTH - 9].rstrip()} {digest}"


def _taken(new: dict[str, Master], keys: Collection[str]) -> list[Master]:
    """Out of the new ones; their records carry their keys once they are stored."""
    taken = [new.pop(key) for key in list(new) if key in keys]
    for made in taken:
        made.pk = None
    return taken


def _foreign(made: Customer | Item) -> list[str]:
    return [each.name for each in made._meta.concrete_fields if each.is_relation]
