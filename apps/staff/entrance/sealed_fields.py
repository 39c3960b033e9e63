"""What of the entrance lies sealed in the database."""

from typing import Any

from apps.core.sealed_fields import Change, SealedField


def _of_factor(data: Any, change: Change) -> Any:
    """An app has its secret, recovery codes have their seed or the codes themselves; a passkey has none."""
    found = dict(data)
    for name in ("secret", "seed"):
        if found.get(name):
            found[name] = change(found[name])
    if found.get("migrated_codes"):
        found["migrated_codes"] = [change(each) for each in found["migrated_codes"]]
    return found


SEALED = [
    SealedField(
        model="mfa.Authenticator",
        column="data",
        words="Second factors",
        lost="An Administrator resets the second factor of these people.",
        parts=_of_factor,
    )
]
