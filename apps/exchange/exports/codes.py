"""What accounts and tax codes are called over there: by a connection's mappings, or as typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from apps.billing.models import Item, TaxRate
from apps.connections.models import Connection
from apps.mappings.look_up import Mappings


class Codes(Protocol):
    """Each answers "" where nothing says."""

    def account(self, item_id: int | None) -> str:
        """The number of the account of an item's sales, or its name where it has no number."""

    def account_name(self, item_id: int | None) -> str: ...

    def tax_code(self, rate_id: int | None) -> str:
        """What a line at this rate is under; None: of a line that is not taxed at all."""


@dataclass(frozen=True)
class TypedCodes:
    """One account for every sale, and a code for each tax rate, as a person typed them."""

    sales_account: str = ""
    tax_codes: Mapping[int | None, str] = field(default_factory=dict)

    def account(self, item_id: int | None) -> str:
        return self.sales_account

    def account_name(self, item_id: int | None) -> str:
        return self.sales_account

    def tax_code(self, rate_id: int | None) -> str:
        return self.tax_codes.get(rate_id, "")


@dataclass(frozen=True)
class MappedCodes:
    """As a connection's mappings say. Read once, in a fixed number of queries."""

    connection: Connection

    @cached_property
    def _mappings(self) -> Mappings:
        return Mappings.of(self.connection)

    @cached_property
    def _items(self) -> dict[int, Item]:
        return Item.objects.filter(company=self.connection.company_id).in_bulk()

    @cached_property
    def _rates(self) -> dict[int, TaxRate]:
        return TaxRate.objects.filter(company=self.connection.company_id).in_bulk()

    def account(self, item_id: int | None) -> str:
        code = self._mappings.income_account(self._items.get(item_id or 0))
        return "" if code is None else code.number or code.name

    def account_name(self, item_id: int | None) -> str:
        code = self._mappings.income_account(self._items.get(item_id or 0))
        return "" if code is None else code.name

    def tax_code(self, rate_id: int | None) -> str:
        code = self._mappings.tax_code(self._rates.get(rate_id or 0))
        return "" if code is None else code.name
