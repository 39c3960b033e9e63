"""What happens to a connection after consent: opened, read again, live, paused, disconnected."""

from datetime import date

from django.utils import timezone

from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.connectors.port import Connector, Settings
from apps.connectors.registry import system


def open_connector(connection: Connection) -> Connector:
    """The connector that speaks for these books. It makes no call and needs no authorisation."""
    company = connection.company

    def today() -> date:
        return today_in(company)

    return system(connection.system).connect(
        Settings(
            remote_company_id=connection.remote_company_id,
            home_currency=connection.home_currency,
            today=today,
            now=timezone.now,
        )
    )
