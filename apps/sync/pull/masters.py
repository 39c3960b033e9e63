"""Their customers and items, read before anything of ours is created beside them."""

import time
from collections.abc import Iterator, Sequence

from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Connector, Courier, Reply, Request
from apps.connectors.snapshots import Kind
from apps.sync.calls.time_given import Yielding
from apps.sync.match.pairs import MASTERS
from apps.sync.match.reading import are_read
from apps.sync.models import Survey
from apps.sync.pull.feed import survey


class Patient:
    """A courier that a person waits for: begins no call once its time is up."""

    def __init__(self, courier: Courier, seconds: float) -> None:
        self.courier = courier
        self.until = time.monotonic() + seconds

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        if time.monotonic() >= self.until:
            raise Yielding("It is not read to its end yet; the next reading goes on.")
        yield from self.courier.carry(requests)


def read_for_a_while(connection: Connection, seconds: float) -> bool:
    """Read them outside a run; whether they are read to their end. Raises what the courier and the
    connector raise."""
    with ReadCourier(connection) as courier:
        try:
            read_masters(connection, open_connector(connection), Patient(courier, seconds))
        except Yielding:
            return False
    return True


def read_masters(connection: Connection, connector: Connector, courier: Courier) -> int:
    """Read them to their end, unless they were; the number stored. A reading that another one began
    goes on where it stands. Raises what the courier raises; then the next call goes on."""
    if are_read(connection):
        return 0
    kinds = [kind for kind in MASTERS if connector.capabilities.may_have(kind)]
    begun = Survey.objects.filter(connection=connection, ended=False).first()
    if begun is not None and {each.value for each in kinds} <= set(begun.kinds):
        kinds = [Kind(each) for each in begun.kinds]
    return survey(connection, connector, courier, kinds)
