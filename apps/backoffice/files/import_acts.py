"""What is done to an import: read otherwise, written, released, taken back, stopped."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.http import (
    HttpRequest,
    HttpResponse,
    StreamingHttpResponse,
)

from apps.backoffice.files.import_answers import answering_acts
from apps.backoffice.files.import_forms import (
    DialectForm,
    ReadByForm,
    dialect_said,
    styles_said,
)
from apps.backoffice.files.layouts.page import BUILD
from apps.backoffice.files.layouts.tax_codes import TAX_CODES
from apps.backoffice.files.telling import TELL
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct, Screen
from apps.backoffice.frame.downloads import attached, logged
from apps.backoffice.frame.permissions import person
from apps.exchange.exports.writing import Tally as Written
from apps.exchange.exports.writing import csv_chunks
from apps.exchange.imports.answering import open_questions
from apps.exchange.imports.background import begin, go_on_again, release, stands_still
from apps.exchange.imports.bringers import bringer_of
from apps.exchange.imports.money.holding import waiting
from apps.exchange.imports.money.releasing import leave_refused_out
from apps.exchange.imports.needs import needed_for
from apps.exchange.imports.on_hold import brings_money, held, is_left_to_take_back, take_back
from apps.exchange.imports.own.finding import was_changed
from apps.exchange.imports.running import (
    BEFORE_WRITING,
    begin_writing,
    brings_anything,
    cancel,
    check_again,
)
from apps.exchange.imports.showing import refused_table, units_of
from apps.exchange.imports.tally import WRITES, Tally
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


def _read_by(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    check_again(file_import, profile=answers["profile"])
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
        if not all(permissions.may(request, each) for each in needed_for(file_import)):
            raise ValidationError(
                f"Somebody who may change {units_of(file_import)} here, an Accountant, writes it."
            )
        begin_writing(file_import, good_rows_only=good_rows_only)
        begin(file_import)
        if file_import.stage == Stage.WRITTEN:
            return "Everything in it is here already: nothing was written."
        if bringer_of(file_import).holds:
            return "It is being written. Nothing of it is in the books before it is released."
        return f"It is {file_import.get_stage_display().lower()}."

    return write


def _refused(file_import: FileImport) -> int:
    return Tally.from_json(file_import.tally).refused


def _is_answered(file_import: FileImport) -> bool:
    """Checked, and nothing is open that only a person can say."""
    return file_import.stage == Stage.CHECKED and not open_questions(file_import).exists()


def _is_clean(file_import: FileImport) -> bool:
    """Nothing is refused: all of it may be written, or there is nothing to write."""
    return _stands(file_import) and not _refused(file_import)


def _stands(file_import: FileImport) -> bool:
    """It is answered, and was checked by the layout as that still is."""
    return _is_answered(file_import) and not was_changed(file_import)


def _has_good_rows(file_import: FileImport) -> bool:
    return _stands(file_import) and bool(_refused(file_import)) and brings_anything(file_import)


def _what_is_left_out(file_import: FileImport) -> str:
    tally = Tally.from_json(file_import.tally)
    taken, refused = sum(tally.documents[each] for each in WRITES), tally.refused
    taken += file_import.refused_rows.filter(asked=True, taken=True).count()
    waits_so = _on_hold_as(file_import)
    return (
        f"{taken:,} {units_of(file_import)} are taken{waits_so}. {refused:,} rows are left out: download "
        "them, mend them, and bring that file; what is here by then is passed over."
    )


def _on_hold_as(file_import: FileImport) -> str:
    if not bringer_of(file_import).holds:
        return ""
    return ", on hold" if brings_money(file_import) else ", as drafts on hold"


def in_words(file_import: FileImport) -> str:
    """“2 invoices and 1 credit note”: what of it waits."""
    told = [
        f"{count:,} {name}{'' if count == 1 else 's'}"
        for name, count in held(file_import).items()
        if count
    ]
    return " and ".join(told) or ("No money" if brings_money(file_import) else "No documents")


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
        f"{in_words(file_import)} of {file_import.company}, {worth} before discounts and "
        "tax, are issued on the numbers they came with, and are sent to the books like any other. "
        "They cannot be taken back then: what is wrong is voided or credited."
    )


def _release_money(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    done = release(file_import, person(request))
    if done is None:
        return "It is being released. What is refused stays on hold: this page says why."
    left = sum(held(file_import).values())
    if not left:
        return f"{done:,} released: all of it is in the books here."
    stays = "stays" if left == 1 else "stay"
    return f"{done:,} released. {in_words(file_import)} {stays} on hold: this page says why."


def _what_releasing_money_does(file_import: FileImport) -> str:
    return (
        f"{in_words(file_import)} of {file_import.company} come into the books here, each as if it "
        "were typed now, and are sent to the ledgers like any other. It cannot be taken back then: "
        "what is wrong is cancelled one by one."
    )


def _leave_out(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    dropped = leave_refused_out(file_import.batch)
    return f"{dropped:,} left out. Receive by hand what did arrive."


def _has_refused_money(file_import: FileImport) -> bool:
    batch = file_import.batch
    return (
        waits(file_import)
        and batch is not None
        and batch.release_begun_at is not None
        and waiting(batch).exclude(sentence="").exists()
    )


def _what_is_taken_back(file_import: FileImport) -> str:
    if brings_money(file_import):
        return (
            f"{in_words(file_import)} are dropped. Nothing of it is in the books. Files brought since that "
            "told of the same money passed it over: bring those again afterwards."
        )
    return (
        "All documents of this import are deleted here, and the customers and items that came with "
        "them and are not used otherwise; their history stays. Nothing of them is in the books."
    )


def _take_back(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    assert file_import.batch is not None, "it is offered with a batch alone"
    if file_import.stage == Stage.WRITING:
        cancel(file_import)
    taken = take_back(file_import)
    if brings_money(file_import):
        return f"{taken.count:,} taken back. The file may be brought again."
    told = f"{taken.count:,} documents were taken back"
    if went := _counted(taken.masters):
        told += f", with {went} that came with them"
    if stay := _counted(taken.stay):
        told += f". {stay} that came with them stay: they are used, or were changed since"
    return f"{told}."


def _counted(some: dict[str, int]) -> str:
    told = [f"{count:,} {name}{'' if count == 1 else 's'}" for name, count in some.items() if count]
    return " and ".join(told)


def waits(file_import: FileImport) -> bool:
    batch = file_import.batch
    return file_import.stage == Stage.WRITTEN and bool(
        batch and batch.released_at is None and batch.taken_back_at is None
    )


def _may_be_taken_back(file_import: FileImport) -> bool:
    batch = file_import.batch
    return batch is not None and (batch.is_on_hold or is_left_to_take_back(file_import))


def _cancel(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    was_writing = file_import.stage == Stage.WRITING
    cancel(file_import)
    if was_writing and file_import.batch is None:
        return "It is stopped. What was written by then stays: bring the file again for the rest."
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


def _asks(file_import: FileImport) -> bool:
    return file_import.stage == Stage.CHECKED and open_questions(file_import).exists()


ACTS = (
    *answering_acts(_asks),
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
        when=lambda each: waits(each) and not brings_money(each),
        do=_release,
        means=_what_releasing_does,
        main=True,
    ),
    ButtonAct(
        name="release-money",
        calls_out=True,  # each movement commits by itself: no transaction is open around them
        words="Release",
        permission=ActName.RECEIVE_PAYMENT,
        when=lambda each: waits(each) and brings_money(each),
        do=_release_money,
        means=_what_releasing_money_does,
        main=True,
    ),
    ButtonAct(
        name="leave-refused-out",
        words="Leave out what is refused",
        permission=ActName.RECEIVE_PAYMENT,
        when=_has_refused_money,
        do=_leave_out,
        means="What the last release refused is dropped, and comes into no books. Do this once it is "
        "typed by hand, or never arrived.",
        danger=True,
    ),
    *TELL,
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
        name="read-by",
        calls_out=True,  # portions commit one by one: no transaction is open around them
        words="Read by another layout",
        permission=permissions.IMPORT_FILES,
        when=lambda each: each.stage in BEFORE_WRITING,
        do=_read_by,
        asks=ReadByForm,
    ),
    BUILD,
    TAX_CODES,
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
        means=_what_is_taken_back,
        danger=True,
    ),
)
