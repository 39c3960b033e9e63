"""The simulated service of the worked ledger, from `../API.md` alone."""

from .server import Service
from .values import Refused

__all__ = ["Refused", "Service"]
