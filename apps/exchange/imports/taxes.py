"""What a file calls a tax rate, and which of the company's is meant."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.core.exceptions import ValidationError

from apps.billing.acts.drafting import BY_DEFAULT, ByDefault
from apps.billing.models import Company, Customer, Item, TaxRate
from apps.billing.sums.tax_rates import default_rate_id
from apps.connections.models import Connection
from apps.connectors.profiles import JOINED_BY, Field
from apps.core.money import ZERO
from apps.exchange.documents import ReadLine
from apps.mappings.look_up import Mappings

NO_TAX = "(no tax)"  # what a layout says of a code that means none
# What stands in the sentence of a refusal for a rate that nothing here is called by.
NONE_OF_OURS = "or give one of ours this name"
Meant = TaxRate | ByDefault | None  # None: no tax at all


class TaxRates:
    """The rates of a company by every name that a file may have for them: their code, their name,
    the names of their components, and what the books of `system` call them. Asked for once."""

    def __init__(self, company: Company, system: str = "") -> None:
        self.company, self.system = company, system

    @cached_property
    def _rates(self) -> list[TaxRate]:
        rows = TaxRate.objects.filter(company=self.company).order_by("pk")
        return list(rows.prefetch_related("components__agency"))

    @cached_property
    def _by_name(self) -> dict[str, list[TaxRate | None]]:
        found: dict[str, list[TaxRate | None]] = {}

        def call(name: str, rate: TaxRate | None) -> None:
            known = found.setdefault(_key(name), [])
            if rate not in known:
                known.append(rate)

        for rate in self._rates:
            parts = [each.name for each in rate.components.all()]
            for name in {rate.code, rate.name, JOINED_BY[Field.TAX_CODE].join(parts)} - {""}:
                call(name, rate)
        for meant, name in self._over_there():
            call(name, meant)
        return found

    def _over_there(self) -> list[tuple[TaxRate | None, str]]:
        if not self.system:
            return []
        told: list[tuple[TaxRate | None, str]] = []
        for connection in Connection.objects.filter(company=self.company, system=self.system):
            mappings = Mappings.of(connection)
            for rate in (*self._rates, None):
                if (code := mappings.tax_code(rate)) is not None:
                    told.append((rate, code.name))
        return told

    def named(self, name: str) -> Sequence[TaxRate | None]:
        """Every rate that may be called so; None among them: no tax at all."""
        if name == NO_TAX:
            return [None]
        exactly: list[TaxRate | None] = [each for each in self._rates if each.code == name]
        return exactly or self._by_name.get(_key(name), [])

    def meant(self, line: ReadLine, on: date, customer: Customer, item: Item | None) -> Meant:
        """The rate of a line of this day, for the customer and the item that it is for.

        Raises ValidationError where none or more than one may be meant.
        """
        percent = line.told.get(Field.TAX_PERCENT)
        share = percent if isinstance(percent, Decimal) else ZERO
        if line.tax_code:
            return self._of_name(line, line.tax_code, on, share if percent is not None else None)
        if line.tax_code is None and Field.TAX_PERCENT not in line.told:
            return BY_DEFAULT
        if percent is None or (line.tax_code == "" and not share):
            return None
        return self._of_percent(line, share, on, default_rate_id(customer, item))

    def _of_name(
        self, line: ReadLine, name: str, on: date, percent: Decimal | None
    ) -> TaxRate | None:
        named = self.named(name)
        if not named:
            raise ValidationError(
                f"row {line.row}: there is no tax rate {name} here. Add it under Tax rates, "
                f"{NONE_OF_OURS}"
            )
        fits = [
            each for each in named if percent is None or percent == (each.percent if each else ZERO)
        ]
        if not fits:
            rates = " and ".join(
                sorted({f"{each.percent.normalize():f} %" for each in named if each})
            )
            raise ValidationError(
                f"row {line.row}: {name} is {percent.normalize() if percent else 0:f} % in the file "
                f"and {rates or 'no tax'} here"
            )
        return self._only(line, fits, name, on)

    def _of_percent(
        self, line: ReadLine, percent: Decimal, on: date, usual: int | None
    ) -> TaxRate | None:
        fits: list[TaxRate | None] = [each for each in self._rates if each.percent == percent]
        if likely := [each for each in fits if each is not None and each.pk == usual]:
            return likely[0]
        if not fits and not percent:
            return None
        if not fits:
            raise ValidationError(
                f"row {line.row}: there is no tax rate of {percent.normalize():f} % here. Add it "
                "under Tax rates"
            )
        return self._only(line, fits, f"{percent.normalize():f} %", on)

    def _only(
        self, line: ReadLine, fits: Sequence[TaxRate | None], name: str, on: date
    ) -> TaxRate | None:
        """The one that is offered and holds on that day, where more than one is called so."""
        left = [each for each in fits if each is None or _holds(each, on)] or fits
        if len(left) > 1:
            codes = ", ".join(sorted(each.code if each else "no tax" for each in left))
            raise ValidationError(
                f"row {line.row}: more than one tax rate here may be {name} ({codes}). Write the "
                "code of the one that is meant into the file"
            )
        return left[0]


def _holds(rate: TaxRate, on: date) -> bool:
    begun = rate.valid_from is None or rate.valid_from <= on
    return rate.active and begun and (rate.valid_to is None or on <= rate.valid_to)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
