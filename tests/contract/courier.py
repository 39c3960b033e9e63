"""Plain couriers for tests: let in, they send several at a time and keep what they sent."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from apps.connectors.http import exchange, pooled_session
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply, Request
from tests.sandbox_server import Caller

Meddler = Callable[[Request, Reply], Reply]


class HttpCourier:
    """Carries requests to an address. `let_in` are headers that let it in, added to each."""

    def __init__(self, address: str, let_in: Mapping[str, str], *, in_flight: int = 4) -> None:
        self.address = address.rstrip("/")
        self._let_in = let_in
        self.session = pooled_session(in_flight)
        self.in_flight = in_flight
        self.sent: list[Request] = []
        self.replies: list[Reply] = []

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        self.sent += requests
        with ThreadPoolExecutor(self.in_flight) as threads:
            for request, reply in zip(requests, threads.map(self._send, requests), strict=True):
                self.replies.append(reply)
                yield request, self.arrived(request, reply)

    def let_in(self) -> Mapping[str, str]:
        return self._let_in

    def arrived(self, request: Request, reply: Reply) -> Reply:
        """What becomes of a reply on its way."""
        return reply

    def _send(self, request: Request) -> Reply:
        told = {"Accept": "application/json", "Content-Type": request.content_type}
        return exchange(
            self.session,
            request.method,
            f"{self.address}{request.path}",
            headers={**self.let_in(), **told, **dict(request.headers)},
            query=request.query,
            body=request.body,
            until=within(60),
        )


class PlainCourier(HttpCourier):
    """Carries requests to one company of the simulated ledgers.

    `meddle` may change a reply on its way; `lose_next` drops one that has arrived.
    """

    def __init__(self, caller: Caller, *, in_flight: int = 4) -> None:
        super().__init__(caller.server.api, {}, in_flight=in_flight)
        self.caller = caller
        self.meddle: Meddler | None = None

    def lose_next(self) -> None:
        self.meddle_once(lambda _request, _reply: Reply(fate=Fate.LOST, problem="ReadTimeout"))

    def meddle_once(self, meddler: Meddler) -> None:
        def once(request: Request, reply: Reply) -> Reply:
            self.meddle = None
            return meddler(request, reply)

        self.meddle = once

    def let_in(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.caller.tokens['access_token']}"}

    def arrived(self, request: Request, reply: Reply) -> Reply:
        return self.meddle(request, reply) if self.meddle else reply

    @property
    def writes(self) -> list[dict[str, Any]]:
        """Every item of every batch that was sent, and what was sent alone: a note to attach."""
        bodies = [json.loads(request.body) for request in self.sent if request.writes]
        return [
            item for body in bodies for item in body.get("BatchItemRequest", [{"Attachable": body}])
        ]
