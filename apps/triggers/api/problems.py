"""Every refusal as a problem document (RFC 9457): what is wrong, in a sentence, and where."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from apps.billing.models.base import Frozen

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of refusal. `name` ends its address, which is part of the contract."""

    name: str
    status: int
    title: str
    says: str  # for the description


_ALL: Final = (
    Kind(name="malformed", status=400, title="The request cannot be read",
         says="The body is no JSON object, or a header cannot be read."),
    Kind(name="idempotency-key-missing", status=400, title="An Idempotency-Key is needed",
         says="What moves money is refused without one: a lost answer could not be told from a "
         "lost request."),
    Kind(name="not-authenticated", status=401, title="No valid key",
         says="The key is missing, unknown, expired or revoked, or its person is inactive."),
    Kind(name="not-allowed", status=403, title="The key does not open this",
         says="It lacks the scope, or its person lacks the right."),
    Kind(name="not-found", status=404, title="Not found",
         says="Nothing of this address is there for this key."),
    Kind(name="method-not-allowed", status=405, title="Not done by this method",
         says="`Allow` names the methods of the address."),
    Kind(name="not-acceptable", status=406, title="Answered in JSON alone",
         says="`Accept` leaves out application/json."),
    Kind(name="conflict", status=409, title="Not possible as it stands",
         says="What is in the books is corrected by an act, not by an edit."),
    Kind(name="in-progress", status=409, title="The same is under way",
         says="A request with this Idempotency-Key has not ended yet. Ask again in a second."),
    Kind(name="needs-approval", status=409, title="A second person has to approve it",
         says="It is above the limit of the key's person. Nothing is posted until it is approved."),
    Kind(name="possible-duplicate", status=409, title="It may be here already",
         says="Send `allow_duplicate: true` where it is another one."),
    Kind(name="date-in-doubt", status=409, title="Is that day meant?",
         says="It lies in the future or more than a year ago. Send `allow_far_date: true` where it "
         "is meant."),
    Kind(name="changed-meanwhile", status=412, title="Changed since you read it",
         says="`If-Match` names another revision than stands now."),
    Kind(name="too-large", status=413, title="Too large",
         says="The body is larger than 1 MiB."),
    Kind(name="address-too-long", status=414, title="The address is too long",
         says="An address holds at most 8,000 characters."),
    Kind(name="media-type", status=415, title="Send JSON",
         says="The body is to be application/json in UTF-8."),
    Kind(name="invalid", status=422, title="Some fields are not right",
         says="`errors` names each field and what is wrong with it."),
    Kind(name="refused", status=422, title="Refused",
         says="A rule of the books refuses it, in its own words."),
    Kind(name="idempotency-key-reused", status=422, title="The key was used for something else",
         says="An Idempotency-Key belongs to one request, to the byte."),
    Kind(name="if-match-missing", status=428, title="Say which version you change",
         says="Send the `ETag` that you read as `If-Match`."),
    Kind(name="too-many", status=429, title="Too many requests",
         says="`Retry-After` says when to ask again, in seconds."),
    Kind(name="failed", status=500, title="It failed on our side",
         says="Nothing of it was done. The log of Tieout has the reason."),
)  # fmt: skip
KINDS: Final[Mapping[str, Kind]] = {each.name: each for each in _ALL}
# What becomes of an answer that is no problem document yet, by its status.
OF_STATUS: Final[Mapping[int, str]] = {
    400: "malformed",
    401: "not-authenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    500: "failed",
}


class FieldError(BaseModel):
    """`field` is a path such as `lines.0.quantity`, a query parameter or a header; "" where it is of
    none alone."""

    field: str = Field(examples=["lines.0.quantity"])
    message: str


class ProblemShape(BaseModel):
    """Why it was refused. `type` is the address of the kind; `detail` a sentence for people."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(examples=["https://tieout.example.com/api/v1/docs#invalid"])
    title: str
    status: int
    detail: str
    errors: list[FieldError]


class Problem(Exception):
    """A refusal. `kind` is a name of `KINDS`."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[kind]
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def address_of(kind: Kind) -> str:
    return f"{settings.SITE_URL.rstrip('/')}/api/v1/docs#{kind.name}"


def answer_to(problem: Problem) -> HttpResponse:
    kind = problem.kind
    said = ProblemShape(
        type=address_of(kind),
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        errors=[FieldError(field=field, message=message) for field, message in problem.errors],
    )
    response = HttpResponse(said.model_dump_json(), status=kind.status, content_type=MEDIA_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def of_status(status: int) -> Problem:
    """For an answer that the framework gave by itself."""
    kind = OF_STATUS.get(status) or (
        "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "malformed"
    )
    return Problem(kind, KINDS[kind].says)


def of_refusal(refusal: ValidationError) -> Problem:
    """What billing refuses, in its words: by field where it names fields."""
    kind = "conflict" if isinstance(refusal, Frozen) else "refused"
    errors = [
        ("" if field == NON_FIELD_ERRORS else field, message)
        for field, messages in _by_field(refusal).items()
        for message in messages
    ]
    if kind == "refused" and any(field for field, _ in errors):
        kind = "invalid"
    return Problem(kind, " ".join(message for _, message in errors), errors=errors)


def of_reading(found: Sequence[Mapping[str, Any]]) -> Problem:
    """What the shapes refuse: ninja's list of errors, each with its place."""
    errors = [(_path(each["loc"]), _words(str(each["msg"]))) for each in found]
    fields = ", ".join(sorted({field for field, _ in errors if field}))
    detail = f"Look at {fields}." if fields else "Some of it is not right."
    return Problem("invalid", detail, errors=errors)


def _by_field(refusal: ValidationError) -> Mapping[str, Sequence[str]]:
    if hasattr(refusal, "error_dict"):
        return refusal.message_dict
    return {NON_FIELD_ERRORS: refusal.messages}


def _path(place: Sequence[str | int]) -> str:
    """Without where it came from and the name of our parameter."""
    source, *steps = place
    if source == "body" or (source == "query" and len(steps) > 1):
        steps = steps[1:]
    return ".".join(map(str, steps))


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
