"""How FreshBooks says no, in each of its shapes."""

from dataclasses import dataclass, field
from typing import Any

STATUSES = {409: 409, 429: 429, 1003: 403, 1011: 404, 1012: 404, 1038: 403, 12001: 200}
# google.rpc codes of the newer shape.
CODES = {401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 400: 3, 422: 3}


@dataclass
class Reply:
    """An answer; `content` None is an empty body, `text` one that is no JSON."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = "application/json"
    lost: bool = False


class Stopped(Exception):
    """The whole request is answered so, and nothing of it was done."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


class Refused(Exception):
    """The books do not do it: one of FreshBooks' numbered errors."""

    def __init__(
        self, errno: int, message: str, field: str = "", value: Any = "", object: str = ""
    ) -> None:
        super().__init__(message)
        self.errno = errno
        self.message = message
        self.field = field
        self.value = None if value is None else str(value)
        self.object = object

    @property
    def status(self) -> int:
        return STATUSES.get(self.errno, 422)


def required(field: str) -> Refused:
    return Refused(1001, f"'{field}' is a required field", field)


def read_only(field: str, value: Any) -> Refused:
    return Refused(1038, f"Write access denied to field {field}", field, value)


def missing(single: str, identity: str, value: Any) -> Refused:
    """`Client not found.`"""
    words = single.replace("_", " ").capitalize()
    return Refused(1012, f"{words} not found.", identity, value, single)


def accounting(error: Refused, *, newer: bool, as_200: bool = False) -> Reply:
    """The older shape, or the one that an X-API-VERSION asks for."""
    status = 200 if as_200 else error.status
    if newer:
        metadata = {
            "object": error.object,
            "message": error.message,
            "value": error.value or "",
            "field": error.field,
        }
        return Reply(status, newer_shape(error.status, str(error.errno), metadata))
    told = {
        "errno": error.errno,
        "field": error.field,
        "message": error.message,
        "object": error.object,
        "value": error.value,
    }
    return Reply(status, {"response": {"errors": [told]}})


def newer_shape(status: int, reason: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": CODES.get(status, 2),
        "message": f"Request failed with status_code: {status}",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "accounting.api.freshbooks.com",
                "metadata": metadata,
            }
        ],
    }


def unauthenticated(*, newer: bool = False) -> Reply:
    """401: who asks is not known."""
    if newer:
        words = "The server could not verify that you are authorized to access the URL requested."
        metadata = {"object": "", "message": words, "value": "", "field": ""}
        return Reply(401, newer_shape(401, "1003", metadata))
    words = "This action requires authentication to continue."
    return Reply(401, {"error": "unauthenticated", "error_description": words})


def business_error(status: int, *details: tuple[str, str | None]) -> Reply:
    """The shape below /accounting/businesses: (message, field) each."""
    told = [
        {
            "reason": f"{name}: {message}" if name else message,
            "metadata": {"message": message, "field": name},
        }
        for message, name in details
    ]
    words = f"Request failed with status code {status}"
    return Reply(status, {"errors": {"message": words, "status": status, "details": told}})


def event_error(status: int, message: str, *details: str) -> Reply:
    told: dict[str, Any] = {"errno": status, "message": message}
    return Reply(status, told | ({"details": list(details)} if details else {}))
