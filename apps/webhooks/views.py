"""The addresses: verify, store, answer. Nothing is believed, read or looked up here."""

import hashlib
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from apps.connections.clock import now
from apps.connectors.webhooks import Headers, Webhooks
from apps.core.sealing import Sealer
from apps.webhooks.keys import keys_of, takes_handshakes, webhooks_of
from apps.webhooks.models import Delivery

MOST_BYTES = 1024 * 1024


# Whoever delivers has no session of ours: its signature is the proof.
@csrf_exempt
def receive(request: HttpRequest, system: str) -> HttpResponse:
    """One INSERT and an answer without a body: 200 stored (or stored before), 401 not signed by a
    key of ours, 404 no such address, 405, 413."""
    webhooks = webhooks_of(system)
    if webhooks is None or not (keys_of(system) or takes_handshakes(system)):
        return HttpResponse(status=404)
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        return HttpResponse(status=413)
    body = request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    delivery = _believed(system, webhooks, body, headers)
    if delivery is None:
        return HttpResponse(status=401)
    # Of one that is stored already nothing is written.
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)
    return HttpResponse(status=200)


@sensitive_variables()
def _believed(system: str, webhooks: Webhooks, body: bytes, headers: Headers) -> Delivery | None:
    """The row of a delivery that a key of ours signed, or of a handshake while these are taken."""
    identity = hashlib.sha256(body).hexdigest()
    row = Delivery(system=system, identity=identity, body=body, received_at=now())
    for environment, key in keys_of(system):
        if webhooks.signed(key, body, headers):
            row.environment = environment
            return row
    if webhooks.handshake is None or not takes_handshakes(system):
        return None
    if webhooks.handshake(body, headers) is None:
        return None
    row.state = Delivery.State.HANDSHAKE
    row.body = Sealer(settings.TOKEN_KEYS).seal(body.decode(), owner_of(identity)).encode()
    return row


def owner_of(identity: str) -> UUID:
    """What a handshake's body is sealed for."""
    return UUID(identity[:32])
