"""Screens of who may sign in, with which role."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.backoffice.control.access_acts import AccessActs
from apps.backoffice.control.erasing import ERASE_PERSON
from apps.backoffice.control.people_acts import PERSON_ACTS, asked_for, is_new, me
from apps.backoffice.control.peoples_companies import GivesCompanies, WithCompanies
from apps.backoffice.files.held import TAKE_HELD_OF_STAFF
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, tag, tags
from apps.backoffice.frame.record_forms import RecordForm
from apps.backoffice.frame.screens import (
    FewRelatedFilter,
    OwnFilter,
    RecordAdmin,
    RecordWithHistoryAdmin,
    YesNoFilter,
)
from apps.backoffice.frame.sight import seen
from apps.staff import declaring, people
from apps.staff.models import RightsRequest, User
from apps.staff.reach import in_words, is_within, named
from apps.staff.roles import RoleName
from apps.staff.seconds import new_companies, rights_before, rights_wanted
from apps.staff.security import Kind, note

# Second factors and e-mail rows are allauth's own business; its pages show them to their owner.
for hidden in (Group, EmailAddress, Authenticator):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


class StaffForm(WithCompanies, RecordForm):
    """Who it is and what they may. Nobody sets a password here: their owner chooses it by an
    invitation, and asks for a new one at sign-in."""

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "groups", "last_day", "every_company"]
        field_classes = {"last_day": DayField}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_groups(self) -> Any:
        chosen = self.cleaned_data["groups"]
        if refused := people.why_not(self.instance, roles_of(chosen)):
            raise ValidationError(refused)
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "last_day" in self.fields and "groups" in cleaned and "last_day" in cleaned:
            roles = roles_of(cleaned["groups"])
            stored = User.objects.filter(pk=self.instance.pk).first() or User()
            if refused := people.why_no_last_day(stored, roles, cleaned["last_day"]):
                self.add_error("last_day", refused)
        return cleaned


class WaitsFilter(OwnFilter):
    title = "rights that wait"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Wait for a second administrator")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() != "yes":
            return queryset
        waiting = RightsRequest.objects.filter(state=RightsRequest.State.WAITING)
        return queryset.filter(pk__in=waiting.values("person"))


def roles_of(groups: Any) -> frozenset[RoleName]:
    return frozenset(RoleName(each.name) for each in groups)


def _companies_asked(asked: RightsRequest, reader: User) -> str:
    """Those that somebody would see newly, as far as the reader sees them; empty where none is asked."""
    wanted = new_companies(rights_before(asked).companies, rights_wanted(asked).companies)
    if wanted == frozenset():
        return ""
    names = named(wanted, reader)
    return ", ".join(names) if names else in_words(wanted)


@admin.register(User)
class UserAdmin(GivesCompanies, AccessActs, RecordWithHistoryAdmin):
    list_words = "Staff"
    one_words = "a member of staff"
    list_display = ["email", "name", "roles", "companies", "status", "last_login"]
    list_filter = [("groups", FewRelatedFilter), ("is_active", YesNoFilter), WaitsFilter]
    quick = (("All", "?"), ("Rights that wait", "?waits=yes"))
    search_fields = ["email", "name"]
    form = StaffForm
    fieldsets = [
        (None, {"fields": ["email", "name", "is_active"]}),
        ("Role", {"fields": ["groups", "last_day"]}),
    ]
    acts = (*PERSON_ACTS, *AccessActs.acts, TAKE_HELD_OF_STAFF, ERASE_PERSON)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("groups", "memberships")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        if obj is not None:
            return shown
        # A new person is active once they have used their invitation.
        return [(None, {"fields": ["email", "name"]}), *shown[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is None:
            return fixed
        fixed.append("email")  # whose mailbox it is takes the account over: its owner changes it
        if obj.pk == request.user.pk:
            return [*fixed, "is_active", "groups", "last_day"]
        return [*fixed, "is_active"] if is_new(obj) else fixed

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            known = [each.value for each in RoleName]
            kwargs |= {
                "queryset": Group.objects.filter(name__in=known).order_by("name"),
                "widget": forms.CheckboxSelectMultiple,
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        if "groups" in form.base_fields:
            form.base_fields["groups"].label = "Roles"
            form.base_fields["groups"].required = False
            form.base_fields["groups"].help_text = (
                "What this person may see and do. An Administrator gives access and posts nothing; an "
                "Auditor only looks, until a last day. "
                "Where there are several administrators, a second one agrees before it holds."
            )
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The name alone: what somebody may do is changed by `staff/people.py`, with its rules."""
        if change:
            stored = User.objects.values(
                "is_active", "email", "name", "last_day", "every_company"
            ).get(pk=obj.pk)
            obj.every_company = stored["every_company"]
            form.active_typed = obj.is_active
            obj.is_active, obj.email = stored["is_active"], stored["email"]
            form.last_day_typed, obj.last_day = obj.last_day, stored["last_day"]
            if stored["name"] != obj.name:
                words = f"{stored['name'] or obj.email} is called {obj} from now on."
                note(Kind.PERSON_CHANGED, words, request=request, subject=obj)
        else:
            obj.is_active = obj.every_company = False
            form.last_day_typed, obj.last_day = obj.last_day, None
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        person, by = form.instance, me(request)
        chosen = form.cleaned_data.get("groups")
        roles = person.role_names if chosen is None else roles_of(chosen)
        given: Any = {
            "last_day": form.last_day_typed,
            "companies": form.companies_typed(),
            "by": by,
            "request": request,
        }
        if change:
            asked = people.change_rights(person, roles, active=form.active_typed, **given)
        else:
            asked = people.enter(person, roles, **given)
        if asked is not None:
            messages.warning(request, people.WAITS)
        elif not change:
            messages.info(request, f"An invitation goes to {person.email}, good for three days.")

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """Django's sentences name the model: “The user … was changed”."""
        said = type(message)(str(message).replace("The user ", "The member of staff ", 1))
        super().message_user(request, said, *args, **kwargs)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        """How they got in, what waits, and what stands in the way of two roles."""
        asked = asked_for(record)
        context = {
            "person": record,
            "own": record.pk == request.user.pk,
            "new": is_new(record),
            "invitation": record.invitations.select_related("sent_by").first(),
            "asked": asked,
            "asked_companies": asked and _companies_asked(asked, me(request)),
            "must_part": declaring.PART if record.must_part else "",
            "declared": record.declarations.first(),
        }
        return [render_to_string("backoffice/control/person.html", context, request)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Somebody beyond is shown where something of theirs waits, and only decided about.
        reached = obj is None or obj.pk == request.user.pk or is_within(obj, me(request))
        return super().has_change_permission(request, obj) and reached

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # History names people: they are made inactive, never deleted.
        return False

    @admin.display(description="Roles")
    def roles(self, user: User) -> SafeString:
        return tags([(group.name, PLAIN) for group in user.groups.all()])

    @admin.display(description="Status", ordering="is_active")
    def status(self, user: User) -> SafeString:
        if user.access_is_over:
            return tag(f"Access ended on {user.last_day:%-d %b %Y}", BAD)
        if user.is_active and user.last_day:
            return tag(f"Active until {user.last_day:%-d %b %Y}", GOOD)
        if user.is_active:
            return tag("Active", GOOD)
        return tag("Invited", BUSY) if is_new(user) else tag("May not sign in", BAD)


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
        known = seen(request, User).values("pk")
        return rows.annotate(head_count=Count("user", filter=Q(user__in=known), distinct=True))

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
        return "\n".join(sorted({str(each.name) for each in role.permissions.all()}))
