"""Faults of ours with one of many: the others are served first, then the faults are raised."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


class Faults:
    def __init__(self) -> None:
        self.found: list[Exception] = []

    def add(self, fault: Exception, where: str) -> None:
        """`where` names what it was met with, for the log."""
        logger.error("It broke off with %s", where, exc_info=fault)
        self.found.append(fault)

    @contextmanager
    def kept(self, where: str) -> Iterator[None]:
        """What is raised within is raised in the end."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001 - raised by `after_all`
            self.add(fault, where)


@contextmanager
def after_all(words: str) -> Iterator[Faults]:
    """Raise what was kept, as a group under these words, once all else is done: the task stands among
    those that failed."""
    faults = Faults()
    yield faults
    if faults.found:
        raise ExceptionGroup(words, faults.found)
