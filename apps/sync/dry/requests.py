"""What a connector would write, as raw requests: asked of it, kept, and never sent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.connections.courier import ReadCourier
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import Connector, Fate, Push, Reply, Request
from apps.connectors.snapshots import Kind

REQUESTS_OF = 25  # records of a kind whose raw requests are composed


@dataclass(slots=True)
class Withholding:
    """A courier that keeps what a connector would write and sends nothing of it; reads travel."""

    connection: Connection
    written: list[Request] = field(default_factory=list)
    reads: int = 0
    _reader: ReadCourier | None = None

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        reads = [each for each in requests if not each.writes]
        if reads:
            self._reader = self._reader or ReadCourier(self.connection)
            self.reads += len(reads)
            yield from self._reader.carry(reads)
        for request in requests:
            if request.writes:
                self.written.append(request)
                yield request, Reply(fate=Fate.UNSENT, problem="DryRun")

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def raw_requests(
    connection: Connection, connector: Connector, ready: Sequence[Push]
) -> tuple[tuple[Request, ...], str, int]:
    """As the connector would write them, kind after kind. What hangs on an answer (a step that
    follows, an id that is given then) is not known yet."""
    by_kind: dict[Kind, list[Push]] = defaultdict(list)
    for push in ready:
        by_kind[push.kind].append(push)
    courier = Withholding(connection)
    why_none = ""
    try:
        for pushes in by_kind.values():
            for _ in connector.push(pushes[:REQUESTS_OF], courier):
                pass
    except ConnectorError as trouble:
        why_none = " ".join(filter(None, (trouble.sentence, trouble.remedy)))
    finally:
        courier.close()
    return tuple(courier.written), why_none, courier.reads
