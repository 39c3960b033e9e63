"""Signs what a person does on a screen: every change made in a request carries who made it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.billing.changes import made_by


def sign_changes(
    answer: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def signed(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return answer(request)
        with made_by(request.user.pk):
            return answer(request)

    return signed
