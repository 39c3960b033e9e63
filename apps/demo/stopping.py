"""The word to stop: heard at once where Python lets it through, at the next step where not.

A signal's handler may run while an object is being finalised, and what it raises there is printed
and dropped. So the word is kept as well, and asked for between the steps and in every wait.
"""

import signal
from dataclasses import dataclass
from types import FrameType

SIGNS = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class Word:
    """Whether this process was told to stop."""

    said: bool = False

    def listen(self) -> None:
        for sign in SIGNS:
            signal.signal(sign, self._hear)

    def check(self) -> None:
        """Raises KeyboardInterrupt once the word was said."""
        if self.said:
            raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.said = True
        raise KeyboardInterrupt


to_stop = Word()
