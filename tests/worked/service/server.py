"""The service over HTTP: in a thread of a test, or alone in a process."""

import json
import socket
import threading
from datetime import date
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .simulation import MEDIA, Answer, Lost, Request, Simulation, parsed
from .values import Refused

CONTROL = "/control/"
# How often the thread that accepts connections looks whether it is to end, in seconds.
LOOKS = 0.02


class Handler(BaseHTTPRequestHandler):
    """One connection: requests one after the other, each answer written at once."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            # Who asked has gone; what was executed stands.
            self.close_connection = True

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): told for name, told in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        try:
            self._write(self._answered(request))
        except Lost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answered(self, request: Request) -> Answer:
        simulation = self.server.simulation
        if not request.path.startswith(CONTROL):
            return simulation.answer(request)
        try:
            if request.method != "POST":
                raise Refused(404, "not_found", "Controls are POST.")
            told = parsed(request, media=None)
            name = request.path.removeprefix(CONTROL)
            return Answer(200, simulation.control(name, {} if told is None else told))
        except Refused as refused:
            return Answer(refused.status, refused.content)

    def _write(self, answer: Answer) -> None:
        """Head and body in one write: two would wait for each other on a kept connection."""
        body = b"" if answer.content is None else json.dumps(answer.content).encode()
        now = self.server.simulation.clock.now()
        headers = {"Date": format_datetime(now, usegmt=True), **answer.headers}
        if body:
            headers["Content-Type"] = MEDIA
        if answer.status != 204:
            headers["Content-Length"] = str(len(body))
        reason = self.responses.get(answer.status, ("",))[0]
        head = [f"{self.protocol_version} {answer.status} {reason}"]
        head += [f"{name}: {told}" for name, told in headers.items()]
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """The log is `Simulation.asked`; nothing is printed."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, simulation: Simulation) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.simulation = simulation
        self.connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End what clients keep open: a service that has stopped answers nobody."""
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself meanwhile


class Service:
    """The simulated service: `with Service() as service:`. Where an organisation is not named, the
    only one there is is meant."""

    def __init__(self, port: int = 0) -> None:
        self.simulation = Simulation()
        self.server = Server(port, self.simulation)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(LOOKS,), daemon=True)

    def __enter__(self) -> "Service":
        self.thread.start()
        return self

    def __exit__(self, *told: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.server.hang_up()

    def organisation(
        self, name: str = "Sample", country: str = "IE", home_currency: str = "EUR"
    ) -> tuple[str, str]:
        """A new organisation's id and key."""
        told = {"name": name, "country": country, "home_currency": home_currency}
        made = self.simulation.control("organisation", told)
        return made["id"], made["key"]

    def fault(
        self,
        kind: str,
        match: str = "",
        times: int = 1,
        organisation: str | None = None,
        **told: Any,
    ) -> None:
        """Arm a fault; `told`: `status` and `after_execution`, or `seconds`."""
        body = {"organisation": organisation, "kind": kind, "match": match, "times": times, **told}
        self.simulation.control("fault", body)

    def disarm(self) -> None:
        self.simulation.control("disarm", {})

    def end_session(self, organisation: str | None = None) -> None:
        self.simulation.control("end_session", {"organisation": organisation})

    def move_clock(self, seconds: float) -> None:
        """Set the clock apart from the real time."""
        self.simulation.control("clock", {"offset_seconds": seconds})

    def act(self, method: str, path: str, body: Any = None, organisation: str | None = None) -> Any:
        """What a person of theirs does, and what they see then; Refused where it is."""
        done = self.simulation.act(method, path, body, organisation)
        if done["status"] >= 400:
            content = dict(done["answer"])
            raise Refused(done["status"], content.pop("error"), content.pop("message"), **content)
        return done["answer"]

    @property
    def log(self) -> list[dict[str, Any]]:
        """What programs asked, in the order of arrival."""
        items: list[dict[str, Any]] = self.simulation.log()["items"]
        return items

    def receivable(self, organisation: str | None, day: str | date) -> dict[str, Decimal]:
        """What customers owe at the end of a day, by currency."""
        return self.simulation.receivable(organisation, str(day))
