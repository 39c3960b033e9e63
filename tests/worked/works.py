"""A company of ours, live on an organisation of the worked ledger: the real engine over HTTP."""

from datetime import date
from typing import Any, Self

import pytest
from django.utils import timezone

from apps.connections.buckets import RowBuckets
from apps.connections.models import Connection
from apps.connectors import registry
from apps.connectors.oauth import ConsentRules
from apps.connectors.port import Reply, Request
from apps.sync import run as run_module
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from tests.factories import make_company, make_method
from tests.worked.connector import CAPABILITIES, connect
from tests.worked.courier import WorkedCourier
from tests.worked.service import Service

NOBODY_CONSENTS = ConsentRules(scopes=())  # its way in is a key


class Line:
    """The line of a run: a session of the organisation, opened anew when it has ended."""

    def __init__(self, courier: WorkedCourier) -> None:
        self.courier = courier

    def exchange(self, request: Request, *, deadline: float) -> Reply:
        return self.courier.once(request, deadline=deadline)

    def renew(self, *, seen_401: bool) -> None:
        if seen_401:
            self.courier.renew()

    def close(self) -> None:
        self.courier.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Works:
    """Connected and live from 1 January 2026, with a payment method; nothing is mapped."""

    def __init__(self, service: Service, patch: pytest.MonkeyPatch) -> None:
        self.service = service
        self.company = make_company()
        self.organisation, key = service.organisation(
            "Worked Company", "GB", self.company.home_currency
        )
        patch.setitem(
            registry.systems(), "worked", registry.System(CAPABILITIES, NOBODY_CONSENTS, connect)
        )
        patch.setattr(
            run_module, "Line", lambda _connection: Line(WorkedCourier(service.address, key))
        )
        patch.setattr(RowBuckets, "take", lambda self, *_: 0.0)  # nobody waits for a limit
        self.method = make_method(self.company)
        self.connection = Connection.objects.create(
            company=self.company,
            system="worked",
            environment="test",
            remote_company_id=self.organisation,
            name="Worked Company",
            country="GB",
            home_currency=self.company.home_currency,
            multi_currency=True,
            company_read_at=timezone.now(),
            starts_on=date(2026, 1, 1),
            stage=Connection.Stage.LIVE,
            trial_matched_at=timezone.now(),
            trial_fingerprint="as in force",
            settings_fingerprint="as in force",
        )

    def run(self, *, get: bool | None = True) -> Run:
        run = run_connection(self.connection.pk, get=get)
        assert run is not None, "another run has the lease, or the connection is not live"
        return run

    def record(self, subject: Any) -> SyncRecord:
        return SyncRecord.objects.get(connection=self.connection, **{subject.kind: subject})

    def theirs(self, kind: str) -> list[dict[str, Any]]:
        """Their objects of a kind as they stand."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["id"] if found else "0"
            page = self.act("GET", f"/{kind}s?after={after}&limit=50")
            found += page["items"]
            if not page["more"]:
                return found

    def act(self, method: str, path: str, body: Any = None) -> Any:
        """What a person of theirs does."""
        return self.service.act(method, path, body, organisation=self.organisation)

    def asked(self, what: str) -> int:
        """How often something was asked of them: "POST /receipts"."""
        return sum(what == f"{each['method']} {each['path']}" for each in self.service.log)
