"""The API as ninja serves it, with our own words for everything that goes wrong."""

from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from apps.triggers.api import (
    allocations,
    books,
    credit_notes,
    customers,
    deposits,
    events,
    hooks,
    invoices,
    items,
    me,
    payments,
    refunds,
)
from apps.triggers.api.gate import BodyAsRead
from apps.triggers.api.problems import Problem, answer_to, of_reading, of_status

DESCRIPTION = (
    "Feeds and reads Tieout: the acts, rules and refusals are those of its screens. Amounts are texts "
    "with all decimals of their currency; ids are UUIDs; moments are UTC."
)

api = NinjaAPI(
    title="Tieout",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=BodyAsRead(),
)
for each in (
    me,
    customers,
    items,
    invoices,
    credit_notes,
    payments,
    allocations,
    refunds,
    deposits,
    books,
    events,
    hooks,
):
    api.add_router("", each.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer_to(problem)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
    return answer_to(of_reading(refusal.errors))


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, refusal: HttpError) -> HttpResponse:
    return answer_to(of_status(refusal.status_code))


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, missing: Any) -> HttpResponse:
    return answer_to(of_status(404))


@api.exception_handler(Exception)
def _failed(request: HttpRequest, fault: Exception) -> NoReturn:
    raise fault  # to Django, which logs it; the door answers
