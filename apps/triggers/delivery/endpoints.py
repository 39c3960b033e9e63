"""Where events go: added, changed, switched off and on, given another secret, removed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.billing.models import Company
from apps.connections.clock import now
from apps.connections.typed_addresses import checked_address
from apps.triggers.delivery.recording import cancel_waiting
from apps.triggers.delivery.sending import wake
from apps.triggers.delivery.signing import new_secret
from apps.triggers.models import Delivery, Endpoint, Listening

__all__ = [
    "OVERLAP",
    "add",
    "change",
    "checked_address",
    "judged_address",
    "keep_change",
    "keep_new",
    "now",
    "remove",
    "rotate_secret",
    "switch_off",
    "switch_on",
    "waiting",
]

State = Endpoint.State
OVERLAP: Final = timedelta(hours=24)  # in which both secrets sign
REMOVED: Final = "It was removed."
NOT_WANTED: Final = "It was changed, and gets no such events any more."


def add(
    company: Company,
    *,
    name: str,
    address: str = "",
    fit: str | None = None,
    types: Sequence[str] = (),
    origin: Endpoint.Origin = Endpoint.Origin.PERSON,
    by_key: UUID | None = None,
) -> Endpoint:
    """In use from now on; `secrets[0]` of it is to be shown once. Without `types` it wants all.
    `address` is as it was typed, or `fit` what `judged_address` returned of it.

    Raises ValidationError in words, by field, for an address that leads where nothing is sent, or an
    event that there is not.
    """
    if fit is None:
        fit = judged_address(address)  # asks for its name: before any row is locked
    endpoint = Endpoint(
        company=company, name=name.strip(), types=list(types), origin=origin, by_key=by_key
    )
    keep_new(endpoint, fit=fit)
    return endpoint


def keep_new(endpoint: Endpoint, *, fit: str) -> None:
    """Save a new one; `fit` is what `checked_address` returned."""
    with transaction.atomic():
        Listening.objects.get_or_create(company=endpoint.company)
        endpoint.address = fit
        endpoint.take_secret(new_secret())
        endpoint.full_clean()
        endpoint.save()


def change(
    endpoint: Endpoint, *, name: str, types: Sequence[str], address: str | None = None
) -> None:
    """Another name, other events, and where it is given another address; what waits goes there, but for
    events that it gets no more, which are cancelled. Raises as `add`."""
    fit = None if address is None else judged_address(address)
    keep_change(endpoint, name=name, types=types, fit=fit)


def keep_change(
    endpoint: Endpoint, *, name: str, types: Sequence[str], fit: str | None = None
) -> None:
    """Likewise; `fit` is what `checked_address` returned of another address."""
    fields = ["name", "types"]
    endpoint.name, endpoint.types = name.strip(), list(types)
    if fit is not None:
        endpoint.address = fit
        fields += ["host", "sealed_address"]
    endpoint.full_clean()
    with transaction.atomic():
        endpoint.save(update_fields=fields)
        if endpoint.types:
            cancel_waiting(endpoint, NOT_WANTED, Q(event__type__in=endpoint.types))
        if fit is not None:
            # Whoever sends to the old one now stops before the next.
            Endpoint.objects.filter(pk=endpoint.pk).update(claim=None, claimed_until=None)
            _try_afresh(endpoint)


def switch_off(endpoint: Endpoint, reason: str) -> None:
    """By a person: nothing is sent until it is switched on; what waits stays."""
    _refuse_unless(endpoint, State.ON, "It is not in use.")
    endpoint.state, endpoint.reason = State.OFF, reason[:300]
    endpoint.failing_since = None
    endpoint.save(update_fields=["state", "reason", "failing_since"])


def switch_on(endpoint: Endpoint) -> int:
    """Again; what waited since goes out, and how many these are."""
    _refuse_unless(endpoint, State.OFF, "It is not switched off.")
    with transaction.atomic():
        endpoint.state, endpoint.reason = State.ON, ""
        endpoint.save(update_fields=["state", "reason"])
        _try_afresh(endpoint)
        return waiting(endpoint)


def remove(endpoint: Endpoint, reason: str = REMOVED) -> int:
    """For good: what waits is cancelled, and how many these were. A second time nothing is done."""
    if endpoint.state == State.GONE:
        return 0
    with transaction.atomic():
        endpoint.state, endpoint.reason = State.GONE, reason[:300]
        endpoint.failing_since = None
        endpoint.save(update_fields=["state", "reason", "failing_since"])
        return cancel_waiting(endpoint, reason)


def rotate_secret(endpoint: Endpoint) -> str:
    """The new one, to be shown once. For 24 hours both sign."""
    if endpoint.state == State.GONE:
        raise ValidationError(REMOVED)
    made = new_secret()
    endpoint.take_secret(made, before_until=now() + OVERLAP)
    endpoint.save(update_fields=["sealed_secret", "sealed_secret_before", "secret_before_until"])
    return made


def waiting(endpoint: Endpoint) -> int:
    return Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING).count()


def _try_afresh(endpoint: Endpoint) -> None:
    """As one that never failed: what waits is due now."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=0, failing_since=None, paused_until=None
    )
    endpoint.refresh_from_db()
    rows = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.WAITING)
    rows.update(due_at=now())
    wake()


def judged_address(address: str) -> str:
    """As `checked_address`, of which what is raised names its field."""
    try:
        return checked_address(address)
    except ValidationError as unfit:
        raise ValidationError({"address": unfit.messages}) from unfit


def _refuse_unless(endpoint: Endpoint, state: Endpoint.State, words: str) -> None:
    if endpoint.state != state:
        raise ValidationError(words)
