"""Differences kept as rows from one comparison to the next."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.connections.models import Connection
from apps.reconciliation.findings import Finding
from apps.reconciliation.models import Difference

TOLD = ("figure", "here", "there", "amount", "currency", "sentence")  # what moves


def keep_differences(connection: Connection, findings: Iterable[Finding], at: datetime) -> int:
    """Write down what a comparison of this moment found; what it found no more ends. How many stand.

    One that stood before is the same row, with what stands on each side now.
    """
    wanted = _by_fingerprint(findings)
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)  # one comparison at a time
        standing = Difference.objects.filter(connection=connection, ended_at=None)
        known = {row.fingerprint: row for row in standing}
        moved = []
        for fingerprint, row in known.items():
            news = _told(wanted[fingerprint]) if fingerprint in wanted else {"ended_at": at}
            if any(getattr(row, name) != value for name, value in news.items()):
                for name, value in news.items():
                    setattr(row, name, value)
                moved.append(row)
        Difference.objects.bulk_update(moved, [*TOLD, "ended_at"], batch_size=500)
        Difference.objects.bulk_create(
            [
                Difference(
                    connection=connection,
                    fingerprint=fingerprint,
                    why=each.why,
                    ours=[list(one) for one in each.ours],
                    theirs=[list(one) for one in each.theirs],
                    found_at=at,
                    seen_at=at,
                    **_told(each),
                )
                for fingerprint, each in wanted.items()
                if fingerprint not in known
            ],
            batch_size=500,
        )
        return standing.update(seen_at=at)


def _by_fingerprint(findings: Iterable[Finding]) -> Mapping[str, Finding]:
    """Several that are alike are told apart by their order, which is that of the records."""
    found: dict[str, Finding] = {}
    alike: dict[str, int] = defaultdict(int)
    for each in findings:
        plain = each.fingerprint()
        found[each.fingerprint(alike[plain])] = each
        alike[plain] += 1
    return found


def _told(each: Finding) -> dict[str, Any]:
    return {
        "figure": each.figure[:120],
        "here": each.here[:200],
        "there": each.there[:200],
        "amount": each.amount,
        "currency": each.currency,
        "sentence": str(each),
    }
