"""How an act is carried out: for whom, on what stands now, once, and within a person's limit."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import Act, ActForm, ButtonAct, PageAct, Rehearses, Screen
from apps.backoffice.frame.days import show_days_of
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.history_words import EMPTY
from apps.backoffice.frame.once import nothing_done, once
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.shown_again import shown_again
from apps.backoffice.frame.sight import company_in_sight
from apps.backoffice.frame.versions import (
    LACKING,
    Outdated,
    State,
    as_opened,
    carry,
    lock,
    name_of,
    opened,
    outdated,
)
from apps.billing.actions import NeedsApproval, ask
from apps.billing.models import Approval, Company
from apps.billing.models.approvals import SUBJECTS
from apps.billing.rules.limits import home_amount, limit_now
from apps.staff.acts import ACTS, ActName
from apps.staff.entrance.fresh import ask_again

SHOW = "show"  # the button that shows what would come of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Alone:
    """How far this person may do an act without a second one."""

    words: str
    above: bool  # the record is above the limit already, whatever is typed


def alone(act: ButtonAct, record: Any) -> Alone | None:
    """None where no limit holds for this act and person."""
    if act.permission not in set(ActName) or not ACTS[ActName(act.permission)].limited:
        return None
    limit = limit_now(ActName(act.permission), record.company)
    if limit is None:
        return None
    home = record.company.home_currency
    # An act that asks for its amount is measured by that.
    typed = act.asks is not None and "amount" in act.asks.base_fields
    above = not typed and home_amount(record) > limit
    if above:
        words = (
            f"{amount_text(home_amount(record), home)} {home} is above your limit of "
            f"{amount_text(limit, home)} {home}: a second person is asked, and nothing is posted "
            "until they approve."
        )
    else:
        words = (
            f"Up to {amount_text(limit, home)} {home} you do this alone. Above that a second "
            "person is asked, and nothing is posted until they approve."
        )
    return Alone(words=words, above=above)


def perform(act: Act, screen: Screen, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the act's page, or do it; refused with 403, or told why it is not possible now."""
    record: models.Model | None = screen.get_object(request, object_id)
    if record is None:
        raise Http404
    if not screen.has_view_permission(request, record) or not may(request, act.permission):
        raise PermissionDenied
    if (way := ask_again(request, act.permission)) is not None:
        return way
    show_days_of(company_of(record))
    back = screen.page("change", record.pk)
    if request.method != "POST":
        return shown_again(
            request,
            lambda asked: _carry_out(act, screen, asked, record, back),
            able=isinstance(act, ButtonAct) and act.asks is not None,
        )

    def alone_with_it() -> HttpResponse:
        held = record if act.calls_out else _held(screen, request, record)
        return _carry_out(act, screen, request, held, back)

    return once(
        request,
        f"{screen.url_name(act.name)} {record.pk}",
        alone_with_it,
        back=back,
        calls_out=act.calls_out,
    )


def _held(screen: Screen, request: HttpRequest, record: models.Model) -> models.Model:
    """The record as it stands once nobody else acts on its company until the transaction ends.

    What a form asks and what it refuses is judged of the same state as what is then done.
    """
    company = company_of(record)
    if company is None:
        return record
    Company.locked(company.pk)
    held: models.Model | None = screen.get_object(request, str(record.pk))
    if held is None:
        raise Http404
    return held


def _carry_out(
    act: Act, screen: Screen, request: HttpRequest, record: Any, back: str
) -> HttpResponse:
    if not act.when(record):
        name = screen.called(record)
        messages.error(request, f"“{act.words}” is not possible for {name} as it stands now.")
        return nothing_done(HttpResponseRedirect(back))
    if act.edits is None:
        return _show_or_do(act, screen, request, record, back)
    if request.method != "POST":
        carry(request, _edited(act, record), act.edits(record))
        return _show_or_do(act, screen, request, record, back)
    return _edit(act, act.edits, screen, request, record, back)


def _edit(
    act: Act,
    stands: Callable[[Any], State],
    screen: Screen,
    request: HttpRequest,
    record: Any,
    back: str,
) -> HttpResponse:
    """Do it, unless what it changes was changed by another since its form was opened."""
    with transaction.atomic():
        stored = lock(record)
        if stored is None:
            raise Http404
        now = stands(stored)
        then = opened(request, _edited(act, record))
        stale: Outdated | None = None
        if then is not None:
            stale = outdated(stored, then, now, lambda name: _typed(act, request, record, name))
        carry(request, _edited(act, record), now)
        if then is not None and stale is None:
            return _show_or_do(act, screen, request, record, back)
    if stale is None:
        messages.error(request, LACKING)
        return nothing_done(HttpResponseRedirect(request.get_full_path()))
    shown = _show_or_do(act, screen, as_opened(request), stored, back)
    if isinstance(shown, TemplateResponse):
        shown.context_data = {**(shown.context_data or {}), "outdated": stale}
        shown.status_code = HTTPStatus.CONFLICT
    return shown


