"""The ways in: to a provider's consent page and back, or by a form of ours; and what was opened."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.billing.sight import in_sight, sees
from apps.connections import books, choosing, consent, entering, granting, inviting
from apps.connections.books import Asked
from apps.connections.endpoints import app_of
from apps.connections.forms import EntryForm, initial_of
from apps.connections.models import Connection, Grant
from apps.connections.sealed import name_of
from apps.connectors.access import OAuth, Organisation
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import systems
from apps.staff.acts import ActName
from apps.staff.entrance.fresh import asks_for_fresh
from apps.staff.models import User

may_connect = permission_required("connections.connect", raise_exception=True)


@login_required
@may_connect
@asks_for_fresh(ActName.CONNECT)
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, company: int, system: str, environment: str) -> HttpResponse:
    """Send a person to the consent page, or to the form that stands for it. A second set of books
    is asked about first; the answer comes as a POST with `second_books`."""
    owner = _owner(request, company)
    second_books = request.method == "POST" and bool(request.POST.get("second_books"))
    other = books.other_books(owner)
    if other is not None and not second_books:
        return _page(
            request,
            "second_books",
            here="A second set of books?",
            sentences=[books.second_books_sentence(other)],
            company=owner,
        )
    if _is_filled_in(system):
        form = reverse("connections:enter", args=[company, system, environment])
        return redirect(f"{form}?second_books=yes" if second_books else form)
    return _sent(request, owner, system, environment, second_books=second_books)


@login_required
@may_connect
@asks_for_fresh(ActName.CONNECT)
@never_cache
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, connection: int) -> HttpResponse:
    """Connect the same books again, after their authorisation was lost or ended."""
    held = get_object_or_404(_books(request), pk=connection)
    if _is_filled_in(held.system):
        return redirect("connections:replace", held.pk)
    return _sent(request, held.company, held.system, held.environment, connection=held)


@login_required
@may_connect
@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest, system: str) -> HttpResponse:
    """Where the provider's page sends the browser back to."""
    visitor = _visitor(request)
    state = request.GET.get("state", "")
    # Moved out of the company between the two pages.
    asked_for = consent.asked_company(state)
    if asked_for is not None and not sees(request.user, asked_for):
        raise Http404
    try:
        with made_by(visitor.user.pk):
            found = consent.finish(visitor, system, request.GET.dict())
    except consent.ConsentRefused as refusal:
        return _page(request, "refused", sentences=list(refusal.sentences), status=400)
    except ConnectorError as trouble:
        return _page(request, "refused", sentences=[trouble.sentence, trouble.remedy], status=502)
    return _shown(request, found, consent.company_of(state))


@login_required
@may_connect
@asks_for_fresh(ActName.CONNECT)
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables()
def enter(request: HttpRequest, company: int, system: str, environment: str) -> HttpResponse:
    """Connect by what is filled in: a key, a login, a folder."""
    owner = _owner(request, company)
    asked = Asked(
        company=owner,
        system=system,
        environment=environment,
        second_books=bool(request.GET.get("second_books")),
        by=_visitor(request).user,
    )
    return _entered(request, asked)


@login_required
@may_connect
@asks_for_fresh(ActName.CONNECT)
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables()
def replace(request: HttpRequest, connection: int) -> HttpResponse:
    """Fill in anew what lets us into the same books: a new key, another login."""
    held = get_object_or_404(_books(request), pk=connection)
    asked = Asked(
        company=held.company,
        system=held.system,
        environment=held.environment,
        connection=held,
        by=_visitor(request).user,
    )
    return _entered(request, asked, shown=entering.shown_of(held))


@login_required
@may_connect
@asks_for_fresh(ActName.CONNECT)
@never_cache
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, grant: UUID, company: int) -> HttpResponse:
    """Which organisations of a grant are connected, each to which company of ours."""
    grants = in_sight(request.user, Grant.objects.filter(status=Grant.Status.ACTIVE))
    held = get_object_or_404(grants, public_id=grant)
    owner = _owner(request, company)
    if not choosing.opens_several(held):
        raise Http404
    if request.method == "POST" and request.POST.get("give_back"):
        return _given_back(request, held)
    trouble = choosing.list_anew(held, owner)
    results = []
    if request.method == "POST":
        with made_by(_visitor(request).user.pk):
            results = choosing.connect_chosen(
                held, _wanted(request, held), second_books=bool(request.POST.get("second_books"))
            )
        held.refresh_from_db()
    return _page(
        request,
        "choose",
        sentences=[trouble],
        here=f"Choose in {name_of(held)}",
        system_name=name_of(held),
        choices=choosing.choices_of(held, owner),
        results=results,
        companies=in_sight(request.user, Company.objects.all()),
        is_unused=choosing.is_unused(held),
        status=400 if results and not any(each.connection for each in results) else 200,
    )


