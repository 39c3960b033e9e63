"""Connections: their list, their page, and the way to live books."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.backoffice.frame.days import spelled
from apps.backoffice.frame.formatting import GOOD, PLAIN, ago, country_name, tag
from apps.backoffice.frame.permissions import SEE_DELIVERIES, may
from apps.backoffice.frame.screens import ChoicesFilter, FewRelatedFilter, RecordWithHistoryAdmin
from apps.backoffice.frame.sight import companies_for, in_sight
from apps.backoffice.ledgers import acts as connection_acts
from apps.backoffice.ledgers.asking import ask_page
from apps.backoffice.ledgers.automation import list_of
from apps.backoffice.ledgers.automation import panel as automation_panel
from apps.backoffice.ledgers.budget import calls_panel
from apps.backoffice.ledgers.directory import directory
from apps.backoffice.ledgers.health import health_of, label_of
from apps.backoffice.ledgers.mailbox import files_panel
from apps.backoffice.ledgers.mapping import no_tax_codes
from apps.backoffice.ledgers.setup import ENVIRONMENTS, choice_words
from apps.backoffice.ledgers.steps import (
    WHOSE,
    is_tested,
    next_of,
    page_of,
    steps_of,
)
from apps.backoffice.ledgers.switches import shown
from apps.backoffice.ledgers.told import told_panel
from apps.connections.choosing import open_grants
from apps.connections.endpoints import App, offered, settings_wanted
from apps.connections.models import Connection
from apps.connections.sealed import name_of
from apps.mappings.taxes import NO_TAXES
from apps.staff.acts import ActName


def tax_words(connection: Connection) -> str:
    """How the tax of a document is told to these books, as finance says it."""
    name = connection.system_name
    if without_codes := no_tax_codes(connection):
        return without_codes
    if connection.tax_regime in NO_TAXES:
        return "No sales tax is set up there: a taxed document is held."
    if connection.works_out_tax:
        return (
            f"{name} works the tax out itself, by address. Tieout sends its own figure, and the "
            "answer must agree."
        )
    if connection.tax_code_on_every_line:
        return (
            "Every line bears a tax code, the untaxed ones too. Tieout sends its tax per rate, "
            "and the answer must agree."
        )
    return "A line is taxed or not, and the document bears one rate. The answer must agree."


def _for_one_first(apps: list[App]) -> list[App]:
    """What stands for any system is offered after those that stand for themselves."""
    return sorted(apps, key=lambda app: app.chosen_as != app.name)


@admin.register(Connection)
class ConnectionAdmin(RecordWithHistoryAdmin):
    list_display = ["name", "system_shown", "company", "standing", "sentence", "starts_on",
                    "good_contact"]  # fmt: skip
    list_filter = [("company", FewRelatedFilter), ("stage", ChoicesFilter)]
    list_select_related = ["company", "grant"]
    search_fields = ["name", "remote_company_id", "company__legal_name"]
    empty_sentence = "Connect an accounting system, and issued invoices go there by themselves."
    acts = connection_acts.ACTS
    panels_first = True
    fieldsets = [
        (None, {"fields": [("standing", "company"), ("system_shown", "environment_shown"),
                           "name", "sentence"]}),
        ("What is sent", {"fields": ["cut_off", ("home_currency", "country_shown"),
                                     "closed_there"]}),
        ("Tax and currencies", {"fields": ["tax_words", "currency_words"]}),
        ("Health", {"fields": [("good_contact", "trial_shown"), "authorised_until"]}),
    ]  # fmt: skip
    readonly_fields = ["standing", "cut_off", "company", "system_shown", "environment_shown", "name",
                       "sentence", "home_currency", "country_shown",
                       "closed_there", "tax_words", "currency_words", "good_contact", "trial_shown",
                       "authorised_until"]  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        connect = self.admin_site.admin_view(self.connect_page)
        ask = self.admin_site.admin_view(self.ask_page)
        return [
            path("connect/", connect, name=self.url_name("connect")),
            path("ask/", ask, name=self.url_name("ask")),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a connection comes into being by consent, on the page below

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what can be changed has its step or act, which shows first what follows

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        page = "connect" if may(request, ActName.CONNECT) else "ask"
        words = "Connect an accounting system" if page == "connect" else "Ask the owner to connect"
        extra = {"connect_url": self.page(page), "connect_words": words}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def connect_page(self, request: HttpRequest) -> HttpResponse:
        """Step one: which company, which system. The consent page itself is theirs."""
        if not may(request, ActName.CONNECT):
            return HttpResponse(status=403)
        context = {
            **self.admin_site.each_context(request),
            "title": "Connect an accounting system",
            "trail": self.trail("Connect an accounting system"),
            "opts": self.opts,
            "back": self.page("changelist"),
            "steps": steps_of(None, "connect"),
            "companies": companies_for(request),
            "apps": [(app, choice_words(app)) for app in _for_one_first(offered())],
            "settings_wanted": settings_wanted(),
            "directory": directory(),
            "ask_url": self.page("ask"),
            "grants": [(grant, name_of(grant)) for grant in in_sight(request.user, open_grants())],
        }
        return TemplateResponse(request, "backoffice/ledgers/connect.html", context)

    def ask_page(self, request: HttpRequest) -> HttpResponse:
        """A link for whoever may consent: open to all who see connections."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        return self.posting_page(request, "ask", lambda: ask_page(self, request))

    def panels(self, request: HttpRequest, record: Any) -> list[str]:
        steps = steps_of(record, "")
        context = {
            "connection": record,
            "steps": steps,
            "next_step": next_of(steps),
            "health": health_of(record),
            "automation": automation_panel(request, record),
            "by_hand_url": list_of(record),
            "files": files_panel(record),
            "switches": shown(record),
            "calls": calls_panel(record),
            "told": told_panel(record),
            "may_see_told": may(request, SEE_DELIVERIES),
        }
        return [render_to_string("backoffice/ledgers/connection.html", context, request)]

    @admin.display(description="System", ordering="system")
    def system_shown(self, connection: Connection) -> str:
        return connection.system_name

    @admin.display(description="Kind of books")
    def environment_shown(self, connection: Connection) -> str:
        return ENVIRONMENTS.get(connection.environment, connection.environment)

    @admin.display(description="Standing", ordering="stage")
    def standing(self, connection: Connection) -> SafeString:
        return tag(*label_of(connection))

    @admin.display(description="What to know")
    def sentence(self, connection: Connection) -> SafeString:
        words = health_of(connection).sentence or "–"
        return format_html('<span class="t-sentence">{}</span>', words)

    @admin.display(description="Cut-off")
    def cut_off(self, connection: Connection) -> SafeString:
        """Changed where a preview says what falls on each side of it."""
        day = spelled(connection.starts_on) if connection.starts_on else "Not chosen yet"
        if not connection_acts.may_settle(connection):
            return format_html("{}", day)
        url = page_of(connection, WHOSE)
        return format_html(
            '{} <a class="t-link" href="{}">Change it under What is whose</a>', day, url
        )

    @admin.display(description="Country")
    def country_shown(self, connection: Connection) -> str:
        return country_name(connection.country) or "Not told"

    @admin.display(description="Closed there up to")
    def closed_there(self, connection: Connection) -> str:
        closed = connection.remote_closing_date
        return spelled(closed) if closed else "No month is closed there"

    @admin.display(description="Tax over there")
    def tax_words(self, connection: Connection) -> str:
        return tax_words(connection)

    @admin.display(description="Currencies over there")
    def currency_words(self, connection: Connection) -> str:
        home = connection.home_currency
        if connection.multi_currency:
            return f"{home} and others: a customer has one currency, and its documents bear a rate."
        return f"{home} alone. A document in another currency is held until others are allowed."

    @admin.display(description="Last good contact", ordering="last_ok_at")
    def good_contact(self, connection: Connection) -> str:
        return ago(connection.last_ok_at)

    @admin.display(description="Test invoice")
    def trial_shown(self, connection: Connection) -> SafeString:
        if is_tested(connection):
            return tag(f"Matched {ago(connection.trial_matched_at)}", GOOD)
        if connection.trial_matched_at:
            return tag("Settings have changed since it matched", PLAIN)
        return tag("Not sent yet", PLAIN)

    @admin.display(description="Consent lasts until")
    def authorised_until(self, connection: Connection) -> str:
        grant = connection.grant
        until = grant.refresh_hard_expires_at or grant.refresh_expires_at if grant else None
        return f"{until:%d %B %Y}, renewed by itself" if until else "–"
