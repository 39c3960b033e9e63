"""Tax that the percentage alone finds: is it owed over there to whom it is owed here?"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from apps.billing.models import Document, TaxRate, TaxShare
from apps.core.money import rounded
from apps.mappings.look_up import Mappings
from apps.reconciliation.figures import shown
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Ours
from apps.reconciliation.questions.agencies import same_agency
from apps.reconciliation.questions.asked import Asked
from apps.reconciliation.taxes import Part, TheirTaxes

# Ways in which one country is written.
AS_ONE = {"UK": "GB", "XI": "GB", "EL": "GR", "USA": "US", "GBR": "GB", "CAN": "CA", "AUS": "AU"}

# Our rate, our agency, their rate.
Owed = tuple[int, str, Part]


def tax_elsewhere(ours: Ours, borne: "Borne") -> Iterator[Asked]:
    """Rates that documents bear and that are called, over there, the tax of another agency or
    country. Asked once for each pair of rates, whatever else is sold at it."""
    rates = TaxRate.objects.in_bulk({rate_id for rate_id, _, _ in borne.taxes})
    system, home = ours.connection.system_name, ours.connection.company.home_currency
    books = _country(ours.connection.country)
    for (rate_id, agency, part), tax in borne.taxes.items():
        rate = rates[rate_id]
        country = _country(rate.country)
        why = _why(agency, country, part, books)
        if not why:
            continue
        yield Asked(
            cause=Cause.TAX_ELSEWHERE,
            ours=(("tax_rate", rate_id),),
            theirs=(("tax_rate", part.remote_id),),
            amount=tax,
            currency=home,
            facts=(agency, country, part.agency, part.name, f"{part.percent.normalize():f}", books),
            sentence=(
                f"{shown(tax, home)} of tax at “{rate}”{_owed_to(agency, country)} stand in "
                f"{system} under “{part.name}”"
                f"{f', owed to {part.agency}' if part.agency else ''}: {why}."
            ),
            remedy=(
                f"Map “{rate}” to the tax code of its own agency and credit and issue again what was "
                "sent under the wrong one; or answer why it is right."
            ),
        )


class Borne:
    """What of ours stands under which rate of theirs: the tax in home currency. Added up document by
    document."""

    def __init__(self, ours: Ours) -> None:
        self.taxes: dict[Owed, Decimal] = defaultdict(Decimal)
        self._theirs = TheirTaxes(Mappings.of(ours.connection))
        self._home = ours.connection.company.home_currency

    def add(self, document: Document) -> None:
        if not document.is_issued:
            return
        sign = 1 if document.kind == "invoice" else -1
        for share in document.shares:
            for part in _parts(self._theirs, share):
                tax = rounded(share.tax * document.exchange_rate, self._home)
                self.taxes[share.rate_id, share.agency, part] += sign * tax


def _parts(taxes: TheirTaxes, share: TaxShare) -> tuple[Part, ...]:
    part = taxes.part(share)
    return (part,) if part is not None else taxes.parts(share.rate_id)


def _why(agency: str, country: str, part: Part, books: str) -> str:
    """Their agency's name says it where both tell something, else the countries do."""
    same = same_agency(agency, part.agency)
    if same is False:
        return "another agency"
    if same is None and country and books and country != books:
        return f"{country} is not the country of those books ({books})"
    return ""


def _owed_to(agency: str, country: str) -> str:
    said = [each for each in (f"owed to {agency}" if agency else "", country) if each]
    return f" ({', '.join(said)})" if said else ""


def _country(code: str) -> str:
    return AS_ONE.get(code.strip().upper(), code.strip().upper())
