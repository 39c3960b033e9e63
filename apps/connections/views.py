"""The way to a provider's consent page and back."""

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.connections import books, consent
from apps.connections.endpoints import app_of
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.staff.models import User

may_connect = permission_required("connections.connect", raise_exception=True)


@login_required
@may_connect
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, company: int, system: str, environment: str) -> HttpResponse:
    """Send a person to the consent page. A second set of books is asked about first; the answer
    comes as a POST with `second_books`."""
    owner = get_object_or_404(Company, pk=company)
    second_books = request.method == "POST" and bool(request.POST.get("second_books"))
    other = books.other_books(owner)
    if other is not None and not second_books:
        return _page(
            request, "second_books", sentences=[books.second_books_sentence(other)], company=owner
        )
    return _sent(request, owner, system, environment, second_books=second_books)


@login_required
@may_connect
@never_cache
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, connection: int) -> HttpResponse:
    """Connect the same books again, after their authorisation was lost or ended."""
    held = get_object_or_404(Connection.objects.select_related("company"), pk=connection)
    return _sent(request, held.company, held.system, held.environment, connection=held)


@login_required
@may_connect
@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest, system: str) -> HttpResponse:
    """Where the provider's page sends the browser back to."""
    visitor = _visitor(request)
    try:
        with made_by(visitor.user.pk):
            connection = consent.finish(visitor, system, request.GET.dict())
    except consent.ConsentRefused as refusal:
        return _page(request, "refused", sentences=list(refusal.sentences), status=400)
    except ConnectorError as trouble:
        return _page(request, "refused", sentences=[trouble.sentence, trouble.remedy], status=502)
    for sentence in connection.warnings:
        messages.warning(request, sentence)
    return redirect(_page_of(connection))


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
        address = consent.start(
            _visitor(request),
            company,
            app_of(system, environment),
            connection=connection,
            second_books=second_books,
        )
    except consent.ConsentRefused as refusal:
        return _page(request, "refused", sentences=list(refusal.sentences), status=400)
    except ConnectorError as trouble:
        return _page(request, "refused", sentences=[trouble.sentence, trouble.remedy], status=502)
    return redirect(address)


def _visitor(request: HttpRequest) -> consent.Visitor:
    if request.session.session_key is None:
        request.session.save()
    user = request.user
    if not isinstance(user, User):  # the decorators have seen to it; said for the type checker
        raise PermissionError("Sign in first.")
    return consent.Visitor(user=user, session_key=str(request.session.session_key))


def _page(
    request: HttpRequest, name: str, *, sentences: list[str], status: int = 200, **context: object
) -> HttpResponse:
    return render(
        request,
        f"connections/{name}.html",
        {
            **admin.site.each_context(request),
            "sentences": [each for each in sentences if each],
            "back": _list_of_connections(),
            **context,
        },
        status=status,
    )


def _page_of(connection: Connection) -> str:
    try:
        return reverse("admin:connections_connection_change", args=[connection.pk])
    except NoReverseMatch:  # the back office is another app; without it there is still a start page
        return reverse("admin:index")


def _list_of_connections() -> str:
    try:
        return reverse("admin:connections_connection_changelist")
    except NoReverseMatch:
        return reverse("admin:index")
