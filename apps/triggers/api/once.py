"""Once: what a request did is in one transaction with its `Idempotency-Key` and its answer."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse

from apps.billing.sight import companies_of
from apps.core.sealing import CannotOpen, Sealer
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


def once_sealed(request: Request, key: str, do: Callable[[], HttpResponse]) -> HttpResponse:
    """As `once`, of an answer that holds a secret: what is kept of it nobody reads without the key of
    this installation. A repetition where that was lost is refused."""
    sealer, owner = Sealer(settings.TOKEN_KEYS), request.auth.key.public_id
    return once(
        request,
        key,
        do,
        Kept(lambda text: sealer.seal(text, owner), lambda text: sealer.open(text, owner)),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """How an answer is written down, and read again."""

    write: Callable[[str], str] = str
    read: Callable[[str], str] = str


AS_IT_IS: Final = Kept()


def once(
    request: Request, key: str, do: Callable[[], HttpResponse], kept: Kept = AS_IT_IS
) -> HttpResponse:
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
            return _again(row, asked, kept)
        response = do()
        row.status = response.status_code
        row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        row.answer = kept.write(response.content.decode())
        row.save(update_fields=["status", "headers", "answer"])
        return response


def _again(row: ApiRequest, asked: str, kept: Kept) -> HttpResponse:
    if row.asked != asked:
        raise Problem(
            "idempotency-key-reused",
            "This Idempotency-Key was used for another request. Send a new one with this.",
            errors=[(HEADER, "It was used for another request.")],
        )
    try:
        said = kept.read(row.answer)
    except CannotOpen:
        raise Problem(
            "idempotency-key-reused",
            "It was answered with a secret that cannot be opened any more: the key that sealed it is "
            "gone. Send a new Idempotency-Key.",
            errors=[(HEADER, "What it was answered cannot be repeated.")],
        ) from None
    response = HttpResponse(said, status=row.status, content_type="application/json")
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def _asked(request: Request) -> str:
    """Of what is asked, and of the companies of whoever sees some only: once they are others, what was
    answered before is not repeated."""
    seen = companies_of(request.auth.user)
    whose = b"" if seen is None else f"{sorted(seen)}\n".encode()
    said = whose + f"{request.method} {request.get_full_path()}\n".encode() + request.body
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
