"""Where the key comes from the system itself: register the address, hear its key, tell it back.

Whoever knows the address can send what looks like the first delivery: it is signed by what it
brings. So it is kept only while we wait for one, and its key counts only once the system itself, on
our authorised line, has said that it is the one of our registration.
"""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from apps.connections.clock import now
from apps.connections.courier import ReadCourier
from apps.connections.endpoints import SIMULATED
from apps.connections.models import Connection
from apps.connectors.errors import ConnectionLost, ConnectorError
from apps.connectors.webhooks import Handshake, Registering
from apps.core.sealing import CannotOpen, Sealer
from apps.webhooks.keys import owner_of, webhooks_of
from apps.webhooks.models import Delivery, Registration

log = logging.getLogger(__name__)

WAITS_FOR = timedelta(days=1)  # so long after it was asked for, a first delivery is taken
AT_ONCE = 20  # first deliveries that may wait to be told back

State = Delivery.State


def address_of(system: str) -> str:
    """Where a system is to deliver to."""
    return f"{settings.SITE_URL}{reverse('webhook', args=[system])}"


def can_register(connection: Connection) -> bool:
    found = webhooks_of(connection.system)
    return found is not None and found.registering is not None


def register(connection: Connection) -> Registration:
    """Have these books call our address. Raises `ConnectorError` where they do not take it; what was
    heard meanwhile is told back at once, the rest by the duty of each minute."""
    registering = _registering(connection.system)
    address = address_of(connection.system)
    if connection.environment != SIMULATED and urlsplit(address).scheme != "https":
        raise ConnectionLost(
            f"{connection.system_name} delivers to https alone, and Tieout's address is {address}.",
            remedy="An administrator gives the public address in SITE_URL.",
        )
    # Before the call: the first delivery may come before its answer.
    row, _ = Registration.objects.update_or_create(
        connection=connection, defaults={"address": address, "asked_at": now(), "problem": ""}
    )
    with ReadCourier(connection) as courier:
        remote_id = registering.register(connection.remote_company_id, address, courier)
    Registration.objects.filter(pk=row.pk).update(remote_id=remote_id[:60])
    tell_back()
    row.refresh_from_db()
    return row


def withdraw(connection: Connection) -> str:
    """End what was registered with these books, whose key is forgotten here either way; "" or a
    sentence about what could not be told."""
    row = Registration.objects.filter(connection=connection).first()
    if row is None:
        return ""
    left = ""
    try:
        if row.remote_id:
            with ReadCourier(connection) as courier:
                _registering(connection.system).withdraw(
                    connection.remote_company_id, row.remote_id, courier
                )
    except ConnectorError as trouble:
        left = (
            f"{trouble.sentence} {connection.system_name} may go on calling {row.address}: Tieout "
            f"refuses it. Remove that address there."
        )
    row.delete()
    return left


def is_expected(system: str, handshake: Handshake) -> bool:
    """Whether we asked these books to deliver, and not so many wait already."""
    asked = Registration.objects.filter(
        connection__system=system,
        connection__remote_company_id=handshake.company,
        asked_at__gte=now() - WAITS_FOR,
    )
    waiting = Delivery.objects.filter(system=system, state=State.HANDSHAKE)
    return asked.exists() and waiting.count() < AT_ONCE


def tell_back() -> int:
    """Tell back whatever waits; how many are ours now. What cannot be told now waits on."""
    return sum(
        _told_back(each) for each in Delivery.objects.filter(state=State.HANDSHAKE).order_by("id")
    )


@sensitive_variables()
def _told_back(delivery: Delivery) -> bool:
    brought = _opened(delivery)
    row = _asked_for(delivery, brought) if brought is not None else None
    if brought is None or row is None:
        return _ended(delivery, State.NOT_OURS)
    if not row.remote_id:
        return False  # which registration is ours is not known yet
    if row.remote_id != brought.remote_id:
        return _ended(delivery, State.NOT_OURS)
    try:
        with ReadCourier(row.connection) as courier:
            right = _registering(delivery.system).tell_back(brought, courier)
    except ConnectorError as trouble:
        Registration.objects.filter(pk=row.pk).update(problem=trouble.sentence[:300])
        return False
    if not right:
        return _ended(delivery, State.NOT_OURS)
    key = Sealer(settings.TOKEN_KEYS).seal(brought.verifier, row.connection.public_id)
    with transaction.atomic():
        Registration.objects.filter(pk=row.pk).update(key=key, confirmed_at=now(), problem="")
        _ended(delivery, State.CONFIRMED)
    return True


@sensitive_variables()
def _opened(delivery: Delivery) -> Handshake | None:
    try:
        sealed = bytes(delivery.body).decode()
        body = Sealer(settings.TOKEN_KEYS).open(sealed, owner_of(delivery.identity)).encode()
    except CannotOpen as reason:
        log.warning("handshake %s cannot be opened: %s", delivery.pk, reason)
        return None
    return _registering(delivery.system).brought(body)


def _asked_for(delivery: Delivery, brought: Handshake) -> Registration | None:
    """The registration that waits for it; none once it has waited for long."""
    rows = Registration.objects.filter(
        connection__system=delivery.system,
        connection__remote_company_id=brought.company,
        asked_at__gte=now() - WAITS_FOR,
    )
    return rows.select_related("connection", "connection__grant", "connection__company").first()


def _ended(delivery: Delivery, state: Delivery.State) -> bool:
    """Its body held a secret that nobody needs any more. The same one that is sent again counts anew."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, body=b"", identity=f"{delivery.identity[:50]}:{delivery.pk}"
    )
    return False


def _registering(system: str) -> Registering:
    found = webhooks_of(system)
    if found is None or found.registering is None:
        raise LookupError(f"{system} is not registered with by a call")
    return found.registering
