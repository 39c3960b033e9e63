"""Screens of the keys of the API: whose each is, what it opens, what was asked with it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.days import DayField
from apps.backoffice.frame.formatting import BUSY, GOOD, PLAIN, tag, tags
from apps.backoffice.frame.once import done
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, ReadOnlyAdmin
from apps.backoffice.frame.sight import companies_for
from apps.billing.models import Company
from apps.billing.rules.days import Sense
from apps.connections.clock import now
from apps.staff.acts import ActName
from apps.staff.entrance.fresh import ask_again
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note
from apps.triggers.api import keys
from apps.triggers.models import ApiCall, ApiKey, Scope

SHOWN_CALLS = 50


class KeyForm(forms.Form):
    """What a key is for. It opens no more than its person may do."""

    name = forms.CharField(max_length=80, help_text="What it is for, such as “Web shop”.")
    scopes = forms.MultipleChoiceField(
        label="It may", choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    companies = forms.ModelMultipleChoiceField(
        Company.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    expires_on = DayField(
        label="Last day",
        sense=Sense.ANY,
        required=False,
        help_text="Until the end of that day, UTC. Empty: until somebody revokes it.",
    )

    def __init__(self, companies: QuerySet[Company], *args: Any) -> None:
        super().__init__(*args)
        self.fields["companies"].queryset = companies  # type: ignore[attr-defined] # a choice of rows


class ServiceKeyForm(KeyForm):
    role = forms.ChoiceField(
        label="It acts as",
        choices=[(role.value, role.value) for role in RoleName if role not in keys.OF_PEOPLE],
        help_text="Its rights, limits and second persons are those of this role.",
    )
    field_order = ["name", "role", "scopes", "companies", "expires_on"]


def _revoke(request: HttpRequest, key: ApiKey, answers: dict[str, Any]) -> str:
    if key.user_id != request.user.pk and not may(request, ActName.MAKE_SERVICE_KEY):
        raise ValidationError(f"It is {key.user}'s key. They revoke it, or an administrator does.")
    keys.revoke(key)
    note(Kind.KEY_REVOKED, f"The key “{key}” was revoked.", subject=key.user, key=key.pk)
    return f"“{key}” opens nothing any more."


REVOKE = ButtonAct(
    name="revoke",
    words="Revoke",
    permission=ActName.MAKE_KEY,
    when=lambda key: key.revoked_at is None,
    do=_revoke,
    danger=True,
    means="Whatever uses it is refused from now on. It cannot be taken back: make a new key instead.",
)


@dataclass(frozen=True, kw_only=True)
class AnothersKey(ButtonAct):
    """Not offered to whoever made it (`api/keys.py` refuses it too)."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return super().offered(request, record) and record.made_by_id != request.user.pk


def _release(request: HttpRequest, key: ApiKey, answers: dict[str, Any]) -> str:
    by: Any = request.user
    keys.release(key, by)
    words = f"{by} released the key “{key}”, which {key.made_by} made for a service."
    note(Kind.KEY_MADE, words, request=request, subject=key.user, key=key.pk)
    return f"“{key}” works from now on."


