"""A plain courier for the worked ledger: opens a session, sends several at a time, keeps what it sent."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from apps.connectors.http import exchange, pooled_session
from apps.connectors.moments import within
from apps.connectors.port import Reply, Request


class WorkedCourier:
    """The organisation stands in the headers of each request; the session is added here."""

    def __init__(self, url: str, key: str, *, in_flight: int = 4) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self.http = pooled_session(in_flight)
        self.in_flight = in_flight
        self.sent: list[Request] = []
        self.replies: list[Reply] = []
        self.session = self._opened()

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        self.sent += requests
        with ThreadPoolExecutor(self.in_flight) as threads:
            for request, reply in zip(requests, threads.map(self._renewed, requests), strict=True):
                self.replies.append(reply)
                yield request, reply

    @property
    def writes(self) -> list[Request]:
        return [each for each in self.sent if each.writes]

    def once(self, request: Request, *, deadline: float = 10) -> Reply:
        """One exchange in the session as it is."""
        self.sent.append(request)
        return self._send(request, deadline=deadline)

    def renew(self) -> None:
        self.session = self._opened()

    def close(self) -> None:
        self.http.close()

    def _renewed(self, request: Request) -> Reply:
        reply = self._send(request)
        if reply.status == 401:
            self.session = self._opened()
            reply = self._send(request)
        return reply

    def _send(self, request: Request, *, deadline: float = 10) -> Reply:
        headers = {"Content-Type": request.content_type, "X-Session": self.session}
        return exchange(
            self.http,
            request.method,
            f"{self.url}{request.path}",
            headers=headers | dict(request.headers),
            query=request.query,
            body=request.body,
            until=within(deadline),
        )

    def _opened(self) -> str:
        answer = requests.post(
            f"{self.url}/session",
            json={"key": self.key},
            headers={"Content-Type": "application/vnd.worked+json"},
            timeout=10,
        )
        answer.raise_for_status()
        return str(answer.json()["session"])
