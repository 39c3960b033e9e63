"""Which companies a person sees: said on their page by somebody else who sees them."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import PLAIN, WARN, tag, tags
from apps.billing.models import Company, CompanyMember
from apps.billing.sight import companies_in_sight, companies_of
from apps.staff.models import User
from apps.staff.people import ADMINISTRATORS, AsTheyAre
from apps.staff.reach import Seen, seen_by
from apps.staff.roles import RoleName

SECTION: Final = ("Companies", {"fields": ["every_company", "companies"]})


class WithCompanies(forms.ModelForm):
    """Of a form of a person. `asked_by` is who fills it in: they give the companies that they see
    themselves, and nothing to themselves."""

    asked_by: User
    companies = forms.ModelMultipleChoiceField(
        Company.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What belongs to another company does not exist for this person.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "companies" not in self.fields or "every_company" not in self.fields:
            return  # shown, not asked
        offered = companies_in_sight(self.asked_by).order_by("legal_name")
        field: Any = self.fields["companies"]
        field.queryset = offered
        is_new = self.instance.pk is None
        if is_new:
            self._begin(list(offered[:2]))
        else:
            field.initial = offered.filter(members__user=self.instance.pk)
        own = self.instance.pk == self.asked_by.pk
        narrow = companies_of(self.asked_by) is not None
        self.fields["every_company"].disabled = own or narrow
        # Whose reach goes beyond one's own is not narrowed either.
        field.disabled = own or (narrow and self.instance.every_company)

    def clean_companies(self) -> Any:
        """Whoever sees some companies brings nobody who sees none: they would see them no more."""
        chosen = self.cleaned_data["companies"]
        narrow = companies_of(self.asked_by) is not None
        if narrow and not chosen and not self.fields["companies"].disabled:
            raise forms.ValidationError(
                "Choose at least one company. To end their access, make them inactive."
            )
        return chosen

    def clean(self) -> Any:
        """An Administrator without companies could agree to nothing: taking them is taking the role."""
        answers = super().clean()
        person = User.objects.filter(pk=self.instance.pk).first()
        field: Any = self.fields.get("companies")
        if person is None or field is None or field.disabled or not person.is_active:
            return answers
        before, now = seen_by(person), self._chosen(person)
        takes = now is not None and (before is None or not before <= now)
        if takes and RoleName.ADMINISTRATOR in person.role_names:
            self.add_error("companies", ADMINISTRATORS)
        return answers

    def _chosen(self, person: User) -> Seen:
        """The keys of the companies that they would see; None: every one."""
        if self.cleaned_data.get("every_company"):
            return None
        beyond = CompanyMember.objects.filter(user=person).exclude(
            company__in=self.fields["companies"].queryset  # type: ignore[attr-defined] # of this field
        )
        chosen = {each.pk for each in self.cleaned_data.get("companies") or ()}
        return frozenset(chosen | set(beyond.values_list("company_id", flat=True)))

    def _begin(self, offered: list[Company]) -> None:
        """Where there are several companies, a new person sees none until somebody says which."""
        if len(offered) == 1:
            every = companies_of(self.asked_by) is None
            self.fields["every_company"].initial = every
            self.fields["companies"].initial = [] if every else offered

    def companies_typed(self) -> Seen | AsTheyAre:
        """What was chosen. What lies out of the giver's sight stays."""
        if self.fields["companies"].disabled:
            return AsTheyAre.ARE
        return self._chosen(self.instance)


class GivesCompanies:
    """Of the screen of people; a mixin before the screen's own class."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_fieldsets(request, obj), SECTION]  # type: ignore[misc] # a mixin of admin classes

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)  # type: ignore[misc] # as above
        form.asked_by = request.user
        return form

    @admin.display(description="Companies")
    def companies(self, person: User) -> SafeString:
        if person.every_company:
            return tag("Every company", PLAIN)
        seen = {each.company_id for each in person.memberships.all()}
        return tags([(f"{len(seen)} of them", PLAIN)]) if seen else tag("None yet", WARN)
