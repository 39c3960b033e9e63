"""A file of exchanges, a line each, scrubbed before it is written: to be sent to whoever keeps the
observed shapes."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from apps.connections.proving.scrubbing import Scrubber
from apps.connectors.port import Reply, Request

KEPT_HEADERS = ("if-modified-since",)


class Recording:
    """Opened anew, for its owner alone; every line is there as soon as it is written."""

    def __init__(self, path: Path, scrubber: Scrubber) -> None:
        self.path = path
        self._scrubber = scrubber
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, question: str, step: str, request: Request, reply: Reply) -> None:
        scrub = self._scrubber
        told = {
            "question": question,
            "step": step,
            "method": request.method,
            "path": scrub.path(request.path),
            "query": {name: scrub.asked(value) for name, value in request.query},
            "headers": {
                name: value for name, value in request.headers if name.lower() in KEPT_HEADERS
            },
            "body": self._body(request),
            "status": reply.status,
            "answer": self._answer(reply),
        }
        self._file.write(json.dumps(told, ensure_ascii=False) + "\n")
        self._file.flush()

    def _body(self, request: Request) -> Any:
        if not request.body:
            return None
        said = json_of(request.body)
        if said is None:
            return self._scrubber.asked(request.body.decode())
        return self._scrubber.value(said)

    def _answer(self, reply: Reply) -> Any:
        if not reply.body:
            return None if reply.status else {"lost": reply.fate.value}
        said = json_of(reply.body)
        if said is None:
            return {"no JSON": f"{len(reply.body)} bytes"}
        return self._scrubber.value(said)


def json_of(body: bytes) -> Any:
    """None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None
