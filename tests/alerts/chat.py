"""A chat that takes messages by a webhook, as a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Chat:
    """`messages` are the bodies that it took, as they came; it answers `status`, and with `location`
    sends the caller elsewhere."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.asked: list[str] = []
        self.status = 200
        self.location = ""
        self.address = ""


@contextmanager
def chat_server() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            chat.asked.append(self.path)
            if chat.status == 200:
                chat.messages.append(json.loads(body))
            self.send_response(chat.status)
            if chat.location:
                self.send_header("location", chat.location)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def do_GET(self) -> None:
            chat.asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    chat.address = f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret-of-the-chat"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
