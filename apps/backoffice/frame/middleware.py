"""What every request of a screen begins with: who signs its changes, and no company at hand."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.days import show_days_of
from apps.billing.changes import made_by

Answer = Callable[[HttpRequest], HttpResponse]


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
