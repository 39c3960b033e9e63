"""What an import asks: which file, and how it is written."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django import forms

from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.sight import in_sight
from apps.billing.models import Company
from apps.connectors.profiles import AnyProfile
from apps.exchange.imports.at_hand import doubts_of, looked_at, profile_of
from apps.exchange.imports.money.payouts.methods import PAYMENT_METHOD, in_clearing
from apps.exchange.imports.own.finding import offered
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.models import FileImport, ImportProfile
from apps.exchange.profiles.movements import PayoutProfile
from apps.exchange.tables.encodings import ENCODINGS
from apps.exchange.tables.port import Dialect, FileFormat, Look
from apps.exchange.tables.sniffing import DELIMITERS

TO_BE_SAID = "-"  # in place of a layout: whoever brings the file says what its columns mean


class UploadForm(forms.Form):
    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    file = forms.FileField(
        help_text="CSV (plain or .gz) or Excel (.xlsx).",
        max_length=200,
    )
    profile = forms.ChoiceField(
        label="Layout",
        required=False,
        help_text="Which columns it has, and what they mean. Most files are known by their headings.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        company, code = cleaned.get("company"), cleaned.get("profile")
        if company and code not in ("", None, TO_BE_SAID) and code not in dict(offered(company)):
            self.add_error("profile", f"This layout is not one of {company}.")
        return cleaned

    @property
    def said_profile(self) -> str | None:
        """As `receive` takes it."""
        said: str = self.cleaned_data["profile"]
        return "" if said == TO_BE_SAID else said or None

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        layouts = in_sight(user, ImportProfile.objects.all())
        self.fields["profile"].choices = [  # type: ignore[attr-defined] # a choice
            ("", "As its headings tell"),
            (TO_BE_SAID, "None of these: say what its columns mean"),
            *offered(of=layouts),
        ]
        companies = in_sight(user, Company.objects.order_by("legal_name"))
        self.fields["company"].queryset = companies  # type: ignore[attr-defined] # a choice of rows


class DialectForm(ActForm):
    """How the file is written: as it looks, and what only a person can settle left to be chosen."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(
        label="What stands between cells", choices=list(DELIMITERS.items())
    )
    sheet = forms.ChoiceField(required=False)
    header_row = forms.IntegerField(label="Row of the headings", min_value=1, max_value=10_000)
    decimal_mark = forms.ChoiceField(
        label="What stands before decimals",
        required=False,
        choices=[("", "as the file tells"), *MARKS.items()],
    )
    day_order = forms.ChoiceField(
        label="Order of day, month and year",
        required=False,
        choices=[("", "as the file tells"), *ORDERS.items()],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_methods(profile_of(self.record))
        seen = looked_at(self.record)
        found = _as_it_looks(seen)
        for name in DIALECT:
            self.fields[name].initial = getattr(found, name)
        for name in (DECIMAL_MARK, DAY_ORDER):
            self.fields[name].initial = self.record.said.get(name, "")
        if found.format is FileFormat.XLSX:
            del self.fields["encoding"], self.fields["delimiter"]
            sheets = seen.sheets if seen else ()
            self.fields["sheet"].choices = [(each, each) for each in sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        for doubt in doubts_of(self.record):
            if doubt.field in self.fields:
                self.fields[doubt.field].help_text = doubt.sentence
                self.fields[doubt.field].required = True

    def _offer_methods(self, profile: AnyProfile) -> None:
        """Where the money of a processor lies is asked of its files alone."""
        if not isinstance(profile, PayoutProfile):
            return
        names = dict.fromkeys(each.name for each in in_clearing(self.record.company))
        self.fields[PAYMENT_METHOD] = forms.ChoiceField(
            label="Payment method that the money comes in by",
            required=False,
            choices=[
                ("", f"the one called {profile.processor}"),
                *((each, each) for each in names),
            ],
            initial=self.record.said.get(PAYMENT_METHOD, ""),
        )


class ReadByForm(ActForm):
    """Another layout for a file that was brought already."""

    profile = forms.ChoiceField(label="Layout")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = offered(self.record.company)  # type: ignore[attr-defined] # a choice
        self.fields["profile"].initial = self.record.profile


def dialect_said(file_import: FileImport, answers: Mapping[str, Any]) -> Dialect:
    """As it looks, with what was answered in its place."""
    told = {name: answers[name] for name in DIALECT if name in answers}
    return dataclasses.replace(_as_it_looks(looked_at(file_import)), **told)


def styles_said(answers: Mapping[str, Any]) -> dict[str, str]:
    return {name: answers[name] for name in SAID if answers.get(name)}


def _as_it_looks(seen: Look | None) -> Dialect:
    return seen.dialect if seen else Dialect()


SAID = (DECIMAL_MARK, DAY_ORDER, PAYMENT_METHOD)
DIALECT = ("encoding", "delimiter", "sheet", "header_row")
