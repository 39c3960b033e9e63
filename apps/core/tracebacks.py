"""Tracebacks without what the errors said: messages hold records of customers, keys and answers."""

import logging
import re
from typing import Final

# Where it was, and of what type the errors were.
PLACE: Final = re.compile(r'  File "[^"\n]*", line \d+, in \S+')
RAISED: Final = re.compile(r"[A-Za-z_][\w.]*(?=:|$)")
BEGINS: Final = "Traceback (most recent call last):"
JOINS: Final = (BEGINS, "During handling of the above", "The above exception was")


def without_messages(failure: str) -> str:
    """Files, lines, functions and types of a traceback as text; "" where the text is none."""
    kept: list[str] = []
    inside = False  # where a line without indent is an error's
    for line in failure.splitlines():
        if f" : {BEGINS}" in line:  # as the queue puts the message in front
            line = BEGINS
        if line.startswith(JOINS):
            inside = True
            kept.append(line.partition(":")[0] + ":")
        elif place := PLACE.match(line):
            kept.append(place[0])
        elif inside and (raised := RAISED.match(line)):
            inside = False
            kept.append(raised[0])
    return "\n".join(kept)


class PlainFormatter(logging.Formatter):
    """A line of the log; below it, where an error is told, its traceback without messages."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left its own there.
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatException(self, ei: object) -> str:
        return without_messages(super().formatException(ei))  # type: ignore[arg-type] # as it comes
