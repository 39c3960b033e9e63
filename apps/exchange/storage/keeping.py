"""Keeps files for people: the file first, then its row; and forgets them when their time is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO

from django.utils import timezone

from apps.billing.models import Company
from apps.billing.sight import sees
from apps.exchange.models import FileDownload, PrivateFile
from apps.exchange.storage import vault
from apps.exchange.storage.sealing import SealingWriter
from apps.staff.models import User

FOLDER = "kept"
# A file without a row was written by a worker that ended before it could say so.
UNCLAIMED = timedelta(days=1)


class NotHere(Exception):
    """Its time is over, or it is not on this machine; a sentence for staff."""


def new_file(company: Company, needs: Sequence[str], kept_until: datetime) -> PrivateFile:
    """One that is not written yet: `vault.written(file.stored_as)` comes next, then `describe`."""
    return PrivateFile(company=company, needs=sorted(needs), kept_until=kept_until)


def describe(file: PrivateFile, name: str, content_type: str, written: SealingWriter) -> None:
    """What is known once it was written; the row itself is for the caller to save."""
    file.name, file.content_type = name, content_type
    file.size, file.sha256 = written.size, written.sha256


def may_have(user: User, file: PrivateFile) -> bool:
    return user.is_active and user.has_perms(file.needs) and sees(user, file)


def contents(file: PrivateFile) -> IO[bytes]:
    """Its plain text, verified. Raises `NotHere`, and `CannotOpen` where it is not what was kept."""
    if file.gone_at is not None:
        raise NotHere(f"This file was kept until {file.kept_until:%-d %b %Y}, and is gone.")
    try:
        return vault.verified(file.stored_as, file.sha256)
    except FileNotFoundError:
        raise NotHere(
            "This file is not on this machine. Tell whoever runs Tieout: PRIVATE_FILES_DIR must be "
            "one folder that every host sees."
        ) from None


def taken_by(file: PrivateFile, user: User) -> IO[bytes]:
    """The same, with a row of who took it."""
    found = contents(file)
    FileDownload.objects.create(file=file, user=user)
    return found


def forget_the_old() -> int:
    """Delete files whose time is over, and what no row knows; how many of the first."""
    now = timezone.now()
    old = list(PrivateFile.objects.filter(gone_at=None, kept_until__lt=now).order_by("pk"))
    for each in old:
        vault.removed(each.stored_as)
        each.gone_at = now
        each.save(update_fields=["gone_at"])
    for name in vault.left_behind(FOLDER, now - UNCLAIMED):
        public_id = name.removeprefix(f"{FOLDER}/").split(".")[0]
        is_part = name.endswith(vault.PART)
        # A file that was sealed again while it was deleted came back; its row says that it is gone.
        if is_part or not PrivateFile.objects.filter(public_id=public_id, gone_at=None).exists():
            vault.removed(name)
    return len(old)
