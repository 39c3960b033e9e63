"""The page on which a layout is built or changed, from an import or from the layout itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.files.layouts.answers import drafted
from apps.backoffice.files.layouts.drawing import context_of
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.sight import companies_for, narrowed, seen
from apps.billing.models import Company
from apps.connectors.profiles import AnyProfile, Field, Subject
from apps.exchange.imports.at_hand import NO_PROFILE
from apps.exchange.imports.background import begin
from apps.exchange.imports.own.as_json import CannotBeRead
from apps.exchange.imports.own.building import Draft, draft_of, profile_from, proposed_draft
from apps.exchange.imports.own.finding import as_profile, offered, own_row, with_code
from apps.exchange.imports.own.proposing import proposed_kinds
from apps.exchange.imports.own.sample import Sample, of_headings, sample_of
from apps.exchange.imports.own.saving import OVERTAKEN, change, make
from apps.exchange.imports.own.trying import Trial, tried
from apps.exchange.imports.own.words import can_be_built, subjects
from apps.exchange.imports.running import BEFORE_WRITING, check_again
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.tables.port import FileRefused
from apps.staff.acts import ActName

SHOW, SAVE = "show", "save"  # the buttons
OVER, NEW = "over", "new"  # over the layout that it began from, or beside it
COMPANY, ALL = "company", "all"
USUAL: Final = (DECIMAL_MARK, DAY_ORDER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What lies before the person: a file, if one is at hand, and the layout that it begins from.

    `checks` says whether the file is read by what is saved, or is there to try it on alone.
    """

    sample: Sample
    company: Company | None
    file_import: FileImport | None = None
    checks: bool = False
    start: AnyProfile | None = None
    row: ImportProfile | None = None  # of `start`, where it is one of our own
    subject: Subject = Subject.DOCUMENTS

    def first_draft(self) -> Draft:
        if self.start is not None:
            return draft_of(self.start, self.sample.headings)
        currency = self.company.home_currency if self.company is not None else ""
        draft = proposed_draft(self.sample.headings, self.subject, currency)
        if (place := draft.place_of(Field.KIND)) is not None and self.subject is Subject.DOCUMENTS:
            draft.values[Field.KIND.value] = proposed_kinds(self.sample.values_at(place))
        return draft


def page_of_import(screen: Screen, request: HttpRequest, file_import: FileImport) -> HttpResponse:
    """What the columns of a file mean that was brought."""
    try:
        sample = sample_of(file_import)
    except (FileRefused, OSError) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(screen.page("change", file_import.pk))
    start = _start(request, file_import)
    row = own_row(start.code) if start is not None else None
    desk = Desk(
        sample=sample,
        company=file_import.company,
        file_import=file_import,
        checks=True,
        start=start,
        row=row if row is not None and row.retired_at is None else None,
        subject=start.of if start is not None else _subject(request),
    )
    return _page(screen, request, desk, file_import, screen.page("change", file_import.pk))


def page_of_layout(screen: Screen, request: HttpRequest, row: ImportProfile) -> HttpResponse:
    """The layout itself, with the last file that it read where that is still kept."""
    try:
        start = as_profile(row)
    except CannotBeRead as problem:
        messages.error(request, str(problem))
        return HttpResponseRedirect(screen.page("change", row.pk))
    last = seen(request, FileImport).filter(profile=row.code).order_by("-pk").first()
    sample = of_headings(row.headings)
    if last is not None:
        try:
            sample = sample_of(last)
        except (FileRefused, OSError):
            last = None
    company = row.company or (last.company if last is not None else companies_for(request).first())
    desk = Desk(
        sample=sample, company=company, file_import=last, start=start, row=row, subject=start.of
    )
    return _page(screen, request, desk, row, screen.page("change", row.pk))


def _start(request: HttpRequest, file_import: FileImport) -> AnyProfile | None:
    """What it begins from: as asked for of those that are offered, else the layout of the file."""
    asked = request.POST if request.method == "POST" else request.GET
    code = asked.get("start", file_import.profile)
    if code not in {file_import.profile, *dict(offered(file_import.company))}:
        return None
    try:
        found = with_code(code)
    except CannotBeRead as problem:
        messages.error(request, str(problem))
        return None
    return found if found is not None and can_be_built(found.of) else None


def _subject(request: HttpRequest) -> Subject:
    asked = request.POST if request.method == "POST" else request.GET
    said = asked.get("subject", "")
    return Subject(said) if said in dict(subjects()) else Subject.DOCUMENTS


