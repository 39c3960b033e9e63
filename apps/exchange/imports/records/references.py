"""What rows name that must stand here already: payment terms, tax rates, the customer above."""

from collections.abc import Collection, Iterable
from functools import cached_property

from django.db.models import Q
from django.db.models.functions import Lower

from apps.billing.models import Company, Customer, PaymentTerm
from apps.exchange.imports.taxes import TaxRates

NAMED = 5  # of those that are here, in a refusal


class Unfit(ValueError):
    """Why a row cannot become a record, in a sentence with what to do, without a full stop."""


class References:
    """Payment terms and tax rates by what a file calls them. Asked for once."""

    def __init__(self, company: Company, system: str = "") -> None:
        self.company = company
        self._taxes = TaxRates(company, system)
        self._rates: dict[str, int | None] = {}

    @cached_property
    def _terms(self) -> dict[str, PaymentTerm]:
        rows = PaymentTerm.objects.filter(company=self.company)
        return {each.name.lower(): each for each in rows}

    def terms(self, name: str) -> int:
        """Their key. Raises `Unfit`."""
        found = self._terms.get(name.lower())
        if found is None:
            here = ", ".join(each.name for each in [*self._terms.values()][:NAMED])
            raise Unfit(
                f"there are no payment terms {name} here{f' ({here})' if here else ''}. Add them under "
                "Payment terms, or write the name of some that are here"
            )
        return found.pk

    def tax_rate(self, name: str) -> int | None:
        """Its key; None where the books of the file's product call no tax so. Raises `Unfit`."""
        if name not in self._rates:
            self._rates[name] = self._tax_rate(name)
        return self._rates[name]

    def _tax_rate(self, name: str) -> int | None:
        named = self._taxes.named(name)
        if not named:
            raise Unfit(
                f"there is no tax rate {name} here. Add it under Tax rates, or give one of ours this name"
            )
        offered = [each for each in named if each is None or each.active] or named
        if len(offered) > 1:
            codes = ", ".join(sorted(each.code if each else "no tax" for each in offered))
            raise Unfit(
                f"more than one tax rate here may be {name} ({codes}). Write the code of the one that is "
                "meant into the file"
            )
        return offered[0].pk if offered[0] else None


class Parents:
    """Customers that rows name as the one above them: those that stand here, and those that came before
    in the file. New ones have keys below nil; what rows changed about who is above whom is heeded."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._by_text: dict[str, int] = {}
        self._rows: dict[int, tuple[str, str, int | None]] = {}  # name, currency, who is above
        self._made: dict[int, Customer] = {}

    def begin(self, named: Collection[str], *, writing: bool) -> None:
        """Know whom the rows of a portion name. While a file is written, what came in an earlier
        portion stands here by now."""
        self._made = {}
        if writing:
            self._by_text = {text: key for text, key in self._by_text.items() if key > 0}
        asked = {each for each in named if each.lower() not in self._by_text}
        if asked:
            lowered = {each.lower() for each in asked}
            rows = Customer.objects.filter(company=self.company).alias(lowered=Lower("name"))
            self._take(rows.filter(Q(lowered__in=lowered) | Q(name__in=asked) | Q(code__in=asked)))

    def _take(self, rows: Iterable[Customer]) -> None:
        for each in rows:
            self._rows.setdefault(each.pk, (each.name, each.currency, each.parent_id))
            if each.code:
                self._by_text.setdefault(each.code.lower(), each.pk)
        for each in rows:
            self._by_text[each.name.lower()] = each.pk  # before another's code

    def key(self, text: str) -> int:
        """Of the customer that has this name, else this code. Raises `Unfit`."""
        found = self._by_text.get(text.lower())
        if found is None:
            raise Unfit(
                f"there is no customer {text} here, and no row above this one brings it. Add it under "
                "Customers, or move its row above this one"
            )
        return found

    def customer(self, key: int) -> Customer:
        """It, with everyone above it."""
        return self._customer(key, set())

    def _customer(self, key: int, seen: set[int]) -> Customer:
        if key in self._made:
            return self._made[key]
        if key not in self._rows:
            self._take(Customer.objects.filter(pk=key))
        name, currency, above = self._rows[key]
        found = Customer(pk=key, company=self.company, name=name, currency=currency)
        if above is not None and above not in seen:
            found.parent = self._customer(above, {*seen, key})
        return found

    def came(self, row: int, customer: Customer) -> None:
        """A new one, which has no key yet: it is given one until it is stored."""
        customer.pk = -row
        self._made[-row] = customer
        self._rows[-row] = customer.name, customer.currency, customer.parent_id
        if customer.code:
            self._by_text.setdefault(customer.code.lower(), -row)
        self._by_text[customer.name.lower()] = -row

    def moved(self, customer: Customer) -> None:
        """One that stands here, as the file has it now."""
        self._rows[customer.pk] = customer.name, customer.currency, customer.parent_id
