"""Once: what a request did is in one transaction with its `Idempotency-Key` and its answer."""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from django.db import connection, transaction
from django.http import HttpResponse

from apps.triggers.api.gate import Request
from apps.triggers.api.problems import Problem
from apps.triggers.models import ApiRequest

HEADER: Final = "Idempotency-Key"
SHAPE: Final = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS: Final = ("ETag", "Location")


def key_in(request: Request, *, needed: bool) -> str | None:
    """The key that was sent; None where none was and none is needed. Raises `Problem`."""
    sent = request.headers.get(HEADER)
    if sent is None and not needed:
        return None
    if sent is None:
        raise Problem(
            "idempotency-key-missing",
            "Send an Idempotency-Key, a new one for each thing to be done, such as a UUID: then "
            "the same request can be sent again when its answer was lost.",
            errors=[(HEADER, "It is missing.")],
        )
    if not SHAPE.fullmatch(sent):
        words = "It is 1 to 255 visible ASCII characters."
        raise Problem(
            "malformed", f"The Idempotency-Key is not right. {words}", errors=[(HEADER, words)]
        )
    return sent


def once(request: Request, key: str, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer by `do`, unless the key was used: then as it was answered, to the byte. What `do` refuses
    is taken back together with the use of the key."""
    asked = _asked(request)
    owner = request.auth.key
    with transaction.atomic():
        if not _alone(f"{owner.pk} {key}"):
            raise Problem(
                "in-progress",
                "A request with this Idempotency-Key is under way. Ask again in a second.",
                headers={"Retry-After": "1"},
            )
        row, fresh = ApiRequest.objects.get_or_create(
            key=owner, idempotency_key=key, defaults={"asked": asked}
        )
        if not fresh:
            return _again(row, asked)
        response = do()
        row.status = response.status_code
        row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        row.answer = response.content.decode()
        row.save(update_fields=["status", "headers", "answer"])
        return response


def _again(row: ApiRequest, asked: str) -> HttpResponse:
    if row.asked != asked:
        raise Problem(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request. Send a new one with this.",
            errors=[(HEADER, "It was used for another request.")],
        )
    response = HttpResponse(row.answer, status=row.status, content_type="application/json")
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def _asked(request: Request) -> str:
    said = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(said).hexdigest()


def _alone(name: str) -> bool:
    """Whether nobody is at it now, until this transaction ends. SQLite has one writer at a time: there
    the second waits, and finds what the first did."""
    if connection.vendor != "postgresql":
        return True
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        [taken] = cursor.fetchone()
    return bool(taken)
