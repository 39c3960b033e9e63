"""What of connections lies sealed in the database."""

from apps.core.sealed_fields import SealedField

_AGAIN = "Connect these books again: their page has the button."
_FILE = "It can be read no more, and what it said stands in the records."
SEALED = [
    *(
        SealedField(
            model="connections.Grant",
            column=column,
            words="Access to accounting systems",
            lost=_AGAIN,
        )
        for column in ("access_token", "refresh_token", "secrets")
    ),
    SealedField(
        model="connections.BatchFile", column="sealed", words="Files handed over", lost=_FILE
    ),
    SealedField(
        model="connections.BroughtFile", column="sealed", words="Files brought back", lost=_FILE
    ),
]
