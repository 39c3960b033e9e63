"""What things are called over there."""

from collections.abc import Callable

# Called with the connection's id after a commit that changed its mappings or codes; filled by
# `sync` when ready, so that what waits for a mapping is planned again.
listeners: list[Callable[[int], None]] = []


def tell(connection_id: int) -> None:
    for listener in listeners:
        listener(connection_id)
