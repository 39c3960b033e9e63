"""How a line of the log is written."""

import logging
import re
from typing import Final

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
