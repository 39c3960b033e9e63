"""The addresses: verify, store, answer. Nothing is believed, read or looked up here."""

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from apps.connections.clock import now
from apps.connectors.webhooks import Headers, Webhooks
from apps.core.numbers import whole
from apps.core.sealing import Sealer
from apps.webhooks.keys import has_address, keys_of, owner_of, told_keys, webhooks_of
from apps.webhooks.models import Delivery
from apps.webhooks.refusals import refused
from apps.webhooks.registering import is_expected

MOST_BYTES = 1024 * 1024

Reason = Delivery.Reason


# Whoever delivers has no session of ours: its signature is the proof.
@csrf_exempt
def receive(request: HttpRequest, system: str) -> HttpResponse:
    """One INSERT and an answer without a body: 200 stored (or stored before), 401 not signed by a
    key of ours, 404 no such address, 405, 413."""
    webhooks = webhooks_of(system)
    if webhooks is None or not has_address(system, webhooks):
        return HttpResponse(status=404)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    length = whole(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > MOST_BYTES:
        refused(system, Reason.TOO_LONG)
        return HttpResponse(status=413)
    body = request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    delivery = _believed(system, webhooks, body, headers)
    if isinstance(delivery, Reason):
        refused(system, delivery)
        return HttpResponse(status=401)
    # Of one that is stored already nothing is written.
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
    return HttpResponse(status=200)


@sensitive_variables()
def _believed(
    system: str, webhooks: Webhooks, body: bytes, headers: Headers
) -> Delivery | Delivery.Reason:
    """The row of a delivery that a key of ours signed, or of a handshake that we wait for; else why
    it is refused."""
    identity = hashlib.sha256(body).hexdigest()
    row = Delivery(system=system, identity=identity, body=body, received_at=now())
    for environment, key in _keys(system, webhooks, body):
        if webhooks.signed(key, body, headers):
            row.environment = environment
            return row
    registering = webhooks.registering
    handshake = registering.handshake(body, headers) if registering is not None else None
    if handshake is None:
        return Reason.NOT_SIGNED
    if not is_expected(system, handshake):
        return Reason.UNEXPECTED
    row.state = Delivery.State.HANDSHAKE
    row.body = Sealer(settings.TOKEN_KEYS).seal(body.decode(), owner_of(identity)).encode()
    return row


def _keys(system: str, webhooks: Webhooks, body: bytes) -> Iterator[tuple[str, str]]:
    yield from keys_of(system)
    yield from told_keys(system, webhooks, body)
