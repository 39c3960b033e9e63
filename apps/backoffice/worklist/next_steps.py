"""What a new installation needs first."""

from django.http import HttpRequest
from django.urls import reverse

from apps.backoffice.frame.permissions import may
from apps.backoffice.worklist.reading import Reading
from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.staff.acts import ActName

MADE, UNTOLD = "an invoice was made", "nobody is told"


def ask_next_steps(reading: Reading) -> None:
    """Put what `next_steps` reads."""
    reading.asked.count(MADE, reading.of_companies(Invoice), most=0)
    live = Connection.objects.filter(pk__in=reading.keys, stage=Connection.Stage.LIVE)
    reading.asked.count(UNTOLD, live.exclude(company__alert_rules__active=True), most=0)


def next_steps(reading: Reading) -> list[tuple[str, str, str]]:
    """What a new installation needs first; empty once it has it."""
    request: HttpRequest = reading.request
    if not reading.companies:
        if not may(request, "billing.add_company"):
            return []
        url = reverse("admin:billing_company_add")
        return [("Add your company", "Everything sold or received belongs to one.", url)]
    steps = []
    if may(request, ActName.CONNECT) and not reading.keys:
        url = reverse("admin:connections_connection_connect")
        why = "Six steps, and nothing is sent before you say so."
        steps.append(("Connect your accounting system", why, url))
    if may(request, "billing.add_customer") and not reading.asked.count_of(MADE):
        url = reverse("admin:billing_invoice_add")
        steps.append(("Make your first invoice", "It stays a draft until you issue it.", url))
    if may(request, ActName.SET_ALERTS) and reading.asked.count_of(UNTOLD):
        url = reverse("admin:alerts_alertrule_changelist")
        why = "What fails stands on this page alone, until a rule says who is told by mail or chat."
        steps.append(("Say who is told when something fails", why, url))
    return steps
