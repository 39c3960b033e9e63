"""Pebble: customers, items, invoices and payments, by a key in a header."""

from apps.connectors.access import Environment, Field, Key
from tests.pebble.connector.capabilities import CAPABILITIES
from tests.pebble.connector.connector import connect

ACCESS = Key(
    fields=(Field(name="key", label="API key"),),
    headers=(("X-Pebble-Key", "{key}"),),
    asks_address=True,
)
ENVIRONMENTS = {"production": Environment()}  # its address is filled in

__all__ = ["ACCESS", "CAPABILITIES", "ENVIRONMENTS", "connect"]
