"""The page that makes an export come by itself, opened from a company or by “Repeat this”."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.backoffice.files.schedule_form import ScheduleForm
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import PageAct, Screen
from apps.backoffice.frame.permissions import may, person
from apps.billing.models import Company
from apps.exchange.models import ScheduledExport
from apps.exchange.schedules.makers import CannotBeMade, maker_of
from apps.exchange.schedules.running import set_next
from apps.staff.acts import ActName

FIELDS = ("what", "choice", "format", "every", "at", "weekday", "month_day", "cron", "addresses",
          "sends_empty", "keep_days")  # fmt: skip


def schedule_page(screen: Screen, request: HttpRequest, company: Company) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("kind", "source") if name in request.GET}
    initial.setdefault("kind", "daily")
    form = ScheduleForm(
        request.POST if request.method == "POST" else None, record=company, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            schedule = _save(request, company, form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, f"{schedule} is made by itself from now on.")
            place = reverse("admin:exchange_scheduledexport_change", args=[schedule.pk])
            return HttpResponseRedirect(place)
    context = {
        **screen.admin_site.each_context(request),
        "title": SCHEDULE.words,
        "trail": screen.trail(SCHEDULE.words, record=company),
        "opts": screen.opts,
        "original": company,
        "called": screen.called(company),
        "act": SCHEDULE,
        "meaning": "It is made by itself with your rights, kept here sealed, and sent to whom you "
        "choose.",
        "form": form,
        "media": form.media,
        "back": screen.page("change", company.pk),
    }
    return TemplateResponse(request, "backoffice/frame/act.html", context)


def _save(request: HttpRequest, company: Company, answers: dict[str, Any]) -> ScheduledExport:
    schedule = ScheduledExport(company=company, owner_id=person(request))
    for name in FIELDS:
        setattr(schedule, name, answers[name])
    refuse_without_right(request, schedule)
    schedule.name = answers["name"] or maker_of(schedule).words(schedule)[:120]
    set_next(schedule)
    schedule.save()
    schedule.people.set(answers["people"])
    return schedule


def refuse_without_right(request: HttpRequest, schedule: ScheduledExport) -> None:
    """Whoever may see what is in it may have it made, and sent to others who may send by e-mail.
    Raises ValidationError."""
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
    permission=permissions.SEE_COMPANIES,
    page=schedule_page,
)
