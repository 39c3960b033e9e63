"""How a line of the log is written."""

import logging
import re
from typing import Final

from apps.core.tracebacks import PlainFormatter

# Whoever has such an address is let in by it: of a reset, a confirmation, an invitation.
LETS_IN: Final = re.compile(
    r"(/password/reset/key/[0-9A-Za-z]+-|/confirm-email/|/connections/invited/|/invitations/[0-9]+/)[^/\s'\"?&]+"
)


class WithoutLinks(logging.Formatter):
    """Also of a traceback: the log is read by more people than a mail."""

    def format(self, record: logging.LogRecord) -> str:
        return LETS_IN.sub(r"\1…", super().format(record))


class WithoutMessages(WithoutLinks, PlainFormatter):
    """Of an installation: below a line, too, only where an error was and of what type."""
