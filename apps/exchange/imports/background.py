"""Imports in the background: a task works for a slice of time and queues its successor."""

import time
from datetime import timedelta
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.billing.acts.batches import release_some
from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.exchange.imports.at_hand import in_plain
from apps.exchange.imports.money.releasing import release_money
from apps.exchange.imports.on_hold import brings_money, held, release_now
from apps.exchange.imports.opening import proposed
from apps.exchange.imports.running import MovedMeanwhile, check, on_its_way, write
from apps.exchange.models import FileImport
from apps.exchange.storage import vault
from apps.exchange.tables.port import LIMITS, FileRefused

TASK = "apps.exchange.imports.background.go_on"
RELEASE = "apps.exchange.imports.background.release_on"
RELEASED_AT_ONCE = 500  # documents that are issued while a person waits
MONEY_AT_ONCE = 50  # movements of money, each an act of its own
QUIET_SECONDS = 15  # after which a release does not seem to move
STALE_SECONDS = 120  # without a sign of life, the worker that was at it is gone
AT_ONCE = 200_000  # bytes of a file that is checked while a person waits, some 500 rows of it
FOLDER = "imports"
KEPT = timedelta(days=90)  # as long refused rows can be fetched as the file that they came in
AN_UPLOAD = timedelta(days=1)
A_MOMENT = timedelta(seconds=1)
MOVING = (FileImport.Stage.CHECKING, FileImport.Stage.WRITING)


def receive(upload: IO[bytes], name: str, profile: str | None, company: Company) -> FileImport:
    """Keep an uploaded file, sealed, and have it checked: a small one at once, another in the
    background. Without a `profile` (None) it is read by the one that its headings fit; where they fit
    none, or it is "", it waits until a person says how.

    Raises FileRefused where it is too large, or is no table."""
    kept = f"{FOLDER}/{uuid4().hex}"  # theirs is text to be shown, and never a path
    with vault.written(kept) as writer:
        while block := upload.read(vault.READ_AT_ONCE):
            writer.write(block)
            if writer.size > LIMITS.file_bytes:
                raise FileRefused(
                    f"The file is larger than {LIMITS.file_bytes // 1_000_000} MB. Divide it."
                )
    if not profile:
        found = _profile_of(kept, writer.sha256, company)
        profile = found if profile is None else ""
    file_import = on_its_way(
        name=name,
        path=kept,
        size=writer.size,
        sha256=writer.sha256,
        profile=profile,
        company=company,
    )
    begin(file_import)
    return file_import


def _profile_of(kept: str, sha256: str, company: Company) -> str:
    """The code of the one that its headings fit; "" where there is none."""
    try:
        with in_plain(kept, sha256) as path:
            found = proposed(path, company)
    except FileRefused:
        vault.removed(kept)
        raise
    return found.code if found is not None else ""


def begin(file_import: FileImport) -> None:
    """Check a small file now, and let a worker check, or write, what takes longer."""
    if file_import.stage == FileImport.Stage.CHECKING and file_import.size <= AT_ONCE:
        check(file_import)
    elif file_import.stage in MOVING:
        async_task(TASK, file_import.pk)


def go_on(key: int) -> str:
    """Check or write on for a slice of a task's time; a successor is queued when there is more."""
    file_import = FileImport.objects.get(pk=key)
    stop_at = time.monotonic() + settings.SYNC_TASK_BUDGET

    def goes_on(_: FileImport) -> bool:
        return time.monotonic() < stop_at

    try:
        with made_by(file_import.brought_by_id):
            if file_import.stage == FileImport.Stage.CHECKING:
                done = check(file_import, goes_on)
            elif file_import.stage == FileImport.Stage.WRITING:
                done = write(file_import, goes_on)
            else:
                return f"It is {file_import.get_stage_display().lower()}."
    except MovedMeanwhile:
        return "Another worker is at it."
    if not done and file_import.stage in MOVING:
        async_task(TASK, key)
    return f"{file_import.position} documents gone by"


def release(file_import: FileImport, by: int) -> int | None:
    """Release what waits in its batch: a little now, as `release_now` does; the number. Much in the
    background, where what is refused stays on hold: None."""
    at_once = MONEY_AT_ONCE if brings_money(file_import) else RELEASED_AT_ONCE
    if sum(held(file_import).values()) <= at_once:
        return release_now(file_import)
    file_import.save(update_fields=["moved_at"])
    async_task(RELEASE, file_import.pk, by)
    return None


def release_on(key: int, by: int) -> str:
    """Release on for a slice of a task's time, in the name of who asked."""
    file_import = FileImport.objects.get(pk=key)
    batch = file_import.batch
    assert batch is not None, "it was asked for with a batch"
    stop_at = time.monotonic() + settings.SYNC_TASK_BUDGET

    def goes_on() -> bool:
        file_import.save(update_fields=["moved_at"])
        return time.monotonic() < stop_at

    with made_by(by, reason=f"Release of {batch}"[:90]):
        if brings_money(file_import):
            released = release_money(batch, goes_on)
            done, is_left = released.done, released.broken_off
        else:
            done = release_some(batch, goes_on).issued
            is_left = batch.released_at is None and not goes_on()
    if done and is_left:  # a pass that did nothing would do nothing again
        async_task(RELEASE, key, by)
    return f"{done} released"


def forget_the_old() -> int:
    """Delete files of imports with which nothing happened for a quarter, and what an upload that
    broke off left; the number. What was found in them stays."""
    now, count = timezone.now(), 0
    for name in vault.left_behind(FOLDER, now - AN_UPLOAD):
        lately = FileImport.objects.filter(path=name, moved_at__gte=now - KEPT)
        if not lately.exists():
            vault.removed(name)
            count += 1
    return count


def is_being_released(file_import: FileImport) -> bool:
    """Whether a worker seems to be at it; what is left over for a person moves no more."""
    batch, written = file_import.batch, file_import.written_at
    if batch is None or batch.released_at is not None or batch.taken_back_at is not None:
        return False
    quiet = timezone.now() - file_import.moved_at
    # It moved when it was written, too.
    moved_since = written is not None and file_import.moved_at - written > A_MOMENT
    return moved_since and quiet.total_seconds() < QUIET_SECONDS


def stands_still(file_import: FileImport) -> bool:
    """Whether nobody seems to be at it any more."""
    quiet = (timezone.now() - file_import.moved_at).total_seconds()
    return file_import.stage in MOVING and quiet > STALE_SECONDS


def go_on_again(file_import: FileImport) -> None:
    """Queue one that stands still, from where it stood."""
    with transaction.atomic():
        file_import.save(update_fields=["moved_at"])
        async_task(TASK, file_import.pk)
