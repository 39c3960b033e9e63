"""A queue that is worked off at once, a real mail server, and a clock that moves on by half hours."""

import email
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from typing import Any

import time_machine
from aiosmtpd.controller import Controller
from django.utils.module_loading import import_string

STEP = timedelta(minutes=30)


class Inbox:
    """What a mail server took: (address, mail), each with its file opened. It answers `answer`, and to
    whom `answers` names, that."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, EmailMessage]] = []
        self.answer = "250 taken"
        self.answers: dict[str, str] = {}

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 taken"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            mail = email.message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken += [(to, mail) for to in envelope.rcpt_tos]
        return self.answer

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for to, mail in self.taken if to == address]


def attached(mail: EmailMessage) -> tuple[str, bytes]:
    (part,) = mail.iter_attachments()
    return str(part.get_filename()), part.get_payload(decode=True)  # type: ignore[return-value]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def mail_server(settings: Any) -> Iterator[Inbox]:
    inbox, port = Inbox(), free_port()
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    try:
        yield inbox
    finally:
        server.stop()


class Queue:
    """Instead of django-q's: each task once, in order, when `work_off` is called."""

    def __init__(self) -> None:
        self.tasks: list[tuple[Any, ...]] = []

    def __call__(self, task: str, *given: Any) -> None:
        self.tasks.append((task, *given))

    def work_off(self) -> None:
        while self.tasks:
            task, *given = self.tasks.pop(0)
            import_string(task)(*given)


def live(
    start: datetime, end: datetime, tick: Callable[[], Any], happens: Callable[[datetime], None],
    is_up: Callable[[datetime], bool],
) -> None:  # fmt: skip
    """Half hour by half hour: what people do, and where the worker is up, its tick."""
    now = start
    while now < end:
        with time_machine.travel(now, tick=False):
            happens(now)
            if is_up(now):
                tick()
        now += STEP
