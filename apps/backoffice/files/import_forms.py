"""What an import asks: which file, and how it is written."""

import dataclasses
from typing import Any

from django import forms

from apps.backoffice.frame.acts import ActForm
from apps.billing.models import Company
from apps.exchange.imports.running import (
    dialect_of,
    path_of,
    profile_of,
    studied,
)
from apps.exchange.imports.styles import DAY_ORDER, DECIMAL_MARK, MARKS, ORDERS
from apps.exchange.models import FileImport
from apps.exchange.profiles import PROFILES
from apps.exchange.tables.encodings import ENCODINGS
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Dialect, Doubt, FileFormat, FileRefused, Look
from apps.exchange.tables.sniffing import DELIMITERS

Stage = FileImport.Stage


class UploadForm(forms.Form):
    company = forms.ModelChoiceField(Company.objects.none(), empty_label=None)
    file = forms.FileField(
        help_text="CSV (plain or .gz) or Excel (.xlsx), with invoices and credit notes.",
        max_length=200,
    )
    profile = forms.ChoiceField(
        label="Layout",
        choices=lambda: [(code, each.name) for code, each in sorted(PROFILES.items())],
        help_text="Which columns it has, and what they mean.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company"].queryset = Company.objects.order_by("legal_name")  # type: ignore[attr-defined] # a choice of rows


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
        seen, doubts = seen_of(self.record), doubts_of(self.record)
        self.found = (seen.dialect if seen else None) or Dialect()
        for name in ("encoding", "delimiter", "sheet", "header_row"):
            self.fields[name].initial = getattr(self.found, name)
        for name in (DECIMAL_MARK, DAY_ORDER):
            self.fields[name].initial = self.record.said.get(name, "")
        if self.found.format is FileFormat.XLSX:
            del self.fields["encoding"], self.fields["delimiter"]
            sheets = seen.sheets if seen else ()
            self.fields["sheet"].choices = [(each, each) for each in sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        for doubt in doubts:
            if doubt.field in self.fields:
                self.fields[doubt.field].help_text = doubt.sentence
                self.fields[doubt.field].required = True

    def dialect(self) -> Dialect:
        told = {name: self.cleaned_data[name] for name in DIALECT if name in self.cleaned_data}
        return dataclasses.replace(self.found, **told)

    def said(self) -> dict[str, str]:
        return {
            name: told for name in (DECIMAL_MARK, DAY_ORDER) if (told := self.cleaned_data[name])
        }


DIALECT = ("encoding", "delimiter", "sheet", "header_row")


def seen_of(file_import: FileImport) -> Look | None:
    """How the file looks, or None where it cannot be looked at."""
    try:
        return look(
            path_of(file_import),
            known_headings=profile_of(file_import).headings,
            dialect=dialect_of(file_import),
        )
    except (FileRefused, OSError):
        return None


def doubts_of(file_import: FileImport) -> tuple[Doubt, ...]:
    """What only a person can settle. The whole file is read for it, so while it asks alone."""
    if file_import.stage != Stage.ASKING:
        return ()
    try:
        return studied(file_import).doubts
    except (FileRefused, OSError):
        return ()
