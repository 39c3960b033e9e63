"""FreshBooks: invoices, credit notes and payments over FreshBooks' accounting API."""

from apps.connectors.freshbooks.access import ACCESS, ENVIRONMENTS
from apps.connectors.freshbooks.capabilities import CAPABILITIES
from apps.connectors.freshbooks.connector import connect

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "connect"]
