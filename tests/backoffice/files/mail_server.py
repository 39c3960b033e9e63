"""A mail server of one conversation at a time: takes or refuses, and keeps what it took."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MailServer(socketserver.TCPServer):
    """`refuses`: the answer to RCPT TO, where it is not to be taken. `hangs_up`: it takes a mail, and
    is gone before it says so."""

    allow_reuse_address = True

    def __init__(self, refuses: str = "", *, hangs_up: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.refuses, self.hangs_up = refuses, hangs_up
        self.taken: list[bytes] = []


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.say("220 mail.example")
        for raw in self.rfile:
            word = raw[:4].upper().strip()
            if word == b"RCPT" and self.server.refuses:
                self.say(self.server.refuses)
            elif word == b"DATA":
                self.say("354 go on")
                self.server.taken.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                if self.server.hangs_up:
                    return
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 mail.example")

    def say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mail_server(refuses: str = "", *, hangs_up: bool = False) -> Iterator[MailServer]:
    with MailServer(refuses, hangs_up=hangs_up) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
