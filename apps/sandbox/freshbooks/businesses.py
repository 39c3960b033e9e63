"""Open a new business: its account, its chart."""

import secrets
import string
from typing import Any
from uuid import uuid4

from ..clock import clock, microseconds
from ..models import BusinessRow
from .charts import furnish
from .store import Business, business, working
from .switches import DEFAULTS

FIRST = 439_000
LETTERS = string.ascii_letters + string.digits


def open_business(name: str, person: str, settings: dict[str, Any]) -> Business:
    """A business ready to be connected; `person` is who owns it, or may read it."""
    newest = BusinessRow.objects.order_by("-business").first()
    number = newest.business + 1 if newest else FIRST
    # Starts with a letter, so that it is never taken for a business's number.
    account = secrets.choice(string.ascii_letters) + "".join(
        secrets.choice(LETTERS) for _ in range(5)
    )
    BusinessRow.objects.create(
        business=number,
        account=account,
        uuid=str(uuid4()),
        name=name,
        person=person or f"person-{account}",
        settings={**DEFAULTS, **settings},
        created_us=microseconds(clock.now()),
    )
    books = business(number)
    assert books is not None
    with working(books):
        furnish(books)
    return books
