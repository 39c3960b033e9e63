"""How a line of the log is written."""

import logging
import re
from typing import Any, Final

from apps.core.tracebacks import PlainFormatter

# Whoever has such an address is let in by it: of a reset, a confirmation, an invitation.
LETS_IN: Final = re.compile(
    r"(/password/reset/key/[0-9A-Za-z]+-|/confirm-email/|/connections/invited/|/invitations/[0-9]+/)[^/\s'\"?&]+"
)

# What ends a line, moves the cursor of a terminal or turns the writing round.
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class WithoutLinks(logging.Formatter):
    """Also of a traceback: the log is read by more people than a mail. An event is one line: what was
    typed into it by a stranger begins no other."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        return CONTROLS.sub(lambda sign: ascii(sign[0])[1:-1], line)

    def format(self, record: logging.LogRecord) -> str:
        return LETS_IN.sub(r"\1…", super().format(record))


class WithoutMessages(WithoutLinks, PlainFormatter):
    """Of an installation: below a line, too, only where an error was and of what type."""


def to_the_console(local: bool, level: str) -> dict[str, Any]:
    """What Django sets up: all of it to the standard error, from this level on."""
    # What an error says may be a customer's data: a developer sees it, a log does not.
    formatter = "config.logs.WithoutLinks" if local else "config.logs.WithoutMessages"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": formatter,
                "format": "{asctime} {levelname} {name} {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": level},
    }
