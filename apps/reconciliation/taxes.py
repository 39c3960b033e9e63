"""Which rate and which account of theirs our tax belongs to, told by the mappings alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.billing.models import Document, TaxShare
from apps.connections.models import Connection
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping as Mapped
from apps.mappings.models import RemoteCode

TAX = "tax"  # all tax accounts of theirs together, where no name tells them apart


@dataclass(frozen=True, slots=True)
class Part:
    """A rate of theirs, as a tax code of theirs is made of it."""

    remote_id: str
    name: str
    percent: Decimal
    agency: str


class TheirTaxes:
    """Finds the rate of theirs that a component of ours is called."""

    def __init__(self, mappings: Mappings) -> None:
        self._parts = {
            key: tuple(_parts(code.parts))
            for (subject, key), code in mappings.codes.items()
            if subject == Mapped.Subject.TAX
        }
        named = [part for parts in self._parts.values() for part in parts]
        self.names = {part.remote_id: part.name for part in named}
        self.agencies = {part.remote_id: part.agency for part in named}

    def part(self, share: TaxShare) -> Part | None:
        """The part of the mapped code that has the component's percentage; of several the one
        whose name or agency is the component's. None where the code names no such rate."""
        fits = [
            each for each in self._parts.get(share.rate_id, ()) if each.percent == share.percent
        ]
        if len(fits) > 1:
            words = {share.name.casefold(), share.agency.casefold()}
            fits = [
                each for each in fits if {each.name.casefold(), each.agency.casefold()} & words
            ] or fits
        return fits[0] if fits else None

    def parts(self, rate_id: int) -> tuple[Part, ...]:
        """All rates that the code of a rate of ours is made of."""
        return self._parts.get(rate_id, ())

    def by_rate(self, document: Document) -> dict[str, Decimal] | None:
        """Their rate → our tax; None where one of our components has no rate over there, as in
        books that work the tax out themselves."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for share in document.shares:
            part = self.part(share)
            if part is None:
                return None
            found[part.remote_id] += share.tax
        return found

    def agency(self, share: TaxShare) -> str:
        """Whom it is owed to, in their words where they have some."""
        part = self.part(share)
        return part.agency if part is not None and part.agency else share.agency


def agencies_of(connection: Connection) -> dict[str, str]:
    """Their rate → whom it is owed to, of every code of theirs, mapped or not: what is only theirs
    may bear any."""
    codes = RemoteCode.objects.filter(connection=connection, kind="tax_code").order_by("pk")
    stored = codes.values_list("parts", flat=True)
    return {part.remote_id: part.agency for parts in stored for part in _parts(parts)}


def _parts(stored: Iterable[Mapping[str, Any]]) -> Iterable[Part]:
    for each in stored:
        yield Part(
            remote_id=str(each["remote_id"]),
            name=str(each["name"]),
            percent=Decimal(str(each["percent"])),
            agency=str(each.get("agency", "")),
        )


class TaxAccounts:
    """The accounts over there that tax is owed on: by the agency's name in theirs, where that
    tells every agency's account; else all of them as one."""

    def __init__(self, codes: Iterable[RemoteCode]) -> None:
        self.codes = [each for each in codes if TAX in each.roles]

    def key(self, agency: str) -> str:
        """Their account's id, or TAX where several or none could be it."""
        if len(self.codes) == 1:
            return self.codes[0].remote_id
        named = [
            each for each in self.codes if agency and agency.casefold() in each.name.casefold()
        ]
        return named[0].remote_id if len(named) == 1 else TAX
