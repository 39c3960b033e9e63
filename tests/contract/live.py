"""A company of ours that is live on a bench: the real engine, over the product's own line."""

from typing import Any, Protocol

import pytest

from apps.billing.models import Company, PaymentMethod
from apps.connections.models import Connection
from apps.connectors import registry
from apps.connectors.snapshots import Kind
from apps.sync.models import SyncRecord
from tests.contract.bench import Standing


class Live(Protocol):
    company: Company
    connection: Connection
    method: PaymentMethod

    def run(self) -> Any:
        """One run that reads, too; and their staff do what is theirs to do after it."""
        ...

    def record(self, subject: Any) -> SyncRecord: ...

    def standing(self, kind: Kind) -> list[Standing]: ...

    def taken_off(self, allocation: Any) -> None:
        """Their staff take off the use of a credit note of ours."""
        ...


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
