"""What moved the receivable in a month: kept when it is closed, and worked out anew whenever asked.

opening + invoices − credit notes − receipts + refunds − deductions − write-offs ± exchange = closing
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from apps.billing.models import Company
from apps.billing.standing.entries import Movement, entries
from apps.billing.standing.reading import Reading
from apps.core.moment import one_moment
from apps.core.money import ZERO

OPENING, CLOSING = "opening", "closing"
# In the order in which it is read; what stands beside the account moves no balance of it.
STEPS = (OPENING, *(each.value for each in Movement if not each.beside), CLOSING)
Figures = dict[str, dict[str, str]]  # currency, or HOME → step → amount as a text
HOME = "home"


def roll_forward(company: Company, last: date, known_at: datetime | None = None) -> Figures:
    """By currency of what is owed and, under `HOME`, all of them in home currency: what was owed
    before the month that ends on this day, what moved it, and what is owed at its end.

    As known at a moment (None: now). Amounts are debits of the receivable, as texts; a step of
    nothing is left out, but for both balances.
    """
    first = last.replace(day=1)
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with one_moment():
        for each in entries(Reading(company, last, known_at)):
            step = OPENING if each.dated < first else each.movement.value
            if each.amount:
                found[each.currency][step] += each.amount
                found[each.currency][CLOSING] += each.amount
            found[HOME][step] += each.home
            found[HOME][CLOSING] += each.home
    return {currency: _told(steps) for currency, steps in sorted(found.items())}


def _told(steps: Mapping[str, Decimal]) -> dict[str, str]:
    return {
        step: f"{steps.get(step, ZERO).normalize():f}"
        for step in STEPS
        if steps.get(step) or step in (OPENING, CLOSING)
    }
