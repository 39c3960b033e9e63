"""Another percentage of a tax is another rate, which follows the one before."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.figure_field import FigureField
from apps.billing.models import TaxComponent, TaxRate
from apps.billing.models.taxes import PERCENT
from apps.staff.acts import ActName


class FollowForm(ActForm):
    """The new rate: its code, its first day, and the percentage of each component."""

    code = forms.CharField(max_length=20, help_text="Another one than now, such as S20-2027.")
    name = forms.CharField(max_length=100)
    starts = DayField(
        label="First day of the new rate",
        help_text="The rate before ends on the day before it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rate: TaxRate = self.record
        self.fields["name"].initial = rate.name
        self.components = list(rate.components.all())
        for component in self.components:
            self.fields[f"percent_{component.pk}"] = FigureField(
                label=f"{component.name}: percentage, now {component.percent.normalize():f}",
                min_value=0, max_value=100,
                max_digits=PERCENT["max_digits"], decimal_places=PERCENT["decimal_places"],
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )  # fmt: skip

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].strip()
        if TaxRate.objects.filter(company=self.record.company_id, code__iexact=code).exists():
            raise ValidationError(f"There is a tax rate {code} already. Choose another code.")
        return code


def not_followed(rate: TaxRate) -> bool:
    return not rate.followers.exists()


def _follow(request: HttpRequest, rate: TaxRate, answers: dict[str, Any]) -> HttpResponse:
    new = follow(rate, answers)
    messages.success(request, f"{new} follows {rate}, which ends on {rate.valid_to:%d %B %Y}.")
    return HttpResponseRedirect(reverse("admin:billing_taxrate_change", args=[new.pk]))


def follow(rate: TaxRate, answers: dict[str, Any]) -> TaxRate:
    """Make the rate that follows, with components like those before; the old one ends."""
    with transaction.atomic():
        rate.valid_to = answers["starts"] - timedelta(days=1)
        rate.full_clean(validate_constraints=False)
        rate.save()
        new = TaxRate(
            company=rate.company,
            code=answers["code"],
            name=answers["name"],
            treatment=rate.treatment,
            country=rate.country,
            valid_from=answers["starts"],
            follows=rate,
        )
        new.full_clean()
        new.save()
        for component in rate.components.all():
            part = TaxComponent(
                rate=new,
                agency=component.agency,
                name=component.name,
                percent=answers[f"percent_{component.pk}"],
                position=component.position,
            )
            part.full_clean()
            part.save()
    return new


FOLLOW = ButtonAct(
    name="follow",
    words="Make the rate that follows",
    permission=ActName.CHANGE_TAX_RATES,
    when=not_followed,
    do=_follow,
    asks=FollowForm,
    means=(
        "Documents keep the percentage that they were issued with. New documents take the new "
        "rate; choose it on the items and customers that bear the old one, and map it."
    ),
)
