"""Which companies a person sees: said on their page by somebody else who sees them."""

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import PLAIN, WARN, tag, tags
from apps.backoffice.frame.sight import companies_for
from apps.billing.models import Company, CompanyMember
from apps.billing.sight import companies_in_sight, companies_of
from apps.staff.letters import write_to
from apps.staff.models import User
from apps.staff.people import active_with
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note

SECTION: Final = ("Companies", {"fields": ["every_company", "companies"]})

ADMINISTRATORS: Final = (
    "Nobody takes a company from an Administrator alone. Take the role first, to which another Administrator"
    " agrees (of two, whoever operates the host does it), then the company."
)


class WithCompanies(forms.ModelForm):
    """Of a form of a person. `asked_by` is who fills it in: they give the companies that they see
    themselves, and nothing to themselves."""

    asked_by: User
    _seen_before: list[int] | None
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
        takes = now is not None and (before is None or not set(before) <= now)
        if takes and RoleName.ADMINISTRATOR in person.role_names:
            self.add_error("companies", ADMINISTRATORS)
        return answers

    def _chosen(self, person: User) -> set[int] | None:
        """The keys of the companies that they would see; None: every one."""
        if self.cleaned_data.get("every_company"):
            return None
        beyond = CompanyMember.objects.filter(user=person).exclude(
            company__in=self.fields["companies"].queryset  # type: ignore[attr-defined] # of this field
        )
        chosen = {each.pk for each in self.cleaned_data.get("companies") or ()}
        return chosen | set(beyond.values_list("company_id", flat=True))

    def _begin(self, offered: list[Company]) -> None:
        """Where there are several companies, a new person sees none until somebody says which."""
        if len(offered) == 1:
            every = companies_of(self.asked_by) is None
            self.fields["every_company"].initial = every
            self.fields["companies"].initial = [] if every else offered

    def give_companies(self, request: HttpRequest) -> None:
        """Keep what was chosen, once the person is saved. What lies out of the giver's sight stays."""
        person, before = self.instance, self._seen_before
        if self.fields["companies"].disabled:
            return
        offered = companies_for(request)
        chosen = {each.pk for each in self.cleaned_data["companies"]}
        with transaction.atomic():
            held = CompanyMember.objects.filter(user=person)
            held.filter(company__in=offered).exclude(company__in=chosen).delete()
            known = set(held.values_list("company_id", flat=True))
            CompanyMember.objects.bulk_create(
                CompanyMember(user=person, company_id=key) for key in sorted(chosen - known)
            )
            now = seen_by(person)
            if now != before:
                note(
                    Kind.RIGHTS_CHANGED,
                    f"{person} saw {in_words(before)}, and sees {in_words(now)} now.",
                    request=request,
                    subject=person,
                    companies_before=before,
                    companies_now=now,
                )
                _tell(person, before, now, request)

    def _post_clean(self) -> None:
        """Before what was typed is put into the person."""
        stored = User.objects.filter(pk=self.instance.pk).first()
        self._seen_before = [] if stored is None else seen_by(stored)
        super()._post_clean()  # type: ignore[misc] # of Django's model forms


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


def _tell(
    person: User, before: list[int] | None, now: list[int] | None, request: HttpRequest
) -> None:
    """The administrators of each company that somebody sees from now on, by mail."""
    if before is None:
        return  # there was nothing that they did not see
    rows = Company.objects.exclude(pk__in=before)
    new = list(rows if now is None else rows.filter(pk__in=now))
    for administrator in active_with(RoleName.ADMINISTRATOR):
        known = companies_of(administrator)
        named = [str(each) for each in new if known is None or each.pk in known]
        if named and administrator.pk not in (request.user.pk, person.pk):
            words = f"{request.user} let {person} ({person.email}) see {', '.join(sorted(named))}."
            write_to([administrator], "Somebody new sees a company", words)


def seen_by(person: User) -> list[int] | None:
    """The keys of the companies that a person sees; None: every one. Asked anew."""
    if person.every_company:
        return None
    rows = CompanyMember.objects.filter(user=person).order_by("company")
    return list(rows.values_list("company_id", flat=True))


def in_words(companies: list[int] | None) -> str:
    """By number alone: whoever reads it may see none of them."""
    if companies is None:
        return "every company"
    return {0: "no company", 1: "1 company"}.get(len(companies), f"{len(companies)} companies")
