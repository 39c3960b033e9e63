"""A threaded HTTP/1.1 server for the simulated ledgers that can also hang up without an answer."""

import socket
import threading
from typing import Any
from wsgiref.handlers import format_date_time
from wsgiref.types import WSGIApplication

from django.core.servers.basehttp import ServerHandler, ThreadedWSGIServer, WSGIRequestHandler

from .clock import clock

# A view that answers with this header wants the connection closed and no byte sent.
LOSE = "X-Sandbox-Lose-Answer"
WITHOUT_BODY = ("204", "304")


class HangingUp(ServerHandler):
    """Sends the answer, dated by the servers' own clock, unless it is to be lost."""

    request_handler: Any
    headers: Any
    status: Any
    result: Any

    def finish_response(self) -> None:
        if self.headers is None or LOSE not in self.headers:
            if self.headers is not None:
                self.headers["Date"] = format_date_time(clock.now().timestamp())
                self._tell_the_length()
            super().finish_response()
            return
        self.request_handler.close_connection = True
        try:
            self.request_handler.connection.shutdown(socket.SHUT_RDWR)
        finally:
            self.close()

    def _tell_the_length(self) -> None:
        """An answer of untold length ends with its connection, as Django's server has it."""
        if not self.result.streaming and self.status[:3] not in WITHOUT_BODY:
            self.headers.setdefault("Content-Length", str(len(self.result.content)))


class QuietHandler(WSGIRequestHandler):
    """Keep-alive without Nagle's delay and without a line per request."""

    disable_nagle_algorithm = True
    # One write per answer: headers and body leave together.
    wbufsize = -1

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.send_error(414)
            return
        if not self.parse_request():
            return
        environ = self.get_environ()
        # As it was sent: a name in a path may have a slash of its own.
        environ["RAW_PATH"] = self.path
        handler = HangingUp(self.rfile, self.wfile, self.get_stderr(), environ)
        handler.request_handler = self
        handler.run(self.server.get_app())  # type: ignore[attr-defined] # WSGIServer has it
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Counters say what was called; the console stays for what went wrong."""


class SandboxHTTPServer(ThreadedWSGIServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True


def serve(host: str, port: int, application: WSGIApplication) -> SandboxHTTPServer:
    """Listen (port 0: any free one) and answer in a thread of its own; `shutdown()` ends it."""
    server = SandboxHTTPServer((host, port), QuietHandler)
    server.set_app(application)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
