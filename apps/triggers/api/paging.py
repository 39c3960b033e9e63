"""Lists in pages, from the newest record to the oldest: what is added meanwhile moves nothing."""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from pydantic import BaseModel, Field

from apps.billing.models import Allocation
from apps.core.numbers import whole
from apps.triggers.api.answers import Answer
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import Day, Moment
from apps.triggers.api.problems import Problem
from apps.triggers.shapes import Shape

MOST: Final = 100
Of = TypeVar("Of")


class Asked(BaseModel):
    """The parameters of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST, description="Records a page.")] = 50
    cursor: Annotated[
        str, Field(max_length=60, description="From `next` of the page before; opaque.")
    ] = ""


class AskedOfCompany(Asked):
    company: Annotated[
        int | None, Field(ge=1, lt=2**31, description="Its number. Empty: all of the key.")
    ] = None


class AskedOfRecords(AskedOfCompany):
    changed_since: Annotated[
        Moment | None,
        Field(description="Changed at this moment or later, such as 2026-03-31T08:15:00Z."),
    ] = None


class AskedByDate(AskedOfRecords):
    dated_from: Annotated[Day | None, Field(description="The record's own date.")] = None
    dated_until: Day | None = None


class Page(Shape, Generic[Of]):
    """`next` is the address of the page that follows; null on the last."""

    data: list[Of]
    next: str | None


def page_of(
    request: Request, rows: "QuerySet[Any]", asked: Asked, shape: Callable[[Any], Any]
) -> Answer:
    """The page that is asked for; one query beside those that load what the shapes show."""
    found, address = cut(request, rows, asked)
    return Answer(body=Page[Any](data=[shape(each) for each in found], next=address))


def cut(request: Request, rows: "QuerySet[Any]", asked: Asked) -> tuple[list[Any], str | None]:
    """The records of the page, and the address of the next."""
    if asked.cursor:
        rows = rows.filter(pk__lt=_last(asked.cursor))
    found = list(rows.order_by("-pk")[: asked.limit + 1])
    if len(found) <= asked.limit:
        return found, None
    found = found[: asked.limit]
    query = {**request.GET.dict(), "cursor": _cursor(found[-1].pk)}
    return found, request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def of_companies(
    request: Request, rows: "QuerySet[Any]", asked: AskedOfCompany, path: str = "company"
) -> "QuerySet[Any]":
    """Of the company that is asked for, of those of the key."""
    if asked.company is None:
        return rows.filter(**{f"{path}__in": request.auth.company_ids})
    return rows.filter(**{path: request.auth.company(asked.company)})


def changed(rows: "QuerySet[Any]", asked: AskedOfRecords, applied_by: str = "") -> "QuerySet[Any]":
    """Changed since then. `applied_by` is how an allocation names the record, where what is applied is
    a change of it."""
    if asked.changed_since is None:
        return rows
    wanted = Q(updated_at__gte=asked.changed_since)
    if applied_by:
        applied = Allocation.objects.filter(
            **{applied_by: OuterRef("pk")}, updated_at__gte=asked.changed_since
        )
        wanted |= Q(Exists(applied))
    return rows.filter(wanted)


def dated(rows: "QuerySet[Any]", asked: AskedByDate, field: str) -> "QuerySet[Any]":
    if asked.dated_from is not None:
        rows = rows.filter(**{f"{field}__gte": asked.dated_from})
    if asked.dated_until is not None:
        rows = rows.filter(**{f"{field}__lte": asked.dated_until})
    return rows


def _cursor(pk: int) -> str:
    return base64.urlsafe_b64encode(f"1:{pk}".encode()).decode().rstrip("=")


def _last(cursor: str) -> int:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, _, key = raw.decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        version, key = "", ""
    last = whole(key)
    if version != "1" or last is None:
        words = "It is none that a page gave. Begin without one."
        raise Problem("invalid", f"The cursor is not right. {words}", errors=[("cursor", words)])
    return last
