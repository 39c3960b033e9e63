"""How a company taxes its sales. Today: not at all; other regimes take their place beside it."""

from typing import Any, Protocol

from ..models import Company
from . import faults


class Regime(Protocol):
    """One way of taxing; a profile of a company names its regime."""

    def line_code(self, sent: str | None) -> str:
        """The tax code a line is answered with; raises when the sent one is not theirs."""

    def document_tax(self, lines: list[dict[str, Any]], sent: dict[str, Any]) -> dict[str, Any]:
        """TxnTaxDetail as answered, its TotalTax included."""


class SalesTaxOff:
    """A US company that does not use sales tax: every tax that is sent is dropped."""

    def line_code(self, sent: str | None) -> str:
        if sent not in (None, "", "TAX", "NON"):
            raise faults.Refused("6100", "Line tax code must be TAX or NON.", "TaxCodeRef")
        return "NON"

    def document_tax(self, lines: list[dict[str, Any]], sent: dict[str, Any]) -> dict[str, Any]:
        return {"TotalTax": 0}


REGIMES: dict[str, Regime] = {"us_no_tax": SalesTaxOff()}


def regime_of(company: Company) -> Regime:
    """The company's regime; 500 for profiles that exist to be recognised, not to be sold in."""
    try:
        return REGIMES[company.profile]
    except KeyError:
        raise faults.Refused(
            "500", f"Sales are not simulated for a company of profile {company.profile}."
        ) from None
