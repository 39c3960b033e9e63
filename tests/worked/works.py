"""A company of ours, live on an organisation of the worked ledger: the real engine over HTTP."""

from typing import Any

import pytest

from apps.billing.models import Company
from apps.connections.buckets import RowBuckets
from apps.connectors import registry
from tests.contract.live import LiveBooks
from tests.factories import make_company
from tests.worked.connector import ACCESS, CAPABILITIES, ENVIRONMENTS, connect
from tests.worked.service import Service


class Works(LiveBooks):
    def __init__(
        self, service: Service, patch: pytest.MonkeyPatch, company: Company | None = None
    ) -> None:
        self.service = service
        company = company or make_company()
        self.organisation, key = service.organisation("Worked Company", "GB", company.home_currency)
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        worked = registry.System(CAPABILITIES, ACCESS, ENVIRONMENTS, connect)
        patch.setitem(registry.systems(), "worked", worked)
        patch.setattr(
            RowBuckets, "spend", lambda self, costs, *, reserve: None
        )  # nobody waits for a limit
        fields = {"key": key, "organisation": self.organisation}
        address = service.address.rstrip("/")
        super().__init__("worked", fields, address, environment="test", company=company)

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
