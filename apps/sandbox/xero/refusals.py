"""How Xero says no: what is wrong with an element, with a request, or with who asks."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4


class Refused(Exception):
    """An element of a request is not valid; `messages` are its ValidationErrors.

    `stored` is the object that it would have changed: an echo of what was asked is laid over it.
    """

    def __init__(self, *messages: str, contact: tuple[str, ...] = ()) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)
        self.contact = list(contact)


@dataclass
class Reply:
    """An answer; `content` None is an empty body."""

    status: int
    content: Any = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    raw: bytes | None = None
    lost: bool = False


class Stopped(Exception):
    """The whole request is answered so, and nothing of it was done."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.status))
        self.reply = reply


def not_found() -> Stopped:
    """404 is a web page without a byte."""
    return Stopped(Reply(404, content_type="text/html; charset=utf-8"))


def gateway(status: int, title: str, detail: str) -> Stopped:
    """What stands before the API: who asks, and whether they may."""
    content: dict[str, Any] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid4()),
        "Extensions": {},
    }
    return Stopped(Reply(status, content))


def invalid(elements: list[dict[str, Any]]) -> Reply:
    """400 with the elements that are not valid."""
    return Reply(
        400,
        {
            "ErrorNumber": 10,
            "Type": "ValidationException",
            "Message": "A validation exception occurred",
            "Elements": elements,
        },
    )


def unreadable(message: str, number: int = 14, kind: str = "PostDataInvalidException") -> Stopped:
    """400 for a body or a query that cannot be understood."""
    return Stopped(Reply(400, {"ErrorNumber": number, "Type": kind, "Message": message}))


def bad_query(message: str) -> Stopped:
    return unreadable(message, 16, "QueryParseException")


def not_there(what: str) -> Stopped:
    return Stopped(
        Reply(501, {"ErrorNumber": 20, "Type": "ApiMethodNotImplementedException", "Message": what})
    )
