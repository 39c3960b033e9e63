"""What a ledger does not tell besides its trial balance."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from apps.connectors.port import Courier


class ByAccount:
    """Of a ledger whose trial balance tells each account that customers owe, or that tax is owed on, and
    of one that tells no total: nothing besides is asked."""

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        return {}

    def tax_on_sales(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        return {}
