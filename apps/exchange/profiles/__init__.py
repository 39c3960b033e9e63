"""HOW A LAYOUT IS READ: columns, constants, values and rules, as data."""

from apps.exchange.profiles.online_retail import ONLINE_RETAIL
from apps.exchange.profiles.shape import Field, Gather, Prefix, Profile, WalkIn

__all__ = ["ONLINE_RETAIL", "PROFILES", "Field", "Gather", "Prefix", "Profile", "WalkIn"]

PROFILES: dict[str, Profile] = {each.code: each for each in (ONLINE_RETAIL,)}
