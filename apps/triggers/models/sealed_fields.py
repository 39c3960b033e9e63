"""What of events and the API lies sealed in the database."""

from django.db.models import Q

from apps.core.sealed_fields import SealedField

_ADD = "Add this listener again: what is meant for it waits or is refused."
SEALED = [
    *(
        SealedField(model="triggers.Endpoint", column=column, words="Listeners", lost=_ADD)
        for column in ("sealed_address", "sealed_secret", "sealed_secret_before")
    ),
    # An answer in clear is JSON or nothing; a sealed one begins as all of its kind do.
    SealedField(
        model="triggers.ApiRequest",
        column="answer",
        words="Answers with a secret, for a repeated request",
        lost="A repetition of that request is refused; after 30 days the row is gone.",
        rows=Q(answer__startswith="gAAAA"),
    ),
]
