"""A company of ours connected to a business of the simulated FreshBooks, as staff would do it."""

from decimal import Decimal
from typing import Any

from apps.mappings.codes import read_codes
from tests.books import Books
from tests.factories import make_method

OPENED = {"currency_code": "GBP", "country": "United Kingdom"}


class FreshBooksBooks(Books):
    """`theirs`: settings and switches of the business (docs/sandbox.md). It has no accounts of
    ours: nothing but taxes is mapped."""

    system = "freshbooks"

    def opened(self, **theirs: Any) -> str:
        told = {**OPENED, "currency_code": self.company.home_currency, **theirs}
        self.there = self.server.open(self.company.legal_name, **told)
        return str(self.there["account_id"])

    @property
    def business(self) -> Any:
        """By which the control knows it."""
        return self.realm

    def pressed(self) -> dict[str, Any]:
        return {"person": self.there["person"], "decision": "allow"}

    def map(self) -> None:
        read_codes(self.connection)
        self.method = self.method or make_method(self.company)
        self.map_proposed()

    def theirs(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.server.objects(self.business, kind)
        return found

    def trial_balance(self) -> dict[str, Decimal]:
        """Number of a sub-account → debit less credit, of those that are not nil."""
        rows = self.server.trial_balance(self.business, self.company.home_currency)
        return {number: amount for number, amount in rows.items() if amount}
