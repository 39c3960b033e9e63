"""What makes entries a chain: each link is over the one before, so none can be altered, moved or left
out alone."""

import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from apps.trail.keys import Key
from apps.trail.models import Chain, Entry


def link_of(key: Key, before: bytes, entry: Entry) -> bytes:
    """32 bytes under the key, over the link before and all that the entry says."""
    said = "|".join(
        (
            *(str(entry.number), entry.kind, str(entry.key), str(entry.turn)),
            *(str(entry.shape_id), str(entry.company_id), entry.under),
            *(_moment(entry.looked_at), _moment(entry.sealed_at)),
        )
    )
    return hmac.digest(
        key.of_links,
        before + bytes(entry.salt) + bytes(entry.digest) + said.encode(),
        hashlib.sha256,
    )


def beginning(public_id: UUID) -> bytes:
    """What stands before the first link: no entry of another installation goes on from it."""
    return hashlib.sha256(b"tieout trail " + public_id.bytes).digest()


def head() -> tuple[int, bytes]:
    """Number and link of the last entry; 0 and the beginning before there is one."""
    last = Entry.objects.order_by("-number").values_list("number", "link").first()
    if last is not None:
        return last[0], bytes(last[1])
    return 0, beginning(chain().public_id)


def chain() -> Chain:
    """The one row, made where it is not there yet."""
    found, _ = Chain.objects.get_or_create(pk=1)
    return found


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""
