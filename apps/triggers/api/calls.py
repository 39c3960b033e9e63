"""What was asked with each key, and how often in the last minute."""

import math
import re
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from apps.connections.clock import now
from apps.staff.security import Kind, note
from apps.triggers.api.problems import Problem
from apps.triggers.models import ApiCall, ApiKey, ApiRequest

MINUTE: Final = timedelta(minutes=1)
KEPT: Final = timedelta(days=30)
CONVERTED: Final = re.compile(r"<(?:\w+:)?(\w+)>")
TOO_MANY: Final = 429
NOT_ALLOWED: Final = 403
REFUSALS_APART: Final = timedelta(hours=1)  # of one key at one address, as events


def note_call(request: HttpRequest, status: int, seconds: float, file: str = "") -> None:
    """Keep that it was asked; of a request without a key that is known, nothing. `file` is the name of
    what left as a file, if anything did."""
    key: ApiKey | None = getattr(request, "api_key", None)
    if key is None:
        return
    found = request.resolver_match
    call = ApiCall(
        key=key,
        method=str(request.method)[:10],
        path="" if found is None else CONVERTED.sub(r"{\1}", f"/{found.route}")[:120],
        status=status,
        milliseconds=round(seconds * 1000),
    )
    moment = now()
    if status == NOT_ALLOWED:
        _note_refusal(request, call, moment)
    elif file:
        words = f"Downloaded “{file}” by the key “{key.name}”, from {call.method} {call.path}."
        note(Kind.DOWNLOADED, words, request=request, person=key.user, file=file, key=key.pk)
    call.save()
    if key.last_used_at is None or key.last_used_at < moment - MINUTE:
        unused = Q(last_used_at=None) | Q(last_used_at__lt=moment - MINUTE)
        ApiKey.objects.filter(unused, pk=key.pk).update(last_used_at=moment)


def _note_refusal(request: HttpRequest, call: ApiCall, moment: datetime) -> None:
    """Once an hour for a key at an address: a script with a wrong scope asks each minute, and its calls
    are counted in the list of the key's calls anyway."""
    before = ApiCall.objects.filter(
        key=call.key_id, at__gt=moment - REFUSALS_APART, status=NOT_ALLOWED,
        method=call.method, path=call.path,
    )  # fmt: skip
    if not before.exists():
        words = f"Was refused {call.method} {call.path} of the API, with the key “{call.key.name}”."
        person = call.key.user
        note(Kind.ACT_REFUSED, words, request=request, person=person, key=call.key_id)


def refuse_too_many(key: ApiKey) -> None:
    """Raise above `API_CALLS_PER_MINUTE` within the last minute, by any process. What is refused here
    does not count, so that whoever goes on asking is let in again."""
    limit: int = settings.API_CALLS_PER_MINUTE
    if not limit:
        return
    since = now() - MINUTE
    recent = ApiCall.objects.filter(key=key, at__gt=since).exclude(status=TOO_MANY)
    moments = list(recent.order_by("-at").values_list("at", flat=True)[limit - 1 : limit])
    if moments:
        wait = max(1, math.ceil((moments[0] - since).total_seconds()))
        raise Problem(
            "too-many",
            f"This key may ask {limit} times a minute. Ask again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )


def forget_old() -> int:
    """Delete what is kept for 30 days alone; the number of rows."""
    before = now() - KEPT
    calls, _ = ApiCall.objects.filter(at__lt=before).delete()
    requests, _ = ApiRequest.objects.filter(made_at__lt=before).delete()
    return calls + requests
