"""What a person switches on for one set of books: kept with who and when, handed to the connector."""

import re

import pytest
from django.core.exceptions import ValidationError

from apps.billing.changes import made_by
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connections.switching import switch, switches_of
from apps.connectors import registry
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from tests.architecture.source import ROOT

pytestmark = pytest.mark.django_db

OFFERING = sorted(name for name, each in registry.systems().items() if each.capabilities.switches)


@pytest.fixture(params=OFFERING)
def offering(request: pytest.FixtureRequest, connection: Connection) -> Connection:
    """Books of a system that has something to switch on."""
    Connection.objects.filter(pk=connection.pk).update(system=request.param)
    connection.refresh_from_db()
    return connection


def test_what_is_switched_on_is_kept_with_who_and_when(offering: Connection, fay: User) -> None:
    names = list(switches_of(offering))
    with made_by(fay.pk):
        assert switch(offering, names)
        assert not switch(offering, names)
    assert offering.switched_on == names
    (latest, before) = (offering.history.first(), offering.history.first().prev_record)
    assert (latest.switched_on, latest.history_user) == (names, fay)
    assert before is None or before.switched_on == []

    assert switch(offering, [])
    assert offering.switched_on == []


def test_what_a_connector_does_not_offer_cannot_be_switched_on(connection: Connection) -> None:
    assert switches_of(connection) == {}
    with pytest.raises(ValidationError, match="has nothing called bank_deposits to switch on"):
        switch(connection, ["bank_deposits"])
    assert connection.switched_on == []


def test_books_and_connector_follow_what_is_on_and_a_forgotten_name_says_nothing(
    offering: Connection,
) -> None:
    plain = registry.system(offering.system).capabilities
    assert offering.capabilities is plain
    Connection.objects.filter(pk=offering.pk).update(
        switched_on=[*switches_of(offering), "of another day"]
    )
    offering.refresh_from_db()
    can = offering.capabilities
    assert can == open_connector(offering).capabilities != plain
    more = {kind for each in plain.switches.values() for kind in each.kinds}
    assert can.kinds == plain.kinds | more
    assert all(kind in plain.cannot and kind not in can.cannot for kind in more)
    assert all(plain.may_have(kind) and can.may_have(kind) for kind in more)
    assert {kind for kind in Kind if plain.may_have(kind)} == plain.kinds | more


@pytest.mark.parametrize("system", OFFERING)
def test_each_switch_is_off_by_default_and_says_what_it_does(system: str) -> None:
    for name, each in registry.system(system).capabilities.switches.items():
        assert re.fullmatch(r"[a-z_]+", name)
        assert each.words[0].isupper()
        assert not each.words.endswith(".")
        assert each.sentence.endswith(".")
        assert all(said == "" or said.endswith(".") for said in each.cannot.values())
        assert each.kinds | each.notes


def test_what_books_can_hold_is_asked_of_the_connection_and_not_of_its_system() -> None:
    """`system(connection.system).capabilities` knows nothing of what is switched on."""
    asked = re.compile(r"\((?:\w+\.)*(?:connection|books)\.system\)\s*\.capabilities")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "apps").rglob("*.py"))
        for line in path.read_text().splitlines()
        if asked.search(line)
    ]
    assert found == []
