"""Reports: the names the API knows, each worked out from the books when it is asked for."""

from collections.abc import Callable

from .. import faults
from ..book import Book
from .aging import aged_detail, aged_summary
from .balances import customer_balance, customer_balance_detail
from .frame import Json, Params
from .taxes import tax_summary
from .trial import Row, trial_balance, trial_balance_report

__all__ = ["Row", "run", "trial_balance"]

REPORTS: dict[str, Callable[[Book, Params], Json]] = {
    "TrialBalance": trial_balance_report,
    "AgedReceivables": aged_summary,
    "AgedReceivableDetail": aged_detail,
    "CustomerBalance": customer_balance,
    "CustomerBalanceDetail": customer_balance_detail,
    "TaxSummary": tax_summary,
}


def run(book: Book, name: str, params: Params) -> Json:
    """`reports/{name}` in the documented shape; 500 for a report that is not simulated."""
    rule = REPORTS.get(name)
    if rule is None:
        raise faults.Refused("500", f"Report {name} is not supported.")
    return rule(book, params)
