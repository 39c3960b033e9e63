"""Step one: what stands there is read; then a person says that these are the right books."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.formatting import country_name
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.leaving import leave
from apps.backoffice.ledgers.steps import CONNECT, WHOSE, is_authorised, is_read, steps_of
from apps.billing.models import Customer, Invoice, Item
from apps.connections import lifecycle
from apps.connections.books import objections_now
from apps.connections.checking import ANSWERS, answer, checks_of, confirm, is_checked, is_confirmed
from apps.connections.endpoints import App
from apps.connections.models import Connection
from apps.connections.sealed import locked_out
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import systems
from apps.mappings.taxes import NO_TAXES
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.sync.first_reading import last_invoice, progress_of, try_again

EVERY = 3  # seconds after which a page that shows progress is asked for again

ENVIRONMENTS = {
    "production": "Your real books",
    "sandbox": "A test company of the provider",
    "simulated": "Simulated books on this machine",
}


def choice_words(app: App) -> str:
    """The sentence below a choice of books: what the system says of itself, else what kind they are."""
    said = systems()[app.system].capabilities.chosen_words
    return said or ENVIRONMENTS.get(app.environment, app.environment)


def setup_page(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """GET shows where it stands, and is asked again by itself while it reads; POST confirms, answers
    the check, reads again, or lets go of the wrong company."""
    refused: list[str] = []
    if request.method == "POST":
        try:
            return _done(screen, request, connection)
        except ValidationError as refusal:
            refused = refusal.messages
            connection.refresh_from_db()
    progress = progress_of(connection)
    reading = is_authorised(connection) and not is_read(connection)
    context = {
        **screen.admin_site.each_context(request),
        "title": f"Connect: {connection}",
        "trail": screen.trail("Connect", record=connection),
        "opts": screen.opts,
        "original": connection,
        "connection": connection,
        "back": screen.page("change", connection.pk),
        "steps": steps_of(connection, CONNECT),
        "refused": refused,
        "may_connect": may(request, ActName.CONNECT),
        "authorised": is_authorised(connection),
        "again_url": screen.page("connect-again", connection.pk),
        "lost": locked_out(connection.grant),
        "reading": reading,
        "progress": progress,
        "in_the_way": objections_now(connection),
        "facts": [] if reading else facts_of(connection),
        "confirmed": is_confirmed(connection),
        "checks": checks_of(connection) if is_confirmed(connection) else [],
        "checked": is_checked(connection),
        "answers": ANSWERS.items(),
        "typed": request.POST if refused else {},
        "next_url": screen.page(WHOSE, connection.pk),
    }
    response = TemplateResponse(request, "backoffice/ledgers/setup.html", context)
    if reading and not (refused or progress.trouble):
        response.headers["Refresh"] = str(EVERY)
    return response


def _done(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    act, here = request.POST.get("act", ""), HttpResponseRedirect(request.get_full_path())
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    if act == "right":
        if not is_read(connection):
            raise ValidationError("What stands there is still being read. Wait until it is shown.")
        if in_the_way := objections_now(connection):
            raise ValidationError(in_the_way)
        confirm(connection, user)
        messages.success(request, f"{connection.name} is the right company.")
    elif act == "check":
        answer(connection, {name: str(value) for name, value in request.POST.items()})
        messages.success(request, "The check is done. Go on: what is whose.")
    elif act == "again":
        started = try_again(connection)
        messages.info(request, "It is read again." if started else "It is being read already.")
    elif act == "settings":
        _read_settings(request, connection)
    elif act == "wrong":
        return _let_go(screen, request, connection)
    return here


def _read_settings(request: HttpRequest, connection: Connection) -> None:
    """Their settings as they are now, after somebody changed them over there."""
    try:
        lifecycle.refresh_company(connection)
    except ConnectorError as trouble:
        raise ValidationError(
            [each for each in (trouble.sentence, trouble.remedy) if each]
        ) from None
    messages.success(request, f"The settings were read again from {connection.system_name}.")


def _let_go(screen: Screen, request: HttpRequest, connection: Connection) -> HttpResponse:
    """The wrong company: the access is ended, and what was read stays as a list."""
    if not may(request, ActName.DISCONNECT):
        raise ValidationError(
            "You may not disconnect books. Ask an administrator to disconnect these, or leave them: "
            "nothing is sent there."
        )
    if connection.trial_matched_at is not None:
        raise ValidationError(
            "A test invoice stands in these books. Press “Disconnect” on the page of the connection, "
            "and remove that invoice over there."
        )
    leave(request, connection, "It was the wrong company.")
    messages.success(
        request,
        f"{connection.name} is disconnected. Nothing was sent there, and nothing of it came into "
        "your records: only the list of what was read stays, out of use. Connect the right company.",
    )
    return HttpResponseRedirect(screen.page("connect"))


def facts_of(connection: Connection) -> list[tuple[str, str, str]]:
    """What tells one company from another: what it is, theirs, and ours where we know the same."""
    company = connection.company
    counts = progress_of(connection).counts
    ours = {
        "customers": Customer.objects.filter(company=company).count(),
        "items": Item.objects.filter(company=company).count(),
        "invoices": Invoice.objects.filter(company=company, status="issued").count(),
    }
    kind = ENVIRONMENTS.get(connection.environment, connection.environment)
    if connection.is_demo:
        kind = f"A demo company of {connection.system_name}, not real books"
    lock = connection.remote_closing_date
    rows: list[tuple[str, str, str]] = [
        ("Name", connection.name, str(company)),
        ("Kind of books", kind, ""),
        ("Home currency", connection.home_currency, company.home_currency),
        (
            "Country",
            country_name(connection.country) or "not told",
            country_name(company.country or ""),
        ),
        ("Tax", _tax(connection), ""),
        (
            "Locked up to",
            f"{lock:%-d %B %Y}" if lock else "not locked",
            f"{company.closing_date:%-d %B %Y}" if company.closing_date else "not closed",
        ),
    ]
    rows += [
        (
            words.capitalize(),
            f"{counts.get(words, 0):,}",
            f"{ours[words]:,}" if words in ours else "",
        )
        for words in ("customers", "items", "invoices", "payments")
    ]
    last = last_invoice(connection)
    newest = (
        Invoice.objects.filter(company=company, status="issued")
        .order_by("-issue_date", "-pk")
        .first()
    )
    rows.append(
        (
            "Newest invoice",
            f"{last.number or 'without a number'} of {last.dated:%-d %B %Y}, {last.customer}"
            if last and last.dated
            else "none",
            f"{newest.number} of {newest.issue_date:%-d %B %Y}" if newest else "none",
        )
    )
    return rows


def _tax(connection: Connection) -> str:
    if connection.tax_regime in NO_TAXES:
        return "No tax is set up there"
    return "Worked out there" if connection.works_out_tax else "Tax is set up there"
