"""The fingerprint of what a test invoice relied on: a change of it closes automation again."""

import hashlib
import json
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Mapped

from django.db.models import F, Q

from apps.connections.models import Connection
from apps.connections.stage import moved, pausing
from apps.mappings.look_up import Key, key_of
from apps.mappings.models import Mapping, RemoteCode


def fingerprint(
    connection: Connection,
    *,
    instead: Mapped[Key, RemoteCode] | None = None,
    of: Collection[str] | None = None,
) -> str:
    """SHA-256, in hex, of the settings and mappings now in force; with `instead`, as they would be
    with these codes in place of those in force; with `of`, by the mappings of these subjects alone.

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
    rows = Mapping.objects.filter(connection=connection).select_related("code")
    if not instead:
        rows = rows.filter(first_code__isnull=False).exclude(code=F("first_code"))
    if of is not None:
        rows = rows.filter(subject__in=of)
    return _hashed(connection, rows, instead)


def fingerprint_from(connection: Connection, rows: Iterable[Mapping], of: Collection[str]) -> str:
    """`fingerprint` of these subjects, from the mappings of the connection as they were read."""
    changed = [
        row
        for row in rows
        if row.subject in of and row.first_code_id is not None and row.code_id != row.first_code_id
    ]
    return _hashed(connection, changed, None)


def _hashed(
    connection: Connection, rows: Iterable[Mapping], instead: Mapped[Key, RemoteCode] | None
) -> str:
    changed = []
    for row in rows:
        key = key_of(row)
        code = (instead or {}).get(key, row.code)
        if code.pk != (row.first_code_id or row.code_id):
            changed.append([*key, code.remote_id])
    settings = {
        "books": [connection.system, connection.environment, connection.remote_company_id],
        "home_currency": connection.home_currency,
        "tax_regime": connection.tax_regime,
        "changed": sorted(changed),
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
