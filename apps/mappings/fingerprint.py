"""The fingerprint of what a test invoice relied on: a change of it closes automation again."""

import hashlib
import json

from django.db.models import F, Q

from apps.connections.models import Connection
from apps.connections.stage import moved, pausing
from apps.mappings.look_up import key_of
from apps.mappings.models import Mapping


def fingerprint(connection: Connection) -> str:
    """SHA-256, in hex, of the settings and mappings now in force.

    In it: which books these are, their home currency and tax regime, and every mapping that is
    called otherwise than at first. Not in it:

    - a mapping that still has its first code. So a mapping for a new item, method or term leaves
      the fingerprint as it is (nothing that was tested reads otherwise now), while any change of an
      existing mapping alters it, and taking that change back restores it;
    - the cut-off: it says which documents are sent, not how one reads over there.

    An item that was there when the test matched was booked to the default account until it gets
    one of its own, so `choices.set_mapping` gives that account as its first code: it is a change.
    A mapping is never deleted, else removing and adding it again would hide a change.
    """
    changed = Mapping.objects.filter(connection=connection, first_code__isnull=False)
    changed = changed.exclude(code=F("first_code")).select_related("code")
    settings = {
        "books": [connection.system, connection.environment, connection.remote_company_id],
        "home_currency": connection.home_currency,
        "tax_regime": connection.tax_regime,
        "changed": sorted([*key_of(row), row.code.remote_id] for row in changed),
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def refresh(connection: Connection, *, reason: str = "") -> None:
    """Write the fingerprint in force. Another one than before is another one than the test of a
    live connection used (a CHECK holds the two equal while it is live), so it is paused in the same
    UPDATE, with `reason`. `connection` is refreshed when anything was written."""
    value = fingerprint(connection)
    moved(
        connection,
        when=~Q(settings_fingerprint=value),
        settings_fingerprint=value,
        **pausing(reason or "Its settings have changed. Send a test invoice again, then go live."),
    )