def _page(screen: Screen, request: HttpRequest, desk: Desk, record: Any, back: str) -> HttpResponse:
    draft = desk.first_draft()
    wrong: list[str] = []
    trial: Trial | None = None
    if request.method == "POST":
        draft = drafted(request.POST, desk.sample.headings, desk.subject, desk.start)
        profile, wrong = profile_from(draft)
        if not wrong and SAVE in request.POST:
            try:
                return _saved(request, desk, profile, back)
            except ValidationError as refusal:
                wrong = refusal.messages
        if not wrong and desk.file_import is not None:
            trial = tried(desk.file_import, profile)
            draft.usual = {
                name: draft.usual.get(name) or trial.proven.get(name, "") for name in USUAL
            }
    return _shown(screen, request, desk, draft, record, back, wrong, trial)


def _saved(request: HttpRequest, desk: Desk, profile: AnyProfile, back: str) -> HttpResponse:
    """Raises ValidationError."""
    name, headings = request.POST.get("name", ""), desk.sample.headings
    if desk.row is not None and request.POST.get("how") == OVER:
        refuse_for_all(request, desk.row.company_id is None)
        opened_at = _opened_at(request)
        row = change(desk.row, profile, name=name, headings=headings, opened_at=opened_at)
    else:
        of_all = request.POST.get("whose") == ALL or desk.company is None
        refuse_for_all(request, of_all)
        company = None if of_all else desk.company
        row = make(profile, name=name, company=company, headings=headings)
    read_by_it(request, row, desk.file_import if desk.checks else None)
    return HttpResponseRedirect(back)


def refuse_for_all(request: HttpRequest, is_for_all: bool) -> None:
    """What reads the files of every company is made and changed by who sees every company."""
    if is_for_all and narrowed(request):
        raise ValidationError(
            "A layout for all companies is made and changed by somebody who sees every company. Save "
            "one more, for your company."
        )


def _opened_at(request: HttpRequest) -> datetime:
    """When the layout had last been changed as its page was opened."""
    try:
        return datetime.fromisoformat(request.POST.get("as_of", ""))
    except ValueError as lacking:
        raise ValidationError(OVERTAKEN) from lacking


def read_by_it(request: HttpRequest, row: ImportProfile, file_import: FileImport | None) -> None:
    """Check the file by the layout that was saved for it, and say so."""
    if file_import is None:
        messages.success(request, f"“{row}” is saved.{_told_of_others(row)}")
        return
    check_again(file_import, profile=row.code)
    begin(file_import)
    messages.success(
        request,
        f"“{row}” is saved, and {file_import} is read by it. The next file with these headings is "
        f"read by it without being asked.{_told_of_others(row, file_import)}",
    )


def _told_of_others(row: ImportProfile, but: FileImport | None = None) -> str:
    others = FileImport.objects.filter(profile=row.code, stage=FileImport.Stage.CHECKED)
    if but is not None:
        others = others.exclude(pk=but.pk)
    changed = sum(each.read_by.get("content") != row.content for each in others)
    if not changed:
        return ""
    return f" {changed} import{'' if changed == 1 else 's'} that it was checked by must be checked again."


def _shown(
    screen: Screen,
    request: HttpRequest,
    desk: Desk,
    draft: Draft,
    record: Any,
    back: str,
    wrong: list[str],
    trial: Trial | None,
) -> HttpResponse:
    row, posted = desk.row, request.POST
    words = BUILD.words if desk.checks else CHANGE.words
    context = {
        **screen.admin_site.each_context(request),
        "title": words,
        "trail": screen.trail(words, record=record),
        "opts": screen.opts,
        "original": record,
        "called": screen.called(record),
        "back": back,
        "from_import": desk.checks,
        "unknown": not desk.start and NO_PROFILE,
        "file_doubts": desk.sample.doubts,
        "subjects": subjects(),
        "starts": offered(desk.company),
        "start": desk.start.code if desk.start else "",
        "start_name": desk.start.name if desk.start else "",
        "row": row,
        "as_of": posted.get("as_of") or (row.changed_at.isoformat() if row else ""),
        "name": posted.get("name", row.name if row else ""),
        "how": posted.get("how", OVER),
        "whose": posted.get("whose", COMPANY if row is None or row.company_id else ALL),
        "company": desk.company,
        "wrong": wrong,
        "trial": trial,
        "tries": desk.file_import is not None,
        **context_of(draft, desk.sample, desk.company),
    }
    return TemplateResponse(request, "backoffice/files/layout.html", context)


BUILD: Final = PageAct(
    name="layout",
    words="Say what its columns mean",
    permission=ActName.CHANGE_LAYOUTS,
    when=lambda file_import: file_import.stage in BEFORE_WRITING,
    page=page_of_import,
    calls_out=True,  # the check that follows commits in portions: no transaction is open around it
)
CHANGE: Final = PageAct(
    name="change-layout",
    words="Change this layout",
    permission=ActName.CHANGE_LAYOUTS,
    when=lambda row: row.retired_at is None,
    page=page_of_layout,
    calls_out=True,  # likewise
    main=True,
)
