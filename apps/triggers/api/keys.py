"""Keys: made and shown once, known again by their digest, revoked."""

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.billing.sight import sees
from apps.connections.clock import now
from apps.staff.access import add_service
from apps.staff.acts import ActName, act_words
from apps.staff.models import User
from apps.staff.roles import WORKS_ON_BOOKS, RoleName
from apps.staff.security import Kind, note
from apps.triggers.delivery import endpoints
from apps.triggers.models import ApiKey, Endpoint, Scope

BEGINS: Final = "tie_"
# What no service acts as.
OF_PEOPLE: Final = frozenset({RoleName.ADMINISTRATOR, RoleName.AUDITOR})
SHAPE: Final = re.compile(r"tie_[A-Za-z0-9_-]{43}[0-9a-f]{8}")
SHOWN: Final = len(BEGINS) + 6


@dataclass(frozen=True, slots=True)
class Made:
    """A new key, with its text, which nobody can read again."""

    key: ApiKey
    text: str


def make_key(
    by: User,
    *,
    name: str,
    companies: Collection[Company],
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> Made:
    """A key of this person, with no more than their rights. Raises ValidationError in words."""
    with transaction.atomic(), made_by(by.pk):
        return _make(ApiKey.Kind.PERSON, by, by, name, companies, scopes, expires_at)


def make_service_key(
    by: User,
    *,
    name: str,
    role: RoleName,
    companies: Collection[Company],
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> Made:
    """A key of a service, which acts with this role under its own name. One that works on the books
    opens nothing until a second person released it. Raises ValidationError likewise, and for a role
    that gives access."""
    if role in OF_PEOPLE:
        raise ValidationError(
            {"role": "A service gives nobody access, and audits nothing. Choose another role."}
        )
    with transaction.atomic(), made_by(by.pk):
        service = add_service(name, role)
        made = _make(ApiKey.Kind.SERVICE, service, by, name, companies, scopes, expires_at)
        if role not in WORKS_ON_BOOKS or by.does_everything:
            made.key.released_at = now()
            made.key.save()
    return made


def release(key: ApiKey, by: User) -> None:
    """Let a service's key work from now on. Raises ValidationError for whoever made it, and for one
    who may not."""
    with transaction.atomic(), made_by(by.pk):
        held = ApiKey.objects.select_for_update().get(pk=key.pk)
        if not held.waits_for_release or held.revoked_at is not None:
            raise ValidationError("This key does not wait to be released.")
        if held.made_by_id == by.pk:
            raise ValidationError("You made this key yourself, so a second person releases it.")
        if not by.has_perm(ActName.RELEASE_KEY):
            raise ValidationError(f"{by} may not {act_words(ActName.RELEASE_KEY)}.")
        if not sees(by, held):
            raise ValidationError("This key opens companies that you do not see.")
        held.released_at, held.released_by = now(), by
        held.save()
    key.refresh_from_db()


def revoke(key: ApiKey) -> None:
    """It opens nothing from now on, what was subscribed with it is told nothing more, and the service
    whose key it is ends with it."""
    with transaction.atomic():
        held = ApiKey.objects.select_for_update().select_related("user").get(pk=key.pk)
        if held.revoked_at is None:
            held.revoked_at = now()
            held.save()
        hooks = Endpoint.objects.filter(by_key=held.public_id)
        for hook in hooks.exclude(state=Endpoint.State.GONE):
            endpoints.remove(hook, f"Its key “{held}” was revoked.")
        if held.kind == ApiKey.Kind.SERVICE:
            held.user.is_active = False
            held.user.save()
    key.refresh_from_db()


def _own(person: User) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=person, kind=ApiKey.Kind.PERSON, revoked_at=None)


def count_own(person: User) -> int:
    """How many keys of this person's own open something."""
    return _own(person).exclude(expires_at__lte=now()).count()


def revoke_own(person: User) -> int:
    """End every key of this person's own, and keep an event of each. How many there were."""
    held = list(_own(person))
    for key in held:
        revoke(key)
        words = f"The key “{key}” was revoked as {person} was signed out everywhere."
        note(Kind.KEY_REVOKED, words, subject=person, key=key.pk)
    return len(held)


def key_of(text: str) -> ApiKey | None:
    """The key of this text, alive or not; what is no key at all asks nothing of the database."""
    if not SHAPE.fullmatch(text) or not hmac.compare_digest(_checksum(text[:-8]), text[-8:]):
        return None
    digest = _digest(text)
    found = ApiKey.objects.select_related("user").filter(digest=digest).first()
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    return found


def _make(
    kind: ApiKey.Kind,
    user: User,
    by: User,
    name: str,
    companies: Collection[Company],
    scopes: Iterable[str],
    expires_at: datetime | None,
) -> Made:
    chosen = [each for each in Scope.values if each in set(scopes)]
    if not chosen:
        raise ValidationError({"scopes": "Choose what the key is for."})
    if not companies:
        raise ValidationError({"companies": "Choose at least one company."})
    if expires_at is not None and expires_at <= now():
        raise ValidationError({"expires_at": "Choose a moment that is still to come."})
    if any(not sees(by, each) for each in companies):
        raise ValidationError({"companies": "Choose companies that you see yourself."})
    text = _new_text()
    key = ApiKey(
        kind=kind,
        name=name.strip(),
        user=user,
        made_by=by,
        scopes=chosen,
        shown=text[:SHOWN],
        digest=_digest(text),
        expires_at=expires_at,
    )
    key.full_clean()
    key.save()
    key.companies.set(companies)
    return Made(key, text)


def _new_text() -> str:
    """With a checksum, so that a scanner of secrets knows one when it sees it."""
    begins = BEGINS + secrets.token_urlsafe(32)
    return begins + _checksum(begins)


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
