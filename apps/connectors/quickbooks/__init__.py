"""QuickBooks Online: invoices, credit memos and payments over Intuit's Accounting API v3."""

from apps.connectors.quickbooks.access import ACCESS, ENVIRONMENTS
from apps.connectors.quickbooks.capabilities import CAPABILITIES
from apps.connectors.quickbooks.connector import connect
from apps.connectors.quickbooks.webhooks import WEBHOOKS

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "WEBHOOKS", "connect"]
