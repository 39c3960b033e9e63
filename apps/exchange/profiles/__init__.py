"""HOW A LAYOUT IS READ: columns, constants, values and rules, as data.

The shape is `connectors/profiles.py`. Here lie those of our own files and of products without a
connector, and all are gathered.
"""

from apps.connectors.profiles import Field, Gather, Prefix, Profile, WalkIn
from apps.connectors.registry import beside
from apps.exchange.profiles.native import NATIVE
from apps.exchange.profiles.online_retail import ONLINE_RETAIL
from apps.exchange.profiles.plain import BY_NET, BY_TOTAL, IN_A_CELL
from apps.exchange.profiles.sage import AUDIT_TRAIL, QUICK_ENTRIES
from apps.exchange.profiles.wave import WAVE
from apps.exchange.profiles.zoho import ZOHO

__all__ = ["ONLINE_RETAIL", "PROFILES", "Field", "Gather", "Prefix", "Profile", "WalkIn"]

_ALL: list[Profile] = [
    *(NATIVE, ONLINE_RETAIL, BY_NET, BY_TOTAL, IN_A_CELL),
    *(QUICK_ENTRIES, AUDIT_TRAIL, WAVE, ZOHO),
    *beside("profiles", "PROFILES"),
]
# By code, in the order of their names.
PROFILES: dict[str, Profile] = {
    each.code: each for each in sorted(_ALL, key=lambda each: each.name.casefold())
}
