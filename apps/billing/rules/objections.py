"""Can the company's books hold a document? Asked before it is frozen, when it can still be changed.

Billing knows no ledger: `sync` puts its answer here when it is ready. A question is asked inside the
transaction of the act, without a call.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from apps.billing.models import Document, DocumentLine


@dataclass(frozen=True, slots=True)
class ToBe:
    """A document about to be frozen, summed up, with its lines: neither need be stored."""

    document: Document
    lines: Sequence[DocumentLine]


# Answers, document by document, sentences on what the company's main books cannot hold.
Objector = Callable[[Sequence[ToBe]], Sequence[Sequence[str]]]
objectors: list[Objector] = []


def objections(documents: Sequence[ToBe]) -> list[list[str]]:
    """Of documents of one company: why its books could not hold each, empty where they can."""
    found: list[list[str]] = [[] for _ in documents]
    for objector in objectors:
        for sentences, said in zip(found, objector(documents), strict=True):
            sentences += said
    return found


def refuse_what_cannot_leave(document: Document, lines: Sequence[DocumentLine]) -> None:
    """Raise ValidationError with every reason why its books could not hold it."""
    if sentences := objections([ToBe(document, lines)])[0]:
        raise ValidationError(sentences)
