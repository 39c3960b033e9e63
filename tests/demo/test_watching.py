"""The demo gives up on runs that stop without coming further, and on no others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.connections.models import Connection
from apps.demo.place import DemoRefused
from apps.demo.watching import HOPELESS_AFTER, refuse_hopeless
from apps.sync.models import Run
from tests.backoffice.world import make_connection
from tests.factories import make_company

pytestmark = pytest.mark.django_db
LIMIT = "They limit how often they may be called."


def stopped(connection: Connection, **moved: int) -> None:
    for minute in range(HOPELESS_AFTER):
        Run.objects.create(
            connection=connection,
            duty="sync",
            started_at=timezone.now() + timedelta(minutes=minute),
            outcome=Run.Outcome.STOPPED,
            sentence=LIMIT,
            **moved,
        )


def test_runs_that_stop_where_they_began_are_hopeless() -> None:
    connection = make_connection(make_company())
    stopped(connection)
    with pytest.raises(DemoRefused, match=LIMIT):
        refuse_hopeless(connection)


@pytest.mark.parametrize("moved", ["pushed", "pulled", "applied"])
def test_runs_that_a_limit_stops_after_their_share_are_not(moved: str) -> None:
    connection = make_connection(make_company())
    stopped(connection, **{moved: 1})
    refuse_hopeless(connection)
