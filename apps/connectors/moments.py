"""Until when a request may leave: moments of one clock that nobody sets.

Others wait for a while after that moment and then take what was not answered for never arrived. So
the clock goes on whatever befalls the process: stopped, starved, or asleep with its machine.
"""

import time

# Linux stops its monotonic clock while the machine sleeps, and not this one.
_ASLEEP_TOO: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def moment() -> float:
    """Now, in seconds."""
    return time.monotonic() if _ASLEEP_TOO is None else time.clock_gettime(_ASLEEP_TOO)


def within(seconds: float) -> float:
    """The moment so many seconds from now."""
    return moment() + seconds
