"""What the page Export for another system asks: only what the chosen file needs."""

from typing import Any, Final

from django import forms
from django.http import HttpRequest

from apps.backoffice.frame import permissions
from apps.backoffice.frame.days import DayField
from apps.billing.models import Company, TaxRate
from apps.connections.models import Connection
from apps.connectors.layouts import Formulas, Holds, Layout

KEPT: Final = "export_codes"  # in the session: what was typed last, by company and file
UNTAXED: Final = "tax_none"


class Chosen(forms.ChoiceField):
    """One of a few: `default` unless another is chosen."""

    def __init__(self, *, default: str, **options: Any) -> None:
        super().__init__(**options)
        self.default = default

    def clean(self, value: Any) -> Any:
        return super().clean(value or self.default)


class LayoutForm(forms.Form):
    """Which records, and what accounts and tax rates are called over there."""

    since = DayField(label="From", required=False)
    until = DayField(label="To", required=False)
    open_only = forms.BooleanField(label="Only what is still open", required=False)
    with_void = forms.BooleanField(label="Void ones too", required=False)
    dates = Chosen(
        label="Dates there",
        default="day",
        choices=[("day", "Day first: 31/12/2026"), ("month", "Month first: 12/31/2026")],
    )
    formulas = Chosen(
        label="A text that begins as a formula does",
        default=Formulas.REFUSE.value,
        choices=[
            (Formulas.REFUSE.value, "Leave the record out, and say so"),
            (Formulas.KEEP.value, "Write it as it is: I open the file in no spreadsheet"),
        ],
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(),
        label="Accounts and tax codes",
        required=False,
        empty_label="As typed below",
        help_text="By the mappings of a connection, or as you type them.",
    )
    account = forms.CharField(
        label="Account of sales there",
        required=False,
        max_length=100,
        help_text="Its number, or its name where accounts have no number.",
    )

    def __init__(self, layout: Layout, company: Company, request: HttpRequest) -> None:
        self.layout, self.company = layout, company
        self.kept_as = f"{company.pk} {layout.code}"
        kept = request.session.get(KEPT, {}).get(self.kept_as, {})
        super().__init__(request.GET if "act" in request.GET else None, initial=kept)
        self._tax_rates(kept)
        self.fields["dates"].initial = "month" if company.country == "US" else "day"
        self._leave_out(request)

    def _tax_rates(self, kept: dict[str, Any]) -> None:
        self.rates: list[TaxRate] = []
        if not self.layout.needs_tax_code:
            return
        self.rates = list(TaxRate.objects.filter(company=self.company))
        for rate in self.rates:
            self.fields[_field(rate)] = forms.CharField(
                label=f"{rate} is called there", required=False, max_length=100
            )
        self.fields[UNTAXED] = forms.CharField(
            label="Lines without tax are called there", required=False, max_length=100
        )

    def _leave_out(self, request: HttpRequest) -> None:
        """What the file has no use for is not asked."""
        layout, gone = self.layout, set()
        if layout.holds not in (Holds.DOCUMENTS, Holds.PAYMENTS):
            gone |= {"since", "until", "open_only"}
        if layout.holds is not Holds.DOCUMENTS or layout.formulas is not Formulas.ESCAPE:
            gone.add("with_void")
        if not layout.month_first:
            gone.add("dates")
        if layout.formulas is Formulas.ESCAPE:
            gone.add("formulas")
        if not layout.needs_account:
            gone.add("account")
        books = Connection.objects.none()
        if layout.system and permissions.may(request, permissions.SEE_MAPPINGS):
            books = Connection.objects.filter(company=self.company, system=layout.system)
        if not (layout.needs_account or layout.needs_tax_code) or not books.exists():
            gone.add("connection")
        else:
            self.fields["connection"].queryset = books  # type: ignore[attr-defined] # of a model
            self.fields["connection"].initial = books.first()
        for name in gone:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This day lies before the first.")
        cleaned["tax_codes"] = {
            **{rate.pk: cleaned.get(_field(rate), "").strip() for rate in self.rates},
            None: cleaned.get(UNTAXED, "").strip(),
        }
        return cleaned

    def typed(self) -> dict[str, str]:
        """What the next export of this file begins with."""
        names = ["account", UNTAXED, *map(_field, self.rates)]
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


def _field(rate: TaxRate) -> str:
    return f"tax_{rate.pk}"


class PlainTextForm(forms.Form):
    """As of which day."""

    until = DayField(label="As of the end of")

    def __init__(self, company: Company, request: HttpRequest) -> None:
        initial = {"until": company.today()}
        super().__init__(request.GET if "act" in request.GET else None, initial=initial)
