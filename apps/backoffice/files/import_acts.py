"""What is done to an import: read otherwise, written, released, taken back, stopped."""

from collections.abc import Callable
from typing import Any

from django.http import (
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)

from apps.backoffice.files.import_forms import DialectForm, dialect_said, styles_said
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct, Screen
from apps.backoffice.frame.downloads import attached, logged
from apps.backoffice.frame.permissions import person
from apps.billing.acts.batches import held_documents, take_back_batch
from apps.exchange.exports.writing import Tally as Written
from apps.exchange.exports.writing import csv_chunks
from apps.exchange.imports.background import begin, go_on_again, release, stands_still
from apps.exchange.imports.bringers import bringer_of
from apps.exchange.imports.running import (
    BEFORE_WRITING,
    begin_writing,
    cancel,
    check_again,
)
from apps.exchange.imports.showing import refused_table, units_of
from apps.exchange.imports.tally import WRITES, Outcome, Tally
from apps.exchange.models import FileImport
from apps.staff.acts import ActName

Stage = FileImport.Stage


def _read_so(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    check_again(file_import, dialect_said(file_import, answers), styles_said(answers))
    begin(file_import)
    return _told(file_import)


def _check_again(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    check_again(file_import)
    begin(file_import)
    return _told(file_import)


def _told(file_import: FileImport) -> str:
    if file_import.stage == Stage.UNREADABLE:
        return file_import.sentence
    if file_import.stage == Stage.ASKING:
        return "Something about it is still open."
    return f"{file_import} is {file_import.get_stage_display().lower()}."


def _write(good_rows_only: bool) -> Callable[[HttpRequest, FileImport, dict[str, Any]], str]:
    def write(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
        begin_writing(file_import, good_rows_only=good_rows_only)
        begin(file_import)
        if file_import.stage == Stage.WRITTEN:
            return "Everything in it is here already: nothing was written."
        if bringer_of(file_import).holds:
            return "It is being written. Nothing of it is in the books before it is released."
        return f"It is {file_import.get_stage_display().lower()}."

    return write


def _found(file_import: FileImport, outcome: Outcome) -> int:
    return Tally.from_json(file_import.tally).rows[outcome]


def _is_clean(file_import: FileImport) -> bool:
    """Nothing is refused: all of it may be written, or there is nothing to write."""
    return file_import.stage == Stage.CHECKED and not _found(file_import, Outcome.REFUSED)


def _has_good_rows(file_import: FileImport) -> bool:
    return (
        file_import.stage == Stage.CHECKED
        and bool(_found(file_import, Outcome.REFUSED))
        and Tally.from_json(file_import.tally).writes
    )


def _what_is_left_out(file_import: FileImport) -> str:
    tally = Tally.from_json(file_import.tally)
    taken, refused = sum(tally.documents[each] for each in WRITES), tally.rows[Outcome.REFUSED]
    held = ", as drafts on hold" if bringer_of(file_import).holds else ""
    return (
        f"{taken:,} {units_of(file_import)} are taken{held}. {refused:,} rows are left out: download "
        "them, mend them, and bring that file; what is here by then is passed over."
    )


def held_in(file_import: FileImport) -> dict[str, int]:
    """How many drafts of each kind wait in its batch, by what staff call them."""
    if file_import.batch is None:
        return {}
    return {
        str(model._meta.verbose_name): count for model, count in held_documents(file_import.batch)
    }


def in_words(held: dict[str, int]) -> str:
    told = [f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in held.items() if count]
    return " and ".join(told) or "No documents"


def _release(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    issued = release(file_import, person(request))
    if issued is None:
        return (
            "They are being issued. What cannot be stays on hold: press “Release” again to see why."
        )
    return f"{issued:,} documents are issued on the numbers they came with."


def _what_releasing_does(file_import: FileImport) -> str:
    totals = Tally.from_json(file_import.counts).totals()
    worth = " and ".join(f"{sums.get('new', '0')} {currency}" for currency, sums in totals.items())
    return (
        f"{in_words(held_in(file_import))} of {file_import.company}, {worth} before discounts and "
        "tax, are issued on the numbers they came with, and are sent to the books like any other. "
        "They cannot be taken back then: what is wrong is voided or credited."
    )


def _take_back(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    if file_import.stage == Stage.WRITING:
        cancel(file_import)
    taken = take_back_batch(file_import.batch)
    return f"{taken:,} documents were taken back. Customers and items that came with them stay."


def waits(file_import: FileImport) -> bool:
    batch = file_import.batch
    return file_import.stage == Stage.WRITTEN and bool(
        batch and batch.released_at is None and batch.taken_back_at is None
    )


def _may_be_taken_back(file_import: FileImport) -> bool:
    return bool(file_import.batch and file_import.batch.is_on_hold)


def _cancel(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    cancel(file_import)
    if file_import.batch is not None:
        return (
            "It is stopped. What was written waits on hold: take it back, or bring the file again."
        )
    return "It is stopped. Nothing of it was written."


def _can_be_cancelled(file_import: FileImport) -> bool:
    return file_import.stage in (*BEFORE_WRITING, Stage.WRITING)


def _go_on(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    go_on_again(file_import)
    return "It goes on where it was."


def _has_refused(file_import: FileImport) -> bool:
    return file_import.refused_rows.filter(tolerated=False, asked=False).exists()


def _download(screen: Screen, request: HttpRequest, file_import: FileImport) -> HttpResponse:
    tally = Written()
    headings, rows = refused_table(file_import)
    chunks = csv_chunks(headings, rows, tally=tally)
    response: Any = StreamingHttpResponse(
        logged(chunks, request, "exchange.refusedrow", "csv", tally)
    )
    return attached(response, f"refused-{file_import.pk}.csv", "text/csv; charset=utf-8")


ACTS = (
    ButtonAct(
        name="write",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Write all of it",
        permission=permissions.IMPORT_FILES,
        when=_is_clean,
        do=_write(False),
        main=True,
    ),
    ButtonAct(
        name="write-good-rows",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Take the good rows",
        permission=permissions.IMPORT_FILES,
        when=_has_good_rows,
        do=_write(True),
        means=_what_is_left_out,
        main=True,
    ),
    ButtonAct(
        name="release",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Release",
        permission=ActName.ISSUE_INVOICE,
        when=waits,
        do=_release,
        means=_what_releasing_does,
        main=True,
    ),
    PageAct(
        name="refused",
        words="Download refused rows",
        permission=permissions.SEE_IMPORTS,
        when=_has_refused,
        page=_download,
    ),
    ButtonAct(
        name="read-otherwise",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="How it is written",
        permission=permissions.IMPORT_FILES,
        when=lambda each: each.stage in BEFORE_WRITING,
        do=_read_so,
        asks=DialectForm,
    ),
    ButtonAct(
        name="check-again",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Check again",
        permission=permissions.IMPORT_FILES,
        when=lambda each: each.stage in (Stage.CHECKED, Stage.UNREADABLE),
        do=_check_again,
    ),
    ButtonAct(
        name="go-on",
        words="Go on",
        permission=permissions.IMPORT_FILES,
        when=stands_still,
        do=_go_on,
        main=True,
    ),
    ButtonAct(
        name="cancel",
        words="Stop",
        permission=permissions.IMPORT_FILES,
        when=_can_be_cancelled,
        do=_cancel,
        danger=True,
    ),
    ButtonAct(
        name="take-back",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Take back",
        permission=permissions.IMPORT_FILES,
        when=_may_be_taken_back,
        do=_take_back,
        means="All documents of this import are deleted here; their history stays. Nothing of them "
        "is in the books.",
        danger=True,
    ),
)
