"""What is sent for an event, and what a list of samples holds: the same, field by field."""

from typing import Generic, TypeVar

from apps.triggers.shapes.parts import Company, Moment, Shape

Data = TypeVar("Data", bound=Shape)


class Envelope(Shape, Generic[Data]):
    """`id` stays the same however often it is sent: whoever has seen it has done what it asks for.
    `timestamp` is when it happened. `source` names the books that a change came from, "" where it was
    made in Tieout, so that what writes back can tell its own echo. `test` marks what a person sent to
    try it out; a sample in a list is none."""

    id: str
    type: str
    version: int
    timestamp: Moment
    company: Company
    source: str
    test: bool
    data: Data
