"""What leaves as a file and what is refused, noted in one place, whichever page it was."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from apps.staff.models import User
from apps.staff.security import Kind, asked_by, note


class Watch:
    """Middleware. It stands outside of every transaction of a page, so that what a refusal rolled
    back does not take the refusal with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with asked_by(request):
            response = self.get_response(request)
            if response.status_code == HTTPStatus.FORBIDDEN and _is_signed_in(request):
                note(Kind.ACT_REFUSED, f"Was refused {page_words(request)}.", **_place(request))
            elif leaves(response) and _is_signed_in(request):
                name = file_name(response)
                words = f"Downloaded “{name}” from {page_words(request)}."
                note(Kind.DOWNLOADED, words, file=name, **_place(request))
        return response


def leaves(response: HttpResponse) -> bool:
    """Whether it is a file, to be saved or to be opened beside the page."""
    good = HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES
    return good and response.has_header("Content-Disposition")


def file_name(response: HttpResponse) -> str:
    _, _, name = response["Content-Disposition"].partition("filename")
    return name.lstrip("*=").removeprefix("utf-8''").strip('"')[:200]


def page_words(request: HttpRequest) -> str:
    """Which page of what, without a record's name: “Invoice 7: Void”."""
    match = request.resolver_match
    if match is None or not match.url_name:
        return "a page that is not there"
    for model, screen in admin.site._registry.items():
        prefix = f"{model._meta.app_label}_{model._meta.model_name}_"
        if match.url_name.startswith(prefix):
            what = match.url_name.removeprefix(prefix)
            known = {act.name: act.words for act in getattr(screen, "acts", ())}
            one = getattr(screen, "one_words", "") or str(model._meta.verbose_name)
            of = " ".join([one.removeprefix("a "), *_keys(request)])
            return f"{of[:1].upper()}{of[1:]}: {known.get(what, what.replace('_', ' '))}"
    return " ".join([match.view_name.replace(":", " ").replace("_", " "), *_keys(request)])


def _keys(request: HttpRequest) -> list[str]:
    """Of the address, what names a record. What lets its bearer in (an invitation, a link to set a
    password) is in no event: more people read those than the letter."""
    match = request.resolver_match
    if match is None:
        return []
    named = [value for name, value in match.kwargs.items() if not _lets_in(name, value)]
    return [str(each)[:40].replace("\0", "") for each in (*match.args, *named)]


def _lets_in(name: str, value: object) -> bool:
    return name == "token" or (name == "key" and not str(value).isdecimal())


def _place(request: HttpRequest) -> dict[str, Any]:
    match = request.resolver_match
    page = match.view_name if match else ""
    return {"page": page, "keys": _keys(request), "method": str(request.method)[:10]}


def _is_signed_in(request: HttpRequest) -> bool:
    return isinstance(getattr(request, "user", None), User)
