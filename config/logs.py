"""How a line of the log is written."""

import logging
import re
from typing import Final

# Whoever has such an address is let in by it: of a reset, a confirmation, an invitation.
LETS_IN: Final = re.compile(
    r"(/password/reset/key/[0-9A-Za-z]+-|/confirm-email/|/connections/invited/)[^/\s'\"?&]+"
)


class WithoutLinks(logging.Formatter):
    """Also of a traceback: the log is read by more people than a mail."""

    def format(self, record: logging.LogRecord) -> str:
        return LETS_IN.sub(r"\1…", super().format(record))
