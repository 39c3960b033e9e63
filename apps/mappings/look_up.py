"""The mappings of one connection, loaded once for a run: what is this called over there?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from apps.billing.models import (
    BankAccount,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    PaymentTerm,
    Places,
    TaxRate,
)
from apps.connections.models import Connection
from apps.mappings.models import THINGS, Mapping, RemoteCode

Subject = Mapping.Subject
Key = tuple[str, int | None]


def key_of(mapping: Mapping) -> Key:
    """What is mapped: the subject, and the id of the thing of ours (None for the default)."""
    keys = (getattr(mapping, f"{name}_id") for name in THINGS)
    return mapping.subject, next((key for key in keys if key is not None), None)


@dataclass(frozen=True)
class Mappings:
    """Look-ups answer None where nothing is mapped, or to a code that is inactive over there."""

    codes: dict[Key, RemoteCode]
    places: Places = field(default_factory=Places)
    bad_debt_item: int | None = None  # the item of the company by which bad debts are booked

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Two queries, two columns wide or a thousand items long."""
        rows = Mapping.objects.filter(connection=connection).select_related("code")
        return cls(
            codes={key_of(row): row.code for row in rows},
            places=Places.of_company(connection.company_id),
            bad_debt_item=connection.company.bad_debt_item_id,
        )

    @classmethod
    def from_rows(cls, connection: Connection, rows: Iterable[Mapping]) -> Self:
        """Of mappings that were read already, without the dated places."""
        codes = {key_of(row): row.code for row in rows}
        return cls(codes=codes, bad_debt_item=connection.company.bad_debt_item_id)

    def income_account(self, item: Item | None) -> RemoteCode | None:
        """Where the sales of an item are booked: its own account, else the default one; of the item
        of bad debts the account of bad debts. An account chosen for the item itself is never passed
        over for the default."""
        if item is not None and (Subject.ITEM_ACCOUNT, item.pk) in self.codes:
            return self._active(Subject.ITEM_ACCOUNT, item.pk)
        return self._active(self.default_of(item), None)

    def default_of(self, item: Item | None) -> str:
        """The subject whose account an item has that has none of its own."""
        is_loss = item is not None and item.pk == self.bad_debt_item
        return Subject.BAD_DEBT if is_loss else Subject.INCOME

    def method_account(self, method: PaymentMethod | None, on: date) -> RemoteCode | None:
        """The account over there in which money of this day by this method lies."""
        return self._active(*self.place_of(method, on)) if method else None

    def place_of(self, method: PaymentMethod, on: date) -> Key:
        """What is mapped to say where money of this day by this method lies."""
        place = self.places.on(method, on)
        if place is None:
            return Subject.METHOD_ACCOUNT, method.pk
        return Subject.PLACE_ACCOUNT, place.pk

    def first_account(self, method: PaymentMethod) -> RemoteCode | None:
        """The account in which its money lies from the beginning."""
        return self._active(Subject.METHOD_ACCOUNT, method.pk)

    def place_account(self, place: PaymentMethodPlace) -> RemoteCode | None:
        """The account in which its money lies from that day on."""
        return self._active(Subject.PLACE_ACCOUNT, place.pk)

    def method(self, method: PaymentMethod | None) -> RemoteCode | None:
        return self._active(Subject.METHOD, method.pk) if method else None

    def term(self, term: PaymentTerm | None) -> RemoteCode | None:
        return self._active(Subject.TERM, term.pk) if term else None

    def tax_code(self, rate: TaxRate | None) -> RemoteCode | None:
        """What a line at this rate is under there; without a rate, what untaxed lines are."""
        return self._active(Subject.TAX, rate.pk) if rate else self.no_tax()

    def no_tax(self) -> RemoteCode | None:
        """The code of a line that is not taxed at all."""
        return self._active(Subject.NO_TAX, None)

    def role_account(self, role: str) -> RemoteCode | None:
        """The account of an `AccountRole`: bank charges, bad debts, retainers …"""
        return self._active(role, None)

    def bank_account(self, account: BankAccount | None) -> RemoteCode | None:
        return self._active(Subject.BANK_ACCOUNT, account.pk) if account else None

    def _active(self, subject: str, thing: int | None) -> RemoteCode | None:
        code = self.codes.get((subject, thing))
        return code if code is not None and code.active else None