@login_required
@never_cache
@require_GET
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of an invitation leads: to consent, for whoever has the right to connect."""
    user = _visitor(request).user
    if not user.has_perm("connections.connect"):
        return _page(
            request,
            "refused",
            sentences=[
                f"You are signed in as {user}, who may not connect books.",
                (
                    "Sign in as somebody who may, or ask an administrator for that right, and open "
                    "the link again."
                ),
            ],
            status=403,
        )
    try:
        asked = inviting.opened_by(token, user)
    except inviting.NotGood as why:
        again = "Ask for a new one. Nothing was connected."
        return _page(request, "refused", sentences=[str(why), again], status=410)
    return redirect("connections:start", asked.company.pk, asked.system, asked.environment)


def _owner(request: HttpRequest, key: int) -> Company:
    """A company of ours that whoever asks sees, or none at all."""
    return get_object_or_404(in_sight(request.user, Company.objects.all()), pk=key)


def _books(request: HttpRequest) -> "QuerySet[Connection]":
    return in_sight(request.user, Connection.objects.select_related("company", "grant"))


def _wanted(request: HttpRequest, grant: Grant) -> list[tuple[Organisation, Company]]:
    """What was ticked: an organisation, and the company of ours beside it."""
    companies = {str(each.pk): each for each in in_sight(request.user, Company.objects.all())}
    ticked = set(request.POST.getlist("organisation"))
    found = []
    for organisation in granting.organisations_of(grant):
        company = companies.get(request.POST.get(f"company_{organisation.remote_id}", ""))
        if organisation.remote_id in ticked and company is not None:
            found.append((organisation, company))
    return found


def _given_back(request: HttpRequest, grant: Grant) -> HttpResponse:
    if choosing.is_unused(grant):
        left = choosing.give_back(grant)
        messages.info(request, left or "The access was given back. Nothing was connected.")
    return redirect(_list_of_connections())


@sensitive_variables()
def _entered(
    request: HttpRequest, asked: Asked, *, shown: Mapping[str, str] | None = None
) -> HttpResponse:
    try:
        app = app_of(asked.system, asked.environment)
        access = entering.filled_in_by_staff(app)
    except ConnectorError as trouble:
        return _page(request, "refused", sentences=[trouble.sentence, trouble.remedy], status=502)
    except ValueError as trouble:
        raise Http404 from trouble
    form = EntryForm(access, request.POST or None, initial=initial_of(access, shown or {}))
    sentences: list[str] = []
    if request.method == "POST" and form.is_valid():
        user = _visitor(request).user
        try:
            with made_by(user.pk):
                found = entering.enter(user, asked, app, form.filled_in, form.address)
            return _shown(request, found, asked.company)
        except consent.ConsentRefused as refusal:
            sentences = list(refusal.sentences)
    return _page(
        request,
        "enter",
        sentences=sentences,
        form=form,
        app=app,
        company=asked.company,
        connection=asked.connection,
        here="Change how Tieout gets in" if asked.connection else f"Connect {app.name}",
        status=400 if sentences or form.errors else 200,
    )


def _shown(request: HttpRequest, found: Connection | Grant, company: Company) -> HttpResponse:
    """The page of books that were connected, or the one on which they are chosen."""
    if isinstance(found, Connection):
        for sentence in found.warnings:
            messages.warning(request, sentence)
        return redirect(_way_on(found))
    return redirect("connections:choose", found.public_id, company.pk)


def _is_filled_in(name: str) -> bool:
    return name in systems() and not isinstance(systems()[name].access, OAuth)


def _sent(
    request: HttpRequest,
    company: Company,
    system: str,
    environment: str,
    *,
    connection: Connection | None = None,
    second_books: bool = False,
) -> HttpResponse:
    try:
        app = app_of(system, environment)
        address = consent.start(
            _visitor(request),
            company,
            app,
            connection=connection,
            second_books=second_books,
        )
    except consent.ConsentRefused as refusal:
        return _page(request, "refused", sentences=list(refusal.sentences), status=400)
    except ConnectorError as trouble:
        return _page(request, "refused", sentences=[trouble.sentence, trouble.remedy], status=502)
    return _led_away(request, app.name, address, connection)


def _led_away(
    request: HttpRequest, name: str, address: str, connection: Connection | None
) -> HttpResponse:
    """A page that goes on to theirs by itself. No redirect: a browser that came by a form, such as the
    one for signing in, follows that only to ourselves (`form-action`)."""
    here = f"On to {name}"
    page = _page(
        request,
        "leaving",
        sentences=[f"You go on to {name}, and come back here once you have decided there."],
        here=here,
        connection=connection,
        address=address,
        system=name,
    )
    page["Refresh"] = f"0; url={address}"
    return page


def _visitor(request: HttpRequest) -> consent.Visitor:
    if request.session.session_key is None:
        request.session.save()
    user = request.user
    if not isinstance(user, User):  # the decorators have seen to it; said for the type checker
        raise PermissionError("Sign in first.")
    return consent.Visitor(user=user, session_key=str(request.session.session_key))


def _page(
    request: HttpRequest,
    name: str,
    *,
    sentences: list[str],
    here: str = "Not connected",
    connection: Connection | None = None,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    """A page below the list of connections, or below the books that it is about."""
    return render(
        request,
        f"connections/{name}.html",
        {
            **admin.site.each_context(request),
            "sentences": [each for each in sentences if each],
            "back": _list_of_connections(),
            "trail": _trail(connection, here),
            "connection": connection,
            **context,
        },
        status=status,
    )


def _trail(connection: Connection | None, here: str) -> list[tuple[str, str]]:
    """Where one is, as words and their address; the last is this page."""
    books_meant = [(str(connection), _page_of(connection))] if connection else []
    return [
        ("Home", reverse("admin:index")),
        ("Connections", _list_of_connections()),
        *books_meant,
        (here, ""),
    ]


def _page_of(connection: Connection) -> str:
    try:
        return reverse("admin:connections_connection_change", args=[connection.pk])
    except NoReverseMatch:  # the back office is another app; without it there is still a start page
        return reverse("admin:index")


def _way_on(connection: Connection) -> str:
    """From consent to the first step, where what stands there is read; once live, to its page."""
    if connection.trial_matched_at is not None:
        return _page_of(connection)
    try:
        return reverse("admin:connections_connection_connect", args=[connection.pk])
    except NoReverseMatch:
        return _page_of(connection)


def _list_of_connections() -> str:
    try:
        return reverse("admin:connections_connection_changelist")
    except NoReverseMatch:
        return reverse("admin:index")
