"""Whose a movement is: found by the invoice it names, the customer's code, e-mail address or name, and
never by its amount."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from apps.billing.models import Company, Customer, Invoice
from apps.billing.rules.families import pays_for, stands_for
from apps.core.money import ZERO
from apps.exchange.imports.money.payouts.movements import Movement
from apps.exchange.imports.money.payouts.words import numbers_in, numbers_said, numbers_told

REMEDY = "Name the customer in a column “Customer code”"


@dataclass(frozen=True, slots=True)
class Owner:
    """The customer, and the invoices that it names, in that order."""

    customer: Customer
    invoices: tuple[Invoice, ...] = ()


@dataclass(slots=True)
class Whose:
    """What some movements name, asked for once. `taken` is what earlier ones of the file have of an
    invoice already, by its key."""

    company: Company
    taken: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _invoices: dict[str, Invoice] = field(default_factory=dict)
    _by: dict[str, dict[str, list[Customer]]] = field(default_factory=dict)

    def find(self, movements: Sequence[Movement]) -> None:
        """Know everything that these name."""
        numbers = {number for each in movements for number in numbers_in(each)}
        invoices = Invoice.objects.filter(company=self.company, number__in=numbers)
        self._invoices = {
            each.number or "": each
            for each in invoices.select_related("customer__parent", "batch").order_by("pk")
        }
        self._by = {
            name: self._customers(name, (getattr(each, told) for each in movements))
            for name, told in (("code", "customer_code"), ("email", "email"), ("name", "name"))
        }

    def _customers(self, name: str, told: Iterable[str]) -> dict[str, list[Customer]]:
        wanted = {each.strip().lower() for each in told} - {""}
        found: dict[str, list[Customer]] = defaultdict(list)
        if wanted:
            rows = Customer.objects.filter(company=self.company).alias(lowered=Lower(name))
            for each in rows.filter(lowered__in=wanted).select_related("merged_into", "parent"):
                here = stands_for(each)
                same = found[getattr(each, name).lower()]
                if here not in same:
                    same.append(here)
        return found

    def owner(self, movement: Movement) -> Owner:
        """Raises ValidationError, in a sentence that goes on from “refused:”, where it is nobody's."""
        invoices = self._invoices_of(movement)
        payer = self._payer(movement, invoices)
        if strange := [each for each in invoices if not pays_for(payer.pk, each.customer)]:
            if movement.customer_code:
                raise ValidationError(
                    f"it names the invoice {strange[0]}, which is of {strange[0].customer}, and the "
                    f"customer code is of {payer}"
                )
            raise ValidationError(
                f"it names invoices of more than one customer: {_listed(invoices)}. {REMEDY}"
            )
        return Owner(payer, invoices)

    def _invoices_of(self, movement: Movement) -> tuple[Invoice, ...]:
        found = self._known(numbers_told(movement)) or self._known(numbers_said(movement))
        for invoice in found:
            if invoice.is_draft:
                raise ValidationError(
                    f"it names the invoice {invoice.number}, which waits in “{invoice.batch}”. Release "
                    "that first"
                )
        return tuple(each for each in found if each.status == Invoice.Status.ISSUED)

    def _known(self, numbers: Sequence[str]) -> list[Invoice]:
        known = self._invoices
        return list(dict.fromkeys(known[each] for each in numbers if each in known))

    def _payer(self, movement: Movement, invoices: Sequence[Invoice]) -> Customer:
        if movement.customer_code:
            return self._one("code", movement.customer_code, "customer code")
        if invoices:
            return stands_for(invoices[0].customer)
        if movement.email and self._by["email"].get(movement.email.lower()):
            return self._one("email", movement.email, "e-mail address")
        if movement.name and self._by["name"].get(movement.name.lower()):
            return self._one("name", movement.name, "name")
        raise ValidationError(
            "nobody can tell whose it is: it names no invoice that is here, and no customer by e-mail "
            f"address or name. {REMEDY}"
        )

    def _one(self, name: str, told: str, called: str) -> Customer:
        found = self._by[name].get(told.strip().lower(), [])
        if not found:
            raise ValidationError(f"there is no customer with the {called} “{told}” here")
        if len(found) > 1:
            raise ValidationError(
                f"more than one customer has the {called} “{told}”: {_listed(found)}. {REMEDY}"
            )
        return found[0]

    def open_of(self, invoice: Invoice) -> Decimal:
        """What earlier movements of the file leave open of it."""
        return max(invoice.balance_due - self.taken[invoice.pk], ZERO)


def _listed(some: Iterable[object]) -> str:
    return ", ".join(map(str, some))
