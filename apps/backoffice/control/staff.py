"""Screens of who may sign in, with which role."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.backoffice.control.peoples_companies import GivesCompanies, WithCompanies
from apps.backoffice.frame.formatting import GOOD, PLAIN, tag, tags
from apps.backoffice.frame.record_forms import RecordForm
from apps.backoffice.frame.screens import FewRelatedFilter, RecordAdmin, YesNoFilter
from apps.staff.models import User

# Second factors and e-mail rows are allauth's own business; its pages show them to their owner.
for hidden in (Group, EmailAddress, Authenticator):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


class StaffForm(WithCompanies, RecordForm):
    """A first password is set here; afterwards its owner changes it, or resets it by e-mail."""

    password_now = forms.CharField(
        label="Password",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Empty: as it is; a new person sets one by e-mail.",
    )

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "groups", "every_company"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password_now(self) -> str:
        typed = str(self.cleaned_data["password_now"])
        if typed:
            validate_password(typed, self.instance)
        return typed

    def save(self, commit: bool = True) -> User:
        typed = self.cleaned_data["password_now"]
        if typed:
            self.instance.set_password(typed)
        elif not self.instance.pk:
            self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(GivesCompanies, RecordAdmin):
    list_words = "Staff"
    list_display = ["email", "name", "roles", "companies", "status", "last_login"]
    list_filter = [("groups", FewRelatedFilter), ("is_active", YesNoFilter)]
    search_fields = ["email", "name"]
    form = StaffForm
    filter_horizontal = ["groups"]
    fieldsets = [
        (None, {"fields": ["email", "name", "is_active", "password_now"]}),
        ("Role", {"fields": ["groups"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("groups", "memberships")

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "groups" in form.base_fields:
            form.base_fields["groups"].label = "Roles"
            form.base_fields["groups"].help_text = "What this person may see and do."
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever gives access must not take over somebody who may do everything.
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # History names people: they are made inactive, never deleted.
        return False

    @admin.display(description="Roles")
    def roles(self, user: User) -> SafeString:
        names = [(group.name, PLAIN) for group in user.groups.all()]
        return tags([*names, *([("Everything", GOOD)] if user.is_superuser else [])])

    @admin.display(description="Status", ordering="is_active")
    def status(self, user: User) -> SafeString:
        return tag("Active", GOOD) if user.is_active else tag("May not sign in", PLAIN)


@admin.register(Group)
class RoleAdmin(RecordAdmin):
    """Roles are a table in code: seen here, written by the `roles` command."""

    list_words = "Roles"
    list_display = ["name", "people"]
    search_fields = ["name"]
    fields = ["name", "permissions_in_words"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        rows: QuerySet[Group] = super().get_queryset(request)
        return rows.annotate(head_count=Count("user"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="People", ordering="head_count")
    def people(self, role: Any) -> int:
        return int(role.head_count)

    @admin.display(description="May")
    def permissions_in_words(self, role: Group) -> str:
        return "\n".join(sorted(str(each.name) for each in role.permissions.all()))
