"""QuickBooks Online: invoices, credit memos and payments over Intuit's Accounting API v3."""

from apps.connectors.quickbooks.capabilities import CAPABILITIES, CONSENT
from apps.connectors.quickbooks.connector import connect

__all__ = ["CAPABILITIES", "CONSENT", "connect"]
