"""What a new installation needs first."""

from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.sight import companies_for, seen
from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.staff.acts import ActName


def next_steps(request: HttpRequest) -> list[tuple[str, str, str]]:
    """What a new installation needs first; empty once it has it."""
    if not companies_for(request).exists():
        if not may(request, "billing.add_company"):
            return []
        url = reverse("admin:billing_company_add")
        return [("Add your company", "Everything sold or received belongs to one.", url)]
    steps = []
    if may(request, ActName.CONNECT) and not seen(request, Connection).exists():
        url = reverse("admin:connections_connection_connect")
        why = "Six steps, and nothing is sent before you say so."
        steps.append(("Connect your accounting system", why, url))
    if may(request, "billing.add_customer") and not seen(request, Invoice).exists():
        url = reverse("admin:billing_invoice_add")
        steps.append(("Make your first invoice", "It stays a draft until you issue it.", url))
    live = seen(request, Connection).filter(stage=Connection.Stage.LIVE)
    untold = live.exclude(company__alert_rules__active=True)
    if may(request, ActName.SET_ALERTS) and untold.exists():
        url = reverse("admin:alerts_alertrule_changelist")
        why = "What fails stands on this page alone, until a rule says who is told by mail or chat."
        steps.append(("Say who is told when something fails", why, url))
    return steps
