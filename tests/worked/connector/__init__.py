"""The worked ledger: a service that nobody sells, as unlike any other as the port allows."""

from tests.worked.connector.capabilities import CAPABILITIES
from tests.worked.connector.connector import connect

__all__ = ["CAPABILITIES", "connect"]
