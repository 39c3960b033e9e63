"""Accounting software without an API: numbered files of CSV out, and what its bookkeeper says back."""

from apps.connectors.csv_ledger.access import ACCESS, ENVIRONMENTS
from apps.connectors.csv_ledger.capabilities import CAPABILITIES
from apps.connectors.csv_ledger.connector import connect

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "connect"]
