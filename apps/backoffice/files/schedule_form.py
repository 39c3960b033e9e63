"""What is asked of an export that comes by itself: what, when, to whom."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.utils.html import format_html

from apps.backoffice.files.list_maker import screen_of
from apps.backoffice.files.schedule_source import address_of, chosen, source_of
from apps.backoffice.frame.acts import ActForm
from apps.billing.sight import who_see
from apps.exchange.exports.layouts import layouts
from apps.exchange.models import ScheduledExport
from apps.exchange.printing.words import LANGUAGES, language_of
from apps.exchange.schedules.makers import MAKERS
from apps.exchange.schedules.periods import PERIODS
from apps.exchange.schedules.times import refuse_bad_cron
from apps.staff.models import User

SIMPLE: Final = {
    "daily": "Daily report",
    "aged": "Aged receivables",
    "plain-text": "Receivables as a plain-text ledger",
}
MOST: Final = 30  # addresses


class ScheduleForm(ActForm):
    """`kind`: "daily", "aged", "plain-text", "layout:<code>" or "list"; `source`: what the page that it
    repeats was asked (of a list with its name in front)."""

    kind = forms.ChoiceField(label="What")
    source = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    name = forms.CharField(max_length=120, required=False, help_text="Empty: what it is.")
    format = forms.ChoiceField()
    period = forms.ChoiceField(
        label="Days",
        choices=list(PERIODS.items()),
        help_text="Of a file for another system: of which days, seen from each run.",
    )
    every = forms.ChoiceField(label="How often", choices=ScheduledExport.Every.choices)
    at = forms.TimeField(
        label="At", widget=forms.TimeInput(attrs={"type": "time"}), initial="07:00"
    )
    weekday = forms.TypedChoiceField(
        label="On (weekly)", choices=ScheduledExport.Weekday.choices, coerce=int
    )
    month_day = forms.IntegerField(
        label="On day (monthly)",
        initial=1,
        validators=[MinValueValidator(1), MaxValueValidator(ScheduledExport.LAST_DAY)],
        help_text="In a month that has no such day: its last.",
    )
    cron = forms.CharField(
        label="Cron expression",
        required=False,
        max_length=100,
        help_text="Minute, hour, day, month, weekday: “0 7 * * 1-5” is seven o'clock on working days.",
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Sent to people here",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whoever may not see what is in it gets nothing.",
    )
    addresses = forms.CharField(
        label="Other addresses",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line. They get the file without signing in.",
    )
    language = forms.ChoiceField(
        required=False, help_text="Of a daily report, and of aged receivables as PDF."
    )
    sends_empty = forms.BooleanField(
        label="Send a daily report also when nothing happened", required=False, initial=True
    )
    keep_days = forms.IntegerField(
        label="Keep each file for (days)",
        initial=400,
        validators=[MinValueValidator(1), MaxValueValidator(4000)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        company: Any = self.record
        self.fields["at"].help_text = f"By the clock of {company.time_zone}."
        papers = f"That of your papers ({LANGUAGES[language_of(company)]})"
        self.fields["language"].choices = [("", papers), *LANGUAGES.items()]  # type: ignore[attr-defined] # a choice
        people: Any = self.fields["people"]
        people.queryset = User.objects.filter(who_see(company), is_active=True, is_staff=True)
        kinds = [*SIMPLE.items()]
        kinds += [
            (f"layout:{code}", f"{each.product}: {each.words}") for code, each in layouts().items()
        ]
        if self._offers_lists():
            kinds.append(("list", self._list_words()))
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined] # a choice
        formats = {code: words for each in MAKERS.values() for code, words in each.formats.items()}
        self.fields["format"].choices = list(formats.items())  # type: ignore[attr-defined] # a choice

    def _source(self) -> str:
        return str((self.data if self.is_bound else self.initial).get("source", ""))

    def _offers_lists(self) -> bool:
        return bool(self._source())

    def _list_words(self) -> str:
        try:
            return f"List: {screen_of(self._source().partition('?')[0]).words}"
        except (LookupError, ValueError):
            return "A list"

    def clean_addresses(self) -> list[str]:
        found = [each for each in re.split(r"[\s,;]+", self.cleaned_data["addresses"]) if each]
        for each in found:
            try:
                validate_email(each)
            except ValidationError:
                raise ValidationError(f"“{each}” is no e-mail address.") from None
        if len(found) > MOST:
            raise ValidationError(f"At most {MOST} addresses.")
        return list(dict.fromkeys(each.lower() for each in found))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("every") == ScheduledExport.Every.CRON:
            try:
                refuse_bad_cron(cleaned.get("cron", ""))
            except ValidationError as refusal:
                self.add_error("cron", refusal)
        if "kind" not in self.errors:
            self._clean_kind(cleaned)
        return cleaned

    def _clean_kind(self, cleaned: dict[str, Any]) -> None:
        what, _, code = cleaned["kind"].partition(":")
        formats = MAKERS[what].formats
        if "format" not in self.errors and cleaned["format"] not in formats:
            self.add_error("format", f"It comes as {' or '.join(formats.values())}.")
        try:
            cleaned["choice"] = chosen(what, code, cleaned["source"], cleaned.get("period", ""))
        except (LookupError, ValueError):
            self.add_error("kind", "There is no such list. Open the list, and choose Export there.")
        cleaned["what"] = what

    def questions(self) -> Any:
        yield from super().questions()
        outside = set(self.cleaned_data.get("addresses", []))
        outside -= set(User.objects.filter(email__in=outside).values_list("email", flat=True))
        if outside:
            yield (
                f"{', '.join(sorted(outside))} get the file by e-mail without signing in, for as long "
                "as this runs. Is that meant?"
            )


class ChangeForm(ScheduleForm):
    """The same of one that is there. `address`: the page that shows what it is of."""

    address = forms.CharField(
        label="Filters and columns",
        required=False,
        max_length=2000,
        help_text="Of a list or a file for another system: the address of the page where it is chosen. "
        "Open it there, choose anew, and put its address here as your browser shows it.",
    )
    field_order = ("kind", "address", "name", "format")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = self.initial.get("address", "")
        if address:
            field = self.fields["address"]
            field.help_text = format_html(
                '{} <a class="t-link" href="{}" target="_blank">Open it as it is chosen now</a>.',
                field.help_text,
                address,
            )

    def _offers_lists(self) -> bool:
        return True

    def clean(self) -> dict[str, Any]:
        try:
            self.cleaned_data["source"] = source_of(self.cleaned_data.get("address", "").strip())
        except LookupError:
            self.add_error("address", "There is no page of Tieout at this address.")
        return super().clean()

    def _source(self) -> str:
        address = str((self.data if self.is_bound else self.initial).get("address", ""))
        try:
            return source_of(address.strip())
        except LookupError:
            return ""


def answers_of(schedule: ScheduledExport) -> dict[str, Any]:
    """What the form was answered with, to be changed."""
    kind = schedule.what
    if kind == "layout":
        kind = f"layout:{schedule.choice['layout']}"
    same = (
        "name",
        "format",
        "every",
        "at",
        "weekday",
        "month_day",
        "cron",
        "language",
        "sends_empty",
        "keep_days",
    )
    return {
        **{name: getattr(schedule, name) for name in same},
        "kind": kind,
        "address": address_of(schedule),
        "period": schedule.choice.get("period", "all"),
        "people": list(schedule.people.all()),
        "addresses": "\n".join(schedule.addresses),
    }
