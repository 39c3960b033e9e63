"""Which permissions a person must have for what a file holds."""

from collections.abc import Mapping
from typing import Final

from apps.connectors.layouts import Holds

NEEDS: Final[Mapping[Holds, tuple[str, ...]]] = {
    Holds.DOCUMENTS: ("billing.view_invoice", "billing.view_creditnote"),
    Holds.PAYMENTS: ("billing.view_payment",),
    Holds.CUSTOMERS: ("billing.view_customer",),
    Holds.ITEMS: ("billing.view_item",),
    Holds.TAX_RATES: ("billing.view_taxrate",),
}
# Of the whole receivables.
ALL_OF_IT: Final = (
    "billing.view_invoice",
    "billing.view_creditnote",
    "billing.view_payment",
    "billing.view_refund",
    "billing.view_adjustment",
    "billing.view_deposit",
)
