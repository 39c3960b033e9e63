"""What happened: the types of events, and those that came true since somebody listens."""

import json
from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field

from apps.triggers.api.answers import Answer
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import Moment
from apps.triggers.api.paging import AskedOfCompany, Page, cut, of_companies
from apps.triggers.api.routes import route
from apps.triggers.events.catalogue import CATALOGUE, sample_list
from apps.triggers.models import READS_EVENTS, Event, Scope
from apps.triggers.models.events import VERSION, EventType
from apps.triggers.shapes import Envelope, Shape

router = Router(tags=["Events"])
TYPES = "|".join(each.replace(".", r"\.") for each in EventType.values)
AnyEvent = Envelope[Any]  # `data` is of the shape of its type


class AskedOfEvents(AskedOfCompany):
    type: Annotated[str | None, Field(pattern=f"^({TYPES})$")] = None
    since: Annotated[Moment | None, Field(description="It happened at this moment or later.")] = (
        None
    )


class EventTypeShape(Shape):
    """`says` is what happened; `envelope` is the JSON schema of what a hook sends; `samples` are real ones of a company of
    the key, newest first, and none where it did not happen yet."""

    type: str
    says: str
    version: int
    envelope: dict[str, Any]
    samples: list[dict[str, Any]]


class EventTypes(Shape):
    data: list[EventTypeShape]


@route(router, "GET", "/event-types", scope=Scope.READ, right=READS_EVENTS, gives=EventTypes)
def list_event_types(request: Request) -> Answer:
    """List the types of events. Each with its sentence, the JSON schema of what is sent, and samples."""
    company = request.auth.companies[0]
    shown = [
        EventTypeShape(
            type=each,
            says=told.says,
            version=VERSION,
            envelope=Envelope[told.shape].model_json_schema(mode="serialization"),  # type: ignore[name-defined] # known at run time
            samples=sample_list(company, each),
        )
        for each, told in CATALOGUE.items()
    ]
    return Answer(body=EventTypes(data=shown))


@route(router, "GET", "/events", scope=Scope.READ, right=READS_EVENTS, gives=Page[AnyEvent])
def list_events(request: Request, asked: Query[AskedOfEvents]) -> Answer:
    """List what happened since somebody listens to the company. To the byte as it was sent to hooks,
    newest first."""
    rows = of_companies(request, Event.objects.filter(quiet=False).exclude(body=""), asked)
    if asked.type is not None:
        rows = rows.filter(type=asked.type)
    if asked.since is not None:
        rows = rows.filter(happened_at__gte=asked.since)
    found, address = cut(request, rows, asked)
    bodies = ",".join(each.body for each in found)
    return Answer(body=f'{{"data":[{bodies}],"next":{json.dumps(address)}}}')
