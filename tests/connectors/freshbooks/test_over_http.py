"""Over real HTTP: the brackets of a query, the bytes of a body, the limit of two in flight."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.connectors.errors import OutcomeUnknown
from tests.connectors.freshbooks.answers import (
    ACCOUNT,
    freshbooks,
    invoice,
    kept_invoice,
    push,
    refused,
)
from tests.contract.courier import HttpCourier

PATH = f"/accounting/account/{ACCOUNT}/invoices/invoices"


class Served:
    """A server that keeps what is posted, says so, and may hang up on a write."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.queries: list[list[tuple[str, str]]] = []
        self.bodies: list[bytes] = []
        self.hang_up = ""  # "before" or "after" it was executed
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                query = parse_qsl(urlsplit(self.path).query)
                served.queries.append(query)
                wanted = [value for key, value in query if key == "search[invoiceids][]"]
                number = [value for key, value in query if key == "search[invoice_number]"]
                one_id = urlsplit(self.path).path.removeprefix(PATH).strip("/")
                if one_id:
                    return self._said({"invoice": served.rows[int(one_id)]})
                rows = [
                    raw
                    for one, raw in served.rows.items()
                    if ("search[vis_state]", "1") not in query
                    and (str(one) in wanted or raw["invoice_number"] in number)
                ]
                return self._said({"invoices": rows, "page": 1, "pages": 1, "total": len(rows)})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                served.bodies.append(body)
                if served.hang_up == "before":
                    return self._gone()
                new = 100 + len(served.rows)
                served.rows[new] = kept_invoice(json.loads(body)["invoice"], new)
                if served.hang_up == "after":
                    return self._gone()
                return self._said({"invoice": served.rows[new]})

            def _gone(self) -> None:
                self.close_connection = True
                self.connection.close()

            def _said(self, result: Any) -> None:
                content = json.dumps({"response": {"result": result}}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_what_is_sent_is_read_back_by_brackets_that_arrive(served: Served) -> None:
    courier = HttpCourier(served.address, {"Authorization": "Bearer x"}, in_flight=2)
    several = [push(invoice(number=f"N-{ref}", message="Für Änne"), ref=ref) for ref in (1, 2, 3)]
    outcomes = list(freshbooks().push(several, courier))
    assert [each.error for each in outcomes] == [None] * 3
    assert len(served.queries) == 1
    assert ("include[]", "lines") in served.queries[0]
    assert len([1 for key, _ in served.queries[0] if key == "search[invoiceids][]"]) == 3
    assert all("Für Änne".encode() in body for body in served.bodies)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_breaks_is_looked_up_and_made_once(served: Served, when: str) -> None:
    from apps.connectors.errors import NeverArrived
    from apps.connectors.port import Unsettled

    courier = HttpCourier(served.address, {}, in_flight=2)
    served.hang_up = when
    what = push(invoice())
    (lost,) = freshbooks().push([what], courier)
    refused(lost, OutcomeUnknown)
    (request,) = [each for each in courier.sent if each.writes]
    unsettled = Unsettled(request=request, pushes=(what,), may_replay=False, believe_absence=True)
    (settled,) = freshbooks().settle(unsettled, courier)
    if when == "before":
        refused(settled, NeverArrived)
        assert served.rows == {}
    else:
        assert settled.error is None
        assert settled.remote[0].remote_id == "100"
    assert len(served.bodies) == 1
