"""FreshBooks: invoices, credit notes and payments over FreshBooks' accounting API."""

from apps.connectors.freshbooks.access import ACCESS, ENVIRONMENTS
from apps.connectors.freshbooks.capabilities import CAPABILITIES
from apps.connectors.freshbooks.connector import connect
from apps.connectors.freshbooks.webhooks import WEBHOOKS

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "WEBHOOKS", "connect"]
