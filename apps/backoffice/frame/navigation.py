"""The menu, in the words of finance, and the theme's colours."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.systems import systems_in_words

# Group → entries of (title, icon, model "app.name", query, or a page below the list).
MENU: list[tuple[str, list[tuple[str, str, str, str]]]] = [
    (
        "Review",
        [
            ("Weekly review", "checklist", "reconciliation.reviewitem", "?open=yes"),
            ("Signed weeks", "verified", "reconciliation.reviewweek", ""),
            ("Closed months", "event_available", "reconciliation.closedmonth", ""),
            ("Books proofs", "workspace_premium", "reconciliation.booksproof", ""),
            ("Audit trail", "link", "trail.verification", ""),
            ("Packs for auditors", "inventory_2", "trail.auditorpack", ""),
        ],
    ),
    (
        "Sales",
        [
            ("Invoices", "receipt_long", "billing.invoice", ""),
            ("Credit notes", "assignment_return", "billing.creditnote", ""),
            ("Customers", "groups", "billing.customer", ""),
            ("Aged receivables", "calendar_clock", "billing.customer", "aged-receivables/"),
            ("Items", "sell", "billing.item", ""),
            ("Printed invoices", "print", "exchange.printjob", ""),
            ("Imports", "upload_file", "exchange.fileimport", ""),
            ("Scheduled exports", "event_repeat", "exchange.scheduledexport", ""),
            ("Files", "folder_zip", "exchange.privatefile", ""),
        ],
    ),
    (
        "Money",
        [
            ("Payments", "payments", "billing.payment", ""),
            ("Refunds", "undo", "billing.refund", ""),
            ("Bank deposits", "account_balance", "billing.deposit", ""),
            ("Adjustments", "tune", "billing.adjustment", ""),
            ("Applied amounts", "link", "billing.allocation", ""),
            ("Approvals", "how_to_reg", "billing.approval", ""),
        ],
    ),
    (
        "Books",
        [
            ("Reports", "summarize", "billing.company", "reports/"),
        ],
    ),
    (
        "Accounting systems",
        [
            ("Connections", "hub", "connections.connection", ""),
            ("Alerts", "notifications", "alerts.alert", "?stands=open"),
            ("Sync log", "sync", "sync.syncrecord", ""),
            ("Changed on both sides", "call_split", "sync.conflict", ""),
            ("Changed by hand", "edit_note", "sync.edit", "?note=no"),
            ("Maybe the same", "content_copy", "sync.candidate", ""),
            ("Merged customers", "merge", "sync.customermerge", "?decided=no"),
            ("Comparisons", "balance", "reconciliation.keptcomparison", ""),
            ("Differences", "difference", "reconciliation.difference", "?standing=yes"),
            ("Questions", "help", "reconciliation.question", "?answered=no"),
            ("In {systems}", "travel_explore", "sync.remoterecord", ""),
        ],
    ),
    (
        "Set-up",
        [
            ("Companies", "domain", "billing.company", ""),
            ("Number series", "tag", "billing.numberseries", ""),
            ("Payment terms", "event", "billing.paymentterm", ""),
            ("Payment methods", "credit_card", "billing.paymentmethod", ""),
            ("Bank accounts", "account_balance_wallet", "billing.bankaccount", ""),
            ("Tax rates", "percent", "billing.taxrate", ""),
            ("Tax agencies", "gavel", "billing.taxagency", ""),
            ("Exchange rates", "currency_exchange", "billing.exchangerate", ""),
            ("Mappings", "conversion_path", "mappings.mapping", ""),
            ("Layouts of files", "view_column", "exchange.importprofile", ""),
            ("Which side wins", "rule_settings", "sync.siderule", ""),
            ("Who is told what", "notification_settings", "alerts.alertrule", ""),
            ("Where events go", "outbound", "triggers.endpoint", ""),
            ("Staff", "badge", "staff.user", ""),
            ("API keys", "key", "triggers.apikey", ""),
            ("Security events", "security", "staff.securityevent", ""),
            ("Limits", "price_check", "billing.actlimit", ""),
            ("Roles", "shield_person", "auth.group", ""),
        ],
    ),
    (
        "Technical details",
        [
            ("Runs", "play_circle", "sync.run", ""),
            ("Calls", "swap_horiz", "sync.call", ""),
            ("What they told", "campaign", "webhooks.delivery", ""),
            ("Events sent", "send", "triggers.delivery", ""),
            ("Their codes", "list_alt", "mappings.remotecode", ""),
            ("Schedules", "schedule", "django_q.schedule", ""),
            ("Failed tasks", "error", "django_q.failure", ""),
        ],
    ),
]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Only what this person may see; a group without entries is left out."""
    today = {
        "title": "Today",
        "icon": "home",
        "link": reverse("admin:index"),
        "active": request.path == reverse("admin:index"),
    }
    find = {
        "title": "Find",
        "icon": "search",
        "link": reverse("admin:billing_company_find"),
        "active": request.path == reverse("admin:billing_company_find"),
    }
    guide = {
        "title": "Guide",
        "icon": "menu_book",
        "link": reverse("admin:billing_company_guide"),
        "active": request.path == reverse("admin:billing_company_guide"),
    }
    works_here = _visible(request, "billing.company")
    found = [find, guide] if works_here else []
    groups: list[dict[str, Any]] = [{"items": [today, *found]}]
    for title, entries in MENU:
        items = [
            _entry(request, words, icon, model, query)
            for words, icon, model, query in entries
            if _visible(request, model)
        ]
        if items:
            groups.append(
                {
                    "title": title,
                    "items": items,
                    "separator": True,
                    "collapsible": title in ("Set-up", "Technical details"),
                }
            )
    return groups


def _entry(request: HttpRequest, words: str, icon: str, model: str, query: str) -> dict[str, Any]:
    address = reverse(f"admin:{model.replace('.', '_')}_changelist")
    return {
        "title": words.format(systems=systems_in_words(request)) if "{" in words else words,
        "icon": icon,
        "link": address + query,
        "active": _is_here(request.path, address, query),
    }


def _is_here(path: str, address: str, query: str) -> bool:
    """A page of a list that has an entry of its own is not the list."""
    if query and not query.startswith("?"):
        return path.startswith(address + query)
    own = [f"{address}{each}" for _, entries in MENU for _, _, _, each in entries if each]
    return path.startswith(address) and not any(path.startswith(each) for each in own)


def _visible(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return may(request, f"{app}.view_{name}")


def colours(request: HttpRequest) -> dict[str, str]:
    """A calm green: the product says that figures agree."""
    return {
        "50": "oklch(97.5% .016 178)",
        "100": "oklch(94.5% .04 179)",
        "200": "oklch(89.5% .075 180)",
        "300": "oklch(82.5% .105 181)",
        "400": "oklch(72.5% .115 182)",
        "500": "oklch(61% .105 183)",
        "600": "oklch(50.5% .088 185)",
        "700": "oklch(43.5% .075 187)",
        "800": "oklch(37.5% .062 189)",
        "900": "oklch(32.5% .052 190)",
        "950": "oklch(24% .042 192)",
    }


def stylesheet(request: HttpRequest) -> str:
    return static("backoffice/tieout.css")


def favicon(request: HttpRequest) -> str:
    return static("backoffice/favicon.svg")
