"""The way in: scopes, organisations after consent, leaving one alone."""

import pytest

from apps.connectors.errors import ConnectionLost
from apps.connectors.limits import Scope
from apps.connectors.line import refuse_unfit
from apps.connectors.snapshots import Kind
from apps.connectors.xero.access import ACCESS, ENVIRONMENTS
from apps.connectors.xero.capabilities import CAPABILITIES
from tests.connectors.xero import answers
from tests.connectors.xero.answers import Script, said

CONNECTIONS = [
    {
        "id": "c0000000-0000-0000-0000-000000000001",
        "authEventId": "d0000000-0000-0000-0000-000000000001",
        "tenantId": answers.TENANT,
        "tenantType": "ORGANISATION",
        "tenantName": "Brass & Oak Ltd",
        "createdDateUtc": "2026-11-20T18:46:19.5165400",
        "updatedDateUtc": "2026-11-20T18:46:19.5165400",
    },
    {"id": "c2", "tenantId": "p1", "tenantType": "PRACTICE", "tenantName": "An accountant"},
]


def test_only_granular_scopes_are_asked_for_and_every_report_that_is_read() -> None:
    scopes = set(ACCESS.scopes)
    assert {"offline_access", "accounting.reports.aged.read"} <= scopes
    assert {
        "accounting.reports.trialbalance.read",
        "accounting.reports.balancesheet.read",
    } <= scopes
    assert not scopes & {"accounting.transactions", "accounting.reports.read"}
    assert ACCESS.pkce


def test_the_organisations_are_those_that_are_connected_and_no_practice() -> None:
    script = Script({"GET /connections": said(CONNECTIONS)})
    assert ACCESS.organisations is not None
    opened = ACCESS.organisations(script)
    assert [(each.remote_id, each.name) for each in opened.organisations] == [
        (answers.TENANT, "Brass & Oak Ltd")
    ]
    (request,) = script.asked
    assert "xero-tenant-id" not in {name.lower() for name, _ in request.headers}
    refuse_unfit(request, frozenset({"authorization"}))


@pytest.mark.parametrize("status", [204, 404])
def test_one_organisation_is_left_by_its_connection_and_the_others_stay(status: int) -> None:
    own = f"DELETE /connections/{CONNECTIONS[0]['id']}"
    script = Script({"GET /connections": said(CONNECTIONS), own: said(b"", status)})
    assert ACCESS.leave is not None
    ACCESS.leave(answers.TENANT, script)
    assert [each.method for each in script.asked] == ["GET", "DELETE"]
    # To withdraw the consent ends every organisation of that person.
    assert not any(each.revocation for each in ENVIRONMENTS.values())


def test_a_consent_that_is_gone_says_so() -> None:
    script = Script({"GET /connections": said({"Detail": "TokenExpired"}, 401)})
    assert ACCESS.organisations is not None
    with pytest.raises(ConnectionLost):
        ACCESS.organisations(script)


def test_every_kind_that_is_left_out_has_its_sentence() -> None:
    for kind in set(Kind) - CAPABILITIES.kinds:
        assert CAPABILITIES.cannot[kind]
    assert all(each.endswith(".") for each in CAPABILITIES.cannot.values())


def test_their_headers_say_what_is_left_and_which_limit_was_met() -> None:
    headers = {"x-minlimit-remaining": "59", "x-daylimit-remaining": "987"}
    left = {each.name: each.said_left(headers) for each in CAPABILITIES.limits}
    assert left == {"minute": 59, "day": 987, "app": None}
    refusal = {"x-rate-limit-problem": "Day"}
    assert [each.name for each in CAPABILITIES.limits if each.is_refused_by(refusal)] == ["day"]
    assert {each.scope for each in CAPABILITIES.limits} == {Scope.ORGANISATION, Scope.APP}
