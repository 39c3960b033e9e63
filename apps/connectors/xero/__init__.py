"""Xero: invoices, credit notes and receipts over Xero's Accounting API 2.0."""

from apps.connectors.xero.access import ACCESS, ENVIRONMENTS
from apps.connectors.xero.capabilities import CAPABILITIES
from apps.connectors.xero.connector import connect
from apps.connectors.xero.webhooks import WEBHOOKS

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "WEBHOOKS", "connect"]
