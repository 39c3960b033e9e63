"""What of alerts lies sealed in the database."""

from apps.core.sealed_fields import SealedField

SEALED = [
    SealedField(
        model="alerts.AlertRule",
        column="sealed_address",
        words="Addresses of chats",
        lost="Enter the address of the chat again on the page of the rule.",
    )
]
