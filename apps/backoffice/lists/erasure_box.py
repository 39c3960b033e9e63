"""On a customer's page: how far its erasure has come, what stays and why, and what lies elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.apps import apps
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst

from apps.backoffice.frame.asked_once import asked_once
from apps.backoffice.frame.permissions import SEE_ERASURES, may
from apps.billing.models import Customer, Erasure
from apps.exchange.erasing.asking import erasure_of
from apps.exchange.erasing.marks import family_of
from apps.exchange.erasing.tables import walked
from apps.exchange.held import stays_because
from apps.exchange.imports.background import KEPT
from apps.exchange.models import CompanyArchive, FileImport, PrivateFile
from apps.sync.models import SyncRecord

SHOWN: Final = 50  # files of a kind
STOPS: Final = Erasure.State.REFUSED, Erasure.State.WITHDRAWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of one kind; `why` says of what stays how long."""

    words: str
    count: int
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldFile:
    """A file that may hold the person; `ends` is None where whoever took it keeps it."""

    kind: str
    name: str
    made: datetime
    ends: datetime | None


def last_erasure(customer: Customer) -> Erasure | None:
    """Asked once for a page: each act and its box look at it."""
    return asked_once((erasure_of, customer.pk), lambda: erasure_of(customer))


def erasure_box(request: HttpRequest, customer: Customer) -> str:
    """Empty where nobody asked, and for who may not see it."""
    asked = last_erasure(customer) if may(request, SEE_ERASURES) else None
    if asked is None:
        return ""
    agreed = asked.state == Erasure.State.APPROVED
    labels = [each._meta.label for each in walked()]
    place = labels.index(asked.table) if asked.table in labels else 0
    context = {
        "asked": asked,
        "agreed": agreed,
        "running": asked.is_running,
        "stopped": asked.state in STOPS,
        "place": place,
        "tables": len(labels),
        "changed": _tables(asked.counts),
        "left": _tables(asked.left, why=True) if agreed else [],
        "files": _files(customer) if agreed else [],
        "books": _books(customer) if agreed else [],
        "company": customer.company,
    }
    return render_to_string("backoffice/lists/erasure.html", context, request)


def _tables(counts: Mapping[str, int], *, why: bool = False) -> list[Table]:
    found = []
    for label, count in sorted(counts.items()):
        words = capfirst(str(apps.get_model(label)._meta.verbose_name_plural))
        found.append(Table(words=words, count=count, why=stays_because(label) if why else ""))
    return found


def _books(customer: Customer) -> list[str]:
    """What the accounting systems are called that have a copy."""
    rows = SyncRecord.objects.filter(customer__in=family_of(customer))
    found = rows.select_related("connection").order_by("connection_id")
    return list(
        dict.fromkeys(each.connection.name or each.connection.system_name for each in found)
    )


def _files(customer: Customer) -> list[HeldFile]:
    """What was made or brought since the customer is here, newest first, and is not gone yet."""
    since, company, now = customer.created_at, customer.company_id, timezone.now()
    kept = PrivateFile.objects.filter(company=company, made_at__gte=since, gone_at=None)
    brought = FileImport.objects.filter(company=company, moved_at__gte=max(since, now - KEPT))
    archives = CompanyArchive.objects.filter(company=company, ended_at__gte=since)
    return [
        *(
            HeldFile(kind="Kept file", name=each.name, made=each.made_at, ends=each.kept_until)
            for each in kept.order_by("-pk")[:SHOWN]
        ),
        *(
            HeldFile(
                kind="Original of an import",
                name=each.name,
                made=each.brought_at,
                ends=each.moved_at + KEPT,
            )
            for each in brought.exclude(path="").order_by("-pk")[:SHOWN]
        ),
        *(
            HeldFile(kind="Archive", name=str(each.company), made=each.began_at, ends=None)
            for each in archives.order_by("-pk")[:SHOWN]
        ),
    ]
