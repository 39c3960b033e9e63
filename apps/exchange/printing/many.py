"""Many invoices as one ZIP: a few within a request, thousands in the background.

In the background each PDF is a file of its own until all are there, so that a worker that ended
midway goes on where it was; memory holds one document at a time.
"""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from apps.billing.models import Invoice
from apps.billing.sight import companies_of
from apps.exchange.models import PrintJob
from apps.exchange.printing.kept import print_now
from apps.exchange.printing.paper import CannotPrint
from apps.exchange.storage import vault
from apps.exchange.storage.sealing import CannotOpen

AT_ONCE = 50  # so many at most are printed while a person waits
KEPT = timedelta(days=7)
STALE = timedelta(minutes=5)  # without a sign of life, the worker that made it is gone
TASK = "apps.exchange.printing.many.go_on"
SLICE = 50  # invoices that are read together; progress is told after each
UNFINISHED = (PrintJob.State.WAITING, PrintJob.State.RUNNING, PrintJob.State.FAILED)
PORTION = 500  # keys in one statement
IN_MEMORY = 16_000_000  # bytes of a ZIP before it goes to the disk


def zip_of(invoices: Iterable[Invoice]) -> tuple[IO[bytes], list[str]]:
    """A ZIP of their PDFs, at its beginning, and a sentence for each that could not be printed."""
    packed: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller reads it
    left_out: list[str] = []
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for invoice in invoices:
            try:
                archive.writestr(ZipInfo(name_of(invoice)), print_now(invoice))
            except CannotPrint as refusal:
                left_out.append(str(refusal))
    packed.seek(0)
    return packed, left_out


def name_of(invoice: Invoice) -> str:
    """A name for its file that no system takes for a folder, and no other invoice has."""
    safe = re.sub(r"[^\w.-]+", "_", invoice.number or "").strip("._") or "invoice"
    return f"{safe}-{invoice.pk}.pdf"


def ask_for(invoices: Iterable[int], by: int) -> PrintJob:
    """Let the workers print these invoices; `by` is the key of whoever asks."""
    ids = list(invoices)
    with transaction.atomic():
        job = PrintJob.objects.create(requested_by_id=by, invoice_ids=ids, count=len(ids))
        async_task(TASK, job.pk)
    return job


def all_in_sight(user: Any, job: PrintJob) -> bool:
    """Whether this person sees each of its invoices now."""
    companies = companies_of(user)
    if companies is None:
        return True
    ids = job.invoice_ids
    portions = (ids[at : at + PORTION] for at in range(0, len(ids), PORTION))
    return not any(
        Invoice.objects.filter(pk__in=some).exclude(company__in=companies).exists()
        for some in portions
    )


def stands_still(job: PrintJob) -> bool:
    return job.is_open and timezone.now() - job.touched_at > STALE


def ask_again(job: PrintJob) -> None:
    """Go on with one that stands still or stopped: through all of it, past what is there already."""
    with transaction.atomic():
        job.state, job.sentence, job.done = PrintJob.State.WAITING, "", 0
        job.save()
        async_task(TASK, job.pk)


def go_on(job_id: int) -> str:
    """Print on for a slice of a task's time; a successor is queued when there is more to do.

    One task holds a job, from “waiting” on: two of them would pack what the other takes away.
    """
    waiting = PrintJob.objects.filter(pk=job_id, state=PrintJob.State.WAITING)
    if not waiting.update(state=PrintJob.State.RUNNING, touched_at=timezone.now()):
        return "Another has it, or nothing is left of it to do."
    job = PrintJob.objects.get(pk=job_id)
    stop_at = time.monotonic() + settings.SYNC_TASK_BUDGET
    try:
        while job.done < job.count:
            if time.monotonic() > stop_at:
                with transaction.atomic():
                    _tell(job, state=PrintJob.State.WAITING)
                    async_task(TASK, job.pk)
                return f"{job.done} of {job.count}"
            _print_slice(job)
        _pack(job)
    except CannotOpen:
        _tell(
            job,
            state=PrintJob.State.FAILED,
            sentence="A print among them was changed on the disk, and is deleted. Choose “Go on”: it is "
            "made again.",
        )
        return job.sentence
    except OSError as error:
        _tell(
            job,
            state=PrintJob.State.FAILED,
            sentence=f"The files could not be written: {error.strerror}. Make room where Tieout "
            "keeps its files, and choose “Go on”.",
        )
        return job.sentence
    return f"{job.count - len(job.left_out)} printed"


def file_of(job: PrintJob) -> str:
    """Its name in the storage."""
    return f"print-{job.pk}.zip"


def forget_the_old() -> None:
    """Delete the files of prints that are a week old, and what is left of those that nobody has gone
    on with for a week; who downloaded them stays."""
    before = timezone.now() - KEPT
    ready = Q(state=PrintJob.State.READY, ready_at__lt=before)
    left = Q(state__in=UNFINISHED, touched_at__lt=before)
    for job in PrintJob.objects.filter(ready | left).order_by("pk"):
        for name in (file_of(job), _parts(job), *vault.half_written(file_of(job))):
            vault.removed(name)
        _tell(job, state=PrintJob.State.GONE)


def _print_slice(job: PrintJob) -> None:
    for invoice in _invoices(job.invoice_ids[job.done : job.done + SLICE]):
        name = f"{_parts(job)}/{name_of(invoice)}"
        if vault.is_there(name):
            continue
        try:
            _write(name, print_now(invoice))
        except CannotPrint as refusal:
            if str(refusal) not in job.left_out:
                job.left_out.append(str(refusal))
    job.done = min(job.done + SLICE, job.count)
    _tell(job)


def _invoices(ids: list[int]) -> Iterator[Invoice]:
    rows = Invoice.objects.filter(pk__in=ids).select_related("company", "customer")
    yield from rows.order_by("issue_date", "pk")


def _pack(job: PrintJob) -> None:
    with (
        vault.written(file_of(job)) as packed,
        ZipFile(packed, "w", ZIP_STORED) as archive,
    ):
        for name in vault.names_in(_parts(job)):
            archive.writestr(ZipInfo(name.rpartition("/")[2]), _read(name))
    _tell(
        job,
        state=PrintJob.State.READY,
        size=packed.size,
        sha256=packed.sha256,
        ready_at=timezone.now(),
    )
    vault.removed(_parts(job))


def _read(name: str) -> bytes:
    """Raises `CannotOpen`, and then it is there no more, so that it is made again."""
    try:
        with vault.opened(name) as one:
            return one.read()
    except CannotOpen:
        vault.removed(name)
        raise


def _write(name: str, pdf: bytes) -> None:
    """All of it or nothing: a worker may end while it writes."""
    with vault.written(name) as one:
        one.write(pdf)


def _tell(job: PrintJob, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(job, name, value)
    # Without its keys: a hundred thousand of them, after each slice.
    job.save(update_fields=[*fields, "done", "left_out", "touched_at"])


def _parts(job: PrintJob) -> str:
    return f"print-{job.pk}"
