"""Found by Django's autodiscovery: registers every screen."""

from django.contrib import admin

from apps.backoffice.alerts import alerts, rules
from apps.backoffice.control import approvals, events, keys, month_end, packs, proofs, staff, trail
from apps.backoffice.documents import screens
from apps.backoffice.files import importing, kept, many, schedules
from apps.backoffice.files.layouts import screens as layouts
from apps.backoffice.ledgers import connections, mapping_list
from apps.backoffice.lists import companies, customers, items, methods, series, taxes
from apps.backoffice.money import deposits, entries, payments
from apps.backoffice.telling import deliveries as event_deliveries
from apps.backoffice.telling import endpoints
from apps.backoffice.worklist import (
    comparisons,
    decisions,
    deliveries,
    differences,
    edits,
    questions,
    queue,
    review,
    sync_log,
    traffic,
)

__all__ = [
    "alerts",
    "approvals",
    "companies",
    "comparisons",
    "connections",
    "customers",
    "decisions",
    "deliveries",
    "deposits",
    "differences",
    "edits",
    "endpoints",
    "entries",
    "event_deliveries",
    "events",
    "importing",
    "items",
    "kept",
    "keys",
    "layouts",
    "many",
    "mapping_list",
    "methods",
    "month_end",
    "packs",
    "payments",
    "proofs",
    "questions",
    "queue",
    "review",
    "rules",
    "schedules",
    "screens",
    "series",
    "staff",
    "sync_log",
    "taxes",
    "traffic",
    "trail",
]

admin.site.site_header = "Tieout"
admin.site.site_title = "Tieout"
admin.site.index_title = "Today"
admin.site.index_template = "backoffice/worklist/first_page.html"
