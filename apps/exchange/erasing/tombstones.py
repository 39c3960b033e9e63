"""What was erased is erased again where a backup or an archive brings it back.

A tombstone is a customer's public id, which archives and backups know it by too; no name is in it. A
database that was put back has lost its own: so they leave and come as a file.
"""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.billing.models import Customer, Erasure, Tombstone
from apps.exchange.erasing.asking import begin
from apps.exchange.erasing.ending import rest_kept_until
from apps.exchange.erasing.tables import rows
from apps.staff.security import Kind, note

WHAT: Final = "tieout erased customers"
AT_ONCE: Final = 500
LARGEST: Final = 64 << 20  # bytes of such a file


class NoList(Exception):
    """A file that is no list of what was erased; a sentence."""


def as_text() -> str:
    found = Tombstone.objects.order_by("pk").values_list("public_id", "erased_at")
    said = [[str(public_id), at.isoformat()] for public_id, at in found.iterator()]
    return json.dumps({"what": WHAT, "erased": said}, indent=1) + "\n"


def learn(text: str) -> int:
    """Take over what such a file names; how many were not known. Raises `NoList`."""
    stones = [Tombstone(public_id=key, erased_at=at) for key, at in _read(text)]
    before = Tombstone.objects.count()
    Tombstone.objects.bulk_create(stones, batch_size=AT_ONCE, ignore_conflicts=True)
    return Tombstone.objects.count() - before


def erase_again(company: int | None = None) -> int:
    """Erase each customer that was erased before and stands here as if it was not; how many.

    Of one company, or of all. What is open of it stops nothing: it was settled where it was erased.
    """
    there = Customer.objects.filter(erased_at=None, merged_into=None).order_by("pk")
    if company is not None:
        there = there.filter(company=company)
    count = 0
    stones = Tombstone.objects.values("public_id")
    for customer in there.filter(public_id__in=stones).select_related("company"):
        with transaction.atomic():
            _begin_again(customer)
        count += 1
    return count


def _begin_again(customer: Customer) -> None:
    now = timezone.now()
    # Who had asked then, as it stands here, is answered by it.
    rows(Erasure).filter(customer=customer, state=Erasure.State.WAITING).update(
        state=Erasure.State.WITHDRAWN, decided_at=now, reason="It was erased before."
    )
    asked = Erasure(
        customer=customer,
        again=True,
        state=Erasure.State.APPROVED,
        decided_at=now,
        rest_kept_until=rest_kept_until(customer),
    )
    asked.save()
    begin(asked)
    note(
        Kind.ERASURE,
        f"Customer {customer.pk} was erased before and had come back: it is erased again.",
        customer=customer.pk,
        erasure=asked.pk,
    )


def _read(text: str) -> list[tuple[UUID, datetime]]:
    try:
        found: Any = json.loads(text)
        if found["what"] != WHAT:
            raise ValueError
        return [(UUID(key), _moment(at)) for key, at in found["erased"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NoList(
            "This is no list of what was erased. Write one by “manage.py erased --to” in the "
            "installation where it was erased."
        ) from None


def _moment(written: str) -> datetime:
    found = parse_datetime(written)
    if found is None or found.tzinfo is None:
        raise ValueError
    return found
