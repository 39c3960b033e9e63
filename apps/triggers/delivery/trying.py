"""A test event: what a receiver will get, sent now and marked as a test, with its answer at once."""

import json
from dataclasses import dataclass
from uuid import uuid4

from django.core.exceptions import ValidationError

from apps.connections import typed_addresses
from apps.core.sealing import CannotOpen
from apps.triggers.delivery.answers import Answer
from apps.triggers.delivery.sending import post
from apps.triggers.events.catalogue import CATALOGUE, envelope
from apps.triggers.models import Endpoint, EventType


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """`body` as it was sent, set out for reading."""

    body: str
    answer: Answer


def types_with_example(endpoint: Endpoint) -> list[str]:
    """Those of which the company has a record to tell of."""
    return [name for name, told in CATALOGUE.items() if told.last(endpoint.company, 1)]


def send_test(endpoint: Endpoint, type: str) -> Tried:
    """The newest record of that kind as it stands, under an id of its own: it is no event, and nobody
    is told of it again. Raises ValidationError where the company has none, and no transaction may be
    open.
    """
    if endpoint.state == Endpoint.State.GONE:
        raise ValidationError("It was removed: nothing is sent there any more.")
    told = CATALOGUE[type]
    found = told.last(endpoint.company, 1)
    if not found:
        words = EventType(type).label.lower()
        raise ValidationError(
            f"There is no record yet to show “{words}” with. Choose another event."
        )
    record, happened_at = found[0]
    name = f"evt_test_{uuid4().hex}"
    body = envelope(
        type,
        told.describe(record),
        id=name,
        company=endpoint.company,
        happened_at=happened_at,
        test=True,
    )
    with typed_addresses.session() as session:
        try:
            answer = post(session, endpoint, id=name, body=body)
        except CannotOpen as lost:
            raise ValidationError(f"{lost} Enter its address again.") from lost
    return Tried(body=json.dumps(json.loads(body), indent=2, ensure_ascii=False), answer=answer)
