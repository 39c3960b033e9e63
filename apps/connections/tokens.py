"""Credentials of a grant: renewed by one worker at a time, and saved before they are used."""

import secrets
import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.views.decorators.debug import sensitive_variables

from apps.connections import clock
from apps.connections.models import Grant
from apps.connections.oauth import GrantRefused, Pair
from apps.connections.sealed import connect_again, name_of, opened, seal
from apps.connections.ways import next_pair
from apps.connectors.errors import ConnectionLost, TryLater

# Renewed this long before it ends, so that no call of a task meets the end.
RENEW_EARLY = timedelta(minutes=5)
POLL_SECONDS = 0.1


@sensitive_variables()
def access_token(grant: Grant) -> str:
    """The token for the next calls, renewed first when it is about to end.

    Raises `ConnectionLost` (a person must connect again) and `TryLater`.
    """
    grant = current(grant)
    return opened(grant, grant.access_token)


def current(grant: Grant) -> Grant:
    """The grant with a pair that will do for the next calls; raises as `access_token`."""
    refuse_ended(grant)
    ends = grant.access_expires_at
    if ends is not None and ends <= clock.now() + RENEW_EARLY:
        return renew(grant, seen_version=grant.token_version)
    return grant


def renew(grant: Grant, *, seen_version: int) -> Grant:
    """The grant with a pair newer than `seen_version`, whoever renews it.

    One worker holds the lease on the row and calls; the others poll the row until its pair is
    there, or until the lease has run out and one of them takes it. No transaction may be open.
    """
    holder = secrets.token_hex(8)
    give_up_at = time.monotonic() + settings.SYNC_REFRESH_LEASE + 1
    while True:
        grant = Grant.objects.get(pk=grant.pk)
        refuse_ended(grant)
        if grant.token_version > seen_version:
            return grant
        if _lease_taken(grant, holder):
            return _renew_alone(grant, holder)
        if time.monotonic() > give_up_at:
            raise TryLater(
                f"The authorisation of {name_of(grant)} is still being renewed by another worker.",
                whole_connection=True,
            )
        time.sleep(POLL_SECONDS)


def refuse_ended(grant: Grant) -> None:
    """Raise `ConnectionLost` for a grant that was lost or revoked."""
    if grant.status == Grant.Status.LOST:
        raise ConnectionLost(grant.lost_reason, remedy=connect_again(grant))
    if grant.status != Grant.Status.ACTIVE:
        raise ConnectionLost(
            f"{name_of(grant)} was disconnected here.", remedy=connect_again(grant)
        )


def _lease_taken(grant: Grant, holder: str) -> bool:
    now, lease = clock.measure(), timedelta(seconds=settings.SYNC_REFRESH_LEASE)
    free = (
        Q(refresh_lease_until=None)
        | Q(refresh_lease_until__lt=now)
        # Further ahead than any lease lasts: written by a clock that is wrong.
        | Q(refresh_lease_until__gt=now + 2 * lease)
    )
    # `durable` refuses to run inside a transaction: one held open over the call that follows would
    # lock out every other worker, and a rollback of it would lose the pair.
    with transaction.atomic(durable=True):
        return bool(
            Grant.objects.filter(
                free, pk=grant.pk, token_version=grant.token_version, status=Grant.Status.ACTIVE
            ).update(
                refresh_holder=holder,
                refresh_lease_until=now + lease,
            )
        )


@sensitive_variables()
def _renew_alone(grant: Grant, holder: str) -> Grant:
    try:
        pair = next_pair(grant)
        _save(grant, pair)
    except GrantRefused as refusal:
        return _winner_or_lost(grant, str(refusal))
    finally:
        _release(grant, holder)
    return Grant.objects.get(pk=grant.pk)


def _save(grant: Grant, pair: Pair) -> None:
    """Keep the pair, unless a worker that took over a lease of ours that ran out was first."""
    with transaction.atomic(durable=True):
        Grant.objects.filter(
            pk=grant.pk, token_version=grant.token_version, status=Grant.Status.ACTIVE
        ).update(**seal(grant, pair), token_version=F("token_version") + 1)


def _winner_or_lost(grant: Grant, reason: str) -> Grant:
    """Another worker may have won and killed the token we sent: its pair counts. Otherwise a
    person must connect again. Asked once; a refused refresh token is never sent twice."""
    lost = Grant.objects.filter(
        pk=grant.pk, token_version=grant.token_version, status=Grant.Status.ACTIVE
    ).update(status=Grant.Status.LOST, lost_reason=reason[:300])
    now = Grant.objects.get(pk=grant.pk)
    if lost:
        raise ConnectionLost(reason, remedy=connect_again(grant))
    refuse_ended(now)
    return now


def _release(grant: Grant, holder: str) -> None:
    Grant.objects.filter(pk=grant.pk, refresh_holder=holder).update(
        refresh_holder="", refresh_lease_until=None
    )
