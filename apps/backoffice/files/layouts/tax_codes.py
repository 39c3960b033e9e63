"""“Say what these mean”: tax codes of a file that are none of ours, each with a rate of ours beside it."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.files.layouts.answers import values_said
from apps.backoffice.files.layouts.drawing import shown_values
from apps.backoffice.files.layouts.page import read_by_it
from apps.backoffice.frame.acts import PageAct, Screen
from apps.connectors.profiles import Field, Profile, Subject
from apps.exchange.imports.at_hand import lines_of, looked_at, profile_of
from apps.exchange.imports.own.finding import own_row
from apps.exchange.imports.own.saving import change, make
from apps.exchange.imports.running import BEFORE_WRITING
from apps.exchange.imports.taxes import NONE_OF_OURS, TaxRates
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.tables.port import FileRefused
from apps.staff.acts import ActName

READ: Final = 50_000  # lines of a file that are searched for codes


def has_unknown_codes(file_import: FileImport) -> bool:
    """Whether rows are refused for a tax rate that is not here."""
    refused = file_import.refused_rows.filter(tolerated=False, asked=False)
    return (
        file_import.stage == FileImport.Stage.CHECKED
        and refused.filter(sentence__contains=NONE_OF_OURS).exists()
    )


def unknown_codes(file_import: FileImport, profile: Profile) -> list[str]:
    """As they stand in the file, in its order. Raises `FileRefused`."""
    rates = TaxRates(file_import.company, profile.system)
    said_by = {means: said for said, means in profile.values.get(Field.TAX_CODE, {}).items()}
    seen: dict[str, None] = {}
    for line in islice(lines_of(file_import), READ):
        if code := line.text(Field.TAX_CODE):
            seen[code] = None
    return [said_by.get(code, code) for code in seen if not rates.named(code)]


def page_of_codes(screen: Screen, request: HttpRequest, file_import: FileImport) -> HttpResponse:
    back = screen.page("change", file_import.pk)
    try:
        profile = profile_of(file_import)
        codes = unknown_codes(file_import, profile) if isinstance(profile, Profile) else []
    except (FileRefused, OSError) as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(back)
    assert isinstance(profile, Profile), "a refusal for its tax rate is one of documents"
    row = own_row(profile.code)
    wrong: list[str] = []
    if request.method == "POST":
        try:
            saved = _saved(request, file_import, profile, row)
        except ValidationError as refusal:
            wrong = refusal.messages
        else:
            read_by_it(request, saved, file_import)
            return HttpResponseRedirect(back)
    return _shown(screen, request, file_import, profile, row, codes, wrong)


def _saved(
    request: HttpRequest, file_import: FileImport, profile: Profile, row: ImportProfile | None
) -> ImportProfile:
    """Over the layout where it is one of our own, else as one of our own. Raises ValidationError."""
    said = _chosen(request.POST, file_import)
    if not said:
        raise ValidationError("Choose for at least one of them which of your tax rates is meant.")
    before = profile.values.get(Field.TAX_CODE, {})
    folded = {each.casefold() for each in said}
    kept = {each: means for each, means in before.items() if each.casefold() not in folded}
    meant = replace(profile, values={**profile.values, Field.TAX_CODE: {**kept, **said}})
    if row is not None:
        return change(row, meant, name=row.name, headings=row.headings)
    seen = looked_at(file_import)
    return make(
        meant,
        name=request.POST.get("name", ""),
        company=file_import.company,
        headings=seen.headings if seen is not None else (),
    )


def _chosen(posted: Mapping[str, str], file_import: FileImport) -> dict[str, str]:
    """What was chosen, of what is offered."""
    shown = shown_values(Subject.DOCUMENTS, Field.TAX_CODE, (), {}, file_import.company)
    offered = {code for code, _ in shown.choices}
    said = values_said(posted, Field.TAX_CODE)
    return {each: means for each, means in said.items() if means in offered}


def _shown(
    screen: Screen,
    request: HttpRequest,
    file_import: FileImport,
    profile: Profile,
    row: ImportProfile | None,
    codes: list[str],
    wrong: list[str],
) -> HttpResponse:
    said = values_said(request.POST, Field.TAX_CODE)
    usual = f"{profile.name}, tax of {file_import.company}"[:100]
    context: dict[str, Any] = {
        **screen.admin_site.each_context(request),
        "title": TAX_CODES.words,
        "trail": screen.trail(TAX_CODES.words, record=file_import),
        "opts": screen.opts,
        "original": file_import,
        "called": screen.called(file_import),
        "back": screen.page("change", file_import.pk),
        "each": shown_values(Subject.DOCUMENTS, Field.TAX_CODE, codes, said, file_import.company),
        "profile_name": profile.name,
        "row": row,
        "name": request.POST.get("name", usual),
        "wrong": wrong,
    }
    return TemplateResponse(request, "backoffice/files/layout_tax_codes.html", context)


TAX_CODES: Final = PageAct(
    name="tax-codes",
    words="Say what its tax rates mean",
    permission=ActName.CHANGE_LAYOUTS,
    when=lambda each: each.stage in BEFORE_WRITING and has_unknown_codes(each),
    page=page_of_codes,
    calls_out=True,  # the check that follows commits in portions: no transaction is open around it
)
