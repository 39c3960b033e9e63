"""The worked ledger: a service that nobody sells, as unlike any other as the port allows."""

from apps.connectors.access import Environment
from tests.worked.connector.access import ACCESS
from tests.worked.connector.capabilities import CAPABILITIES
from tests.worked.connector.connector import connect

ENVIRONMENTS = {"test": Environment()}  # its address is filled in

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "connect"]
