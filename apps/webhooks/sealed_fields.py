"""What of deliveries lies sealed in the database."""

from django.db.models import Q

from apps.core.sealed_fields import SealedField, in_bytes

SEALED = [
    SealedField(
        model="webhooks.Registration",
        column="key",
        words="Keys of systems that tell us changes",
        lost="Register the address again: the page of the connection has the button.",
    ),
    # The body of every other delivery is as it came.
    SealedField(
        model="webhooks.Delivery",
        column="body",
        words="Handshakes that are not answered yet",
        lost="Register the address again: the page of the connection has the button.",
        parts=in_bytes,
        rows=Q(state="handshake"),
    ),
]
