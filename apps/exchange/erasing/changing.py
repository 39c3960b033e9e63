"""Rows written anew without somebody's words, each told as a deed, so that the audit trail knows it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import IntegrityError, models, transaction

from apps.core.deeds import Deed, What, tell
from apps.exchange.erasing.tables import PARTS, rows
from apps.reconciliation.models import BooksProof
from apps.reconciliation.models.proofs import checksum

CODE: Final = 60  # letters: a shorter column holds a code, no sentence


def write(
    model: type[models.Model], said: Mapping[int, Mapping[str, Any]], rule: str
) -> tuple[int, ...]:
    """Write each row's new values, by key; those that the database refused. Inside `lifted()`, in a
    transaction."""
    refused: list[int] = []
    for key, values in said.items():
        changes = dict(values)
        if model is BooksProof and "content" in changes:
            # What was signed is what stands there: the trail keeps that a rule wrote it anew.
            changes["sha256"] = checksum(changes["content"])
        try:
            with transaction.atomic():
                rows(model).filter(pk=key).update(**changes)
        except IntegrityError:  # it has to be the only one of its value
            refused.append(key)
    told(model, set(said) - set(refused), rule)
    return tuple(refused)


def told(model: type[models.Model], keys: Iterable[int], rule: str) -> None:
    changed = sorted(keys)
    for part in dict.fromkeys(("", PARTS.get(model._meta.label, ""))):
        tell(Deed(what=What.CHANGED, rule=rule, table=model._meta.label, part=part, keys=changed))


def fitting(field: Any, cleaned: Any, record: Any, by: str) -> Any:
    """Text that is too long is cut; a short one, which may have to be the only one, is one of its
    record."""
    longest = field.max_length
    if not isinstance(cleaned, str) or longest is None:
        return cleaned
    if longest < CODE and (cleaned == by or len(cleaned) > longest):
        return f"Erased {record}"[:longest]
    return cleaned[:longest]
