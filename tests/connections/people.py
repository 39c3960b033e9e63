"""Rows that tests of connections start from."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.billing.models import Company
from apps.connections.models import Connection, Grant
from apps.connections.oauth import Pair
from apps.connections.tokens import seal
from tests.connections.paper import Paper


def a_company(name: str = "Willow Ltd", **fields: Any) -> Company:
    return Company.objects.create(legal_name=name, home_currency="GBP", country="GB", **fields)


def a_grant(paper: Paper, *, lives: timedelta = timedelta(hours=1)) -> Grant:
    """A grant whose tokens Paper knows."""
    given = paper.new_pair()
    grant = Grant(system="paper", environment="test")
    pair = Pair(
        access_token=given["access_token"],
        refresh_token=given["refresh_token"],
        access_expires_at=timezone.now() + lives,
        refresh_expires_at=None,
        refresh_hard_expires_at=None,
    )
    for name, value in seal(grant, pair).items():
        setattr(grant, name, value)
    grant.save()
    return grant


def a_connection(
    paper: Paper, company: Company, *, remote_id: str = "77", **fields: Any
) -> Connection:
    return Connection.objects.create(
        company=company,
        grant=fields.pop("grant", None) or a_grant(paper),
        system="paper",
        environment="test",
        remote_company_id=remote_id,
        name=f"Books {remote_id}",
        home_currency="GBP",
        tax_regime="none",
        **fields,
    )