def _edited(act: Act, record: models.Model) -> str:
    return f"{act.name} {name_of(record)}"


def _typed(act: Act, request: HttpRequest, record: models.Model, name: str) -> str | None:
    raw = request.POST.get(name)
    return None if raw is None else act.reads_as(record, raw) or EMPTY


def _show_or_do(
    act: Act, screen: Screen, request: HttpRequest, record: Any, back: str
) -> HttpResponse:
    if isinstance(act, PageAct):
        return act.page(screen, request, record)
    assert isinstance(act, ButtonAct)  # there is no third kind
    posted = request.POST if request.method == "POST" else None
    form = act.asks(posted, record=record) if act.asks else None
    foretold = act.foretells(request, record) if act.foretells else SafeString("")
    if act.rehearses and form is not None and SHOW in request.POST:
        foretold = _rehearsed(act, act.rehearses, request, record, form)
    elif request.method == "POST" and (form is None or form.is_valid()):
        try:
            result = act.do(request, record, form.cleaned_data if form else {})
        except NeedsApproval as above:
            ask_instead(request, above)
            return HttpResponseRedirect(back)
        except ValidationError as refusal:
            if form is None:
                messages.error(request, " ".join(refusal.messages))
                return nothing_done(HttpResponseRedirect(back))
            form.add_error(None, refusal.messages)
        else:
            if not isinstance(result, str):
                return result  # a page, or a stream
            messages.success(request, result)
            return HttpResponseRedirect(back)
    context = {
        **screen.admin_site.each_context(request),
        "title": act.words,
        "trail": screen.trail(act.words, record=record),
        "opts": screen.opts,
        "original": record,
        "called": screen.called(record),
        "act": act,
        "meaning": act.meaning(record),
        "alone": alone(act, record),
        "doubts": act.doubts(record) if act.doubts else [],
        "foretold": foretold,
        "rehearses": form is not None and act.rehearses is not None,
        "form": form,
        "back": back,
        "media": form.media if form else forms.Media(),
    }
    return TemplateResponse(request, "backoffice/frame/act.html", context)


def _rehearsed(
    act: ButtonAct,
    rehearses: Rehearses,
    request: HttpRequest,
    record: Any,
    form: ActForm,
) -> SafeString:
    """What comes of it as it is typed now; nothing of it is done, and nobody is told that it was."""
    if not form.is_valid():
        return SafeString("")
    quiet = copy.copy(request)
    quiet._messages = default_storage(quiet)  # type: ignore[attr-defined] # as its middleware does
    try:
        return rehearses(request, record, partial(act.do, quiet), record, form.cleaned_data)
    except ValidationError as refusal:  # above a limit included
        form.add_error(None, refusal.messages)
        return SafeString("")


def company_named(request: HttpRequest) -> Company | None:
    """The company that the address of a new record names, or its form."""
    key = request.POST.get("company") or request.GET.get("company") or ""
    return company_in_sight(request, key)


def company_of(record: Any) -> Company | None:
    """The company whose record it is."""
    return record if isinstance(record, Company) else getattr(record, "company", None)


def with_waiting(rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """With whether a second person is asked to approve something of it."""
    subject = _subject(rows.model)
    if subject not in SUBJECTS:
        return rows
    waiting = Approval.objects.filter(
        **{subject: models.OuterRef("pk")}, state=Approval.State.WAITING
    )
    return rows.annotate(asks_a_second=models.Exists(waiting))


def waiting_for(request: HttpRequest, record: models.Model) -> list[Approval]:
    """What a second person is asked to approve of this record, for those who may see it."""
    subject = _subject(type(record))
    if subject not in SUBJECTS or not may(request, "billing.view_approval"):
        return []
    if not getattr(record, "asks_a_second", True):
        return []
    waiting = Approval.objects.filter(**{subject: record.pk}, state=Approval.State.WAITING)
    return list(waiting.select_related("requested_by"))


def _subject(model: type[models.Model]) -> str:
    """Its name among what approvals are of."""
    name = str(model._meta.model_name)
    return "credit_note" if name == "creditnote" else name


def ask_instead(request: HttpRequest, above: NeedsApproval) -> None:
    """Put what is above the person's limit before a second one, and say so."""
    try:
        ask(above)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        waits = "It waits under “Approvals”; nothing is posted until then."
        messages.warning(request, f"{' '.join(above.messages)} {waits}")
