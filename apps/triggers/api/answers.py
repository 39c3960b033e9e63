"""What an address gives: a shape as JSON, with its version and place."""

from dataclasses import dataclass

from django.http import HttpResponse
from pydantic import BaseModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`revision` becomes the `ETag`; `place` is the address of what was made."""

    body: BaseModel | str | None = None  # a text is JSON already
    status: int = 200
    revision: int | None = None
    place: str = ""

    def as_response(self) -> HttpResponse:
        text = self.body.model_dump_json() if isinstance(self.body, BaseModel) else self.body
        response = HttpResponse(text or "", status=self.status, content_type="application/json")
        if text is None:
            del response["Content-Type"]
        if self.revision is not None:
            response["ETag"] = etag(self.revision)
        if self.place:
            response["Location"] = self.place
        return response


def etag(revision: int) -> str:
    return f'"{revision}"'
