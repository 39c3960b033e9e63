"""A company of ours, live on an organisation of the worked ledger: the real engine over HTTP."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from apps.billing.models import Company
from apps.connections.books import Asked
from apps.connections.buckets import RowBuckets
from apps.connections.endpoints import app_of
from apps.connections.entering import enter
from apps.connections.models import Connection
from apps.connectors import registry
from apps.staff.models import User
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from tests.factories import make_company, make_method
from tests.worked.connector import ACCESS, CAPABILITIES, ENVIRONMENTS, connect
from tests.worked.service import Service


class Works:
    """Connected and live from 1 January 2026, with a payment method; nothing is mapped."""

    def __init__(
        self, service: Service, patch: pytest.MonkeyPatch, company: Company | None = None
    ) -> None:
        self.service = service
        self.company = company or make_company()
        self.organisation, key = service.organisation(
            "Worked Company", "GB", self.company.home_currency
        )
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        worked = registry.System(CAPABILITIES, ACCESS, ENVIRONMENTS, connect)
        patch.setitem(registry.systems(), "worked", worked)
        patch.setattr(
            RowBuckets, "spend", lambda self, costs, *, reserve: None
        )  # nobody waits for a limit
        self.method = make_method(self.company)
        self.connection = self.entered(key)
        Connection.objects.filter(pk=self.connection.pk).update(
            starts_on=date(2026, 1, 1),
            stage=Connection.Stage.LIVE,
            trial_matched_at=timezone.now(),
            trial_fingerprint="as in force",
            settings_fingerprint="as in force",
        )
        self.connection.refresh_from_db()

    def entered(self, key: str) -> Connection:
        """Fay fills in the key, the organisation and the address."""
        fay, _ = User.objects.get_or_create(email="fay@example.com", name="Fay")
        found = enter(
            fay,
            Asked(company=self.company, system="worked", environment="test"),
            app_of("worked", "test"),
            {"key": key, "organisation": self.organisation},
            self.service.address.rstrip("/"),
        )
        assert isinstance(found, Connection)
        return found

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
