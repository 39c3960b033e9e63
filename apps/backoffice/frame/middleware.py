"""What every request of a screen begins with: an address that can be one, who signs its changes, and no
company at hand."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from apps.backoffice.frame.days import show_days_of
from apps.billing.changes import made_by

Answer = Callable[[HttpRequest], HttpResponse]


def refuse_nul(answer: Answer) -> Answer:
    """No text of ours holds NUL, and PostgreSQL takes none: an address with one asks for nothing. The API
    says so in its own words."""

    def asked(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            return answer(request)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("This address holds a character that none of ours holds.")
        return answer(request)

    return asked


def sign_changes(answer: Answer) -> Answer:
    def signed(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return answer(request)
        with made_by(request.user.pk):
            return answer(request)

    return signed


def forget_company(answer: Answer) -> Answer:
    """Each request begins without a company whose order of days is shown: its screen says whose."""

    def begun(request: HttpRequest) -> HttpResponse:
        show_days_of(None)
        return answer(request)

    return begun
