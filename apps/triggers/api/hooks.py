"""Hooks: a program subscribes to events with a key, and is told at its address."""

import json
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from ninja import Query, Router
from pydantic import Field, RootModel

from apps.triggers.api.answers import Answer
from apps.triggers.api.events import TYPES
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import CompanyNumber, Input, text
from apps.triggers.api.paging import Asked, AskedOfCompany, Page, of_companies, page_of
from apps.triggers.api.routes import Header, route
from apps.triggers.delivery import endpoints
from apps.triggers.events.catalogue import sample_list
from apps.triggers.models import READS_EVENTS, Endpoint, Scope
from apps.triggers.shapes import Shape
from apps.triggers.shapes.parts import Company, Moment, company_shape

router = Router(tags=["Hooks"])
MOST_SAMPLES = 10
Type = Annotated[str, Field(pattern=f"^({TYPES})$", examples=["invoice.paid"])]


class NewHook(Input):
    """Of `event`, or of several `events`; neither: of all. Each delivery is signed as Standard Webhooks
    say, by the secret that is shown once."""

    target_url: Annotated[str, text(2000, 1), Field(examples=["https://hooks.example.com/1"])]
    event: Type | None = None
    events: Annotated[list[Type], Field(max_length=50)] = []
    name: Annotated[str, text(80)] = ""
    company: CompanyNumber | None = None


class HookShape(Shape):
    """`event` is the first of `events`; "" and [] mean all. Of the address only the host is shown
    afterwards: whoever has it can be told things."""

    id: UUID
    event: str
    events: list[str]
    target_host: str
    name: str
    company: Company
    state: str
    created_at: Moment


class NewHookShape(HookShape):
    target_url: str
    secret: str


class AskedOfSamples(Asked):
    event: Type
    company: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    limit: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] = 3


class Samples(RootModel[list[dict[str, Any]]]):
    """As the hook sends them, newest first."""


def _judged(given: NewHook) -> str | ValidationError:
    """The address as it is used, or why it is refused. Its name is asked for, which may take long."""
    try:
        return endpoints.judged_address(given.target_url)
    except ValidationError as unfit:
        return unfit


@route(router, "POST", "/hooks", scope=Scope.HOOKS, right="triggers.add_listener", by_scope=True,
       gives=NewHookShape, status=201, repeat=Header.HEEDED, holds_secret=True,
       beforehand=_judged)  # fmt: skip
def subscribe(request: Request, given: NewHook) -> Answer:
    """Subscribe an address to events of a company. It is told from now on, and of nothing before."""
    company = request.auth.company(given.company)
    types = list(dict.fromkeys([*([given.event] if given.event else []), *given.events]))
    key = request.auth.key
    judged = request.found_beforehand
    try:
        if isinstance(judged, ValidationError):
            raise judged
        made = endpoints.add(
            company,
            name=given.name or f"{key.name}: {types[0] if types else 'all events'}"[:80],
            fit=judged,
            types=types,
            origin=Endpoint.Origin.API,
            by_key=key.public_id,
        )
    except ValidationError as unfit:
        raise _by_our_names(unfit) from unfit
    shape = NewHookShape(
        **_shape(made).model_dump(), target_url=given.target_url, secret=made.secrets[0]
    )
    return Answer(body=shape, status=201)


@route(router, "GET", "/hooks", scope=Scope.HOOKS, right=None, gives=Page[HookShape])
def list_hooks(request: Request, asked: Query[AskedOfCompany]) -> Answer:
    """List what was subscribed with this key and stands."""
    rows = _own(request).exclude(state=Endpoint.State.GONE).select_related("company")
    return page_of(request, of_companies(request, rows, asked), asked, _shape)


@route(router, "GET", "/hooks/sample", scope=Scope.HOOKS, right=READS_EVENTS, gives=Samples)
def list_samples(request: Request, asked: Query[AskedOfSamples]) -> Answer:
    """List samples of an event, as the hook sends them. Real ones of the company; an empty list where
    it did not happen yet."""
    company = request.auth.company(asked.company)
    return Answer(body=json.dumps(sample_list(company, asked.event, asked.limit)))


@route(router, "DELETE", "/hooks/{uuid:id}", scope=Scope.HOOKS, right=None, gives=None,
       status=204)  # fmt: skip
def unsubscribe(request: Request, id: UUID) -> Answer:
    """Unsubscribe. A second time nothing happens, and the answer is the same."""
    hook = _own(request).filter(public_id=id).first()
    if hook is not None:
        endpoints.remove(hook, f"Unsubscribed by “{request.auth.key}”.")
    return Answer(status=204)


def _own(request: Request) -> Any:
    return Endpoint.objects.filter(by_key=request.auth.key.public_id)


def _shape(hook: Endpoint) -> HookShape:
    return HookShape(
        id=hook.public_id,
        event=hook.types[0] if hook.types else "",
        events=hook.types,
        target_host=hook.host,
        name=hook.name,
        company=company_shape(hook.company),
        state=hook.state,
        created_at=hook.created_at,
    )


def _by_our_names(unfit: ValidationError) -> ValidationError:
    if not hasattr(unfit, "error_dict"):
        return unfit
    names = {"address": "target_url", "types": "events"}
    return ValidationError(
        {names.get(field, field): found for field, found in unfit.error_dict.items()}
    )
