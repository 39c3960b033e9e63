"""Whether a process serves nobody but whoever sits at this machine.

Such a process needs no setting: its keys stand in the source, mails go to its console. That is why
it answers this machine alone, whatever it was told.
"""

import os
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

MARK: Final = "TIEOUT_LOCAL"
# `makemigrations` serves nobody and writes nothing but our own source.
COMMANDS: Final = frozenset({"runserver", "demo", "runsandbox", "makemigrations"})
# What an installation has set for its own address; a demo beside it leaves that out.
OF_AN_INSTALLATION: Final = (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "TRUSTED_PROXIES",
    "EMAIL_URL",
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "DEFAULT_FROM_EMAIL",
)
FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
REFUSAL: Final = (
    b"This Tieout runs for the machine that it was started on: its keys can be read by everybody. "
    b'It answers nobody else. README.md, under "Run it", says what an installation needs.\n'
)


def turn_on() -> None:
    """For this process and those that it starts; what the environment says already stands."""
    os.environ.setdefault(MARK, "True")


def turn_on_for(words: Sequence[str]) -> None:
    """`words`: those of a command line, from the name of the command."""
    if not COMMANDS.intersection(words[:1]):
        return
    turn_on()
    if words[0] == "demo":
        for name in OF_AN_INSTALLATION:
            os.environ.pop(name, None)
        if named_elsewhere([], os.environ.get("SITE_URL", "")):
            os.environ.pop("SITE_URL", None)


def is_this_machine(host: str) -> bool:
    """A name or an address, without a port. Empty is none."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def named_elsewhere(hosts: Iterable[str], *addresses: str) -> list[str]:
    """Which of these hosts, and of the hosts of these addresses, are not this machine."""
    named = [*hosts, *(urlsplit(each).hostname or each for each in addresses)]
    return [each for each in named if not is_this_machine(each)]


class OnlyThisMachine:
    """Around the WSGI application of a local process: whoever asks from elsewhere is turned away,
    also when a proxy of this machine asks for them."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asks = environ.get("REMOTE_ADDR", "")
        here = not asks or is_this_machine(asks)  # empty: over a socket of this machine
        if here and not any(name in environ for name in FORWARDED):
            return self.application(environ, start_response)
        start_response(
            "403 Forbidden",
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(REFUSAL)))],
        )
        return [REFUSAL]
