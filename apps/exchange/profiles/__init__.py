"""HOW A LAYOUT IS READ: columns, constants, values and rules, as data.

The shape is `connectors/profiles.py`. Here lie those of our own files and of products without a
connector, and all are gathered.
"""

from apps.connectors.profiles import (
    AnyProfile,
    Field,
    Gather,
    Prefix,
    Profile,
    RecordProfile,
    WalkIn,
)
from apps.connectors.registry import beside
from apps.exchange.profiles import masters_elsewhere, native_records, paypal, shopify, stripe
from apps.exchange.profiles.native import NATIVE
from apps.exchange.profiles.online_retail import ONLINE_RETAIL
from apps.exchange.profiles.payments import PAYMENTS
from apps.exchange.profiles.plain import BY_NET, BY_TOTAL, IN_A_CELL
from apps.exchange.profiles.sage import AUDIT_TRAIL, QUICK_ENTRIES
from apps.exchange.profiles.wave import WAVE
from apps.exchange.profiles.zoho import ZOHO

__all__ = [
    "ALL_PROFILES",
    "ONLINE_RETAIL",
    "PROFILES",
    "RECORD_PROFILES",
    "Field",
    "Gather",
    "Prefix",
    "Profile",
    "WalkIn",
]

_ALL: list[Profile] = [
    *(NATIVE, ONLINE_RETAIL, BY_NET, BY_TOTAL, IN_A_CELL),
    *(QUICK_ENTRIES, AUDIT_TRAIL, WAVE, ZOHO, shopify.ORDERS),
    *beside("profiles", "PROFILES"),
]
# Of documents, by code, in the order of their names.
PROFILES: dict[str, Profile] = {
    each.code: each for each in sorted(_ALL, key=lambda each: each.name.casefold())
}
# Those of records and of money, gathered alike.
_RECORDS: list[RecordProfile] = [
    *native_records.PROFILES,
    *masters_elsewhere.PROFILES,
    *PAYMENTS,
    *(*stripe.PROFILES, *paypal.PROFILES, *shopify.PROFILES),
    *native_records.PROFILES,
    *masters_elsewhere.PROFILES,
    *beside("record_profiles", "PROFILES"),
]
RECORD_PROFILES: dict[str, RecordProfile] = {
    each.code: each for each in sorted(_RECORDS, key=lambda each: each.name.casefold())
}
ALL_PROFILES: dict[str, AnyProfile] = {**PROFILES, **RECORD_PROFILES}
