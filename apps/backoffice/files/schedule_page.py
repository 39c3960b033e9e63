"""The pages that make an export come by itself, and change it afterwards."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.files.schedule_form import ChangeForm, ScheduleForm, answers_of
from apps.backoffice.files.schedule_words import changes_between, stands
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.permissions import may, person
from apps.billing.models import Company
from apps.exchange.models import ScheduledExport
from apps.exchange.schedules.makers import CannotBeMade, maker_of
from apps.exchange.schedules.past import Did, note
from apps.exchange.schedules.running import set_next
from apps.staff.acts import ActName

FIELDS = ("what", "choice", "format", "every", "at", "weekday", "month_day", "cron", "addresses",
          "language", "sends_empty", "keep_days")  # fmt: skip
# What a change says anew beside these; the rest is moved by runs alone.
MOVED = ("name", "next_due", "told_until", "stopped", "dealt_with_at")


def schedule_page(screen: Screen, request: HttpRequest, company: Company) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("kind", "source") if name in request.GET}
    initial.setdefault("kind", "daily")
    posted = request.POST if request.method == "POST" else None
    form = ScheduleForm(posted, record=company, initial=initial)
    if posted is not None and form.is_valid():
        try:
            schedule = _save(request, company, form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, f"{schedule} is made by itself from now on.")
            place = reverse("admin:exchange_scheduledexport_change", args=[schedule.pk])
            return HttpResponseRedirect(place)
    meaning = (
        "It is made by itself with your rights, kept here sealed, and sent to whom you choose."
    )
    return _shown(screen, request, SCHEDULE, company, form, meaning)


def change_page(screen: Screen, request: HttpRequest, schedule: ScheduledExport) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = ChangeForm(posted, record=schedule.company, initial=answers_of(schedule))
    if posted is not None and form.is_valid():
        try:
            changed = _change(request, schedule, form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            if changed:
                messages.success(request, f"{schedule} is changed, from its next run on.")
            else:
                messages.info(request, "Nothing was changed.")
            return HttpResponseRedirect(screen.page("change", schedule.pk))
    meaning = (
        "It holds from the next run on: a run that is under way, and those that were made, keep what "
        f"they were made with. It still runs with the rights of {schedule.owner}."
    )
    return _shown(screen, request, CHANGE, schedule, form, meaning)


def _shown(
    screen: Screen,
    request: HttpRequest,
    act: PageAct,
    record: Any,
    form: ScheduleForm,
    meaning: str,
) -> HttpResponse:
    context = {
        **screen.admin_site.each_context(request),
        "title": act.words,
        "trail": screen.trail(act.words, record=record),
        "opts": screen.opts,
        "original": record,
        "called": screen.called(record),
        "act": act,
        "meaning": meaning,
        "form": form,
        "media": form.media,
        "back": screen.page("change", record.pk),
    }
    return TemplateResponse(request, "backoffice/frame/act.html", context)


@transaction.atomic
def _save(request: HttpRequest, company: Company, answers: dict[str, Any]) -> ScheduledExport:
    schedule = ScheduledExport(company=company, owner_id=person(request))
    _answer(request, schedule, answers)
    set_next(schedule)
    schedule.save()
    schedule.people.set(answers["people"])
    note(schedule, Did.MADE, person(request))
    return schedule


@transaction.atomic
def _change(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> bool:
    """Whether anything is another; nothing is written where it is not."""
    before, told_days = stands(schedule), maker_of(schedule).tells_days
    _answer(request, schedule, answers)
    if maker_of(schedule).tells_days and not told_days:
        schedule.told_until = None
    schedule.people.set(answers["people"])
    changes = list(changes_between(before, stands(schedule)))
    if not changes:
        return False
    stopped = schedule.stopped
    set_next(schedule)
    # What stopped for want of its owner's rights goes on by “Resume” alone.
    schedule.stopped, schedule.dealt_with_at = stopped, timezone.now()
    schedule.save(update_fields=[*FIELDS, *MOVED])
    note(schedule, Did.CHANGED, person(request), changes)
    return True


def _answer(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> None:
    """Put the answers on it. Raises ValidationError where this person may not have that made."""
    for name in FIELDS:
        setattr(schedule, name, answers[name])
    refuse_without_right(request, schedule)
    schedule.name = answers["name"] or maker_of(schedule).words(schedule)[:120]


def refuse_without_right(request: HttpRequest, schedule: ScheduledExport) -> None:
    """Whoever may schedule and see what is in it may have it made, and sent to others who may send by
    e-mail. Raises ValidationError."""
    try:
        needs = maker_of(schedule).needs(schedule)
    except CannotBeMade as refusal:
        raise ValidationError(str(refusal)) from refusal
    if not all(may(request, each) for each in needs):
        raise ValidationError(
            "You may not see all that is in it. Ask somebody who may to schedule it."
        )
    if schedule.addresses and not may(request, ActName.SEND_BY_EMAIL):
        raise ValidationError(
            f"You may not send by e-mail to others, and it goes to {', '.join(schedule.addresses)}. "
            "Leave “Other addresses” empty, or ask a clerk or an accountant."
        )


SCHEDULE = PageAct(
    name="schedule",
    words="Schedule an export",
    permission=ActName.SCHEDULE,
    page=schedule_page,
)
CHANGE = PageAct(
    name="edit",
    words="Change",
    permission=ActName.SCHEDULE,
    page=change_page,
    edits=stands,
)