RELEASE = AnothersKey(
    name="release",
    words="Release",
    permission=ActName.RELEASE_KEY,
    when=lambda key: key.waits_for_release and key.revoked_at is None,
    do=_release,
    main=True,
    means=lambda key: (
        f"{key.made_by} made it for a service that works on the books as"
        f" {' and '.join(sorted(key.user.role_names))}. It opens nothing until you release it."
    ),
)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_words = "API keys"
    list_display = ["name", "begins_with", "user", "kind", "may_do", "for_companies", "last_used_at",
                    "status"]  # fmt: skip
    list_filter = [("kind", ChoicesFilter), ("companies", FewRelatedFilter)]
    list_select_related = ["user", "made_by"]
    search_fields = ["name", "shown", "user__name", "user__email"]
    fields = [("name", "status"), ("begins_with", "user"), ("kind", "made_by"),
              ("may_do", "for_companies"), ("created_at", "expires_at"),
              ("last_used_at", "revoked_at"), ("released_by", "released_at")]  # fmt: skip
    readonly_fields = ["name", "status", "begins_with", "user", "kind", "made_by", "may_do",
                       "for_companies", "created_at", "expires_at", "last_used_at",
                       "revoked_at", "released_by", "released_at"]  # fmt: skip
    acts = (RELEASE, REVOKE)
    change_list_template = "backoffice/control/key_list.html"
    empty_sentence = "With a key a program feeds and reads Tieout. None was made yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("companies", companies_for(request)))

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(f"{name.replace('_', '-')}/", self.admin_site.admin_view(view), name=self.url_name(name))
            for name, view in (("make", self.make_page), ("make_service", self.make_service_page))
        ]  # fmt: skip
        return [*pages, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra: dict[str, Any] = {}
        if may(request, ActName.MAKE_KEY):
            extra["make_url"] = self.page("make")
        if may(request, ActName.MAKE_SERVICE_KEY):
            extra["make_service_url"] = self.page("make_service")
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def make_page(self, request: HttpRequest) -> HttpResponse:
        """A key of one's own."""
        if not may(request, ActName.MAKE_KEY):
            raise PermissionDenied
        return ask_again(request, ActName.MAKE_KEY) or self.posting_page(
            request, "make", lambda: self._make(request, KeyForm, "Make API key")
        )

    def make_service_page(self, request: HttpRequest) -> HttpResponse:
        """A key of a service, which is no person."""
        if not may(request, ActName.MAKE_SERVICE_KEY):
            raise PermissionDenied
        words = "Make API key for a service"
        return ask_again(request, ActName.MAKE_SERVICE_KEY) or self.posting_page(
            request, "make_service", lambda: self._make(request, ServiceKeyForm, words)
        )

    def _make(self, request: HttpRequest, of: type[KeyForm], words: str) -> HttpResponse:
        form = of(companies_for(request), request.POST if request.method == "POST" else None)
        made: keys.Made | None = None
        if request.method == "POST" and form.is_valid():
            try:
                made = _made(request, form)
            except ValidationError as refusal:
                form.add_error(None, refusal.messages)
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "trail": self.trail(words),
            "opts": self.opts,
            "back": self.page("changelist"),
            "form": form,
            "words": words,
            "made": made,
            "key_url": self.page("change", made.key.pk) if made else "",
        }
        page = TemplateResponse(request, "backoffice/control/make_key.html", context)
        if made is None:
            return page
        return done(page)

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        calls = ApiCall.objects.filter(key=record)[:SHOWN_CALLS]
        return [render_to_string("backoffice/control/key_calls.html", {"calls": calls}, request)]

    @admin.display(description="Begins with", ordering="shown")
    def begins_with(self, key: ApiKey) -> str:
        return f"{key.shown}…"

    @admin.display(description="May")
    def may_do(self, key: ApiKey) -> str:
        return "; ".join(str(Scope(each).label) for each in key.scopes)

    @admin.display(description="Companies")
    def for_companies(self, key: ApiKey) -> SafeString:
        return tags([(str(each), PLAIN) for each in key.companies.all()])

    @admin.display(description="Status")
    def status(self, key: ApiKey) -> SafeString:
        if key.revoked_at is not None:
            return tag("Revoked", PLAIN)
        if key.waits_for_release:
            return tag("Waits to be released", BUSY)
        if not key.user.is_active:
            return tag("Its person may not sign in", PLAIN)
        return tag("In use", GOOD) if key.is_alive(now()) else tag("Expired", PLAIN)


def _made(request: HttpRequest, form: KeyForm) -> keys.Made:
    answers = form.cleaned_data
    by: Any = request.user
    given: dict[str, Any] = {
        "name": answers["name"],
        "companies": list(answers["companies"]),
        "scopes": answers["scopes"],
        "expires_at": _end_of(answers["expires_on"]),
    }
    with transaction.atomic():
        if isinstance(form, ServiceKeyForm):
            made = keys.make_service_key(by, role=RoleName(answers["role"]), **given)
        else:
            made = keys.make_key(by, **given)
        key = made.key
        words = f"The key “{key}” was made, and shown once."
        scopes, companies = list(key.scopes), [each.pk for each in given["companies"]]
        note(Kind.KEY_MADE, words, subject=key.user, key=key.pk, may=scopes, companies=companies)
    return made


def _end_of(day: date | None) -> datetime | None:
    """The moment after it; None where there is no last day."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time.min, UTC)
