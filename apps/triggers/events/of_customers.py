"""What happened to customers: one was added, or something that others see of it was changed.

A customer's revision is raised by every save. What others see stays the same where nothing was
changed after all, or notes alone; and a merge is told by the documents that follow it, since whoever
keeps the two apart elsewhere is not to follow it by itself.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import Max, Q

from apps.billing.models import Customer
from apps.triggers.events.facts import Changes, Fact, made
from apps.triggers.models import Event, EventType

SEEN: Final = (
    *("code", "name", "email", "phone", "tax_number", "currency", "address_lines", "city"),
    *("region", "postal_code", "country", "terms_id", "tax_rate_id", "parent_id", "active"),
)
Values = Mapping[str, Any]


def customer_facts(changes: Changes, since: datetime) -> Iterator[Fact]:
    """`since`: when somebody began to listen."""
    keys = changes.keys("customer")
    if not keys:
        return
    names = ("pk", "revision", "created_at", "merged_into_id", *SEEN)
    customers = {each["pk"]: each for each in Customer.objects.filter(pk__in=keys).values(*names)}
    told = _told(customers)
    news: dict[int, Values] = {}  # of those that may have been changed
    for key, customer in customers.items():
        rows = changes.of("customer", key)
        if rows[0].revision == 1:
            yield made(
                EventType.CUSTOMER_CREATED,
                rows[0],
                happened_at=customer["created_at"],
                revision=customer["revision"],
            )
            if not rows[0].quiet and customer["created_at"] >= since:
                continue  # it was told as it stands now
        if rows[-1].revision > max(1, told.get(key, 0)):
            news[key] = customer
    before = _before(changes, news, told)
    for key, customer in news.items():
        if not _looks_other(customer, before.get(key)):
            continue
        later = [each for each in changes.of("customer", key) if each.revision > 1]
        loud = [each for each in later if not each.quiet]
        yield made(
            EventType.CUSTOMER_UPDATED,
            (loud or later)[-1],
            happened_at=(loud or later)[-1].made_at,
            time=str(customer["revision"]),
            revision=customer["revision"],
        )


def _told(customers: Mapping[int, Values]) -> dict[int, int]:
    """The newest revision of each that was told, or was to be."""
    rows = Event.objects.filter(subject="customer", subject_id__in=customers).order_by()
    return dict(rows.values_list("subject_id").annotate(Max("revision")))


def _before(
    changes: Changes, customers: Mapping[int, Values], told: Mapping[int, int]
) -> dict[int, Values]:
    """How each stood when it was told last, or before these changes."""
    if not customers:
        return {}
    wanted = Q(pk__in=[])
    for key in customers:
        first = next(each.revision for each in changes.of("customer", key) if each.revision > 1)
        wanted |= Q(id=key, revision=max(first - 1, told.get(key, 0)))
    history: Any = Customer.history
    rows = history.filter(wanted).order_by("history_id")
    return {each["id"]: each for each in rows.values("id", "merged_into_id", *SEEN)}


def _looks_other(now: Values, before: Values | None) -> bool:
    """Without what it was before, nobody can say that it is the same."""
    if before is None:
        return True
    differing = {name for name in SEEN if now[name] != before[name]}
    if now["merged_into_id"] != before["merged_into_id"]:
        differing.discard("active")
    return bool(differing)
