"""Who listens, as a real HTTP server: it notes what came, and answers as it is told."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Got:
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> Any:
        """Its content, by the library of the standard; raises where the signature is not by this."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass(frozen=True)
class Says:
    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_up: bool = False  # without a word


class Receiver:
    """`got` is everything that came whole, `taken` what was answered with 2xx, `cut_off` how many came
    in part. `answer` is asked for each."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.taken: list[Got] = []
        self.connections = self.cut_off = 0
        self.answer: Callable[[Got], Says] = lambda got: Says()
        self.address = ""

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.taken]

    def says(self, status: int, **more: Any) -> None:
        self.answer = lambda got: Says(status, **more)

    def counted(self) -> Counter[str]:
        return Counter(self.ids)


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed: no server takes half a request
                receiver.cut_off += 1
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.path, headers, body)
            receiver.got.append(got)
            says = receiver.answer(got)
            if says.hang_up:
                self.close_connection = True
                return
            if 200 <= says.status < 300:
                receiver.taken.append(got)
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            if says.status != 204:
                self.send_header("content-length", str(len(says.body)))
            self.end_headers()
            self.wfile.write(says.body)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: Any) -> None:
            return  # a worker that was killed hangs up in the middle

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    receiver.address = f"http://127.0.0.1:{server.server_port}/hooks/secret-path"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
