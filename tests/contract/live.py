"""A company of ours that is live on a bench: the real engine, over the product's own line."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

import pytest
from django.utils import timezone

from apps.billing.models import Company, PaymentMethod
from apps.connections.books import Asked
from apps.connections.endpoints import app_of
from apps.connections.entering import enter
from apps.connections.models import Connection
from apps.connectors import registry
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from tests.contract.bench import Standing
from tests.factories import make_company, make_method
from tests.opened import open_kinds


class Live(Protocol):
    company: Company
    connection: Connection
    method: PaymentMethod
    fay: User

    def run(self) -> Any:
        """One run that reads, too; and their staff do what is theirs to do after it."""
        ...

    def record(self, subject: Any) -> SyncRecord: ...

    def standing(self, kind: Kind) -> list[Standing]: ...

    def notes_beside(self, kind: str, remote_id: str) -> list[str]:
        """As of a bench."""
        ...

    def taken_off(self, allocation: Any) -> None:
        """Their staff take off the use of a credit note of ours."""
        ...


class LiveBooks:
    """A company of ours, connected and live from 1 January 2026, with a payment method; nothing is
    mapped. For what is let in by what staff fill in: `fields`, `address` and the environment are
    what differs from bench to bench."""

    def __init__(
        self,
        system: str,
        fields: Mapping[str, str],
        address: str,
        *,
        environment: str = "production",
        company: Company | None = None,
    ) -> None:
        self.company = company or make_company()
        self.method = make_method(self.company)
        self.fay, _ = User.objects.get_or_create(
            email="fay@example.com", name="Fay", defaults={"every_company": True}
        )
        asked = Asked(company=self.company, system=system, environment=environment)
        found = enter(self.fay, asked, app_of(system, environment), dict(fields), address)
        assert isinstance(found, Connection), found
        Connection.objects.filter(pk=found.pk).update(
            starts_on=date(2026, 1, 1),
            stage=Connection.Stage.LIVE,
            trial_matched_at=timezone.now(),
            trial_fingerprint="as in force",
            settings_fingerprint="as in force",
        )
        self.connection = Connection.objects.get(pk=found.pk)
        open_kinds(self.connection)

    def run(self, *, get: bool | None = True) -> Run:
        run = run_connection(self.connection.pk, get=get)
        assert run is not None, "another run has the lease, or the connection is not live"
        return run

    def record(self, subject: Any) -> SyncRecord:
        return SyncRecord.objects.get(connection=self.connection, **{subject.kind: subject})


def in_haste(request: pytest.FixtureRequest) -> None:
    """What is lost is asked about at once, and nobody waits for a limit."""
    from apps.connections.buckets import RowBuckets

    settings, patch = (request.getfixturevalue(each) for each in ("settings", "monkeypatch"))
    settings.SYNC_PROVIDER_TIMEOUT = 0.2
    settings.SYNC_CALL_DEADLINE = 5
    settings.SYNC_RETRY_BASE = 0.01
    patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    patch.setattr(RowBuckets, "spend", lambda self, costs, *, reserve: None)


def install(request: pytest.FixtureRequest, module: Any) -> None:
    """A system that stands beside the tests, for the time of this one."""
    made = registry.System(module.CAPABILITIES, module.ACCESS, module.ENVIRONMENTS, module.connect)
    patch = request.getfixturevalue("monkeypatch")
    patch.setitem(registry.systems(), made.capabilities.system, made)
