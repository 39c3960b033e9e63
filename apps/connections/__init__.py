"""Which books we may use."""

from collections.abc import Callable

# Called with the connection's id after a commit that gave it a grant; filled by `sync` when ready,
# so that what stands over there is read at once.
listeners: list[Callable[[int], object]] = []


def tell(connection_id: int) -> None:
    for listener in listeners:
        listener(connection_id)
